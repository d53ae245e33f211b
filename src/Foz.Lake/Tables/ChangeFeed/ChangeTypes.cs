namespace Foz.Lake.Tables.ChangeFeed;

/// <summary>What a change data feed says was done with a row (PROTOCOL.md, "Change Data Files").</summary>
public static class ChangeTypes
{
    /// <summary>The row is new.</summary>
    public const string Insert = "insert";

    /// <summary>The row is gone.</summary>
    public const string Delete = "delete";

    /// <summary>The row as it was before a change.</summary>
    public const string Preimage = "update_preimage";

    /// <summary>The row after a change.</summary>
    public const string Postimage = "update_postimage";
}

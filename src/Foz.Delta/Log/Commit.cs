using Foz.Storage;

namespace Foz.Delta.Log;

/// <summary>One committed version: the content of one commit file.</summary>
public sealed record Commit
{
    /// <summary>The version.</summary>
    public required long Version { get; init; }

    /// <summary>The actions in the order of the file.</summary>
    public required IReadOnlyList<LogAction> Actions { get; init; }

    /// <summary>The commit file as the store has it.</summary>
    public required ObjectInfo File { get; init; }

    /// <summary>Who made the commit; null if it does not say.</summary>
    public CommitInfo? Info => Actions.OfType<CommitInfo>().FirstOrDefault();

    /// <summary>
    /// Whether the table has the same rows, schema and properties after it: it only rearranged files, as OPTIMIZE does,
    /// or nothing.
    /// </summary>
    public bool OnlyRearranges =>
        Actions.All(action => action is CommitInfo or DomainMetadata or FileAction { DataChange: false });
}

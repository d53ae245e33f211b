using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>
/// The change data feed of a table (PROTOCOL.md, "Change Data Files"): what its versions changed, in files beside the
/// data.
/// </summary>
public static class ChangeDataFeed
{
    /// <summary>The property that turns it on.</summary>
    public const string Property = "delta.enableChangeDataFeed";

    /// <summary>The name of the table feature.</summary>
    public const string Feature = "changeDataFeed";

    /// <summary>The folder of change data files, below the table.</summary>
    public const string Folder = "_change_data";

    /// <summary>The column of change data files that says what was done with a row.</summary>
    public const string ChangeTypeColumn = "_change_type";

    /// <summary>The column of the version that changed a row; readers add it.</summary>
    public const string CommitVersionColumn = "_commit_version";

    /// <summary>The column of the time of that version; readers add it.</summary>
    public const string CommitTimestampColumn = "_commit_timestamp";

    /// <summary>Whether writers must record changes. The property alone does not count.</summary>
    public static bool IsOn(Protocol protocol, Metadata metadata) =>
        FeatureRules.IsTrue(metadata, Property) && protocol.Supports(Feature);

    /// <summary>Refuses columns of a table that would have the names of the feed's own.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.InvalidSchema"/>: there is one.</exception>
    internal static void CheckColumns(Metadata metadata)
    {
        if (!FeatureRules.IsTrue(metadata, Property)) return;
        var columns = StructType.ParseSchema(metadata.SchemaString);
        foreach (var name in (string[])[ChangeTypeColumn, CommitVersionColumn, CommitTimestampColumn])
            if (columns.Find(name) is { } field)
                throw new DeltaException(DeltaErrorKind.InvalidSchema,
                    $"a table whose change data feed is on ({Property}) cannot have a column "
                        + $"{field.Name}: it is the feed's own");
    }
}

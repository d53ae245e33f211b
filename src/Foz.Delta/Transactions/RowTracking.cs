using Foz.Delta.Log;

namespace Foz.Delta.Transactions;

/// <summary>
/// Row tracking (PROTOCOL.md, "Row Tracking"): every row has an id that it keeps when it is changed or moved, and the
/// version that changed it last.
/// </summary>
public static class RowTracking
{
    /// <summary>The property that turns it on.</summary>
    public const string Property = "delta.enableRowTracking";

    /// <summary>The property under which writers give no ids, although the table has the feature.</summary>
    public const string SuspendedProperty = "delta.rowTrackingSuspended";

    /// <summary>
    /// The property that names the column of data files that holds ids of rows that were changed or moved.
    /// </summary>
    public const string RowIdColumnProperty = "delta.rowTracking.materializedRowIdColumnName";

    /// <summary>The property that names the column of data files that holds versions of rows that were moved.</summary>
    public const string CommitVersionColumnProperty = "delta.rowTracking.materializedRowCommitVersionColumnName";

    /// <summary>The domain that holds the highest id that was given.</summary>
    public const string Domain = "delta.rowTracking";

    /// <summary>The label of a commit that says whether rows that it moved or changed have kept their ids.</summary>
    public const string PreservedTag = "delta.rowTracking.preserved";

    /// <summary>Whether rows have ids that they keep.</summary>
    public static bool IsOn(Protocol protocol, Metadata metadata) =>
        FeatureRules.IsTrue(metadata, Property) && IsSupported(protocol, metadata);

    /// <summary>Whether files that are added get ids for their rows.</summary>
    internal static bool IsSupported(Protocol protocol, Metadata metadata) =>
        protocol.Supports(TableFeature.RowTracking) && !FeatureRules.IsTrue(metadata, SuspendedProperty);

    /// <summary>The metadata with names of the columns that row tracking needs, where it is on.</summary>
    internal static Metadata WithColumns(Metadata metadata)
    {
        if (!FeatureRules.IsTrue(metadata, Property)) return metadata;
        return metadata with
        {
            Configuration = WithColumn(
                WithColumn(metadata.Configuration, RowIdColumnProperty, "_row-id-col"),
                CommitVersionColumnProperty, "_row-commit-version-col"),
        };
    }

    /// <summary>Older metadata with the columns that files were written with since.</summary>
    internal static Metadata KeepColumns(Metadata older, Metadata current) => older with
    {
        Configuration = ((string[])[RowIdColumnProperty, CommitVersionColumnProperty]).Aggregate(
            older.Configuration, (kept, property) =>
                current.Configuration.Find(property) is { } name ? kept.With(property, name) : kept),
    };

    static StringMap WithColumn(StringMap properties, string property, string prefix) =>
        properties.ContainsKey(property) ? properties : properties.With(property, $"{prefix}-{Guid.NewGuid():D}");
}

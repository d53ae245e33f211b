using Foz.Delta.Log;

namespace Foz.Delta.Transactions;

/// <summary>
/// Whether data files hold the columns that a table is partitioned by, whose values the log holds in any case (RFC
/// "Materialize Partition Columns").
/// </summary>
public static class FilePartitions
{
    /// <summary>The property that asks for it.</summary>
    public const string Property = "delta.writePartitionColumnsToParquet";

    /// <summary>Whether new files of a table hold them.</summary>
    public static bool AreWritten(Protocol protocol, Metadata metadata) =>
        protocol.Supports(TableFeature.MaterializePartitionColumns)
        || IcebergCompat.IsRequired(metadata.Configuration)
        || FeatureRules.IsTrue(metadata, Property);
}

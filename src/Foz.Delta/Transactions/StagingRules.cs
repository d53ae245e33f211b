using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Delta.Transactions;

/// <summary>What a writer must not do (PROTOCOL.md, "Requirements for Writers").</summary>
static class StagingRules
{
    const string AppendOnlyProperty = "delta.appendOnly";

    public static void CheckPartitionValues(AddFile file, TableSchema schema)
    {
        var columns = schema.PartitionColumns;
        var isComplete = file.PartitionValues.Count == columns.Length
            && columns.All(column => file.PartitionValues.ContainsKey(column.PhysicalName(schema.Mapping)));
        if (!isComplete)
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"file {file.Path} has the partition values {file.PartitionValues}; the table is partitioned by "
                + $"({string.Join(", ", columns.Select(column => column.PhysicalName(schema.Mapping)))})")
            { Path = file.Path.Value };
    }

    /// <summary>Checks a new deletion vector of a file and returns the number of rows in the file.</summary>
    public static long CheckDeletionVector(
        AddFile file, DeletionVectorDescriptor? vector, Metadata metadata, Protocol protocol)
    {
        if (vector == file.DeletionVector)
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"file {file.Path} already has this deletion vector")
            { Path = file.Path.Value };
        var isAllowed = protocol.Supports(TableFeature.DeletionVectors)
            && FeatureRules.IsTrue(metadata, DeletionVectorDescriptor.Property);
        if (vector is not null && !isAllowed)
            throw new DeltaException(DeltaErrorKind.Refused,
                $"rows of {file.Path} cannot be marked as deleted: the property {DeletionVectorDescriptor.Property} "
                + "is not set to true")
            { Path = file.Path.Value };
        var count = FileStatistics.RecordCount(file) ?? throw new DeltaException(DeltaErrorKind.Refused,
            $"rows of {file.Path} cannot be marked as deleted: its statistics do not tell how many it has; "
            + "rewrite the file instead")
        { Path = file.Path.Value };
        if (vector is not null && vector.Cardinality > count)
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"a deletion vector of {vector.Cardinality} rows for {file.Path}, which has {count}")
            { Path = file.Path.Value };
        return count;
    }

    public static void CheckDomain(Protocol protocol)
    {
        if (!protocol.Supports(TableFeature.DomainMetadata))
            throw new DeltaException(DeltaErrorKind.Refused,
                $"the table has no feature {TableFeature.DomainMetadata}, which domains need");
    }

    /// <summary>Checks what only the whole transaction shows.</summary>
    public static void CheckCommit(StagedChanges staged)
    {
        var metadata = staged.CurrentMetadata;
        if (FeatureRules.IsTrue(metadata, AppendOnlyProperty)
            && staged.Removes.Values.FirstOrDefault(r => r.DataChange).File is { } removed)
            throw new DeltaException(DeltaErrorKind.Refused,
                $"{staged.Table.Name} is append-only ({AppendOnlyProperty} is true): "
                + $"{removed.Path} cannot be removed or lose rows")
            { Path = removed.Path.Value };
        foreach (var file in staged.Adds.Values) CheckAdd(staged, file);
        CheckIceberg(staged);
        if (staged is { ReadSnapshot: { } before, Metadata: { } after }
            && staged.Removes.Count < before.FileCount
            && !before.Metadata.PartitionColumns.Equals(after.PartitionColumns)
            && !PartitionKeys(before.TableSchema).SequenceEqual(
                PartitionKeys(staged.Schema), StringComparer.Ordinal))
            throw new DeltaException(DeltaErrorKind.Refused,
                $"{staged.Table.Name} cannot be partitioned by ({after.PartitionColumns}) while files "
                + "partitioned otherwise stay: overwrite the whole table");
    }

    // A renamed column keeps the name by which files say their partition.
    static IEnumerable<string> PartitionKeys(TableSchema schema) =>
        schema.PartitionColumns.Select(column => column.PhysicalName(schema.Mapping));

    public static DeltaException Twice(string verb, FileAction file) => new(DeltaErrorKind.InvalidArgument,
        $"file {file.Path} is {verb} twice in one transaction")
    { Path = file.Path.Value };

    public static DeltaException NotThere(FileAction file) => new(DeltaErrorKind.InvalidArgument,
        $"file {file.Path} is not in the version that the transaction reads")
    { Path = file.Path.Value };

    static void CheckIceberg(StagedChanges staged)
    {
        var metadata = staged.CurrentMetadata;
        var before = staged.ReadSnapshot;
        var isNew = before is null || !IcebergCompat.IsRequired(before.Metadata.Configuration);
        if (staged.Metadata is null && !IcebergCompat.IsRequired(metadata.Configuration)) return;
        // Files that were there before must be readable too.
        var kept = isNew && before is not null
            ? before.Files.Where(file => !staged.Removes.ContainsKey(file.Path.Value))
            : [];
        IcebergCompat.Check(staged.Table.Name, metadata, staged.Adds.Values.Concat(kept));
        if (!isNew && IcebergCompat.IsRequired(metadata.Configuration) && before!.Metadata.PartitionColumns.Count > 0
            && !PartitionKeys(before.TableSchema).SequenceEqual(
                PartitionKeys(staged.Schema), StringComparer.Ordinal))
            throw new DeltaException(DeltaErrorKind.Refused,
                $"{staged.Table.Name} must stay readable as Iceberg: it cannot come to be partitioned otherwise");
    }

    // The metadata may have been staged after the file.
    static void CheckAdd(StagedChanges staged, AddFile file)
    {
        CheckPartitionValues(file, staged.Schema);
        // A file may be added again, with other statistics.
        if (file.DataChange && staged.ReadSnapshot?.Files.Find(file.Key) is not null
            && !staged.Removes.ContainsKey(file.Path.Value))
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"file {file.Path} is in the table already")
            { Path = file.Path.Value };
        if (file.DeletionVector is not null && FileStatistics.RecordCount(file) is null)
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"file {file.Path} has a deletion vector but no numRecords in its statistics")
            { Path = file.Path.Value };
    }
}

using System.Globalization;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>A manifest in a snapshot's list (Iceberg specification, "Manifest Lists").</summary>
sealed record ManifestFile
{
    /// <summary>Where it is, in full.</summary>
    public required string Path { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How its files are partitioned.</summary>
    public required int SpecId { get; init; }

    /// <summary>The number of the snapshot that wrote it.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>The least number of a snapshot that added a file of it.</summary>
    public required long MinSequenceNumber { get; init; }

    /// <summary>The snapshot that wrote it.</summary>
    public required long SnapshotId { get; init; }

    /// <summary>The files that it says are added.</summary>
    public required EntryCount Added { get; init; }

    /// <summary>The files that it says were there before.</summary>
    public required EntryCount Existing { get; init; }

    /// <summary>The files that it says are removed.</summary>
    public required EntryCount Deleted { get; init; }

    /// <summary>The values of each partition column.</summary>
    public required IReadOnlyList<PartitionSummary> Partitions { get; init; }

    /// <summary>The files of the table that it holds.</summary>
    public long LiveFiles => Added.Files + Existing.Files;

    /// <summary>The rows of the table that it holds.</summary>
    public long LiveRows => Added.Rows + Existing.Rows;
}

/// <summary>How many files, with how many rows.</summary>
readonly record struct EntryCount(long Files, long Rows)
{
    /// <summary>Counts entries.</summary>
    public static EntryCount Of(IEnumerable<ManifestEntry> entries, EntryStatus status)
    {
        var count = default(EntryCount);
        foreach (var entry in entries)
            if (entry.Status == status) count = new(count.Files + 1, count.Rows + entry.File.RecordCount);
        return count;
    }
}

/// <summary>The values of a partition column in the files of a manifest.</summary>
/// <param name="HasNull">Whether one is NULL.</param>
/// <param name="HasNan">Whether one is NaN.</param>
/// <param name="Lower">The least, as a bound; null where there is none.</param>
/// <param name="Upper">The greatest, as a bound; null where there is none.</param>
sealed record PartitionSummary(bool HasNull, bool HasNan, byte[]? Lower, byte[]? Upper)
{
    /// <summary>The summary of each partition column.</summary>
    public static IReadOnlyList<PartitionSummary> Of(PartitionSpec spec, IReadOnlyCollection<ManifestEntry> entries) =>
        [.. spec.Fields.Select((field, at) => Of(field.Type, [.. entries.Select(entry => entry.File.Partition[at])]))];

    static PartitionSummary Of(DeltaType type, List<DeltaValue?> values)
    {
        var isFloating = type is PrimitiveType { Kind: PrimitiveKind.Float or PrimitiveKind.Double };
        var bounded = values.Where(value => value is { } v && !(isFloating && double.IsNaN(v.Floating)))
            .Select(value => value!.Value).ToList();
        return new(
            values.Contains(null),
            isFloating && values.Exists(value => value is { } v && double.IsNaN(v.Floating)),
            bounded.Count > 0 ? IcebergValue.ToBound(bounded.Min(), type, isMax: false) : null,
            bounded.Count > 0 ? IcebergValue.ToBound(bounded.Max(), type, isMax: true) : null);
    }
}

/// <summary>Files that list the manifests of a snapshot, format version 2.</summary>
static class ManifestList
{
    /// <summary>The schema of an entry; its names and numbers are those of the specification.</summary>
    static readonly string schema =
        """
        {"type":"record","name":"manifest_file","fields":[
        {"name":"manifest_path","type":"string","field-id":500},
        {"name":"manifest_length","type":"long","field-id":501},
        {"name":"partition_spec_id","type":"int","field-id":502},
        {"name":"content","type":"int","field-id":517},
        {"name":"sequence_number","type":"long","field-id":515},
        {"name":"min_sequence_number","type":"long","field-id":516},
        {"name":"added_snapshot_id","type":"long","field-id":503},
        {"name":"added_files_count","type":"int","field-id":504},
        {"name":"existing_files_count","type":"int","field-id":505},
        {"name":"deleted_files_count","type":"int","field-id":506},
        {"name":"added_rows_count","type":"long","field-id":512},
        {"name":"existing_rows_count","type":"long","field-id":513},
        {"name":"deleted_rows_count","type":"long","field-id":514},
        {"name":"partitions","type":["null",{"type":"array","items":{"type":"record","name":"r508","fields":[
        {"name":"contains_null","type":"boolean","field-id":509},
        {"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},
        {"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},
        {"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}
        ]},"element-id":508}],"default":null,"field-id":507}]}
        """.ReplaceLineEndings("");

    /// <summary>Encodes a list.</summary>
    /// <param name="manifests">The manifests.</param>
    /// <param name="snapshotId">The snapshot.</param>
    /// <param name="parentId">The snapshot before; null for none.</param>
    /// <param name="sequenceNumber">The snapshot's number.</param>
    public static byte[] Write(
        IEnumerable<ManifestFile> manifests, long snapshotId, long? parentId, long sequenceNumber) =>
        AvroFile.Write(
            schema,
            [
                new("snapshot-id", snapshotId.ToString(CultureInfo.InvariantCulture)),
                new("parent-snapshot-id", parentId?.ToString(CultureInfo.InvariantCulture) ?? "null"),
                new("sequence-number", sequenceNumber.ToString(CultureInfo.InvariantCulture)),
                new("format-version", "2"),
            ],
            manifests, WriteFile);

    /// <summary>Decodes a list.</summary>
    /// <returns>The manifests; null where another program wrote it, or it is damaged.</returns>
    public static List<ManifestFile>? Read(ReadOnlyMemory<byte> file) => AvroFile.Read(file, schema, ReadFile);

    static void WriteFile(AvroWriter writer, ManifestFile file)
    {
        writer.WriteString(file.Path);
        writer.WriteLong(file.SizeBytes);
        writer.WriteLong(file.SpecId);
        writer.WriteLong(0);
        writer.WriteLong(file.SequenceNumber);
        writer.WriteLong(file.MinSequenceNumber);
        writer.WriteLong(file.SnapshotId);
        writer.WriteLong(file.Added.Files);
        writer.WriteLong(file.Existing.Files);
        writer.WriteLong(file.Deleted.Files);
        writer.WriteLong(file.Added.Rows);
        writer.WriteLong(file.Existing.Rows);
        writer.WriteLong(file.Deleted.Rows);
        writer.WriteIsPresent(true);
        writer.WriteArray(file.Partitions, partition =>
        {
            writer.WriteBoolean(partition.HasNull);
            if (writer.WriteIsPresent(true)) writer.WriteBoolean(partition.HasNan);
            if (writer.WriteIsPresent(partition.Lower is not null)) writer.WriteBytes(partition.Lower);
            if (writer.WriteIsPresent(partition.Upper is not null)) writer.WriteBytes(partition.Upper);
        });
    }

    static ManifestFile ReadFile(AvroReader reader)
    {
        var path = reader.ReadString();
        var sizeBytes = reader.ReadLong();
        var specId = (int)reader.ReadLong();
        reader.ReadLong();
        var (sequenceNumber, minSequenceNumber, snapshotId) = (reader.ReadLong(), reader.ReadLong(), reader.ReadLong());
        var (added, existing, deleted) = (reader.ReadLong(), reader.ReadLong(), reader.ReadLong());
        return new()
        {
            Path = path,
            SizeBytes = sizeBytes,
            SpecId = specId,
            SequenceNumber = sequenceNumber,
            MinSequenceNumber = minSequenceNumber,
            SnapshotId = snapshotId,
            Added = new(added, reader.ReadLong()),
            Existing = new(existing, reader.ReadLong()),
            Deleted = new(deleted, reader.ReadLong()),
            Partitions = reader.ReadIsPresent()
                ? reader.ReadArray(() => new PartitionSummary(
                    reader.ReadBoolean(), reader.ReadIsPresent() && reader.ReadBoolean(),
                    reader.ReadIsPresent() ? reader.ReadBytes() : null,
                    reader.ReadIsPresent() ? reader.ReadBytes() : null))
                : [],
        };
    }
}

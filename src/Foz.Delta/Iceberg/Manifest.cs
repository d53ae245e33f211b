using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>What a manifest says of a file.</summary>
enum EntryStatus
{
    /// <summary>It was in the table before.</summary>
    Existing = 0,

    /// <summary>The snapshot adds it.</summary>
    Added = 1,

    /// <summary>The snapshot removes it.</summary>
    Deleted = 2,
}

/// <summary>A file in a manifest (Iceberg specification, "Manifest Entry Fields").</summary>
/// <param name="Status">What is said of it.</param>
/// <param name="SnapshotId">The snapshot that added or removed it.</param>
/// <param name="SequenceNumber">The number of the snapshot that added it.</param>
/// <param name="File">The file.</param>
sealed record ManifestEntry(EntryStatus Status, long SnapshotId, long SequenceNumber, DataFile File);

/// <summary>
/// Files of data files (Iceberg specification, "Manifests"), format version 2, all of one partitioning.
/// </summary>
/// <param name="spec">The partitioning.</param>
/// <param name="schemaId">The number of the table's schema.</param>
/// <param name="fields">The fields of the table's schema, as Iceberg's JSON.</param>
sealed class Manifest(PartitionSpec spec, int schemaId, JsonArray fields)
{
    readonly string avroSchema = AvroSchema(spec);

    /// <summary>Encodes a manifest.</summary>
    public byte[] Write(IEnumerable<ManifestEntry> entries)
    {
        var schema = new JsonObject
        {
            ["type"] = "struct", ["schema-id"] = schemaId, ["fields"] = fields.DeepClone(),
        };
        return AvroFile.Write(
            avroSchema,
            [
                new("schema", schema.ToJsonString()),
                new("schema-id", schemaId.ToString(CultureInfo.InvariantCulture)),
                new("partition-spec", spec.ToJson().ToJsonString()),
                new("partition-spec-id", spec.Id.ToString(CultureInfo.InvariantCulture)),
                new("format-version", "2"),
                new("content", "data"),
            ],
            entries, WriteEntry);
    }

    /// <summary>Decodes a manifest.</summary>
    /// <returns>The entries; null where another program wrote it, it is partitioned otherwise, or damaged.</returns>
    public List<ManifestEntry>? Read(ReadOnlyMemory<byte> file) => AvroFile.Read(file, avroSchema, ReadEntry);

    void WriteEntry(AvroWriter writer, ManifestEntry entry)
    {
        var file = entry.File;
        writer.WriteLong((int)entry.Status);
        if (writer.WriteIsPresent(true)) writer.WriteLong(entry.SnapshotId);
        if (writer.WriteIsPresent(true)) writer.WriteLong(entry.SequenceNumber);
        if (writer.WriteIsPresent(true)) writer.WriteLong(entry.SequenceNumber);
        writer.WriteLong(0);
        writer.WriteString(file.Path);
        writer.WriteString("PARQUET");
        foreach (var (field, value) in spec.Fields.Zip(file.Partition))
            if (writer.WriteIsPresent(value is not null)) IcebergValue.Write(writer, value!.Value, field.Type);
        writer.WriteLong(file.RecordCount);
        writer.WriteLong(file.SizeBytes);
        WriteMap(writer, file.ValueCounts, writer.WriteLong);
        WriteMap(writer, file.NullCounts, writer.WriteLong);
        WriteMap(writer, file.LowerBounds, value => writer.WriteBytes(value));
        WriteMap(writer, file.UpperBounds, value => writer.WriteBytes(value));
        writer.WriteIsPresent(false);
    }

    ManifestEntry ReadEntry(AvroReader reader)
    {
        var status = (EntryStatus)reader.ReadLong();
        var snapshotId = reader.ReadIsPresent() ? reader.ReadLong() : 0;
        var sequenceNumber = reader.ReadIsPresent() ? reader.ReadLong() : 0;
        if (reader.ReadIsPresent()) reader.ReadLong();
        reader.ReadLong();
        var path = reader.ReadString();
        reader.ReadString();
        var partition = ImmutableArray.CreateBuilder<DeltaValue?>(spec.Fields.Length);
        foreach (var field in spec.Fields)
            partition.Add(reader.ReadIsPresent() ? IcebergValue.Read(reader, field.Type) : null);
        var file = new DataFile
        {
            Path = path,
            Partition = partition.MoveToImmutable(),
            RecordCount = reader.ReadLong(),
            SizeBytes = reader.ReadLong(),
            ValueCounts = ReadMap(reader, reader.ReadLong),
            NullCounts = ReadMap(reader, reader.ReadLong),
            LowerBounds = ReadMap(reader, reader.ReadBytes),
            UpperBounds = ReadMap(reader, reader.ReadBytes),
        };
        if (reader.ReadIsPresent()) reader.ReadLong();
        return new(status, snapshotId, sequenceNumber, file);
    }

    static void WriteMap<T>(AvroWriter writer, KeyValuePair<int, T>[] pairs, Action<T> write)
    {
        if (!writer.WriteIsPresent(pairs.Length > 0)) return;
        writer.WriteArray(pairs, pair =>
        {
            writer.WriteLong(pair.Key);
            write(pair.Value);
        });
    }

    static KeyValuePair<int, T>[] ReadMap<T>(AvroReader reader, Func<T> read) => reader.ReadIsPresent()
        ? [.. reader.ReadArray(() => KeyValuePair.Create((int)reader.ReadLong(), read()))]
        : [];

    /// <summary>The schema of entries; its names and numbers are those of the specification.</summary>
    static string AvroSchema(PartitionSpec spec) =>
        """
        {"type":"record","name":"manifest_entry","fields":[
        {"name":"status","type":"int","field-id":0},
        {"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
        {"name":"sequence_number","type":["null","long"],"default":null,"field-id":3},
        {"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4},
        {"name":"data_file","type":{"type":"record","name":"r2","fields":[
        {"name":"content","type":"int","field-id":134},
        {"name":"file_path","type":"string","field-id":100},
        {"name":"file_format","type":"string","field-id":101},
        {"name":"partition","type":{"type":"record","name":"r102","fields":[
        """.ReplaceLineEndings("")
        + string.Join(',', spec.Fields.Select(PartitionFieldSchema))
        + """
        ]},"field-id":102},
        {"name":"record_count","type":"long","field-id":103},
        {"name":"file_size_in_bytes","type":"long","field-id":104},
        """.ReplaceLineEndings("")
        + MapSchema("value_counts", 109, 119, "long") + "," + MapSchema("null_value_counts", 110, 121, "long") + ","
        + MapSchema("lower_bounds", 125, 126, "bytes") + "," + MapSchema("upper_bounds", 128, 129, "bytes") + ","
        + """
        {"name":"sort_order_id","type":["null","int"],"default":null,"field-id":140}]},"field-id":2}]}
        """;

    static string MapSchema(string name, int id, int keyId, string value) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"name":"{{name}}","type":["null",{"type":"array","items":{"type":"record","name":"k{{keyId}}_v{{keyId + 1}}","fields":[{"name":"key","type":"int","field-id":{{keyId}}},{"name":"value","type":"{{value}}","field-id":{{keyId + 1}}}]},"logicalType":"map"}],"default":null,"field-id":{{id}}}
        """);

    static string PartitionFieldSchema(PartitionField field)
    {
        var json = new JsonObject
        {
            ["name"] = AvroName(field.Name),
            ["type"] = new JsonArray("null", JsonNode.Parse(AvroType(field.Type))),
            ["default"] = null,
            ["field-id"] = field.FieldId,
        };
        if (AvroName(field.Name) != field.Name) json["iceberg-field-name"] = field.Name;
        return json.ToJsonString();
    }

    static string AvroType(DeltaType type) => type switch
    {
        DecimalType d => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"type":"fixed","size":{{IcebergValue.FixedLength(d)}},"logicalType":"decimal","precision":{{d.Precision}},"scale":{{d.Scale}},"name":"decimal_{{d.Precision}}_{{d.Scale}}"}
            """),
        PrimitiveType { Kind: PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer } => "\"int\"",
        PrimitiveType { Kind: PrimitiveKind.Date } => """{"type":"int","logicalType":"date"}""",
        PrimitiveType { Kind: PrimitiveKind.Timestamp } =>
            """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}""",
        PrimitiveType { Kind: PrimitiveKind.TimestampNtz } =>
            """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false}""",
        PrimitiveType { Kind: PrimitiveKind.Binary } => "\"bytes\"",
        _ => $"\"{IcebergSchema.TypeName(type)}\"",
    };

    // Names in Avro are of letters, digits and _, the first no digit.
    static string AvroName(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
            if (char.IsAsciiLetter(c) || c == '_' || char.IsAsciiDigit(c) && text.Length > 0) text.Append(c);
            else if (char.IsAsciiDigit(c)) text.Append('_').Append(c);
            else text.Append("_x").Append(((int)c).ToString("X", CultureInfo.InvariantCulture));
        return text.ToString();
    }
}

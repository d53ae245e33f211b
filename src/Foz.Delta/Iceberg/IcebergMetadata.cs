using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Delta.Schema;

namespace Foz.Delta.Iceberg;

/// <summary>A snapshot to be added to a table's metadata.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="SequenceNumber">Its number.</param>
/// <param name="ManifestList">Where its manifests are listed, in full.</param>
/// <param name="SchemaId">The number of the schema.</param>
/// <param name="Summary">What it did.</param>
sealed record IcebergSnapshot(
    long Id, long SequenceNumber, string ManifestList, int SchemaId, IEnumerable<KeyValuePair<string, string>> Summary);

/// <summary>
/// The metadata file of an Iceberg table (Iceberg specification, "Table Metadata"), format version 2, with the version
/// of the Delta table that it represents, in the properties that Delta's own writers use.
/// </summary>
sealed class IcebergMetadata
{
    const string DeltaVersionKey = "delta-version";
    const string DeltaTimestampKey = "delta-timestamp";
    const string DeltaTableKey = "foz.delta-table-id";
    const string NameMappingKey = "schema.name-mapping.default";
    const int PartitionIdMin = 1000;

    static readonly JsonSerializerOptions format = new() { WriteIndented = true };

    readonly JsonObject root;

    IcebergMetadata(JsonObject root) => this.root = root;

    /// <summary>The table's folder.</summary>
    public string Location => Text(root["location"]);

    /// <summary>The version of the Delta table.</summary>
    public long DeltaVersion => Number(root["properties"]![DeltaVersionKey]);

    /// <summary>The identifier of the Delta table.</summary>
    public string DeltaTableId => Text(root["properties"]![DeltaTableKey]);

    /// <summary>The number of the last snapshot.</summary>
    public long LastSequenceNumber => Number(root["last-sequence-number"]);

    /// <summary>The snapshot that represents the table; null while it never had a file.</summary>
    public long? CurrentSnapshotId => Number(root["current-snapshot-id"]) is >= 0 and var id ? id : null;

    /// <summary>Where the manifests of the current snapshot are listed, in full; null without one.</summary>
    public string? CurrentManifestList =>
        CurrentSnapshotId is { } current
            ? Text(Snapshots.First(s => Number(s["snapshot-id"]) == current)["manifest-list"])
            : null;

    IEnumerable<JsonNode> Snapshots => root["snapshots"]!.AsArray()!;

    /// <summary>The metadata of a table without snapshots.</summary>
    public static IcebergMetadata New(string location, string deltaTableId) => new(new JsonObject
    {
        ["format-version"] = 2,
        ["table-uuid"] = Guid.TryParse(deltaTableId, out var id) ? $"{id:D}" : $"{Guid.NewGuid():D}",
        ["location"] = location,
        ["last-sequence-number"] = 0,
        ["last-updated-ms"] = 0,
        ["last-column-id"] = 0,
        ["current-schema-id"] = 0,
        ["schemas"] = new JsonArray(),
        ["default-spec-id"] = 0,
        ["partition-specs"] = new JsonArray(),
        ["last-partition-id"] = PartitionIdMin - 1,
        ["default-sort-order-id"] = 0,
        ["sort-orders"] = new JsonArray(new JsonObject { ["order-id"] = 0, ["fields"] = new JsonArray() }),
        ["properties"] = new JsonObject(),
        ["current-snapshot-id"] = -1,
        ["refs"] = new JsonObject(),
        ["snapshots"] = new JsonArray(),
        ["statistics"] = new JsonArray(),
        ["snapshot-log"] = new JsonArray(),
        ["metadata-log"] = new JsonArray(),
    });

    /// <summary>Reads a metadata file.</summary>
    /// <returns>The metadata; null where another program wrote them, or they are damaged.</returns>
    public static IcebergMetadata? Parse(ReadOnlyMemory<byte> file)
    {
        try
        {
            var metadata = JsonNode.Parse(file.Span) is JsonObject root ? new IcebergMetadata(root) : null;
            // Everything that is asked of them later.
            _ = (metadata?.Location, metadata?.DeltaVersion, metadata?.DeltaTableId, metadata?.LastSequenceNumber,
                metadata?.CurrentManifestList);
            return metadata;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException
            or NullReferenceException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The metadata as a file.</summary>
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(root.ToJsonString(format));

    /// <summary>Makes columns the table's own.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="fields">The columns as Iceberg's JSON.</param>
    /// <param name="lastColumnId">The greatest id ever given to a column.</param>
    /// <returns>The number of the schema.</returns>
    public int SetSchema(TableSchema schema, JsonArray fields, int lastColumnId)
    {
        var known = root["schemas"]!.AsArray().FirstOrDefault(s => JsonNode.DeepEquals(s!["fields"], fields));
        var id = known is null ? NextId("schemas", "schema-id", 0) : (int)Number(known["schema-id"]);
        if (known is null)
            root["schemas"]!.AsArray().Add((JsonNode)new JsonObject
            {
                ["type"] = "struct", ["schema-id"] = id, ["fields"] = fields.DeepClone(),
            });
        root["current-schema-id"] = id;
        root["last-column-id"] = Math.Max(lastColumnId, Number(root["last-column-id"]));
        root["properties"]![NameMappingKey] = IcebergSchema.NameMapping(schema.Columns, schema.Mapping).ToJsonString();
        return id;
    }

    /// <summary>Makes a partitioning the table's own.</summary>
    public PartitionSpec SetPartitioning(TableSchema schema)
    {
        var columns = schema.PartitionColumns;
        Relabel(schema);
        var known = root["partition-specs"]!.AsArray().FirstOrDefault(
            spec => spec!["fields"]!.AsArray().Select(field => Number(field!["source-id"]))
                .SequenceEqual(columns.Select(column => (long)column.ColumnId!.Value)));
        var id = known is null ? NextId("partition-specs", "spec-id", 0) : (int)Number(known["spec-id"]);
        var names = known?["fields"]!.AsArray().Select(field => Text(field!["name"]))
            ?? columns.Select(column => column.Name);
        var spec = new PartitionSpec(id, [.. columns.Zip(names).Select(pair => new PartitionField(
            PartitionFieldId(pair.First), pair.First.ColumnId!.Value, pair.Second,
            pair.First.PhysicalName(schema.Mapping), pair.First.Type))]);
        if (known is null)
            root["partition-specs"]!.AsArray()
                .Add((JsonNode)new JsonObject { ["spec-id"] = id, ["fields"] = spec.ToJson() });
        root["default-spec-id"] = id;
        return spec;
    }

    /// <summary>Notes which version of the Delta table this is.</summary>
    public void SetVersion(string deltaTableId, long version, DateTimeOffset timestamp)
    {
        var properties = root["properties"]!;
        properties[DeltaTableKey] = deltaTableId;
        properties[DeltaVersionKey] = version.ToString(CultureInfo.InvariantCulture);
        properties[DeltaTimestampKey] = timestamp.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        // Readers want times that rise.
        root["last-updated-ms"] = Math.Max(timestamp.ToUnixTimeMilliseconds(), Number(root["last-updated-ms"]));
    }

    /// <summary>Adds a snapshot, which then represents the table; after <see cref="SetVersion"/>.</summary>
    public void Add(IcebergSnapshot snapshot)
    {
        var timestamp = Number(root["last-updated-ms"]);
        var json = new JsonObject { ["snapshot-id"] = snapshot.Id };
        if (CurrentSnapshotId is { } parent) json["parent-snapshot-id"] = parent;
        json["sequence-number"] = snapshot.SequenceNumber;
        json["timestamp-ms"] = timestamp;
        json["summary"] = new JsonObject(snapshot.Summary.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
        json["manifest-list"] = snapshot.ManifestList;
        json["schema-id"] = snapshot.SchemaId;
        root["snapshots"]!.AsArray().Add((JsonNode)json);
        root["snapshot-log"]!.AsArray().Add(
            (JsonNode)new JsonObject { ["timestamp-ms"] = timestamp, ["snapshot-id"] = snapshot.Id });
        root["current-snapshot-id"] = snapshot.Id;
        root["last-sequence-number"] = snapshot.SequenceNumber;
        root["refs"] = new JsonObject
        {
            ["main"] = new JsonObject { ["snapshot-id"] = snapshot.Id, ["type"] = "branch" },
        };
    }

    /// <summary>Notes the metadata file before this one, and forgets old ones.</summary>
    /// <param name="file">Where it is, in full.</param>
    /// <param name="filesMax">How many are kept.</param>
    /// <returns>Those that are forgotten.</returns>
    public IReadOnlyList<string> FollowOn(string file, int filesMax)
    {
        var log = root["metadata-log"]!.AsArray();
        log.Add(
            (JsonNode)new JsonObject { ["timestamp-ms"] = Number(root["last-updated-ms"]), ["metadata-file"] = file });
        return [.. Shorten(log, filesMax).Select(entry => Text(entry["metadata-file"]))];
    }

    /// <summary>Forgets old snapshots.</summary>
    /// <param name="snapshotsMax">How many are kept.</param>
    /// <returns>
    /// The lists of manifests of those that are forgotten, oldest first, and of the oldest that stays.
    /// </returns>
    public IReadOnlyList<string> Expire(int snapshotsMax)
    {
        var snapshots = root["snapshots"]!.AsArray();
        var expired = Shorten(snapshots, snapshotsMax);
        if (expired.Count == 0) return [];
        Shorten(root["snapshot-log"]!.AsArray(), snapshotsMax);
        return [.. expired.Append(snapshots[0]!).Select(snapshot => Text(snapshot["manifest-list"]))];
    }

    static List<JsonNode> Shorten(JsonArray items, int max)
    {
        var removed = new List<JsonNode>();
        for (; items.Count > max; items.RemoveAt(0)) removed.Add(items[0]!);
        return removed;
    }

    // A partition field keeps the name that its column had. Another column of that name would be mistaken for its
    // source.
    void Relabel(TableSchema schema)
    {
        foreach (var field in root["partition-specs"]!.AsArray().SelectMany(spec => spec!["fields"]!.AsArray()))
            if (schema.Columns.Find(Text(field!["name"])) is { } column
                && column.ColumnId != Number(field["source-id"]))
                field["name"] = string.Create(
                    CultureInfo.InvariantCulture, $"{Text(field["name"])}_{Number(field["field-id"])}");
    }

    // A column keeps the id of its partition field in all partitionings.
    int PartitionFieldId(StructField column)
    {
        var known = root["partition-specs"]!.AsArray().SelectMany(spec => spec!["fields"]!.AsArray())
            .FirstOrDefault(field => Number(field!["source-id"]) == column.ColumnId);
        if (known is not null) return (int)Number(known["field-id"]);
        var next = Number(root["last-partition-id"]) + 1;
        root["last-partition-id"] = next;
        return (int)next;
    }

    int NextId(string list, string key, int first) =>
        root[list]!.AsArray().Select(item => (int)Number(item![key]) + 1).DefaultIfEmpty(first).Max();

    // Parsed nodes and nodes set here differ in kind, not in their text.
    static long Number(JsonNode? node) =>
        long.Parse(node!.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    static string Text(JsonNode? node) => node!.GetValue<string>();
}

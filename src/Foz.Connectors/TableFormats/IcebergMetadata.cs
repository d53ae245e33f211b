using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Foz.Lake;
using Foz.Storage;

namespace Foz.Connectors.TableFormats;

/// <summary>A snapshot of an Iceberg table (Iceberg specification, "Snapshots").</summary>
/// <param name="Id">Its number.</param>
/// <param name="ParentId">That of the one before; null where there is none.</param>
/// <param name="SequenceNumber">Its place among all.</param>
/// <param name="Timestamp">When it was made.</param>
/// <param name="ManifestList">The file that lists its manifests; null in the oldest form.</param>
/// <param name="Operation">What made it, such as <c>append</c>.</param>
sealed record IcebergSnapshot(
    long Id, long? ParentId, long SequenceNumber, DateTimeOffset Timestamp, string? ManifestList, string Operation)
{
    /// <summary>Whether it only adds rows.</summary>
    public bool IsAppend => Operation == "append";

    /// <summary>Whether its rows are those of the one before.</summary>
    public bool IsRearrangement => Operation == "replace";
}

/// <summary>The newest metadata file of an Iceberg table (Iceberg specification, "Table Metadata").</summary>
sealed class IcebergMetadata
{
    /// <summary>The folder of metadata, below the table's own.</summary>
    public const string Folder = "metadata";

    const int FormatVersionMax = 2;
    const string NameMappingProperty = "schema.name-mapping.default";

    readonly JsonElement json;

    IcebergMetadata(JsonElement json) => this.json = json;

    /// <summary>The table's own id.</summary>
    public string Uuid => Text(json, "table-uuid") ?? Location;

    /// <summary>Where the table believes to be.</summary>
    public string Location => Text(json, "location") ?? "";

    /// <summary>The present schema.</summary>
    public JsonElement Schema => json.TryGetProperty("schemas", out var schemas)
        && json.TryGetProperty("current-schema-id", out var current)
            ? schemas.EnumerateArray().First(s => s.GetProperty("schema-id").GetInt32() == current.GetInt32())
            : json.GetProperty("schema");

    /// <summary>Its snapshots.</summary>
    public IReadOnlyList<IcebergSnapshot> Snapshots =>
        json.TryGetProperty("snapshots", out var all) && all.ValueKind == JsonValueKind.Array
            ? [.. all.EnumerateArray().Select(Read)] : [];

    /// <summary>The present one; null where the table never had rows.</summary>
    public IcebergSnapshot? Current =>
        json.TryGetProperty("current-snapshot-id", out var id) && id.ValueKind == JsonValueKind.Number
            ? Snapshots.FirstOrDefault(s => s.Id == id.GetInt64()) : null;

    /// <summary>Gets the ids of the columns whose values are unchanged in the partitions of files.</summary>
    public IReadOnlySet<int> IdentityColumns => json.TryGetProperty("partition-specs", out var specs)
        ? specs.EnumerateArray().SelectMany(spec => spec.GetProperty("fields").EnumerateArray())
            .Where(part => Text(part, "transform") == "identity")
            .Select(part => part.GetProperty("source-id").GetInt32()).ToHashSet()
        : new HashSet<int>();

    /// <summary>
    /// Gets the names of fields in files that do not have their ids, by id, as far as the table states them.
    /// </summary>
    public IReadOnlyDictionary<int, string> NameMapping
    {
        get
        {
            var names = new Dictionary<int, string>();
            if (json.TryGetProperty("properties", out var properties)
                && Text(properties, NameMappingProperty) is { } text)
            {
                using var mapping = JsonDocument.Parse(text);
                AddNames(mapping.RootElement, names);
            }
            return names;
        }
    }

    /// <summary>The newest metadata of a table: those of the greatest number; null where there are none.</summary>
    /// <param name="store">The table's files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They cannot be read, or are of a version that is not supported.</exception>
    public static async Task<IcebergMetadata?> FindAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var newest = (Number: -1L, Info: default(ObjectInfo));
        await foreach (var info in store.ListAsync(Folder, startAfter: null, cancellationToken))
            if (NumberOf(info.Path[(Folder.Length + 1)..]) is { } number
                && (number, info.LastModified).CompareTo((newest.Number, newest.Info.LastModified)) > 0)
                newest = (number, info);
        if (newest.Number < 0 || await store.GetAsync(newest.Info.Path, cancellationToken) is not { } file) return null;
        try
        {
            using var document = await JsonDocument.ParseAsync(
                Open(file.Content), cancellationToken: cancellationToken);
            var metadata = new IcebergMetadata(document.RootElement.Clone());
            var version = metadata.json.GetProperty("format-version").GetInt32();
            return version <= FormatVersionMax ? metadata
                : throw new FozException(
                    ErrorKind.Table,
                    $"{store.Root} is of Iceberg's format version {version}; versions up "
                        + $"to {FormatVersionMax} are read");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or InvalidDataException)
        {
            throw new FozException(
                ErrorKind.Table, $"{store.Root}/{newest.Info.Path} is no metadata of Iceberg: {e.Message}", e);
        }
    }

    /// <summary>Whether a file's name is one of metadata.</summary>
    public static bool IsMetadata(string name) => NumberOf(name) is not null;

    /// <summary>
    /// Returns the snapshots after one, up to another, oldest first; null if the second does not descend from the
    /// first.
    /// </summary>
    public IReadOnlyList<IcebergSnapshot>? Between(long from, long to)
    {
        var byId = Snapshots.ToDictionary(s => s.Id);
        var steps = new List<IcebergSnapshot>();
        for (long? at = to; at != from; at = steps[^1].ParentId)
        {
            if (at is not { } id || steps.Count > byId.Count || !byId.TryGetValue(id, out var snapshot)) return null;
            steps.Add(snapshot);
        }
        steps.Reverse();
        return steps;
    }

    /// <summary>The number in a name such as <c>v3.metadata.json</c> or <c>00003-….gz.metadata.json</c>.</summary>
    static long? NumberOf(string name)
    {
        if (!name.EndsWith(".metadata.json", StringComparison.Ordinal)
            && !name.EndsWith(".metadata.json.gz", StringComparison.Ordinal))
            return null;
        var digits = string.Concat(name.TrimStart('v').TakeWhile(char.IsAsciiDigit));
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    static Stream Open(ReadOnlyMemory<byte> content)
    {
        var stream = new MemoryStream(content.ToArray());
        return content.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])
            ? new GZipStream(stream, CompressionMode.Decompress)
            : stream;
    }

    static IcebergSnapshot Read(JsonElement json) => new(
        json.GetProperty("snapshot-id").GetInt64(),
        json.TryGetProperty("parent-snapshot-id", out var parent) && parent.ValueKind == JsonValueKind.Number
            ? parent.GetInt64()
            : null,
        json.TryGetProperty("sequence-number", out var sequence) ? sequence.GetInt64() : 0,
        DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("timestamp-ms").GetInt64()),
        Text(json, "manifest-list"),
        json.TryGetProperty("summary", out var summary) ? Text(summary, "operation") ?? "" : "");

    static void AddNames(JsonElement fields, Dictionary<int, string> names)
    {
        foreach (var field in fields.EnumerateArray())
        {
            if (field.TryGetProperty("field-id", out var id) && field.GetProperty("names") is var all
                && all.GetArrayLength() > 0)
                names[id.GetInt32()] = all[0].GetString()!;
            if (field.TryGetProperty("fields", out var inner)) AddNames(inner, names);
        }
    }

    static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

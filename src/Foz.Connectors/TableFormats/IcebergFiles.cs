using System.Text.Json;
using Foz.Lake;
using Foz.Storage;
using Foz.Wire;
using Foz.Wire.Avro;

namespace Foz.Connectors.TableFormats;

/// <summary>A file of an Iceberg table, as listed in a manifest.</summary>
/// <param name="Path">Its path below the table's folder.</param>
/// <param name="HoldsDeletes">Whether it names rows of other files that are gone.</param>
/// <param name="SnapshotId">The snapshot that added it; null for that of its manifest.</param>
/// <param name="IsAdded">Whether that is the one of its manifest.</param>
/// <param name="RowCount">How many rows it has.</param>
/// <param name="SizeBytes">Its size.</param>
readonly record struct IcebergFile(
    string Path, bool HoldsDeletes, long? SnapshotId, bool IsAdded, long RowCount, long SizeBytes);

/// <summary>Reads which files snapshots have (Iceberg specification, "Manifests").</summary>
/// <param name="store">The table's files.</param>
/// <param name="location">Where the table believes to be.</param>
sealed class IcebergFiles(IObjectStore store, string location)
{
    const int Deleted = 2;
    const int PositionDeletes = 1, EqualityDeletes = 2;

    /// <summary>The files of a snapshot.</summary>
    /// <exception cref="FozException">They cannot be read, or are of a form that is not supported.</exception>
    public async Task<IReadOnlyList<IcebergFile>> ReadAsync(
        IcebergSnapshot snapshot, CancellationToken cancellationToken)
    {
        var files = new List<IcebergFile>();
        foreach (var (path, _) in await ManifestsAsync(snapshot, cancellationToken))
            files.AddRange(await EntriesAsync(path, cancellationToken));
        return files;
    }

    /// <summary>The files that a snapshot added.</summary>
    /// <exception cref="FozException">They cannot be read, or are of a form that is not supported.</exception>
    public async Task<IReadOnlyList<IcebergFile>> ReadAddedAsync(
        IcebergSnapshot snapshot, CancellationToken cancellationToken)
    {
        var files = new List<IcebergFile>();
        foreach (var (path, addedBy) in await ManifestsAsync(snapshot, cancellationToken))
            if (addedBy == snapshot.Id)
                files.AddRange(
                    (await EntriesAsync(path, cancellationToken))
                        .Where(f => f.IsAdded && (f.SnapshotId ?? addedBy) == snapshot.Id));
        return files;
    }

    async Task<IReadOnlyList<(string Path, long? AddedBy)>> ManifestsAsync(
        IcebergSnapshot snapshot, CancellationToken cancellationToken)
    {
        var list = snapshot.ManifestList ?? throw new FozException(
            ErrorKind.Table,
            $"snapshot {snapshot.Id} of {store.Root} has no manifest list, as in the first form of Iceberg's version "
                + "1, which is not supported");
        return [.. (await RecordsAsync(list, cancellationToken)).Select(manifest =>
            (manifest.GetProperty("manifest_path").GetString()!, Number(manifest, "added_snapshot_id")))];
    }

    async Task<IReadOnlyList<IcebergFile>> EntriesAsync(string manifest, CancellationToken cancellationToken)
    {
        var files = new List<IcebergFile>();
        foreach (var entry in await RecordsAsync(manifest, cancellationToken))
        {
            var status = Number(entry, "status");
            if (status == Deleted) continue;
            var file = entry.GetProperty("data_file");
            var (path, format, content) = (file.GetProperty("file_path").GetString()!,
                file.GetProperty("file_format").GetString()!, Number(file, "content") ?? 0);
            if (content == EqualityDeletes)
                throw new FozException(
                    ErrorKind.Table,
                    $"{store.Root} deletes rows by their values (equality deletes), which is not supported")
                {
                    Hint = "have the writer compact the table",
                };
            if (!format.Equals("parquet", StringComparison.OrdinalIgnoreCase))
                throw new FozException(
                    ErrorKind.Table,
                    $"{path} is a file of {format}; Iceberg tables are read where their files are Parquet");
            files.Add(new(
                PathOf(path), content == PositionDeletes, Number(entry, "snapshot_id"), status == 1,
                Number(file, "record_count") ?? 0,
                Number(file, "file_size_in_bytes") ?? 0));
        }
        return files;
    }

    async Task<IReadOnlyList<JsonElement>> RecordsAsync(string stated, CancellationToken cancellationToken)
    {
        var path = PathOf(stated);
        var file = await store.GetAsync(path, cancellationToken) ?? throw new FozException(
            ErrorKind.Source, $"{store.Root}/{path} is gone")
        {
            Hint = "its writer has expired the snapshot: run again, or with --full-refresh",
        };
        try
        {
            var container = AvroContainer.Open(new MemoryStream(file.Content.ToArray()));
            return
            [
                .. container.ReadBlocks().SelectMany(block => Decode(container.Schema, block.Count, block.Values.Span)),
            ];
        }
        catch (WireException e)
        {
            throw new FozException(ErrorKind.Table, $"{store.Root}/{path} is no manifest of Iceberg: {e.Message}", e);
        }
    }

    static List<JsonElement> Decode(AvroSchema schema, long count, ReadOnlySpan<byte> values)
    {
        var records = new List<JsonElement>();
        var reader = new AvroValueReader(values);
        using var buffer = new MemoryStream();
        for (; count > 0; count--)
        {
            buffer.SetLength(0);
            using (var json = new Utf8JsonWriter(buffer)) AvroJson.Write(json, schema, ref reader);
            records.Add(JsonSerializer.Deserialize<JsonElement>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
        }
        return records;
    }

    /// <summary>
    /// The path below the table's folder of one that metadata state, wherever the table has been moved to.
    /// </summary>
    public string PathOf(string stated)
    {
        var path = Plain(stated);
        foreach (var root in new[] { Plain(location), Plain(store.Root) })
            if (root.Length > 0 && path.StartsWith($"{root}/", StringComparison.Ordinal))
                return path[(root.Length + 1)..];
        throw new FozException(ErrorKind.Table, $"{stated} lies outside of {store.Root}")
        {
            Hint = "tables are read whose files all lie below their folder",
        };
    }

    static string Plain(string path)
    {
        if (path.StartsWith("file:", StringComparison.Ordinal)) path = "/" + path["file:".Length..].TrimStart('/');
        foreach (var scheme in new[] { "s3a://", "s3n://" })
            if (path.StartsWith(scheme, StringComparison.Ordinal)) path = $"s3://{path[scheme.Length..]}";
        return path.TrimEnd('/');
    }

    static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
}

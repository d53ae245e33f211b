using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Storage;

namespace Foz.Operations.Backups;

/// <summary>
/// A backup: the versions of the tables that it has, and where the bytes of each object of the lake are. It is written
/// last, so that a backup is there whole or not at all. Backups share the objects that they have in common.
/// </summary>
public sealed record BackupManifest
{
    /// <summary>The format of backups that this Foz writes.</summary>
    public const int NewestFormat = 1;

    const string Folder = "backups";
    const string Suffix = ".json.gz";

    /// <summary>Gets the format of the backup.</summary>
    public int Format { get; init; } = NewestFormat;

    /// <summary>Gets the backup's id; those of later backups sort after it.</summary>
    public required string Id { get; init; }

    /// <summary>Gets whose lake it is: project and environment.</summary>
    public required string Owner { get; init; }

    /// <summary>Gets the moment of which the backup is.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Gets the Foz that wrote it.</summary>
    public required string FozVersion { get; init; }

    /// <summary>Gets its tables.</summary>
    public required IReadOnlyList<BackupTable> Tables { get; init; }

    /// <summary>Gets the objects of the lake, by path.</summary>
    public required IReadOnlyList<BackupObject> Objects { get; init; }

    /// <summary>Gets what could not be backed up.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Gets the size of all objects.</summary>
    [JsonIgnore]
    public long Bytes => Objects.Sum(item => item.SizeBytes);

    /// <summary>Lists the ids of all backups, the oldest first.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        await foreach (var info in store.ListAsync(Folder, startAfter: null, cancellationToken))
            if (info.Path.EndsWith(Suffix, StringComparison.Ordinal))
                ids.Add(info.Path[(Folder.Length + 1)..^Suffix.Length]);
        return ids;
    }

    /// <summary>Reads a backup.</summary>
    /// <exception cref="FozException">There is no such backup, or it cannot be read.</exception>
    public static async Task<BackupManifest> ReadAsync(
        IObjectStore store, string id, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(PathOf(id), cancellationToken) is not { } stored)
            throw new FozException(ErrorKind.NotFound, $"there is no backup {id} in {store.Root}")
            {
                Hint = "foz backup ls shows those that there are",
            };
        try
        {
            using var content = new MemoryStream(stored.Content.ToArray(), writable: false);
            await using var text = new GZipStream(content, CompressionMode.Decompress);
            var read = await JsonSerializer.DeserializeAsync(
                text, BackupJson.Default.BackupManifest, cancellationToken) ?? throw new JsonException("it holds null");
            return read.Format <= NewestFormat
                ? read
                : throw new FozException(
                    ErrorKind.Storage, $"backup {id} has format {read.Format}, this Foz knows up to {NewestFormat}")
                {
                    Hint = "restore it with a newer Foz",
                };
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new FozException(ErrorKind.Storage, $"backup {id} in {store.Root} cannot be read: {e.Message}", e)
            {
                Hint = "take another one: foz backup ls",
            };
        }
    }

    /// <summary>Writes the backup.</summary>
    public async Task WriteAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        await using (var text = new GZipStream(content, CompressionLevel.Fastest, leaveOpen: true))
            await JsonSerializer.SerializeAsync(text, this, BackupJson.Default.BackupManifest, cancellationToken);
        await store.TryCreateAsync(PathOf(Id), content.ToArray(), cancellationToken);
    }

    /// <summary>Deletes a backup; its objects stay until they are swept.</summary>
    public static ValueTask DeleteAsync(IObjectStore store, string id, CancellationToken cancellationToken) =>
        store.DeleteAsync(PathOf(id), cancellationToken);

    static string PathOf(string id) => $"{Folder}/{id}{Suffix}";
}

/// <summary>A table in a backup.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Location">Its folder below the lake.</param>
/// <param name="Version">The version that the backup has.</param>
/// <param name="Files">How many data files the version has.</param>
/// <param name="Bytes">Their size.</param>
public sealed record BackupTable(string Name, string Location, long Version, long Files, long Bytes);

/// <summary>An object of the lake in a backup.</summary>
/// <param name="Path">Its path below the lake.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Stored">The path of its bytes in the backup's store; objects with the same bytes may share it.</param>
/// <param name="Hash">XXH128 of its bytes, in hexadecimal.</param>
/// <param name="ModifiedAt">When it was last changed in the lake.</param>
public sealed record BackupObject(
    string Path, long SizeBytes, string Stored, string Hash, DateTimeOffset ModifiedAt);

[JsonSerializable(typeof(BackupManifest))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class BackupJson : JsonSerializerContext;

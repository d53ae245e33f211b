using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Connectors.Files;

/// <summary>
/// Files in an object store: listed there, and fetched into the batch's work folder before they are read.
/// </summary>
sealed class StoredFiles : IRemoteFiles
{
    const int PartBytes = 8 << 20;

    readonly IObjectStore store;
    readonly string url;

    /// <summary>The files below an address.</summary>
    /// <param name="url">Such as <c>s3://bucket/prefix</c>.</param>
    /// <param name="settings">The connection's settings.</param>
    /// <exception cref="FozException">The address or a setting has no meaning.</exception>
    public StoredFiles(string url, Settings settings)
    {
        this.url = url.TrimEnd('/');
        var names = ObjectStores.Settings.Select(s => s.Name).Where(settings.Names.Contains);
        try
        {
            store = ObjectStores.Open(
                url,
                new() { Settings = names.ToDictionary(n => n, n => settings.Text(n) ?? "", StringComparer.Ordinal) });
        }
        catch (StorageException e)
        {
            throw new FozException(ErrorKind.Configuration, e.Message, e) { Place = settings.PlaceOf("path") };
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FileInput>> FindAsync(string pattern, CancellationToken cancellationToken)
    {
        var found = new List<FileInput>();
        try
        {
            await foreach (var info in store.ListAsync(Glob.FixedFolder(pattern), startAfter: null, cancellationToken))
                if (info.SizeBytes > 0 && Glob.Meets(info.Path, pattern)) found.Add(InputOf(info));
        }
        catch (StorageException e)
        {
            throw Failed("listing", e);
        }
        return [.. found.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task FetchAsync(SourceFile file, CancellationToken cancellationToken)
    {
        var path = file.Input.Path[(url.Length + 1)..];
        try
        {
            var info = await store.GetInfoAsync(path, cancellationToken)
                ?? throw FileStreams.Error(file, new FileNotFoundException());
            var now = InputOf(info);
            if (!FilePlan.IsSame(file.Input, now) || FilePlan.HasOtherTag(file.Input, now))
                throw FilePlan.ChangedWhileRead(file.Input);
            await using var target = new FileStream(file.FullPath, FileMode.CreateNew, FileAccess.Write);
            for (var at = 0L; at < info.SizeBytes; at = target.Length)
            {
                var part = await store.GetRangeAsync(
                    path, at, (int)Math.Min(PartBytes, info.SizeBytes - at), cancellationToken);
                if (part is not { Length: > 0 } bytes) throw FileStreams.Error(file, new FileNotFoundException());
                await target.WriteAsync(bytes, cancellationToken);
            }
            // Parts of two files make none of either.
            if (await store.GetInfoAsync(path, cancellationToken) is not { } after || InputOf(after) != now)
                throw FilePlan.ChangedWhileRead(file.Input);
        }
        catch (StorageException e)
        {
            throw Failed("fetching", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    FileInput InputOf(ObjectInfo info) =>
        new($"{url}/{info.Path}", info.SizeBytes, info.LastModified) { Tag = TagOf(info) };

    /// <summary>
    /// What a service says of an object's content, in lists as in answers: there the names of writes come after it, and
    /// some put it in quotes.
    /// </summary>
    static string? TagOf(ObjectInfo info) => info.ETag?.Split(' ', 2)[0].Trim('"');

    FozException Failed(string doing, StorageException e) =>
        new(ErrorKind.Source, $"{doing} files of {url}: {e.Message}", e);
}

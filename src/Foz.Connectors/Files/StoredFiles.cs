using Foz.Delta;
using Foz.Delta.Storage;
using Foz.Delta.Storage.Addresses;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files;

/// <summary>Files in an object store: listed there, and fetched into the batch's work folder before they are read.</summary>
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
            store = ObjectStores.Open(url, new() { Settings = names.ToDictionary(n => n, n => settings.Text(n) ?? "", StringComparer.Ordinal) });
        }
        catch (DeltaException e)
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
                if (info.SizeBytes > 0 && Glob.Meets(info.Path, pattern)) found.Add(new($"{url}/{info.Path}", info.SizeBytes, info.LastModified));
        }
        catch (DeltaException e)
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
            var info = await store.GetInfoAsync(path, cancellationToken) ?? throw FileStreams.Error(file, new FileNotFoundException());
            if (!FilePlan.IsSame(file.Input, new(file.Input.Path, info.SizeBytes, info.LastModified))) throw FilePlan.ChangedWhileRead(file.Input);
            await using var target = new FileStream(file.FullPath, FileMode.CreateNew, FileAccess.Write);
            for (var at = 0L; at < info.SizeBytes; at = target.Length)
            {
                var part = await store.GetRangeAsync(path, at, (int)Math.Min(PartBytes, info.SizeBytes - at), cancellationToken);
                if (part is not { Length: > 0 } bytes) throw FileStreams.Error(file, new FileNotFoundException());
                await target.WriteAsync(bytes, cancellationToken);
            }
            // Parts of two files make none of either.
            if (await store.GetInfoAsync(path, cancellationToken) is not { } after || after.SizeBytes != info.SizeBytes || after.LastModified != info.LastModified)
                throw FilePlan.ChangedWhileRead(file.Input);
        }
        catch (DeltaException e)
        {
            throw Failed("fetching", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    FozException Failed(string doing, DeltaException e) => new(ErrorKind.Source, $"{doing} files of {url}: {e.Message}", e);
}

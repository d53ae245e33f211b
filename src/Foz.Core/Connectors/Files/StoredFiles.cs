using Foz.Core.Configuration;
using Foz.Delta;
using Foz.Delta.Storage;

namespace Foz.Core.Connectors.Files;

/// <summary>Files in an object store: listed there, and fetched into the batch's work folder before they are read.</summary>
sealed class StoredFiles
{
    const int PartBytes = 8 << 20;
    const int FetchesMax = 8;

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

    /// <summary>The files that a pattern meets, in order.</summary>
    /// <param name="pattern">The pattern, from the address on.</param>
    /// <param name="cancellationToken">Stops it.</param>
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

    /// <summary>Brings files to the local disk.</summary>
    /// <param name="inputs">The files, as they were planned.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">One is gone or has changed.</exception>
    public async Task<IReadOnlyList<SourceFile>> FetchAsync(
        IReadOnlyList<FileInput> inputs, string folder, CancellationToken cancellationToken)
    {
        var files = inputs.Select((input, i) => new SourceFile(input, Path.Combine(folder, $"{i}-{Path.GetFileName(input.Path)}"))).ToList();
        try
        {
            await Parallel.ForEachAsync(
                files, new ParallelOptions { MaxDegreeOfParallelism = FetchesMax, CancellationToken = cancellationToken },
                async (file, ct) => await FetchAsync(file, ct));
        }
        catch (DeltaException e)
        {
            throw Failed("fetching", e);
        }
        return files;
    }

    async Task FetchAsync(SourceFile file, CancellationToken cancellationToken)
    {
        var path = file.Input.Path[(url.Length + 1)..];
        var info = await store.GetInfoAsync(path, cancellationToken) ?? throw FileStreams.Error(file, new FileNotFoundException());
        if (!FilePlan.IsSame(file.Input, new(file.Input.Path, info.SizeBytes, info.LastModified)))
            throw new FozException(ErrorKind.Source, $"file {file.Input.Path} changed while the batch was being read")
            {
                Hint = "run again once it is written",
                IsTransient = true,
            };
        await using var target = new FileStream(file.FullPath, FileMode.CreateNew, FileAccess.Write);
        for (var at = 0L; at < info.SizeBytes; at = target.Length)
        {
            var part = await store.GetRangeAsync(path, at, (int)Math.Min(PartBytes, info.SizeBytes - at), cancellationToken);
            if (part is not { Length: > 0 } bytes) throw FileStreams.Error(file, new FileNotFoundException());
            await target.WriteAsync(bytes, cancellationToken);
        }
    }

    FozException Failed(string doing, DeltaException e) => new(ErrorKind.Source, $"{doing} files of {url}: {e.Message}", e);
}

namespace Foz.Storage;

/// <summary>A store in memory, for tests and short-lived tables. It has no local paths.</summary>
public sealed class MemoryObjectStore : IObjectStore
{
    readonly Space space;
    readonly string prefix;

    /// <summary>An empty store.</summary>
    /// <param name="time">The clock of <see cref="ObjectInfo.LastModified"/>.</param>
    /// <param name="stagingFolder">The local folder for staged files; without one nothing can be staged.</param>
    public MemoryObjectStore(TimeProvider time, string? stagingFolder = null)
        : this(new Space(time, stagingFolder), "")
    {
    }

    MemoryObjectStore(Space space, string prefix)
    {
        this.space = space;
        this.prefix = prefix;
    }

    /// <inheritdoc/>
    public string Root => prefix.Length == 0 ? "memory:" : $"memory:/{prefix.TrimEnd('/')}";

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    public IObjectStore Within(string folder)
    {
        StorePath.CheckFolder(folder);
        return folder.Length == 0 ? this : new MemoryObjectStore(space, $"{prefix}{folder}/");
    }

    /// <inheritdoc/>
    public ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        var entry = Find(path, cancellationToken);
        return ValueTask.FromResult(entry is null ? null : new StoredObject(entry.InfoAt(path), entry.Content));
    }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (Find(path, cancellationToken) is not { } entry) return ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);
        var start = (int)Math.Min(offset, entry.Content.Length);
        ReadOnlyMemory<byte> range = entry.Content.AsMemory(start, Math.Min(length, entry.Content.Length - start));
        return ValueTask.FromResult<ReadOnlyMemory<byte>?>(range);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Find(path, cancellationToken)?.InfoAt(path));

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, CancellationToken cancellationToken)
    {
        StorePath.CheckFolder(folder);
        cancellationToken.ThrowIfCancellationRequested();
        var below = folder.Length == 0 ? prefix : $"{prefix}{folder}/";
        List<ObjectInfo> found = [];
        lock (space.Gate)
            foreach (var (path, entry) in space.Entries)
                if (path.StartsWith(below, StringComparison.Ordinal)
                    && (startAfter is null || string.CompareOrdinal(path, prefix + startAfter) > 0))
                    found.Add(entry.InfoAt(path[prefix.Length..]));
        return found.ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (space.Gate) return ValueTask.FromResult(Write(path, content));
    }

    /// <inheritdoc/>
    public ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (space.Gate)
            return ValueTask.FromResult<PutIfAbsentResult>(space.Entries.ContainsKey(prefix + path)
                ? PutIfAbsentResult.AlreadyExists.Value
                : new PutIfAbsentResult.Created(Write(path, content)));
    }

    /// <inheritdoc/>
    public ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (space.Gate)
        {
            if (!space.Entries.TryGetValue(prefix + path, out var entry) || entry.ETag != etag)
                return ValueTask.FromResult<PutIfMatchResult>(PutIfMatchResult.Mismatch.Value);
            var info = Write(path, content);
            return ValueTask.FromResult<PutIfMatchResult>(new PutIfMatchResult.Written(info, info.ETag!));
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string path, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (space.Gate) space.Entries.Remove(prefix + path);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public string? LocalPath(string path)
    {
        StorePath.Check(path);
        return null;
    }

    /// <inheritdoc/>
    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken) => throw new StorageException(
            StorageErrorKind.InvalidArgument, $"the objects of {Root} are in memory, where no engine reads them");

    /// <inheritdoc/>
    public string StagingPath(string path)
    {
        StorePath.Check(path);
        if (space.StagingFolder is null)
            throw new StorageException(StorageErrorKind.InvalidArgument, $"the store {Root} has no staging folder");
        var file = Path.Combine(space.StagingFolder, (prefix + path).Replace('/', Path.DirectorySeparatorChar));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return file;
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        foreach (var path in paths) await PutFileAsync(StagingPath(path), path, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo> PutFileAsync(
        string localFile, string path, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        try
        {
            var content = await File.ReadAllBytesAsync(localFile, cancellationToken);
            var info = await PutAsync(path, content, cancellationToken);
            File.Delete(localFile);
            return info;
        }
        catch (IOException error)
        {
            throw StorageError.Of("write", Root, path, error);
        }
    }

    Entry? Find(string path, CancellationToken cancellationToken)
    {
        StorePath.Check(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (space.Gate) return space.Entries.GetValueOrDefault(prefix + path);
    }

    ObjectInfo Write(string path, ReadOnlyMemory<byte> content)
    {
        var tag = (++space.LastTag).ToString("x", null);
        var entry = new Entry(content.ToArray(), space.Time.GetUtcNow(), tag);
        space.Entries[prefix + path] = entry;
        return entry.InfoAt(path);
    }

    sealed record Entry(byte[] Content, DateTimeOffset LastModified, string ETag)
    {
        public ObjectInfo InfoAt(string path) => new(path, Content.Length, LastModified, ETag);
    }

    sealed class Space(TimeProvider time, string? stagingFolder)
    {
        public Lock Gate { get; } = new();
        public TimeProvider Time => time;
        public string? StagingFolder => stagingFolder;
        public SortedDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);
        public long LastTag { get; set; }
    }
}

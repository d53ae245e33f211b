using System.Runtime.CompilerServices;
using Foz.Storage.Caching;

namespace Foz.Storage.Remote;

/// <summary>
/// A store in a bucket or container of a storage service. Conditional writes whose answer got lost, or which the
/// service left undecided, are settled by checking whose write is there: each carries a random name in the object's
/// metadata.
/// </summary>
sealed class RemoteObjectStore : IObjectStore
{
    readonly ObjectService service;
    readonly Transfers transfers;
    readonly FileCache? cache;
    readonly ConditionalWrites? conditions;
    readonly string prefix;

    /// <summary>A store below a prefix of a bucket.</summary>
    /// <param name="service">The bucket.</param>
    /// <param name="prefix">What its keys begin with: empty, or with a slash at the end.</param>
    /// <param name="cache">Where engines find its objects; null for nowhere.</param>
    /// <param name="conditions">Makes sure that conditions of writes are obeyed; null for no such check.</param>
    public RemoteObjectStore(
        ObjectService service, string prefix, FileCache? cache, ConditionalWrites? conditions = null)
        : this(service, new Transfers(service), prefix, cache, conditions)
    {
    }

    RemoteObjectStore(
        ObjectService service, Transfers transfers, string prefix, FileCache? cache, ConditionalWrites? conditions)
    {
        (this.service, this.transfers, this.prefix, this.cache, this.conditions) =
            (service, transfers, prefix, cache, conditions);
        Root = prefix.Length == 0 ? service.Root : $"{service.Root}/{prefix.TrimEnd('/')}";
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public bool IsLocal => false;

    /// <inheritdoc/>
    public IObjectStore Within(string folder)
    {
        StorePath.CheckFolder(folder);
        return folder.Length == 0
            ? this
            : new RemoteObjectStore(service, transfers, $"{prefix}{folder}/", cache, conditions);
    }

    /// <inheritdoc/>
    public async ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        var found = await RunAsync(
            "read", path, _ => transfers.GetAsync(key, cancellationToken), cancellationToken);
        return found is null ? null : new StoredObject(InfoAt(path, found.Info), found.Content);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var key = KeyOf(path);
        if (length == 0)
            return await GetInfoAsync(path, cancellationToken) is null ? null : ReadOnlyMemory<byte>.Empty;
        var found = await RunAsync(
            "read", path, _ => service.GetAsync(key, (offset, length), cancellationToken), cancellationToken);
        return found?.Content;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        return await RunAsync("read", path, _ => service.HeadAsync(key, cancellationToken), cancellationToken)
            is { } info ? InfoAt(path, info) : null;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StorePath.CheckFolder(folder);
        var below = folder.Length == 0 ? prefix : $"{prefix}{folder}/";
        var pages = PagesAsync(folder, below, startAfter, cancellationToken)
            .Where(info => startAfter is null || string.CompareOrdinal(info.Path, startAfter) > 0);
        if (!service.ListsInOrder) pages = pages.OrderBy(info => info.Path, StringComparer.Ordinal);
        await foreach (var info in pages.WithCancellation(cancellationToken)) yield return info;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        var condition = new PutCondition(WriteHistory.Next(null), IsAbsent: false, Tag: null);
        var info = await RunAsync(
            "write", path, _ => service.PutAsync(key, content, condition, cancellationToken), cancellationToken);
        return InfoAt(path, info!.Value);
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await CreateAsync(path, content, wantsTime: true, cancellationToken) is { } info
            ? new PutIfAbsentResult.Created(info)
            : PutIfAbsentResult.AlreadyExists.Value;

    /// <inheritdoc/>
    public async ValueTask<bool> TryCreateAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await CreateAsync(path, content, wantsTime: false, cancellationToken) is not null;

    /// <inheritdoc/>
    public async ValueTask PutNoteAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await TryCreateAsync(path, content, cancellationToken);

    async ValueTask<ObjectInfo?> CreateAsync(
        string path, ReadOnlyMemory<byte> content, bool wantsTime, CancellationToken cancellationToken)
    {
        var condition = new PutCondition(WriteHistory.Next(null), IsAbsent: true, Tag: null) { WantsTime = wantsTime };
        Failpoint.Hit("store.create.start");
        var info = await PutConditionallyAsync(path, content, condition, cancellationToken);
        if (info is not null) Failpoint.Hit("store.create.done");
        return info;
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken)
    {
        var condition = new PutCondition(
            WriteHistory.Next(etag), IsAbsent: false, WriteHistory.ServiceTagOf(etag));
        return await PutConditionallyAsync(path, content, condition, cancellationToken) is { } info
            ? new PutIfMatchResult.Written(info, info.ETag!)
            : PutIfMatchResult.Mismatch.Value;
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string path, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        await RunAsync("delete", path, async _ =>
        {
            await service.DeleteAsync(key, cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public string? LocalPath(string path)
    {
        StorePath.Check(path);
        return cache?.LocalPath(Root, path);
    }

    /// <inheritdoc/>
    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken)
    {
        var files = cache ?? throw NoCache();
        return files.OpenAsync(
            Root, objects, (path, file, token) => DownloadAsync(path, file, token), cancellationToken);
    }

    /// <inheritdoc/>
    public string StagingPath(string path)
    {
        StorePath.Check(path);
        return (cache ?? throw NoCache()).StagingPath(Root, path);
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        Failpoint.Hit("store.publish.start");
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = Transfers.FilesMax,
        };
        await Parallel.ForEachAsync(paths, options, async (path, token) =>
        {
            var staged = StagingPath(path);
            await UploadAsync(staged, path, token);
            cache!.Adopt(Root, path, staged);
        });
        Failpoint.Hit("store.publish.done");
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo> PutFileAsync(
        string localFile, string path, CancellationToken cancellationToken)
    {
        Failpoint.Hit("store.replace.written");
        await UploadAsync(localFile, path, cancellationToken);
        File.Delete(localFile);
        Failpoint.Hit("store.replace.done");
        return await GetInfoAsync(path, cancellationToken) ?? throw new StorageException(
            StorageErrorKind.Failed, $"'{path}' in {Root} is gone after it was written")
        { Path = path };
    }

    /// <summary>
    /// A write under a condition. Where the service says that the condition does not hold, an earlier attempt of the
    /// same write may be the reason.
    /// </summary>
    async ValueTask<ObjectInfo?> PutConditionallyAsync(
        string path, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        if (conditions is not null) await conditions.CheckAsync(cancellationToken);
        var info = await RunAsync<RemoteInfo?>("write", path, async _ =>
        {
            if (await service.PutAsync(key, content, condition, cancellationToken) is { } written) return written;
            // Also after one attempt: connections and proxies repeat requests by themselves.
            if (await service.HeadAsync(key, cancellationToken) is not { } there) return null;
            if (there.WriteIds == condition.WriteIds) return there;
            return WriteHistory.Contains(there.WriteIds, condition.WriteIds)
                ? there with { SizeBytes = content.Length, Tag = service.StaleTag, WriteIds = null }
                : null;
        }, cancellationToken);
        return info is { } done ? InfoAt(path, done) : null;
    }

    async IAsyncEnumerable<ObjectInfo> PagesAsync(
        string folder, string below, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = startAfter is null ? null : prefix + startAfter;
        string? token = null;
        do
        {
            var next = token;
            var page = await RunAsync(
                "list", folder, _ => service.ListAsync(below, start, next, cancellationToken), cancellationToken);
            foreach (var info in page.Items)
                // A key that ends in a slash is a folder that another program made.
                if (!info.Key.EndsWith('/') && !IsOwn(info.Key)) yield return InfoAt(info.Key[prefix.Length..], info);
            token = page.NextToken;
        }
        while (token is not null);
    }

    async ValueTask UploadAsync(string file, string path, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        try
        {
            await transfers.UploadAsync(
                file, key, (fault, attempts) => fault.ToError("write", Root, path, attempts), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StorageError.Of("write", Root, path, error);
        }
    }

    async Task<long?> DownloadAsync(string path, string file, CancellationToken cancellationToken)
    {
        var key = KeyOf(path);
        try
        {
            return await transfers.DownloadAsync(
                key, file, (fault, attempts) => fault.ToError("read", Root, path, attempts), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StorageError.Of("read", Root, path, error);
        }
    }

    Task<T> RunAsync<T>(
        string operation, string path, Func<int, Task<T>> attempt, CancellationToken cancellationToken) =>
        service.Retries.RunAsync(
            attempt, (fault, attempts) => fault.ToError(operation, Root, path, attempts), cancellationToken);

    string KeyOf(string path)
    {
        StorePath.Check(path);
        return prefix + path;
    }

    static ObjectInfo InfoAt(string path, RemoteInfo info) => new(
        path, info.SizeBytes, info.LastModified, WriteHistory.ToTag(info.Tag, info.WriteIds));

    static bool IsOwn(string key) =>
        key.AsSpan(key.LastIndexOf('/') + 1).StartsWith(StorePath.OwnPrefix, StringComparison.Ordinal);

    StorageException NoCache() => new(
        StorageErrorKind.InvalidArgument, $"the store {Root} was opened without a cache, which engines need");
}

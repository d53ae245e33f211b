namespace Foz.Storage.Remote;

/// <summary>
/// A store in a service that ignores the conditions of writes: they are checked before each write. That is enough for
/// the threads of one process. Of two processes that write at the same time, the later write wins, and a commit is
/// lost.
/// </summary>
sealed class SingleWriterStore : IObjectStore
{
    readonly IObjectStore store;
    readonly SemaphoreSlim gate;

    /// <param name="store">The store in the service.</param>
    public SingleWriterStore(IObjectStore store)
        : this(store, new(1))
    {
    }

    SingleWriterStore(IObjectStore store, SemaphoreSlim gate) => (this.store, this.gate) = (store, gate);

    /// <inheritdoc/>
    public string Root => store.Root;

    /// <inheritdoc/>
    public bool IsLocal => store.IsLocal;

    /// <inheritdoc/>
    public IObjectStore Within(string folder) =>
        folder.Length == 0 ? this : new SingleWriterStore(store.Within(folder), gate);

    /// <inheritdoc/>
    public ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => AloneAsync(
            async () => await store.GetInfoAsync(path, cancellationToken) is null
                ? await store.PutIfAbsentAsync(path, content, cancellationToken)
                : PutIfAbsentResult.AlreadyExists.Value,
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken) => AloneAsync(
            async () => (await store.GetInfoAsync(path, cancellationToken))?.ETag == etag
                ? await store.PutIfMatchAsync(path, content, etag, cancellationToken)
                : PutIfMatchResult.Mismatch.Value,
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken) =>
        store.GetAsync(path, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken) =>
        store.GetRangeAsync(path, offset, length, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        store.GetInfoAsync(path, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, CancellationToken cancellationToken) =>
        store.ListAsync(folder, startAfter, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        store.PutAsync(path, content, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string path, CancellationToken cancellationToken) =>
        store.DeleteAsync(path, cancellationToken);

    /// <inheritdoc/>
    public string? LocalPath(string path) => store.LocalPath(path);

    /// <inheritdoc/>
    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken) =>
        store.FetchAsync(objects, cancellationToken);

    /// <inheritdoc/>
    public string StagingPath(string path) => store.StagingPath(path);

    /// <inheritdoc/>
    public ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        store.PublishAsync(paths, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken) =>
        store.PutFileAsync(localFile, path, cancellationToken);

    async ValueTask<T> AloneAsync<T>(Func<ValueTask<T>> write, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await write();
        }
        finally
        {
            gate.Release();
        }
    }
}

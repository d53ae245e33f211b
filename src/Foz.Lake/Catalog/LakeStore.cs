using System.Runtime.CompilerServices;
using Foz.Storage;

namespace Foz.Lake.Catalog;

/// <summary>
/// The objects of a lake, of which none is read or written before the lake's format is known: a lake of an unknown
/// format is refused whatever a command does, and a new one states its format before it has anything else.
/// </summary>
public sealed class LakeStore : IObjectStore
{
    readonly IObjectStore store;

    /// <summary>The objects of a lake.</summary>
    /// <param name="store">Where they are.</param>
    /// <param name="clock">The time.</param>
    public LakeStore(IObjectStore store, TimeProvider clock)
        : this(store, new LakeFormat(store, clock))
    {
    }

    LakeStore(IObjectStore store, LakeFormat format) => (this.store, Format) = (store, format);

    /// <summary>The lake's format.</summary>
    public LakeFormat Format { get; }

    /// <inheritdoc/>
    public string Root => store.Root;

    /// <inheritdoc/>
    public bool IsLocal => store.IsLocal;

    /// <inheritdoc/>
    public IObjectStore Within(string folder) =>
        folder.Length == 0 ? this : new LakeStore(store.Within(folder), Format);

    /// <inheritdoc/>
    public async ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        await Format.ReadAsync(cancellationToken);
        return await store.GetAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        await Format.ReadAsync(cancellationToken);
        return await store.GetRangeAsync(path, offset, length, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken)
    {
        await Format.ReadAsync(cancellationToken);
        return await store.GetInfoAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Format.ReadAsync(cancellationToken);
        await foreach (var found in store.ListAsync(folder, startAfter, cancellationToken)) yield return found;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.PutAsync(path, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.PutIfAbsentAsync(path, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryCreateAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.TryCreateAsync(path, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask PutNoteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        await store.PutNoteAsync(path, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.PutIfMatchAsync(path, content, etag, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string path, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        await store.DeleteAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public string? LocalPath(string path) => store.LocalPath(path);

    /// <inheritdoc/>
    public async ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken)
    {
        await Format.ReadAsync(cancellationToken);
        return await store.FetchAsync(objects, cancellationToken);
    }

    /// <inheritdoc/>
    public string StagingPath(string path)
    {
        Format.EnsureThere();
        return store.StagingPath(path);
    }

    /// <inheritdoc/>
    public async ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        await store.PublishAsync(paths, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfAbsentResult> PublishAndPutIfAbsentAsync(
        IReadOnlyCollection<string> staged, string path, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.PublishAndPutIfAbsentAsync(staged, path, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken)
    {
        await Format.ReadForWritingAsync(cancellationToken);
        return await store.PutFileAsync(localFile, path, cancellationToken);
    }
}

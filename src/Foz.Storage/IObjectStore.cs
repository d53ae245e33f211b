namespace Foz.Storage;

/// <summary>
/// The files of one table or lake: a flat space of objects under one root. Paths are relative to the root, with
/// forward slashes, without empty, <c>.</c> or <c>..</c> segments. An object becomes visible whole or not at all;
/// what was written is durable when the call returns. Names that begin with <c>.foz-</c> are the store's own and
/// are never listed.
/// </summary>
/// <remarks>
/// Every method throws <see cref="StorageException"/> with a storage kind and the path if the storage fails, and with
/// <see cref="StorageErrorKind.InvalidArgument"/> for a path that leaves the root.
/// </remarks>
public interface IObjectStore
{
    /// <summary>The root as people write it: a local path or a URI, without a trailing slash.</summary>
    string Root { get; }

    /// <summary>Whether its objects are files of this machine, which people change by hand and which cost nothing to
    /// look at.</summary>
    bool IsLocal { get; }

    /// <summary>The store of a folder of this one; <c>""</c> is this store.</summary>
    IObjectStore Within(string folder);

    /// <summary>An object's bytes; null if there is none.</summary>
    ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="length"/> bytes from <paramref name="offset"/> on, fewer at the object's end;
    /// null if there is no such object.</summary>
    ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken);

    /// <summary>An object's size, time and tag; null if there is none.</summary>
    ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// All objects under a folder (<c>""</c> for all), at any depth, in ordinal order of their paths; with
    /// <paramref name="startAfter"/> only those whose path sorts after it. A folder that is absent is empty.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string folder, string? startAfter, CancellationToken cancellationToken);

    /// <summary>
    /// Writes an object, replacing one that exists. The time in the result is about that of the write.
    /// </summary>
    ValueTask<ObjectInfo> PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Writes an object unless one exists; of several writers exactly one wins.</summary>
    ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>
    /// Writes an object unless one exists, as <see cref="PutIfAbsentAsync"/> does, whose time is not asked for: most
    /// services take a request more to give it.
    /// </summary>
    /// <returns>Whether it is written.</returns>
    async ValueTask<bool> TryCreateAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await PutIfAbsentAsync(path, content, cancellationToken) is PutIfAbsentResult.Created;

    /// <summary>Writes an object unless one exists, as <see cref="PutIfAbsentAsync"/> does, for notes that no reader
    /// needs: where power fails, it may be lost or empty.</summary>
    async ValueTask PutNoteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await PutIfAbsentAsync(path, content, cancellationToken);

    /// <summary>Replaces an object if its tag is still <paramref name="etag"/>; of several writers with one tag
    /// exactly one wins. An object that is gone does not match.</summary>
    ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken);

    /// <summary>Deletes an object; nothing happens if there is none.</summary>
    ValueTask DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>Where an engine finds an object as a local file, once and as long as <see cref="FetchAsync"/> holds it;
    /// null where the store has no local files. The file need not exist.</summary>
    string? LocalPath(string path);

    /// <summary>
    /// Brings objects that are never changed, such as data files, to the local disk, where an engine reads them under
    /// <see cref="LocalPath"/>. An object that is absent has no file then.
    /// </summary>
    /// <returns>Holds the files there until it is disposed.</returns>
    /// <exception cref="StorageException">An object has another size than expected
    /// (<see cref="StorageErrorKind.WrongSize"/>), or the storage failed.</exception>
    ValueTask<LocalObjects> FetchAsync(IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken);

    /// <summary>
    /// The local file into which an engine writes the object <paramref name="path"/> before
    /// <see cref="PublishAsync"/>; its folder exists when the call returns.
    /// </summary>
    string StagingPath(string path);

    /// <summary>
    /// Makes staged files visible under their paths and durable. Meant for files with unique names that no reader looks
    /// for yet, such as data files before their commit: a local store has them in place and only syncs them.
    /// </summary>
    ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes staged files, and then writes an object unless one exists: who sees the object finds the files
    /// durable. Where it exists, the files may be published or not. A store does both at once where it can.
    /// </summary>
    async ValueTask<PutIfAbsentResult> PublishAndPutIfAbsentAsync(
        IReadOnlyCollection<string> staged, string path, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        await PublishAsync(staged, cancellationToken);
        return await PutIfAbsentAsync(path, content, cancellationToken);
    }

    /// <summary>Moves a local file into the store under a path, replacing what is there in one step.</summary>
    ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken);
}

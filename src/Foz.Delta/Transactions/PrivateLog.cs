using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Transactions;

/// <summary>
/// A table's files with a log of its own after a version: commits to it stay in memory, visible only to its
/// transaction. Data files go to the table's store unchanged; publishing of them waits for a commit that others see.
/// </summary>
/// <param name="store">The table's files.</param>
/// <param name="baseVersion">The last version of the table's own log.</param>
/// <param name="clock">The time of commits.</param>
sealed class PrivateLog(IObjectStore store, long baseVersion, TimeProvider clock) : IObjectStore
{
    readonly Dictionary<string, StoredObject> commits = new(StringComparer.Ordinal);
    readonly List<(long Version, string Path)> staged = [];

    public string Root => store.Root;

    public bool IsLocal => store.IsLocal;

    /// <summary>The newest version.</summary>
    public long Version => baseVersion + commits.Count;

    /// <summary>Staged files that are not published.</summary>
    public IEnumerable<string> Staged => staged.Select(file => file.Path);

    /// <summary>Forgets the versions after one.</summary>
    public void RollBackTo(long version)
    {
        for (var gone = Version; gone > version; gone--) commits.Remove(LogFiles.CommitPath(gone));
        staged.RemoveAll(file => file.Version > version);
    }

    public IObjectStore Within(string folder) => folder.Length == 0 ? this : store.Within(folder);

    public async ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken) =>
        commits.TryGetValue(path, out var commit) ? commit
        : IsHidden(path) ? null
        : await store.GetAsync(path, cancellationToken);

    public async ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        if (!IsHidden(path)) return await store.GetRangeAsync(path, offset, length, cancellationToken);
        if (!commits.TryGetValue(path, out var commit)) return null;
        var start = (int)Math.Min(offset, commit.Content.Length);
        return commit.Content.Slice(start, Math.Min(length, commit.Content.Length - start));
    }

    public async ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        commits.TryGetValue(path, out var commit) ? commit.Info
        : IsHidden(path) ? null
        : await store.GetInfoAsync(path, cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var found in store.ListAsync(folder, startAfter, cancellationToken))
            if (!IsHidden(found.Path)) yield return found;
    }

    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        IsOfLog(path) ? throw Refused(path) : store.PutAsync(path, content, cancellationToken);

    public ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!IsOfLog(path)) return store.PutIfAbsentAsync(path, content, cancellationToken);
        if (path != LogFiles.CommitPath(Version + 1)) throw Refused(path);
        var info = new ObjectInfo(path, content.Length, clock.GetUtcNow(), ContentTag.Of(content.Span));
        commits[path] = new(info, content.ToArray());
        return new(new PutIfAbsentResult.Created(info));
    }

    public ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken) =>
        IsOfLog(path) ? throw Refused(path) : store.PutIfMatchAsync(path, content, etag, cancellationToken);

    public ValueTask DeleteAsync(string path, CancellationToken cancellationToken) =>
        IsOfLog(path) ? throw Refused(path) : store.DeleteAsync(path, cancellationToken);

    public string? LocalPath(string path) => store.LocalPath(path);

    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken) =>
        store.FetchAsync(objects, cancellationToken);

    public string StagingPath(string path) => store.StagingPath(path);

    public ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        store.PublishAsync(paths, cancellationToken);

    public ValueTask<PutIfAbsentResult> PublishAndPutIfAbsentAsync(
        IReadOnlyCollection<string> stagedFiles, string path, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        // A local file is read where it is staged; it becomes durable with the commit that others see.
        foreach (var file in stagedFiles) staged.Add((Version + 1, file));
        return PutIfAbsentAsync(path, content, cancellationToken);
    }

    public ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken) =>
        IsOfLog(path) ? throw Refused(path) : store.PutFileAsync(localFile, path, cancellationToken);

    static bool IsOfLog(string path) => path.StartsWith(LogFiles.Folder + "/", StringComparison.Ordinal);

    /// <summary>
    /// Whether a file of the log comes after the versions up to the base: later commits of others, and files without a
    /// number, such as the hint of the last checkpoint.
    /// </summary>
    bool IsHidden(string path) =>
        IsOfLog(path) && string.CompareOrdinal(path, LogFiles.VersionPath(baseVersion + 1)) >= 0;

    static StorageException Refused(string path) =>
        new(StorageErrorKind.InvalidArgument, $"a private log takes commits only, not {path}")
        {
            Path = path,
        };
}

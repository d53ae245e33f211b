using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Foz.Storage;

/// <summary>
/// A folder of a local file system. Creation is a temporary file, synced, then linked to its name, so of several
/// processes exactly one wins and no reader sees a half-written file; replacement is a rename.
/// <see cref="PutIfMatchAsync"/> holds a lock file in the object's folder: its writers exclude each other in all
/// processes of the machine, but not writers that use <see cref="PutAsync"/> on the same object.
/// </summary>
public sealed class LocalObjectStore : IObjectStore
{
    const int SyncParallelismMax = 4;

    readonly string prefix;
    readonly Lazy<bool> isOnNetwork;

    /// <summary>
    /// A store below a folder, which need not exist yet; a relative path is below the current folder.
    /// </summary>
    public LocalObjectStore(string root)
    {
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        prefix = Path.EndsInDirectorySeparator(Root) ? Root : Root + Path.DirectorySeparatorChar;
        isOnNetwork = new(() => NetworkFileSystemOf(Root) is not null);
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <summary>
    /// The kind of network file system that a folder is on; null if it is on this machine or unknown.
    /// </summary>
    public static string? NetworkFileSystemOf(string folder) => LocalFiles.NetworkFileSystemOf(folder);

    /// <inheritdoc/>
    public IObjectStore Within(string folder) => folder.Length == 0 ? this : new LocalObjectStore(FullPath(folder));

    /// <inheritdoc/>
    public ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var handle = OpenToRead(path);
        if (handle is null) return ValueTask.FromResult<StoredObject?>(null);
        return ValueTask.FromResult<StoredObject?>(Guard("read", path, () =>
        {
            var info = InfoOf(path, handle);
            var content = GC.AllocateUninitializedArray<byte>(checked((int)info.SizeBytes));
            var length = LocalFiles.ReadFully(handle, content, 0);
            return new StoredObject(info with { SizeBytes = length }, content.AsMemory(0, length));
        }));
    }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        using var handle = OpenToRead(path);
        if (handle is null) return ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);
        return ValueTask.FromResult<ReadOnlyMemory<byte>?>(Guard("read", path, () =>
        {
            var available = Math.Clamp(RandomAccess.GetLength(handle) - offset, 0, length);
            var content = GC.AllocateUninitializedArray<byte>((int)available);
            return (ReadOnlyMemory<byte>)content.AsMemory(0, LocalFiles.ReadFully(handle, content, offset));
        }));
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = new FileInfo(FullPath(path));
        return ValueTask.FromResult(Guard<ObjectInfo?>("read", path, () => file.Exists
            ? new ObjectInfo(path, file.Length, new DateTimeOffset(file.LastWriteTimeUtc))
            : null));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, CancellationToken cancellationToken)
    {
        StorePath.CheckFolder(folder);
        return Guard("list", folder, () => LocalListing.Of(prefix, folder, startAfter, cancellationToken))
            .ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = FullPath(path);
        return ValueTask.FromResult(Guard("write", path, () => Replace(path, target, content.Span)));
    }

    /// <inheritdoc/>
    public ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Create(path, content.Span, Task.CompletedTask));
    }

    /// <inheritdoc/>
    public ValueTask PutNoteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = FullPath(path);
        if (File.Exists(target)) return ValueTask.CompletedTask;
        Guard("write", path,
            () => LocalFiles.TryLink(WriteTemp(path, target, content.Span, isDurable: false).Temp, target));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>Journaling file systems finish syncs that wait at the same time together.</remarks>
    public async ValueTask<PutIfAbsentResult> PublishAndPutIfAbsentAsync(
        IReadOnlyCollection<string> staged, string path, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        var publishing = Task.Run(() => PublishAsync(staged, cancellationToken).AsTask(), cancellationToken);
        try
        {
            return Create(path, content.Span, publishing);
        }
        finally
        {
            await publishing;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken)
    {
        var target = FullPath(path);
        if (!await IsAsync(path, etag, cancellationToken)) return PutIfMatchResult.Mismatch.Value;
        // What is stopped while it holds the lock keeps all others from writing: it is held for a look and a rename.
        Failpoint.Hit("store.replace.start");
        var (temp, info) = Guard("write", path, () => WriteTemp(path, target, content.Span));
        try
        {
            using var writeLock = await FolderLock.TakeAsync(Root, path, target, cancellationToken);
            if (!await IsAsync(path, etag, cancellationToken)) return PutIfMatchResult.Mismatch.Value;
            Guard("write", path, () => Move(temp, target));
        }
        finally
        {
            File.Delete(temp);
        }
        Guard("write", path, () => SyncReplaced(target));
        return new PutIfMatchResult.Written(info, ContentTag.Of(content.Span));
    }

    async ValueTask<bool> IsAsync(string path, string etag, CancellationToken cancellationToken) =>
        (await GetAsync(path, cancellationToken))?.ETag == etag;

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = FullPath(path);
        if (!Directory.Exists(LocalFiles.FolderOf(target))) return ValueTask.CompletedTask;
        Guard("delete", path, () =>
        {
            File.Delete(target);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public string? LocalPath(string path) => FullPath(path);

    /// <inheritdoc/>
    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken) => new(LocalObjects.None);

    /// <inheritdoc/>
    public string StagingPath(string path)
    {
        var target = FullPath(path);
        Guard("write", path, () =>
        {
            LocalFiles.CreateFolder(LocalFiles.FolderOf(target));
            return true;
        });
        return target;
    }

    /// <inheritdoc/>
    public ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        Failpoint.Hit("store.publish.start");
        var folders = paths.SelectMany(path => Ancestors(FullPath(path))).Distinct(StringComparer.Ordinal);
        List<Action> syncs =
        [
            .. paths.Select(path => (Action)(() => Sync(path))),
            .. folders.Select(folder => (Action)(() => SyncFolder(folder))),
        ];
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = SyncParallelismMax,
        };
        try
        {
            Parallel.ForEach(syncs, options, static sync => sync());
        }
        catch (AggregateException errors)
        {
            // That a file is not there says more than that its folder is not, whichever of the two failed first.
            if (paths.FirstOrDefault(path => !File.Exists(FullPath(path))) is { } missing) Sync(missing);
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
        Failpoint.Hit("store.publish.done");
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = FullPath(path);
        return ValueTask.FromResult(Guard("write", path, () =>
        {
            LocalFiles.CreateFolder(LocalFiles.FolderOf(target));
            var info = SyncFile(path, localFile);
            Failpoint.Hit("store.replace.written");
            File.Move(localFile, target, overwrite: true);
            LocalFiles.SyncFolder(LocalFiles.FolderOf(target));
            Failpoint.Hit("store.replace.done");
            return info;
        }));
    }

    /// <summary>Writes a file unless there is one; it appears when what it depends on is durable.</summary>
    PutIfAbsentResult Create(string path, ReadOnlySpan<byte> content, Task ground)
    {
        var target = FullPath(path);
        if (File.Exists(target)) return PutIfAbsentResult.AlreadyExists.Value;
        Failpoint.Hit("store.create.start");
        try
        {
            var (temp, info) = WriteTemp(path, target, content);
            Failpoint.Hit("store.create.written");
            Await(ground, temp);
            // Over a network, the answer to a link that was made can be lost; the repeated one meets itself.
            if (!LocalFiles.TryLink(temp, target) && !(isOnNetwork.Value && LocalFiles.HasContent(target, content)))
                return PutIfAbsentResult.AlreadyExists.Value;
            LocalFiles.SyncFolder(LocalFiles.FolderOf(target));
            Failpoint.Hit("store.create.done");
            return new PutIfAbsentResult.Created(info);
        }
        catch (Exception error) when (IsStorageError(error))
        {
            throw StorageError.Of("write", Root, path, error);
        }
    }

    static void Await(Task ground, string temp)
    {
        try
        {
            // It is synced by another thread while this one writes: files have no asynchronous sync.
            ground.GetAwaiter().GetResult();
        }
        catch
        {
            LocalFiles.DeleteLeftover(temp);
            throw;
        }
    }

    static ObjectInfo Replace(string path, string target, ReadOnlySpan<byte> content)
    {
        Failpoint.Hit("store.replace.start");
        var (temp, info) = WriteTemp(path, target, content);
        Move(temp, target);
        SyncReplaced(target);
        return info;
    }

    static bool Move(string temp, string target)
    {
        Failpoint.Hit("store.replace.written");
        File.Move(temp, target, overwrite: true);
        return true;
    }

    static bool SyncReplaced(string target)
    {
        LocalFiles.SyncFolder(LocalFiles.FolderOf(target));
        Failpoint.Hit("store.replace.done");
        return true;
    }

    /// <summary>Writes a temporary file next to its target, and syncs it.</summary>
    static (string Temp, ObjectInfo Info) WriteTemp(
        string path, string target, ReadOnlySpan<byte> content, bool isDurable = true)
    {
        var temp = Path.Combine(LocalFiles.FolderOf(target), $"{StorePath.OwnPrefix}{Guid.NewGuid():N}.tmp");
        using var handle = LocalFiles.CreateNew(temp);
        try
        {
            RandomAccess.Write(handle, content, 0);
            if (isDurable) RandomAccess.FlushToDisk(handle);
            return (temp, InfoOf(path, handle));
        }
        catch (IOException)
        {
            File.Delete(temp);
            throw;
        }
    }

    void Sync(string path)
    {
        var file = FullPath(path);
        Guard("write", path, () => SyncFile(path, file));
    }

    void SyncFolder(string folder) => Guard("write", Path.GetRelativePath(Root, folder), () =>
    {
        LocalFiles.SyncFolder(folder);
        return true;
    });

    static ObjectInfo SyncFile(string path, string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
        return InfoOf(path, handle);
    }

    IEnumerable<string> Ancestors(string file)
    {
        for (var folder = LocalFiles.FolderOf(file); folder.Length >= Root.Length; folder = LocalFiles.FolderOf(folder))
        {
            yield return folder;
            if (folder.Length == Root.Length) yield break;
        }
    }

    SafeFileHandle? OpenToRead(string path)
    {
        var file = FullPath(path);
        if (!File.Exists(file)) return null;
        try
        {
            return File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (IsStorageError(error))
        {
            throw StorageError.Of("read", Root, path, error);
        }
    }

    static ObjectInfo InfoOf(string path, SafeFileHandle handle) =>
        new(path, RandomAccess.GetLength(handle), new DateTimeOffset(File.GetLastWriteTimeUtc(handle)));

    string FullPath(string path)
    {
        StorePath.Check(path);
        return prefix + (Path.DirectorySeparatorChar == '/' ? path : path.Replace('/', Path.DirectorySeparatorChar));
    }

    T Guard<T>(string operation, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (IsStorageError(error))
        {
            throw StorageError.Of(operation, Root, path, error);
        }
    }

    static bool IsStorageError(Exception error) => error is IOException or UnauthorizedAccessException;
}

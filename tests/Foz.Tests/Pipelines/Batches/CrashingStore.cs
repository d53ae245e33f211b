using Foz.Storage;

namespace Foz.Tests.Pipelines.Batches;

/// <summary>The process died.</summary>
sealed class CrashException : Exception;

/// <summary>
/// A store whose process dies around one of its operations: before it, or after it with the answer lost. It counts what
/// it is asked for.
/// </summary>
/// <param name="inner">The store that survives.</param>
/// <param name="operationsLeft">The operations until the crash; null for none.</param>
/// <param name="isAfter">Whether the last operation still happens.</param>
sealed class CrashingStore(IObjectStore inner, int? operationsLeft = null, bool isAfter = false) : IObjectStore
{
    int left = operationsLeft ?? int.MaxValue;

    /// <summary>How many objects were read.</summary>
    public int Reads { get; private set; }

    /// <summary>What each operation waits for, and its answer too: a process may stand still, or end, there.</summary>
    public Func<Task> Turn { get; init; } = static () => Task.CompletedTask;

    public string Root => inner.Root;

    public bool IsLocal => inner.IsLocal;

    public IObjectStore Within(string folder) => throw new NotSupportedException();

    public ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        Reads++;
        return DoAsync(() => inner.GetAsync(path, cancellationToken));
    }

    public ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        DoAsync(() => inner.GetInfoAsync(path, cancellationToken));

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = await DoAsync(
            async () => await inner.ListAsync(folder, startAfter, cancellationToken).ToListAsync(cancellationToken));
        foreach (var info in listed) yield return info;
    }

    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        DoAsync(() => inner.PutIfAbsentAsync(path, content, cancellationToken));

    public ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken) =>
        DoAsync(() => inner.PutIfMatchAsync(path, content, etag, cancellationToken));

    public async ValueTask DeleteAsync(string path, CancellationToken cancellationToken) =>
        await DoAsync(async () =>
        {
            await inner.DeleteAsync(path, cancellationToken);
            return true;
        });

    public string? LocalPath(string path) => null;

    public string StagingPath(string path) => throw new NotSupportedException();

    public ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    async ValueTask<T> DoAsync<T>(Func<ValueTask<T>> operation)
    {
        if (left <= 0) throw new CrashException();
        await Turn();
        if (--left > 0)
        {
            var answer = await operation();
            await Turn();
            return answer;
        }
        if (isAfter) await operation();
        throw new CrashException();
    }
}

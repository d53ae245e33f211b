using Foz.Storage;

namespace Foz.Tests.Delta.Transactions;

enum Fault
{
    None,

    /// <summary>The write did not happen.</summary>
    Before,

    /// <summary>The write happened, but the answer was lost.</summary>
    After,

    /// <summary>The answer is that it failed, and it happens later.</summary>
    Late,
}

/// <summary>A store whose reads and conditional writes fail at random, by seed, or as queued.</summary>
sealed class FaultyStore(IObjectStore inner, int seed) : IObjectStore
{
    readonly IObjectStore inner = inner;
    readonly Random random = new(seed);
    readonly List<(IObjectStore Store, string Path, ReadOnlyMemory<byte> Content)> late = [];

    FaultyStore(FaultyStore outer, string folder, int seed)
        : this(outer.inner.Within(folder), seed) =>
        (IsFaulty, NextPuts, late) = (outer.IsFaulty, outer.NextPuts, outer.late);

    public bool IsFaulty { get; set; } = true;

    public Queue<Fault> NextPuts { get; } = new();

    /// <summary>How many calls are answered before the store is gone for good; null for all.</summary>
    public int? CallsUntilFault { get; set; }

    /// <summary>Lets the writes happen that were only delayed.</summary>
    public async Task ReleaseLateAsync()
    {
        foreach (var (store, path, content) in late)
            await store.PutIfAbsentAsync(path, content, CancellationToken.None);
        late.Clear();
    }

    public string Root => inner.Root;

    public bool IsLocal => inner.IsLocal;

    /// <summary>A part of the store, which takes the queued faults too.</summary>
    public IObjectStore Within(string folder) => new FaultyStore(this, folder, seed);

    public ValueTask<StoredObject?> GetAsync(string path, CancellationToken cancellationToken)
    {
        if (IsFaulty && random.Next(8) == 0) throw Failure(path);
        Count(path);
        return inner.GetAsync(path, cancellationToken);
    }

    public ValueTask<ReadOnlyMemory<byte>?> GetRangeAsync(
        string path, long offset, int length, CancellationToken cancellationToken) =>
        inner.GetRangeAsync(path, offset, length, cancellationToken);

    public ValueTask<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken) =>
        inner.GetInfoAsync(path, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter, CancellationToken cancellationToken)
    {
        Count(folder);
        return inner.ListAsync(folder, startAfter, cancellationToken);
    }

    public ValueTask<ObjectInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Count(path);
        return inner.PutAsync(path, content, cancellationToken);
    }

    public async ValueTask<PutIfAbsentResult> PutIfAbsentAsync(
        string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var fault = NextPuts.TryDequeue(out var queued) ? queued
            : IsFaulty && random.Next(3) == 0 ? (Fault)random.Next(1, 4)
            : Fault.None;
        Count(path);
        if (fault == Fault.Before) throw Failure(path);
        if (fault == Fault.Late)
        {
            late.Add((inner, path, content.ToArray()));
            throw Failure(path);
        }
        var result = await inner.PutIfAbsentAsync(path, content, cancellationToken);
        return fault == Fault.After ? throw Failure(path) : result;
    }

    public ValueTask<PutIfMatchResult> PutIfMatchAsync(
        string path, ReadOnlyMemory<byte> content, string etag, CancellationToken cancellationToken) =>
        inner.PutIfMatchAsync(path, content, etag, cancellationToken);

    public ValueTask DeleteAsync(string path, CancellationToken cancellationToken)
    {
        Count(path);
        return inner.DeleteAsync(path, cancellationToken);
    }

    public string? LocalPath(string path) => inner.LocalPath(path);

    public ValueTask<LocalObjects> FetchAsync(
        IReadOnlyCollection<ObjectRef> objects, CancellationToken cancellationToken) =>
        inner.FetchAsync(objects, cancellationToken);

    public string StagingPath(string path) => inner.StagingPath(path);

    public ValueTask PublishAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken) =>
        inner.PublishAsync(paths, cancellationToken);

    public ValueTask<ObjectInfo> PutFileAsync(string localFile, string path, CancellationToken cancellationToken)
    {
        Count(path);
        return inner.PutFileAsync(localFile, path, cancellationToken);
    }

    void Count(string path)
    {
        lock (late)
            if (CallsUntilFault is { } calls && (CallsUntilFault = Math.Max(0, calls - 1)) is 0) throw Failure(path);
    }

    static StorageException Failure(string path) =>
        new(StorageErrorKind.Failed, $"the store did not answer for {path}");
}

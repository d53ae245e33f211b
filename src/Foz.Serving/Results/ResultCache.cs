using Foz.DuckDB;

namespace Foz.Serving.Results;

/// <summary>
/// The rows of small queries, by all that they follow from: text, versions of the tables, what of them is seen, and the
/// time zone. What was asked for longest ago goes first. Safe for use by many threads.
/// </summary>
/// <param name="bytesMax">The most bytes; 0 keeps nothing.</param>
sealed class ResultCache(long bytesMax) : IDisposable
{
    /// <summary>The most rows of a result that is kept.</summary>
    public const int RowsMax = 10_000;

    const long ResultBytesMax = 1 << 20;
    const int ResultsPerCacheMin = 16;

    readonly Lock gate = new();
    readonly Dictionary<string, LinkedListNode<CachedResult>> results = new(StringComparer.Ordinal);
    readonly LinkedList<CachedResult> byUse = [];
    long bytes;

    /// <summary>Whether anything is kept.</summary>
    public bool IsOn => bytesMax > 0;

    /// <summary>The bytes that are kept.</summary>
    public long Bytes
    {
        get
        {
            lock (gate) return bytes;
        }
    }

    /// <summary>
    /// The rows of a query; null where they are not kept. To be let go with <see cref="CachedResult.Release"/>.
    /// </summary>
    public CachedResult? Find(string key)
    {
        lock (gate)
        {
            if (!results.TryGetValue(key, out var node)) return null;
            byUse.Remove(node);
            byUse.AddFirst(node);
            node.Value.Hold();
            return node.Value;
        }
    }

    /// <summary>Begins to keep the rows of a query, as they are fetched; null where they can never be.</summary>
    public ResultRecorder? Record(string key, IReadOnlyList<ServedColumn> columns) =>
        IsOn && columns.All(column => DataChunk.CanCopy(column.Type))
            ? new(this, key, columns, Math.Min(ResultBytesMax, bytesMax / ResultsPerCacheMin))
            : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var result in byUse) result.Release();
            byUse.Clear();
            results.Clear();
            bytes = 0;
        }
    }

    /// <summary>Keeps a result, which is the cache's from now on.</summary>
    internal void Add(CachedResult result)
    {
        lock (gate)
        {
            if (!results.TryAdd(result.Key, new(result)))
            {
                result.Release();
                return;
            }
            byUse.AddFirst(results[result.Key]);
            bytes += result.Bytes;
            while (bytes > bytesMax && byUse.Last is { } last)
            {
                byUse.RemoveLast();
                results.Remove(last.Value.Key);
                bytes -= last.Value.Bytes;
                last.Value.Release();
            }
        }
    }
}

/// <summary>Where the rows of a query are, or will be.</summary>
/// <param name="Cache">Where they are kept.</param>
/// <param name="Key">All that they follow from.</param>
sealed record ResultPlace(ResultCache Cache, string Key)
{
    /// <inheritdoc cref="ResultCache.Find"/>
    public CachedResult? Find() => Cache.Find(Key);

    /// <inheritdoc cref="ResultCache.Record"/>
    public ResultRecorder? Record(IReadOnlyList<ServedColumn> columns) => Cache.Record(Key, columns);
}

/// <summary>The rows of a query, as long as anybody holds them.</summary>
/// <param name="key">What they follow from.</param>
/// <param name="columns">The columns.</param>
/// <param name="chunks">The rows.</param>
/// <param name="bytes">What they take.</param>
sealed class CachedResult(string key, IReadOnlyList<ServedColumn> columns, IReadOnlyList<DataChunk> chunks, long bytes)
{
    int holders = 1;

    /// <summary>What they follow from.</summary>
    public string Key => key;

    /// <summary>The columns.</summary>
    public IReadOnlyList<ServedColumn> Columns => columns;

    /// <summary>The rows.</summary>
    public IReadOnlyList<DataChunk> Chunks => chunks;

    /// <summary>What they take.</summary>
    public long Bytes => bytes;

    /// <summary>Adds a holder of the rows; only while there is another one.</summary>
    public void Hold() => Interlocked.Increment(ref holders);

    /// <summary>Lets them go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref holders) > 0) return;
        foreach (var chunk in chunks) chunk.Dispose();
    }
}

/// <summary>Copies the rows of a query as they are fetched, up to the most that are kept. To be disposed.</summary>
sealed class ResultRecorder : IDisposable
{
    /// <summary>What a result takes beside its values: keys, handles, the least that is allocated.</summary>
    const int ColumnBytes = 256;

    readonly ResultCache cache;
    readonly string key;
    readonly IReadOnlyList<ServedColumn> columns;
    readonly long bytesMax;
    List<DataChunk>? chunks = [];
    long bytes;
    int rows;

    internal ResultRecorder(ResultCache cache, string key, IReadOnlyList<ServedColumn> columns, long bytesMax)
    {
        (this.cache, this.key, this.columns, this.bytesMax) = (cache, key, columns, bytesMax);
        bytes = (2L * key.Length) + (ColumnBytes * (columns.Count + 1));
    }

    /// <summary>Copies a chunk, unless there are too many rows.</summary>
    public void Add(DataChunk chunk)
    {
        if (chunks is null) return;
        rows += chunk.RowCount;
        bytes += chunk.ByteCount + (chunks.Count > 0 ? ColumnBytes * columns.Count : 0);
        if (rows > ResultCache.RowsMax || bytes > bytesMax) Dispose();
        else chunks.Add(chunk.Copy(0, chunk.RowCount));
    }

    /// <summary>Keeps the rows: they are all.</summary>
    public void Complete()
    {
        if (chunks is null) return;
        cache.Add(new(key, columns, chunks, bytes));
        chunks = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (chunks is null) return;
        foreach (var chunk in chunks) chunk.Dispose();
        chunks = null;
    }
}

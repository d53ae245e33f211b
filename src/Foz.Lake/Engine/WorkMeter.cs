namespace Foz.Lake.Engine;

/// <summary>How far a piece of work is; each part is null where it is not known.</summary>
public readonly record struct WorkProgress
{
    /// <summary>Gets what is being done; null while rows are read and written.</summary>
    public string? Doing { get; init; }

    /// <summary>Gets how many rows were read so far.</summary>
    public long? Rows { get; init; }

    /// <summary>Gets how many rows there are about in all.</summary>
    public long? RowsTotal { get; init; }

    /// <summary>Gets how many bytes were read so far.</summary>
    public long? Bytes { get; init; }

    /// <summary>Gets how many bytes there are in all.</summary>
    public long? BytesTotal { get; init; }

    /// <summary>Gets the share that is done, from 0 to 1.</summary>
    public double? Share { get; init; }

    /// <summary>Whether anything says how far it is.</summary>
    public bool IsKnown => Share is not null || Rows is > 0 || Bytes is > 0;
}

/// <summary>
/// Measures how far a piece of work is: by what it counts itself, otherwise by the engine's progress of the running
/// statement. Safe for use by many threads.
/// </summary>
public sealed class WorkMeter
{
    readonly Lock gate = new();
    EngineSession? session;
    string? doing;
    long? rowsTotal;
    long? bytesTotal;
    long rows;
    long bytes;

    /// <summary>Gets how far it is now.</summary>
    public WorkProgress Progress
    {
        get
        {
            lock (gate)
            {
                var (readRows, readBytes) = (Interlocked.Read(ref rows), Interlocked.Read(ref bytes));
                // An estimate that is exceeded says nothing more; of a file parts may be read twice.
                var allRows = rowsTotal >= readRows ? rowsTotal : null;
                return new()
                {
                    Doing = doing,
                    Rows = readRows > 0 ? readRows : null,
                    RowsTotal = allRows,
                    Bytes = readBytes > 0 ? Math.Min(readBytes, bytesTotal ?? readBytes) : null,
                    BytesTotal = bytesTotal,
                    Share = readBytes > 0 ? ShareOf(readBytes, bytesTotal)
                        : readRows > 0 ? ShareOf(readRows, allRows)
                        : session?.Progress,
                };
            }
        }
    }

    /// <summary>Begins a part of the work: what was counted before it is forgotten.</summary>
    /// <param name="what">What it works on; null where rows are read and written.</param>
    /// <param name="rowsTotal">How many rows there are about in all; null where unknown.</param>
    /// <param name="bytesTotal">How many bytes there are in all; null where unknown.</param>
    public void Begin(string? what = null, long? rowsTotal = null, long? bytesTotal = null)
    {
        lock (gate) (doing, this.rowsTotal, this.bytesTotal, rows, bytes) = (what, rowsTotal, bytesTotal, 0, 0);
    }

    /// <summary>Counts rows that were read.</summary>
    public void AddRows(long count) => Interlocked.Add(ref rows, count);

    /// <summary>Counts bytes that were read.</summary>
    public void AddBytes(long count) => Interlocked.Add(ref bytes, count);

    /// <summary>
    /// Whether it is looked at while the work is done; where not, statements are spared what their progress costs.
    /// </summary>
    public bool IsShown { get; init; } = true;

    /// <summary>
    /// Follows the statements of a session until what is returned is disposed, which must be before the session is.
    /// </summary>
    public IDisposable Watch(EngineSession watched)
    {
        if (IsShown) watched.EnableProgress();
        lock (gate) session = watched;
        return new Watching(this);
    }

    static double? ShareOf(long done, long? total) => total > 0 ? Math.Min(1, (double)done / total.Value) : null;

    sealed class Watching(WorkMeter meter) : IDisposable
    {
        public void Dispose()
        {
            lock (meter.gate) meter.session = null;
        }
    }
}

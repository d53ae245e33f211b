namespace Foz.DuckDB.Connections;

/// <summary>A function of SQL, written in C#, that gives rows: <c>FROM name(…)</c>.</summary>
public sealed record TableFunction
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The types of the arguments.</summary>
    public IReadOnlyList<LogicalType> Parameters { get; init; } = [];

    /// <summary>The types of the arguments given by name, all optional.</summary>
    public IReadOnlyDictionary<string, LogicalType> NamedParameters { get; init; } =
        new Dictionary<string, LogicalType>();

    /// <summary>
    /// Says which columns a call gives and how to read them; called at each binding. Whatever it throws fails the
    /// statement.
    /// </summary>
    public required Func<TableFunctionArguments, TableFunctionBinding> Bind { get; init; }
}

/// <summary>The arguments of one call of a table function, as <see cref="Vector.GetValue"/> gives values.</summary>
/// <param name="Positional">The arguments in order.</param>
/// <param name="Named">Those given by name.</param>
public sealed record TableFunctionArguments(
    IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named);

/// <summary>What one call of a table function gives.</summary>
public sealed record TableFunctionBinding
{
    /// <summary>The columns, at least one.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>The number of rows for the planner; null where unknown.</summary>
    public long? RowCount { get; init; }

    /// <summary>Whether <see cref="RowCount"/> is exact, not an estimate.</summary>
    public bool IsRowCountExact { get; init; }

    /// <summary>
    /// Begins a scan of the columns that the statement needs: for each column of the chunks to come, its place in
    /// <see cref="Columns"/>; one at least, even where only the number of rows counts. Called at each run.
    /// </summary>
    public required Func<IReadOnlyList<int>, TableScan> Open { get; init; }
}

/// <summary>One run over a table function's rows; disposed at its end, also at an early one.</summary>
public abstract class TableScan : IDisposable
{
    /// <summary>The number of threads that may read at once, each with a producer of its own.</summary>
    public virtual int ThreadsMax => 1;

    /// <summary>
    /// A producer for one thread. Called by many threads at once if <see cref="ThreadsMax"/> is more than 1.
    /// </summary>
    public abstract ChunkProducer CreateProducer();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the scan, after its producers; called once.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>A scan by one thread.</summary>
    /// <param name="produce">Fills a chunk and sets its number of rows; none ends the scan.</param>
    public static TableScan From(Action<DataChunk> produce) => new DelegateScan(produce, 1);

    /// <summary>A scan by several threads, which call the same delegate at once.</summary>
    /// <param name="produce">Fills a chunk and sets its number of rows; none ends the scan for that thread.</param>
    /// <param name="threadsMax">The number of threads.</param>
    public static TableScan From(Action<DataChunk> produce, int threadsMax) => new DelegateScan(produce, threadsMax);

    sealed class DelegateScan(Action<DataChunk> produce, int threadsMax) : TableScan
    {
        public override int ThreadsMax => threadsMax;

        public override ChunkProducer CreateProducer() => new DelegateProducer(produce);
    }

    sealed class DelegateProducer(Action<DataChunk> produce) : ChunkProducer
    {
        public override void Produce(DataChunk output) => produce(output);
    }
}

/// <summary>Fills the chunks of one thread; disposed at the scan's end, also at an early one.</summary>
public abstract class ChunkProducer : IDisposable
{
    /// <summary>
    /// Fills a chunk, valid during the call only, and sets its number of rows; none ends the scan for this thread.
    /// Whatever it throws fails the statement.
    /// </summary>
    public abstract void Produce(DataChunk output);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends the work of the thread; called once.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

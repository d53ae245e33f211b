using Foz.Connectors.Changes;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Streams.Tables;

/// <summary>
/// What one table gets of the batch that is being read. Changes wait in memory; where they are many, some are written
/// to files of the future commit while more are read. For one thread, but for the write that runs.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="engines">The engine that writes.</param>
/// <param name="part">The batch.</param>
sealed class StagedChanges(BronzeTable table, EnginePool engines, BatchPart part) : IAsyncDisposable
{
    /// <summary>About what a value takes in memory besides what the source sent for it.</summary>
    const int ValueBytes = 8;

    /// <summary>How many batches, of some thousand changes, are worth a thread.</summary>
    const int ThreadBatchesMin = 32;

    List<Segment> waiting = [];
    Task writing = Task.CompletedTask;
    EngineSession? session;
    TableChange? change;
    ChangeTable? written;

    /// <summary>Gets the table.</summary>
    public BronzeTable Table => table;

    /// <summary>Gets about how many bytes wait in memory.</summary>
    public long BytesWaiting { get; private set; }

    /// <summary>Adds changes, in the order of the source.</summary>
    public void Add(TableChanges changes)
    {
        var count = changes.Rows.RowCount;
        if (count == 0) return;
        if (waiting.Count == 0 || waiting[^1].Table != changes.Table) waiting.Add(new(changes.Table));
        waiting[^1].Batches.Add(ChangeRows.Of(changes, part.Offset));
        waiting[^1].FirstPosition ??= changes.Marks.Positions[0] + part.Offset;
        BytesWaiting += changes.Bytes + (long)count * changes.Table.ColumnCount * ValueBytes;
    }

    /// <summary>Begins to write what waits in memory, once nothing else of the table is written.</summary>
    /// <returns>A task that ends when that write does.</returns>
    public async Task<Task> BeginWriteAsync(CancellationToken cancellationToken)
    {
        await writing;
        if (waiting.Count == 0) return Task.CompletedTask;
        var segments = waiting;
        (waiting, BytesWaiting) = ([], 0);
        return writing = Task.Run(() => WriteAsync(segments, cancellationToken), CancellationToken.None);
    }

    /// <summary>Writes all that is left.</summary>
    /// <returns>The change, of which nothing is committed; owned by the caller.</returns>
    /// <exception cref="Foz.Lake.FozException">The changes do not fit the table.</exception>
    public async Task<TableChange> EndAsync(CancellationToken cancellationToken)
    {
        await await BeginWriteAsync(cancellationToken);
        var ended = change!;
        change = null;
        return ended;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (change is not null) await change.DisposeAsync();
        session?.Dispose();
    }

    async Task WriteAsync(List<Segment> segments, CancellationToken cancellationToken)
    {
        if (session is null)
        {
            session = engines.Open(Workload.Ingestion);
            table.Table.ReachedBy(session);
        }
        var relations = segments.Select(segment => session.Register(segment.Stream(engines.Threads))).ToList();
        try
        {
            var rows = new ChangeSelect(
                string.Join("\nUNION ALL BY NAME ", relations.Select(relation => $"SELECT * FROM {relation.Sql}")),
                [.. segments.Select(segment => segment.Table)], segments[0].FirstPosition!.Value);
            change = await table.WriteAsync(
                session, rows, part, change, segments.TrueForAll(segment => segment.Table == written),
                cancellationToken);
            written = segments[^1].Table;
        }
        finally
        {
            foreach (var relation in relations) relation.Dispose();
        }
    }

    /// <summary>Changes with the same columns, one after the other.</summary>
    sealed class Segment(ChangeTable table)
    {
        public ChangeTable Table { get; } = table;

        public List<ColumnBatch> Batches { get; } = [];

        /// <summary>The first change's position, as a number.</summary>
        public long? FirstPosition { get; set; }

        /// <summary>
        /// Returns the changes for some threads, of which each reads and writes a run of them: rows say their order.
        /// </summary>
        public ColumnStream Stream(int threads) => new(
            ChangeRows.FieldsOf(Table),
            [
                .. Batches.Chunk(Math.Max(ThreadBatchesMin, (Batches.Count + threads - 1) / threads))
                    .Select(batches => batches.ToAsyncEnumerable()),
            ])
        {
            RowCountEstimate = Batches.Sum(batch => (long)batch.RowCount),
        };
    }
}

/// <summary>Changes of a table as the engine reads them.</summary>
/// <param name="Sql">
/// A SELECT of them; a column that came with another type has the one that holds both.
/// </param>
/// <param name="Tables">
/// The tables as the changes have them, in their order: more than one where columns changed.
/// </param>
/// <param name="FirstPosition">The first change's position, as a number.</param>
sealed record ChangeSelect(string Sql, IReadOnlyList<ChangeTable> Tables, long FirstPosition);

/// <summary>The batch that is being read.</summary>
/// <param name="Number">Its number.</param>
/// <param name="SyncedAt">When it is read.</param>
/// <param name="Offset">What is added to the numbers of positions.</param>
sealed record BatchPart(long Number, DateTimeOffset SyncedAt, long Offset);

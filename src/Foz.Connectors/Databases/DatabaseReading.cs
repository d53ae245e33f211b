using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Reads a table through several connections, which take ranges of it until none is left.</summary>
/// <param name="session">Makes connections.</param>
/// <param name="select">The SELECT without a condition.</param>
/// <param name="columns">Its columns.</param>
/// <param name="ranges">The ranges to read.</param>
sealed class DatabaseReading(
    DatabaseSession session, string select, IReadOnlyList<DatabaseColumn> columns, Queue<KeyCondition> ranges)
{
    const int RowsMax = 8_192;
    const long TextBytesMax = 8 << 20;

    /// <summary>
    /// The connection that reads, for one reader: it stays open. Null for connections of its own.
    /// </summary>
    public DbConnection? Shared { get; init; }

    /// <summary>The ORDER BY, for one range that one connection reads; empty for any order.</summary>
    public string Order { get; init; } = "";

    /// <summary>One reader.</summary>
    public async IAsyncEnumerable<ColumnBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = Shared ?? await session.OpenAsync(cancellationToken);
        DbCommand? reading = null;
        try
        {
            while (Next() is { } range)
            {
                reading = session.Command(
                    connection, (range.Sql.Length == 0 ? select : $"{select} WHERE {range.Sql}") + Order, range.Values);
                var reader = await ExecuteAsync(reading, cancellationToken);
                var rows = new RowWatch(session.ReadTimeout);
                while (await NextWithinAsync(reader, rows, cancellationToken) is { } batch) yield return batch;
                await reader.DisposeAsync();
                await reading.DisposeAsync();
                reading = null;
            }
        }
        finally
        {
            // A server that sends nothing more may not answer when the connection is closed either.
            if (reading is not null) _ = Task.Run(() => Abandon(reading, connection), CancellationToken.None);
            else if (Shared is null) await connection.DisposeAsync();
        }
    }

    /// <summary>Ends a query before its last row: many providers read the rest when its connection is closed.</summary>
    static void Abandon(DbCommand command, DbConnection connection)
    {
        try
        {
            command.Cancel();
        }
        catch (Exception e) when (e is DbException or NotSupportedException or InvalidOperationException)
        {
            // What cannot be cancelled ends with its connection.
        }
        connection.Dispose();
    }

    /// <summary>The next rows, as long as some come in time: many providers block the thread that reads.</summary>
    async Task<ColumnBatch?> NextWithinAsync(DbDataReader reader, RowWatch rows, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.WaitAsync(
                Task.Run(() => NextAsync(reader, rows, cancellationToken), cancellationToken), cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw session.Fault("reading", e);
        }
    }

    KeyCondition? Next()
    {
        lock (ranges) return ranges.TryDequeue(out var range) ? range : null;
    }

    async Task<DbDataReader> ExecuteAsync(DbCommand command, CancellationToken cancellationToken)
    {
        try
        {
            if (session.Dialect.IsPrepared) await command.PrepareAsync(cancellationToken);
            return await command.ExecuteReaderAsync(
                CommandBehavior.SequentialAccess | CommandBehavior.SingleResult, cancellationToken);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault("reading", e);
        }
    }

    async Task<ColumnBatch?> NextAsync(DbDataReader reader, RowWatch watch, CancellationToken cancellationToken)
    {
        var values = columns.Select(ReaderColumn.For).ToArray();
        var rescued = columns.Any(c => c.MayRescue) ? new RescuedData() : null;
        var at = 0;
        try
        {
            var (rows, bytes) = (0, 0L);
            // A token would be registered for every row; who waits for the rows looks at it.
            while (rows < RowsMax && bytes < TextBytesMax && await reader.ReadAsync(CancellationToken.None))
            {
                for (at = 0; at < values.Length; at++)
                {
                    values[at].Add(reader, at);
                    if (values[at].Rescued is { } text) rescued?.Add(columns[at].Field.Name, text);
                }
                rescued?.EndRow(rows);
                watch.Note();
                bytes = TextBytesOf(values);
                if ((++rows & 63) == 0) cancellationToken.ThrowIfCancellationRequested();
            }
            if (rows == 0) return null;
            var built = values.Select(v => v.Build());
            return new(rows, [.. rescued is null ? built : built.Append(rescued.Build(rows))]);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault(
                e is InvalidCastException or OverflowException or FormatException && at < columns.Count
                    ? $"reading column {columns[at].Name}" : "reading", e);
        }
    }

    static long TextBytesOf(ReaderColumn[] values)
    {
        var bytes = 0L;
        foreach (var value in values) bytes += value.TextBytes;
        return bytes;
    }

    /// <summary>Distinguishes rows that come slowly from rows that have stopped coming.</summary>
    sealed class RowWatch(TimeSpan limit)
    {
        long rows;

        /// <summary>Records that a row arrived.</summary>
        public void Note() => Interlocked.Increment(ref rows);

        /// <summary>Waits for a reading.</summary>
        /// <exception cref="TimeoutException">No row came for too long.</exception>
        public async Task<T> WaitAsync<T>(Task<T> reading, CancellationToken cancellationToken)
        {
            while (true)
            {
                var before = Interlocked.Read(ref rows);
                var limited = Task.Delay(limit, cancellationToken);
                if (await Task.WhenAny(reading, limited) == reading || reading.IsCompleted) return await reading;
                cancellationToken.ThrowIfCancellationRequested();
                if (Interlocked.Read(ref rows) == before) throw DatabaseOptions.Stalled(limit);
            }
        }
    }
}

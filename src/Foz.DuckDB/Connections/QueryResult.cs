using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// The rows of a statement, streamed by chunks as DuckDB makes them. The connection's next statement ends the stream.
/// One thread at a time.
/// </summary>
public sealed class QueryResult : IDisposable
{
    readonly ConnectionHandle connection;
    readonly ResultHandle handle;
    readonly LogicalType[] types;
    bool isFinished;

    internal unsafe QueryResult(ConnectionHandle connection, ResultHandle handle)
    {
        (this.connection, this.handle) = (connection, handle);
        var columns = new Column[NativeMethods.duckdb_column_count(handle)];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = new(
                NativeMethods.Text(NativeMethods.duckdb_column_name(handle, (ulong)i)) ?? "",
                LogicalType.Take(NativeMethods.duckdb_column_logical_type(handle, (ulong)i)));
        Columns = columns;
        types = [.. columns.Select(c => c.Type)];
    }

    /// <summary>The columns. A statement without rows of its own has one, <c>Count</c> or <c>Success</c>.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>What the statement does.</summary>
    public StatementType StatementType => (StatementType)NativeMethods.duckdb_result_statement_type(handle.Value);

    /// <summary>The next chunk, to be disposed; never an empty one; null at the end.</summary>
    /// <exception cref="DuckDBException">
    /// The statement failed under way, or another statement ended the stream.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public unsafe DataChunk? Fetch(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        while (!isFinished)
        {
            nint native;
            using (Interruption.Begin(connection, cancellationToken))
                native = NativeMethods.duckdb_fetch_chunk(handle.Value);
            if (native == 0)
            {
                isFinished = true;
                if (connection.Streaming == handle) connection.Streaming = null;
                // A null chunk is the end or a failure.
                if (NativeMethods.duckdb_result_error(handle) is not null)
                    throw Interruption.Translate(DuckDBException.FromResult(handle), cancellationToken);
                return null;
            }
            var chunk = new DataChunk(native, isOwned: true, types);
            if (chunk.RowCount > 0) return chunk;
            chunk.Dispose();
        }
        return null;
    }

    /// <summary>The rows that are left, as objects (<see cref="Vector.GetValue"/>): for small results.</summary>
    /// <inheritdoc cref="Fetch"/>
    public IEnumerable<object?[]> Rows(CancellationToken cancellationToken = default)
    {
        while (Fetch(cancellationToken) is { } fetched)
        {
            using var chunk = fetched;
            foreach (var row in chunk.GetRows()) yield return row;
        }
    }

    /// <summary>Ends the statement, if it still gives rows.</summary>
    public void Dispose()
    {
        handle.Dispose();
        connection.EndStream(handle);
    }
}

using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// Appends chunks to a table of DuckDB's own. What is not flushed or closed at disposal is dropped.
/// </summary>
public sealed class Appender : IDisposable
{
    readonly AppenderHandle handle;
    bool isClosed;

    Appender(AppenderHandle handle)
    {
        this.handle = handle;
        var types = new LogicalType[NativeMethods.duckdb_appender_column_count(handle)];
        for (var i = 0; i < types.Length; i++)
            types[i] = LogicalType.Take(NativeMethods.duckdb_appender_column_type(handle, (ulong)i));
        Types = types;
    }

    /// <summary>The types of the table's columns, which a chunk must have.</summary>
    public IReadOnlyList<LogicalType> Types { get; }

    /// <summary>An empty chunk of the table's types.</summary>
    public DataChunk CreateChunk() => DataChunk.Create([.. Types]);

    /// <summary>Appends the rows of a chunk.</summary>
    /// <exception cref="DuckDBException">The chunk's types are not the table's, or a constraint is broken.</exception>
    public void Append(DataChunk chunk) => Check(NativeMethods.duckdb_append_data_chunk(handle, chunk.Pointer));

    /// <summary>Makes what is appended visible.</summary>
    /// <exception cref="DuckDBException">A constraint is broken.</exception>
    public void Flush() => Check(NativeMethods.duckdb_appender_flush(handle));

    /// <summary>Flushes for the last time.</summary>
    /// <exception cref="DuckDBException">A constraint is broken.</exception>
    public void Close()
    {
        isClosed = true;
        Check(NativeMethods.duckdb_appender_close(handle));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Destroying flushes: half of a batch must not slip in when its maker failed.
        if (!isClosed && !handle.IsClosed) NativeMethods.duckdb_appender_clear(handle);
        handle.Dispose();
    }

    internal static Appender Open(ConnectionHandle connection, string table, string? schema, string? catalog)
    {
        var state = NativeMethods.duckdb_appender_create_ext(connection, catalog, schema, table, out var native);
        var appender = new AppenderHandle(native);
        if (state == State.Success) return new(appender);
        using (appender) throw Failure(appender);
    }

    void Check(State state)
    {
        if (state == State.Error) throw Failure(handle);
    }

    static DuckDBException Failure(AppenderHandle appender) =>
        DuckDBException.FromErrorData(NativeMethods.duckdb_appender_error_data(appender));
}

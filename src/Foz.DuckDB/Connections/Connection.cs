using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>How far a statement is.</summary>
/// <param name="Percentage">0 to 100; −1 where it is not known.</param>
/// <param name="RowsProcessed">Rows read so far.</param>
/// <param name="RowsTotal">Rows to read, as estimated.</param>
public readonly record struct QueryProgress(double Percentage, ulong RowsProcessed, ulong RowsTotal);

/// <summary>
/// A connection: its transaction, settings, variables and temporary objects. One thread at a time, except for
/// <see cref="Interrupt"/> and <see cref="Progress"/>. A statement ends the stream of the one before.
/// </summary>
public sealed class Connection : IDisposable
{
    readonly ConnectionHandle handle;

    internal Connection(ConnectionHandle handle) => this.handle = handle;

    /// <summary>
    /// The progress of the running statement. DuckDB keeps it only under <c>enable_progress_bar</c> (with
    /// <c>enable_progress_bar_print</c> off and <c>progress_bar_time</c> 0).
    /// </summary>
    public QueryProgress Progress
    {
        get
        {
            var progress = NativeMethods.duckdb_query_progress(handle);
            return new(progress.Percentage, progress.RowsProcessed, progress.TotalRowsToProcess);
        }
    }

    /// <summary>Whether a statement still gives rows, and holds its transaction.</summary>
    public bool IsStreaming => handle.Streaming is not null;

    /// <summary>Runs all statements of a text, one after the other, up to the first that fails.</summary>
    /// <returns>The rows that the last one changed.</returns>
    /// <exception cref="DuckDBException">A statement failed; those before it have taken effect.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public long Execute(string sql, CancellationToken cancellationToken = default)
    {
        CheckText(sql);
        using var result = new ResultHandle();
        State state;
        handle.Streaming = null;
        using (Interruption.Begin(handle, cancellationToken))
            state = NativeMethods.duckdb_query(handle, sql, result.Address);
        return state == State.Success
            ? (long)NativeMethods.duckdb_rows_changed(result)
            : throw Interruption.Translate(DuckDBException.FromResult(result), cancellationToken);
    }

    /// <summary>Runs one statement with values for its parameters, in order.</summary>
    /// <returns>The rows that it changed.</returns>
    /// <inheritdoc cref="Execute(string, CancellationToken)"/>
    public long Execute(string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken = default)
    {
        using var statement = Prepare(sql, cancellationToken);
        statement.BindAll(parameters);
        return statement.Execute(cancellationToken);
    }

    /// <summary>Runs one statement and streams its rows.</summary>
    /// <param name="sql">One statement.</param>
    /// <param name="parameters">Values for its parameters, in order.</param>
    /// <param name="cancellationToken">Interrupts the statement up to its first row.</param>
    /// <exception cref="DuckDBException">The statement failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public QueryResult Query(
        string sql, IReadOnlyList<object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        using var statement = Prepare(sql, cancellationToken);
        statement.BindAll(parameters ?? []);
        return statement.Query(cancellationToken);
    }

    /// <summary>
    /// The first column of the first row, as <typeparamref name="T"/>: the value's own type, a wider number, or .NET's
    /// own date and time; null for NULL, where the type has it.
    /// </summary>
    /// <exception cref="DuckDBException">
    /// The statement failed, gave no row, or the value is of another type.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public T QueryScalar<T>(
        string sql, IReadOnlyList<object?>? parameters = null, CancellationToken cancellationToken = default) =>
        QueryScalar<T>(sql, parameters, out _, cancellationToken);

    /// <summary>The first column of the first row, and what kind of statement gave it.</summary>
    /// <inheritdoc cref="QueryScalar{T}(string, IReadOnlyList{object?}?, CancellationToken)"/>
    public T QueryScalar<T>(
        string sql, IReadOnlyList<object?>? parameters, out StatementType statementType,
        CancellationToken cancellationToken)
    {
        using var result = Query(sql, parameters, cancellationToken);
        statementType = result.StatementType;
        using var chunk = result.Fetch(cancellationToken)
            ?? throw new DuckDBException(DuckDBErrorKind.InvalidInput, "the query gave no row");
        return Scalars.Convert<T>(chunk[0].GetValue(0));
    }

    /// <summary>Parses and binds one statement.</summary>
    /// <exception cref="DuckDBException">It cannot be, or there are several.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public unsafe PreparedStatement Prepare(string sql, CancellationToken cancellationToken = default)
    {
        CheckText(sql);
        State state;
        nint native;
        handle.Streaming = null;
        using (Interruption.Begin(handle, cancellationToken))
            state = NativeMethods.duckdb_prepare(handle, sql, out native);
        var statement = new StatementHandle(native);
        if (state == State.Success) return new(handle, statement);
        using (statement)
        {
            var message = statement.IsInvalid
                ? null
                : NativeMethods.Text(NativeMethods.duckdb_prepare_error(statement));
            throw Interruption.Translate(
                DuckDBException.FromMessage(message, "DuckDB could not prepare the statement"), cancellationToken);
        }
    }

    /// <summary>Opens a table to append chunks to.</summary>
    /// <param name="table">The table.</param>
    /// <param name="schema">Its schema; null for the current one.</param>
    /// <param name="catalog">Its catalog; null for the current one.</param>
    /// <exception cref="DuckDBException">There is no such table.</exception>
    public Appender OpenAppender(string table, string? schema = null, string? catalog = null) =>
        Appender.Open(handle, table, schema, catalog);

    /// <summary>Makes a table function known to the whole database instance.</summary>
    /// <exception cref="DuckDBException">DuckDB refused, as when the name is taken.</exception>
    public void Register(TableFunction function)
    {
        // Else it would be a part of the stream's transaction, and be lost with it.
        handle.EndStream(handle.Streaming);
        TableFunctionCallbacks.Register(handle, function);
    }

    /// <summary>Makes a scalar function known to the whole database instance.</summary>
    /// <exception cref="DuckDBException">DuckDB refused, as when the name is taken.</exception>
    public void Register(ScalarFunction function)
    {
        handle.EndStream(handle.Streaming);
        ScalarFunctionCallbacks.Register(handle, function);
    }

    /// <summary>Registers functions of SQL that have one name and differ by the types of their arguments.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="overloads">The functions.</param>
    /// <exception cref="DuckDBException">The name is taken, or two take the same arguments.</exception>
    public void Register(string name, IEnumerable<ScalarFunction> overloads)
    {
        handle.EndStream(handle.Streaming);
        ScalarFunctionCallbacks.Register(handle, name, overloads);
    }

    /// <summary>Stops the running statement, if any; it fails with <see cref="DuckDBErrorKind.Interrupt"/>.</summary>
    public void Interrupt()
    {
        handle.Flag.IsSet = true;
        NativeMethods.duckdb_interrupt(handle);
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    static void CheckText(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        if (sql.Contains('\0'))
            throw new DuckDBException(DuckDBErrorKind.Parser, "Parser Error: the statement holds the character NUL");
    }
}

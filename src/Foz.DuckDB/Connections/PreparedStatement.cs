using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>A column of a result or a table.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
public sealed record Column(string Name, LogicalType Type);

/// <summary>A parsed and bound statement, to run any number of times. One thread at a time.</summary>
public sealed class PreparedStatement : IDisposable
{
    readonly ConnectionHandle connection;
    readonly StatementHandle handle;
    IReadOnlyList<Column>? columns;

    internal PreparedStatement(ConnectionHandle connection, StatementHandle handle) =>
        (this.connection, this.handle) = (connection, handle);

    /// <summary>What the statement does.</summary>
    public StatementType Type => (StatementType)NativeMethods.duckdb_prepared_statement_type(handle);

    /// <summary>The number of parameters.</summary>
    public int ParameterCount => (int)NativeMethods.duckdb_nparams(handle);

    /// <summary>
    /// The columns of the result, known without running the statement, unless they depend on a parameter's type.
    /// </summary>
    public unsafe IReadOnlyList<Column> Columns
    {
        get
        {
            if (columns is not null) return columns;
            var list = new Column[NativeMethods.duckdb_prepared_statement_column_count(handle)];
            for (var i = 0; i < list.Length; i++)
                list[i] = new(
                    NativeMethods.TakeText(NativeMethods.duckdb_prepared_statement_column_name(handle, (ulong)i)) ?? "",
                    LogicalType.Take(
                        NativeMethods.duckdb_prepared_statement_column_logical_type(handle, (ulong)i)));
            return columns = list;
        }
    }

    /// <summary>
    /// The name of a parameter, counted from 1; its number as text if it has none. Null where there is no such
    /// parameter, as of the first one where the statement names only the second.
    /// </summary>
    public unsafe string? ParameterName(int index) =>
        NativeMethods.TakeText(NativeMethods.duckdb_parameter_name(handle, (ulong)index));

    /// <summary>The type that the statement wants for a parameter, counted from 1; invalid if it takes any.</summary>
    public LogicalType ParameterType(int index) =>
        LogicalType.Take(NativeMethods.duckdb_param_logical_type(handle, (ulong)index));

    /// <summary>Gives a parameter, counted from 1, a value of the DuckDB type that its .NET type has.</summary>
    /// <exception cref="DuckDBException">There is no such parameter, or no type for the value.</exception>
    public void Bind(int index, object? value) => Bind(index, value, ValueTypes.Of(value));

    /// <summary>Gives a parameter, counted from 1, a value of a type.</summary>
    /// <exception cref="DuckDBException">There is no such parameter, or the value does not fit the type.</exception>
    public unsafe void Bind(int index, object? value, LogicalType type)
    {
        using var native = NativeValues.Create(value, type);
        if (NativeMethods.duckdb_bind_value(handle, (ulong)index, native) == State.Error)
            throw DuckDBException.FromMessage(
                NativeMethods.Text(NativeMethods.duckdb_prepare_error(handle)),
                $"parameter {index} could not be bound; the statement has {ParameterCount}");
    }

    /// <summary>Gives a parameter a value by its name, without the dollar sign.</summary>
    /// <exception cref="DuckDBException">There is no such parameter, or no type for the value.</exception>
    public void Bind(string name, object? value)
    {
        if (NativeMethods.duckdb_bind_parameter_index(handle, out var index, name) == State.Error)
            throw new DuckDBException(DuckDBErrorKind.InvalidInput, $"the statement has no parameter ${name}");
        Bind((int)index, value);
    }

    /// <summary>Clears all values.</summary>
    public void ClearBindings() => NativeMethods.duckdb_clear_bindings(handle);

    /// <summary>Runs the statement to its end.</summary>
    /// <returns>The rows that it changed.</returns>
    /// <exception cref="DuckDBException">It failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public long Execute(CancellationToken cancellationToken = default)
    {
        using var result = new ResultHandle();
        State state;
        connection.Streaming = null;
        using (Interruption.Begin(connection, cancellationToken))
            state = NativeMethods.duckdb_execute_prepared(handle, result.Address);
        return state == State.Success
            ? (long)NativeMethods.duckdb_rows_changed(result)
            : throw Interruption.Translate(DuckDBException.FromResult(result), cancellationToken);
    }

    /// <summary>
    /// Runs the statement and streams its rows; the next statement of the connection ends the stream.
    /// </summary>
    /// <exception cref="DuckDBException">It failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public unsafe QueryResult Query(CancellationToken cancellationToken = default)
    {
        var result = new ResultHandle();
        connection.Streaming = null;
        try
        {
            using (Interruption.Begin(connection, cancellationToken))
            {
                var state = NativeMethods.duckdb_pending_prepared_streaming(handle, out var native);
                using var pending = new PendingHandle(native);
                if (state == State.Error)
                    throw DuckDBException.FromMessage(
                        NativeMethods.Text(NativeMethods.duckdb_pending_error(pending)), "DuckDB could not begin");
                if (NativeMethods.duckdb_execute_pending(pending, result.Address) == State.Error)
                    throw DuckDBException.FromResult(result);
            }
            var rows = new QueryResult(connection, result);
            connection.Streaming = result;
            return rows;
        }
        catch (DuckDBException e)
        {
            result.Dispose();
            throw Interruption.Translate(e, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    internal void BindAll(IReadOnlyList<object?> parameters)
    {
        if (parameters.Count != ParameterCount)
            throw new DuckDBException(
                DuckDBErrorKind.InvalidInput,
                $"the statement has {ParameterCount} parameters, but {parameters.Count} values are given");
        for (var i = 0; i < parameters.Count; i++) Bind(i + 1, parameters[i]);
    }
}

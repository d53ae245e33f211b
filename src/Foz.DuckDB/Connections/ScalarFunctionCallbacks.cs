using System.Runtime.InteropServices;
using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// What DuckDB calls for a scalar function. No exception may leave these methods: it would end the process.
/// </summary>
static unsafe class ScalarFunctionCallbacks
{
    public static void Register(ConnectionHandle connection, ScalarFunction function)
    {
        var native = ToNative(connection, function);
        try
        {
            if (NativeMethods.duckdb_register_scalar_function(connection, native) == State.Error)
                throw Refused(function.Name);
        }
        finally
        {
            NativeMethods.duckdb_destroy_scalar_function(ref native);
        }
    }

    /// <summary>Registers functions of one name that differ by their arguments.</summary>
    public static void Register(ConnectionHandle connection, string name, IEnumerable<ScalarFunction> overloads)
    {
        var set = NativeMethods.duckdb_create_scalar_function_set(name);
        try
        {
            foreach (var overload in overloads)
            {
                var native = ToNative(connection, overload);
                try
                {
                    if (NativeMethods.duckdb_add_scalar_function_to_set(set, native) == State.Error)
                        throw Refused(name);
                }
                finally
                {
                    NativeMethods.duckdb_destroy_scalar_function(ref native);
                }
            }
            if (NativeMethods.duckdb_register_scalar_function_set(connection, set) == State.Error) throw Refused(name);
        }
        finally
        {
            NativeMethods.duckdb_destroy_scalar_function_set(ref set);
        }
    }

    static DuckDBException Refused(string name) =>
        new(DuckDBErrorKind.Catalog, $"DuckDB refused the scalar function {name}: is its name taken?");

    /// <summary>The function as DuckDB takes it, to be destroyed by the caller.</summary>
    static nint ToNative(ConnectionHandle connection, ScalarFunction function)
    {
        var native = NativeMethods.duckdb_create_scalar_function();
        NativeMethods.duckdb_scalar_function_set_name(native, function.Name);
        foreach (var parameter in function.Parameters)
        {
            using var type = parameter.ToNative();
            NativeMethods.duckdb_scalar_function_add_parameter(native, type);
        }
        if (function.VariableParameters is not null)
        {
            using var type = function.VariableParameters.ToNative();
            NativeMethods.duckdb_scalar_function_set_varargs(native, type);
        }
        using (var type = function.ReturnType.ToNative())
            NativeMethods.duckdb_scalar_function_set_return_type(native, type);
        if (function.IsVolatile) NativeMethods.duckdb_scalar_function_set_volatile(native);
        if (function.TakesNulls) NativeMethods.duckdb_scalar_function_set_special_handling(native);
        NativeMethods.duckdb_scalar_function_set_extra_info(
            native, ManagedData.Hold(new Registration(function, connection.Flags)), &ManagedData.Release);
        if (function.IsInterruptible) NativeMethods.duckdb_scalar_function_set_bind(native, &Bind);
        NativeMethods.duckdb_scalar_function_set_function(native, &Invoke);
        return native;
    }

    /// <summary>What DuckDB keeps of a function.</summary>
    sealed record Registration(ScalarFunction Function, InterruptFlags Flags);

    /// <summary>Finds the flag of the connection whose statement calls an interruptible function.</summary>
    [UnmanagedCallersOnly]
    static void Bind(nint info)
    {
        try
        {
            var flags =
                ManagedData.Get<Registration>(NativeMethods.duckdb_scalar_function_bind_get_extra_info(info)).Flags;
            NativeMethods.duckdb_scalar_function_get_client_context(info, out var context);
            var flag = flags.Find(NativeMethods.duckdb_client_context_get_connection_id(context));
            NativeMethods.duckdb_destroy_client_context(ref context);
            NativeMethods.duckdb_scalar_function_set_bind_data(info, ManagedData.Hold(flag), &ManagedData.Release);
            NativeMethods.duckdb_scalar_function_set_bind_data_copy(info, &CopyFlag);
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_scalar_function_bind_set_error(info, e.Message);
        }
    }

    [UnmanagedCallersOnly]
    static nint CopyFlag(nint data) => ManagedData.Hold(ManagedData.Get<InterruptFlag>(data));

    [UnmanagedCallersOnly]
    static void Invoke(nint info, nint input, nint output)
    {
        try
        {
            var function =
                ManagedData.Get<Registration>(NativeMethods.duckdb_scalar_function_get_extra_info(info)).Function;
            using var arguments = new DataChunk(
                input, isOwned: false, function.VariableParameters is null ? KnownTypes(function) : [])
            {
                Flag = function.IsInterruptible
                    ? ManagedData.Get<InterruptFlag>(NativeMethods.duckdb_scalar_function_get_bind_data(info))
                    : null,
            };
            using var own = function.ReturnType.IsOfAnySize ? new OwnVector(output, function.ReturnType) : null;
            var result = own?.Pointer ?? output;
            if (function.TextBytesMax is { } bytesMax) TextBudget.Begin(bytesMax(), function.TooManyTextBytes!);
            function.Body(arguments, new(result, function.ReturnType, DataChunk.RowsMax));
            if (!function.TakesNulls) PassNullsOn(arguments, new(result, function.ReturnType, DataChunk.RowsMax));
            own?.HandOver();
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_scalar_function_set_error(info, e.Message);
        }
        finally
        {
            TextBudget.End();
        }
    }

    /// <summary>Makes the results of NULL arguments NULL: DuckDB does so for constants only.</summary>
    static void PassNullsOn(DataChunk arguments, VectorWriter result)
    {
        for (var column = 0; column < arguments.ColumnCount; column++)
        {
            var validity = arguments[column].Validity;
            if (validity.IsAllValid) continue;
            for (var row = 0; row < arguments.RowCount; row++)
                if (!validity.IsValid(row)) result.SetNull(row);
        }
    }

    /// <summary>The declared types, unless the call decides them.</summary>
    static LogicalType[] KnownTypes(ScalarFunction function) =>
        function.Parameters.Any(p => p.Id == TypeId.Any) ? [] : [.. function.Parameters];
}

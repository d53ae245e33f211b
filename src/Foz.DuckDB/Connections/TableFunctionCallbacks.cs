using System.Runtime.InteropServices;
using Foz.DuckDB.Native;

namespace Foz.DuckDB.Connections;

/// <summary>
/// What DuckDB calls for a table function. No exception may leave these methods: it would end the process.
/// </summary>
static unsafe class TableFunctionCallbacks
{
    public static void Register(ConnectionHandle connection, TableFunction function)
    {
        var native = NativeMethods.duckdb_create_table_function();
        try
        {
            NativeMethods.duckdb_table_function_set_name(native, function.Name);
            foreach (var parameter in function.Parameters)
            {
                using var type = parameter.ToNative();
                NativeMethods.duckdb_table_function_add_parameter(native, type);
            }
            foreach (var (name, parameter) in function.NamedParameters)
            {
                using var type = parameter.ToNative();
                NativeMethods.duckdb_table_function_add_named_parameter(native, name, type);
            }
            NativeMethods.duckdb_table_function_set_extra_info(
                native, ManagedData.Hold(function), &ManagedData.Release);
            NativeMethods.duckdb_table_function_supports_projection_pushdown(native, 1);
            NativeMethods.duckdb_table_function_set_bind(native, &Bind);
            NativeMethods.duckdb_table_function_set_init(native, &Init);
            NativeMethods.duckdb_table_function_set_local_init(native, &InitLocal);
            NativeMethods.duckdb_table_function_set_function(native, &Produce);
            if (NativeMethods.duckdb_register_table_function(connection, native) == State.Error)
                throw new DuckDBException(
                    DuckDBErrorKind.Catalog, $"DuckDB refused the table function {function.Name}: is its name taken?");
        }
        finally
        {
            NativeMethods.duckdb_destroy_table_function(ref native);
        }
    }

    [UnmanagedCallersOnly]
    static void Bind(nint info)
    {
        try
        {
            var function = ManagedData.Get<TableFunction>(NativeMethods.duckdb_bind_get_extra_info(info));
            var binding = function.Bind(ReadArguments(function, info));
            foreach (var (name, type) in binding.Columns)
            {
                using var native = type.ToNative();
                NativeMethods.duckdb_bind_add_result_column(info, name, native);
            }
            if (binding.RowCount is { } rows)
                NativeMethods.duckdb_bind_set_cardinality(
                    info, (ulong)rows, binding.IsRowCountExact ? (byte)1 : (byte)0);
            NativeMethods.duckdb_bind_set_bind_data(info, ManagedData.Hold(binding), &ManagedData.Release);
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_bind_set_error(info, e.Message);
        }
    }

    [UnmanagedCallersOnly]
    static void Init(nint info)
    {
        try
        {
            var binding = ManagedData.Get<TableFunctionBinding>(NativeMethods.duckdb_init_get_bind_data(info));
            var projection = new int[NativeMethods.duckdb_init_get_column_count(info)];
            for (var i = 0; i < projection.Length; i++)
                projection[i] = (int)NativeMethods.duckdb_init_get_column_index(info, (ulong)i);
            LogicalType[] types = [.. projection.Select(p => binding.Columns[p].Type)];
            var scan = new RunningScan(binding.Open(projection), types);
            NativeMethods.duckdb_init_set_max_threads(info, (ulong)Math.Max(1, scan.Scan.ThreadsMax));
            NativeMethods.duckdb_init_set_init_data(info, ManagedData.Hold(scan), &ManagedData.Release);
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_init_set_error(info, e.Message);
        }
    }

    [UnmanagedCallersOnly]
    static void InitLocal(nint info)
    {
        try
        {
            // The scan is out of reach here; the first call of Produce makes the producer.
            NativeMethods.duckdb_init_set_init_data(
                info, ManagedData.Hold(new RunningProducer()), &ManagedData.Release);
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_init_set_error(info, e.Message);
        }
    }

    [UnmanagedCallersOnly]
    static void Produce(nint info, nint output)
    {
        try
        {
            var scan = ManagedData.Get<RunningScan>(NativeMethods.duckdb_function_get_init_data(info));
            var running = ManagedData.Get<RunningProducer>(NativeMethods.duckdb_function_get_local_init_data(info));
            var producer = running.Producer ??= scan.Scan.CreateProducer();
            using var chunk = DataChunk.ToFill(output, scan.Types);
            producer.Produce(chunk);
            chunk.HandOver();
        }
        catch (Exception e)
        {
            NativeMethods.duckdb_function_set_error(info, e.Message);
        }
    }

    static TableFunctionArguments ReadArguments(TableFunction function, nint info)
    {
        var positional = new object?[NativeMethods.duckdb_bind_get_parameter_count(info)];
        for (var i = 0; i < positional.Length; i++)
            positional[i] = ReadArgument(NativeMethods.duckdb_bind_get_parameter(info, (ulong)i));
        var named = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in function.NamedParameters.Keys)
            if (NativeMethods.duckdb_bind_get_named_parameter(info, name) is var value and not 0)
                named[name] = ReadArgument(value);
        return new(positional, named);
    }

    static object? ReadArgument(nint native)
    {
        using var value = new ValueHandle(native);
        // The type belongs to the value: it is copied by hand, not taken.
        using var chunk = DataChunk.Create(LogicalType.Borrow(NativeMethods.duckdb_get_value_type(native)));
        NativeMethods.duckdb_vector_reference_value(
            NativeMethods.duckdb_data_chunk_get_vector(chunk.Pointer, 0), native);
        chunk.RowCount = 1;
        return chunk[0].GetValue(0);
    }

    sealed class RunningScan(TableScan scan, LogicalType[] types) : IDisposable
    {
        public TableScan Scan => scan;

        public LogicalType[] Types => types;

        public void Dispose() => scan.Dispose();
    }

    sealed class RunningProducer : IDisposable
    {
        public ChunkProducer? Producer { get; set; }

        public void Dispose() => Producer?.Dispose();
    }
}

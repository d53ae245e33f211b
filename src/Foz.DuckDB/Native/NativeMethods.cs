using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
[assembly: DisableRuntimeMarshalling]

namespace Foz.DuckDB.Native;

/// <summary>DuckDB's C API (duckdb.h of DuckDB 1.5), name for name: databases, statements and results.</summary>
static unsafe partial class NativeMethods
{
    const string Library = "duckdb";

    [LibraryImport(Library)]
    public static partial byte* duckdb_library_version();

    [LibraryImport(Library)]
    public static partial void duckdb_free(void* pointer);

    [LibraryImport(Library)]
    public static partial State duckdb_create_config(out nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_set_config(nint config, string name, string option);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_open_ext(string? path, out nint database, nint config, out byte* error);

    [LibraryImport(Library)]
    public static partial void duckdb_close(ref nint database);

    [LibraryImport(Library)]
    public static partial State duckdb_connect(DatabaseHandle database, out nint connection);

    [LibraryImport(Library)]
    public static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(Library)]
    public static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial NativeProgress duckdb_query_progress(ConnectionHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_query(ConnectionHandle connection, string query, nint result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_result(nint result);

    [LibraryImport(Library)]
    public static partial ulong duckdb_column_count(ResultHandle result);

    [LibraryImport(Library)]
    public static partial byte* duckdb_column_name(ResultHandle result, ulong column);

    [LibraryImport(Library)]
    public static partial nint duckdb_column_logical_type(ResultHandle result, ulong column);

    [LibraryImport(Library)]
    public static partial ulong duckdb_rows_changed(ResultHandle result);

    [LibraryImport(Library)]
    public static partial byte* duckdb_result_error(ResultHandle result);

    [LibraryImport(Library)]
    public static partial int duckdb_result_error_type(ResultHandle result);

    [LibraryImport(Library)]
    public static partial int duckdb_result_statement_type(NativeResult result);

    [LibraryImport(Library)]
    public static partial nint duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_prepare(ConnectionHandle connection, string query, out nint statement);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(Library)]
    public static partial byte* duckdb_prepare_error(StatementHandle statement);

    [LibraryImport(Library)]
    public static partial ulong duckdb_nparams(StatementHandle statement);

    [LibraryImport(Library)]
    public static partial byte* duckdb_parameter_name(StatementHandle statement, ulong index);

    [LibraryImport(Library)]
    public static partial nint duckdb_param_logical_type(StatementHandle statement, ulong index);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_bind_parameter_index(StatementHandle statement, out ulong index, string name);

    [LibraryImport(Library)]
    public static partial State duckdb_clear_bindings(StatementHandle statement);

    [LibraryImport(Library)]
    public static partial int duckdb_prepared_statement_type(StatementHandle statement);

    [LibraryImport(Library)]
    public static partial ulong duckdb_prepared_statement_column_count(StatementHandle statement);

    [LibraryImport(Library)]
    public static partial byte* duckdb_prepared_statement_column_name(StatementHandle statement, ulong column);

    [LibraryImport(Library)]
    public static partial nint duckdb_prepared_statement_column_logical_type(StatementHandle statement, ulong column);

    [LibraryImport(Library)]
    public static partial State duckdb_bind_value(StatementHandle statement, ulong index, ValueHandle value);

    [LibraryImport(Library)]
    public static partial State duckdb_execute_prepared(StatementHandle statement, nint result);

    [LibraryImport(Library)]
    public static partial State duckdb_pending_prepared_streaming(StatementHandle statement, out nint pending);

    [LibraryImport(Library)]
    public static partial byte* duckdb_pending_error(PendingHandle pending);

    [LibraryImport(Library)]
    public static partial State duckdb_execute_pending(PendingHandle pending, nint result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_pending(ref nint pending);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial State duckdb_appender_create_ext(
        ConnectionHandle connection, string? catalog, string? schema, string table, out nint appender);

    [LibraryImport(Library)]
    public static partial ulong duckdb_appender_column_count(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial nint duckdb_appender_column_type(AppenderHandle appender, ulong column);

    [LibraryImport(Library)]
    public static partial State duckdb_append_data_chunk(AppenderHandle appender, nint chunk);

    [LibraryImport(Library)]
    public static partial State duckdb_appender_clear(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial State duckdb_appender_flush(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial State duckdb_appender_close(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial State duckdb_appender_destroy(ref nint appender);

    [LibraryImport(Library)]
    public static partial nint duckdb_appender_error_data(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial int duckdb_error_data_error_type(nint errorData);

    [LibraryImport(Library)]
    public static partial byte* duckdb_error_data_message(nint errorData);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_error_data(ref nint errorData);

    /// <summary>A string of the library that stays the library's own.</summary>
    public static string? Text(byte* pointer) => Marshal.PtrToStringUTF8((nint)pointer);

    /// <summary>A string that the library allocated for us.</summary>
    public static string? TakeText(byte* pointer)
    {
        var text = Marshal.PtrToStringUTF8((nint)pointer);
        duckdb_free(pointer);
        return text;
    }
}

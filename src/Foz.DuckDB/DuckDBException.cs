using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>DuckDB refused or failed: its message, and the kind by which callers tell failures apart.</summary>
public sealed class DuckDBException : Exception
{
    /// <summary>A failure of the kind, with DuckDB's (or the binding's own) message.</summary>
    public DuckDBException(DuckDBErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>The kind of the failure.</summary>
    public DuckDBErrorKind Kind { get; }

    /// <summary>A failure of which DuckDB gives the message alone; the message begins with the kind's name.</summary>
    internal static DuckDBException FromMessage(string? message, string otherwise)
    {
        message ??= otherwise;
        return new(DuckDBErrorKinds.OfMessage(message), message);
    }

    /// <summary>The failure that a result carries.</summary>
    internal static unsafe DuckDBException FromResult(ResultHandle result)
    {
        var message = NativeMethods.Text(NativeMethods.duckdb_result_error(result));
        return new(NativeMethods.duckdb_result_error_type(result), message ?? "DuckDB failed and gave no message");
    }

    /// <summary>The failure that error data carries; destroys the data.</summary>
    internal static unsafe DuckDBException FromErrorData(nint errorData)
    {
        var message = NativeMethods.Text(NativeMethods.duckdb_error_data_message(errorData));
        var kind = NativeMethods.duckdb_error_data_error_type(errorData);
        NativeMethods.duckdb_destroy_error_data(ref errorData);
        return new(kind, message ?? "DuckDB failed and gave no message");
    }
}

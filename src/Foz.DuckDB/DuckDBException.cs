using System.Globalization;
using System.Text.Json;
using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <summary>
/// Thrown when DuckDB refuses or fails: has its message, and the kind that distinguishes failures.
/// </summary>
public sealed class DuckDBException : Exception
{
    /// <summary>A failure of the kind, with DuckDB's (or the binding's own) message.</summary>
    public DuckDBException(DuckDBErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>The kind of the failure.</summary>
    public DuckDBErrorKind Kind { get; }

    /// <summary>
    /// Where in the statement: bytes of UTF-8 before the place, but code points for a failure to parse. Known only
    /// under the setting <c>errors_as_json</c>, and then for most failures to parse and bind; otherwise null.
    /// </summary>
    public int? Position { get; private init; }

    /// <summary>A failure of which DuckDB gives the message alone; the message begins with the kind's name.</summary>
    internal static DuckDBException FromMessage(string? message, string otherwise)
    {
        message ??= otherwise;
        return FromText(DuckDBErrorKinds.OfMessage(message), message);
    }

    /// <summary>The failure that a result carries.</summary>
    internal static unsafe DuckDBException FromResult(ResultHandle result) => FromText(
        (DuckDBErrorKind)NativeMethods.duckdb_result_error_type(result),
        NativeMethods.Text(NativeMethods.duckdb_result_error(result)) ?? "DuckDB failed and gave no message");

    /// <summary>The failure that error data carries; destroys the data.</summary>
    internal static unsafe DuckDBException FromErrorData(nint errorData)
    {
        var message = NativeMethods.Text(NativeMethods.duckdb_error_data_message(errorData));
        var kind = (DuckDBErrorKind)NativeMethods.duckdb_error_data_error_type(errorData);
        NativeMethods.duckdb_destroy_error_data(ref errorData);
        return FromText(kind, message ?? "DuckDB failed and gave no message");
    }

    /// <summary>A failure whose text is the message, or the JSON of <c>errors_as_json</c>.</summary>
    static DuckDBException FromText(DuckDBErrorKind kind, string text)
    {
        var start = text.IndexOf("{\"exception_type\":", StringComparison.Ordinal);
        if (start < 0) return new(kind, text);
        try
        {
            using var json = JsonDocument.Parse(text.AsMemory(start));
            var type = json.RootElement.GetProperty("exception_type").GetString();
            var message = $"{type} Error: {json.RootElement.GetProperty("exception_message").GetString()}";
            return new(DuckDBErrorKinds.OfMessage(message), message)
            {
                Position = json.RootElement.TryGetProperty("position", out var position)
                    && int.TryParse(position.GetString(), CultureInfo.InvariantCulture, out var bytes) ? bytes : null,
            };
        }
        catch (JsonException)
        {
            return new(kind, text);
        }
    }
}

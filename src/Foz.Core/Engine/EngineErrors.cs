using System.Text;
using Foz.DuckDB;

namespace Foz.Core.Engine;

/// <summary>DuckDB's failures in the platform's words.</summary>
static class EngineErrors
{
    /// <summary>The platform's error for a failure of DuckDB.</summary>
    public static FozException Translate(DuckDBException error) => error switch
    {
        { InnerException: FozException inner } => inner,
        _ => new FozException(KindOf(error.Kind), Trim(error.Message), error) { Hint = HintOf(error.Kind) },
    };

    /// <summary>The place so many bytes of UTF-8 into a statement.</summary>
    public static Place PlaceIn(string sql, int bytePosition)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        var before = Encoding.UTF8.GetString(bytes, 0, Math.Clamp(bytePosition, 0, bytes.Length));
        return new(EngineSession.SqlPlace, before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    /// <summary>The place so many characters, counted as code points, into a statement.</summary>
    public static Place PlaceOfCodePoint(string sql, int position) => PlaceIn(
        sql, Encoding.UTF8.GetByteCount(string.Concat(sql.EnumerateRunes().Take(Math.Max(0, position)))));

    static ErrorKind KindOf(DuckDBErrorKind kind) => kind switch
    {
        DuckDBErrorKind.Parser or DuckDBErrorKind.Syntax or DuckDBErrorKind.Binder or DuckDBErrorKind.Catalog
            or DuckDBErrorKind.ParameterNotResolved or DuckDBErrorKind.ParameterNotAllowed => ErrorKind.Sql,
        DuckDBErrorKind.OutOfMemory => ErrorKind.Resource,
        DuckDBErrorKind.IO or DuckDBErrorKind.Permission => ErrorKind.Storage,
        DuckDBErrorKind.Interrupt => ErrorKind.Canceled,
        DuckDBErrorKind.MissingExtension or DuckDBErrorKind.NotImplemented or DuckDBErrorKind.Settings
            or DuckDBErrorKind.InvalidConfiguration => ErrorKind.Configuration,
        _ => ErrorKind.Data,
    };

    static string? HintOf(DuckDBErrorKind kind) => kind switch
    {
        DuckDBErrorKind.OutOfMemory => "give it more with `memory:` in foz.yml, or let the query handle less at a time",
        _ => null,
    };

    /// <summary>DuckDB's message without the kind in front, which the kind of the error says.</summary>
    static string Trim(string message)
    {
        const string Marker = " Error: ";
        var end = message.IndexOf(Marker, StringComparison.Ordinal);
        return end is >= 0 and < 24 ? message[(end + Marker.Length)..] : message;
    }
}

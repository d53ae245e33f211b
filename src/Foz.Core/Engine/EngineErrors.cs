using System.Text;
using Foz.DuckDB;

namespace Foz.Core.Engine;

/// <summary>DuckDB's failures in the platform's words.</summary>
static class EngineErrors
{
    /// <summary>
    /// The platform's error for a failure of DuckDB, with its place in the statement where DuckDB knows it.
    /// </summary>
    public static FozException Translate(DuckDBException error, string? sql = null)
    {
        if (error.InnerException is FozException inner) return inner;
        var message = Trim(error.Message).Split('\n', 2, StringSplitOptions.TrimEntries);
        return new(KindOf(error.Kind), message[0].TrimEnd('.'), error)
        {
            Place = sql is not null && error.Position is { } position ? PlaceOf(error.Kind, sql, position) : null,
            // Behind the first line DuckDB says what was meant perhaps.
            Hint = HintOf(error.Kind) ?? (message.Length > 1 ? message[1] : null),
        };
    }

    /// <summary>The place so many bytes of UTF-8 into a statement.</summary>
    public static Place PlaceIn(string sql, int bytePosition)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        return PlaceAt(sql, Encoding.UTF8.GetCharCount(bytes, 0, Math.Clamp(bytePosition, 0, bytes.Length)));
    }

    /// <summary>The place so many characters, counted as code points, into a statement.</summary>
    public static Place PlaceOfCodePoint(string sql, int position) =>
        PlaceAt(sql, sql.EnumerateRunes().Take(Math.Max(0, position)).Sum(rune => rune.Utf16SequenceLength));

    /// <summary>The place of a character.</summary>
    public static Place PlaceAt(string sql, int position)
    {
        var before = sql.AsSpan(0, Math.Clamp(position, 0, sql.Length));
        return new(EngineSession.SqlPlace, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    /// <summary>The character of a place.</summary>
    public static int PositionOf(string sql, Place place)
    {
        var start = 0;
        for (var line = 1; line < place.Line; line++) start = sql.IndexOf('\n', start) + 1;
        return start + place.Column - 1;
    }

    static Place PlaceOf(DuckDBErrorKind kind, string sql, int position) =>
        kind == DuckDBErrorKind.Parser ? PlaceOfCodePoint(sql, position) : PlaceIn(sql, position);

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

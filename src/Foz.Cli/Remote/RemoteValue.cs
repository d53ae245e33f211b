using System.Globalization;
using System.Numerics;
using System.Text;
using Foz.DuckDB;
using Foz.Wire.PostgreSql;

namespace Foz.Cli.Remote;

/// <summary>
/// Values in the text form of PostgreSQL's protocol, as the objects that results of the embedded engine have.
/// </summary>
static class RemoteValue
{
    const string UtcSuffix = "+00";
    const int TicksPerMicrosecond = 10;

    /// <summary>PostgreSQL's arrays have no more dimensions; a value with more is shown as text.</summary>
    const int DimensionsMax = 6;

    public static bool IsNumber(uint oid) =>
        oid is TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8 or TypeOids.Oid or TypeOids.Float4
            or TypeOids.Float8 or TypeOids.Numeric;

    public static bool IsJson(uint oid) => oid is TypeOids.Json or TypeOids.Jsonb;

    public static bool IsTime(uint oid) =>
        oid is TypeOids.Date or TypeOids.Time or TypeOids.Timetz or TypeOids.Timestamp
            or TypeOids.Timestamptz;

    /// <summary>The value of a text; the text itself where the engine has no other form of it.</summary>
    public static object Read(ReadOnlySpan<byte> utf8, uint oid) => oid switch
    {
        TypeOids.Text or TypeOids.Varchar or TypeOids.Json or TypeOids.Jsonb or TypeOids.Date =>
            Encoding.UTF8.GetString(utf8),
        TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8 or TypeOids.Oid
            when long.TryParse(utf8, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
                number,
        _ => Of(Encoding.UTF8.GetString(utf8), oid),
    };

    static object Of(string text, uint oid) => oid switch
    {
        TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8 or TypeOids.Oid
            when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
                number,
        TypeOids.Bool when text is "t" => true,
        TypeOids.Bool when text is "f" => false,
        TypeOids.Float8 when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        TypeOids.Float4 when float.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        TypeOids.Numeric => NumericOf(text),
        TypeOids.Timestamp when InstantOf(text) is { } micros => new Timestamp(micros),
        TypeOids.Timestamptz when text.EndsWith(UtcSuffix, StringComparison.Ordinal)
            && InstantOf(text[..^UtcSuffix.Length]) is { } micros =>
            new TimestampTz(micros),
        _ when TypeOids.ElementOf(oid) is > 0 and var element
            && oid is not (TypeOids.Int2Vector or TypeOids.OidVector) =>
            ArrayOf(text, element) ?? (object)text,
        _ => text,
    };

    static object NumericOf(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var scale = point < 0 ? 0 : text.Length - point - 1;
        var digits = point < 0 ? text : text.Remove(point, 1);
        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var unscaled))
            return text;
        if (scale == 0) return unscaled;
        return digits.Length <= DecimalValue.WidthMax
            ? new DecimalValue((Int128)unscaled, DecimalValue.WidthMax, (byte)scale)
            : text;
    }

    /// <summary>The microseconds since 1970; null of what .NET's calendar does not have.</summary>
    static long? InstantOf(string text) => DateTime.TryParseExact(
        text, "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? (time - DateTime.UnixEpoch).Ticks / TicksPerMicrosecond
        : null;

    /// <summary>
    /// The elements of an array's text (PostgreSQL's documentation, 8.15.6); null where it cannot be read.
    /// </summary>
    static object?[]? ArrayOf(string text, uint element)
    {
        var position = 0;
        return ListAt(text, ref position, element, dimension: 1) is { } list && position == text.Length ? list : null;
    }

    static object?[]? ListAt(string text, ref int position, uint element, int dimension)
    {
        if (At(text, position) != '{' || dimension > DimensionsMax) return null;
        position++;
        var elements = new List<object?>();
        while (At(text, position) != '}')
        {
            if (elements.Count > 0 && At(text, position++) != ',') return null;
            if (At(text, position) == '{')
            {
                if (ListAt(text, ref position, element, dimension + 1) is not { } inner) return null;
                elements.Add(inner);
            }
            else if (!TryElementAt(text, ref position, element, elements))
            {
                return null;
            }
        }
        position++;
        return [.. elements];
    }

    static bool TryElementAt(string text, ref int position, uint type, List<object?> elements)
    {
        var value = new StringBuilder();
        var isQuoted = At(text, position) == '"';
        if (isQuoted) position++;
        while (isQuoted ? At(text, position) != '"' : At(text, position) is not (',' or '}'))
        {
            if (At(text, position) == '\\') position++;
            if (position >= text.Length) return false;
            value.Append(text[position++]);
        }
        if (isQuoted) position++;
        elements.Add(!isQuoted && value.ToString() is "NULL" ? null : Of(value.ToString(), type));
        return true;
    }

    static char At(string text, int position) => position < text.Length ? text[position] : '\0';
}

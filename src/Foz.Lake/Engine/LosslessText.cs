using System.Buffers.Text;
using System.Globalization;
using System.Runtime.Intrinsics;
using Foz.DuckDB;
using Foz.Lake.Data;

namespace Foz.Lake.Engine;

/// <summary>
/// Whether the cast of a text to a type keeps all of it. The engine's own casts round <c>1.239</c> to
/// <c>decimal(10,2)</c> and <c>1.5</c> to <c>integer</c>, drop what follows a date and the offset of a local timestamp,
/// cut digits below a microsecond, make infinity of <c>1e400</c>, and know dates that Delta does not; and a zone by its
/// name moves the timestamps without a zone in the rows after it. In SQL it is <c>foz_lossless(kind, scale, text)</c>:
/// exact, and a fraction of what the same test costs as SQL.
/// </summary>
public static class LosslessText
{
    const string Name = "foz_lossless";
    const int FractionDigitsMax = 6;

    // A number of so many digits without an exponent is no infinity yet.
    const int FiniteLengthMax = 30;

    static ReadOnlySpan<byte> LocalLowest => "0000-00-00 00:00:00"u8;

    static ReadOnlySpan<byte> LocalHighest => "9999-99-99T99:99:99"u8;

    static ReadOnlySpan<byte> Spaces => " \t\n\v\f\r"u8;

    enum Kind
    {
        Whole,
        Decimal,
        Float,
        Double,
        Date,
        Local,
        Instant,
    }

    /// <summary>The function as DuckDB registers it.</summary>
    internal static ScalarFunction Function { get; } = new()
    {
        Name = Name,
        Parameters = [LogicalType.BigInt, LogicalType.BigInt, LogicalType.Varchar],
        ReturnType = LogicalType.Boolean,
        Body = Run,
    };

    /// <summary>
    /// SQL of whether the cast of a text, if there is one, keeps all of it; null for null. No SQL for types whose casts
    /// always do.
    /// </summary>
    /// <param name="text">SQL of the text.</param>
    /// <param name="type">The type.</param>
    public static string? Test(string text, DataType type) =>
        KindOf(type) is { } kind
            ? string.Create(
                CultureInfo.InvariantCulture, $"{Name}({(int)kind}, {(type as DataType.Decimal)?.Scale ?? 0}, {text})")
            : null;

    static Kind? KindOf(DataType type) => type switch
    {
        DataType.Decimal => Kind.Decimal,
        DataType.Primitive primitive => primitive.Name switch
        {
            "byte" or "short" or "integer" or "long" => Kind.Whole,
            "float" => Kind.Float,
            "double" => Kind.Double,
            "date" => Kind.Date,
            "timestamp_ntz" => Kind.Local,
            "timestamp" => Kind.Instant,
            _ => null,
        },
        _ => null,
    };

    static void Run(DataChunk arguments, VectorWriter result)
    {
        var texts = arguments[2];
        var tests = result.Values<bool>();
        if (arguments.RowCount == 0) return;
        var (kind, scale) = ((Kind)arguments[0].Values<long>()[0], (int)arguments[1].Values<long>()[0]);
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (texts.IsNull(row)) continue;
            var text = texts.Bytes(row);
            tests[row] = IsPlain(text, kind, scale) || IsLossless(text, kind, scale);
        }
    }

    /// <summary>Whether a text is as most systems write it; false for others, lossless or not.</summary>
    static bool IsPlain(ReadOnlySpan<byte> text, Kind kind, int scale)
    {
        if (kind > Kind.Double) return kind == Kind.Local && IsPlainLocal(text);
        var at = text.IsEmpty || text[0] != '-' ? 0 : 1;
        while (at < text.Length && (uint)(text[at] - '0') <= 9) at++;
        if (at == text.Length) return at <= FiniteLengthMax;
        if (text[at] != '.' || kind == Kind.Whole) return false;
        var point = at++;
        while (at < text.Length && (uint)(text[at] - '0') <= 9) at++;
        return at == text.Length && (kind == Kind.Decimal ? at - point - 1 <= scale : at <= FiniteLengthMax);
    }

    /// <summary>Whether a text is <c>2024-02-29 10:00:00</c>, with a space or a T, of the year 1000 or later.</summary>
    static bool IsPlainLocal(ReadOnlySpan<byte> text)
    {
        if (text.Length != LocalLowest.Length || text[0] == '0' || text[10] is not ((byte)' ' or (byte)'T'))
            return false;
        return IsBetween(text, LocalLowest, LocalHighest) && IsBetween(text[3..], LocalLowest[3..], LocalHighest[3..]);
    }

    /// <summary>Whether each of the first 16 bytes is between two others.</summary>
    static bool IsBetween(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowest, ReadOnlySpan<byte> highest)
    {
        var bytes = Vector128.Create(text);
        return Vector128.GreaterThanOrEqualAll(bytes, Vector128.Create(lowest))
            && Vector128.LessThanOrEqualAll(bytes, Vector128.Create(highest));
    }

    static bool IsLossless(ReadOnlySpan<byte> text, Kind kind, int scale)
    {
        text = text.Trim(Spaces);
        switch (kind)
        {
            case Kind.Whole or Kind.Decimal: return IsNumber(text, scale);
            case Kind.Float or Kind.Double: return IsFinite(text, kind == Kind.Float);
        }
        if (!SkipDate(ref text)) return false;
        if (text.IsEmpty) return true;
        return SkipTime(ref text, onlyZeros: kind == Kind.Date) && kind switch
        {
            // A midnight in UTC is how JavaScript writes a date.
            Kind.Date => text.IndexOfAnyExcept("Z+:0"u8) < 0,
            Kind.Local => text.IsEmpty,
            _ => IsOffset(text),
        };
    }

    /// <summary>
    /// A sign, digits with a point, and an exponent, of which all but zeros is left of the scale's end.
    /// </summary>
    static bool IsNumber(ReadOnlySpan<byte> text, int scale)
    {
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+') text = text[1..];
        var exponent = 0;
        if (text.IndexOfAny("eE"u8) is var e and >= 0)
        {
            if (!Utf8Parser.TryParse(text[(e + 1)..], out exponent, out var length) || length != text.Length - e - 1)
                return false;
            text = text[..e];
        }
        var digits = text;
        SkipDigits(ref text);
        var whole = digits[..^text.Length];
        if (!text.IsEmpty)
        {
            if (text[0] != '.') return false;
            digits = text = text[1..];
            if (SkipDigits(ref text) < digits.Length) return false;
            var fraction = digits.TrimEnd((byte)'0');
            if (fraction.Length > 0) return (long)fraction.Length - exponent <= scale;
        }
        var end = whole.TrimEnd((byte)'0').Length;
        return end == 0 || -(long)(whole.Length - end) - exponent <= scale;
    }

    static bool IsFinite(ReadOnlySpan<byte> text, bool isFloat)
    {
        // The engine skips what SQL allows between the digits of a literal.
        if (text.Contains((byte)'_')) return false;
        if (text.Length <= FiniteLengthMax && !text.ContainsAny("eE"u8)) return true;
        return Utf8Parser.TryParse(text, out double value, out var length) && length == text.Length
            && (isFloat ? float.IsFinite((float)value) : double.IsFinite(value));
    }

    /// <summary>Skips a day of the years 1 to 9999; the rest is left.</summary>
    static bool SkipDate(ref ReadOnlySpan<byte> text)
    {
        var year = text;
        if (SkipDigits(ref text) is < 1 or > 4 || year[..^text.Length].IndexOfAnyExcept((byte)'0') < 0) return false;
        for (var part = 0; part < 2; part++)
        {
            if (text.IsEmpty || !"-/\\ "u8.Contains(text[0])) return false;
            text = text[1..];
            if (SkipDigits(ref text) is < 1 or > 2) return false;
        }
        return true;
    }

    /// <summary>Skips hours, minutes, seconds and a fraction of at most a microsecond; the rest is left.</summary>
    static bool SkipTime(ref ReadOnlySpan<byte> text, bool onlyZeros)
    {
        if (text[0] is not ((byte)' ' or (byte)'T')) return false;
        text = text[1..].TrimStart((byte)' ');
        var whole = text;
        if (SkipDigits(ref text) is < 1 or > 2) return false;
        for (var part = 0; part < 2 && !text.IsEmpty && text[0] == ':'; part++)
        {
            text = text[1..];
            if (SkipDigits(ref text) is < 1 or > 2) return false;
        }
        if (!text.IsEmpty && text[0] == '.')
        {
            var fraction = text = text[1..];
            SkipDigits(ref text);
            if (fraction[..^text.Length].TrimEnd((byte)'0').Length > FractionDigitsMax) return false;
        }
        return !onlyZeros || whole[..^text.Length].IndexOfAnyExcept("0:."u8) < 0;
    }

    /// <summary>Nothing, which is UTC; UTC by its names; or hours and minutes from it.</summary>
    static bool IsOffset(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.SequenceEqual("Z"u8)) return true;
        if (text[0] is (byte)'+' or (byte)'-') return text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)':') < 0;
        return text[0] == ' ' && text.TrimStart((byte)' ') is var name
            && (name.SequenceEqual("UTC"u8) || name.SequenceEqual("GMT"u8));
    }

    static int SkipDigits(ref ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && (uint)(text[count] - '0') <= 9) count++;
        text = text[count..];
        return count;
    }
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Foz.Connectors.Files.Json;

/// <summary>What holds a JSON number without loss.</summary>
static class JsonNumbers
{
    const int DigitsAlwaysExact = 15;
    const int DigitsMax = 17;
    const long WholeMax = 1L << 53;

    /// <summary>Returns the kind of a number as written.</summary>
    public static JsonKinds KindOf(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny(".eE"u8) && Utf8Parser.TryParse(text, out long whole, out var length)
            && length == text.Length)
            return whole is > WholeMax or < -WholeMax ? JsonKinds.Integer | JsonKinds.LargeInteger : JsonKinds.Integer;
        return IsDouble(text) ? JsonKinds.Double : JsonKinds.Wide;
    }

    /// <summary>
    /// Whether a double holds a number: its decimal digits come back from it. Up to 15 digits always do; 17 are enough
    /// for the text of any double.
    /// </summary>
    public static bool IsDouble(ReadOnlySpan<byte> text)
    {
        var digits = 0;
        var hasExponent = false;
        foreach (var c in text)
        {
            if (c is (byte)'e' or (byte)'E')
            {
                hasExponent = true;
                break;
            }
            if (c is >= (byte)'0' and <= (byte)'9' && (digits > 0 || c != '0')) digits++;
        }
        if (digits <= DigitsAlwaysExact && !hasExponent) return true;
        if (!Utf8Parser.TryParse(text, out double value, out var length) || length != text.Length
            || !double.IsFinite(value))
            return false;
        var (wanted, exponent) = Normalize(Encoding.ASCII.GetString(text));
        if (wanted.Length > DigitsMax) return false;
        return Normalize(value.ToString("R", CultureInfo.InvariantCulture)) == (wanted, exponent)
            || Normalize(value.ToString("E16", CultureInfo.InvariantCulture)) == (wanted, exponent);
    }

    /// <summary>
    /// Returns the digits of a number without leading and trailing zeros, and the power of ten of the last one.
    /// </summary>
    static (string Digits, int Exponent) Normalize(string text)
    {
        var mark = text.AsSpan().IndexOfAny('e', 'E');
        var mantissa = (mark < 0 ? text : text[..mark]).TrimStart('-', '+');
        var exponent = mark < 0
            ? 0
            : int.TryParse(text.AsSpan(mark + 1), CultureInfo.InvariantCulture, out var e) ? e : int.MaxValue;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0) exponent -= mantissa.Length - point - 1;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        return trimmed.Length == 0 ? ("", 0) : (trimmed, exponent + digits.Length - trimmed.Length);
    }
}

/// <summary>The kinds of values in a place of JSON.</summary>
[Flags]
enum JsonKinds
{
    /// <summary>Nothing but null.</summary>
    None = 0,

    /// <summary>True or false.</summary>
    Boolean = 1,

    /// <summary>A string.</summary>
    String = 2,

    /// <summary>A whole number of 64 bits.</summary>
    Integer = 4,

    /// <summary>A whole number that a double may not hold.</summary>
    LargeInteger = 8,

    /// <summary>A number that a double holds.</summary>
    Double = 16,

    /// <summary>A number with more digits.</summary>
    Wide = 32,

    /// <summary>An object.</summary>
    Object = 64,

    /// <summary>An array.</summary>
    Array = 128,

    /// <summary>Any number.</summary>
    Number = Integer | LargeInteger | Double | Wide,
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Foz.Delta.Schema;

/// <summary>Reads typed values from UTF-8 text: partition values, statistics, literals.</summary>
static class DeltaValueParser
{
    static readonly Int128[] PowersOfTen = [.. Enumerable.Range(0, 39).Select(n => Power(10, n))];

    /// <summary>
    /// Reads a value. A text with finer digits than the type holds gives the greatest value below it, and
    /// <paramref name="isExact"/> false.
    /// </summary>
    /// <returns>False where the text is no value of the type, or beyond what can be compared.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, DeltaType type, out DeltaValue value, out bool isExact)
    {
        isExact = true;
        value = default;
        switch (type)
        {
            case DecimalType d:
                return TryParseDecimal(text, d.Scale, out value, out isExact);
            case PrimitiveType primitive:
                return TryParsePrimitive(text, primitive.Kind, out value, out isExact);
            default:
                return false;
        }
    }

    static bool TryParsePrimitive(ReadOnlySpan<byte> text, PrimitiveKind kind, out DeltaValue value, out bool isExact)
    {
        isExact = true;
        switch (kind)
        {
            case PrimitiveKind.String or PrimitiveKind.Binary:
                value = new(text.ToArray());
                return true;
            case PrimitiveKind.Long or PrimitiveKind.Integer or PrimitiveKind.Short or PrimitiveKind.Byte:
                if (!Utf8Parser.TryParse(text, out long number, out var used) || used != text.Length)
                    return TryParseDecimal(text, scale: 0, out value, out isExact);
                value = new((Int128)number);
                return true;
            case PrimitiveKind.Double:
                return TryParseFloating(text, out value);
            case PrimitiveKind.Float:
                var isFloat = float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var single);
                value = new(single);
                return isFloat || TryParseFloating(text, out value);
            case PrimitiveKind.Boolean:
                var isTrue = Ascii.EqualsIgnoreCase(text, "true"u8) || text is [(byte)'1'];
                value = new(isTrue ? Int128.One : Int128.Zero);
                return isTrue || Ascii.EqualsIgnoreCase(text, "false"u8) || text is [(byte)'0'];
            case PrimitiveKind.Date:
                var isDate = DateTimeText.TryParse(text, out var micros, out isExact);
                var days = Math.DivRem(micros, DateTimeText.MicrosPerDay, out var rest) - (rest < 0 ? 1 : 0);
                value = new((Int128)days);
                isExact &= rest == 0;
                return isDate;
            case PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz:
                var isInstant = DateTimeText.TryParse(text, out micros, out isExact);
                value = new((Int128)micros);
                return isInstant;
            default:
                value = default;
                return false;
        }
    }

    static bool TryParseFloating(ReadOnlySpan<byte> text, out DeltaValue value)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || TryParseNonFinite(text, out number))
        {
            value = new(number);
            return true;
        }
        value = default;
        return false;
    }

    static bool TryParseNonFinite(ReadOnlySpan<byte> text, out double value)
    {
        var isNegative = text is [(byte)'-', ..];
        var name = text is [(byte)'-' or (byte)'+', .. var rest] ? rest : text;
        if (Ascii.EqualsIgnoreCase(name, "inf"u8) || Ascii.EqualsIgnoreCase(name, "infinity"u8))
        {
            value = isNegative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        value = double.NaN;
        return Ascii.EqualsIgnoreCase(name, "nan"u8);
    }

    // Digits are collected into a 128-bit integer; the point and the exponent then say how far it is from the scale.
    static bool TryParseDecimal(ReadOnlySpan<byte> text, int scale, out DeltaValue value, out bool isExact)
    {
        value = default;
        isExact = true;
        var isNegative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..]) text = text[1..];
        Int128 digits = 0;
        int count = 0, fraction = 0, at = 0;
        var isAfterPoint = false;
        for (; at < text.Length; at++)
        {
            if (text[at] == '.' && !isAfterPoint)
            {
                isAfterPoint = true;
                continue;
            }
            if (!char.IsAsciiDigit((char)text[at])) break;
            count++;
            if (isAfterPoint && fraction >= scale && digits >= PowersOfTen[37])
            {
                // Beyond what is held: only whether anything is there matters.
                isExact &= text[at] == '0';
                continue;
            }
            if (digits >= PowersOfTen[37]) return false;
            digits = digits * 10 + (text[at] - '0');
            if (isAfterPoint) fraction++;
        }
        if (count == 0 || !TryParseExponent(text[at..], out var exponent)) return false;
        if (!TryShift(ref digits, exponent - fraction + scale, ref isExact)) return false;
        // The greatest value below a negative one that is not exact is one further from zero.
        value = new(isNegative ? -digits - (isExact ? 0 : 1) : digits);
        return true;
    }

    static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        return text.IsEmpty
            || text is [(byte)'e' or (byte)'E', .. var digits]
                && int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                && exponent is > -1000 and < 1000;
    }

    static bool TryShift(ref Int128 digits, int places, ref bool isExact)
    {
        if (digits == 0) return true;
        if (places >= 0)
        {
            if (places > 38 || digits > Int128.MaxValue / PowersOfTen[places]) return false;
            digits *= PowersOfTen[places];
            return true;
        }
        var (quotient, remainder) = -places > 38 ? (0, digits) : Int128.DivRem(digits, PowersOfTen[-places]);
        isExact &= remainder == 0;
        digits = quotient;
        return true;
    }

    static Int128 Power(Int128 number, int exponent) => exponent == 0 ? 1 : number * Power(number, exponent - 1);
}

using Foz.Delta.Schema;

namespace Foz.Delta.Scans;

/// <summary>
/// Reads bounds from statistics, made wider where writers are known to write less than the exact value.
/// </summary>
static class StatisticValue
{
    const int MicrosPerMilli = 1000;

    /// <summary>A bound that holds for every value; null if the text is none of the type.</summary>
    /// <param name="text">The JSON value, unquoted and unescaped.</param>
    /// <param name="type">The type of the column.</param>
    /// <param name="isText">Whether the JSON value is a string.</param>
    /// <param name="isMax">Whether it is an upper bound.</param>
    public static DeltaValue? Parse(ReadOnlySpan<byte> text, DeltaType type, bool isText, bool isMax)
    {
        var kind = (type as PrimitiveType)?.Kind;
        // A number for a text column, say, means that the writer's schema was another one.
        var isTextKind = kind is PrimitiveKind.String or PrimitiveKind.Date
            or PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz;
        if (kind is PrimitiveKind.Binary || isTextKind && !isText) return null;
        if (!DeltaValueParser.TryParse(text, type, out var value, out var isExact)) return null;
        if (kind is PrimitiveKind.String) return value;
        if (kind is PrimitiveKind.Double)
            return MayBeFloat(text, value.Floating) ? WidenFloat((float)value.Floating, isMax) : value;
        if (kind is PrimitiveKind.Float) return WidenFloat((float)value.Floating, isMax);
        var number = value.Number;
        if (type is DecimalType) number += SlackOf(text, number) * (isMax ? 1 : -1);
        if (isMax && !isExact) number++;
        // Times are cut to milliseconds.
        if (isMax && kind is (PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz)) number += MicrosPerMilli;
        return new(number);
    }

    // Some writers print a float as they would a double.
    static DeltaValue WidenFloat(float value, bool isMax) =>
        new((double)(isMax ? float.BitIncrement(value) : float.BitDecrement(value)));

    // A column that was one of floats keeps their bounds: a text of few digits may be the name of a float that lies
    // next to it.
    static bool MayBeFloat(ReadOnlySpan<byte> text, double value)
    {
        const int DigitsOfFloat = 9;
        return (float)value != value && DigitsIn(text) <= DigitsOfFloat;
    }

    static int DigitsIn(ReadOnlySpan<byte> text)
    {
        var mantissa = text.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var end ? text[..end] : text;
        var digits = 0;
        foreach (var c in mantissa.TrimStart("-+0."u8))
            if (c != '.') digits++;
        return digits;
    }

    // Some writers take a decimal through a double, which keeps 15 digits for certain and prints 17 at most.
    static Int128 SlackOf(ReadOnlySpan<byte> text, Int128 number)
    {
        const long NumberExact = 1_000_000_000_000_000;
        const int DigitsOfDouble = 17;
        const int BitsOfDouble = 52;
        number = Int128.Abs(number);
        if (number < NumberExact) return 0;
        return DigitsIn(text) > DigitsOfDouble ? 0 : (number >> BitsOfDouble - 1) + 1;
    }
}

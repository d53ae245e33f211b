using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Foz.Wire;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>Reads PostgreSQL's text form of values; what is none of its type is malformed.</summary>
static class TextValue
{
    static readonly SearchValues<byte> NumberBytes = SearchValues.Create("+-.0123456789eE"u8);

    public static WireException Malformed(ReadOnlySpan<byte> text, string type)
    {
        const int ShownMax = 40;
        var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, ShownMax)]);
        return new WireException(WireErrorKind.Malformed, $"'{shown}' is no {type}");
    }

    /// <summary>Writes a number of text as JSON; one that JSON does not have as a string.</summary>
    public static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        if (text.ContainsAnyExcept(NumberBytes)) json.WriteStringValue(text);
        else json.WriteRawValue(text);
    }
}

readonly struct TextBooleanReader : IFixedReader<byte>
{
    public bool TryRead(ReadOnlySpan<byte> value, out byte result)
    {
        result = value is [(byte)'t'] ? (byte)1 : (byte)0;
        return value is [(byte)'t' or (byte)'f'] ? true : throw TextValue.Malformed(value, "boolean");
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) =>
        json.WriteBooleanValue(value is [(byte)'t']);
}

readonly struct TextInt16Reader : IFixedReader<short>
{
    public bool TryRead(ReadOnlySpan<byte> value, out short result) =>
        Utf8Parser.TryParse(value, out result, out var length) && length == value.Length
            ? true
            : throw TextValue.Malformed(value, "smallint");

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => TextValue.WriteNumber(json, value);
}

readonly struct TextInt32Reader : IFixedReader<int>
{
    public bool TryRead(ReadOnlySpan<byte> value, out int result) =>
        Utf8Parser.TryParse(value, out result, out var length) && length == value.Length
            ? true
            : throw TextValue.Malformed(value, "integer");

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => TextValue.WriteNumber(json, value);
}

/// <summary>Also object identifiers, which are unsigned.</summary>
readonly struct TextInt64Reader : IFixedReader<long>
{
    public bool TryRead(ReadOnlySpan<byte> value, out long result) =>
        Utf8Parser.TryParse(value, out result, out var length) && length == value.Length
            ? true
            : throw TextValue.Malformed(value, "bigint");

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => TextValue.WriteNumber(json, value);
}

readonly struct TextSingleReader : IFixedReader<float>
{
    /// <summary>The bits that the server has for NaN; .NET's own have the sign set.</summary>
    const int NaNBits = 0x7FC0_0000;

    public bool TryRead(ReadOnlySpan<byte> value, out float result)
    {
        if (!float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out result))
            throw TextValue.Malformed(value, "real");
        if (float.IsNaN(result)) result = BitConverter.Int32BitsToSingle(NaNBits);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => TextValue.WriteNumber(json, value);
}

readonly struct TextDoubleReader : IFixedReader<double>
{
    const long NaNBits = 0x7FF8_0000_0000_0000;

    public bool TryRead(ReadOnlySpan<byte> value, out double result)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out result))
            throw TextValue.Malformed(value, "double precision");
        if (double.IsNaN(result)) result = BitConverter.Int64BitsToDouble(NaNBits);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => TextValue.WriteNumber(json, value);
}

/// <summary>Numerics of a stated precision and scale; NaN and the infinities are not held.</summary>
readonly struct TextDecimalReader(int precision, int scale) : IFixedReader<Int128>
{
    const int LongDigitsMax = 18;

    public bool TryRead(ReadOnlySpan<byte> value, out Int128 result)
    {
        result = 0;
        if (value is [(byte)'N', ..] or [(byte)'I', ..] or [(byte)'-', (byte)'I', ..]) return false;
        var isNegative = value is [(byte)'-', ..];
        var rest = isNegative ? value[1..] : value;
        var point = rest.IndexOf((byte)'.');
        var whole = point < 0 ? rest : rest[..point];
        var fraction = point < 0 ? [] : rest[(point + 1)..];
        if (fraction.Length > scale)
        {
            if (fraction[scale..].ContainsAnyExcept((byte)'0')) return false;
            fraction = fraction[..scale];
        }

        whole = whole.TrimStart((byte)'0');
        if (whole.Length + scale > precision && whole.Length > 0) return false;
        if (rest.IsEmpty) throw TextValue.Malformed(value, "numeric");
        var unscaled = Digits(value, Digits(value, 0, whole), fraction);
        for (var i = fraction.Length; i < scale; i++) unscaled *= 10;
        result = isNegative ? -unscaled : unscaled;
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);

    static Int128 Digits(ReadOnlySpan<byte> value, Int128 start, ReadOnlySpan<byte> digits)
    {
        while (!digits.IsEmpty)
        {
            var count = Math.Min(digits.Length, LongDigitsMax);
            long part = 0, power = 1;
            foreach (var digit in digits[..count])
            {
                if (!char.IsAsciiDigit((char)digit)) throw TextValue.Malformed(value, "numeric");
                part = part * 10 + (digit - '0');
                power *= 10;
            }

            start = start * power + part;
            digits = digits[count..];
        }

        return start;
    }
}

/// <summary>Days of the years 1 to 9999; other years and the infinities are not held.</summary>
readonly struct TextDateReader : IFixedReader<int>
{
    const int Length = 10;

    /// <summary>Days from 0001-01-01 to 1970-01-01.</summary>
    const int EpochDays = 719_162;

    public bool TryRead(ReadOnlySpan<byte> value, out int result)
    {
        result = 0;
        if (value.Length != Length || value[4] != (byte)'-') return false;
        result = Days(value);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);

    /// <summary>Reads <c>2024-01-31</c>: days since 1970-01-01.</summary>
    internal static int Days(ReadOnlySpan<byte> value)
    {
        if (value[7] == (byte)'-' && Number(value[..4]) is >= 1 and var year
            && Number(value[5..7]) is >= 1 and <= 12 and var month
            && Number(value[8..10]) is >= 1 and var day && day <= DateTime.DaysInMonth(year, month))
            return new DateOnly(year, month, day).DayNumber - EpochDays;
        throw TextValue.Malformed(value, "date");
    }

    /// <summary>Reads digits; -1 where there are others.</summary>
    internal static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit)) return -1;
            number = number * 10 + (digit - '0');
        }

        return number;
    }
}

/// <summary>
/// Microseconds of the years 1 to 9999, with zone in UTC; other years and the infinities are not held.
/// </summary>
readonly struct TextTimestampReader(bool hasZone) : IFixedReader<long>
{
    const int DateLength = 10;
    const int SecondsLength = 19;
    const int FractionDigitsMax = 6;
    const long MicrosecondsPerSecond = 1_000_000;
    const long SecondsPerDay = 86_400;

    public bool TryRead(ReadOnlySpan<byte> value, out long result)
    {
        result = 0;
        if (value.Length < SecondsLength || value[4] != (byte)'-' || value[^1] == (byte)'C') return false;
        var text = value;
        if (hasZone)
        {
            if (!value.EndsWith("+00"u8)) throw TextValue.Malformed(value, "timestamp with time zone in UTC");
            text = value[..^3];
        }

        var seconds = text.Length >= SecondsLength && text[DateLength] == (byte)' ' && text[13] == (byte)':'
            && text[16] == (byte)':'
            && TextDateReader.Number(text[11..13]) is >= 0 and <= 23 and var hour
            && TextDateReader.Number(text[14..16]) is >= 0 and <= 59 and var minute
            && TextDateReader.Number(text[17..19]) is >= 0 and <= 59 and var second
            ? (hour * 60 + minute) * 60 + second
            : throw TextValue.Malformed(value, "timestamp");
        result = (TextDateReader.Days(text) * SecondsPerDay + seconds) * MicrosecondsPerSecond
            + Fraction(value, text[SecondsLength..]);
        return true;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);

    static int Fraction(ReadOnlySpan<byte> value, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return 0;
        if (text is not [(byte)'.', _, ..] || text.Length > 1 + FractionDigitsMax
            || TextDateReader.Number(text[1..]) is not (>= 0 and var fraction))
            throw TextValue.Malformed(value, "timestamp");
        for (var digits = text.Length - 1; digits < FractionDigitsMax; digits++) fraction *= 10;
        return fraction;
    }
}

/// <summary>Bytes, written as <c>\x</c> and hexadecimal digits.</summary>
readonly struct TextByteaReader : IBytesReader
{
    public int BytesMax(ReadOnlySpan<byte> value) => value.Length / 2;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (value.StartsWith("\\x"u8)
            && Convert.FromHexString(value[2..], destination, out _, out var written)
                == OperationStatus.Done)
            return written;
        throw TextValue.Malformed(value, "bytea in hexadecimal digits");
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);
}

/// <summary>
/// Reads money, which the server writes with the signs of its locale (<c>-$1,234.56</c>, <c>R$ 1.234,56</c>), as its
/// number: <c>-1234.56</c>.
/// </summary>
/// <param name="scale">How many digits are after the point.</param>
readonly struct TextMoneyReader(int scale) : IBytesReader
{
    const int SignAndPoint = 2;

    public int BytesMax(ReadOnlySpan<byte> value) => value.Length + scale + SignAndPoint;

    public int Read(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var (length, digits) = (0, 0);
        foreach (var b in value) digits += char.IsAsciiDigit((char)b) ? 1 : 0;
        if (digits <= scale) throw TextValue.Malformed(value, "money");
        if (value.ContainsAny((byte)'-', (byte)'(')) destination[length++] = (byte)'-';
        foreach (var b in value)
        {
            if (!char.IsAsciiDigit((char)b)) continue;
            destination[length++] = b;
            if (--digits == scale && scale > 0) destination[length++] = (byte)'.';
        }
        return length;
    }

    public void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> value) => json.WriteStringValue(value);
}

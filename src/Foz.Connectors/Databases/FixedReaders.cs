using System.Data.Common;
using System.Globalization;
using System.Text;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Gathers values of one size each.</summary>
abstract class FixedReader<T> : ReaderColumn
    where T : unmanaged
{
    T[] values = new T[1024];

    protected override void AddDefault() => Put(default);

    protected override Column Build(ulong[]? validity) => new FixedColumn<T>(values, validity);

    /// <summary>Adds a value.</summary>
    protected bool Put(T value)
    {
        if (Count == values.Length) Array.Resize(ref values, 2 * values.Length);
        values[Count] = value;
        return true;
    }
}

/// <summary>Gathers values that a getter of the reader returns.</summary>
/// <param name="read">The getter.</param>
sealed class GetterReader<T>(Func<DbDataReader, int, T> read) : FixedReader<T>
    where T : unmanaged
{
    protected override bool TryAdd(DbDataReader reader, int ordinal) => Put(read(reader, ordinal));
}

/// <summary>Gathers decimals that come as objects or as texts.</summary>
sealed class DecimalReader(int scale, int precision) : FixedReader<Int128>
{
    readonly UnscaledNumbers numbers = new(scale, precision);

    protected override bool TryAdd(DbDataReader reader, int ordinal)
    {
        var value = reader.GetValue(ordinal);
        var text = Text(value is string or decimal ? value : Convert.ToDecimal(value, CultureInfo.InvariantCulture));
        return Put(numbers.Of(Encoding.UTF8.GetBytes(text.Trim())));
    }
}

/// <summary>Gathers decimals that come as the bytes of their text.</summary>
sealed class DecimalTextReader(int scale, int precision) : FixedReader<Int128>
{
    const int BytesMax = 128;
    readonly UnscaledNumbers numbers = new(scale, precision);
    readonly byte[] text = new byte[BytesMax];

    protected override bool TryAdd(DbDataReader reader, int ordinal) =>
        Put(numbers.Of(text.AsSpan(0, (int)reader.GetBytes(ordinal, 0, text, 0, BytesMax))));
}

/// <summary>Reads numbers as so many of the smallest unit that the scale has.</summary>
sealed class UnscaledNumbers(int scale, int precision)
{
    const int DigitsOfLong = 18;
    static readonly Int128[] Powers = [.. Enumerable.Range(0, 39).Select(Power)];

    /// <summary>Returns the units of a number.</summary>
    public Int128 Of(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        var places = point < 0 ? 0 : text.Length - point - 1;
        for (; places > scale && text[^1] == (byte)'0'; places--) text = text[..^1];
        // The usual number is a sign, digits, a point, and as many digits as the column has.
        if (text.Length <= DigitsOfLong && places <= scale && TryShort(text, out var units))
            return Checked(units * Powers[scale - places], text);
        var digits = point < 0
            ? Encoding.UTF8.GetString(text)
            : Encoding.UTF8.GetString(text[..point]) + Encoding.UTF8.GetString(text[(point + 1)..]);
        if (places > scale
            || !Int128.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw new InvalidCastException($"{Encoding.UTF8.GetString(text)} is no number with {scale} places");
        return Checked(number * Powers[scale - places], text);
    }

    static bool TryShort(ReadOnlySpan<byte> text, out long units)
    {
        units = 0;
        var isNegative = text is [(byte)'-', ..];
        if (isNegative) text = text[1..];
        var hasPoint = false;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit((char)c)) units = units * 10 + (c - '0');
            else if (c == '.' && !hasPoint) hasPoint = true;
            else return false;
        }
        if (isNegative) units = -units;
        return text.Length > (hasPoint ? 1 : 0);
    }

    Int128 Checked(Int128 number, ReadOnlySpan<byte> text) => Int128.Abs(number) < Powers[precision]
        ? number
        : throw new OverflowException($"{Encoding.UTF8.GetString(text)} has more than {precision} digits");

    static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (; exponent > 0; exponent--) power *= 10;
        return power;
    }
}

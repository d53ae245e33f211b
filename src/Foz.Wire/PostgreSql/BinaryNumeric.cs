using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// A numeric in binary form: a sign, digits to the base of 10,000 most significant first, the weight of the first of
/// them (how many follow before the point), and how many decimal digits are shown after the point.
/// </summary>
public readonly ref struct BinaryNumeric
{
    const int HeaderBytes = 8;
    const int DigitBase = 10_000;
    const int DecimalsPerDigit = 4;
    const int PowersOfTen = 39;
    const ushort Negative = 0x4000;
    const ushort NaN = 0xC000;
    const ushort PositiveInfinity = 0xD000;
    const ushort NegativeInfinity = 0xF000;

    static readonly Int128[] PowerOfTen = [.. Enumerable.Range(0, PowersOfTen).Select(n => Power(10, n))];

    readonly ReadOnlySpan<byte> digits;
    readonly short weight;
    readonly ushort sign;
    readonly short displayScale;

    /// <summary>Reads a value.</summary>
    /// <exception cref="WireException">It is cut short or malformed.</exception>
    public BinaryNumeric(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderBytes) throw WireException.Malformed($"a numeric of {value.Length} bytes");
        var count = BinaryPrimitives.ReadUInt16BigEndian(value);
        weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        displayScale = BinaryPrimitives.ReadInt16BigEndian(value[6..]);
        digits = value[HeaderBytes..];
        if (digits.Length != count * sizeof(ushort) || displayScale < 0)
            throw WireException.Malformed($"a numeric of {count} digits and {value.Length} bytes");
        if (sign is not (0 or Negative or NaN or PositiveInfinity or NegativeInfinity))
            throw WireException.Malformed($"a numeric with the sign 0x{sign:X4}");
    }

    /// <summary>Whether it is a number: neither NaN nor infinite.</summary>
    public bool IsFinite => sign is 0 or Negative;

    int DigitCount => digits.Length / sizeof(ushort);

    /// <summary>Returns the value times ten to the power of <paramref name="scale"/>.</summary>
    /// <param name="precision">How many decimal digits the result may have: 1 to 38.</param>
    /// <param name="scale">How many of them come after the point: 0 to 38.</param>
    /// <param name="unscaled">The result.</param>
    /// <returns>Whether the value is finite and fits exactly.</returns>
    /// <exception cref="WireException">A digit is none.</exception>
    public bool TryToUnscaled(int precision, int scale, out Int128 unscaled)
    {
        unscaled = 0;
        if (!IsFinite) return false;
        var count = DigitCount;
        if (count == 0) return true;

        // What the digits, read as one whole number, are to be multiplied with: ten to this power.
        var power = scale + DecimalsPerDigit * (weight + 1 - count);
        return count <= 4 && power is >= -DecimalsPerDigit and <= 2
            ? TrySmall(count, power, precision, out unscaled)
            : TryLarge(count, power, precision, out unscaled);
    }

    /// <summary>At most how many bytes <see cref="Format"/> writes.</summary>
    public int FormattedBytesMax =>
        IsFinite ? 2 + DecimalsPerDigit * Math.Max(weight + 1, 1) + 1 + displayScale : "-Infinity".Length;

    /// <summary>Writes the value as PostgreSQL does.</summary>
    /// <param name="destination">Room for <see cref="FormattedBytesMax"/> bytes of ASCII.</param>
    /// <returns>How many bytes were written.</returns>
    /// <exception cref="WireException">A digit is none.</exception>
    public int Format(Span<byte> destination)
    {
        if (!IsFinite)
        {
            var name = sign switch { NaN => "NaN"u8, PositiveInfinity => "Infinity"u8, _ => "-Infinity"u8 };
            name.CopyTo(destination);
            return name.Length;
        }

        var length = 0;
        if (sign == Negative) destination[length++] = (byte)'-';
        if (weight < 0) destination[length++] = (byte)'0';
        for (var place = 0; place <= weight; place++)
        {
            var digit = Digit(place);
            if (place == 0)
            {
                Utf8Formatter.TryFormat(digit, destination[length..], out var written);
                length += written;
            }
            else
            {
                for (var unit = 1000; unit > 0; unit /= 10) destination[length++] = (byte)('0' + digit / unit % 10);
            }
        }

        if (displayScale == 0) return length;
        destination[length++] = (byte)'.';
        for (var decimals = 0; decimals < displayScale; decimals++)
        {
            var digit = Digit(weight + 1 + decimals / DecimalsPerDigit);
            var unit = (decimals % DecimalsPerDigit) switch { 0 => 1000, 1 => 100, 2 => 10, _ => 1 };
            destination[length++] = (byte)('0' + digit / unit % 10);
        }

        return length;
    }

    /// <summary>The value as PostgreSQL writes it.</summary>
    public override string ToString()
    {
        var text = new byte[FormattedBytesMax];
        return Encoding.ASCII.GetString(text.AsSpan(0, Format(text)));
    }

    static Int128 Power(Int128 value, int exponent)
    {
        var result = Int128.One;
        for (var i = 0; i < exponent; i++) result *= value;
        return result;
    }

    // At most 16 decimal digits times 100: no overflow of 64 bits.
    bool TrySmall(int count, int power, int precision, out Int128 unscaled)
    {
        var number = 0L;
        for (var i = 0; i < count; i++) number = number * DigitBase + ReadDigit(i);
        if (power >= 0)
        {
            number *= (long)PowerOfTen[power];
        }
        else
        {
            (number, var lost) = Math.DivRem(number, (long)PowerOfTen[-power]);
            if (lost != 0)
            {
                unscaled = 0;
                return false;
            }
        }

        unscaled = sign == Negative ? -number : number;
        return precision > 18 || number < (long)PowerOfTen[precision];
    }

    bool TryLarge(int count, int power, int precision, out Int128 unscaled)
    {
        unscaled = 0;
        for (var i = 0; i < count; i++)
        {
            var digit = ReadDigit(i);
            // The last digits may hold zeros after the scale: these are cut off, anything else does not fit.
            var decimals = Math.Min(DecimalsPerDigit, DecimalsPerDigit + power + DecimalsPerDigit * (count - 1 - i));
            if (decimals < DecimalsPerDigit)
            {
                var divisor = decimals <= 0 ? DigitBase : (int)PowerOfTen[DecimalsPerDigit - decimals];
                if (digit % divisor != 0) return false;
                digit /= divisor;
            }

            decimals = Math.Max(decimals, 0);
            if (unscaled >= PowerOfTen[Math.Max(precision - decimals, 0)]) return false;
            unscaled = unscaled * PowerOfTen[decimals] + digit;
            if (unscaled >= PowerOfTen[precision]) return false;
        }

        for (var left = power; left > 0 && unscaled != 0; left--)
        {
            if (unscaled >= PowerOfTen[precision - 1]) return false;
            unscaled *= 10;
        }

        if (sign == Negative) unscaled = -unscaled;
        return true;
    }

    int ReadDigit(int index)
    {
        var digit = BinaryPrimitives.ReadUInt16BigEndian(digits[(index * sizeof(ushort))..]);
        return digit < DigitBase ? digit : throw WireException.Malformed($"a numeric with the digit {digit}");
    }

    int Digit(int place) => place >= 0 && place < DigitCount ? ReadDigit(place) : 0;
}

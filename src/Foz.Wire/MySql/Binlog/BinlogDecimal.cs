using System.Buffers.Text;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// Decimals in MySQL's binary form: groups of nine digits in four bytes, the first bit inverted, all bits of a negative
/// number too.
/// </summary>
public static class BinlogDecimal
{
    /// <summary>The bytes that the text of a value has at most.</summary>
    public const int TextBytesMax = 96;

    const int DigitsPerGroup = 9, GroupBytes = 4, BytesMax = 40, Int128DigitsMax = 38, LongDigitsMax = 18;
    const byte SignBit = 0x80;
    const uint GroupEnd = 1_000_000_000;

    /// <summary>The bytes of so many digits of a group.</summary>
    static ReadOnlySpan<byte> PartBytes => [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

    static ReadOnlySpan<uint> Powers =>
        [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

    /// <summary>Returns how many bytes values have.</summary>
    /// <param name="precision">The digits.</param>
    /// <param name="scale">Those after the point.</param>
    public static int BytesOf(int precision, int scale) => BytesOf(precision - scale) + BytesOf(scale);

    /// <summary>Reads a value of at most 38 digits, as so many of its smallest unit.</summary>
    /// <exception cref="WireException">Thrown when a group is no number of its digits.</exception>
    public static Int128 ReadUnscaled(ReadOnlySpan<byte> value, int precision, int scale)
    {
        if (precision > Int128DigitsMax)
            throw new WireException(WireErrorKind.Value, $"a decimal of {precision} digits is too long");
        if (precision <= LongDigitsMax) return ReadSmall(value, precision, scale);
        Span<byte> bytes = stackalloc byte[BytesMax];
        bytes = Plain(value, precision, scale, bytes, out var isNegative);
        var at = 0;
        Int128 number = 0;
        ulong low = 0, power = 1;
        var first = (precision - scale) % DigitsPerGroup;
        Next(bytes, ref at, first, ref number, ref low, ref power);
        for (var i = 0; i < (precision - scale) / DigitsPerGroup; i++)
            Next(bytes, ref at, DigitsPerGroup, ref number, ref low, ref power);
        for (var i = 0; i < scale / DigitsPerGroup; i++)
            Next(bytes, ref at, DigitsPerGroup, ref number, ref low, ref power);
        Next(bytes, ref at, scale % DigitsPerGroup, ref number, ref low, ref power);
        number = number * power + low;
        return isNegative ? -number : number;
    }

    /// <summary>Writes a value as MySQL does.</summary>
    /// <returns>How many bytes were written.</returns>
    /// <exception cref="WireException">Thrown when a group is no number of its digits.</exception>
    public static int Format(ReadOnlySpan<byte> value, int precision, int scale, Span<byte> text)
    {
        Span<byte> bytes = stackalloc byte[BytesMax];
        bytes = Plain(value, precision, scale, bytes, out var isNegative);
        Span<byte> digits = stackalloc byte[TextBytesMax];
        int at = 0, length = 0;
        WriteGroup(bytes, ref at, (precision - scale) % DigitsPerGroup, digits, ref length);
        for (var i = 0; i < (precision - scale) / DigitsPerGroup; i++)
            WriteGroup(bytes, ref at, DigitsPerGroup, digits, ref length);
        var whole = digits[..length].TrimStart((byte)'0');
        var written = 0;
        if (isNegative) text[written++] = (byte)'-';
        if (whole.IsEmpty) text[written++] = (byte)'0';
        whole.CopyTo(text[written..]);
        written += whole.Length;
        if (scale == 0) return written;
        text[written++] = (byte)'.';
        for (var i = 0; i < scale / DigitsPerGroup; i++) WriteGroup(bytes, ref at, DigitsPerGroup, text, ref written);
        WriteGroup(bytes, ref at, scale % DigitsPerGroup, text, ref written);
        return written;
    }

    /// <summary>Reads a value of at most 18 digits, whose arithmetic 64 bits hold.</summary>
    static long ReadSmall(ReadOnlySpan<byte> value, int precision, int scale)
    {
        if (value.Length != BytesOf(precision, scale) || value.IsEmpty) throw WrongLength(value, precision, scale);
        var isNegative = (value[0] & SignBit) == 0;
        var (at, number) = (0, 0L);
        for (var left = precision - scale; left > 0;)
            Take(value, left % DigitsPerGroup is var part and > 0 ? part : DigitsPerGroup, ref left);
        for (var left = scale; left > 0;) Take(value, Math.Min(left, DigitsPerGroup), ref left);
        return isNegative ? -number : number;

        void Take(ReadOnlySpan<byte> bytes, int digits, ref int left)
        {
            var group = 0u;
            for (var end = at + PartBytes[digits]; at < end; at++)
                group = group << 8 | (byte)(bytes[at] ^ (at == 0 ? SignBit : 0) ^ (isNegative ? byte.MaxValue : 0));
            if (group >= Powers[digits]) throw WrongGroup(group, digits);
            number = number * Powers[digits] + group;
            left -= digits;
        }
    }

    static WireException WrongLength(ReadOnlySpan<byte> value, int precision, int scale) => new(
        WireErrorKind.Value, $"a decimal has {value.Length} bytes, not {BytesOf(precision, scale)}");

    static WireException WrongGroup(uint number, int digits) =>
        new(WireErrorKind.Value, $"a decimal has {number} in place of {digits} digits");

    static int BytesOf(int digits) =>
        digits / DigitsPerGroup * GroupBytes + PartBytes[digits % DigitsPerGroup];

    static Span<byte> Plain(
        ReadOnlySpan<byte> value, int precision, int scale, Span<byte> bytes, out bool isNegative)
    {
        if (value.Length != BytesOf(precision, scale) || value.IsEmpty) throw WrongLength(value, precision, scale);
        isNegative = (value[0] & SignBit) == 0;
        value.CopyTo(bytes);
        bytes = bytes[..value.Length];
        bytes[0] ^= SignBit;
        if (isNegative)
            foreach (ref var b in bytes) b = (byte)~b;
        return bytes;
    }

    static uint Group(ReadOnlySpan<byte> bytes, ref int at, int digits)
    {
        int length = PartBytes[digits];
        var number = (uint)LittleEndian.UnsignedBigEndian(bytes.Slice(at, length));
        at += length;
        return number < (digits == DigitsPerGroup ? GroupEnd : Powers[digits])
            ? number
            : throw WrongGroup(number, digits);
    }

    /// <summary>Gathers two groups in 64 bits before the slower arithmetic of 128.</summary>
    static void Next(
        ReadOnlySpan<byte> bytes, ref int at, int digits, ref Int128 number, ref ulong low, ref ulong power)
    {
        if (digits == 0) return;
        var group = Group(bytes, ref at, digits);
        if (power > Powers[DigitsPerGroup])
        {
            number = number * power + low;
            (low, power) = (0, 1);
        }

        low = low * Powers[digits] + group;
        power *= Powers[digits];
    }

    static void WriteGroup(ReadOnlySpan<byte> bytes, ref int at, int digits, Span<byte> text, ref int length)
    {
        if (digits == 0) return;
        Utf8Formatter.TryFormat(
            Group(bytes, ref at, digits), text[length..], out _, new System.Buffers.StandardFormat('D', (byte)digits));
        length += digits;
    }
}

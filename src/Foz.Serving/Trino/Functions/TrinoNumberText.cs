using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace Foz.Serving.Trino.Functions;

/// <summary>
/// Floating-point numbers as Trino writes them: with a fraction always, since its clients read a number without one as
/// a whole number.
/// </summary>
public static class TrinoNumberText
{
    /// <summary>More bytes than any number has.</summary>
    public const int BytesMax = 64;

    // Java's Double.toString: from here on, and below the other one, a number has an exponent.
    const int ExponentFrom = 7, ExponentBelow = -3;

    /// <summary>Writes a finite number as results have it: <c>1.0</c>, <c>1.0E10</c>, <c>1.5E-5</c>.</summary>
    /// <param name="value">The number.</param>
    /// <param name="buffer">Where to: <see cref="BytesMax"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write<T>(T value, Span<byte> buffer)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<byte> digits = stackalloc byte[BytesMax];
        var (count, exponent) = Read(value, digits);
        var text = new Writer(buffer);
        if (T.IsNegative(value)) text.Add((byte)'-');
        if (T.IsZero(value) || exponent is >= ExponentBelow and < ExponentFrom)
            WritePlain(ref text, digits[..count], exponent);
        else WriteScientific(ref text, digits[..count], exponent);
        return text.Length;
    }

    /// <summary>The number as <c>CAST(x AS varchar)</c> writes it: <c>1.0E0</c>, <c>NaN</c>, <c>Infinity</c>.</summary>
    public static string Cast<T>(T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(value)) return "NaN";
        if (T.IsInfinity(value)) return T.IsNegative(value) ? "-Infinity" : "Infinity";
        Span<byte> digits = stackalloc byte[BytesMax], buffer = stackalloc byte[BytesMax];
        var (count, exponent) = Read(value, digits);
        var text = new Writer(buffer);
        if (T.IsNegative(value)) text.Add((byte)'-');
        WriteScientific(ref text, digits[..count], exponent);
        return Encoding.ASCII.GetString(buffer[..text.Length]);
    }

    static void WritePlain(ref Writer text, scoped ReadOnlySpan<byte> digits, int exponent)
    {
        if (exponent < 0)
        {
            text.Add("0."u8);
            for (var zeros = -1; zeros > exponent; zeros--) text.Add((byte)'0');
            text.Add(digits);
            return;
        }

        for (var i = 0; i <= exponent; i++) text.Add(i < digits.Length ? digits[i] : (byte)'0');
        text.Add((byte)'.');
        if (digits.Length > exponent + 1) text.Add(digits[(exponent + 1)..]);
        else text.Add((byte)'0');
    }

    static void WriteScientific(ref Writer text, scoped ReadOnlySpan<byte> digits, int exponent)
    {
        text.Add(digits[0]);
        text.Add((byte)'.');
        if (digits.Length > 1) text.Add(digits[1..]);
        else text.Add((byte)'0');
        text.Add((byte)'E');
        text.Add(exponent);
    }

    /// <summary>The fewest digits that tell the number from all others, and the power of ten of the first.</summary>
    static (int Count, int Exponent) Read<T>(T value, Span<byte> digits)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<byte> text = stackalloc byte[BytesMax];
        T.Abs(value).TryFormat(text, out var length, "R", System.Globalization.CultureInfo.InvariantCulture);
        var (count, point, exponent) = (0, -1, 0);
        for (var i = 0; i < length; i++)
        {
            if (text[i] == (byte)'.') point = count;
            else if (text[i] == (byte)'E')
            {
                exponent = int.Parse(text[(i + 1)..length], System.Globalization.CultureInfo.InvariantCulture);
                break;
            }
            else digits[count++] = text[i];
        }

        exponent += (point < 0 ? count : point) - 1;
        var first = 0;
        while (first < count - 1 && digits[first] == (byte)'0') first++;
        digits[first..count].CopyTo(digits);
        count -= first;
        while (count > 1 && digits[count - 1] == (byte)'0') count--;
        return (count, T.IsZero(value) ? 0 : exponent - first);
    }

    ref struct Writer(Span<byte> buffer)
    {
        readonly Span<byte> buffer = buffer;

        public int Length { get; private set; }

        public void Add(byte value) => buffer[Length++] = value;

        public void Add(scoped ReadOnlySpan<byte> values)
        {
            values.CopyTo(buffer[Length..]);
            Length += values.Length;
        }

        public void Add(int number)
        {
            Utf8Formatter.TryFormat(number, buffer[Length..], out var written);
            Length += written;
        }
    }
}

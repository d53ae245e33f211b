using System.Globalization;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// Writes numbers with a floating point as MySQL and MariaDB do: the fewest digits that say the same.
/// </summary>
public static class DoubleText
{
    /// <summary>The bytes that a text has at most.</summary>
    public const int BytesMax = 48;

    /// <summary>A number with its point further than this from its first digit has an exponent.</summary>
    const int PointMax = 15;

    /// <summary>Writes a number.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Format(double number, Span<byte> text)
    {
        Span<byte> shortest = stackalloc byte[BytesMax];
        if (!double.IsFinite(number)) throw new WireException(WireErrorKind.Value, "a number is not finite");
        number.TryFormat(shortest, out var length, default, CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[BytesMax];
        var (count, point) = Digits(shortest[..length], digits);
        var written = 0;
        if (shortest[0] == (byte)'-') text[written++] = (byte)'-';
        return count == 0 ? Zero(text, written)
            : point is < 1 - PointMax or > PointMax ? WithExponent(digits[..count], point, text, written)
            : Plain(digits[..count], point, text, written);
    }

    static int Zero(Span<byte> text, int written)
    {
        text[written] = (byte)'0';
        return written + 1;
    }

    /// <summary>Returns the digits, and how many of them are before the point.</summary>
    static (int Count, int Point) Digits(ReadOnlySpan<byte> shortest, Span<byte> digits)
    {
        var exponentAt = shortest.IndexOf((byte)'E');
        var mantissa = (exponentAt < 0 ? shortest : shortest[..exponentAt]).TrimStart((byte)'-');
        var exponent = exponentAt < 0
            ? 0
            : int.Parse(shortest[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int count = 0, point = -1, leading = 0;
        foreach (var c in mantissa)
        {
            if (c == '.') point = count + leading;
            else if (c == '0' && count == 0) leading++;
            else digits[count++] = c;
        }

        if (point < 0) point = count + leading;
        while (count > 0 && digits[count - 1] == (byte)'0') count--;
        return (count, point - leading + exponent);
    }

    static int Plain(ReadOnlySpan<byte> digits, int point, Span<byte> text, int written)
    {
        if (point <= 0)
        {
            text[written++] = (byte)'0';
            text[written++] = (byte)'.';
            for (; point < 0; point++) text[written++] = (byte)'0';
            digits.CopyTo(text[written..]);
            return written + digits.Length;
        }

        for (var i = 0; i < Math.Max(point, digits.Length); i++)
        {
            if (i == point) text[written++] = (byte)'.';
            text[written++] = i < digits.Length ? digits[i] : (byte)'0';
        }

        return written;
    }

    static int WithExponent(ReadOnlySpan<byte> digits, int point, Span<byte> text, int written)
    {
        text[written++] = digits[0];
        if (digits.Length > 1) text[written++] = (byte)'.';
        digits[1..].CopyTo(text[written..]);
        written += digits.Length - 1;
        text[written++] = (byte)'e';
        (point - 1).TryFormat(text[written..], out var length, default, CultureInfo.InvariantCulture);
        return written + length;
    }
}

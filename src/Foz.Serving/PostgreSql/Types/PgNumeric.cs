using System.Globalization;
using System.Numerics;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Tables;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>
/// PostgreSQL's <c>numeric</c> without digits: the result of divisions, averages, roots and casts. It is exact or an
/// error: a value has at most 14 digits before the point and 24 after it.
/// </summary>
static class PgNumeric
{
    /// <summary>The number of digits after the point.</summary>
    public const int Scale = 24;

    // As in PostgreSQL's numeric.c.
    const int SignificantDigitsMin = 16;
    const int DigitsPerGroup = 4;

    // Powers of ten up to this one fit into 128 bits.
    const int PowerMax = 38;

    static readonly Int128[] powers = [.. Enumerable.Range(0, PowerMax + 1).Select(n => (Int128)BigInteger.Pow(10, n))];

    static readonly Int128 limit = powers[PowerMax];

    /// <summary>The engine's type of it.</summary>
    public static LogicalType Type { get; } = LogicalType.Decimal(PowerMax, Scale);

    /// <summary>The engine's type of whole numbers that are <c>numeric</c>.</summary>
    public static LogicalType WholeType { get; } = LogicalType.Decimal(PowerMax, 0);

    /// <summary>Whether a type is <c>numeric</c> without digits, whose values show the digits that they need.</summary>
    public static bool IsWithoutDigits(LogicalType type) =>
        type.Equals(Type) || type.Equals(DeclaredColumns.NumericType);

    /// <summary>A quotient with as many digits as PostgreSQL gives it, at <see cref="Scale"/>.</summary>
    /// <exception cref="FozException">
    /// The divisor is zero, or the quotient has more digits than there is room for.
    /// </exception>
    public static Int128 Divide((Int128 Unscaled, int Scale) left, (Int128 Unscaled, int Scale) right)
    {
        var ((dividend, dividendScale), (divisor, divisorScale)) = (left, right);
        if (divisor == 0) throw DivisionByZero();
        var (a, b) = (Int128.Abs(dividend), Int128.Abs(divisor));
        var (weight, first) = Leading(a, dividendScale);
        var (divisorWeight, divisorFirst) = Leading(b, divisorScale);
        var quotientWeight = weight - divisorWeight - (first <= divisorFirst ? 1 : 0);
        var scale = Math.Max(
            SignificantDigitsMin - (quotientWeight * DigitsPerGroup),
            Math.Max(Math.Max(dividendScale, divisorScale), 0));
        var exponent = scale + divisorScale - dividendScale;
        var isNegative = (dividend < 0) != (divisor < 0);
        var digits = exponent is >= 0 and <= PowerMax && Length(a) + exponent < PowerMax
            ? Round(a * powers[exponent], b)
            : Round(a * BigInteger.Pow(10, Math.Max(exponent, 0)), b * BigInteger.Pow(10, Math.Max(-exponent, 0)));
        return AtScale(isNegative ? -digits : digits, scale, "a quotient");
    }

    /// <summary>The whole part of a quotient.</summary>
    /// <exception cref="FozException">The divisor is zero, or there are more digits than there is room for.</exception>
    public static Int128 Whole((Int128 Unscaled, int Scale) left, (Int128 Unscaled, int Scale) right)
    {
        var ((dividend, dividendScale), (divisor, divisorScale)) = (left, right);
        if (divisor == 0) throw DivisionByZero();
        var (a, b) = ((BigInteger)dividend, (BigInteger)divisor);
        if (dividendScale < divisorScale) a *= BigInteger.Pow(10, divisorScale - dividendScale);
        else b *= BigInteger.Pow(10, dividendScale - divisorScale);
        return Checked(BigInteger.Divide(a, b));
    }

    /// <summary>A root with as many digits as PostgreSQL gives it, at <see cref="Scale"/>.</summary>
    /// <exception cref="FozException">There is none.</exception>
    public static Int128 Root((Int128 Unscaled, int Scale) number)
    {
        var (value, scale) = number;
        if (value < 0) throw FunctionFault.Of("2201F", "cannot take square root of a negative number");
        if (value == 0) return 0;
        var weight = Leading(value, scale).Weight;
        var rootWeight = weight >= 0 ? (weight * DigitsPerGroup / 2) + 1 : 1 - ((1 - (weight * DigitsPerGroup)) / 2);
        var digits = Math.Max(Math.Max(SignificantDigitsMin - rootWeight, scale), 0);
        // One digit more than shown decides how the last is rounded; later digits cannot.
        var root = Floor((BigInteger)value * BigInteger.Pow(10, (2 * (digits + 1)) - scale));
        return AtScale((Int128)((root + 5) / 10), digits, "a root");
    }

    /// <summary>A power with a whole exponent, exact, at <see cref="Scale"/>.</summary>
    /// <exception cref="FozException">Its digits do not end, or are more than there is room for.</exception>
    public static Int128 Power((Int128 Unscaled, int Scale) number, (Int128 Unscaled, int Scale) by)
    {
        var ((value, scale), (exponent, exponentScale)) = (number, by);
        if (exponent % powers[exponentScale] != 0 || exponent < 0 || exponent / powers[exponentScale] > PowerMax)
            throw Unsupported("a numeric power with a negative, fractional or large exponent");
        var count = (int)(exponent / powers[exponentScale]);
        var power = BigInteger.Pow(value, count);
        var digits = scale * count;
        for (; digits > Scale && power % 10 == 0; digits--) power /= 10;
        var weight = power.IsZero ? 0 : (int)BigInteger.Log10(BigInteger.Abs(power)) - digits;
        if (digits > Math.Max(SignificantDigitsMin - Math.Max(weight, 0), scale) || digits > Scale)
            throw Unsupported("a numeric power with more than 16 digits");
        return Checked(power * BigInteger.Pow(10, Scale - digits));
    }

    /// <summary>
    /// Returns a number with the given count of digits after the point at <see cref="Scale"/>; its last ones may be
    /// zeros.
    /// </summary>
    /// <exception cref="FozException">There are more digits than there is room for.</exception>
    public static Int128 AtScale(Int128 value, int scale, string what) =>
        scale <= Scale && Int128.Abs(value) < powers[PowerMax - (Scale - scale)]
            ? value * powers[Scale - scale]
            : AtScale((BigInteger)value, scale, what);

    /// <summary>Returns a number without the zeros at its end after the point.</summary>
    public static (Int128 Unscaled, int Scale) Trim(Int128 unscaled, int scale)
    {
        if (unscaled == 0) return (0, 0);
        for (var step = 16; step > 0; step /= 2)
            while (scale >= step
                && Int128.DivRem(unscaled, powers[step]) is { Remainder: var rest, Quotient: var quotient }
                && rest == 0)
                (unscaled, scale) = (quotient, scale - step);
        return (unscaled, scale);
    }

    /// <summary>A text as a number, exactly.</summary>
    /// <exception cref="FozException">It is no number, or one with more digits than there is room for.</exception>
    public static Int128 Parse(ReadOnlySpan<char> text)
    {
        var trimmed = text.Trim();
        var at = trimmed.IndexOfAny('e', 'E');
        var mantissa = at < 0 ? trimmed : trimmed[..at];
        var exponent = 0;
        if (at >= 0
            && !int.TryParse(
                trimmed[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            throw Invalid(text);
        if (trimmed.Equals("nan", StringComparison.OrdinalIgnoreCase)
            || trimmed.EndsWith("inf", StringComparison.OrdinalIgnoreCase)
            || trimmed.EndsWith("infinity", StringComparison.OrdinalIgnoreCase))
            throw Unsupported($"numeric '{trimmed}'");
        var point = mantissa.IndexOf('.');
        var fractionDigits = point < 0 ? 0 : mantissa.Length - point - 1;
        var digits = point < 0 ? mantissa.ToString() : string.Concat(mantissa[..point], mantissa[(point + 1)..]);
        if (Math.Abs(exponent) > 1000 || digits.Length > 1000) throw TooLong("the value");
        if (!digits.Any(char.IsAsciiDigit)
            || !BigInteger.TryParse(
                digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw Invalid(text);
        return AtScale(
            exponent > fractionDigits ? number * BigInteger.Pow(10, exponent - fractionDigits) : number,
            Math.Max(fractionDigits - exponent, 0),
            "the value");
    }

    /// <summary>The error of a division by zero.</summary>
    public static FozException DivisionByZero() => FunctionFault.Of("22012", "division by zero");

    /// <summary>The error of what numeric has in PostgreSQL, and not here.</summary>
    public static FozException Unsupported(string what) =>
        FunctionFault.Of("0A000", $"{what} is not supported: cast to double precision");

    static FozException Invalid(ReadOnlySpan<char> text) =>
        FunctionFault.Of("22P02", $"invalid input syntax for type numeric: \"{text}\"");

    static FozException TooLong(string what) => FunctionFault.Of(
        "22003",
        $"{what} does not fit numeric without digits, which has {PowerMax - Scale} digits before the "
            + $"point and {Scale} after it: "
        + "cast to numeric(p,s) or double precision");

    static Int128 AtScale(BigInteger value, int scale, string what)
    {
        if (scale > Scale)
        {
            value = BigInteger.DivRem(value, BigInteger.Pow(10, scale - Scale), out var rest);
            if (!rest.IsZero) throw TooLong(what);
        }
        else value *= BigInteger.Pow(10, Scale - scale);
        return BigInteger.Abs(value) < limit ? (Int128)value : throw TooLong(what);
    }

    static Int128 Checked(BigInteger value) =>
        BigInteger.Abs(value) < limit ? (Int128)value : throw TooLong("the value");

    static Int128 Round(Int128 a, Int128 b)
    {
        var (quotient, rest) = b <= uint.MaxValue ? DivRem((UInt128)a, (uint)b) : Int128.DivRem(a, b);
        return rest >= b - rest ? quotient + 1 : quotient;
    }

    /// <summary>Divides 32 bits at a time, which is a fraction of what a division of 128 bits costs.</summary>
    static (Int128 Quotient, Int128 Remainder) DivRem(UInt128 a, uint b)
    {
        var (high, low) = ((ulong)(a >> 64), (ulong)a);
        var (first, rest) = Math.DivRem(high, b);
        var (second, next) = Math.DivRem((rest << 32) | (low >> 32), b);
        var (third, last) = Math.DivRem((next << 32) | (uint)low, b);
        return ((Int128)new UInt128(first, (second << 32) + third), (long)last);
    }

    static Int128 Round(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out var rest);
        if (rest * 2 >= b) quotient++;
        return Checked(quotient);
    }

    /// <summary>Where PostgreSQL's first group of four digits stands, and what it is.</summary>
    static (int Weight, int First) Leading(Int128 value, int scale)
    {
        if (value == 0) return (0, 0);
        var exponent = Length(value) - 1 - scale;
        var weight = (int)Math.Floor(exponent / (double)DigitsPerGroup);
        var below = scale + (weight * DigitsPerGroup);
        return (weight, (int)(below >= 0 ? value / powers[below] : value * powers[-below]));
    }

    static int Length(Int128 value)
    {
        if (value < 10) return 1;
        // At least so many digits have the bits that there are.
        var bits = 127 - (int)Int128.LeadingZeroCount(value);
        var length = Math.Max((bits * 1233) >> 12, 1);
        while (length <= PowerMax && value >= powers[length]) length++;
        return length;
    }

    static BigInteger Floor(BigInteger square)
    {
        var root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (square / root)) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }
}

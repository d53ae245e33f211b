using System.Globalization;
using System.Numerics;

namespace Foz.DuckDB;

/// <summary>A DECIMAL of up to 38 digits, exact; .NET's own has 28.</summary>
/// <param name="Unscaled">The digits as an integer: the value times ten to the scale.</param>
/// <param name="Width">The number of digits of the type, 1 to 38.</param>
/// <param name="Scale">How many of the digits come after the point.</param>
public readonly record struct DecimalValue(Int128 Unscaled, byte Width, byte Scale)
{
    /// <summary>The most digits that DuckDB's type has.</summary>
    public const int WidthMax = 38;

    const int ClrScaleMax = 28;

    /// <summary>The number as .NET has it.</summary>
    /// <exception cref="OverflowException">It has more digits than .NET's decimal.</exception>
    public decimal ToDecimal()
    {
        var (unscaled, scale) = (Unscaled, (int)Scale);
        // Zeros at the end may be all that is too much.
        while (scale > 0 && (scale > ClrScaleMax || Int128.Abs(unscaled) > ClrUnscaledMax) && unscaled % 10 == 0)
            (unscaled, scale) = (unscaled / 10, scale - 1);
        var magnitude = Int128.Abs(unscaled);
        if (scale > ClrScaleMax || magnitude > ClrUnscaledMax)
            throw new OverflowException($"{this} has more digits than System.Decimal");
        return new((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), unscaled < 0,
            (byte)scale);
    }

    static Int128 ClrUnscaledMax => (Int128.One << 96) - 1;

    /// <summary>The number with the digits it has: 1.50 is DECIMAL(3,2).</summary>
    public static DecimalValue From(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var unscaled = (Int128)new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var scale = value.Scale;
        return new(value < 0 ? -unscaled : unscaled, (byte)Math.Max(Digits(unscaled), Math.Max(scale, (byte)1)), scale);
    }

    /// <summary>The same number under another width and scale.</summary>
    /// <exception cref="OverflowException">It does not fit, or digits other than zero would be cut.</exception>
    public DecimalValue Rescale(int width, int scale)
    {
        var unscaled = scale >= Scale
            ? (BigInteger)Unscaled * BigInteger.Pow(10, scale - Scale)
            : Unscaled / (BigInteger)PowerOf10(Scale - scale);
        if (scale < Scale && Unscaled % PowerOf10(Scale - scale) != 0)
            throw new OverflowException($"{this} has more digits after the point than DECIMAL({width},{scale})");
        if (BigInteger.Abs(unscaled) >= BigInteger.Pow(10, width))
            throw new OverflowException($"{this} does not fit DECIMAL({width},{scale})");
        return new((Int128)unscaled, (byte)width, (byte)scale);
    }

    /// <summary>
    /// Returns the number with a digit before the point and all digits of its scale after it: <c>-1.50</c>,
    /// <c>0.25</c>.
    /// </summary>
    public override string ToString()
    {
        var digits = Int128.Abs(Unscaled).ToString(CultureInfo.InvariantCulture);
        var sign = Unscaled < 0 ? "-" : "";
        if (Scale == 0) return sign + digits;
        // DuckDB itself writes .25 where the type has fractions only, which JSON, PostgreSQL and .NET do not read or
        // write.
        digits = digits.PadLeft(Scale + 1, '0');
        return $"{sign}{digits[..^Scale]}.{digits[^Scale..]}";
    }

    static int Digits(Int128 magnitude)
    {
        var digits = 0;
        for (; magnitude > 0; magnitude /= 10) digits++;
        return digits;
    }

    static Int128 PowerOf10(int exponent) => (Int128)BigInteger.Pow(10, exponent);
}

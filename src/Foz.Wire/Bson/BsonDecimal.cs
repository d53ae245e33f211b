using System.Buffers.Binary;
using System.Globalization;

namespace Foz.Wire.Bson;

/// <summary>A decimal of 34 digits (IEEE 754-2008, binary integer significand), as BSON has it.</summary>
/// <param name="Kind">Whether it is a number.</param>
/// <param name="IsNegative">Whether it has a minus.</param>
/// <param name="Coefficient">Its digits as a whole number.</param>
/// <param name="Exponent">The power of ten that they are multiplied by.</param>
public readonly record struct BsonDecimal(
    BsonDecimalKind Kind, bool IsNegative, UInt128 Coefficient, int Exponent)
{
    const int Bias = 6176;
    const int ExponentMask = 0x3fff;
    const int ScientificBelow = -6;
    static readonly UInt128 coefficientMax = UInt128.Parse(new string('9', 34), CultureInfo.InvariantCulture);

    /// <summary>Reads a <see cref="BsonType.Decimal128"/>.</summary>
    public static BsonDecimal Read(ReadOnlySpan<byte> value)
    {
        var low = BinaryPrimitives.ReadUInt64LittleEndian(value);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(value[sizeof(ulong)..]);
        var isNegative = high >> 63 == 1;
        switch (high >> 58 & 0x1f)
        {
            case 0x1e: return new(BsonDecimalKind.Infinity, isNegative, 0, 0);
            case 0x1f: return new(BsonDecimalKind.NaN, isNegative, 0, 0);
        }
        // The second form is for digits that are more than 34, which counts as zero.
        if ((high >> 61 & 3) == 3)
            return new(BsonDecimalKind.Number, isNegative, 0, (int)(high >> 47 & ExponentMask) - Bias);
        var coefficient = new UInt128(high & 0x1_ffff_ffff_ffff, low);
        return new(
            BsonDecimalKind.Number, isNegative, coefficient > coefficientMax ? 0 : coefficient,
            (int)(high >> 49 & ExponentMask) - Bias);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Kind is BsonDecimalKind.NaN) return "NaN";
        var sign = IsNegative ? "-" : "";
        if (Kind is BsonDecimalKind.Infinity) return $"{sign}Infinity";
        var digits = Coefficient.ToString(CultureInfo.InvariantCulture);
        var adjusted = Exponent + digits.Length - 1;
        if (Exponent > 0 || adjusted < ScientificBelow)
        {
            var fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            return string.Create(
                CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}E{(adjusted < 0 ? "" : "+")}{adjusted}");
        }
        if (Exponent == 0) return sign + digits;
        digits = digits.PadLeft(1 - Exponent, '0');
        return $"{sign}{digits[..^-Exponent]}.{digits[^-Exponent..]}";
    }
}

/// <summary>What a decimal is.</summary>
public enum BsonDecimalKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>An infinity.</summary>
    Infinity,

    /// <summary>Not a number.</summary>
    NaN,
}

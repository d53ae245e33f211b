using System.Globalization;
using System.Text;
using Foz.Wire.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>A decimal number, to be held exactly or not at all.</summary>
/// <param name="Coefficient">Its digits.</param>
/// <param name="Exponent">The power of ten that they are multiplied by.</param>
readonly record struct DocumentNumber(Int128 Coefficient, int Exponent)
{
    const int DigitsMax = 38;
    const double WholeMax = 1e38;

    /// <summary>Reads a number, or the text of one; null where it is none, or has more than 38 digits.</summary>
    public static DocumentNumber? Read(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.Int32 => new(BsonValue.Int32(value), 0),
        BsonType.Int64 => new(BsonValue.Int64(value), 0),
        BsonType.Double => Of(BsonValue.Double(value)),
        BsonType.Decimal128 => Of(BsonDecimal.Read(value)),
        BsonType.String => Parse(Encoding.UTF8.GetString(BsonValue.Text(value))),
        _ => null,
    };

    /// <summary>Returns the whole number of units of ten to the minus <paramref name="scale"/>.</summary>
    /// <returns>Null where that is not whole, or has more than <paramref name="precision"/> digits.</returns>
    public Int128? Scale(int scale, int precision)
    {
        var (digits, shift) = (Coefficient, Exponent + scale);
        if (digits == 0) return 0;
        for (; shift < 0; shift++)
        {
            if (digits % 10 != 0) return null;
            digits /= 10;
        }
        if (shift > DigitsMax) return null;
        var end = Power(precision);
        for (; shift > 0 && Int128.Abs(digits) < end; shift--) digits *= 10;
        return shift == 0 && Int128.Abs(digits) < end ? digits : null;
    }

    /// <summary>Returns the double that says the same; null where none does.</summary>
    public double? ToDouble()
    {
        var value = double.Parse(
            string.Create(CultureInfo.InvariantCulture, $"{Coefficient}E{Exponent}"), CultureInfo.InvariantCulture);
        return Of(value) is { } back && back.IsSame(this) ? value : null;
    }

    bool IsSame(DocumentNumber other)
    {
        var (one, two) = (Normal(), other.Normal());
        return one == two;
    }

    /// <summary>Returns the same number without zeros at its end.</summary>
    DocumentNumber Normal()
    {
        var (digits, exponent) = (Coefficient, Exponent);
        if (digits == 0) return default;
        for (; digits % 10 == 0; exponent++) digits /= 10;
        return new(digits, exponent);
    }

    static DocumentNumber? Of(double value) =>
        !double.IsFinite(value) ? null
        // The shortest text of a large double has other digits at its end than its value.
        : Math.Abs(value) < WholeMax && double.IsInteger(value) ? new((Int128)value, 0)
        : Parse(value.ToString("R", CultureInfo.InvariantCulture));

    static DocumentNumber? Of(BsonDecimal value) =>
        value.Kind is not BsonDecimalKind.Number ? null
        : new(value.IsNegative ? -(Int128)value.Coefficient : (Int128)value.Coefficient, value.Exponent);

    static DocumentNumber? Parse(string text)
    {
        var end = text.AsSpan().IndexOfAny('e', 'E');
        var exponent = 0;
        if (end >= 0 && !int.TryParse(
            text.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            return null;
        var digits = end < 0 ? text : text[..end];
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var places = point < 0 ? 0 : digits.Length - point - 1;
        if (point >= 0) digits = digits.Remove(point, 1);
        var isLong = digits.TrimStart('-', '+').TrimStart('0').Length > DigitsMax;
        return !isLong && Math.Abs((long)exponent) < short.MaxValue && Int128.TryParse(
            digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var coefficient)
            ? new(coefficient, exponent - places)
            : null;
    }

    static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (; exponent > 0; exponent--) power *= 10;
        return power;
    }
}

using System.Collections;
using System.Numerics;

namespace Foz.DuckDB;

/// <summary>Brings objects of .NET into the form that a DuckDB type has in memory.</summary>
static class ValueConversion
{
    public static T Integer<T>(object value, LogicalType type)
        where T : INumberBase<T>
    {
        try
        {
            return value switch
            {
                int v => T.CreateChecked(v),
                long v => T.CreateChecked(v),
                short v => T.CreateChecked(v),
                sbyte v => T.CreateChecked(v),
                byte v => T.CreateChecked(v),
                ushort v => T.CreateChecked(v),
                uint v => T.CreateChecked(v),
                ulong v => T.CreateChecked(v),
                Int128 v => T.CreateChecked(v),
                UInt128 v => T.CreateChecked(v),
                BigInteger v => T.CreateChecked(v),
                _ => throw Mismatch(value, type),
            };
        }
        catch (OverflowException e)
        {
            throw new DuckDBException(DuckDBErrorKind.OutOfRange, $"{value} does not fit {type}", e);
        }
    }

    public static double Double(object value, LogicalType type) => value switch
    {
        double v => v,
        float v => v,
        decimal v => (double)v,
        DecimalValue v => (double)v.Unscaled / Math.Pow(10, v.Scale),
        _ => (double)Integer<BigInteger>(value, type),
    };

    public static Int128 Decimal(object value, LogicalType type)
    {
        try
        {
            return (value switch
            {
                DecimalValue v => v,
                decimal v => DecimalValue.From(v),
                _ => new DecimalValue(Integer<Int128>(value, type), DecimalValue.WidthMax, 0),
            }).Rescale(type.Width, type.Scale).Unscaled;
        }
        catch (OverflowException e)
        {
            throw new DuckDBException(DuckDBErrorKind.OutOfRange, e.Message, e);
        }
    }

    public static Date Date(object value, LogicalType type) => value switch
    {
        Date v => v,
        DateOnly v => DuckDB.Date.From(v),
        DateTime v => DuckDB.Date.From(DateOnly.FromDateTime(v)),
        _ => throw Mismatch(value, type),
    };

    public static Time Time(object value, LogicalType type) => value switch
    {
        Time v => v,
        TimeOnly v => DuckDB.Time.From(v),
        _ => throw Mismatch(value, type),
    };

    public static Timestamp Timestamp(object value, LogicalType type) => value switch
    {
        Timestamp v => v,
        DateTime v => DuckDB.Timestamp.From(v),
        _ => throw Mismatch(value, type),
    };

    public static TimestampTz TimestampTz(object value, LogicalType type) => value switch
    {
        TimestampTz v => v,
        DateTimeOffset v => DuckDB.TimestampTz.From(v),
        DateTime { Kind: DateTimeKind.Utc } v => DuckDB.TimestampTz.From(new DateTimeOffset(v)),
        _ => throw Mismatch(value, type),
    };

    public static Interval Interval(object value, LogicalType type) => value switch
    {
        Interval v => v,
        TimeSpan v => DuckDB.Interval.From(v),
        _ => throw Mismatch(value, type),
    };

    /// <summary>A value that has one form in .NET only.</summary>
    public static T Exactly<T>(object value, LogicalType type) => value is T v ? v : throw Mismatch(value, type);

    public static int EnumIndex(object value, LogicalType type)
    {
        var text = Exactly<string>(value, type);
        for (var i = 0; i < type.EnumValues.Count; i++)
            if (type.EnumValues[i] == text) return i;
        throw new DuckDBException(DuckDBErrorKind.Conversion, $"'{text}' is no value of {type}");
    }

    /// <summary>
    /// The bits of a BIT: a byte with the number of padding bits, then the padding (ones) and the bits.
    /// </summary>
    public static byte[] Bits(object value, LogicalType type)
    {
        var text = value is BitValue bits ? bits.Text : Exactly<string>(value, type);
        if (text.Length == 0 || text.AsSpan().ContainsAnyExcept('0', '1'))
            throw new DuckDBException(DuckDBErrorKind.Conversion, $"'{text}' is no BIT: only 0 and 1, at least one");
        var bytes = new byte[1 + ((text.Length + 7) / 8)];
        var padding = ((bytes.Length - 1) * 8) - text.Length;
        bytes[0] = (byte)padding;
        for (var bit = 0; bit < padding + text.Length; bit++)
            if (bit < padding || text[bit - padding] == '1') bytes[1 + (bit / 8)] |= (byte)(0x80 >> (bit % 8));
        return bytes;
    }

    /// <summary>
    /// The bytes of a BIGNUM: header of length and sign, then the magnitude; all inverted if negative.
    /// </summary>
    public static byte[] BigNum(object value, LogicalType type)
    {
        var number = Integer<BigInteger>(value, type);
        var magnitude = BigInteger.Abs(number).ToByteArray(isUnsigned: true, isBigEndian: true);
        var header = magnitude.Length | 0x80_0000;
        byte[] bytes = [(byte)(header >> 16), (byte)(header >> 8), (byte)header, .. magnitude];
        if (number < 0)
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)~bytes[i];
        return bytes;
    }

    public static object?[] Elements(object value, LogicalType type)
    {
        if (value is not IEnumerable many || value is string) throw Mismatch(value, type);
        object?[] elements = [.. many.Cast<object?>()];
        if (type.Id == TypeId.Array && elements.Length != type.ArraySize)
            throw new DuckDBException(
                DuckDBErrorKind.MismatchType, $"{elements.Length} elements are given for {type}");
        return elements;
    }

    /// <summary>The values of a struct's fields, in the type's order; found by name unless it has none.</summary>
    public static object?[] Fields(object value, LogicalType type)
    {
        var fields = Exactly<StructValue>(value, type);
        if (fields.Count != type.Fields.Count) throw Mismatch(value, type);
        return [.. type.Fields.Select((f, i) => f.Name.Length == 0 ? fields[i].Value : fields[f.Name])];
    }

    public static int UnionTag(UnionValue value, LogicalType type)
    {
        for (var i = 0; i < type.Fields.Count; i++)
            if (type.Fields[i].Name.Equals(value.Tag, StringComparison.OrdinalIgnoreCase)) return i;
        throw new DuckDBException(DuckDBErrorKind.MismatchType, $"{type} has no member {value.Tag}");
    }

    public static DuckDBException Mismatch(object value, LogicalType type) => new(
        DuckDBErrorKind.MismatchType,
        type.Id == TypeId.Variant
            ? "a VARIANT is not made from outside: give the value as its own type, and cast it to VARIANT in SQL"
            : $"a {value.GetType().Name} cannot be a {type}");
}

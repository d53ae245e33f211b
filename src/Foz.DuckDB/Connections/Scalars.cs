using System.Numerics;

namespace Foz.DuckDB.Connections;

/// <summary>Turns single values into the type that the caller asks for.</summary>
static class Scalars
{
    public static T Convert<T>(object? value)
    {
        if (value is T exact) return exact;
        var target = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        if (value is null)
            return default(T) is null
                ? default!
                : throw new DuckDBException(DuckDBErrorKind.Conversion, $"the value is NULL; expected {target.Name}");
        return (Time(value, target) ?? Number(value, target)) is T converted
            ? converted
            : throw new DuckDBException(
                DuckDBErrorKind.Conversion, $"the value is a {value.GetType().Name}; expected {target.Name}");
    }

    static object? Time(object value, Type target) => value switch
    {
        Date v when target == typeof(DateOnly) => v.ToDateOnly(),
        Time v when target == typeof(TimeOnly) => v.ToTimeOnly(),
        Timestamp v when target == typeof(DateTime) => v.ToDateTime(),
        TimestampTz v when target == typeof(DateTimeOffset) => v.ToDateTimeOffset(),
        _ => null,
    };

    static object? Number(object value, Type target)
    {
        if (value is not (sbyte or byte or short or ushort or int or uint or long or ulong or Int128 or UInt128
            or BigInteger or float or DecimalValue))
            return null;
        if (target == typeof(double)) return ValueConversion.Double(value, LogicalType.Double);
        if (value is DecimalValue digits) return target == typeof(decimal) ? digits.ToDecimal() : null;
        if (value is float) return null;
        if (target == typeof(int)) return ValueConversion.Integer<int>(value, LogicalType.Integer);
        if (target == typeof(long)) return ValueConversion.Integer<long>(value, LogicalType.BigInt);
        if (target == typeof(ulong)) return ValueConversion.Integer<ulong>(value, LogicalType.UBigInt);
        if (target == typeof(Int128)) return ValueConversion.Integer<Int128>(value, LogicalType.HugeInt);
        return null;
    }
}

using System.Collections;
using System.Numerics;

namespace Foz.DuckDB.Connections;

/// <summary>Which DuckDB type a .NET value has.</summary>
static class ValueTypes
{
    static readonly Dictionary<Type, LogicalType> Types = new()
    {
        [typeof(bool)] = LogicalType.Boolean, [typeof(sbyte)] = LogicalType.TinyInt,
        [typeof(short)] = LogicalType.SmallInt, [typeof(int)] = LogicalType.Integer,
        [typeof(long)] = LogicalType.BigInt, [typeof(Int128)] = LogicalType.HugeInt,
        [typeof(byte)] = LogicalType.Of(TypeId.UTinyInt), [typeof(ushort)] = LogicalType.Of(TypeId.USmallInt),
        [typeof(uint)] = LogicalType.Of(TypeId.UInteger), [typeof(ulong)] = LogicalType.UBigInt,
        [typeof(UInt128)] = LogicalType.Of(TypeId.UHugeInt), [typeof(BigInteger)] = LogicalType.Of(TypeId.BigNum),
        [typeof(float)] = LogicalType.Float, [typeof(double)] = LogicalType.Double,
        [typeof(string)] = LogicalType.Varchar, [typeof(byte[])] = LogicalType.Blob,
        [typeof(BitValue)] = LogicalType.Of(TypeId.Bit), [typeof(Guid)] = LogicalType.Uuid,
        [typeof(Date)] = LogicalType.Date, [typeof(DateOnly)] = LogicalType.Date, [typeof(Time)] = LogicalType.Time,
        [typeof(TimeOnly)] = LogicalType.Time, [typeof(TimeNs)] = LogicalType.Of(TypeId.TimeNs),
        [typeof(TimeTz)] = LogicalType.Of(TypeId.TimeTz), [typeof(Timestamp)] = LogicalType.Timestamp,
        [typeof(DateTime)] = LogicalType.Timestamp, [typeof(TimestampS)] = LogicalType.Of(TypeId.TimestampS),
        [typeof(TimestampMs)] = LogicalType.Of(TypeId.TimestampMs),
        [typeof(TimestampNs)] = LogicalType.Of(TypeId.TimestampNs),
        [typeof(TimestampTz)] = LogicalType.TimestampTz, [typeof(DateTimeOffset)] = LogicalType.TimestampTz,
        [typeof(Interval)] = LogicalType.Interval, [typeof(TimeSpan)] = LogicalType.Interval,
    };

    /// <summary>The type of a value; that of NULL for null.</summary>
    /// <exception cref="DuckDBException">DuckDB has no type for it.</exception>
    public static LogicalType Of(object? value) => value switch
    {
        null or DBNull => LogicalType.Of(TypeId.SqlNull),
        DecimalValue v => LogicalType.Decimal(v.Width, v.Scale),
        decimal v => Of(DecimalValue.From(v)),
        StructValue v => LogicalType.Struct([.. v.Select(f => new Field(f.Key, Of(f.Value)))]),
        MapValue v => LogicalType.Map(Common(v.Select(e => (object?)e.Key)), Common(v.Select(e => e.Value))),
        UnionValue v => LogicalType.Union(new Field(v.Tag, Of(v.Value))),
        _ when Types.TryGetValue(value.GetType(), out var type) => type,
        IEnumerable v => LogicalType.List(OfElements(v)),
        _ => throw new DuckDBException(
            DuckDBErrorKind.MismatchType, $"DuckDB has no type for a {value.GetType().FullName}; say which it is"),
    };

    /// <summary>The type that the collection declares, otherwise that of its first element that is not null.</summary>
    static LogicalType OfElements(IEnumerable elements)
    {
        var declared = elements.GetType().GetInterfaces()
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            ?.GetGenericArguments()[0];
        return declared is not null && Types.TryGetValue(Nullable.GetUnderlyingType(declared) ?? declared, out var type)
            ? type
            : Common(elements.Cast<object?>());
    }

    static LogicalType Common(IEnumerable<object?> values) => Of(values.FirstOrDefault(v => v is not null));
}

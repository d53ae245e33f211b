using System.Diagnostics.CodeAnalysis;

namespace Foz.DuckDB;

/// <summary>How types lie in a vector's memory.</summary>
static class Physical
{
    const int EnumByteMax = byte.MaxValue, EnumShortMax = ushort.MaxValue;

    /// <summary>Bytes of one value; 0 for STRUCT, UNION and ARRAY, whose values lie in their children only.</summary>
    public static int SizeOf(LogicalType type) => type.Id switch
    {
        TypeId.Boolean or TypeId.TinyInt or TypeId.UTinyInt => 1,
        TypeId.SmallInt or TypeId.USmallInt => 2,
        TypeId.Integer or TypeId.UInteger or TypeId.Float or TypeId.Date or TypeId.SqlNull => 4,
        TypeId.BigInt or TypeId.UBigInt or TypeId.Double or TypeId.Timestamp or TypeId.TimestampS or TypeId.TimestampMs
            or TypeId.TimestampNs or TypeId.TimestampTz or TypeId.Time or TypeId.TimeTz or TypeId.TimeNs => 8,
        TypeId.HugeInt or TypeId.UHugeInt or TypeId.Uuid or TypeId.Interval or TypeId.List or TypeId.Map => 16,
        TypeId.Decimal => DecimalSize(type.Width),
        TypeId.Enum => type.EnumValues.Count <= EnumByteMax ? 1 : type.EnumValues.Count <= EnumShortMax ? 2 : 4,
        _ => IsText(type.Id) ? 16 : 0,
    };

    /// <summary>Whether the values are strings of bytes.</summary>
    public static bool IsText(TypeId id) =>
        id is TypeId.Varchar or TypeId.Blob or TypeId.Bit or TypeId.BigNum or TypeId.Geometry;

    /// <summary>Bytes of a decimal of so many digits.</summary>
    public static int DecimalSize(int width) => width switch
    {
        <= 4 => 2,
        <= 9 => 4,
        <= 18 => 8,
        _ => 16,
    };

    [DoesNotReturn]
    public static void ThrowSize(LogicalType type, Type clrType) =>
        throw new InvalidOperationException($"the values of a {type} vector are not of type {clrType.Name}");
}

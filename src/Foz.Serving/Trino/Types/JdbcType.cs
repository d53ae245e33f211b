using Foz.DuckDB;

namespace Foz.Serving.Trino.Types;

/// <summary>A type as JDBC describes it (<c>java.sql.Types</c>, <c>DatabaseMetaData.getColumns</c>).</summary>
/// <param name="Number">Its number.</param>
/// <param name="Size">Digits or characters; null if it does not apply.</param>
/// <param name="Digits">Digits after the point; null if it does not apply.</param>
/// <param name="Radix">The base of digits; null if there are none.</param>
readonly record struct JdbcType(long Number, long? Size = null, long? Digits = null, long? Radix = null)
{
    const long Decimal = 3, Varchar = 12, Varbinary = -3, JavaObject = 2000;

    /// <summary>The bytes of a text; null for other types.</summary>
    public long? OctetLength => Number is Varchar or Varbinary ? TrinoType.LengthMax : null;

    /// <summary>The types that there are, by Trino's names.</summary>
    public static IReadOnlyList<Named> All { get; } =
    [
        new("boolean", Of(LogicalType.Boolean)), new("bigint", Of(LogicalType.BigInt)),
        new("integer", Of(LogicalType.Integer)),
        new("smallint", Of(LogicalType.SmallInt)), new("tinyint", Of(LogicalType.TinyInt)),
        new("real", Of(LogicalType.Float)),
        new("double", Of(LogicalType.Double)), new("varchar", Of(LogicalType.Varchar)),
        new("varbinary", Of(LogicalType.Blob)),
        new("time", Of(LogicalType.Time)), new("time with time zone", Of(LogicalType.Of(TypeId.TimeTz))),
        new("timestamp", Of(LogicalType.Timestamp)), new("timestamp with time zone", Of(LogicalType.TimestampTz)),
        new("date", Of(LogicalType.Date)), new("decimal", new(Decimal, 38, 0, 10)), new("array", new(2003)),
        new("map", new(JavaObject)),
        new("row", new(JavaObject)), new("json", new(JavaObject)), new("uuid", new(JavaObject)),
        new("interval day to second", new(JavaObject)), new("unknown", new(JavaObject)),
    ];

    /// <summary>JDBC's type for values of one of DuckDB's.</summary>
    public static JdbcType Of(LogicalType type) => type.Id switch
    {
        TypeId.Boolean => new(16),
        TypeId.TinyInt => new(-6, 3, 0, 10),
        TypeId.SmallInt or TypeId.UTinyInt => new(5, 5, 0, 10),
        TypeId.Integer or TypeId.USmallInt => new(4, 10, 0, 10),
        TypeId.BigInt or TypeId.UInteger or TypeId.HugeInt => new(-5, 19, 0, 10),
        TypeId.Decimal => new(Decimal, type.Width, type.Scale, 10),
        TypeId.Float => new(7, 24, null, 2),
        TypeId.Double => new(8, 53, null, 2),
        TypeId.Varchar when type.Alias is null => new(Varchar, TrinoType.LengthMax),
        TypeId.Blob => new(Varbinary, TrinoType.LengthMax),
        TypeId.Date => new(91, 14),
        TypeId.Time or TypeId.TimeNs => new(92, 15, 6),
        TypeId.TimeTz => new(2013, 21, 6),
        TypeId.Timestamp or TypeId.TimestampS or TypeId.TimestampMs or TypeId.TimestampNs => new(93, 26, 6),
        TypeId.TimestampTz => new(2014, 58, 6),
        TypeId.List or TypeId.Array => new(2003),
        _ => new(JavaObject),
    };

    /// <summary>A type with its name.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Type">The type.</param>
    public readonly record struct Named(string Name, JdbcType Type)
    {
        /// <summary>Its row of <c>system.jdbc.types</c>.</summary>
        public object?[] ToRow() =>
        [
            Name, Type.Number, Type.Size, null, null, null, 1L, Type.Number == Varchar, 3L,
            Type.Radix is null ? null : false, false, null, null,
            Type.Digits, Type.Digits, null, null, Type.Radix,
        ];
    }
}

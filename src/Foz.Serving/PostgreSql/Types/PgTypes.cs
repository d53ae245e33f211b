using System.Text.RegularExpressions;
using Foz.DuckDB;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>A type as PostgreSQL tells of it.</summary>
/// <param name="Oid">The number of its row in <c>pg_type</c>.</param>
/// <param name="Size">Bytes of a value; −1 where they differ.</param>
/// <param name="Modifier">The type's modifier, such as digits of a number; −1 for none.</param>
public readonly record struct PgType(uint Oid, short Size, int Modifier = -1);

/// <summary>The one table that maps PostgreSQL's types to DuckDB's.</summary>
public static partial class PgTypes
{
    /// <summary>PostgreSQL's type for values of one of DuckDB's. What PostgreSQL has no type for is JSON.</summary>
    public static PgType Of(LogicalType type) => type.Id switch
    {
        TypeId.Boolean => new(TypeOids.Bool, 1),
        TypeId.TinyInt or TypeId.SmallInt or TypeId.UTinyInt => new(TypeOids.Int2, 2),
        TypeId.Integer or TypeId.USmallInt => new(TypeOids.Int4, 4),
        TypeId.BigInt => new(TypeOids.Int8, 8),
        // Tables of the lake have no such column: only the catalog's identifiers are of it.
        TypeId.UInteger => new(TypeOids.Oid, 4),
        TypeId.HugeInt or TypeId.UHugeInt or TypeId.UBigInt or TypeId.BigNum => new(TypeOids.Numeric, -1),
        TypeId.Decimal when PgNumeric.IsWithoutDigits(type) => new(TypeOids.Numeric, -1),
        TypeId.Decimal => new(TypeOids.Numeric, -1, ((type.Width << 16) | type.Scale) + 4),
        TypeId.Float => new(TypeOids.Float4, 4),
        TypeId.Double => new(TypeOids.Float8, 8),
        TypeId.Varchar => new(type.Alias is "JSON" ? TypeOids.Json : TypeOids.Text, -1),
        TypeId.Blob => new(TypeOids.Bytea, -1),
        TypeId.Date => new(TypeOids.Date, 4),
        TypeId.Time or TypeId.TimeNs => new(Time, 8),
        TypeId.TimeTz => new(TimeTz, 12),
        TypeId.Timestamp or TypeId.TimestampS or TypeId.TimestampMs or TypeId.TimestampNs => new(TypeOids.Timestamp, 8),
        TypeId.TimestampTz => new(TypeOids.Timestamptz, 8),
        TypeId.Interval => new(Interval, 16),
        TypeId.Uuid => new(TypeOids.Uuid, 16),
        TypeId.List or TypeId.Array => new(ArrayOf(Of(type.Element!).Oid) ?? TypeOids.Json, -1),
        TypeId.Struct or TypeId.Map or TypeId.Union or TypeId.Variant => new(TypeOids.Json, -1),
        _ => new(TypeOids.Text, -1),
    };

    /// <summary>
    /// DuckDB's type for values that a client says are of PostgreSQL's type; null for one that has none.
    /// </summary>
    public static LogicalType? Find(uint oid) =>
        scalars.TryGetValue(oid, out var type) ? type
        : TypeOids.ElementOf(oid) is not 0 and var element && ArrayOf(element) == oid
            ? LogicalType.List(scalars[element])
        : null;

    /// <summary>
    /// The number of a type that has a name in SQL, such as <c>int</c>, <c>numeric(10,2)</c> or <c>text[]</c>; null if
    /// none has it.
    /// </summary>
    public static uint? FindByName(string name)
    {
        var words = Digits().Replace(name, " ").ToLowerInvariant()
            .Split(' ', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var lower = string.Join(' ', words).Replace(" [", "[", StringComparison.Ordinal);
        if (lower.EndsWith("[]", StringComparison.Ordinal))
            return FindByName(lower[..^2]) is { } element ? ArrayOf(element) : null;
        return names.TryGetValue(lower, out var oid) ? oid : null;
    }

    /// <summary>Digits and lengths of a type.</summary>
    [GeneratedRegex(@"\([0-9, -]*\)|\s", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    /// <summary>
    /// Whether numbers of an engine type show no zeros at their end: it is the type of <c>numeric</c> without digits.
    /// </summary>
    public static bool HasNoDigits(LogicalType type) => PgNumeric.IsWithoutDigits(type);

    /// <summary>A number of such a type without the zeros at its end.</summary>
    public static (Int128 Unscaled, int Scale) Trim(Int128 unscaled, int scale) => PgNumeric.Trim(unscaled, scale);

    /// <summary><c>text</c>.</summary>
    public static PgType Text { get; } = new(TypeOids.Text, -1);

    /// <summary>The type of arrays of a type; null where it has none of its own.</summary>
    public static uint? ArrayOf(uint element) =>
        scalars.ContainsKey(element) && TypeOids.ArrayOf(element) is not 0 and var oid ? oid : null;

    /// <summary><c>time</c>.</summary>
    public const uint Time = 1083;

    /// <summary><c>timetz</c>.</summary>
    public const uint TimeTz = 1266;

    /// <summary><c>interval</c>.</summary>
    public const uint Interval = 1186;

    static readonly Dictionary<uint, LogicalType> scalars = new()
    {
        [TypeOids.Bool] = LogicalType.Boolean,
        [TypeOids.Bytea] = LogicalType.Blob,
        [TypeOids.Char] = LogicalType.Varchar,
        [TypeOids.Name] = LogicalType.Varchar,
        [TypeOids.Int8] = LogicalType.BigInt,
        [TypeOids.Int2] = LogicalType.SmallInt,
        [TypeOids.Int4] = LogicalType.Integer,
        [TypeOids.Text] = LogicalType.Varchar,
        [TypeOids.Oid] = LogicalType.Of(TypeId.UInteger),
        [TypeOids.Json] = LogicalType.Json,
        [TypeOids.Jsonb] = LogicalType.Json,
        [TypeOids.Float4] = LogicalType.Float,
        [TypeOids.Float8] = LogicalType.Double,
        [TypeOids.Bpchar] = LogicalType.Varchar,
        [TypeOids.Varchar] = LogicalType.Varchar,
        [TypeOids.Date] = LogicalType.Date,
        [Time] = LogicalType.Time,
        [TimeTz] = LogicalType.Of(TypeId.TimeTz),
        [TypeOids.Timestamp] = LogicalType.Timestamp,
        [TypeOids.Timestamptz] = LogicalType.TimestampTz,
        [Interval] = LogicalType.Interval,
        [TypeOids.Numeric] = LogicalType.Decimal(38, 10),
        [TypeOids.Uuid] = LogicalType.Uuid,
    };

    static readonly Dictionary<string, uint> names = new(StringComparer.Ordinal)
    {
        ["bool"] = TypeOids.Bool,
        ["boolean"] = TypeOids.Bool,
        ["bytea"] = TypeOids.Bytea,
        ["name"] = TypeOids.Name,
        ["int8"] = TypeOids.Int8,
        ["bigint"] = TypeOids.Int8,
        ["int2"] = TypeOids.Int2,
        ["smallint"] = TypeOids.Int2,
        ["int4"] = TypeOids.Int4,
        ["int"] = TypeOids.Int4,
        ["integer"] = TypeOids.Int4,
        ["text"] = TypeOids.Text,
        ["varchar"] = TypeOids.Varchar,
        ["char"] = TypeOids.Bpchar,
        ["character"] = TypeOids.Bpchar,
        ["bpchar"] = TypeOids.Bpchar,
        ["character varying"] = TypeOids.Varchar,
        ["oid"] = TypeOids.Oid,
        ["json"] = TypeOids.Json,
        ["jsonb"] = TypeOids.Jsonb,
        ["float4"] = TypeOids.Float4,
        ["real"] = TypeOids.Float4,
        ["float8"] = TypeOids.Float8,
        ["double precision"] = TypeOids.Float8,
        ["date"] = TypeOids.Date,
        ["time"] = Time,
        ["timestamp"] = TypeOids.Timestamp,
        ["time without time zone"] = Time,
        ["timetz"] = TimeTz,
        ["time with time zone"] = TimeTz,
        ["timestamp without time zone"] = TypeOids.Timestamp,
        ["timestamp with time zone"] = TypeOids.Timestamptz,
        ["timestamptz"] = TypeOids.Timestamptz,
        ["interval"] = Interval,
        ["dec"] = TypeOids.Numeric,
        ["numeric"] = TypeOids.Numeric,
        ["decimal"] = TypeOids.Numeric,
        ["uuid"] = TypeOids.Uuid,
    };
}

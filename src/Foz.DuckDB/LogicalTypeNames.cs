using System.Collections.Frozen;

namespace Foz.DuckDB;

/// <summary>The names of types without parameters, and their synonyms.</summary>
static class LogicalTypeNames
{
    static readonly FrozenDictionary<TypeId, string> Names = new Dictionary<TypeId, string>
    {
        [TypeId.Boolean] = "BOOLEAN", [TypeId.TinyInt] = "TINYINT", [TypeId.SmallInt] = "SMALLINT",
        [TypeId.Integer] = "INTEGER", [TypeId.BigInt] = "BIGINT", [TypeId.HugeInt] = "HUGEINT",
        [TypeId.UTinyInt] = "UTINYINT", [TypeId.USmallInt] = "USMALLINT", [TypeId.UInteger] = "UINTEGER",
        [TypeId.UBigInt] = "UBIGINT", [TypeId.UHugeInt] = "UHUGEINT", [TypeId.BigNum] = "BIGNUM",
        [TypeId.Float] = "FLOAT", [TypeId.Double] = "DOUBLE", [TypeId.Varchar] = "VARCHAR", [TypeId.Blob] = "BLOB",
        [TypeId.Bit] = "BIT", [TypeId.Date] = "DATE", [TypeId.Time] = "TIME", [TypeId.TimeNs] = "TIME_NS",
        [TypeId.TimeTz] = "TIME WITH TIME ZONE", [TypeId.Timestamp] = "TIMESTAMP", [TypeId.TimestampS] = "TIMESTAMP_S",
        [TypeId.TimestampMs] = "TIMESTAMP_MS", [TypeId.TimestampNs] = "TIMESTAMP_NS",
        [TypeId.TimestampTz] = "TIMESTAMP WITH TIME ZONE", [TypeId.Interval] = "INTERVAL", [TypeId.Uuid] = "UUID",
        [TypeId.SqlNull] = "\"NULL\"", [TypeId.Any] = "ANY", [TypeId.Geometry] = "GEOMETRY",
        [TypeId.Variant] = "VARIANT", [TypeId.StringLiteral] = "STRING_LITERAL",
        [TypeId.IntegerLiteral] = "INTEGER_LITERAL",
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, TypeId> Ids = Names
        .Select(n => (Name: n.Value, Id: n.Key))
        .Concat<(string Name, TypeId Id)>([
            ("BOOL", TypeId.Boolean), ("LOGICAL", TypeId.Boolean), ("INT1", TypeId.TinyInt), ("INT2", TypeId.SmallInt),
            ("SHORT", TypeId.SmallInt), ("INT16", TypeId.SmallInt), ("INT", TypeId.Integer), ("INT4", TypeId.Integer),
            ("INT32", TypeId.Integer), ("SIGNED", TypeId.Integer), ("LONG", TypeId.BigInt), ("INT8", TypeId.BigInt),
            ("INT64", TypeId.BigInt), ("INT128", TypeId.HugeInt), ("UINT8", TypeId.UTinyInt),
            ("UINT16", TypeId.USmallInt), ("UINT32", TypeId.UInteger), ("UINT64", TypeId.UBigInt),
            ("UINT128", TypeId.UHugeInt), ("VARINT", TypeId.BigNum), ("REAL", TypeId.Float), ("FLOAT4", TypeId.Float),
            ("FLOAT8", TypeId.Double), ("TEXT", TypeId.Varchar), ("STRING", TypeId.Varchar), ("CHAR", TypeId.Varchar),
            ("BPCHAR", TypeId.Varchar), ("BYTEA", TypeId.Blob), ("BINARY", TypeId.Blob), ("VARBINARY", TypeId.Blob),
            ("BITSTRING", TypeId.Bit), ("TIMETZ", TypeId.TimeTz), ("DATETIME", TypeId.Timestamp),
            ("TIMESTAMP_US", TypeId.Timestamp), ("TIMESTAMPTZ", TypeId.TimestampTz), ("GUID", TypeId.Uuid),
            ("NULL", TypeId.SqlNull),
        ]).ToFrozenDictionary(n => n.Name, n => n.Id, StringComparer.OrdinalIgnoreCase);

    public static string NameOf(TypeId id) => Names.GetValueOrDefault(id, "INVALID");

    /// <summary>The type of that name, in any case; null if there is none.</summary>
    public static TypeId? IdOf(string name) => Ids.TryGetValue(name, out var id) ? id : null;

    /// <summary>A name as an identifier, quoted always: which words need it differs between versions.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}

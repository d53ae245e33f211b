using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>Names of types in SQL.</summary>
static class PgTypeNames
{
    static readonly Dictionary<string, string> engineNames = new(StringComparer.Ordinal)
    {
        ["name"] = "VARCHAR",
        ["char"] = "VARCHAR",
        ["bpchar"] = "VARCHAR",
        ["citext"] = "VARCHAR",
        ["cstring"] = "VARCHAR",
        ["unknown"] = "VARCHAR",
        ["regtype"] = "VARCHAR",
        ["regproc"] = "VARCHAR",
        ["regprocedure"] = "VARCHAR",
        ["sql_identifier"] = "VARCHAR",
        ["character_data"] = "VARCHAR",
        ["yes_or_no"] = "VARCHAR",
        ["aclitem"] = "VARCHAR",
        ["money"] = "DECIMAL(18,2)",
        ["cardinal_number"] = "INTEGER",
        ["oid"] = "UINTEGER",
        ["xid"] = "UINTEGER",
        ["jsonb"] = "JSON",
        // Without digits DuckDB uses three digits after the point.
        ["numeric"] = "DECIMAL(38,10)",
        ["decimal"] = "DECIMAL(38,10)",
        ["int2vector"] = "SMALLINT[]",
        ["oidvector"] = "UINTEGER[]",
        ["serial"] = "INTEGER",
        ["bigserial"] = "BIGINT",
    };

    static readonly Dictionary<string, string> columnNames = new(StringComparer.Ordinal)
    {
        ["int"] = "int4",
        ["integer"] = "int4",
        ["bigint"] = "int8",
        ["smallint"] = "int2",
        ["boolean"] = "bool",
        ["real"] = "float4",
        ["float"] = "float8",
        ["double precision"] = "float8",
        ["decimal"] = "numeric",
        ["character varying"] = "varchar",
        ["character"] = "bpchar",
        ["timestamp with time zone"] = "timestamptz",
        ["timestamp without time zone"] = "timestamp",
        ["time with time zone"] = "timetz",
        ["time without time zone"] = "time",
    };

    /// <summary>Returns DuckDB's name of a type; null if it is the same.</summary>
    /// <param name="name">The last part of PostgreSQL's name, without digits and brackets.</param>
    /// <param name="hasDigits">Whether digits follow it.</param>
    public static string? EngineName(string name, bool hasDigits) =>
        hasDigits && name is "numeric" or "decimal" ? null : engineNames.GetValueOrDefault(name);

    static readonly Dictionary<uint, string> fullNames = new()
    {
        [TypeOids.Bool] = "boolean",
        [TypeOids.Bytea] = "bytea",
        [TypeOids.Int2] = "smallint",
        [TypeOids.Int4] = "integer",
        [TypeOids.Int8] = "bigint",
        [TypeOids.Oid] = "oid",
        [TypeOids.Numeric] = "numeric",
        [TypeOids.Float4] = "real",
        [TypeOids.Float8] = "double precision",
        [TypeOids.Text] = "text",
        [TypeOids.Json] = "json",
        [TypeOids.Jsonb] = "jsonb",
        [TypeOids.Uuid] = "uuid",
        [TypeOids.Date] = "date",
        [TypeOids.Timestamp] = "timestamp without time zone",
        [TypeOids.Timestamptz] = "timestamp with time zone",
        [PgTypes.Time] = "time without time zone",
        [PgTypes.TimeTz] = "time with time zone",
        [PgTypes.Interval] = "interval",
    };

    /// <summary>Returns the name of a type as <c>pg_typeof</c> shows it.</summary>
    public static string Of(uint oid) =>
        fullNames.TryGetValue(oid, out var name) ? name
        : TypeOids.ElementOf(oid) is not 0 and var element && fullNames.TryGetValue(element, out var of) ? $"{of}[]"
        : "text";

    /// <summary>What a column is called that is a value of a type and nothing else.</summary>
    public static string ColumnName(string type) => columnNames.GetValueOrDefault(type, type);
}

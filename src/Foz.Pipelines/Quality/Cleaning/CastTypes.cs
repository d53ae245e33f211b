using System.Collections.Frozen;

namespace Foz.Pipelines.Quality.Cleaning;

/// <summary>Which types values of a pattern or format can be cast to: another one makes null of all of them.</summary>
static class CastTypes
{
    static readonly FrozenSet<string> Texts = FrozenSet.Create(
        StringComparer.Ordinal, "varchar", "text", "string", "char", "bpchar", "nvarchar");

    static readonly FrozenSet<string> Times = FrozenSet.Create(
        StringComparer.Ordinal,
        "date", "datetime", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_us", "timestamp_ns", "timestamptz",
        "timestamp with time zone", "timestamp without time zone", "time", "time without time zone");

    static readonly FrozenSet<string> Numbers = FrozenSet.Create(
        StringComparer.Ordinal,
        "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint",
        "uhugeint", "bignum",
        "int", "int1", "int2", "int4", "int8", "int16", "int32", "int64", "int128", "short", "long", "signed", "uint8",
        "uint16",
        "uint32", "uint64", "decimal", "dec", "numeric", "double", "double precision", "float", "float4", "float8",
        "real");

    static readonly FrozenSet<string> Others = FrozenSet.Create(
        StringComparer.Ordinal, "boolean", "bool", "logical", "blob", "bytea", "binary", "uuid", "json", "interval",
        "bit");

    /// <summary>
    /// Why values of a pattern or a format cannot be cast to a type; null where they can, or the type is not known
    /// here.
    /// </summary>
    /// <param name="type">The type, as it was written.</param>
    /// <param name="pattern">How times are written; null where nothing is said.</param>
    /// <param name="format">The format of the values; null where nothing is said.</param>
    public static string? FindFault(string type, string? pattern, string? format)
    {
        var name = type.Split('(')[0].Trim().ToLowerInvariant();
        var suited = pattern is not null || format is "date" or "date_br" or "timestamp" ? Times
            : format is "decimal" or "decimal_comma" ? Numbers
            : null;
        if (pattern is not null && format is not null)
            return "'pattern' and 'format' both say how the values are written: leave one of them out";
        if (suited is null || suited.Contains(name) || Texts.Contains(name)) return null;
        if (!Times.Contains(name) && !Numbers.Contains(name) && !Others.Contains(name)) return null;
        return pattern is not null
            ? $"'pattern' is for dates and times, and {type} is none"
            : $"a value of the format '{format}' cannot be {type}";
    }
}

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Foz.DuckDB;

namespace Foz.Lake.Sql;

/// <summary>
/// Constants in the JSON of DuckDB's parse trees and plans: a type and the value as it lies in memory.
/// </summary>
static class PlanValue
{
    /// <summary>The value in DuckDB's text; null for NULL and for types that are not read.</summary>
    public static string? TextOf(JsonElement constant)
    {
        if (constant.GetProperty("is_null").GetBoolean() || !constant.TryGetProperty("value", out var value))
            return null;
        var type = constant.GetProperty("type");
        return type.GetProperty("id").GetString() switch
        {
            "BOOLEAN" or "VARCHAR" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT"
                or "UINTEGER" or "UBIGINT" or "STRING_LITERAL" or "INTEGER_LITERAL" => TextOfScalar(value),
            "HUGEINT" => Huge(value)?.ToString(CultureInfo.InvariantCulture),
            "DECIMAL" => Decimal(value, type.GetProperty("type_info")),
            // JSON has no NaN and no infinity: those are not read.
            "FLOAT" when value.ValueKind == JsonValueKind.Number =>
                value.GetSingle().ToString("R", CultureInfo.InvariantCulture),
            "DOUBLE" when value.ValueKind == JsonValueKind.Number =>
                value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
            "DATE" => Long(value) is { } days ? new Date((int)days).ToString() : null,
            "TIMESTAMP" => Long(value) is { } micros ? new Timestamp(micros).ToString() : null,
            "TIMESTAMP WITH TIME ZONE" => Long(value) is { } micros ? new TimestampTz(micros).ToString() : null,
            _ => null,
        };
    }

    static string? TextOfScalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    static string? Decimal(JsonElement value, JsonElement info)
    {
        var unscaled = value.ValueKind == JsonValueKind.Object ? Huge(value) : Long(value);
        return unscaled is { } digits
            ? new DecimalValue(
                (Int128)digits, info.GetProperty("width").GetByte(), info.GetProperty("scale").GetByte()).ToString()
            : null;
    }

    /// <summary>128 bits in two halves.</summary>
    static BigInteger? Huge(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("upper", out var upper)
        && value.TryGetProperty("lower", out var lower)
            ? ((BigInteger)upper.GetInt64() << 64) + lower.GetUInt64()
            : null;

    /// <summary>An integer, itself or as the only field of an object.</summary>
    static long? Long(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out var number) => number,
        JsonValueKind.Object when value.EnumerateObject().Select(p => p.Value).ToArray()
            is [{ ValueKind: JsonValueKind.Number } only] && only.TryGetInt64(out var number) => number,
        _ => null,
    };
}

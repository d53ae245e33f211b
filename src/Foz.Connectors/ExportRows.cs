using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Connectors;

/// <summary>The rows of an export.</summary>
/// <param name="Name">The export and its target: the same in every try.</param>
/// <param name="Version">The last version of the table whose rows they include.</param>
/// <param name="Session">The session that reads them.</param>
/// <param name="Sql">A SELECT of them.</param>
/// <param name="Fields">Their columns.</param>
public sealed record ExportRows(
    string Name, long Version, EngineSession Session, string Sql, IReadOnlyList<Field> Fields)
{
    /// <summary>What the target compares before it takes them.</summary>
    public required ExportFence Fence { get; init; }

    /// <summary>A SELECT of the rows that are gone, with the same columns; null where none can be.</summary>
    public string? DeletedSql { get; init; }

    /// <summary>
    /// A SELECT of each row's values as text: structs and lists as JSON, times as ISO 8601 in UTC, bytes as <c>\x</c>
    /// with hexadecimal digits.
    /// </summary>
    /// <param name="sql">The rows.</param>
    /// <param name="isArray">
    /// Whether the lists of a column become PostgreSQL's text of an array, such as <c>{"a","b"}</c>.
    /// </param>
    public string AsText(string sql, Func<Field, bool>? isArray = null) =>
        $"SELECT {string.Join(", ", Fields.Select(f => f.Type is DataType.Array array && isArray?.Invoke(f) == true
            ? ArrayOf(SqlText.Identifier(f.Name), array, 0)
            : TextOf(SqlText.Identifier(f.Name), f.Type)))} FROM ({sql})";

    /// <summary>
    /// A SELECT of the rows as the engine's JSON should have them: instants as RFC 3339 has them, bytes as <c>\x</c>
    /// with hexadecimal digits, and null for what RFC 8259 has no number for (<c>NaN</c> and infinity); in structs,
    /// lists and maps too.
    /// </summary>
    /// <param name="sql">The rows.</param>
    public string ForJson(string sql)
    {
        var columns = Fields.Select(f => (Name: SqlText.Identifier(f.Name), f.Type))
            .Select(f => $"{JsonOf(f.Name, f.Type, 0)} AS {f.Name}");
        return $"SELECT {string.Join(", ", columns)} FROM ({sql})";
    }

    static string JsonOf(string value, DataType type, int depth)
    {
        var element = $"e{depth}";
        return type switch
        {
            _ when type == DataType.Float || type == DataType.Double => $"CASE WHEN isfinite({value}) THEN {value} END",
            _ when type == DataType.Timestamp =>
                $"CASE WHEN isfinite({value}) THEN replace(CAST({value} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || "
                    + $"'Z' ELSE CAST({value} AS VARCHAR) END",
            _ when type == DataType.TimestampNtz => $"replace(CAST({value} AS VARCHAR), ' ', 'T')",
            _ when type == DataType.Binary => $"'\\x' || lower(hex({value}))",
            DataType.Array array =>
                $"list_transform({value}, lambda {element}: {JsonOf(element, array.Element, depth + 1)})",
            DataType.Map map => $"map_from_entries(list_transform(map_entries({value}), lambda {element}: struct_pack("
                + $"k := {element}.key, v := {JsonOf($"{element}.value", map.Value, depth + 1)})))",
            DataType.Struct record =>
                $"CASE WHEN {value} IS NOT NULL THEN struct_pack({string.Join(", ", record.Fields
                    .Select(f => (Name: SqlText.Identifier(f.Name), f.Type))
                    .Select(f => $"{f.Name} := {JsonOf($"({value}).{f.Name}", f.Type, depth + 1)}"))}) END",
            _ => value,
        };
    }

    static string ArrayOf(string value, DataType.Array array, int depth)
    {
        var element = $"a{depth}";
        var item = array.Element is DataType.Array inner
            ? ArrayOf(element, inner, depth + 1)
            : $"""'"' || replace(replace({TextOf(element, array.Element)}, '\', '\\'), '"', '\"') || '"'""";
        return $"CASE WHEN {value} IS NOT NULL THEN '{{' || array_to_string("
            + $"list_transform({value}, lambda {element}: coalesce({item}, 'NULL')), ',') || '}}' END";
    }

    static string TextOf(string column, DataType type) => type switch
    {
        DataType.Struct or DataType.Array or DataType.Map => $"CAST(to_json({JsonOf(column, type, 0)}) AS VARCHAR)",
        _ when type == DataType.Binary => $"'\\x' || hex({column})",
        _ when type == DataType.Timestamp => $"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
        _ when type == DataType.TimestampNtz => $"strftime({column}, '%Y-%m-%dT%H:%M:%S.%f')",
        _ => $"CAST({column} AS VARCHAR)",
    };
}

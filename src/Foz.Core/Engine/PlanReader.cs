using System.Globalization;
using System.Text.Json;

namespace Foz.Core.Engine;

/// <summary>
/// Walks an optimized plan of DuckDB (the JSON of <c>json_serialize_plan</c>) and notes what is read of the tables
/// whose names begin with a prefix and end with a number.
/// </summary>
sealed class PlanReader(string tablePrefix)
{
    readonly Dictionary<int, List<Scan>> scans = [];

    sealed record Scan(IReadOnlySet<int> Columns, IReadOnlyList<string> Names, FilterExpression? Filter);

    public void Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Read(item);
                break;
            case JsonValueKind.Object:
                ReadOperator(element);
                break;
        }
    }

    /// <summary>What is read of a table by all of its scans together.</summary>
    public BoundTable TableOf(SqlSpan span, int number)
    {
        if (!scans.TryGetValue(number, out var found)) return new(span, false, [], null);
        var columns = found.SelectMany(s => s.Columns).Distinct().Order().Select(c => found[0].Names[c]);
        return new(span, true, [.. columns], FilterExpression.Any(found.Select(s => s.Filter)));
    }

    void ReadOperator(JsonElement element)
    {
        if (IsOperator(element, "LOGICAL_FILTER")
            && element.GetProperty("children") is var children && children.GetArrayLength() == 1
            && IsOperator(children[0], "LOGICAL_GET"))
            ReadScan(children[0], element.GetProperty("expressions"));
        else if (IsOperator(element, "LOGICAL_GET"))
            ReadScan(element, conditions: null);
        else
            foreach (var property in element.EnumerateObject())
                if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array) Read(property.Value);
    }

    static bool IsOperator(JsonElement element, string type) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("type", out var name)
        && name.ValueKind == JsonValueKind.String && name.ValueEquals(type);

    void ReadScan(JsonElement get, JsonElement? conditions)
    {
        if (!get.TryGetProperty("function_data", out var data) || data.ValueKind != JsonValueKind.Object
            || !data.TryGetProperty("table", out var table) || NumberOf(table.GetString()) is not { } number)
            return;
        var names = get.GetProperty("names").EnumerateArray().Select(n => n.GetString()!).ToArray();
        var read = get.GetProperty("column_indexes").EnumerateArray().ToArray();
        var extracted = read.Where(IsExtracted).Select(IndexOf).ToHashSet();
        var filters = new List<FilterExpression?>();
        foreach (var filter in get.GetProperty("table_filters").GetProperty("filters").EnumerateArray())
        {
            var column = filter.GetProperty("key").GetInt32();
            // Where the scan gives a field for its struct, the filter does not say which of the two it means.
            if (!extracted.Contains(column)) filters.Add(PlanFilter.Read(filter.GetProperty("value"), [names[column]]));
        }
        if (conditions is { } expressions)
        {
            // Above the scan, columns are counted in the order in which the scan gives them.
            var projection = get.GetProperty("projection_ids").EnumerateArray().Select(p => p.GetInt32()).ToArray();
            var given = (projection.Length == 0 ? read : projection.Select(p => read[p]))
                .Select(column => PathOf(column, names, get)).ToArray();
            filters.AddRange(expressions.EnumerateArray().Select(e => PlanFilter.ReadExpression(
                e, index => index < given.Length ? given[index] : null)));
        }
        var scan = new Scan(read.Select(IndexOf).Where(c => c >= 0).ToHashSet(), names, FilterExpression.All(filters));
        if (!scans.TryAdd(number, [scan])) scans[number].Add(scan);
    }

    /// <summary>Whether the scan gives a field of the column in the column's place.</summary>
    static bool IsExtracted(JsonElement column) =>
        column.TryGetProperty("index_type", out var type) && type.ValueEquals("PUSHDOWN_EXTRACT");

    /// <summary>The column that the scan gives, or the field of it; null for what is no column.</summary>
    static List<string>? PathOf(JsonElement column, string[] names, JsonElement get)
    {
        var index = IndexOf(column);
        if (index < 0) return null;
        List<string> path = [names[index]];
        var type = get.GetProperty("returned_types")[index];
        while (IsExtracted(column))
        {
            var children = column.GetProperty("child_indexes");
            if (children.GetArrayLength() != 1) return null;
            column = children[0];
            if (!type.TryGetProperty("type_info", out var info) || info.ValueKind != JsonValueKind.Object
                || !info.TryGetProperty("child_types", out var fields))
                return null;
            var field = fields[column.GetProperty("index").GetInt32()];
            path.Add(field.GetProperty("first").GetString()!);
            type = field.GetProperty("second");
        }
        return path;
    }

    int? NumberOf(string? table) =>
        table is not null && table.StartsWith(tablePrefix, StringComparison.Ordinal)
        && int.TryParse(table.AsSpan(tablePrefix.Length), CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A column's place in the table; −1 for what is none, as the row's number.</summary>
    static int IndexOf(JsonElement column) =>
        column.GetProperty("index").TryGetInt32(out var index) ? index : -1;
}

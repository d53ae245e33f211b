using System.Globalization;
using System.Text.Json;

namespace Foz.Lake.Engine.Plans;

/// <summary>
/// Walks an optimized plan of DuckDB (the JSON of <c>json_serialize_plan</c>) and notes what is asked of the rows of
/// tables whose names begin with a prefix and end with a number.
/// </summary>
sealed class PlanReader(string tablePrefix)
{
    // For each table one entry a scan of it.
    readonly Dictionary<int, List<FilterExpression?>> filters = [];

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

    /// <summary>What the rows that any scan of a table needs fulfil; null if nothing is known.</summary>
    public FilterExpression? FilterOf(int number) =>
        filters.TryGetValue(number, out var scans) ? FilterExpression.Any(scans) : null;

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
        var terms = new List<FilterExpression?>();
        foreach (var filter in get.GetProperty("table_filters").GetProperty("filters").EnumerateArray())
            terms.Add(PlanFilter.Read(filter.GetProperty("value"), [names[filter.GetProperty("key").GetInt32()]]));
        if (conditions is { } expressions)
        {
            // Above the scan, columns are counted in the order in which the scan gives them.
            var read = get.GetProperty("column_indexes").EnumerateArray().Select(IndexOf).ToArray();
            var projection = get.GetProperty("projection_ids").EnumerateArray().Select(p => p.GetInt32()).ToArray();
            var given = projection.Length == 0 ? read : [.. projection.Select(p => read[p])];
            terms.AddRange(expressions.EnumerateArray().Select(e => PlanFilter.ReadExpression(
                e, index => index < given.Length && given[index] >= 0 ? [names[given[index]]] : null)));
        }
        if (!filters.TryGetValue(number, out var scans)) filters[number] = scans = [];
        scans.Add(FilterExpression.All(terms));
    }

    int? NumberOf(string? table) =>
        table is not null && table.StartsWith(tablePrefix, StringComparison.Ordinal)
        && int.TryParse(table.AsSpan(tablePrefix.Length), CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A column's place in the table; −1 for what is none, as the row's number.</summary>
    static int IndexOf(JsonElement column) =>
        column.GetProperty("index").TryGetInt32(out var index) ? index : -1;
}

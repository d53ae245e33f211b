using System.Text.Json.Nodes;
using Foz.Lake.Engine;

namespace Foz.Pipelines.Plans;

/// <summary>
/// Which columns of a SELECT another text of it makes otherwise, by DuckDB's parse trees: nothing is bound.
/// </summary>
/// <param name="session">A session of any workload.</param>
sealed class ChangedColumns(EngineSession session)
{
    HashSet<string>? aggregates;

    /// <summary>Finds them.</summary>
    /// <param name="before">The text before.</param>
    /// <param name="now">The text that holds.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Their names; null where the texts may differ in more, such as in which rows they give.</returns>
    public HashSet<string>? Find(string before, string now, CancellationToken cancellationToken)
    {
        if (Parse(before, cancellationToken) is not { } old || Parse(now, cancellationToken) is not { } next)
            return null;
        var (oldItems, nextItems) = (TakeItems(old), TakeItems(next));
        if (!JsonNode.DeepEquals(old, next)) return null;
        if (next["modifiers"]!.AsArray().Any(modifier => $"{modifier!["type"]}" is not "ORDER_MODIFIER")) return null;
        var differing = oldItems.Where(item => !nextItems.Any(other => JsonNode.DeepEquals(item, other)))
            .Concat(nextItems.Where(item => !oldItems.Any(other => JsonNode.DeepEquals(item, other)))).ToList();
        var changed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in differing)
        {
            if (NameOf(item) is not { } name || ChangesRows(item, next, cancellationToken)) return null;
            changed.Add(name);
        }
        Follow(changed, nextItems);
        // A condition, a group or an order may mean a column of the list by its name.
        return NamesIn(next).Any(changed.Contains) ? null : changed;
    }

    /// <summary>Adds the columns that are made from changed ones of the same list.</summary>
    static void Follow(HashSet<string> changed, IReadOnlyList<JsonNode> items)
    {
        for (var count = -1; count != changed.Count;)
        {
            count = changed.Count;
            foreach (var item in items)
                if (NameOf(item) is { } name && NamesIn(item).Any(used => changed.Contains(used))) changed.Add(name);
        }
    }

    /// <summary>Whether an item of the list decides how many rows there are.</summary>
    bool ChangesRows(JsonNode item, JsonNode select, CancellationToken cancellationToken)
    {
        // By GROUP BY ALL, and by places in the list.
        if ($"{select["aggregate_handling"]}" is "FORCE_AGGREGATES"
            || select["group_expressions"]!.AsArray().Any(group => $"{group!["class"]}" is "CONSTANT")) return true;
        var functions = ValuesIn(item, "function_name").ToList();
        if (functions.Any(name => name is "unnest" or "generate_series" or "generate_subscripts")) return true;
        if (select["group_expressions"]!.AsArray().Count > 0) return false;
        aggregates ??= AggregatesOf(cancellationToken);
        return functions.Any(aggregates.Contains);
    }

    HashSet<string> AggregatesOf(CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'",
            cancellationToken);
        return rows.Rows(cancellationToken).Select(row => (string)row[0]!).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The tree of the one SELECT of a text, without positions; null where it is something else.</summary>
    JsonNode? Parse(string sql, CancellationToken cancellationToken)
    {
        var text = session.QueryScalar<string>(
            "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", cancellationToken, sql);
        if (JsonNode.Parse(text) is not { } tree || tree["statements"] is not JsonArray { Count: 1 } statements)
            return null;
        if (statements[0]!["node"] is not { } node || $"{node["type"]}" is not "SELECT_NODE") return null;
        RemovePositions(node);
        return node.DeepClone();
    }

    static List<JsonNode> TakeItems(JsonNode select)
    {
        var items = select["select_list"]!.AsArray().Select(item => item!.DeepClone()).ToList();
        select.AsObject().Remove("select_list");
        return items;
    }

    /// <summary>The name of a column; null for a star, and where the engine makes one up.</summary>
    static string? NameOf(JsonNode item) =>
        $"{item["alias"]}" is { Length: > 0 } alias ? alias
        : $"{item["class"]}" is "COLUMN_REF" ? $"{item["column_names"]!.AsArray()[^1]}"
        : null;

    /// <summary>The columns without a table that a tree names.</summary>
    static IEnumerable<string> NamesIn(JsonNode tree) => ObjectsIn(tree)
        .Select(node => node["column_names"]).OfType<JsonArray>().Where(names => names.Count == 1)
        .Select(names => $"{names[0]}");

    static IEnumerable<string> ValuesIn(JsonNode tree, string key) =>
        ObjectsIn(tree).Select(node => node[key]).OfType<JsonValue>().Select(value => $"{value}");

    static IEnumerable<JsonObject> ObjectsIn(JsonNode? tree) => tree switch
    {
        JsonObject node => node.SelectMany(property => ObjectsIn(property.Value)).Prepend(node),
        JsonArray array => array.SelectMany(ObjectsIn),
        _ => [],
    };

    static void RemovePositions(JsonNode tree)
    {
        foreach (var node in ObjectsIn(tree).ToList()) node.Remove("query_location");
    }
}

using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>
/// What a statement compares: operands of comparisons, what it sorts and groups by, and what it makes distinct, as far
/// as these are columns, values of <c>jsonb</c>, or carry the values of such.
/// </summary>
sealed class SqlComparisons
{
    const string All = "*";

    // What the statement makes a jsonb of, as if it were a column of that name.
    const string Made = "foz_to_jsonb";

    static readonly HashSet<string> makers = new(StringComparer.OrdinalIgnoreCase)
    {
        Made, "foz_jsonb_join", "json_extract", "->", "foz_json_get",
    };

    static readonly HashSet<string> comparing = new(StringComparer.OrdinalIgnoreCase)
    {
        "min", "max", "greatest", "least", "nullif", "||", "concat_op", "mode", "list_contains", "foz_any",
        "foz_any_of", "foz_all_of",
    };

    // Functions that take the place of comparisons.
    static readonly string[] comparingStarts = ["foz_any_", "foz_all_", "foz_given_", "foz_row_"];

    readonly HashSet<string> compared = new(StringComparer.OrdinalIgnoreCase);
    readonly HashSet<string> named = new(StringComparer.OrdinalIgnoreCase);
    readonly List<(string Alias, string Name)> aliases = [];

    SqlComparisons()
    {
    }

    /// <summary>Reads a statement's tree.</summary>
    public static SqlComparisons Read(JsonElement node)
    {
        var found = new SqlComparisons();
        found.Walk(node);
        return found;
    }

    /// <summary>What it compares of values of <c>jsonb</c>; null for nothing.</summary>
    /// <param name="columns">The columns of that type in the tables that it reads.</param>
    public string? FindJsonb(IEnumerable<string> columns)
    {
        if (compared.Count == 0) return null;
        var known = new HashSet<string>(columns, StringComparer.OrdinalIgnoreCase);
        if (compared.Contains(All) && known.Count > 0) return known.First();
        known.Add(Made);
        for (var count = 0; count < known.Count;)
        {
            count = known.Count;
            foreach (var (alias, name) in aliases)
                if (known.Contains(name)) known.Add(alias);
        }
        return compared.FirstOrDefault(known.Contains) is { } found ? found == Made ? "an expression" : found : null;
    }

    /// <summary>Whether it gives an expression a name.</summary>
    public bool Names(string alias) => named.Contains(alias);

    void Walk(JsonElement element)
    {
        SqlNesting.Check();
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Walk(item);
            return;
        }
        if (element.ValueKind != JsonValueKind.Object) return;
        if (Text(element, "class") is { } expression) ReadExpression(element, expression);
        else ReadNode(element, Text(element, "type"));
        foreach (var property in element.EnumerateObject()) Walk(property.Value);
    }

    void ReadExpression(JsonElement element, string expression)
    {
        switch (expression)
        {
            case "COMPARISON":
                Compare(element, "left", "right");
                break;
            case "BETWEEN":
                Compare(element, "input", "lower", "upper");
                break;
            case "OPERATOR" when Text(element, "type") is "COMPARE_IN" or "COMPARE_NOT_IN":
                Compare(element, "children");
                break;
            case "SUBQUERY" when Text(element, "subquery_type") is "ANY":
                Compare(element, "child", "subquery");
                break;
            case "FUNCTION" when element.GetProperty("distinct").GetBoolean()
                || IsComparing(Text(element, "function_name")):
                Compare(element, "children");
                break;
            case "WINDOW":
                Compare(element, "partitions");
                break;
        }
    }

    static bool IsComparing(string? function) =>
        function is not null && (comparing.Contains(function)
            || comparingStarts.Any(start => function.StartsWith(start, StringComparison.OrdinalIgnoreCase)));

    void ReadNode(JsonElement element, string? type)
    {
        switch (type)
        {
            case "SELECT_NODE":
                ReadSelect(element);
                break;
            case "SET_OPERATION_NODE" when element.TryGetProperty("setop_all", out var isAll) && !isAll.GetBoolean():
                compared.UnionWith(Carried(element));
                break;
            case "JOIN" when element.TryGetProperty("using_columns", out var names):
                compared.UnionWith(names.EnumerateArray().Select(name => name.GetString()!));
                break;
            case { } when element.TryGetProperty("column_name_alias", out var columns):
                named.UnionWith(columns.EnumerateArray().Select(column => column.GetString()!));
                break;
            case { } when element.TryGetProperty("null_order", out _):
                Compare(element, "expression");
                break;
        }
    }

    void ReadSelect(JsonElement select)
    {
        List<JsonElement> items = [.. select.GetProperty("select_list").EnumerateArray()];
        foreach (var item in items)
            if (Text(item, "alias") is { } alias)
            {
                named.Add(alias);
                aliases.AddRange(Carried(item).Select(name => (alias, name)));
            }
        foreach (var group in select.GetProperty("group_expressions").EnumerateArray()) CompareItem(group, items);
        foreach (var modifier in select.GetProperty("modifiers").EnumerateArray())
        {
            if (modifier.TryGetProperty("orders", out var orders))
                foreach (var order in orders.EnumerateArray()) CompareItem(order.GetProperty("expression"), items);
            if (modifier.TryGetProperty("distinct_on_targets", out var targets) && targets.GetArrayLength() == 0)
                compared.UnionWith(items.SelectMany(Carried));
            else if (targets.ValueKind == JsonValueKind.Array)
                foreach (var target in targets.EnumerateArray()) CompareItem(target, items);
        }
    }

    /// <summary>Notes what is sorted or grouped by: a number means a column of the SELECT.</summary>
    void CompareItem(JsonElement expression, List<JsonElement> items) =>
        compared.UnionWith(
            Carried(
                PlaceOf(expression) is { } place && place > 0 && place <= items.Count ? items[place - 1] : expression));

    /// <summary>The whole number that an expression is; null for any other, such as a text.</summary>
    static int? PlaceOf(JsonElement expression) =>
        Text(expression, "class") is "CONSTANT"
            && expression.GetProperty("value").TryGetProperty("value", out var value)
        && value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var place) ? place : null;

    void Compare(JsonElement element, params ReadOnlySpan<string> properties)
    {
        foreach (var property in properties)
            if (element.TryGetProperty(property, out var operand)) compared.UnionWith(Carried(operand));
    }

    /// <summary>The columns whose values an expression, or a query, has for its own.</summary>
    static IEnumerable<string> Carried(JsonElement element)
    {
        SqlNesting.Check();
        if (element.ValueKind == JsonValueKind.Array) return element.EnumerateArray().SelectMany(Carried);
        if (element.ValueKind != JsonValueKind.Object) return [];
        return (Text(element, "class"), Text(element, "type")) switch
        {
            ("COLUMN_REF", _) => [element.GetProperty("column_names").EnumerateArray().Last().GetString()!],
            ("STAR", _) => [All],
            ("LAMBDA", _) => [Made],
            ("FUNCTION", _) when makers.Contains(Text(element, "function_name") ?? "") => [Made],
            ("FUNCTION", _)
                when Text(element, "function_name") is "any_value" or "first" or "last" or "row" or "nullif" =>
                    Parts(element, "children"),
            ("WINDOW", _) => Parts(element, "children"),
            ("OPERATOR", "OPERATOR_COALESCE") => Parts(element, "children"),
            ("CASE", _) => Parts(element, "case_checks", "else_expr"),
            (null, "SELECT_NODE") => Parts(element, "select_list"),
            (null, "SET_OPERATION_NODE") => Parts(element, "left", "right"),
            ("SUBQUERY", _) => Parts(element, "subquery"),
            (null, null) => Parts(element, "then_expr", "node"),
            _ => [],
        };
    }

    static IEnumerable<string> Parts(JsonElement element, params string[] properties) =>
        properties.SelectMany(property => element.TryGetProperty(property, out var part) ? Carried(part) : []);

    static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String
            && text.GetString() is { Length: > 0 } value ? value : null;
}

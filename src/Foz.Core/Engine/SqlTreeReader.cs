using System.Text;
using System.Text.Json;

namespace Foz.Core.Engine;

/// <summary>Walks DuckDB's parse tree (the JSON of <c>json_serialize_sql</c>) and notes what it names.</summary>
sealed class SqlTreeReader(string sql, SqlTokens tokens)
{
    /// <summary>How deep a tree may be; DuckDB itself allows expressions of 1,000 levels.</summary>
    public const int DepthMax = 16_384;

    readonly byte[] utf8 = Encoding.UTF8.GetBytes(sql);
    readonly List<TableReference> tables = [];
    readonly List<TableFunctionCall> tableFunctions = [];
    readonly List<ColumnReference> columns = [];
    readonly HashSet<string> functions = new(StringComparer.Ordinal);
    readonly HashSet<string> localNames = new(StringComparer.OrdinalIgnoreCase);
    readonly HashSet<string> withNames = new(StringComparer.Ordinal);
    readonly List<int> parentScopes = [];
    readonly List<string> commonTables = [];
    int scope = -1;

    public IReadOnlyList<TableReference> Tables => [.. tables.OrderBy(t => t.Span.Start)];

    public IReadOnlyList<TableFunctionCall> TableFunctions => [.. tableFunctions.OrderBy(f => f.Span.Start)];

    public IReadOnlyList<ColumnReference> Columns => [.. columns.OrderBy(c => c.Span.Start)];

    public IReadOnlySet<string> Functions => functions;

    public IReadOnlySet<string> LocalNames => localNames;

    public IReadOnlySet<string> WithNames => withNames;

    public IReadOnlyList<int> ParentScopes => parentScopes;

    public bool TakesAllColumns { get; private set; }

    public void Read(JsonElement element)
    {
        SqlNesting.Check();
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Read(item);
                break;
            case JsonValueKind.Object when element.TryGetProperty("cte_map", out var commonTableMap):
                ReadQuery(element, commonTableMap.GetProperty("map"));
                break;
            case JsonValueKind.Object:
                ReadObject(element);
                break;
        }
    }

    /// <summary>A SELECT or a set operation: what it defines by WITH is known inside of it only.</summary>
    void ReadQuery(JsonElement query, JsonElement commonTableMap)
    {
        var known = commonTables.Count;
        var around = scope;
        if (query.GetProperty("type").ValueEquals("SELECT_NODE"))
        {
            scope = parentScopes.Count;
            parentScopes.Add(around);
        }
        foreach (var entry in commonTableMap.EnumerateArray())
        {
            var name = entry.GetProperty("key").GetString()!;
            var definition = entry.GetProperty("value");
            localNames.Add(name);
            withNames.Add(name);
            // Its own name means another table, unless it is recursive.
            Read(definition.GetProperty("query"));
            commonTables.Add(name);
        }
        var recursion = query.GetProperty("type").ValueEquals("RECURSIVE_CTE_NODE") ? query.GetProperty("cte_name").GetString() : null;
        foreach (var property in query.EnumerateObject())
            if (!property.NameEquals("cte_map") && (recursion is null || !property.NameEquals("right"))) Read(property.Value);
        if (recursion is not null)
        {
            // Only the part behind UNION reads what there is so far; for the one before it the name is another table's.
            commonTables.Add(recursion);
            Read(query.GetProperty("right"));
        }
        commonTables.RemoveRange(known, commonTables.Count - known);
        scope = around;
    }

    void ReadObject(JsonElement element)
    {
        if (element.TryGetProperty("class", out var expression)) ReadExpression(element, expression.GetString()!);
        else if (element.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
        {
            if (Alias(element) is { } alias) localNames.Add(alias);
            if (type.ValueEquals("JOIN")) ReadJoin(element);
            if (type.ValueEquals("BASE_TABLE")) ReadTable(element);
            else if (type.ValueEquals("TABLE_FUNCTION") && element.TryGetProperty("function", out var function))
                ReadTableFunction(element, function);
            // SHOW TABLES and the like, which tell what the engine itself has; DESCRIBE of a table is a query of it.
            else if (type.ValueEquals("SHOW_REF") && !IsObject(element, "query")) functions.Add("show");
        }
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) continue;
            // What is called behind FROM is no function of rows; its arguments may be.
            if (property.NameEquals("function") && property.Value.TryGetProperty("children", out var arguments)) Read(arguments);
            else Read(property.Value);
        }
    }

    void ReadExpression(JsonElement element, string expression)
    {
        if (expression == "COLUMN_REF")
            columns.Add(new(Parts(element), NameSpan(element)) { Scope = scope });
        else if (expression is "STAR" or "POSITIONAL_REFERENCE") TakesAllColumns = true;
        else if (expression is "FUNCTION" or "WINDOW"
            && !(element.TryGetProperty("is_operator", out var isOperator) && isOperator.GetBoolean())
            && element.TryGetProperty("function_name", out var name))
            functions.Add(name.GetString()!.ToLowerInvariant());
    }

    void ReadJoin(JsonElement join)
    {
        if (join.TryGetProperty("ref_type", out var kind) && kind.ValueEquals("NATURAL")) TakesAllColumns = true;
        if (join.TryGetProperty("using_columns", out var names) && names.ValueKind == JsonValueKind.Array && names.GetArrayLength() > 0)
            TakesAllColumns = true;
    }

    void ReadTable(JsonElement element)
    {
        var name = element.GetProperty("table_name").GetString()!;
        var schema = TextOrNull(element, "schema_name");
        if (schema is null && commonTables.Exists(known => IsSame(known, name))) return;
        var start = TokenAt(element);
        var span = NameSpan(element);
        tables.Add(new()
        {
            Catalog = TextOrNull(element, "catalog_name"),
            Schema = schema,
            Name = name,
            Alias = Alias(element),
            IsText = start >= 0 && tokens[start].Kind == SqlTokenKind.Text,
            Span = span,
            At = element.TryGetProperty("at_clause", out var at) && at.ValueKind == JsonValueKind.Object
                ? new(
                    at.GetProperty("unit").GetString()!.ToUpperInvariant(), Constant(at.GetProperty("expr")),
                    AtSpan(span))
                : null,
            Scope = scope,
        });
    }

    /// <summary>Whether two names are one for DuckDB, which knows the case of ASCII's letters only.</summary>
    static bool IsSame(string one, string other)
    {
        if (one.Length != other.Length) return false;
        for (var i = 0; i < one.Length; i++)
            if (one[i] != other[i] && (!char.IsAsciiLetter(one[i]) || (one[i] ^ other[i]) != 0x20)) return false;
        return true;
    }

    void ReadTableFunction(JsonElement element, JsonElement function)
    {
        var span = NameSpan(element);
        var opening = FirstTokenFrom(span.End);
        var end = tokens.IsSymbol(opening, '(') ? tokens[tokens.Closing(opening)].End : span.End;
        tableFunctions.Add(new()
        {
            Name = function.GetProperty("function_name").GetString()!.ToLowerInvariant(),
            Arguments = [.. function.GetProperty("children").EnumerateArray().Select(ReadArgument)],
            Alias = Alias(element),
            Span = new(span.Start, end - span.Start),
        });
    }

    static TableFunctionArgument ReadArgument(JsonElement argument)
    {
        var name = TextOrNull(argument, "alias");
        // A comparison with a bare name is how DuckDB parses header = true.
        if (name is null && argument.GetProperty("type").ValueEquals("COMPARE_EQUAL")
            && Parts(argument.GetProperty("left")) is [var left])
            (name, argument) = (left, argument.GetProperty("right"));
        return new(name, Constant(argument), Parts(argument));
    }

    static IReadOnlyList<string> Parts(JsonElement expression) =>
        expression.TryGetProperty("column_names", out var names)
            ? [.. names.EnumerateArray().Select(n => n.GetString()!)]
            : [];

    /// <summary>A constant as text, through casts; null if it is none, or NULL.</summary>
    static string? Constant(JsonElement expression)
    {
        while (expression.TryGetProperty("cast_type", out _)) expression = expression.GetProperty("child");
        return expression.GetProperty("class").ValueEquals("CONSTANT")
            ? PlanValue.TextOf(expression.GetProperty("value"))
            : null;
    }

    /// <summary>From the place that DuckDB gives, a name of parts with dots between, or a text.</summary>
    SqlSpan NameSpan(JsonElement element)
    {
        var first = TokenAt(element);
        if (first < 0) return default;
        var last = first;
        while (tokens.IsName(last) && tokens.IsSymbol(last + 1, '.') && tokens.IsName(last + 2)) last += 2;
        return new(tokens[first].Start, tokens[last].End - tokens[first].Start);
    }

    /// <summary>The clause AT (…) behind a table's name, its alias and the names of its columns.</summary>
    SqlSpan AtSpan(SqlSpan name)
    {
        for (var i = FirstTokenFrom(name.End); i < tokens.Count; i++)
        {
            if (!tokens.IsWord(i, "AT") || !tokens.IsSymbol(i + 1, '(')) continue;
            return new(tokens[i].Start, tokens[tokens.Closing(i + 1)].End - tokens[i].Start);
        }
        return default;
    }

    int FirstTokenFrom(int position)
    {
        var index = 0;
        while (index < tokens.Count && tokens[index].Start < position) index++;
        return index;
    }

    /// <summary>The token at the place that DuckDB gives, in bytes; −1 if it gives none.</summary>
    int TokenAt(JsonElement element)
    {
        if (!element.TryGetProperty("query_location", out var location) || location.GetUInt64() >= (ulong)utf8.Length)
            return -1;
        return tokens.IndexAt(Encoding.UTF8.GetCharCount(utf8, 0, (int)location.GetUInt64()));
    }

    static bool IsObject(JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind is JsonValueKind.Object;

    static string? Alias(JsonElement element) => TextOrNull(element, "alias");

    static string? TextOrNull(JsonElement element, string property) =>
        element.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String
        && text.GetString() is { Length: > 0 } value ? value : null;
}

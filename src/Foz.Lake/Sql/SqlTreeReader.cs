using System.Text;
using System.Text.Json;

namespace Foz.Lake.Sql;

/// <summary>Walks DuckDB's parse tree (the JSON of <c>json_serialize_sql</c>) and notes what it names.</summary>
sealed partial class SqlTreeReader(string sql, SqlTokens tokens)
{
    /// <summary>How deep a tree may be; DuckDB itself allows expressions of 1,000 levels.</summary>
    public const int DepthMax = 16_384;

    static readonly string[] series = ["range", "generate_series"];
    static readonly string[] joining = ["string_agg", "group_concat", "listagg"];

    readonly byte[] utf8 = Encoding.UTF8.GetBytes(sql);
    readonly List<TableReference> tables = [];
    readonly List<TableFunctionCall> tableFunctions = [];
    readonly List<ColumnReference> columns = [];
    readonly Dictionary<string, int> functions = new(StringComparer.Ordinal);
    readonly HashSet<string> localNames = new(StringComparer.OrdinalIgnoreCase);
    readonly HashSet<string> withNames = new(StringComparer.Ordinal);
    readonly List<int> parentScopes = [];

    // The tree does not say whether a query of WITH is NOT MATERIALIZED, and put in wherever it is named; the text says
    // whether one is.
    readonly Lazy<bool> putsIn = new(() =>
        Enumerable.Range(0, tokens.Count).Any(i => tokens.IsWord(i, "NOT") && tokens.IsWord(i + 1, "MATERIALIZED")));
    readonly List<(string Name, long Relations)> commonTables = [];
    readonly List<string> folded = [];
    int lastByte;
    int lastCharacter;
    int scope = -1;
    bool isFolded;

    /// <summary>Reads a statement's tree.</summary>
    /// <exception cref="FozException">
    /// A name is not where the tree says that it is, or two are at one place: what is put there would be
    /// put into the place of something else.
    /// </exception>
    public void ReadStatement(JsonElement node)
    {
        Read(node);
        IsExpression = node.GetProperty("type").ValueEquals("SELECT_NODE")
            && node.GetProperty("select_list").GetArrayLength() == 1
            && node.GetProperty("modifiers").GetArrayLength() == 0
            && node.GetProperty("from_table").GetProperty("type").ValueEquals("EMPTY")
            && !IsObject(node, "where_clause") && !IsObject(node, "having") && !IsObject(node, "qualify")
            && node.GetProperty("cte_map").GetProperty("map").GetArrayLength() == 0;
        Merge(tables, t => t with { Scope = 0 }, t => (t.Name, t.Scope), (t, times) => t with { Times = times });
        Merge(tableFunctions, f => (f.Span, f.Name, f.Alias), f => (f.Name, f.Scope),
            (f, times) => f with { Times = times });
        // Nothing is put in the place of columns that have none.
        Merge(columns, c => c.Span.Length > 0 ? c.Span : c, c => ("", c.Scope), (c, _) => c);
        var places = new HashSet<SqlSpan>();
        foreach (var (span, name) in tables.Select(t => (t.Span, t.Name))
            .Concat(tableFunctions.Select(f => (f.Span, f.Name))))
            if (!places.Add(span)) throw Misplaced(name);
    }

    /// <summary>
    /// Makes one of those that are the same at the same place of different SELECTs: the parser read a subquery once,
    /// and copied what it made of it.
    /// </summary>
    /// <exception cref="FozException">Two are at one place of one SELECT.</exception>
    static void Merge<T>(
        List<T> found, Func<T, object> key, Func<T, (string Name, int Scope)> place, Func<T, int, T> merge)
    {
        var groups = found.GroupBy(key).Select(group => group.ToList()).ToList();
        if (groups.Count == found.Count) return;
        found.Clear();
        foreach (var same in groups)
        {
            if (same.Select(place).Distinct().Count() < same.Count && place(same[0]).Name is { Length: > 0 } name)
                throw Misplaced(name);
            found.Add(merge(same[0], same.Count));
        }
    }

    public IReadOnlyList<TableReference> Tables => [.. tables.OrderBy(t => t.Span.Start)];

    public IReadOnlyList<TableFunctionCall> TableFunctions => [.. tableFunctions.OrderBy(f => f.Span.Start)];

    public IReadOnlyList<ColumnReference> Columns => [.. columns.OrderBy(c => c.Span.Start)];

    /// <summary>The functions in small letters, with how often each is called.</summary>
    public IReadOnlyDictionary<string, int> Functions => functions;

    public IReadOnlySet<string> LocalNames => localNames;

    public IReadOnlySet<string> WithNames => withNames;

    public IReadOnlyList<int> ParentScopes => parentScopes;

    public bool TakesAllColumns { get; private set; }

    public bool IsExpression { get; private set; }

    public long Relations { get; private set; }

    public bool Multiplies { get; private set; }

    public IReadOnlyList<string> Folded => folded;

    void Read(JsonElement element)
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
        var (around, isFoldedAround) = (scope, isFolded);
        isFolded = false;
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
            var before = Relations;
            Read(definition.GetProperty("query"));
            commonTables.Add((name, putsIn.Value ? Math.Max(Relations - before, 1) : 1));
        }
        var recursion = query.GetProperty("type").ValueEquals("RECURSIVE_CTE_NODE")
            ? query.GetProperty("cte_name").GetString()
            : null;
        foreach (var property in query.EnumerateObject())
            if (!property.NameEquals("cte_map") && (recursion is null || !property.NameEquals("right")))
                Read(property.Value);
        if (recursion is not null)
        {
            // Only the part after UNION reads the rows so far; for the part before it the name is another table's.
            Multiplies = true;
            commonTables.Add((recursion, 1));
            Read(query.GetProperty("right"));
        }
        commonTables.RemoveRange(known, commonTables.Count - known);
        (scope, isFolded) = (around, isFoldedAround);
    }

    void ReadObject(JsonElement element)
    {
        if (element.TryGetProperty("class", out var expression)) ReadExpression(element, expression.GetString()!);
        else if (element.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
        {
            if (Alias(element) is { } alias) localNames.Add(alias);
            if (type.ValueEquals("JOIN")) ReadJoin(element);
            if (type.ValueEquals("BASE_TABLE") || type.ValueEquals("TABLE_FUNCTION")) Count(1);
            if (type.ValueEquals("BASE_TABLE")) ReadTable(element);
            else if (type.ValueEquals("TABLE_FUNCTION") && element.TryGetProperty("function", out var function))
                ReadTableFunction(element, function);
            // SHOW TABLES and the like, which list what the engine itself has; DESCRIBE of a table is a query of it.
            else if (type.ValueEquals("SHOW_REF") && !IsObject(element, "query")) Call("show");
        }
        else if (element.TryGetProperty("type_info", out _) && element.GetProperty("id").ValueEquals("VARIANT"))
            Call("variant");
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) continue;
            // What is called in FROM is no function of rows; its arguments may be.
            if (property.NameEquals("function") && property.Value.TryGetProperty("children", out var arguments))
                ReadFolded(arguments, from: IsCallOf(property.Value, series) ? 0 : int.MaxValue);
            else if (property.NameEquals("children") && IsCallOf(element, joining)) ReadFolded(property.Value, from: 1);
            else if (property.NameEquals("limit") || property.NameEquals("offset")) ReadFolded(property.Value, from: 0);
            else Read(property.Value);
        }
    }

    static bool IsCallOf(JsonElement call, string[] names) =>
        TextOrNull(call, "function_name") is { } name && names.Contains(name.ToLowerInvariant());

    /// <summary>
    /// Reads what the engine computes while it binds the statement: LIMIT and OFFSET, the ends of a series, and what an
    /// aggregate puts between texts.
    /// </summary>
    /// <param name="values">One value, or several.</param>
    /// <param name="from">Which of several is the first.</param>
    void ReadFolded(JsonElement values, int from)
    {
        var around = isFolded;
        if (values.ValueKind is not JsonValueKind.Array)
        {
            isFolded = true;
            Read(values);
        }
        else
        {
            foreach (var (number, value) in values.EnumerateArray().Index())
            {
                isFolded = around || number >= from;
                Read(value);
            }
        }
        isFolded = around;
    }

    void ReadExpression(JsonElement element, string expression)
    {
        if (expression == "COLUMN_REF")
            columns.Add(new(Parts(element), ColumnSpan(element)) { Scope = scope });
        else if (expression is "STAR" or "POSITIONAL_REFERENCE") TakesAllColumns = true;
        else if (expression is "FUNCTION" or "WINDOW"
            && !(element.TryGetProperty("is_operator", out var isOperator) && isOperator.GetBoolean())
            && element.TryGetProperty("function_name", out var name))
            Call(NameOf(element, name.GetString()!.ToLowerInvariant()));
    }

    /// <summary>
    /// Returns the function as it is called; a call that skips macros of its name keeps the engine's catalog before it.
    /// </summary>
    static string NameOf(JsonElement call, string function) =>
        TextOrNull(call, "catalog") is { } catalog ? $"{catalog}.{function}" : function;

    void Call(string function)
    {
        functions[function] = functions.GetValueOrDefault(function) + 1;
        if (isFolded) folded.Add(function);
    }

    /// <summary>
    /// Adds to the relations; there is an end to counting, as queries that are put in double the number.
    /// </summary>
    void Count(long more) => Relations = Math.Min(Relations + more, int.MaxValue);

    void ReadJoin(JsonElement join)
    {
        Multiplies = true;
        if (join.TryGetProperty("ref_type", out var kind) && kind.ValueEquals("NATURAL")) TakesAllColumns = true;
        if (join.TryGetProperty("using_columns", out var names) && names.ValueKind == JsonValueKind.Array
            && names.GetArrayLength() > 0)
            TakesAllColumns = true;
    }

    void ReadTable(JsonElement element)
    {
        var name = element.GetProperty("table_name").GetString()!;
        var schema = TextOrNull(element, "schema_name");
        if (schema is null && commonTables.FindLastIndex(known => IsSame(known.Name, name)) is >= 0 and var common)
        {
            Count(commonTables[common].Relations - 1);
            return;
        }
        var (start, catalog) = (TokenAt(element), TextOrNull(element, "catalog_name"));
        var span = SpanOf(element, [catalog, schema, name]);
        tables.Add(new()
        {
            Catalog = catalog,
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
        var name = function.GetProperty("function_name").GetString()!;
        var span = SpanOf(element, [TextOrNull(function, "catalog"), TextOrNull(function, "schema"), name]);
        var opening = tokens.FirstFrom(span.End);
        if (!tokens.IsSymbol(opening, '(')) throw Misplaced(name);
        var end = tokens[tokens.Closing(opening)].End;
        tableFunctions.Add(new()
        {
            Name = name.ToLowerInvariant(),
            Arguments = [.. function.GetProperty("children").EnumerateArray().Select(ReadArgument)],
            Alias = Alias(element),
            Span = new(span.Start, end - span.Start),
            Scope = scope,
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

    static bool IsObject(JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind is JsonValueKind.Object;

    static string? Alias(JsonElement element) => TextOrNull(element, "alias");

    static string? TextOrNull(JsonElement element, string property) =>
        element.TryGetProperty(property, out var text) && text.ValueKind == JsonValueKind.String
        && text.GetString() is { Length: > 0 } value ? value : null;
}

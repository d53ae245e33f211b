using System.Text.Json;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>
/// Walks a bound plan of DuckDB (the JSON of <c>json_serialize_plan</c>, not optimized) from its scans up, and follows
/// columns by their places. What it does not know counts as made from all that it reads.
/// </summary>
/// <param name="tables">The empty tables of the plan, by the numbers of their names, and what they refer to.</param>
sealed class LineageReader(IReadOnlyList<(int Number, SqlSpan Span)> tables)
{
    // A recursive query reaches a fixed set after as many rounds as it has columns; each round is another walk.
    const int RoundsMax = 64;

    readonly Dictionary<string, SqlSpan> scanned = tables.ToDictionary(
        table => PlanSession.TableName(table.Number), table => table.Span, StringComparer.Ordinal);

    readonly Dictionary<long, PlanColumns> byIndex = [];
    readonly Stack<PlanColumns> eliminated = [];
    readonly HashSet<ColumnInput> conditions = [];

    /// <summary>Reads a plan.</summary>
    /// <param name="columns">The columns that the statement gives.</param>
    /// <param name="plan">Its root.</param>
    public StatementLineage Read(IReadOnlyList<EngineColumn> columns, JsonElement plan)
    {
        var row = ReadOperator(plan);
        return new(
            [.. columns.Select((column, place) => new OutputColumn(column, row[place].ToList()))],
            [
                .. conditions.OrderBy(c => c.Table.Start).ThenBy(c => c.Column, StringComparer.Ordinal)
                    .ThenBy(c => c.Transformation),
            ]);
    }

    PlanColumns ReadOperator(JsonElement plan)
    {
        var type = plan.GetProperty("type").GetString()!;
        var row = type switch
        {
            "LOGICAL_GET" => ReadScan(plan),
            "LOGICAL_PROJECTION" => ReadProjection(plan),
            "LOGICAL_FILTER" => ReadFilter(plan),
            "LOGICAL_AGGREGATE_AND_GROUP_BY" => ReadAggregate(plan),
            "LOGICAL_WINDOW" => ReadExtension(plan),
            "LOGICAL_UNNEST" => ReadUnnest(plan),
            "LOGICAL_ORDER_BY" or "LOGICAL_TOP_N" => ReadOrder(plan),
            "LOGICAL_DISTINCT" => ReadDistinct(plan),
            "LOGICAL_LIMIT" or "LOGICAL_SAMPLE" => ReadOperator(Child(plan, 0)),
            "LOGICAL_UNION" or "LOGICAL_EXCEPT" or "LOGICAL_INTERSECT" => ReadSet(plan, type),
            "LOGICAL_COMPARISON_JOIN" or "LOGICAL_ASOF_JOIN" or "LOGICAL_ANY_JOIN" or "LOGICAL_DELIM_JOIN"
                or "LOGICAL_DEPENDENT_JOIN" => ReadJoin(plan, type),
            "LOGICAL_CROSS_PRODUCT" or "LOGICAL_POSITIONAL_JOIN" =>
                ReadOperator(Child(plan, 0)).With(ReadOperator(Child(plan, 1))),
            "LOGICAL_MATERIALIZED_CTE" => ReadCommonTable(plan),
            "LOGICAL_RECURSIVE_CTE" => ReadRecursion(plan),
            "LOGICAL_CTE_REF" => byIndex.GetValueOrDefault(plan.GetProperty("cte_index").GetInt64(), PlanColumns.None),
            "LOGICAL_DELIM_GET" => ReadEliminated(plan),
            "LOGICAL_EXPRESSION_GET" => ReadValues(plan),
            "LOGICAL_DUMMY_SCAN" or "LOGICAL_EMPTY_RESULT" or "LOGICAL_CHUNK_GET" => PlanColumns.None,
            _ => PlanColumns.Any(ColumnInputs.Union(Children(plan).Select(child => ReadOperator(child).All()))
                .Through(Transformation.Transformation)),
        };
        if (plan.TryGetProperty("table_index", out var index) && index.TryGetInt64(out var number)
            && type is not ("LOGICAL_MATERIALIZED_CTE" or "LOGICAL_RECURSIVE_CTE"))
            byIndex[number] = row;
        return row;
    }

    PlanColumns ReadScan(JsonElement scan)
    {
        var names = scan.GetProperty("names").EnumerateArray().Select(n => n.GetString()!).ToList();
        var read = scan.GetProperty("column_indexes").EnumerateArray()
            .Select(column => column.GetProperty("index").TryGetInt32(out var place) ? place : -1);
        if (scan.TryGetProperty("function_data", out var data) && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("table", out var table)
            && scanned.TryGetValue(table.GetString() ?? "", out var span))
            return new([.. read.Select(place => place >= 0 && place < names.Count
                ? ColumnInputs.Of(span, names[place])
                : ColumnInputs.None)]);
        var children = Children(scan);
        if (children.Count == 0) return new([.. read.Select(_ => ColumnInputs.None)]);
        // A table function over columns of other tables, such as unnest: arguments first, then what is passed through.
        var child = ReadOperator(children[0]);
        var arguments = scan.GetProperty("input_table_types").GetArrayLength();
        var made = ColumnInputs.Union(Enumerable.Range(0, arguments).Select(place => child[place]))
            .Through(Transformation.Transformation);
        Note(made, Transformation.Filter);
        return new PlanColumns([.. read.Select(_ => made)]).With(new(
            [.. scan.GetProperty("projected_input").EnumerateArray().Select(place => child[place.GetInt32()])]));
    }

    PlanColumns ReadProjection(JsonElement plan)
    {
        var below = ReadOperator(Child(plan, 0));
        return new([.. Expressions(plan, "expressions").Select(expression => Read(expression, below))]);
    }

    PlanColumns ReadFilter(JsonElement plan)
    {
        var row = ReadOperator(Child(plan, 0));
        foreach (var expression in Expressions(plan, "expressions"))
            Note(Read(expression, row), Transformation.Filter);
        return row;
    }

    PlanColumns ReadAggregate(JsonElement plan)
    {
        var below = ReadOperator(Child(plan, 0));
        List<ColumnInputs> groups = [.. Expressions(plan, "groups").Select(group => Read(group, below))];
        foreach (var group in groups) Note(group, Transformation.GroupBy);
        var grouping = plan.TryGetProperty("grouping_functions", out var functions) ? functions.GetArrayLength() : 0;
        return new(
        [
            .. groups,
            .. Expressions(plan, "expressions").Select(aggregate => Read(aggregate, below)),
            .. Enumerable.Range(0, grouping).Select(function => ColumnInputs.Union(
                functions[function].EnumerateArray().Select(group => groups[group.GetInt32()]))
                .As(Transformation.Conditional)),
        ]);
    }

    /// <summary>What adds columns to those that it reads.</summary>
    PlanColumns ReadExtension(JsonElement plan)
    {
        var below = ReadOperator(Child(plan, 0));
        return below.With(new([.. Expressions(plan, "expressions").Select(expression => Read(expression, below))]));
    }

    /// <summary>A list decides how many rows there are.</summary>
    PlanColumns ReadUnnest(JsonElement plan)
    {
        var row = ReadExtension(plan);
        Note(new LineageExpression(row, byIndex).Read(plan.GetProperty("expressions")), Transformation.Filter);
        return row;
    }

    PlanColumns ReadOrder(JsonElement plan)
    {
        var row = ReadOperator(Child(plan, 0));
        foreach (var order in Expressions(plan, "orders")) Note(Read(order, row), Transformation.Sort);
        return row;
    }

    PlanColumns ReadDistinct(JsonElement plan)
    {
        var row = ReadOperator(Child(plan, 0));
        if (plan.GetProperty("distinct_type").ValueEquals("DISTINCT")) return row;
        foreach (var target in Expressions(plan, "distinct_targets")) Note(Read(target, row), Transformation.GroupBy);
        if (plan.TryGetProperty("order_by", out var order) && order.ValueKind == JsonValueKind.Object)
            Note(Read(order, row), Transformation.Sort);
        return row;
    }

    PlanColumns ReadSet(JsonElement plan, string type)
    {
        var first = ReadOperator(Child(plan, 0));
        foreach (var child in Children(plan).Skip(1))
        {
            var next = ReadOperator(child);
            if (type == "LOGICAL_UNION") first = first.Merge(next);
            else Note(next.All(), Transformation.Filter);
        }
        return first;
    }

    PlanColumns ReadJoin(JsonElement plan, string type)
    {
        var left = ReadOperator(Child(plan, 0));
        var isDelim = type is "LOGICAL_DELIM_JOIN" or "LOGICAL_DEPENDENT_JOIN";
        if (isDelim)
            eliminated.Push(new(
                [.. Expressions(plan, "duplicate_eliminated_columns").Select(column => Read(column, left))]));
        var right = ReadOperator(Child(plan, 1));
        if (isDelim) eliminated.Pop();
        var both = left.With(right);
        List<ColumnInputs> compared =
        [
            .. Expressions(plan, "conditions").SelectMany(condition => new[]
            {
                Read(condition.GetProperty("left"), left), Read(condition.GetProperty("right"), right),
            }),
            .. Expressions(plan, "expressions").Select(expression => Read(expression, both)),
        ];
        if (plan.TryGetProperty("condition", out var any) && any.ValueKind == JsonValueKind.Object)
            compared.Add(Read(any, both));
        var joinType = plan.GetProperty("join_type").GetString();
        if (joinType == "MARK")
            return left.With(new([ColumnInputs.Union(compared).Through(Transformation.Transformation)]));
        foreach (var inputs in compared) Note(inputs, Transformation.Join);
        return joinType switch
        {
            "SEMI" or "ANTI" => left,
            "RIGHT_SEMI" or "RIGHT_ANTI" => right,
            _ => both,
        };
    }

    PlanColumns ReadCommonTable(JsonElement plan)
    {
        byIndex[plan.GetProperty("table_index").GetInt64()] = ReadOperator(Child(plan, 0));
        return ReadOperator(Child(plan, 1));
    }

    PlanColumns ReadRecursion(JsonElement plan)
    {
        var index = plan.GetProperty("table_index").GetInt64();
        var row = ReadOperator(Child(plan, 0));
        for (var round = 0; round < RoundsMax; round++)
        {
            byIndex[index] = row;
            var next = row.Merge(ReadOperator(Child(plan, 1)));
            if (next.IsSame(row)) break;
            row = next;
        }
        return row;
    }

    /// <summary>The values of the query around that a correlated one is run for.</summary>
    PlanColumns ReadEliminated(JsonElement plan)
    {
        var count = plan.GetProperty("chunk_types").GetArrayLength();
        return eliminated.FirstOrDefault(columns => columns.Count == count)
            ?? PlanColumns.Any(ColumnInputs.Union(eliminated.Select(columns => columns.All())));
    }

    PlanColumns ReadValues(JsonElement plan)
    {
        var below = ReadOperator(Child(plan, 0));
        PlanColumns? row = null;
        foreach (var values in plan.GetProperty("expressions").EnumerateArray())
        {
            var next = new PlanColumns([.. values.EnumerateArray().Select(value => Read(value, below))]);
            row = row?.Merge(next) ?? next;
        }
        return row ?? PlanColumns.None;
    }

    void Note(ColumnInputs inputs, Transformation transformation) =>
        conditions.UnionWith(inputs.As(transformation).ToList());

    ColumnInputs Read(JsonElement expression, PlanColumns row) => new LineageExpression(row, byIndex).Read(expression);

    static JsonElement Child(JsonElement plan, int place) => plan.GetProperty("children")[place];

    static List<JsonElement> Children(JsonElement plan) => Expressions(plan, "children");

    static List<JsonElement> Expressions(JsonElement plan, string property) =>
        plan.TryGetProperty(property, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [];
}

/// <summary>The columns that an operator of a plan gives. Never changed.</summary>
/// <param name="columns">The columns in order.</param>
/// <param name="rest">What any further column is made from.</param>
sealed class PlanColumns(IReadOnlyList<ColumnInputs> columns, ColumnInputs? rest = null)
{
    /// <summary>Columns of constants.</summary>
    public static readonly PlanColumns None = new([]);

    /// <summary>How many are known.</summary>
    public int Count => columns.Count;

    /// <summary>What a column is made from.</summary>
    public ColumnInputs this[int place] => place < columns.Count ? columns[place] : rest ?? ColumnInputs.None;

    /// <summary>Columns whose number is unknown.</summary>
    public static PlanColumns Any(ColumnInputs inputs) => new([], inputs);

    /// <summary>All that the columns are made from.</summary>
    public ColumnInputs All() => ColumnInputs.Union([.. columns, rest ?? ColumnInputs.None]);

    /// <summary>
    /// Returns these columns, then others. After an unknown number of columns none can be distinguished.
    /// </summary>
    public PlanColumns With(PlanColumns other) => rest is null
        ? new([.. columns, .. other.Columns], other.Rest)
        : new(columns, ColumnInputs.Union(rest, other.All()));

    /// <summary>Columns made from those of both, place by place.</summary>
    public PlanColumns Merge(PlanColumns other) => new(
        [
            .. Enumerable.Range(
                0, Math.Max(Count, other.Count)).Select(place => ColumnInputs.Union(this[place], other[place])),
        ],
        rest is null && other.Rest is null
            ? null
            : ColumnInputs.Union(rest ?? ColumnInputs.None, other.Rest ?? ColumnInputs.None));

    /// <summary>Whether both are made from the same.</summary>
    public bool IsSame(PlanColumns other) =>
        Count == other.Count && Enumerable.Range(0, Count + 1).All(place => this[place].IsSame(other[place]));

    IReadOnlyList<ColumnInputs> Columns => columns;

    ColumnInputs? Rest => rest;
}

/// <summary>Reads what bound expressions of a plan are made from.</summary>
/// <param name="row">The columns that the expressions read, by place.</param>
/// <param name="byIndex">The columns of the plan's operators, by their numbers.</param>
sealed class LineageExpression(PlanColumns row, IReadOnlyDictionary<long, PlanColumns> byIndex)
{
    /// <summary>Reads an expression, or a list of them, at any depth.</summary>
    public ColumnInputs Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => ColumnInputs.Union(element.EnumerateArray().Select(Read)),
        JsonValueKind.Object when element.TryGetProperty("expression_class", out var kind) =>
            ReadExpression(element, kind.GetString()!),
        JsonValueKind.Object => ColumnInputs.Union(element.EnumerateObject().Select(property => Read(property.Value))),
        _ => ColumnInputs.None,
    };

    ColumnInputs ReadExpression(JsonElement expression, string kind) => kind switch
    {
        "BOUND_REF" => row[expression.GetProperty("index").GetInt32()],
        "BOUND_COLUMN_REF" => Bound(expression.GetProperty("binding")),
        "BOUND_CONSTANT" => ColumnInputs.None,
        "BOUND_CASE" => ColumnInputs.Union(
            Of(expression, "else_expr").Through(Transformation.Transformation),
            ColumnInputs.Union(expression.GetProperty("case_checks").EnumerateArray().SelectMany(check => new[]
            {
                Of(check, "then_expr").Through(Transformation.Transformation),
                Of(check, "when_expr").As(Transformation.Conditional),
            }))),
        "BOUND_AGGREGATE" => ColumnInputs.Union(
            Of(expression, "children").Through(Transformation.Aggregation),
            Of(expression, "filter").As(Transformation.Conditional),
            Of(expression, "order_bys").As(Transformation.Sort)),
        "BOUND_WINDOW" => ColumnInputs.Union(
            Of(expression, "children").Through(Transformation.Aggregation),
            ColumnInputs.Union(Of(expression, "default_expr"), Of(expression, "offset_expr"))
                .Through(Transformation.Transformation),
            ColumnInputs.Union(
                Of(expression, "partitions"), Of(expression, "orders"), Of(expression, "arg_orders"),
                Of(expression, "filters"), Of(expression, "start_expr"), Of(expression, "end_expr"))
                .As(Transformation.Window)),
        // A function's data holds expressions of its own, whose places are those of other rows.
        _ => ColumnInputs.Union(
            expression.EnumerateObject().Where(part => !part.NameEquals("function_data"))
                .Select(part => Read(part.Value)))
            .Through(Transformation.Transformation),
    };

    ColumnInputs Of(JsonElement parent, string property) =>
        parent.TryGetProperty(property, out var part) ? Read(part) : ColumnInputs.None;

    ColumnInputs Bound(JsonElement binding) =>
        byIndex.TryGetValue(binding.GetProperty("table_index").GetInt64(), out var columns)
            ? columns[binding.GetProperty("column_index").GetInt32()]
            : ColumnInputs.None;
}

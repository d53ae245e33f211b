using System.Text;
using System.Text.Json;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Plans;

/// <summary>Reads facts about a statement from its plan, by binding it over empty tables.</summary>
public static class BoundPlan
{
    /// <summary>Binds a statement, and reads filters from its optimized plan.</summary>
    /// <param name="session">A session of the pool in whose instance for binding the statement is planned.</param>
    /// <param name="analysis">The statement.</param>
    /// <param name="table">
    /// The columns of a table; null leaves the name to DuckDB, which knows none of the lake's.
    /// </param>
    /// <param name="function">The same for calls of table functions; null leaves them all to DuckDB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="through">What of a table, by its place, the statement sees; null where it sees all.</param>
    /// <param name="isForOthers">Whether it is a user's statement, whose text is checked once more.</param>
    /// <returns>
    /// What the rows needed of a table fulfil, by where its name, or the call of a table function, is in the statement;
    /// nothing for a table of which nothing is known.
    /// </returns>
    /// <exception cref="FozException">
    /// The statement does not bind: of kind <see cref="ErrorKind.Sql"/>, with its <see cref="FozException.Place"/> in
    /// the statement where DuckDB knows it.
    /// </exception>
    public static IReadOnlyDictionary<SqlSpan, FilterExpression> ReadFilters(
        EngineSession session, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?>? function, CancellationToken cancellationToken,
        Func<SqlSpan, Func<string, string>?>? through = null, bool isForOthers = false)
    {
        using var planner = session.BorrowPlanner();
        var bound = OverShadowTables.Of(
            planner, analysis, table, function, cancellationToken, through: through, isForOthers: isForOthers);
        using var plan = Serialize(planner.Session, bound.Sql, isOptimized: true, cancellationToken);
        if (plan.RootElement.GetProperty("error").GetBoolean())
        {
            bound.Describe(cancellationToken);
            // It binds, but its plan cannot be written as JSON and gives nothing.
            return new Dictionary<SqlSpan, FilterExpression>();
        }
        var reader = new PlanReader(PlanSession.TablePrefix);
        reader.Read(plan.RootElement.GetProperty("plans"));
        return bound.Tables.Select(known => (known.Span, Filter: reader.FilterOf(known.Number)))
            .Where(known => known.Filter is not null)
            .ToDictionary(known => known.Span, known => known.Filter!);
    }

    /// <summary>Binds a statement to columns, and does nothing else with it.</summary>
    /// <param name="session">A session of any workload.</param>
    /// <param name="analysis">The statement.</param>
    /// <param name="table">The columns of a table; null where the name refers to something else.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It does not bind; its place is in the statement.</exception>
    public static void Bind(
        EngineSession session, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        CancellationToken cancellationToken)
    {
        using var planner = session.BorrowPlanner();
        OverShadowTables.Of(planner, analysis, table, function: null, cancellationToken).Describe(cancellationToken);
    }

    /// <summary>Binds a statement, and reads from its plan what its columns are made from.</summary>
    /// <returns>
    /// The lineage; where DuckDB cannot give its plan, every column counts as made from all columns of all tables.
    /// </returns>
    /// <inheritdoc cref="ReadFilters"/>
    public static StatementLineage ReadLineage(
        EngineSession session, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?>? function, CancellationToken cancellationToken,
        Func<SqlSpan, Func<string, string>?>? through = null)
    {
        using var planner = session.BorrowPlanner();
        var bound = OverShadowTables.Of(planner, analysis, table, function, cancellationToken, through: through);
        var columns = bound.Describe(cancellationToken);
        using var plan = Serialize(planner.Session, bound.Sql, isOptimized: false, cancellationToken);
        var reader = new LineageReader([.. bound.Tables.Select(known => (known.Number, known.Span))]);
        if (plan.RootElement.GetProperty("error").GetBoolean())
            return StatementLineage.Unknown(columns, bound.Tables.Select(known => (known.Span, known.Columns)));
        return reader.Read(columns, plan.RootElement.GetProperty("plans")[0]);
    }

    /// <summary>
    /// Returns the columns and parameters of a user's statement, without running it and without access to files.
    /// </summary>
    /// <param name="pool">The pool in whose instance for <see cref="Workload.Serving"/> it is bound.</param>
    /// <param name="analysis">The statement.</param>
    /// <param name="table">The columns of a table; null where the name refers to something else.</param>
    /// <param name="function">The same for calls of table functions.</param>
    /// <param name="relation">
    /// The relation of the instance that another table or call refers to, by where it is; null leaves it unchanged.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="through">What of a table, by its place, the statement sees; null where it sees all.</param>
    /// <exception cref="FozException">It does not bind; its place is in the statement.</exception>
    public static StatementShape Describe(
        EnginePool pool, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?> function, Func<SqlSpan, string?> relation,
        CancellationToken cancellationToken, Func<SqlSpan, Func<string, string>?>? through = null)
    {
        var key = KeyOf(analysis, table, function, relation, through);
        if (pool.Shapes.Find(key) is { } known) return known;
        using var planner = pool.BorrowPlanner(Workload.Serving);
        var shape = OverShadowTables.Of(
            planner, analysis, table, function, cancellationToken, relation, through, isForOthers: true)
            .DescribeShape(cancellationToken);
        pool.Shapes.Add(key, shape);
        return shape;
    }

    /// <summary>
    /// Returns a key of all that a statement's columns and parameters follow from: its text, and what each name in it
    /// refers to.
    /// </summary>
    static string KeyOf(
        SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?> function, Func<SqlSpan, string?> relation,
        Func<SqlSpan, Func<string, string>?>? through)
    {
        if (analysis.Tables.Count + analysis.TableFunctions.Count == 0) return analysis.Sql;
        // No text of a statement, nor what is put into it, has this character.
        const char Divider = '\0';
        var key = new StringBuilder(analysis.Sql);
        foreach (var reference in analysis.Tables) Add(reference.Span, table(reference));
        foreach (var call in analysis.TableFunctions) Add(call.Span, function(call));
        return key.ToString();

        void Add(SqlSpan span, IReadOnlyList<Field>? columns)
        {
            key.Append(Divider);
            if (columns is null) key.Append(relation(span));
            else key.Append('(').Append(PlanSession.DefinitionOf(columns)).Append(')').Append(Divider)
                .Append(through?.Invoke(span)?.Invoke("t"));
        }
    }

    /// <summary>Returns the plan of a user's statement over empty tables, without access to files.</summary>
    /// <inheritdoc cref="Describe"/>
    public static string Explain(
        EnginePool pool, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
        Func<TableFunctionCall, IReadOnlyList<Field>?> function, Func<SqlSpan, string?> relation,
        CancellationToken cancellationToken, Func<SqlSpan, Func<string, string>?>? through = null)
    {
        using var planner = pool.BorrowPlanner(Workload.Serving);
        var bound = OverShadowTables.Of(
            planner, analysis, table, function, cancellationToken, relation, through, isForOthers: true);
        bound.DescribeShape(cancellationToken);
        // Empty tables are not in an optimized plan any more.
        planner.Session.Execute("SET explain_output = 'all'", cancellationToken);
        using var rows = planner.Session.Query($"EXPLAIN {bound.Sql}", cancellationToken);
        var plan = rows.Rows(cancellationToken).Where(row => row[0] is "logical_plan").Select(row => $"{row[1]}")
            .First().TrimEnd();
        foreach (var (span, _, number) in bound.Tables.OrderByDescending(t => t.Number))
            plan = plan.Replace(
                PlanSession.TableName(number), analysis.Sql.Substring(span.Start, span.Length),
                StringComparison.Ordinal);
        return plan;
    }

    static JsonDocument Serialize(
        EngineSession session, string sql, bool isOptimized, CancellationToken cancellationToken)
    {
        var json = session.QueryScalar<string>(
            $"SELECT json_serialize_plan($1::VARCHAR, optimize := {(isOptimized ? "true" : "false")})::VARCHAR",
            cancellationToken, sql);
        // DuckDB writes these as no JSON has them; an unescaped quote cannot be inside of a text.
        json = json.Replace("\"value\":NaN", "\"value\":null").Replace("\"value\":Infinity", "\"value\":null")
            .Replace("\"value\":-Infinity", "\"value\":null");
        return JsonDocument.Parse(json, new() { MaxDepth = SqlTreeReader.DepthMax });
    }

    /// <summary>A statement whose tables are empty ones of a session for planning.</summary>
    sealed class OverShadowTables
    {
        readonly EngineSession session;
        readonly SqlAnalysis analysis;
        readonly RewrittenSql rewritten;

        OverShadowTables(EngineSession session, SqlAnalysis analysis, RewrittenSql rewritten) =>
            (this.session, this.analysis, this.rewritten) = (session, analysis, rewritten);

        /// <summary>The tables, by where they are named, with the numbers that their names end with.</summary>
        public required IReadOnlyList<(SqlSpan Span, IReadOnlyList<Field> Columns, int Number)> Tables { get; init; }

        /// <summary>The statement over them.</summary>
        public string Sql => rewritten.Text;

        public static OverShadowTables Of(
            PlanSession planner, SqlAnalysis analysis, Func<TableReference, IReadOnlyList<Field>?> table,
            Func<TableFunctionCall, IReadOnlyList<Field>?>? function, CancellationToken cancellationToken,
            Func<SqlSpan, string?>? relation = null, Func<SqlSpan, Func<string, string>?>? through = null,
            bool isForOthers = false)
        {
            List<(SqlSpan Span, IReadOnlyList<Field> Columns)> known = [];
            foreach (var reference in analysis.Tables)
                if (table(reference) is { } columns) known.Add((reference.Span, columns));
            foreach (var call in analysis.TableFunctions)
                if (function?.Invoke(call) is { } columns) known.Add((call.Span, columns));
            var numbers = planner.TablesOf([.. known.Select(t => t.Columns)], cancellationToken);
            var names = known.Zip(
                numbers, (t, number) => (t.Span, Name: Through(t.Span, PlanSession.TableName(number))))
                .ToDictionary(t => t.Span, t => t.Name);
            foreach (var span in analysis.Tables.Select(t => t.Span)
                .Concat(analysis.TableFunctions.Select(c => c.Span)))
                if (!names.ContainsKey(span) && relation?.Invoke(span) is { } other) names[span] = other;
            var text = analysis.Rewrite(
                reference => names.GetValueOrDefault(reference.Span), call => names.GetValueOrDefault(call.Span));
            if (isForOthers) BoundTextCheck.Check(planner.Session.Pool, analysis, names, text.Text, cancellationToken);
            return new(planner.Session, analysis, text)
            {
                Tables = [.. known.Zip(numbers, (t, number) => (t.Span, t.Columns, number))],
            };

            string Through(SqlSpan span, string name) => through?.Invoke(span)?.Invoke(name) ?? name;
        }

        /// <summary>The statement's columns.</summary>
        /// <exception cref="FozException">It does not bind; its place is in the text of people.</exception>
        public IReadOnlyList<EngineColumn> Describe(CancellationToken cancellationToken) =>
            DescribeShape(cancellationToken).Columns;

        /// <summary>The statement's columns and parameters.</summary>
        /// <inheritdoc cref="Describe"/>
        public StatementShape DescribeShape(CancellationToken cancellationToken)
        {
            try
            {
                return session.DescribeShape(Sql, cancellationToken);
            }
            catch (FozException e) when (e.Place is { File: SqlPlaces.File } place)
            {
                var position = SqlPlaces.PositionOf(Sql, place);
                throw new FozException(e.Kind, e.Message, e)
                {
                    Place = SqlPlaces.At(analysis.Sql, rewritten.ToOriginal(position)), Hint = e.Hint,
                    SqlState = e.SqlState,
                };
            }
        }
    }
}

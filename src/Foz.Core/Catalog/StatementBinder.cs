using System.Diagnostics;
using Foz.Core.Engine;
using Foz.Core.Tables;

namespace Foz.Core.Catalog;

/// <summary>A statement that the engine can run: every table of the lake is a relation over one version's files.</summary>
public sealed class BoundStatement : IDisposable
{
    readonly List<TableRelation> relations;

    internal BoundStatement(string sql, SqlAnalysis analysis, List<TableRelation> relations) =>
        (Sql, Analysis, this.relations) = (sql, analysis, relations);

    /// <summary>A statement that reads no tables.</summary>
    internal BoundStatement(string sql) => (Sql, relations) = (sql, []);

    /// <summary>What the statement names, with its views put in; null where it names nothing.</summary>
    public SqlAnalysis? Analysis { get; }

    /// <summary>The statement, for the session that it was bound for.</summary>
    public string Sql { get; }

    /// <summary>Takes what the engine knows of the tables' files away.</summary>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
    }
}

/// <summary>What is known of a statement before it runs.</summary>
/// <param name="Shape">What it gives and takes.</param>
/// <param name="ReadsTables">Whether it reads tables of the lake.</param>
public sealed record DescribedStatement(StatementShape Shape, bool ReadsTables);

/// <summary>
/// Binds SELECTs of people to the lake. Views are put in as the SELECTs that they are; what the statement's plan asks of
/// each table's rows leaves out files by the log's statistics; each reference becomes its own relation for this
/// statement and session.
/// </summary>
/// <param name="session">The session that will run the statements.</param>
/// <param name="names">What names stand for.</param>
public sealed class StatementBinder(EngineSession session, IRelationNames names)
{
    const int ViewDepthMax = 32;

    // Below this, opening a file costs less than planning the statement once more.
    const int FilesToPruneMin = 5;

    /// <summary>Binds a statement.</summary>
    /// <exception cref="FozException">It does not parse, or names what does not exist.</exception>
    public async Task<BoundStatement> BindAsync(string sql, CancellationToken cancellationToken)
    {
        var references = await ResolveAsync(sql, cancellationToken);
        var relations = new List<TableRelation>();
        try
        {
            var filters = PlanFilters(references, cancellationToken);
            var texts = new Dictionary<SqlSpan, string>();
            foreach (var (span, binding) in references.Bindings)
                texts[span] = await OpenAsync(binding, filters.GetValueOrDefault(span), relations, cancellationToken);
            var bound = references.Analysis.Rewrite(
                table => texts.GetValueOrDefault(table.Span),
                call => texts.GetValueOrDefault(call.Span));
            return new(bound.Text, references.Analysis, relations);
        }
        catch
        {
            foreach (var relation in relations) relation.Dispose();
            throw;
        }
    }

    /// <summary>What a statement of others gives and takes: it is bound without access to files, and not run.</summary>
    /// <exception cref="FozException">It does not parse or bind, or names what does not exist.</exception>
    public async Task<DescribedStatement> DescribeAsync(string sql, EnginePool pool, CancellationToken cancellationToken)
    {
        var references = await ResolveAsync(sql, cancellationToken);
        var shape = BoundPlan.Describe(
            pool, references.Analysis, table => FieldsOf(references, table.Span), call => FieldsOf(references, call.Span),
            span => RelationOf(references, span), cancellationToken, span => ThroughOf(references, span));
        return new(shape, references.Bindings.Values.Any(binding => binding is RelationBinding.Rows));
    }

    /// <summary>How a statement of others would be run, over empty tables in the place of those that it names.</summary>
    /// <inheritdoc cref="DescribeAsync"/>
    public async Task<string> ExplainAsync(string sql, EnginePool pool, CancellationToken cancellationToken)
    {
        var references = await ResolveAsync(sql, cancellationToken);
        return BoundPlan.Explain(
            pool, references.Analysis, table => FieldsOf(references, table.Span), call => FieldsOf(references, call.Span),
            span => RelationOf(references, span), cancellationToken, span => ThroughOf(references, span));
    }

    static IReadOnlyList<Data.Field>? FieldsOf(ResolvedStatement statement, SqlSpan span) =>
        (statement.Bindings.GetValueOrDefault(span) as RelationBinding.Rows)?.Table.Fields;

    static Func<string, string>? ThroughOf(ResolvedStatement statement, SqlSpan span) =>
        (statement.Bindings.GetValueOrDefault(span) as RelationBinding.Rows)?.Through;

    static string? RelationOf(ResolvedStatement statement, SqlSpan span) =>
        (statement.Bindings.GetValueOrDefault(span) as RelationBinding.Relation)?.Sql;

    /// <summary>Finds what all names stand for, putting in views until none is left.</summary>
    async Task<ResolvedStatement> ResolveAsync(string sql, CancellationToken cancellationToken)
    {
        // Once views are put in, places are not in what somebody wrote.
        var isWritten = true;
        for (var depth = 0; depth < ViewDepthMax; depth++)
        {
            var analysis = SqlAnalysis.Read(session, sql, cancellationToken);
            names.Check(analysis);
            var bindings = new Dictionary<SqlSpan, RelationBinding>();
            foreach (var table in analysis.Tables)
                if (await FindAsync(names.FindAsync(table, cancellationToken), table.Span) is { } binding) bindings[table.Span] = binding;
            foreach (var call in analysis.TableFunctions)
                if (await FindAsync(names.FindAsync(call, cancellationToken), call.Span) is { } binding) bindings[call.Span] = binding;
            if (!bindings.Values.Any(binding => binding is RelationBinding.View)) return new(analysis, bindings);
            sql = analysis.Rewrite(table => ViewOf(bindings, table.Span), call => ViewOf(bindings, call.Span)).Text;
            isWritten = false;
        }
        throw new FozException(ErrorKind.Sql, $"views are nested more than {ViewDepthMax} deep, or read themselves");

        async ValueTask<RelationBinding?> FindAsync(ValueTask<RelationBinding?> search, SqlSpan span)
        {
            try
            {
                return await search;
            }
            catch (FozException e) when (isWritten && e.Place is null)
            {
                throw new FozException(e.Kind, e.Message, e)
                {
                    Place = EngineErrors.PlaceAt(sql, span.Start), Hint = e.Hint, SqlState = e.SqlState, IsTransient = e.IsTransient,
                };
            }
        }
    }

    static string? ViewOf(Dictionary<SqlSpan, RelationBinding> bindings, SqlSpan span) =>
        bindings.GetValueOrDefault(span) is RelationBinding.View view ? $"({view.Sql}\n)" : null;

    /// <summary>What the statement's plan asks of the rows of tables that have enough files to leave some out.</summary>
    IReadOnlyDictionary<SqlSpan, FilterExpression> PlanFilters(
        ResolvedStatement statement, CancellationToken cancellationToken)
    {
        if (!statement.Bindings.Values.Any(b => b is RelationBinding.Rows { Table.FileCount: >= FilesToPruneMin })
            || statement.Bindings.Values.Any(b => b is not RelationBinding.Rows))
            return new Dictionary<SqlSpan, FilterExpression>();
        return BoundPlan.ReadFilters(
            session, statement.Analysis, table => FieldsOf(statement, table.Span), call => FieldsOf(statement, call.Span),
            cancellationToken, span => ThroughOf(statement, span));
    }

    async Task<string> OpenAsync(
        RelationBinding binding, FilterExpression? filter, List<TableRelation> relations,
        CancellationToken cancellationToken)
    {
        switch (binding)
        {
            case RelationBinding.Rows rows:
                var relation = await rows.Table.OpenAsync(session, filter, cancellationToken);
                relations.Add(relation);
                var all = rows.Pending is { } pending
                    ? $"(SELECT * FROM {relation.Sql} UNION ALL BY NAME {pending}\n)"
                    : relation.Sql;
                return rows.Through is { } through ? through(all) : all;
            case RelationBinding.Relation text:
                return text.Sql;
            default:
                throw new UnreachableException($"a binding {binding}");
        }
    }

    /// <summary>A statement without views, and what its names stand for by where they are.</summary>
    sealed record ResolvedStatement(SqlAnalysis Analysis, Dictionary<SqlSpan, RelationBinding> Bindings);
}

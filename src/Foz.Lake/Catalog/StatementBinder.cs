using System.Diagnostics;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>
/// A statement that the engine can run: every table of the lake is a relation over one version's files.
/// </summary>
public sealed class BoundStatement : IDisposable
{
    readonly List<TableRelation> relations;

    readonly RewrittenSql? rewritten;

    internal BoundStatement(RewrittenSql sql, SqlAnalysis analysis, List<TableRelation> relations) =>
        (Sql, Analysis, rewritten, this.relations) = (sql.Text, analysis, sql, relations);

    /// <summary>A statement that reads no tables.</summary>
    public BoundStatement(string sql) => (Sql, relations) = (sql, []);

    /// <summary>What the statement names, with its views put in; null where it names nothing.</summary>
    public SqlAnalysis? Analysis { get; }

    /// <summary>The statement, for the session that it was bound for.</summary>
    public string Sql { get; }

    /// <summary>Where an error of the engine is in a part of the text that was bound.</summary>
    /// <param name="error">The error, of a statement that the bound one is a part of.</param>
    /// <param name="part">The part, as the text has it.</param>
    /// <returns>The index of the character; null where the error is not known to be in it.</returns>
    public int? FindIn(FozException error, string part)
    {
        if (error is not { Place: { Line: > 0 } place, Statement: { } whole } || rewritten is null || Analysis is null)
            return null;
        var start = whole.IndexOf(Sql, StringComparison.Ordinal);
        var position = SqlPlaces.PositionOf(whole, place) - start;
        var partStart = Analysis.Sql.IndexOf(part, StringComparison.Ordinal);
        if (start < 0 || position < 0 || position >= Sql.Length || partStart < 0) return null;
        var found = rewritten.ToOriginal(position) - partStart;
        return found >= 0 && found < part.Length ? found : null;
    }

    /// <summary>Unregisters the tables' files from the engine.</summary>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
    }
}

/// <summary>
/// Binds users' SELECTs to the lake. Views are replaced by their SELECTs; what the statement's plan asks of each
/// table's rows leaves out files by the log's statistics; each reference becomes its own relation for this statement
/// and session.
/// </summary>
/// <param name="session">The session that will run the statements.</param>
/// <param name="names">Resolves names.</param>
public sealed class StatementBinder(EngineSession session, INameResolver names)
{
    // Below this, opening a file costs less than planning the statement once more.
    const int FilesToPruneMin = 5;

    /// <summary>Binds a statement.</summary>
    /// <exception cref="FozException">It does not parse, or names what does not exist.</exception>
    public async Task<BoundStatement> BindAsync(string sql, CancellationToken cancellationToken) =>
        await BindAsync(
            await new StatementResolver(names, session).ResolveAsync(sql, cancellationToken), cancellationToken);

    /// <summary>Binds a statement whose names are found.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<BoundStatement> BindAsync(ResolvedStatement statement, CancellationToken cancellationToken)
    {
        var relations = new List<TableRelation>();
        try
        {
            if (session.IsConfined)
                foreach (var binding in statement.Bindings.Values.OfType<RelationBinding.Rows>())
                    binding.Table.Reach(session);
            var filters = PlanFilters(statement, cancellationToken);
            var texts = new Dictionary<SqlSpan, string>();
            foreach (var (span, binding) in statement.Bindings)
                texts[span] = await OpenAsync(binding, filters.GetValueOrDefault(span), relations, cancellationToken);
            var bound = statement.Analysis.Rewrite(
                table => texts.GetValueOrDefault(table.Span),
                call => texts.GetValueOrDefault(call.Span));
            if (names.AreForOthers)
                BoundTextCheck.Check(session.Pool, statement.Analysis, texts, bound.Text, cancellationToken);
            return new(bound, statement.Analysis, relations);
        }
        catch
        {
            foreach (var relation in relations) relation.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What the statement's plan asks of the rows of tables that have enough files to leave some out.
    /// </summary>
    IReadOnlyDictionary<SqlSpan, FilterExpression> PlanFilters(
        ResolvedStatement statement, CancellationToken cancellationToken)
    {
        if (!statement.Bindings.Values.Any(b => b is RelationBinding.Rows { Table.FileCount: >= FilesToPruneMin })
            || statement.Bindings.Values.Any(b => b is not RelationBinding.Rows))
            return new Dictionary<SqlSpan, FilterExpression>();
        return BoundPlan.ReadFilters(
            session, statement.Analysis, table => statement.FieldsOf(table.Span), call => statement.FieldsOf(call.Span),
            cancellationToken, span => statement.ThroughOf(span), names.AreForOthers);
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
                if (rows.Pending is { } pending) relations.Add(new("", pending));
                var all = rows.Pending is { Select: var select }
                    ? $"(SELECT * FROM {relation.Sql} UNION ALL BY NAME {select}\n)"
                    : relation.Sql;
                return rows.Through is { } through ? through(all) : all;
            case RelationBinding.Relation text:
                if (text.Pending is not null) relations.Add(new("", text.Pending));
                return text.Sql;
            default:
                throw new UnreachableException($"a binding {binding}");
        }
    }
}

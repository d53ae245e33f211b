using Foz.Delta.Scans;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>What a condition of SQL demands of a table's rows, as the log's statistics can answer it.</summary>
static class ConditionPruning
{
    /// <summary>
    /// Returns what the rows of a table fulfil for which a condition holds; any rows where the plan does not show it.
    /// </summary>
    public static Predicate Of(
        EngineSession session, TableSnapshot table, RowCondition condition, CancellationToken cancellationToken) =>
        Of(
            session, $"SELECT 1 FROM foz_target AS {SqlText.Identifier(condition.Alias)} WHERE ({condition}\n)", table,
            null,
            cancellationToken);

    /// <summary>
    /// Returns what the rows of a table fulfil that a SELECT reads; any rows where the plan does not show it.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="select">The SELECT, of the table as <c>foz_target</c> and others as <c>foz_source</c>.</param>
    /// <param name="table">The table.</param>
    /// <param name="source">The columns of <c>foz_source</c>; null where the SELECT has none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Predicate Of(
        EngineSession session, string select, TableSnapshot table, IReadOnlyList<Field>? source,
        CancellationToken cancellationToken)
    {
        try
        {
            var analysis = session.Analyze(select, cancellationToken);
            var target = analysis.Tables.First(reference => reference.Name == "foz_target");
            var filters = BoundPlan.ReadFilters(
                session, analysis,
                reference => reference.Span == target.Span ? table.Fields
                    : reference.Name == "foz_source" ? source
                    : null,
                function: null, cancellationToken);
            return filters.TryGetValue(target.Span, out var filter) ? FilterPredicate.Of(filter) : Predicate.Unknown;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            // What only this session knows, such as its temporary tables, does not bind there; the statement itself
            // reports errors.
            return Predicate.Unknown;
        }
    }
}

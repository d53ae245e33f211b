using Foz.Delta.Scans;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Merging;

namespace Foz.Lake.Tables;

/// <summary>What a condition of SQL demands of a table's rows, as the log's statistics can answer it.</summary>
static class ConditionPruning
{
    /// <summary>What the rows of a table fulfil for which a condition holds; any rows where the plan does not tell.</summary>
    public static Predicate Of(
        EngineSession session, TableSnapshot table, RowCondition condition, CancellationToken cancellationToken) =>
        Read(
            session, $"SELECT 1 FROM foz_target AS {SqlText.Identifier(condition.Alias)} WHERE ({condition}\n)", table, null,
            cancellationToken);

    /// <summary>What the rows of a merge's target fulfil that a row of the source can match.</summary>
    public static Predicate OfMatched(
        EngineSession session, TableSnapshot table, MergeDefinition merge, IReadOnlyList<EngineColumn> source,
        CancellationToken cancellationToken) =>
        Read(
            session,
            $"""
            SELECT 1 FROM foz_target AS {SqlText.Identifier(merge.TargetAlias)}
            JOIN foz_source AS {SqlText.Identifier(merge.SourceAlias)} ON ({merge.On}
            )
            """,
            table, [.. source.Select(column => column.ToField())], cancellationToken);

    static Predicate Read(
        EngineSession session, string select, TableSnapshot table, IReadOnlyList<Foz.Lake.Data.Field>? source,
        CancellationToken cancellationToken)
    {
        try
        {
            var analysis = SqlAnalysis.Read(session, select, cancellationToken);
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
            // What only this session knows, such as its temporary tables, does not bind there; what is wrong is told
            // by the statement itself.
            return Predicate.Unknown;
        }
    }
}

using System.Text;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Merging;

/// <summary>
/// What the names in a merge's clauses mean: those of WHEN NOT MATCHED BY SOURCE see the target only, although both are
/// joined where they are evaluated.
/// </summary>
static class MergeScope
{
    /// <summary>The merge with the target's alias before names that only the target can mean.</summary>
    /// <exception cref="FozException">A text does not parse.</exception>
    public static MergeDefinition Qualify(
        EngineSession session, MergeDefinition merge, TableSchema target, CancellationToken cancellationToken)
    {
        if (merge.Clauses.All(clause => clause.Match != MergeMatch.NotMatchedBySource)) return merge;
        return merge with
        {
            Clauses = [.. merge.Clauses.Select(
                clause => clause.Match == MergeMatch.NotMatchedBySource ? Qualify(clause) : clause)],
        };

        MergeClause Qualify(MergeClause clause) => clause with
        {
            Condition = clause.Condition is { } condition ? Text(condition) : null,
            Action = clause.Action is MergeAction.Update update
                ? new MergeAction.Update(update.Assignments.ToDictionary(a => a.Key, a => Text(a.Value)))
                : clause.Action,
        };

        string Text(string expression)
        {
            var analysis = session.Analyze($"SELECT ({expression}\n)", cancellationToken);
            var sql = new StringBuilder(analysis.Sql);
            foreach (var column in analysis.Columns.Reverse())
                if (column.Scope == 0 && target.Columns.Find(column.Parts[0]) is not null
                    && !(column.Parts.Count > 1 && IsAlias(column.Parts[0])))
                    sql.Insert(column.Span.Start, SqlText.Identifier(merge.TargetAlias) + ".");
            return sql.ToString("SELECT ".Length, sql.Length - "SELECT ".Length);
        }

        bool IsAlias(string name) => string.Equals(name, merge.TargetAlias, StringComparison.OrdinalIgnoreCase);
    }
}

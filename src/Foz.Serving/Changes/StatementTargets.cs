using System.Diagnostics;
using Foz.Lake.Statements;
using Foz.Lake.Tables.Merging;
using Foz.Serving.Governance;

namespace Foz.Serving.Changes;

/// <summary>What a statement does to which tables and views.</summary>
static class StatementTargets
{
    /// <summary>
    /// The tables and views that a statement changes or tells of, each with every right that it takes.
    /// </summary>
    public static IReadOnlyList<(TableTarget Table, Privilege Privilege)> Of(Statement statement) => statement switch
    {
        Statement.Insert { OnConflict.Assignments: not null } insert =>
            [(insert.Table, Privilege.Insert), (insert.Table, Privilege.Update)],
        Statement.Insert { Overwrites: false, ReplacedWhere: null } insert => [(insert.Table, Privilege.Insert)],
        Statement.Insert insert => [(insert.Table, Privilege.Insert), (insert.Table, Privilege.Delete)],
        Statement.Update update => [(update.Table, Privilege.Update)],
        Statement.Delete delete => [(delete.Table, Privilege.Delete)],
        Statement.Merge merge => [.. Of(merge.Definition).Distinct().Select(privilege => (merge.Table, privilege))],
        Statement.Alter alter => [(alter.Table, Privilege.Alter)],
        Statement.CreateTable { Replaces: true } create =>
            [(create.Table, Privilege.Create), (create.Table, Privilege.Drop)],
        Statement.CreateTable create => [(create.Table, Privilege.Create)],
        Statement.CreateView { Replaces: true } create =>
            [(create.View, Privilege.Create), (create.View, Privilege.Drop)],
        Statement.CreateView create => [(create.View, Privilege.Create)],
        Statement.CloneTable clone => [(clone.Table, Privilege.Create), (clone.Source, Privilege.Maintain)],
        Statement.Rename rename => [(rename.Table, Privilege.Drop), (rename.To, Privilege.Create)],
        Statement.DropTable drop => [(drop.Table, Privilege.Drop)],
        Statement.DropView drop => [(drop.View, Privilege.Drop)],
        Statement.Restore restore =>
            [(restore.Table, Privilege.Insert), (restore.Table, Privilege.Update), (restore.Table, Privilege.Delete)],
        Statement.Optimize optimize => [(optimize.Table, Privilege.Maintain)],
        Statement.Vacuum vacuum => [(vacuum.Table, Privilege.Maintain)],
        Statement.Repair repair => [(repair.Table, Privilege.Maintain)],
        Statement.GenerateManifests generate => [(generate.Table, Privilege.Maintain)],
        Statement.Analyze analyze => [(analyze.Table, Privilege.Maintain)],
        Statement.DescribeHistory history => [(history.Table, Privilege.Maintain)],
        Statement.DescribeDetail detail => [(detail.Table, Privilege.Maintain)],
        Statement.ShowProperties show => [(show.Table, Privilege.Maintain)],
        Statement.ConvertToDelta convert => [(new(Name: null, convert.Folder), Privilege.Maintain)],
        _ => throw new UnreachableException($"a statement {statement}"),
    };

    /// <summary>What the clauses of a MERGE do.</summary>
    static IEnumerable<Privilege> Of(MergeDefinition merge)
    {
        foreach (var clause in merge.Clauses)
            yield return clause.Action switch
            {
                MergeAction.Insert or MergeAction.InsertAll => Privilege.Insert,
                MergeAction.Delete => Privilege.Delete,
                _ => Privilege.Update,
            };
        if (merge.EvolvesSchema) yield return Privilege.Alter;
    }
}

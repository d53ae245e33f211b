using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>
/// What a new snapshot of a source takes away from its table: all rows, columns, or the types of columns.
/// </summary>
static class SnapshotDrift
{
    /// <summary>Warns of it.</summary>
    /// <param name="context">The run; a full refresh takes the source as it is.</param>
    /// <param name="node">The stream.</param>
    /// <param name="change">The change that replaces all rows.</param>
    /// <param name="missing">Columns of the table that no file of the source has.</param>
    /// <returns>The error where the stream's policy forbids it; else null.</returns>
    public static FozException? Check(
        StepContext context, GraphNode.OfStream node, TableChange change, IReadOnlyList<string> missing)
    {
        if (context.IsFullRefresh) return null;
        var found = Find(change, missing).Select(what => $"{node.Name}: {what}").ToList();
        if (node.Stream.Drift is DriftPolicy.Fail && found is [var first, ..])
            return new(ErrorKind.Data, $"{first}, and its drift policy is fail: the table is unchanged")
            {
                Place = node.Stream.Definition.Place,
                Hint = $"foz run {node.Name} --full-refresh takes the source as it is",
            };
        foreach (var what in found)
            context.Warn(
                new(what, $"set drift: fail to keep the table then; foz restore {node.Name} brings the rows back"));
        return null;
    }

    /// <summary>Finds it, in words that follow the name of the stream.</summary>
    static IEnumerable<string> Find(TableChange change, IReadOnlyList<string> missing)
    {
        if (change.FieldsBefore is not { } before) yield break;
        if (change is { RowsAdded: 0, RowsDeleted: > 0 and var rows })
        {
            // Many sources tell columns by their rows.
            yield return $"the snapshot has 0 rows, and the table has {rows:N0}";
            yield break;
        }
        var now = change.Fields.ToDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
        var gone = before.Select(field => field.Name)
            .Where(name => !now.ContainsKey(name) || missing.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
        if (gone.Count > 0)
            yield return $"the source does not have {(gone.Count == 1 ? "the column" : "the columns")} "
                + $"{string.Join(", ", gone)} of the table";
        foreach (var field in before)
            if (now.TryGetValue(field.Name, out var other) && !other.Type.Equals(field.Type))
                yield return $"the column {field.Name} is {ColumnTypes.NameOf(other.Type)}, and "
                    + $"{ColumnTypes.NameOf(field.Type)} in the table";
    }
}

using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>Compares the columns that a model's materialization names with those of its SELECT.</summary>
static class NamedColumns
{
    const string EventsOfLog = "strategy cdc";

    /// <summary>Refuses rows that lack a column, or have it with a type that its setting does not take.</summary>
    /// <exception cref="FozException">They do.</exception>
    public static void Check(Model model, Relation rows, CancellationToken cancellationToken)
    {
        // A model that names no columns needs none: its own are not asked for.
        var named = Of(model.Materialization).Select(name => name.Column).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (named.Count == 0) return;
        var columns = rows.Describe(cancellationToken);
        var faults = FaultsOf(model, [.. columns.Select(column => column.Name)]);
        var fields = columns.Where(column => named.Contains(column.Name)).Select(column => column.ToField());
        if (faults.Concat(FaultsOf(model, [.. fields], columns.Count)).FirstOrDefault() is { } fault) throw fault;
    }

    /// <summary>Finds the columns whose type its setting does not take.</summary>
    /// <param name="model">The model.</param>
    /// <param name="fields">The columns of the SELECT; those that no setting names may be missing.</param>
    /// <param name="count">The number of the SELECT's columns.</param>
    public static IEnumerable<FozException> FaultsOf(Model model, IReadOnlyList<Field> fields, int count)
    {
        foreach (var (setting, column) in Of(model.Materialization))
        {
            if (fields.FirstOrDefault(field => field.Name.Equals(column, StringComparison.OrdinalIgnoreCase))
                is not { } field) continue;
            var type = DeltaTypes.ToDeltaType(field.Type);
            var (fits, fault, hint) = setting switch
            {
                "partition_by" => (PartitionValue.IsSupported(type), "by which no table can be partitioned",
                    "name a column of single values, such as a date"),
                "cluster_by" => (DeltaTypes.CanCluster(type), "of which files keep no bounds",
                    "name a column of numbers, texts or times"),
                "updated_at" or "event_time" => (
                    type == DeltaType.Date || type == DeltaType.Timestamp || type == DeltaType.TimestampNtz,
                    "which is no date or timestamp", $"cast it in the SELECT: CAST({column} AS TIMESTAMP) AS {column}"),
                _ => (true, "", ""),
            };
            if (fits) continue;
            var name = ColumnTypes.NameOf(field.Type);
            yield return Fault(
                model, $"'{setting}' of {model.Name} is the column '{column}' of type {name}, {fault}", hint);
        }
        if (count > 0 && model.Materialization.PartitionBy.Count == count)
            yield return Fault(
                model, $"'partition_by' of {model.Name} names all of its columns", "leave one of them out");
    }

    /// <summary>Finds the columns that the SELECT does not have, and those that it has twice.</summary>
    /// <param name="model">The model.</param>
    /// <param name="columns">The names of the SELECT's columns.</param>
    public static IEnumerable<FozException> FaultsOf(Model model, IReadOnlyList<string> columns)
    {
        var isStored = model.Materialization is not (Materialization.View or Materialization.Ephemeral);
        foreach (var twice in columns.GroupBy(column => column, StringComparer.OrdinalIgnoreCase)
            .Where(group => isStored && group.Skip(1).Any()))
        {
            yield return Fault(
                model, $"{model.Name} has the column '{twice.Last()}' twice; names must differ in more than case",
                hint: null);
        }
        foreach (var (setting, column) in Of(model.Materialization))
        {
            if (columns.Contains(column, StringComparer.OrdinalIgnoreCase)) continue;
            if (setting == EventsOfLog && column == ChangeColumns.Unchanged)
            {
                yield return Fault(
                    model, $"{model.Name} leaves out {column}, which names the columns that the source did not send: "
                        + "they would become NULL",
                    $"add {column} to the SELECT; the table does not get it");
                yield break;
            }
            if (setting == EventsOfLog)
            {
                yield return Fault(
                    model, $"'strategy: cdc' of {model.Name} needs 'sequence_by': its rows are no changes of a stream "
                        + "of mode cdc, which have an order",
                    "name the columns that order the events of a key: sequence_by: updated_at");
                yield break;
            }
            yield return Fault(
                model, $"{model.Name} has no column '{column}', which its {setting} names",
                NearestName.Hint(column, columns));
        }
    }

    static FozException Fault(Model model, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = model.Place, Hint = hint };

    /// <summary>
    /// The settings and the columns that they name. Those that may be columns of the table alone are left out: what a
    /// merge updates, and how a table that keeps its rows is partitioned.
    /// </summary>
    static IEnumerable<(string Setting, string Column)> Of(Materialization materialization) =>
        materialization.Strategy switch
        {
            null =>
            [
                .. Each("partition_by", materialization.PartitionBy), .. Each("cluster_by", materialization.ClusterBy),
            ],
            IncrementalStrategy.Merge merge =>
                [.. Each("unique_key", merge.UniqueKey), .. Each("sequence_by", Optional(merge.SequenceBy))],
            IncrementalStrategy.DeleteInsert replacing => Each("unique_key", replacing.UniqueKey),
            IncrementalStrategy.Microbatch batches => Each("event_time", [batches.EventTime]),
            IncrementalStrategy.Cdc cdc =>
            [
                .. Each("keys", cdc.Keys), .. Each("sequence_by", cdc.SequenceBy), .. Each("columns", cdc.Columns),
                .. Each("except_columns", cdc.ExceptColumns),
                .. Each("track_history_columns", cdc.TrackedColumns),
                .. Each("track_history_except_columns", cdc.UntrackedColumns),
                .. Each(EventsOfLog, cdc.ReadsLog ? [ChangeColumns.Op, ChangeColumns.Lsn, ChangeColumns.Seq] : []),
                // Without it, what the source did not send would become NULL.
                .. Each(EventsOfLog, cdc.ChangeStreams > 0 ? [ChangeColumns.Unchanged] : []),
            ],
            IncrementalStrategy.Scd2ByTime history =>
                [.. Each("unique_key", history.UniqueKey), .. Each("updated_at", [history.UpdatedAt])],
            IncrementalStrategy.Scd2ByColumn history =>
                [.. Each("unique_key", history.UniqueKey), .. Each("check_cols", history.CheckColumns)],
            _ => [],
        };

    static IEnumerable<(string, string)> Each(string setting, IEnumerable<string> columns) =>
        columns.Select(column => (setting, column));

    static string[] Optional(string? column) => column is null ? [] : [column];
}

using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>The rows that a batch leaves in its table.</summary>
/// <param name="Table">The table; null where the batch replaces all of it.</param>
/// <param name="ReplacedKey">
/// The columns by which rows of the batch replace others; empty where they replace none.
/// </param>
readonly record struct RetainedRows(LakeTable? Table, IReadOnlyList<string> ReplacedKey)
{
    /// <summary>
    /// A SQL condition over the table's columns: rows of the table for which it holds go, such as those of the time
    /// that the batch is of. Null where no such rows go.
    /// </summary>
    public string? ReplacedWhere { get; init; }

    /// <summary>Those that batches of a model leave, where they do not replace all of its table.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Its table.</param>
    /// <param name="columns">The columns of its rows; null where it has no intervals.</param>
    /// <param name="interval">The interval of the batch; null where it has none.</param>
    public static RetainedRows Of(Model model, LakeTable table, IReadOnlyList<EngineColumn>? columns,
        Interval? interval) =>
        model.Materialization.Strategy switch
        {
            IncrementalStrategy.Append => new(table, []),
            IncrementalStrategy.Merge merge => new(table, merge.UniqueKey),
            IncrementalStrategy.DeleteInsert replace => new(table, replace.UniqueKey),
            IncrementalStrategy.InsertOverwrite => new(table, model.Materialization.PartitionBy),
            IncrementalStrategy.Scd2 history => new(table, history.UniqueKey),
            IncrementalStrategy.Cdc cdc => new(table, cdc.Keys),
            IncrementalStrategy.Microbatch microbatch => new(table, [])
            {
                ReplacedWhere = new IntervalSql(model, microbatch, interval!.Value).Condition(columns!),
            },
            _ => new(null, []),
        };

    /// <summary>The table as it is; null where nothing of it stays.</summary>
    public async Task<TableRelation?> OpenAsync(EngineSession session, CancellationToken cancellationToken) =>
        Table is not null && await Table.FindLatestAsync(cancellationToken) is { } present
            ? await present.OpenAsync(session, cancellationToken)
            : null;

    /// <summary>The rows that stay beside those of the batch that do.</summary>
    /// <param name="present">The table as it is.</param>
    /// <param name="batch">The batch.</param>
    public string Sql(string present, string batch)
    {
        var stay = new List<string>();
        if (ReplacedWhere is not null) stay.Add($"(\n{ReplacedWhere}\n) IS NOT TRUE");
        if (ReplacedKey.Count > 0)
        {
            var same = ReplacedKey.Select(c => $"n.{SqlText.Identifier(c)} = o.{SqlText.Identifier(c)}");
            stay.Add(
                $"NOT EXISTS (SELECT 1 FROM {batch} AS n WHERE "
                    + $"{string.Join(" AND ", same)} AND {ViolationFilter.Stays("n")})");
        }
        return stay.Count == 0 ? present : $"(SELECT * FROM {present} AS o WHERE {string.Join(" AND ", stay)})";
    }
}

using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>Runs a node's checks on its table as it would be, beside other tables as they are committed.</summary>
static class StepChecks
{
    /// <summary>Runs the checks of a step's change, but those that took rows out of its batch before.</summary>
    /// <param name="session">The session that made the change.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="node">The node.</param>
    /// <param name="change">The change, of which nothing is committed.</param>
    /// <param name="inputs">The versions that the batch reads.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ImmutableArray<CheckResult>> RunAsync(
        EngineSession session, Lakehouse lake, GraphNode node, TableChange change,
        IReadOnlyDictionary<string, TableInput> inputs, CancellationToken cancellationToken)
    {
        IReadOnlyList<CheckDefinition> checks = [.. node.Checks.Where(check => !check.TakesRowsOut)];
        var proven = checks.Where(check => IsProven(check, node, change))
            .ToHashSet<CheckDefinition>(ReferenceEqualityComparer.Instance);
        var results = await CheckAsync(
            session, lake, node, change, [.. checks.Where(check => !proven.Contains(check))], inputs,
            cancellationToken);
        if (proven.Count == 0) return results;
        var byCheck = results.ToDictionary<CheckResult, CheckDefinition>(
            result => result.Check, ReferenceEqualityComparer.Instance);
        return
        [
            .. checks.Where(check => proven.Contains(check) || byCheck.ContainsKey(check))
                .Select(check =>
                    byCheck.Remove(check, out var result) ? result : new CheckResult(check, 0, change.RowsAdded)),
            .. byCheck.Values,
        ];
    }

    /// <summary>
    /// Whether it is known of a change that it breaks no check: the merge that made it has shown that no two of its
    /// rows have one key, and its files tell how many NULLs they hold.
    /// </summary>
    static bool IsProven(CheckDefinition check, GraphNode node, TableChange change) => check switch
    {
        CheckDefinition.Unique unique => change.MergedBy.Count > 0 && IsReplacedBy(unique, node)
            && change.MergedBy.All(column => unique.KeyColumns.Contains(column, StringComparer.OrdinalIgnoreCase)),
        CheckDefinition.NotNull { Where: null } notNull => change.NullsWritten(notNull.Column) == 0,
        _ => false,
    };

    static async Task<ImmutableArray<CheckResult>> CheckAsync(
        EngineSession session, Lakehouse lake, GraphNode node, TableChange change,
        IReadOnlyList<CheckDefinition> checks,
        IReadOnlyDictionary<string, TableInput> inputs, CancellationToken cancellationToken)
    {
        if (checks.Count == 0) return [];
        // What the table had was looked at when it came; of what decides about rows one by one, only new ones matter.
        using var news = change.KeepsRows
            ? await change.PreviewNewRows().OpenAsync(session, filter: null, cancellationToken)
            : null;
        // A large table that only grows a little is not even opened where its new rows are all that checks look at.
        using var preview = news is null || checks.Any(check => LooksAtAll(check, node))
            ? await change.Preview().OpenAsync(session, cancellationToken)
            : null;
        var rows = new CheckedRows(preview?.Sql ?? news!.Sql, news?.Sql, inputs);
        var results = await RunAsync(session, lake, node, checks, rows, cancellationToken);
        return results.AddRange(
            await CheckAsync(session, lake, node, new(change, news?.Sql ?? rows.All), cancellationToken));
    }

    /// <summary>Whether a check needs to see all rows of a table, and not only those that are new.</summary>
    static bool LooksAtAll(CheckDefinition check, GraphNode node) => check switch
    {
        CheckDefinition.Anomaly => false,
        CheckDefinition.Relationships { To: var to } => to == node.Name || to == node.Table,
        CheckDefinition.Unique unique => !IsReplacedBy(unique, node),
        _ => check.Scope is not CheckScope.Row,
    };

    /// <summary>Whether new rows take the place of all others of a key: then only they can be double.</summary>
    static bool IsReplacedBy(CheckDefinition.Unique check, GraphNode node)
    {
        var key = node is GraphNode.OfModel { Model.Materialization.Strategy: var strategy }
            ? strategy switch
            {
                IncrementalStrategy.Merge { Predicates.Count: 0 } merge => merge.UniqueKey,
                IncrementalStrategy.DeleteInsert { Predicates.Count: 0 } replace => replace.UniqueKey,
                IncrementalStrategy.Cdc { KeepsHistory: false } cdc => cdc.Keys,
                _ => [],
            }
            : [];
        return key.Count > 0 && key.All(column => check.KeyColumns.Contains(column, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Runs the checks that learn from the past.</summary>
    static async Task<IReadOnlyList<CheckResult>> CheckAsync(
        EngineSession session, Lakehouse lake, GraphNode node, AnomalyBatch? batch, CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        foreach (var check in node.Checks.OfType<CheckDefinition.Anomaly>())
            results.Add(await new StepAnomalies(lake, node, session, batch).RunAsync(check, cancellationToken));
        return results;
    }

    /// <summary>Runs all checks on a relation.</summary>
    /// <param name="session">The session in which <paramref name="relation"/> can be read.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="node">The node.</param>
    /// <param name="relation">Its rows.</param>
    /// <param name="inputs">The versions that the batch reads.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ImmutableArray<CheckResult>> RunAsync(
        EngineSession session, Lakehouse lake, GraphNode node, string relation,
        IReadOnlyDictionary<string, TableInput> inputs, CancellationToken cancellationToken)
    {
        var results = await RunAsync(
            session, lake, node, node.Checks, new(relation, NewRows: null, inputs), cancellationToken);
        return results.AddRange(await CheckAsync(session, lake, node, batch: null, cancellationToken));
    }

    static async Task<ImmutableArray<CheckResult>> RunAsync(
        EngineSession session, Lakehouse lake, GraphNode node, IReadOnlyList<CheckDefinition> checks, CheckedRows rows,
        CancellationToken cancellationToken)
    {
        checks = [.. checks.Where(check => check is not CheckDefinition.Anomaly)];
        if (checks.Count == 0) return [];
        var names = new StepNameResolver(lake, node, rows.Inputs) { OwnPreview = rows.All };
        using var bindings = await CheckBindings.OpenAsync(session, names, checks, cancellationToken);
        var checker = new Checker(session, rows.All)
        {
            RelationOf = bindings.RelationOf,
            BindQuery = bindings.BindQuery,
            NewRows = rows.NewRows,
            LooksAtAll = check => LooksAtAll(check, node),
            Now = lake.Clock.GetUtcNow(),
        };
        return [.. checker.Run(checks, cancellationToken)];
    }

    /// <summary>The error of a step whose checks forbid its commit; null where they allow it.</summary>
    public static FozException? Failure(GraphNode node, IReadOnlyList<CheckResult> results)
    {
        var failures = results.Where(result => result.IsFailure).ToList();
        if (failures.Count == 0) return null;
        var samples = failures.SelectMany(f => f.Samples).Take(1).ToList();
        return new(
            ErrorKind.Data,
            $"{node.Table} was not changed: {string.Join("; ", failures.Select(f => f.Describe()))}")
        {
            Place = failures[0].Check.Place,
            Hint = samples.Count > 0 ? $"such as {samples[0]}" : null,
        };
    }

    /// <summary>The rows that are checked.</summary>
    /// <param name="All">The table as it would be.</param>
    /// <param name="NewRows">Its new rows; null if the whole table is checked.</param>
    /// <param name="Inputs">The versions that the batch reads.</param>
    readonly record struct CheckedRows(string All, string? NewRows, IReadOnlyDictionary<string, TableInput> Inputs);
}

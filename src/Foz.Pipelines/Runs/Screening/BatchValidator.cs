using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Cleaning;
using Foz.Pipelines.Quality.Contracts;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>
/// Cleans the rows of a step's batch, holds them against its contract, and takes those out that break checks with
/// <c>on_violation: drop</c> or <c>quarantine</c>.
/// </summary>
/// <param name="context">The run.</param>
/// <param name="node">The step's node.</param>
/// <param name="session">The session of the step; its temporary table <c>foz_batch</c> is replaced.</param>
/// <param name="manifest">The batch.</param>
sealed class BatchValidator(StepContext context, GraphNode node, EngineSession session, StepManifest manifest)
{
    const string Batch = "foz_batch";

    /// <summary>Checks a batch's rows.</summary>
    /// <param name="rows">The rows, read once.</param>
    /// <param name="kept">The rows that stay in the table beside them.</param>
    /// <param name="withKeys">
    /// Whether rows are known to have NULL in the key of a merge. They are removed in any case if all rows are checked;
    /// if nothing else needs that, the merge finds them at less cost.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They break the contract, or a rule or check cannot be run.</exception>
    public async Task<ValidatedRows> RunAsync(
        Relation rows, RetainedRows kept, bool withKeys, CancellationToken cancellationToken)
    {
        var checks = node.Checks.Where(check => check.TakesRowsOut)
            .Select(check => OfValues(check, rows, cancellationToken)).ToList();
        var screened = new ValidatedRows(context, node, session, manifest) { Passed = rows };
        if (checks.Count == 0 && node.Clean.Count == 0 && node.Contract is null && !withKeys) return screened;
        var columns = UntypedNulls.Find(session, rows.Sql, rows.Describe(cancellationToken), cancellationToken);
        var cleaning = BatchCleaning.Of(session, node.Clean, rows.Sql, columns, IsOwn, cancellationToken);
        CheckContract(
            session, node, node.Clean.Count == 0 ? columns : Cleaned(cleaning, columns, cancellationToken),
            cancellationToken);
        EnsureColumnsExist(checks, columns);
        if (checks.Count == 0 && node.Clean.Count == 0 && node.Contract?.Required.Any() is not true && !withKeys)
            return screened;
        var keys = node.KeyChecks;
        EnsureColumnsExist(keys, columns);
        screened = screened with { HasKeys = true };
        session.Execute($"CREATE OR REPLACE TEMP TABLE {Batch} AS {cleaning.Select}", cancellationToken);
        var results = cleaning.Finish(session, Batch, cancellationToken);
        checks.AddRange(cleaning.Checks);
        checks.AddRange(keys);
        // The engine took NULL for an INTEGER when it made the table.
        var own = columns.Select(column => column.IsNull && !node.Clean.Any(rule => rule.Columns.Contains(column.Name))
            ? $"NULL AS {SqlText.Identifier(column.Name)}"
            : $"t.{SqlText.Identifier(column.Name)}").ToList();
        screened = screened with
        {
            Passed = rows.Derive($"SELECT {string.Join(", ", own)} FROM {Batch} AS t"),
            Results = [.. results],
            RowsDropped = results.Where(result => result.Check is CheckDefinition.Cleaned { Column: null })
                .Sum(result => result.Violations),
        };
        if (checks.Count > 0) screened = await ScreenAsync(screened, checks, own, kept, cancellationToken);
        // The project does not ask for the key checks of a merge: only broken ones are reported.
        screened = screened with
        {
            Results = screened.Results.RemoveAll(
                result => result.Passed && keys.Contains(result.Check, ReferenceEqualityComparer.Instance)),
        };
        if (Events is null) CheckNulls(session, node, screened.Passed.Sql, cancellationToken);
        return screened;
    }

    /// <summary>What the node's events are; null where its rows are those of its table.</summary>
    IncrementalStrategy.Cdc? Events =>
        node is GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc events } ? events : null;

    /// <summary>A check of events is about those that write a row, and columns that they have.</summary>
    CheckDefinition OfValues(CheckDefinition check, Relation rows, CancellationToken cancellationToken)
    {
        if (Events is not { FromSnapshot: false } events) return check;
        var conditions = new[] { check.Where, events.EventsWithValues }.OfType<string>().ToList();
        if (rows.Describe(cancellationToken).Any(column => column.Name == ChangeColumns.Unchanged))
            conditions.AddRange(check.Columns.Select(column =>
                $"NOT coalesce(list_contains({ChangeColumns.Unchanged}, {SqlText.Literal(column)}), false)"));
        return conditions.Count == 0
            ? check
            : check with { Where = string.Join(" AND ", conditions.Select(condition => $"({condition}\n)")) };
    }

    /// <summary>Removes the rows that break checks.</summary>
    async Task<ValidatedRows> ScreenAsync(
        ValidatedRows rows, IReadOnlyList<CheckDefinition> checks, IReadOnlyList<string> own, RetainedRows kept,
        CancellationToken cancellationToken)
    {
        using var present = await kept.OpenAsync(session, cancellationToken);
        var names = new StepNameResolver(context.Lake, node, manifest.Tables);
        using var bindings = await CheckBindings.OpenAsync(session, names, checks, cancellationToken);
        var screen = new ViolationFilter(session, Batch)
        {
            RelationOf = bindings.RelationOf,
            RetainedRows = present is null ? null : kept.Sql(present.Sql, Batch),
            Newest = node.Newest,
        };
        var results = screen.Run(checks, cancellationToken);
        var (takenOut, quarantined) = screen.Count(cancellationToken);
        return rows with
        {
            RowsDropped = rows.RowsDropped + takenOut - quarantined,
            RowsQuarantined = quarantined,
            ArrivedTable = Batch,
            Passed = rows.Passed.Derive($"{rows.Passed.Sql} WHERE {ViolationFilter.Stays("t")}"),
            Results = rows.Results.AddRange(results),
            Quarantined =
                $"SELECT {string.Join(", ", own)}, {QuarantineColumns.Of(manifest)} FROM ({screen.Quarantined}\n) AS t",
        };
    }

    /// <summary>Compares columns with the contract of a node, if it has one.</summary>
    public static void CheckContract(
        EngineSession session, GraphNode node, IReadOnlyList<EngineColumn> columns,
        CancellationToken cancellationToken) =>
        node.Contract?.Check(
            session, node.Name.ToString(),
            node switch
            {
                GraphNode.OfStream => [.. columns.Where(column => IsOwn(column.Name))],
                GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Cdc events } =>
                    [.. columns.Where(column => events.Takes(column.Name))],
                _ => columns,
            },
            cancellationToken);

    /// <summary>Makes sure that columns which a contract requires have no NULL.</summary>
    /// <param name="session">The session that reads the rows.</param>
    /// <param name="node">The node, which may have no contract.</param>
    /// <param name="select">A SELECT of the rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">One has.</exception>
    public static void CheckNulls(
        EngineSession session, GraphNode node, string select, CancellationToken cancellationToken)
    {
        if (node.Contract is not { } contract || !contract.Required.Any()) return;
        using var rows = session.Query(contract.CountNulls($"({select})"), cancellationToken);
        var counts = rows.Rows(cancellationToken).First().Select(count => (long)count!);
        var errors = new ErrorList();
        foreach (var (column, nulls) in contract.Required.Zip(counts).Where(count => count.Second > 0))
            errors.Add(TableContract.HasNulls(node.Name.ToString(), column, nulls));
        errors.ThrowIfAny();
    }

    IReadOnlyList<EngineColumn> Cleaned(
        BatchCleaning cleaning, IReadOnlyList<EngineColumn> columns, CancellationToken cancellationToken) =>
        [.. session.Describe(cleaning.Select, cancellationToken).Take(columns.Count)];

    /// <summary>Whether a column is the table's own, and not the platform's beside it.</summary>
    static bool IsOwn(string column) =>
        !ChangeColumns.Has(column);

    static void EnsureColumnsExist(IEnumerable<CheckDefinition> checks, IReadOnlyList<EngineColumn> columns)
    {
        var errors = new ErrorList();
        foreach (var check in checks)
            Checker.EnsureColumnsExist(check, [.. columns.Select(column => column.Name)], errors);
        errors.ThrowIfAny();
    }
}

using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs.Screening;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Selection;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>Runs a project's checks and SQL tests on tables as they are committed.</summary>
/// <param name="lake">The lake.</param>
public sealed class ProjectChecks(Lakehouse lake)
{
    static readonly Dictionary<string, TableInput> Newest = [];

    /// <summary>Runs checks.</summary>
    /// <param name="project">The project.</param>
    /// <param name="selection">
    /// Which: tables with checks, and tests; the tests that read a selected table are taken too.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One outcome for each table with checks, and for each test.</returns>
    /// <exception cref="FozException">A selector means nothing.</exception>
    public async Task<IReadOnlyList<ChecksOutcome>> RunAsync(
        Project project, SelectionRequest selection, CancellationToken cancellationToken)
    {
        await using var opened = await OpenedProject.OpenAsync(project, lake.Engines, cancellationToken);
        project = opened.Project;
        var selected = await new SelectionFinder(lake).FindAsync(project, opened.Sources, selection, cancellationToken);
        var outcomes = new List<ChecksOutcome>();
        foreach (var node in project.Graph.Nodes.Where(node => selected.Checks.Contains(node.Name)))
            outcomes.Add(await TryAsync(node.Table.ToString(), node, table: node.Table, cancellationToken));
        return [.. outcomes, .. await RunTestsAsync(project, selected.SqlTests, cancellationToken)];
    }

    /// <summary>Runs the checks of models that no step makes, whose SELECTs stand in what reads them.</summary>
    /// <param name="project">The project.</param>
    /// <param name="names">Which.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One outcome for each.</returns>
    public async Task<IReadOnlyList<ChecksOutcome>> RunInlinedAsync(
        Project project, IReadOnlySet<TableName> names, CancellationToken cancellationToken)
    {
        var outcomes = new List<ChecksOutcome>();
        foreach (var node in project.Graph.Nodes.Where(node =>
            !node.IsMade && node.Checks.Count > 0 && names.Contains(node.Name)))
            outcomes.Add(await TryAsync(node.Table.ToString(), node, node.Table, cancellationToken));
        return outcomes;
    }

    /// <summary>Runs SQL tests.</summary>
    /// <param name="project">The project.</param>
    /// <param name="tests">The tests.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One outcome for each.</returns>
    public async Task<IReadOnlyList<ChecksOutcome>> RunTestsAsync(
        Project project, IEnumerable<SqlTest> tests, CancellationToken cancellationToken)
    {
        var outcomes = new List<ChecksOutcome>();
        foreach (var test in tests) outcomes.Add(await TryAsync(test, cancellationToken));
        return outcomes;
    }

    async Task<ChecksOutcome> TryAsync(SqlTest test, CancellationToken cancellationToken)
    {
        try
        {
            if (test.Template is { } template)
                test = test with
                {
                    Body = template.Render(isIncremental: false, new ProjectLake(lake), cancellationToken),
                };
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return new(test.Name, [], e);
        }
        ChecksOutcome outcome = new(test.Name, []);
        foreach (var (onViolation, query) in test.Queries())
        {
            outcome = await TryAsync(test.Name, NodeOf(test, onViolation, query), table: null, cancellationToken);
            if (outcome.Error is not null || outcome.Checks.Any(check => !check.Passed)) break;
        }
        return test.Failures is not null && outcome.Error is null
            ? await StoreAsync(test, test.Failures, outcome, cancellationToken)
            : outcome;
    }

    async Task<ChecksOutcome> StoreAsync(
        SqlTest test, FailureStore store, ChecksOutcome outcome, CancellationToken cancellationToken)
    {
        try
        {
            await new FailureTables(lake).StoreAsync(test, store, cancellationToken);
            return outcome with { Failures = store.Table };
        }
        catch (Exception e)
            when (e is FozException { Kind: not ErrorKind.Canceled } or DeltaException or StorageException)
        {
            var error = DeltaErrors.Find(e)!;
            return outcome with
            {
                Error = new(error.Kind, $"the rows that were found cannot be kept as {store.Table}: {error.Message}", e)
                {
                    Place = test.Body.Start, Hint = error.Hint,
                },
            };
        }
    }

    async Task<ChecksOutcome> TryAsync(
        string name, GraphNode node, TableName? table, CancellationToken cancellationToken)
    {
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            // Of a model without a table or view the SELECT is checked.
            using var bound = !node.IsMade
                ? await new StepNameResolver(lake, node, Newest).BindTableAsync(session, node.Name, cancellationToken)
                : table is { } checkedTable
                ? await new StatementBinder(
                    session, new LakeNameResolver(lake, lake.Tables, static _ => null)).BindAsync(
                    $"SELECT * FROM {SqlText.Identifier(checkedTable.Schema)}.{SqlText.Identifier(checkedTable.Name)}",
                    cancellationToken)
                : null;
            var checks = await StepChecks.RunAsync(
                session, lake, node, bound is null ? "(SELECT 1)" : $"({bound.Sql}\n)", Newest, cancellationToken);
            return new(name, checks);
        }
        catch (Exception e)
            when (e is FozException { Kind: not ErrorKind.Canceled } or DeltaException or StorageException)
        {
            return new(name, [], DeltaErrors.Find(e));
        }
    }

    /// <summary>A test, as a model whose one check is the test's query.</summary>
    static GraphNode.OfModel NodeOf(SqlTest test, OnViolation onViolation, SqlBody query)
    {
        var name = new TableName("tests", test.Name);
        return new(new()
        {
            Name = name,
            Table = name,
            Materialization = new Materialization.View(),
            Body = query,
            References = test.References,
            File = test.File,
            Checks =
            [
                new CheckDefinition.Custom(test.Name, query.Text, Value: null)
                {
                    OnViolation = onViolation, Description = test.Description, Place = test.Body.Start,
                    QueryPlace = test.Body.Start with { Column = 0 },
                },
            ],
        });
    }
}

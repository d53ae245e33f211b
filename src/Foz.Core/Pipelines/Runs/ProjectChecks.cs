using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;
using Foz.Core.Tables;
using Foz.Delta;

namespace Foz.Core.Pipelines.Runs;

/// <summary>What checking one table or test came to.</summary>
/// <param name="Name">The table's name in the lake, or the test's.</param>
/// <param name="Checks">What its checks found; empty where they could not be run.</param>
/// <param name="Error">Why they could not be run; null where they could.</param>
public sealed record ChecksOutcome(string Name, IReadOnlyList<CheckResult> Checks, FozException? Error = null)
{
    /// <summary>Whether a check that fails a run is broken, or could not be run.</summary>
    public bool IsFailure => Error is not null || Checks.Any(check => check.IsFailure);
}

/// <summary>Runs a project's checks and SQL tests on tables as they are committed.</summary>
/// <param name="lake">The lake.</param>
public sealed class ProjectChecks(Lake lake)
{
    static readonly Dictionary<string, TableInput> Newest = [];

    /// <summary>Runs checks.</summary>
    /// <param name="project">The project.</param>
    /// <param name="select">
    /// Selectors of tables, as for a run, and names of tests; the tests that read a selected table are taken too. Empty
    /// for all.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One outcome for each table with checks, and for each test.</returns>
    /// <exception cref="FozException">A selector means nothing.</exception>
    public async Task<IReadOnlyList<ChecksOutcome>> RunAsync(
        Project project, IReadOnlyList<string> select, CancellationToken cancellationToken)
    {
        await using var opened = await OpenedProject.OpenAsync(project, lake.Engines, cancellationToken);
        project = opened.Project;
        var named = project.SqlTests.Where(t => select.Contains(t.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        var selectors = select.Where(s => named.All(t => !t.Name.Equals(s, StringComparison.OrdinalIgnoreCase))).ToList();
        var selected = named.Count > 0 && selectors.Count == 0
            ? new HashSet<TableName>()
            : Selection.Of(project.Graph, selectors);
        var tests = select.Count == 0
            ? project.SqlTests
            : project.SqlTests.Where(t => named.Contains(t) || t.References.Any(r => selected.Contains(r.Name)));
        var outcomes = new List<ChecksOutcome>();
        foreach (var node in project.Graph.Nodes.Where(n => selected.Contains(n.Name) && n.Checks.Count > 0))
            outcomes.Add(await TryAsync(node.Table.ToString(), node, table: node.Table, cancellationToken));
        foreach (var test in tests)
            outcomes.Add(await TryAsync(test.Name, NodeOf(test), table: null, cancellationToken));
        return outcomes;
    }

    async Task<ChecksOutcome> TryAsync(
        string name, GraphNode node, TableName? table, CancellationToken cancellationToken)
    {
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            using var bound = table is { } checkedTable
                ? await new StatementBinder(
                    session, new LakeNames(lake, lake.Tables, static _ => null)).BindAsync(
                    $"SELECT * FROM {SqlText.Identifier(checkedTable.Schema)}.{SqlText.Identifier(checkedTable.Name)}",
                    cancellationToken)
                : null;
            var checks = await StepChecks.RunAsync(
                session, lake, node, bound is null ? "(SELECT 1)" : $"({bound.Sql}\n)", Newest, cancellationToken);
            return new(name, checks);
        }
        catch (Exception e) when (e is FozException { Kind: not ErrorKind.Canceled } or DeltaException)
        {
            return new(name, [], DeltaErrors.Find(e));
        }
    }

    /// <summary>A test, as a model whose one check is the test's query.</summary>
    static GraphNode.OfModel NodeOf(SqlTest test)
    {
        var name = new TableName("tests", test.Name);
        return new(new()
        {
            Name = name,
            Table = name,
            Materialization = new Materialization.View(),
            Body = test.Body,
            References = test.References,
            File = test.File,
            Checks =
            [
                new CheckDefinition.Custom(test.Name, test.Sql, Value: null)
                {
                    OnViolation = test.OnViolation, Description = test.Description, Place = test.Body.Start,
                    QueryPlace = test.Body.Start with { Column = 0 },
                },
            ],
        });
    }
}

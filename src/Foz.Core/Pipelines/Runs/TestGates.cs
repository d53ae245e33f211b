using System.Collections.Concurrent;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Runs;

/// <summary>
/// The SQL tests that a run makes between its steps, as dbt's <c>build</c> does: a step begins when the tests of what it needs
/// have passed, of each test that looks at nothing else. Safe for use by many threads.
/// </summary>
sealed class TestGates
{
    readonly ProjectChecks checks;
    readonly Project project;
    readonly Dictionary<TableName, List<SqlTest>> before = [];
    readonly ConcurrentDictionary<string, Lazy<Task<ChecksOutcome>>> outcomes = new(StringComparer.Ordinal);

    /// <summary>Finds what waits for which test.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="project">The project as the run has it.</param>
    /// <param name="tests">The tests, by their names.</param>
    public TestGates(Lake lake, Project project, IReadOnlySet<string> tests)
    {
        (checks, this.project) = (new(lake), project);
        foreach (var test in project.SqlTests.Where(test => tests.Contains(test.Name)))
            foreach (var behind in Behind(test))
            {
                if (!before.TryGetValue(behind, out var waitedFor)) before[behind] = waitedFor = [];
                waitedFor.Add(test);
            }
    }

    /// <summary>What the tests came to that were made, by name.</summary>
    public async Task<IReadOnlyList<ChecksOutcome>> EndAsync() =>
        [.. (await Task.WhenAll(outcomes.Values.Select(outcome => outcome.Value))).OrderBy(outcome => outcome.Name, StringComparer.Ordinal)];

    /// <summary>A test that failed and keeps a step from beginning; null where none does.</summary>
    /// <param name="node">The step; all that it needs has ended.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<ChecksOutcome?> FindFailedAsync(GraphNode node, CancellationToken cancellationToken)
    {
        foreach (var test in before.GetValueOrDefault(node.Name) ?? [])
        {
            var outcome = await outcomes.GetOrAdd(test.Name, _ => new(() => RunAsync(test, cancellationToken))).Value;
            if (outcome.IsFailure) return outcome;
        }
        return null;
    }

    async Task<ChecksOutcome> RunAsync(SqlTest test, CancellationToken cancellationToken)
    {
        try
        {
            return (await checks.RunTestsAsync(project, [test], cancellationToken))[0];
        }
        catch (Exception e) when (e is OperationCanceledException or FozException or IOException or UnauthorizedAccessException)
        {
            return new(test.Name, [], e as FozException ?? new(ErrorKind.Canceled, $"the test {test.Name} was not made: {e.Message}", e));
        }
    }

    /// <summary>What needs all that a test looks at, directly or not.</summary>
    HashSet<TableName> Behind(SqlTest test)
    {
        HashSet<TableName>? behind = null;
        foreach (var name in test.References.Select(reference => reference.Name).Where(name => project.Graph.Find(name) is not null).Distinct())
        {
            if (behind is null) behind = [.. project.Graph.Descendants(name)];
            else behind.IntersectWith(project.Graph.Descendants(name));
        }
        return behind ?? [];
    }
}

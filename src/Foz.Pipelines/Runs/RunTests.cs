using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs;

/// <summary>
/// The SQL tests of a run, as in dbt's <c>build</c>. A step begins when the tests that read only tables upstream of it
/// have passed. Tests that no step waits for run after the steps. Safe for use by many threads.
/// </summary>
sealed class RunTests
{
    readonly ProjectChecks checks;
    readonly Project project;
    readonly IReadOnlyList<SqlTest> tests;
    readonly Dictionary<TableName, List<SqlTest>> before = [];
    readonly ConcurrentDictionary<string, Lazy<Task<ChecksOutcome>>> outcomes = new(StringComparer.Ordinal);

    /// <summary>Finds what waits for which test.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="project">The project as the run has it.</param>
    /// <param name="names">The names of the tests.</param>
    public RunTests(Lakehouse lake, Project project, IReadOnlySet<string> names)
    {
        (checks, this.project) = (new(lake), project);
        tests = [.. project.SqlTests.Where(test => names.Contains(test.Name))];
        foreach (var test in tests)
            foreach (var downstream in Downstream(test))
            {
                if (!before.TryGetValue(downstream, out var waitedFor)) before[downstream] = waitedFor = [];
                waitedFor.Add(test);
            }
    }

    /// <summary>A test that failed and keeps a step from beginning; null where none does.</summary>
    /// <param name="node">The step; all that it needs has ended.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<ChecksOutcome?> FindFailedAsync(GraphNode node, CancellationToken cancellationToken)
    {
        foreach (var test in before.GetValueOrDefault(node.Name) ?? [])
        {
            var outcome = await RunAsync(test, cancellationToken);
            if (outcome.IsFailure) return outcome;
        }
        return null;
    }

    /// <summary>
    /// Runs the checks of inlined models, and the tests that no step waited for, except those that would read tables
    /// that a step did not make.
    /// </summary>
    /// <param name="steps">How the steps ended.</param>
    /// <param name="inlined">The models.</param>
    /// <param name="cancellationToken">Stops it; the results of tests that ran are returned.</param>
    /// <returns>The results of all that ran: the models' checks, and the tests by name.</returns>
    public async Task<IReadOnlyList<ChecksOutcome>> EndAsync(
        IEnumerable<StepResult> steps, IReadOnlySet<TableName> inlined, CancellationToken cancellationToken)
    {
        var missing = steps.Where(step => step.Outcome is Outcome.Failed or Outcome.Canceled).Select(step => step.Step)
            .ToHashSet();
        var made = new List<ChecksOutcome>();
        try
        {
            var looked = project.Graph.Nodes.Where(node => inlined.Contains(node.Name) && IsThere(node.References))
                .Select(node => node.Name).ToHashSet();
            made.AddRange(await checks.RunInlinedAsync(project, looked, cancellationToken));
            foreach (var test in tests.OrderBy(test => test.Name, StringComparer.Ordinal))
                if (outcomes.ContainsKey(test.Name) || IsThere(test.References))
                    made.Add(await RunAsync(test, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // What was stopped tells nothing, and the run is over.
        }
        return made;

        bool IsThere(IEnumerable<Reference> references) =>
            references.All(reference => !missing.Contains(project.TableOf(reference.Name)));
    }

    Task<ChecksOutcome> RunAsync(SqlTest test, CancellationToken cancellationToken) => outcomes.GetOrAdd(
        test.Name,
        _ => new(async () =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return (await checks.RunTestsAsync(project, [test], cancellationToken))[0];
            }
            catch (Exception e) when (e is FozException { Kind: ErrorKind.Canceled }
                || cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException($"the test {test.Name} was stopped", e, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new(test.Name, [], new FozException(ErrorKind.Storage, e.Message, e));
            }
        })).Value;

    /// <summary>Returns the tables downstream of every table that a test reads.</summary>
    HashSet<TableName> Downstream(SqlTest test)
    {
        HashSet<TableName>? downstream = null;
        foreach (var name in test.References.Select(reference => reference.Name)
            .Where(name => project.Graph.Find(name) is not null).Distinct())
        {
            if (downstream is null) downstream = [.. project.Graph.Descendants(name)];
            else downstream.IntersectWith(project.Graph.Descendants(name));
        }
        return downstream ?? [];
    }
}

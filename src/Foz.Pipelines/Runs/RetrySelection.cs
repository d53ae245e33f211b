using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selection;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Runs;

/// <summary>What of the last run is to be tried again.</summary>
/// <param name="RunId">The last run.</param>
/// <param name="IsFullRefresh">Whether it rebuilt incremental tables.</param>
/// <param name="Selection">
/// The steps and tests that failed, and those that were not tried; null where there are none.
/// </param>
public sealed record RetrySelection(string RunId, bool IsFullRefresh, SelectionRequest? Selection)
{
    /// <summary>The environment from which it read what its own has not made; null where it read from none.</summary>
    public string? Defer { get; init; }

    /// <summary>Which intervals it was asked to run; null for those that were due.</summary>
    public IntervalRequest? Intervals { get; init; }

    /// <summary>The names of the SQL tests that failed, or were not made.</summary>
    public IReadOnlySet<string> Tests { get; init; } = new HashSet<string>();

    /// <summary>Finds it.</summary>
    /// <exception cref="FozException">The project was not run in its environment yet.</exception>
    public static async Task<RetrySelection> FindAsync(
        Lakehouse lake, Project project, CancellationToken cancellationToken)
    {
        var last = await LastRun.FindAsync(lake.Store, project.Name, project.Environment, cancellationToken)
            ?? throw new FozException(ErrorKind.Usage, $"{project.Name} has not been run in {project.Environment} yet")
            {
                Hint = "foz run runs all of it",
            };
        var again = last.Results.Where(result =>
            result.Value is ResultWords.Error or ResultWords.Fail or ResultWords.Skipped)
            .Select(result => Foz.Lake.Data.TableName.Parse(result.Key)).ToList();
        // What is no longer in the project cannot be tried again.
        var tests = project.SqlTests.Select(test => test.Name).Intersect(last.Tests, StringComparer.Ordinal)
            .ToHashSet();
        var names = again.Where(name =>
            project.Graph.Find(name) is not null || project.Sources.Any(s => s.IsUndiscovered))
            .Select(name => $"fqn:{name}").ToList();
        // No step is a test: where tests alone failed, none is run.
        if (names.Count == 0 && tests.Count > 0) names.Add($"resource_type:{ResourceWords.Test}");
        return new(last.RunId, last.IsFullRefresh, names.Count == 0 ? null : new() { Select = names })
        {
            Defer = last.Defer, Intervals = last.Intervals, Tests = tests,
        };
    }
}

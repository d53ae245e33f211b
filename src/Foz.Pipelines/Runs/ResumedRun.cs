using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Runs;

/// <summary>What resumes the last run.</summary>
/// <param name="RunId">The last run.</param>
/// <param name="Request">
/// The steps and tests that failed, and those that were not tried; null where there are none.
/// </param>
public sealed record ResumedRun(string RunId, RunRequest? Request)
{
    internal static ResumedRun Of(LastRun last, Project project, Func<string, EnvironmentLake> environmentOf)
    {
        var again = last.Results.Where(result =>
            result.Value is ResultWords.Error or ResultWords.Fail or ResultWords.Skipped)
            .Select(result => TableName.Parse(result.Key)).ToList();
        // What is no longer in the project cannot be tried again.
        var tests = project.SqlTests.Select(test => test.Name).Intersect(last.Tests, StringComparer.Ordinal)
            .ToHashSet();
        var names = again.Where(name =>
            project.Graph.Find(name) is not null || project.Sources.Any(s => s.IsUndiscovered))
            .Select(name => $"fqn:{project.Graph.Find(name)?.Name ?? name}").ToList();
        // No step is a test: where tests alone failed, none is run.
        if (names.Count == 0 && tests.Count > 0) names.Add($"resource_type:{ResourceWords.Test}");
        return new(last.RunId, names.Count == 0 ? null : new()
        {
            Project = project,
            Selection = new() { Select = names },
            IsFullRefresh = last.IsFullRefresh,
            Intervals = last.Intervals,
            Tests = tests,
            Defer = last.Defer is { } name ? environmentOf(name) : null,
        });
    }
}

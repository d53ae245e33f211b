using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Pipelines.Intervals;
using Foz.Storage;

namespace Foz.Pipelines.Batches;

/// <summary>
/// How the last run of a project in an environment ended: <c>_foz/runs/&lt;project&gt;.&lt;environment&gt;.json</c>. It
/// says what may be tried again, and never what is done.
/// </summary>
sealed record LastRun
{
    const string Folder = "_foz/runs";

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Whether incremental tables were rebuilt from all of their input.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>The environment from which it read what its own has not made; null where it read from none.</summary>
    public string? Defer { get; init; }

    /// <summary>Which intervals it was asked to run; null for those that were due.</summary>
    public IntervalRequest? Intervals { get; init; }

    /// <summary>The names of the SQL tests that it was to make, and that failed or were not made.</summary>
    public ImmutableArray<string> Tests { get; init; } = [];

    /// <summary>
    /// How its steps ended, in the words of <c>result:</c>, by the names that the project has for tables; steps with
    /// nothing new are not in it.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Results { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// The last run of a project in an environment; null where there was none, or what it left cannot be read.
    /// </summary>
    public static async ValueTask<LastRun?> FindAsync(
        IObjectStore lake, string project, string environment, CancellationToken cancellationToken)
    {
        return await lake.GetAsync(PathOf(project, environment), cancellationToken) is { } stored ? Read(stored) : null;
    }

    /// <summary>
    /// Keeps it as the last one. How steps ended that only a run beside it had, which ended while it worked, stays.
    /// </summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="project">The project.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="startedAt">When the run began.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask WriteAsync(
        IObjectStore lake, string project, string environment, DateTimeOffset startedAt,
        CancellationToken cancellationToken)
    {
        var path = PathOf(project, environment);
        while (true)
        {
            var present = await lake.GetAsync(path, cancellationToken);
            var other = present is null ? null : Read(present);
            var kept = other?.FinishedAt >= startedAt ? With(other) : this;
            var content = JsonSerializer.SerializeToUtf8Bytes(kept, LastRunJson.Default.LastRun);
            if (present is null
                ? await lake.TryCreateAsync(path, content, cancellationToken)
                : await lake.PutIfMatchAsync(
                    path, content, present.ETag, cancellationToken) is PutIfMatchResult.Written)
                return;
        }
    }

    LastRun With(LastRun beside) => this with
    {
        Tests = [.. Tests.Union(beside.Tests, StringComparer.Ordinal)],
        Results = beside.Results.SetItems(Results),
    };

    static LastRun? Read(StoredObject stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, LastRunJson.Default.LastRun);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Forgets it.</summary>
    public static async ValueTask DeleteAsync(
        IObjectStore lake, string project, string environment, CancellationToken cancellationToken) =>
        await lake.DeleteAsync(PathOf(project, environment), cancellationToken);

    static string PathOf(string project, string environment) =>
        $"{Folder}/{project.ToLowerInvariant()}.{environment.ToLowerInvariant()}.json";
}

[JsonSerializable(typeof(LastRun))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class LastRunJson : JsonSerializerContext;

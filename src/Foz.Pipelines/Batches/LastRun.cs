using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Pipelines.Intervals;
using Foz.Storage;

namespace Foz.Pipelines.Batches;

/// <summary>
/// How the last run of a project in an environment ended: <c>_foz/runs/&lt;project&gt;.&lt;environment&gt;.json</c>. It says
/// what may be tried again, and never what is done.
/// </summary>
public sealed record LastRun
{
    const string Folder = "_foz/runs";

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Whether incremental tables were made anew.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>The environment from which it read what its own has not made; null where it read from none.</summary>
    public string? Defer { get; init; }

    /// <summary>Which intervals it was asked to run; null for those that were due.</summary>
    public IntervalRequest? Intervals { get; init; }

    /// <summary>The names of the SQL tests that it was to make, and that failed or were not made.</summary>
    public ImmutableArray<string> Tests { get; init; } = [];

    /// <summary>
    /// How its steps ended, in the words of <c>result:</c>, by the names that the project has for tables; steps with nothing
    /// new are not in it.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Results { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The last run of a project in an environment; null where there was none, or what it left cannot be read.</summary>
    public static async ValueTask<LastRun?> FindAsync(
        IObjectStore lake, string project, string environment, CancellationToken cancellationToken)
    {
        if (await lake.GetAsync(PathOf(project, environment), cancellationToken) is not { } stored) return null;
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, LastRunJson.Default.LastRun);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps it as the last one.</summary>
    public async ValueTask WriteAsync(
        IObjectStore lake, string project, string environment, CancellationToken cancellationToken) =>
        await lake.PutAsync(
            PathOf(project, environment), JsonSerializer.SerializeToUtf8Bytes(this, LastRunJson.Default.LastRun),
            cancellationToken);

    static string PathOf(string project, string environment) =>
        $"{Folder}/{project.ToLowerInvariant()}.{environment.ToLowerInvariant()}.json";
}

[JsonSerializable(typeof(LastRun))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class LastRunJson : JsonSerializerContext;

using System.Globalization;
using System.Text.Json.Nodes;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;

namespace Foz.Dbt;

/// <summary>The age of the rows of a source's table.</summary>
/// <param name="Source">The source and the table: <c>shop.orders</c>.</param>
/// <param name="Status"><c>pass</c>, <c>warn</c>, <c>error</c> or <c>runtime error</c>.</param>
/// <param name="LoadedAt">
/// The time of the youngest row; null where there is none, or it could not be determined.
/// </param>
/// <param name="Age">The age of the youngest row.</param>
/// <param name="Error">Why it could not be determined; null where it was.</param>
public sealed record DbtSourceAge(
    string Source, string Status, DateTimeOffset? LoadedAt, TimeSpan? Age, FozException? Error);

/// <summary>
/// Finds out how old the tables of a dbt project's sources are, by <c>loaded_at_field</c> and <c>freshness</c>.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="lake">The lake.</param>
/// <param name="clock">The time now.</param>
public sealed class DbtFreshness(Project project, IProjectLake lake, TimeProvider clock)
{
    static readonly Dictionary<string, double> Periods = new(StringComparer.Ordinal)
    {
        ["minute"] = 60, ["hour"] = 3_600, ["day"] = 86_400,
    };

    /// <summary>Whether a project is one of dbt.</summary>
    public static bool Applies(Project project) => DbtParts.Of(project) is not null;

    /// <summary>Checks sources that state when they are too old, and writes <c>sources.json</c>.</summary>
    /// <param name="names">The sources; empty for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Thrown when there is no source of a name, or the file cannot be written.
    /// </exception>
    public IReadOnlyList<DbtSourceAge> Run(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        if (DbtParts.Of(project) is not { } parts) return [];
        var all = parts.Schemas.Sources.Select(source => source.Source).Distinct().ToList();
        if (names.FirstOrDefault(name => !all.Contains(name)) is { } unknown)
            throw new FozException(ErrorKind.Usage, $"the project has no source '{unknown}'")
            {
                Hint = NearestName.Hint(unknown, all),
            };
        var startedAt = clock.GetUtcNow();
        var (found, results) = (new List<DbtSourceAge>(), new JsonArray());
        foreach (var source in parts.Schemas.Sources.Where(source => names.Count == 0 || names.Contains(source.Source)))
        {
            if (source.Config["freshness"] is not JinjaDict limits
                || source.Config.Text("loaded_at_field") is not { } field)
                continue;
            var age = AgeOf(source, limits, field, startedAt, cancellationToken);
            found.Add(age);
            results.Add((JsonNode)Result(source, limits, age, startedAt));
        }
        DbtArtifacts.Write(project, "sources.json", new()
        {
            ["metadata"] = DbtManifest.Metadata("sources/v3", parts.Context), ["results"] = results,
            ["elapsed_time"] = (clock.GetUtcNow() - startedAt).TotalSeconds,
        });
        return found;
    }

    DbtSourceAge AgeOf(
        DbtSourceTable source, JinjaDict limits, string field, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var name = $"{source.Source}.{source.Name}";
        var where = limits.TryGet("filter", out var filter) && filter is not null
            ? $" where {JinjaValue.ToText(filter)}"
            : "";
        try
        {
            var relation = source.Files ?? new DbtRelation(source.Table).ToString();
            var (_, rows) = lake.Query(
                $"select epoch_us(cast(max({field}) as timestamp)) from {relation}{where}", cancellationToken);
            if (rows is not [[{ } micros]])
                return new(
                    name, "error", null, null, new(ErrorKind.Data, $"{name} has no row that says when it was loaded"));
            if (SourceFreshness.InstantOf(Convert.ToInt64(micros, CultureInfo.InvariantCulture)) is not { } loadedAt)
                return new(
                    name, "runtime error", null, null,
                    new(ErrorKind.Data,
                        $"the youngest row of {name} says that it was loaded before year 1 or after year 9999"));
            var age = now - loadedAt;
            var status = IsBeyond(limits, "error_after", age)
                ? "error"
                : IsBeyond(limits, "warn_after", age) ? "warn" : "pass";
            return new(name, status, loadedAt, age, null);
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return new(name, "runtime error", null, null, e);
        }
    }

    static bool IsBeyond(JinjaDict limits, string key, TimeSpan age) =>
        limits.TryGet(key, out var limit) && limit is JinjaDict said
            && said.TryGet("count", out var count) && count is long number && said.TryGet("period", out var period)
            && Periods.TryGetValue(JinjaValue.ToText(period), out var seconds) && age.TotalSeconds > number * seconds;

    static JsonObject Result(DbtSourceTable source, JinjaDict limits, DbtSourceAge age, DateTimeOffset now)
    {
        if (age.LoadedAt is not { } loadedAt)
            return new()
            {
                ["unique_id"] = source.UniqueId, ["error"] = age.Error?.Message, ["status"] = "runtime error",
            };
        return new()
        {
            ["unique_id"] = source.UniqueId,
            ["max_loaded_at"] = DbtManifest.Instant(loadedAt),
            ["snapshotted_at"] = DbtManifest.Instant(now),
            ["max_loaded_at_time_ago_in_s"] = age.Age!.Value.TotalSeconds,
            ["status"] = age.Status,
            ["criteria"] = new JsonObject
            {
                ["warn_after"] = Limit(limits, "warn_after"), ["error_after"] = Limit(limits, "error_after"),
                ["filter"] = limits.TryGet("filter", out var filter) && filter is not null
                    ? JinjaValue.ToText(filter)
                    : null,
            },
            ["adapter_response"] = new JsonObject(),
            ["timing"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "execute", ["started_at"] = DbtManifest.Instant(now),
                    ["completed_at"] = DbtManifest.Instant(now),
                }),
            ["thread_id"] = "Thread-1",
            ["execution_time"] = 0,
        };
    }

    static JsonObject? Limit(JinjaDict limits, string key) =>
        limits.TryGet(key, out var limit) && limit is JinjaDict said
            ? new()
            {
                ["count"] = said.TryGet("count", out var count) && count is long number ? number : null,
                ["period"] = said.TryGet("period", out var period) && period is not null
                    ? JinjaValue.ToText(period)
                    : null,
            }
            : null;
}

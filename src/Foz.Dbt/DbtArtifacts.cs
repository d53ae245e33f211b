using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Dbt;

/// <summary>
/// Writes what other tools read of dbt's runs into the folder <c>target</c> of a dbt project: <c>manifest.json</c>
/// (version 12), <c>run_results.json</c> (6), <c>catalog.json</c> (1) and <c>sources.json</c> (3). Of a project of Foz
/// nothing is written.
/// </summary>
public static class DbtArtifacts
{
    /// <summary>The folder, below the project's.</summary>
    public const string Folder = "target";

    static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes what a command did, and the manifest.</summary>
    /// <param name="project">The project.</param>
    /// <param name="command">The command: <c>run</c>, <c>build</c> or <c>test</c>.</param>
    /// <param name="run">The run; null where tables were only tested.</param>
    /// <param name="outcomes">What checks and tests of tables came to, besides those of the run.</param>
    /// <exception cref="FozException">A file cannot be written.</exception>
    public static void WriteResults(
        Project project, string command, RunResult? run, IReadOnlyList<ChecksOutcome> outcomes)
    {
        if (DbtParts.Of(project) is not { } parts) return;
        WriteManifest(project);
        var results = new JsonArray();
        foreach (var step in run?.Steps ?? []) Add(results, project, parts, step);
        foreach (var outcome in outcomes) Add(results, project, parts, outcome);
        Write(project, "run_results.json", new()
        {
            ["metadata"] = DbtManifest.Metadata("run-results/v6", parts.Context),
            ["results"] = results,
            ["elapsed_time"] = run?.Elapsed.TotalSeconds ?? 0,
            ["args"] = new JsonObject { ["which"] = command, ["target"] = project.Environment },
        });
    }

    /// <summary>Writes the manifest alone.</summary>
    /// <param name="project">The project.</param>
    /// <exception cref="FozException">It cannot be written.</exception>
    public static void WriteManifest(Project project)
    {
        if (DbtParts.Of(project) is { } parts) Write(project, "manifest.json", new DbtManifest(project, parts).Write());
    }

    /// <summary>Writes the catalog: the tables and views that there are, with their columns.</summary>
    /// <param name="project">The project.</param>
    /// <param name="lake">The lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">It cannot be written.</exception>
    public static void WriteCatalog(Project project, IProjectLake lake, CancellationToken cancellationToken)
    {
        if (DbtParts.Of(project) is not { } parts) return;
        WriteManifest(project);
        var (nodes, sources) = (new JsonObject(), new JsonObject());
        foreach (var resource in parts.Resources.Where(resource =>
            resource is { IsEnabled: true, Materialized: not "ephemeral" }))
        {
            var model = project.FindModel(resource.Table);
            if (TableOf(resource.Table, resource.UniqueId, lake, model, cancellationToken) is { } table)
                nodes[resource.UniqueId] = table;
        }
        foreach (var source in parts.Schemas.Sources.Where(source => source.Files is null))
            if (TableOf(source.Table, source.UniqueId, lake, model: null, cancellationToken) is { } table)
                sources[source.UniqueId] = table;
        Write(project, "catalog.json", new()
        {
            ["metadata"] = DbtManifest.Metadata("catalog/v1", parts.Context), ["nodes"] = nodes,
            ["sources"] = sources, ["errors"] = null,
        });
    }

    static JsonObject? TableOf(
        TableName table, string id, IProjectLake lake, Model? model, CancellationToken cancellationToken)
    {
        if (lake.KindOf(table) is not { } kind) return null;
        var columns = new JsonObject();
        foreach (var (i, (name, type)) in lake.ColumnsOf(table, cancellationToken).Index())
        {
            columns[name] = new JsonObject
            {
                ["type"] = type, ["index"] = i + 1, ["name"] = name,
                ["comment"] = model?.Columns
                    .FirstOrDefault(column =>
                        column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Description,
            };
        }
        return new()
        {
            ["metadata"] = new JsonObject
            {
                ["type"] = kind == "view" ? "VIEW" : "BASE TABLE", ["schema"] = table.Schema, ["name"] = table.Name,
                ["database"] = TableName.Catalog,
                ["comment"] = model?.Description, ["owner"] = model?.Owner,
            },
            ["columns"] = columns,
            ["stats"] = new JsonObject
            {
                ["has_stats"] = new JsonObject
                {
                    ["id"] = "has_stats", ["label"] = "Has Stats?", ["value"] = false, ["include"] = false,
                    ["description"] = null,
                },
            },
            ["unique_id"] = id,
        };
    }

    static void Add(JsonArray results, Project project, DbtParts parts, StepResult step)
    {
        var resource = parts.Resources.FirstOrDefault(resource => resource.IsEnabled && resource.Table == step.Step);
        if (resource is null) return;
        var failure = step.Outcome is Outcome.Failed && step.Checks.Any(check => check.IsFailure)
            ? "the checks of the table failed"
            : null;
        results.Add((JsonNode)Result(
            resource.UniqueId,
            step.Outcome switch { Outcome.Failed => "error", Outcome.Canceled => "skipped", _ => "success" },
            (step.Elapsed.TotalSeconds, step.Error is null
                ? failure ?? (step.Outcome is Outcome.Skipped ? "unchanged" : "OK")
                : step.Error.Message, null),
            (resource.Body?.Text, new DbtRelation(resource.Table).ToString(), step.RowsWritten),
            parts.Context));
        foreach (var check in step.Checks) AddCheck(results, parts, resource.UniqueId, check);
    }

    static void Add(JsonArray results, Project project, DbtParts parts, ChecksOutcome outcome)
    {
        var resource =
            parts.Resources.FirstOrDefault(resource => resource.IsEnabled && resource.Table.ToString() == outcome.Name);
        if (resource is not null)
        {
            foreach (var check in outcome.Checks) AddCheck(results, parts, resource.UniqueId, check);
            return;
        }
        if (parts.Tests.FirstOrDefault(test => test.Sql?.Name == outcome.Name) is not { } test) return;
        if (outcome.Checks is [var found, ..]) results.Add((JsonNode)ResultOf(test, found, parts));
        else results.Add(
            (JsonNode)Result(
                DbtIds.Of(test), "error", (0, outcome.Error?.Message, null), (test.Sql!.Sql, null, null),
                parts.Context));
    }

    static void AddCheck(JsonArray results, DbtParts parts, string of, CheckResult check)
    {
        if (parts.Tests.FirstOrDefault(test => test.Of == of && test.Test.Place == check.Check.Place) is { } known)
            results.Add((JsonNode)ResultOf(known, check, parts));
    }

    static JsonObject ResultOf(DbtTranslatedTest test, CheckResult check, DbtParts parts) => Result(
        DbtIds.Of(test), check.Passed ? "pass" : check.IsFailure ? "fail" : "warn",
        (0, check.Passed ? null : $"Got {check.Violations.ToString(CultureInfo.InvariantCulture)} results", check.Passed
            ? 0
            : check.Violations),
        (test.Sql?.Sql, test.Sql?.Failures is { } store ? new DbtRelation(store.Table).ToString() : null, null),
        parts.Context);

    static JsonObject Result(
        string id, string status, (double Seconds, string? Message, long? Failures) found,
        (string? Sql, string? Relation, long? Rows) made,
        DbtContext context)
    {
        var completed = context.StartedAt.AddSeconds(found.Seconds);
        var response = new JsonObject { ["_message"] = "OK" };
        if (made.Rows is { } rows) response["rows_affected"] = rows;
        return new()
        {
            ["status"] = status,
            ["timing"] = new JsonArray(new JsonObject
            {
                ["name"] = "execute", ["started_at"] = DbtManifest.Instant(context.StartedAt),
                ["completed_at"] = DbtManifest.Instant(completed),
            }),
            ["thread_id"] = "Thread-1",
            ["execution_time"] = found.Seconds,
            ["adapter_response"] = response,
            ["message"] = found.Message,
            ["failures"] = found.Failures,
            ["unique_id"] = id,
            ["compiled"] = made.Sql is not null,
            ["compiled_code"] = made.Sql,
            ["relation_name"] = made.Relation,
        };
    }

    /// <summary>Writes an artifact whole.</summary>
    internal static void Write(Project project, string name, JsonObject artifact)
    {
        var folder = Path.Combine(project.Folder, Folder);
        var path = Path.Combine(folder, name);
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(path + ".tmp", artifact.ToJsonString(Format));
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"{Folder}/{name} cannot be written: {e.Message}", e);
        }
    }
}

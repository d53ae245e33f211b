using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine.Plans;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.OpenLineage;

/// <summary>A state of a run or step, in OpenLineage's words.</summary>
enum EventType
{
    Start,
    Complete,
    Abort,
    Fail,
}

/// <summary>
/// Writes what happens in a run as OpenLineage's run events (openlineage.io/spec/2-0-2, RunEvent): one job for the
/// project, one for each step below it, and one for a step's checks, whose input is the table that they looked at.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="names">What jobs and tables are called.</param>
/// <param name="runId">Foz's own number of the run.</param>
sealed class LineageEvents(Project project, EventNames names, string runId)
{
    const string Spec = "https://openlineage.io/spec";

    static readonly string producer = $"urn:foz:{EventNames.FozVersion}";

    /// <summary>An event of the run as a whole.</summary>
    public byte[] OfRun(EventType type, DateTimeOffset at, FozException? error = null) => Write(json =>
    {
        Begin(json, type, at);
        json.WriteStartObject("run");
        json.WriteString("runId", names.RunOf(runId));
        json.WriteStartObject("facets");
        Engine(json);
        Error(json, error);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("job");
        Named(json, names.Namespace, project.Name);
        json.WriteStartObject("facets");
        JobType(json, "RUN");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("inputs");
        json.WriteEndArray();
        json.WriteStartArray("outputs");
        json.WriteEndArray();
    });

    /// <summary>An event of a step.</summary>
    /// <param name="node">What the step makes.</param>
    /// <param name="type">The state.</param>
    /// <param name="at">When.</param>
    /// <param name="result">How it ended; null where it begins.</param>
    /// <param name="lineage">What its columns are made from; null where it was not asked for.</param>
    public byte[] OfStep(GraphNode node, EventType type, DateTimeOffset at, StepResult? result, NodeLineage? lineage) =>
        Write(json =>
        {
            Begin(json, type, at);
            json.WriteStartObject("run");
            json.WriteString("runId", names.RunOf(runId, node.Table.ToString()));
            json.WriteStartObject("facets");
            Parent(json, runId, step: null);
            Engine(json);
            Error(json, result?.Error);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("job");
            Named(json, names.Namespace, $"{project.Name}.{node.Table}");
            json.WriteStartObject("facets");
            JobType(json, node is GraphNode.OfModel ? "MODEL" : "STREAM");
            if (node is GraphNode.OfModel { Model: { Sql: var sql, Description: var description } })
            {
                Facet(json, "sql", "SQLJobFacet", "1-1-0", () =>
                {
                    json.WriteString("query", sql);
                    json.WriteString("dialect", "duckdb");
                });
                if (description is not null)
                    Facet(json, "documentation", "DocumentationJobFacet", "1-1-0",
                        () => json.WriteString("description", description));
            }
            json.WriteEndObject();
            json.WriteEndObject();
            Inputs(json, node, result);
            Outputs(json, node, result, lineage);
        });

    /// <summary>An event of a step's checks.</summary>
    public byte[] OfChecks(GraphNode node, EventType type, DateTimeOffset at, StepResult result) => Write(json =>
    {
        Begin(json, type, at);
        json.WriteStartObject("run");
        json.WriteString("runId", names.RunOf(runId, $"{node.Table} checks"));
        json.WriteStartObject("facets");
        Parent(json, runId, node.Table.ToString());
        Engine(json);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("job");
        Named(json, names.Namespace, $"{project.Name}.{node.Table}.checks");
        json.WriteStartObject("facets");
        JobType(json, "TEST");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("inputs");
        json.WriteStartObject();
        Dataset(json, names.Of(node.Table));
        json.WriteStartObject("inputFacets");
        Facet(json, "dataQualityAssertions", "DataQualityAssertionsDatasetFacet", "1-0-1",
            () => Assertions(json, result.Checks));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("outputs");
        json.WriteEndArray();
    });

    void Inputs(Utf8JsonWriter json, GraphNode node, StepResult? result)
    {
        json.WriteStartArray("inputs");
        if (node is GraphNode.OfStream stream)
        {
            json.WriteStartObject();
            Dataset(json, names.OfStream(stream));
            json.WriteEndObject();
        }
        foreach (var reference in node.References.Where(r => r is { IsOrderOnly: false, Kind: not ReferenceKind.Self }))
        {
            json.WriteStartObject();
            Dataset(json, names.Of(reference.Table));
            json.WriteStartObject("facets");
            Symlink(json, reference.Table);
            if (result?.Inputs?.Tables.GetValueOrDefault(reference.Table.ToString()) is { Version: var version })
                Version(json, version);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void Outputs(Utf8JsonWriter json, GraphNode node, StepResult? result, NodeLineage? lineage)
    {
        json.WriteStartArray("outputs");
        json.WriteStartObject();
        Dataset(json, names.Of(node.Table));
        json.WriteStartObject("facets");
        Symlink(json, node.Table);
        if (result?.TableVersion is { } version) Version(json, version);
        if (lineage is { Columns.Count: > 0 })
        {
            Facet(json, "schema", "SchemaDatasetFacet", "1-1-1", () => Schema(json, node, lineage));
            Facet(json, "columnLineage", "ColumnLineageDatasetFacet", "1-2-0",
                () => ColumnLineage(json, node, lineage));
        }
        json.WriteEndObject();
        if (result?.TableVersion is not null)
        {
            json.WriteStartObject("outputFacets");
            Facet(json, "outputStatistics", "OutputStatisticsOutputDatasetFacet", "1-0-2",
                () => json.WriteNumber("rowCount", result.RowsWritten));
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndArray();
    }

    static void Schema(Utf8JsonWriter json, GraphNode node, NodeLineage lineage)
    {
        json.WriteStartArray("fields");
        foreach (var field in lineage.Columns.Select(column => column.Field))
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteString("type", field.Type.ToString());
            var stated =
                node.Columns.FirstOrDefault(c => c.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            if (stated?.Description is { } description) json.WriteString("description", description);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void ColumnLineage(Utf8JsonWriter json, GraphNode node, NodeLineage lineage)
    {
        json.WriteStartObject("fields");
        foreach (var column in lineage.Columns.Where(column => column.Inputs.Count > 0))
        {
            json.WriteStartObject(column.Field.Name);
            InputFields(json, "inputFields", node, column.Inputs);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        InputFields(json, "dataset", node, lineage.Conditions);
    }

    void InputFields(Utf8JsonWriter json, string name, GraphNode node, IReadOnlyList<UpstreamColumn> inputs)
    {
        json.WriteStartArray(name);
        foreach (var group in inputs.GroupBy(input => (input.Table, input.Column)))
        {
            json.WriteStartObject();
            Dataset(json, node is GraphNode.OfStream stream ? names.OfStream(stream) : names.Of(group.Key.Table));
            json.WriteString("field", group.Key.Column);
            json.WriteStartArray("transformations");
            foreach (var input in group)
            {
                json.WriteStartObject();
                json.WriteString("type", input.Transformation <= Transformation.Aggregation ? "DIRECT" : "INDIRECT");
                json.WriteString(
                    "subtype", JsonNamingPolicy.SnakeCaseUpper.ConvertName(input.Transformation.ToString()));
                json.WriteBoolean("masking", value: false);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void Assertions(Utf8JsonWriter json, IEnumerable<CheckResult> checks)
    {
        json.WriteStartArray("assertions");
        foreach (var check in checks)
        {
            json.WriteStartObject();
            json.WriteString("assertion", check.Check.Name);
            json.WriteBoolean("success", check.Passed);
            if (check.Check.Columns is [var column]) json.WriteString("column", column);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void Parent(Utf8JsonWriter json, string run, string? step) => Facet(json, "parent", "ParentRunFacet", "1-0-1", () =>
    {
        json.WriteStartObject("run");
        json.WriteString("runId", step is null ? names.RunOf(run) : names.RunOf(run, step));
        json.WriteEndObject();
        json.WriteStartObject("job");
        Named(json, names.Namespace, step is null ? project.Name : $"{project.Name}.{step}");
        json.WriteEndObject();
    });

    static void Engine(Utf8JsonWriter json) =>
        Facet(json, "processing_engine", "ProcessingEngineRunFacet", "1-1-1", () =>
        {
            json.WriteString("name", "Foz");
            json.WriteString("version", EventNames.FozVersion);
        });

    static void Error(Utf8JsonWriter json, FozException? error)
    {
        if (error is null) return;
        Facet(json, "errorMessage", "ErrorMessageRunFacet", "1-0-1", () =>
        {
            json.WriteString("message", error.Describe());
            json.WriteString("programmingLanguage", "SQL");
        });
    }

    static void JobType(Utf8JsonWriter json, string type) => Facet(json, "jobType", "JobTypeJobFacet", "2-0-3", () =>
    {
        json.WriteString("processingType", "BATCH");
        json.WriteString("integration", "FOZ");
        json.WriteString("jobType", type);
    });

    static void Version(Utf8JsonWriter json, long version) =>
        Facet(json, "version", "DatasetVersionDatasetFacet", "1-0-1",
            () => json.WriteString("datasetVersion", version.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The name that people know a table by, beside the one of its place.</summary>
    void Symlink(Utf8JsonWriter json, TableName table) => Facet(json, "symlinks", "SymlinksDatasetFacet", "1-0-1", () =>
    {
        json.WriteStartArray("identifiers");
        json.WriteStartObject();
        Named(json, names.Namespace, $"{TableName.Catalog}.{table}");
        json.WriteString("type", "TABLE");
        json.WriteEndObject();
        json.WriteEndArray();
    });

    static void Facet(Utf8JsonWriter json, string name, string definition, string version, Action write)
    {
        json.WriteStartObject(name);
        json.WriteString("_producer", producer);
        json.WriteString("_schemaURL", $"{Spec}/facets/{version}/{definition}.json#/$defs/{definition}");
        write();
        json.WriteEndObject();
    }

    static void Dataset(Utf8JsonWriter json, DatasetName name) => Named(json, name.Namespace, name.Name);

    static void Named(Utf8JsonWriter json, string @namespace, string name)
    {
        json.WriteString("namespace", @namespace);
        json.WriteString("name", name);
    }

    static void Begin(Utf8JsonWriter json, EventType type, DateTimeOffset at)
    {
        json.WriteString("eventType", type.ToString().ToUpperInvariant());
        json.WriteString(
            "eventTime", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("producer", producer);
        json.WriteString("schemaURL", $"{Spec}/2-0-2/OpenLineage.json#/$defs/RunEvent");
    }

    static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}

using System.Globalization;
using System.Text.Json;

namespace Foz.Tests.Pipelines.OpenLineage;

/// <summary>
/// What OpenLineage's schema demands of a run event and of the facets that Foz writes: what must be there, and of which
/// kind.
/// </summary>
static class EventContract
{
    static readonly string[] types = ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"];

    static readonly Dictionary<string, Action<JsonElement>> facets = new(StringComparer.Ordinal)
    {
        ["parent"] = facet =>
        {
            Uuid(facet.GetProperty("run").GetProperty("runId"));
            Texts(facet.GetProperty("job"), "namespace", "name");
        },
        ["processing_engine"] = facet => Texts(facet, "version"),
        ["errorMessage"] = facet => Texts(facet, "message", "programmingLanguage"),
        ["jobType"] = facet => Texts(facet, "processingType", "integration"),
        ["sql"] = facet => Texts(facet, "query"),
        ["documentation"] = facet => Texts(facet, "description"),
        ["symlinks"] = facet => Each(facet, "identifiers", item => Texts(item, "namespace", "name", "type")),
        ["version"] = facet => Texts(facet, "datasetVersion"),
        ["schema"] = facet => Each(facet, "fields", item => Texts(item, "name")),
        ["columnLineage"] = facet =>
        {
            foreach (var field in facet.GetProperty("fields").EnumerateObject())
                Each(field.Value, "inputFields", Input);
            Each(facet, "dataset", Input);
        },
        ["outputStatistics"] = facet => Assert.True(facet.GetProperty("rowCount").TryGetInt64(out _)),
        ["dataQualityAssertions"] = facet => Each(facet, "assertions", item =>
        {
            Texts(item, "assertion");
            Assert.True(item.GetProperty("success").ValueKind is JsonValueKind.True or JsonValueKind.False);
            if (item.TryGetProperty("column", out var column)) Assert.Equal(JsonValueKind.String, column.ValueKind);
        }),
    };

    /// <summary>Holds an event against the schema.</summary>
    public static void Check(JsonElement run)
    {
        Assert.Contains(run.GetProperty("eventType").GetString(), types);
        Assert.True(DateTimeOffset.TryParse(
            run.GetProperty("eventTime").GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out _));
        Uris(run, "producer", "schemaURL");
        Uuid(run.GetProperty("run").GetProperty("runId"));
        Facets(run.GetProperty("run"), "facets");
        Texts(run.GetProperty("job"), "namespace", "name");
        Facets(run.GetProperty("job"), "facets");
        foreach (var (list, own) in new[] { ("inputs", "inputFacets"), ("outputs", "outputFacets") })
            Each(run, list, dataset =>
            {
                Texts(dataset, "namespace", "name");
                Facets(dataset, "facets");
                Facets(dataset, own);
            });
    }

    static void Facets(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var list)) return;
        foreach (var facet in list.EnumerateObject())
        {
            Uris(facet.Value, "_producer", "_schemaURL");
            facets[facet.Name](facet.Value);
        }
    }

    static void Input(JsonElement input)
    {
        Texts(input, "namespace", "name", "field");
        Each(input, "transformations", item =>
        {
            Assert.Contains(item.GetProperty("type").GetString(), new[] { "DIRECT", "INDIRECT" });
            Texts(item, "subtype");
        });
    }

    static void Each(JsonElement parent, string list, Action<JsonElement> check)
    {
        foreach (var item in parent.GetProperty(list).EnumerateArray()) check(item);
    }

    static void Texts(JsonElement parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) Assert.NotEmpty(parent.GetProperty(name).GetString()!);
    }

    static void Uris(JsonElement parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            Assert.True(Uri.IsWellFormedUriString(parent.GetProperty(name).GetString(), UriKind.Absolute));
    }

    static void Uuid(JsonElement text) => Assert.True(Guid.TryParseExact(text.GetString(), "D", out _));
}

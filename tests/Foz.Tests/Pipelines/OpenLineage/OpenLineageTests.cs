using System.Net;
using System.Text.Json;
using Foz.Lake.Journal;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Pipelines.OpenLineage;

public sealed class OpenLineageTests : IDisposable
{
    readonly RunningProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string EventFile => Path.Combine(project.Folder, "logs", "events.jsonl");

    public void Dispose() => project.Dispose();

    async Task WriteProjectAsync(string openLineage)
    {
        project["foz.yml"] = $"name: t\nlake: lake\nopenlineage: {openLineage}\n";
        await project.AppendAsync(
            "bronze.orders", "SELECT 1::BIGINT AS id, 2.5::DECIMAL(10,2) AS price, 'paid' AS status");
        project["models/silver/orders.sql"] = """
            /* @foz
            description: Orders, one row each
            columns: [{name: id, description: its number, checks: [not_null, unique]}]
            @foz */
            SELECT id, price FROM bronze.orders WHERE status = 'paid'
            """;
        project["models/gold/totals.sql"] =
            "/* @foz\nmaterialization: view\n@foz */\nSELECT sum(price)::DECIMAL(18,2) AS total FROM silver.orders";
    }

    List<JsonElement> Events() =>
        [.. File.ReadAllLines(EventFile).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task A_run_tells_its_steps_checks_and_columns()
    {
        await WriteProjectAsync("{file: logs/events.jsonl, namespace: shop}");

        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);

        var events = Events();
        Assert.All(events, EventContract.Check);
        Assert.Equal(
            [
                "START t", "START t.silver.orders", "COMPLETE t.silver.orders", "START t.silver.orders.checks",
                "COMPLETE t.silver.orders.checks", "START t.gold.totals", "COMPLETE t.gold.totals", "COMPLETE t",
            ],
            events.Select(e =>
                $"{e.GetProperty("eventType").GetString()} {e.GetProperty("job").GetProperty("name").GetString()}"));
        var step = events[2];
        Assert.Equal(
            events[1].GetProperty("run").GetProperty("runId").GetString(),
            step.GetProperty("run").GetProperty("runId").GetString());
        Assert.Equal(
            events[0].GetProperty("run").GetProperty("runId").GetString(),
            step.GetProperty("run").GetProperty("facets").GetProperty("parent").GetProperty("run").GetProperty("runId")
                .GetString());
        var output = step.GetProperty("outputs")[0];
        Assert.Equal(("file", $"{project.Lake.Folder}/silver/orders"),
            (output.GetProperty("namespace").GetString(), output.GetProperty("name").GetString()));
        Assert.Equal(
            1, output.GetProperty("outputFacets").GetProperty("outputStatistics").GetProperty("rowCount").GetInt64());
        Assert.Equal(
            "0", output.GetProperty("facets").GetProperty("version").GetProperty("datasetVersion").GetString());
        Assert.Equal("id long its number, price decimal(10,2) ", string.Join(", ",
            output.GetProperty("facets").GetProperty("schema").GetProperty("fields").EnumerateArray().Select(f =>
                $"{f.GetProperty("name")} {f.GetProperty("type")} "
                    + $"{(f.TryGetProperty("description", out var d) ? d.GetString() : "")}")));
        var price = output.GetProperty("facets").GetProperty("columnLineage").GetProperty("fields").GetProperty("price")
            .GetProperty("inputFields")[0];
        Assert.Equal(
            ($"{project.Lake.Folder}/bronze/orders", "price", "IDENTITY"),
            (price.GetProperty("name").GetString(), price.GetProperty("field").GetString(),
                price.GetProperty("transformations")[0].GetProperty("subtype").GetString()));
        var condition = output.GetProperty("facets").GetProperty("columnLineage").GetProperty("dataset")[0];
        Assert.Equal(
            ("status", "INDIRECT", "FILTER"),
            (condition.GetProperty("field").GetString(), condition.GetProperty("transformations")[0].GetProperty("type")
                .GetString(),
                condition.GetProperty("transformations")[0].GetProperty("subtype").GetString()));
        Assert.Equal(
            ["not_null id True", "unique id True"],
            events[4].GetProperty("inputs")[0].GetProperty("inputFacets").GetProperty("dataQualityAssertions")
                .GetProperty("assertions")
                .EnumerateArray()
                .Select(a => $"{a.GetProperty("assertion")} {a.GetProperty("column")} {a.GetProperty("success")}"));
    }

    [Fact]
    public async Task A_step_that_fails_says_why()
    {
        await WriteProjectAsync("{file: logs/events.jsonl}");
        await project.AppendAsync(
            "bronze.orders", "SELECT 1::BIGINT AS id, 9::DECIMAL(10,2) AS price, 'paid' AS status");

        Assert.Equal(Outcome.Failed, (await project.RunAsync()).Outcome);

        var events = Events();
        Assert.All(events, EventContract.Check);
        var failed = events.Single(e => e.GetProperty("eventType").GetString() == "FAIL"
            && e.GetProperty("job").GetProperty("name").GetString() == "t.silver.orders");
        Assert.Contains("unique(id)",
            failed.GetProperty("run").GetProperty("facets").GetProperty("errorMessage").GetProperty("message")
                .GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ("FAIL", "t"),
            (events[^1].GetProperty("eventType").GetString(), events[^1].GetProperty("job").GetProperty("name")
                .GetString()));
    }

    [Fact]
    public async Task A_service_gets_each_event_with_its_key_and_one_that_fails_is_asked_again()
    {
        using var service = new LineageService { FirstAnswer = HttpStatusCode.ServiceUnavailable };
        await WriteProjectAsync($"{{url: '{service.Url}', api_key: '${{LINEAGE_KEY}}'}}");
        project[".env"] = "LINEAGE_KEY=s3cret-key\n";

        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);

        Assert.Equal(9, service.Requests.Count);
        Assert.All(
            service.Requests,
            r => Assert.Equal(("POST", "/api/v1/lineage", "Bearer s3cret-key"), (r.Method, r.Path, r.Authorization)));
        Assert.Equal(service.Requests[0].Body, service.Requests[1].Body);
        Assert.All(service.Requests, r => EventContract.Check(JsonDocument.Parse(r.Body).RootElement));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_told_and_fails_nothing()
    {
        var url = LineageService.UnusedUrl();
        await WriteProjectAsync($"{{url: '{url}', timeout_ms: 2000}}");

        var run = await project.RunAsync();

        Assert.Equal(Outcome.Succeeded, run.Outcome);
        Assert.Contains(
            project.Warnings,
            w => w.StartsWith($"8 OpenLineage events did not get to {url}api/v1/lineage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_hangs_is_not_waited_for_with_each_event()
    {
        using var service = new LineageService { Hangs = true };
        await WriteProjectAsync($"{{url: '{service.Url}', timeout_ms: 500}}");

        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);

        // Eight events were to be reported; those after the first, which is tried three times, are given up.
        Assert.InRange(service.Requests.Count, 0, 3);
        Assert.Contains(
            project.Warnings, w => w.Contains("OpenLineage events did not get to", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{url: 'ftp://x'}", "'ftp://x' is not the address of a service")]
    [InlineData("{urll: 'http://x'}", "unknown key 'urll' in 'openlineage'")]
    [InlineData("{url: 'http://x', api_key: secret}", "'api_key' is a secret and must not stand in a file")]
    [InlineData("{url: 'http://x', file: a}", "'openlineage' takes a 'file' or a 'url', not both")]
    [InlineData("{namespace: x}", "'url' is missing in 'openlineage'")]
    [InlineData("here", "'openlineage' must be a mapping")]
    [InlineData("{url: 'http://x', timeout_ms: soon}", "'timeout_ms' must be a number of milliseconds, not 'soon'")]
    public void Wrong_settings_are_told(string settings, string expected)
    {
        using var folder = new ProjectFolder { ["foz.yml"] = $"name: t\nopenlineage: {settings}\n" };
        Assert.Contains(
            folder.Errors(),
            error =>
                error.Contains(expected, StringComparison.Ordinal)
                    && error.Contains("foz.yml:2", StringComparison.Ordinal));
    }
}

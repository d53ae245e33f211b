using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>
/// What makes schedules of <c>foz serve</c> due besides time, what stops their runs, and what they run.
/// </summary>
public sealed class HostedTriggerTests : IAsyncLifetime
{
    readonly CommandRunner foz = new();
    readonly CancellationTokenSource stop = new();
    readonly int port = FreePort();
    Task<CommandOutput>? host;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foz.Write("models/gold/total.sql", "select 1 as n");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (host is not null) await host;
        stop.Dispose();
        foz.Dispose();
    }

    [Fact]
    public async Task New_files_are_loaded_once_and_none_is_lost()
    {
        foz.Write("sources/shop.yml", "connection: disk\nstreams: {orders: {path: 'in/*.csv', settle: 0s}}\n");
        foz.Write("in/a.csv", "id\n1\n");
        Write("arrive: {on_files: shop, select: 'source:shop'}", "connections: {disk: {type: files}}\n");
        Start();
        await WaitAsync(async () => await CountAsync("bronze.orders") == 1);
        await Task.Delay(12_000, Cancel);
        Assert.Single(await RunsAsync("arrive"));
        foz.Write("in/b.csv", "id\n2\n3\n");
        await WaitAsync(async () => await CountAsync("bronze.orders") == 3);
        var runs = await RunsAsync("arrive");
        Assert.Contains(runs, run => Text(run, "remark").Contains("in/b.csv", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_that_is_too_old_is_loaded()
    {
        foz.Write("sources/shop.yml", "connection: disk\nstreams: {orders: {path: 'in/*.csv', settle: 0s}}\n");
        foz.Write("in/a.csv", "id\n1\n");
        Write(
            "fresh: {on_stale: shop.orders, older_than: 8s, select: 'source:shop'}",
            "connections: {disk: {type: files}}\n");
        Start();
        await WaitAsync(async () => (await RunsAsync("fresh")).Count(run => Text(run, "state") == "succeeded") >= 2);
        var remarks = (await RunsAsync("fresh")).Select(run => Text(run, "remark")).ToList();
        Assert.Contains("shop.orders was never loaded", remarks);
        Assert.Contains(remarks, remark => remark.StartsWith("shop.orders is ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_makes_one_run()
    {
        foz.Write(".env", "HOOK_TOKEN=a-token-of-thirty-two-characters\n");
        Write("called: {webhook: {token: '${HOOK_TOKEN}'}, select: gold.total}");
        Start();
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        HttpResponseMessage? answer = null;
        await WaitAsync(async () => (answer = await CallAsync("a-token-of-thirty-two-characters")) is not null);
        Assert.Equal(HttpStatusCode.Accepted, answer!.StatusCode);
        var run = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement.GetProperty("run");
        answer = await CallAsync("a-token-of-thirty-two-characters");
        Assert.Equal(HttpStatusCode.Accepted, answer!.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync("another-token"))!.StatusCode);
        await WaitAsync(async () => (await RunsAsync("called")).Any(one => Text(one, "state") == "succeeded"));
        Assert.Equal(run.GetString(), Text(Assert.Single(await RunsAsync("called")), "run"));
        Assert.DoesNotContain(
            "a-token-of", (await foz.RunAsync("schedule", "ls", "-o", "json")).Out, StringComparison.Ordinal);

        async Task<HttpResponseMessage?> CallAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/hooks/called");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("Idempotency-Key", "one");
            try
            {
                return await http.SendAsync(request, Cancel);
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task A_run_that_passes_its_budget_commits_nothing_more_and_says_why()
    {
        foz.Write("models/silver/small.sql", "select * from range(10) t(n)");
        foz.Write("models/silver/large.sql", "select t.m from range(1000) t(m), silver.small s");
        Write("bounded: {budget: {rows: 500}, select: silver, retries: 3, retry_delay: 1s}");
        Start();
        (await foz.RunAsync("schedule", "run", "bounded")).ExpectOk();
        await WaitAsync(async () => (await RunsAsync("bounded")).Any(run => Text(run, "state") == "failed"));
        var run = Assert.Single(await RunsAsync("bounded"));
        Assert.Contains("its budget is 500 rows, and it came to 10,010", Text(run, "remark"), StringComparison.Ordinal);
        Assert.Equal(1, run.GetProperty("attempts").GetInt32());
        Assert.Equal(10, await CountAsync("silver.small"));
        Assert.Equal(0, await CountAsync("silver.large"));
    }

    [Theory]
    [InlineData("--budget-time", "1s", "its budget is 1 second")]
    [InlineData("--budget-bytes", "100B", "its budget is 100 bytes")]
    public async Task Other_budgets_stop_a_run_of_the_shell_too(string option, string value, string message)
    {
        Write("a: {}");
        foz.Write(
            "models/gold/total.sql",
            option == "--budget-time"
                ? "select sum(hash(a.range, b.range)) as n from range(10000000) a, range(10000000) b"
                : "select range as n, hash(range) as h from range(10000)");
        var output = await foz.RunAsync("run", option, value);
        Assert.Equal(1, output.ExitCode);
        Assert.Contains(message, output.Out + output.Error, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("gold.total"));
    }

    [Fact]
    public async Task A_changed_project_is_taken_whole_and_one_with_errors_is_not()
    {
        foz.Write("models/gold/total.sql", "select 1 as n");
        Write("hand: {select: gold.total}");
        Start();
        await RunAsync(1);
        foz.Write("models/gold/total.sql", "select 2 as n from");
        await WaitAsync(async () => (await foz.RunAsync("status")).Out
            .Contains("the changed project is not taken", StringComparison.Ordinal));
        // The revision before the error runs, though the folder has other text.
        await RunAsync(1);
        foz.Write("models/gold/total.sql", "select 3 as n");
        await WaitAsync(async () => !(await foz.RunAsync("status")).Out
            .Contains("the changed project is not taken", StringComparison.Ordinal));
        await RunAsync(3);
        var revisions = (await RunsAsync("hand")).Select(run => Text(run, "revision")).ToList();
        Assert.Equal((3, 2), (revisions.Count, revisions.Distinct().Count()));

        async Task RunAsync(int expected)
        {
            var before = (await RunsAsync("hand")).Count;
            (await foz.RunAsync("schedule", "run", "hand")).ExpectOk();
            await WaitAsync(async () =>
                (await RunsAsync("hand")).Count(run => Text(run, "state") == "succeeded") == before + 1);
            var output = await foz.RunAsync("query", "select n from gold.total", "-o", "csv");
            Assert.Equal($"n\n{expected}\n", output.Out);
        }
    }

    [Fact]
    public async Task Models_and_tags_have_schedules()
    {
        foz.Write("models/silver/a.sql", "/* @foz\nschedule: 2s\n@foz */ select 1 as n");
        foz.Write("models/silver/b.sql", "/* @foz\ntags: [often]\n@foz */ select 1 as n");
        foz.Write("foz.yml", "name: shop\nlake: lake\nscheduler: {tags: {often: 2s}}\n");
        Start();
        await WaitAsync(async () =>
            (await RunsAsync("models.2s")).Any(run => Text(run, "state") == "succeeded")
            && (await RunsAsync("tag.often")).Any(run => Text(run, "state") == "succeeded"));
        Assert.Equal(1, await CountAsync("silver.a"));
        Assert.Equal(1, await CountAsync("silver.b"));
        foz.Write("models/silver/a.sql", "/* @foz\nschedule: sometimes\n@foz */ select 1 as n");
        var output = await foz.RunAsync("validate");
        Assert.Contains("'sometimes' is not a schedule", output.Error, StringComparison.Ordinal);
        Assert.Contains("models/silver/a.sql:2", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backfill_fills_the_intervals_of_models()
    {
        foz.Write(
            "models/silver/events.sql",
            "select * from (select unnest(generate_series(timestamp '2026-01-01', timestamp '2026-01-05 23:00', "
                + "interval 1 hour)) as ts)");
        foz.Write(
            "models/gold/days.sql",
            """
            /* @foz
            materialization: {type: incremental, strategy: microbatch, event_time: ts, begin: 2026-01-01, batch_size: day}
            @foz */
            select ts from silver.events
            """);
        Write("nightly: {select: gold.days}");
        (await foz.RunAsync("run", "silver.events")).ExpectOk();
        Start();
        var made = await foz.RunAsync("schedule", "backfill", "nightly", "--from", "2026-01-02", "--to", "2026-01-05");
        made.ExpectOk();
        var id = made.Out.Trim();
        Assert.Contains("3 runs for [2026-01-02, 2026-01-05)", made.Error, StringComparison.Ordinal);
        await WaitAsync(async () => (await AllAsync()).Any(
            row => Text(row, "run") == id && Text(row, "state") == "succeeded"));
        Assert.Contains(
            await AllAsync(), row => Text(row, "remark").StartsWith("3 of 3 done (100 %)", StringComparison.Ordinal));
        Assert.Equal(72, await CountAsync("gold.days"));
        var refused = await foz.RunAsync("schedule", "backfill", "nightly", "--from", "2026-01-05", "--to", "2026-01-02");
        Assert.Contains("whose end is after its start", refused.Error, StringComparison.Ordinal);
        (await foz.RunAsync("schedule", "pause", id)).ExpectOk();
        (await foz.RunAsync("cancel", id)).ExpectOk();
    }

    void Write(string schedules, string other = "") => foz.Write(
        "foz.yml", $"name: shop\nlake: lake\n{other}schedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n");

    void Start() => host = foz.RunAsync(
        stop.Token, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", $"{port}");

    async Task<int> CountAsync(string table)
    {
        var output = await foz.RunAsync("query", $"select count(*) as n from {table}", "-o", "csv");
        return output.ExitCode == 0 ? int.Parse(
            output.Out.Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    async Task<List<JsonElement>> AllAsync()
    {
        var output = await foz.RunAsync("status", "--count", "1000", "-o", "json");
        return [.. JsonDocument.Parse(output.Out).RootElement.EnumerateArray()];
    }

    async Task<List<JsonElement>> RunsAsync(string schedule) =>
        [.. (await AllAsync()).Where(row => Text(row, "run").StartsWith($"{schedule}@", StringComparison.Ordinal))];

    static string Text(JsonElement row, string column) => row.GetProperty(column).GetString() ?? "";

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!await isSo()) await Task.Delay(250, limit.Token);
    }
}

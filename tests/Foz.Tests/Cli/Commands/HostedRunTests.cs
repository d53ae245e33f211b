using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>Runs that <c>foz serve --runs</c> makes for other processes.</summary>
public sealed class HostedRunTests : IAsyncLifetime
{
    const string Note = "runs this; --here runs it here";
    const string Endless = "select sum(hash(a.range, b.range)) as n from range(10000000) a, range(10000000) b";

    readonly CommandRunner foz = new();
    readonly CancellationTokenSource stop = new();
    Task<CommandOutput> host = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Requests => Path.Combine(foz.Folder, "lake", "_foz", "requests");

    public async ValueTask InitializeAsync()
    {
        WriteProject("");
        foz.Write("models/gold/total.sql", "select 1 as n");
        host = foz.RunAsync(
            stop.Token, "serve", "--runs", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port",
            "0");
        var leaders = Path.Combine(foz.Folder, "lake", "_foz", "leaders");
        await WaitAsync(() => Directory.Exists(leaders) && Directory.EnumerateFiles(leaders, "shop.prod.json").Any());
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await host;
        stop.Dispose();
        foz.Dispose();
    }

    [Fact]
    public async Task A_run_is_handed_over_and_shown()
    {
        var run = await foz.RunAsync("run", "--target", "prod");
        run.ExpectOk();
        Assert.Contains(Note, run.Error, StringComparison.Ordinal);
        Assert.Contains("gold.total", run.Out, StringComparison.Ordinal);
        var request = await RequestAsync();
        Assert.Equal(
            ("done", 0), (request.GetProperty("state").GetString(), request.GetProperty("exitCode").GetInt32()));
        Assert.Equal("run", Assert.Single(request.GetProperty("arguments").EnumerateArray()).GetString());

        var lines = await foz.RunAsync("run", "--full-refresh", "--log-format", "json");
        lines.ExpectOk();
        Assert.All(
            lines.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));

        var result = await foz.RunAsync("query", "select n from gold.total", "-o", "csv");
        Assert.Equal("n\n1\n", result.Out);
        await stop.CancelAsync();
        Assert.Contains("foz run --full-refresh", (await host).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_has_its_exit_code_and_error()
    {
        foz.Write("models/gold/total.sql", "select cast('x' as int) as n");
        var run = await foz.RunAsync("run");
        var here = await foz.RunAsync("run", "--here");
        Assert.Equal((1, 1), (run.ExitCode, here.ExitCode));
        Assert.Contains(Note, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Note, here.Error, StringComparison.Ordinal);
        Assert.Contains("Could not convert string 'x'", run.Out + run.Error, StringComparison.Ordinal);

        foz.Write("models/gold/total.sql", "select from where");
        var broken = await foz.RunAsync("run");
        Assert.Equal((await foz.RunAsync("run", "--here")).ExitCode, broken.ExitCode);
        Assert.Contains("models/gold/total.sql", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_with_other_files_runs_where_it_is()
    {
        WriteProject("other/");
        foz.Write("other/models/gold/total.sql", "select 2 as n");
        var other = await foz.RunAsync("run", "--project", "other");
        other.ExpectOk();
        Assert.Contains("the host does not run it: its project in", other.Error, StringComparison.Ordinal);
        Assert.Equal("n\n2\n", (await foz.RunAsync("query", "select n from gold.total", "-o", "csv")).Out);
    }

    [Theory]
    [InlineData("--state", "dev")]
    [InlineData("--target", "dev")]
    public async Task What_the_host_is_not_for_runs_here(params string[] options)
    {
        var run = await foz.RunAsync(["run", .. options]);
        run.ExpectOk();
        Assert.DoesNotContain(Note, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Requests));
    }

    [Fact]
    public async Task What_others_broke_in_the_lake_stops_neither_server_nor_run()
    {
        foz.Write("lake/_foz/requests/20260101-x.json", """{"id": "x""");
        foz.Write("lake/_foz/leaders/shop.prod.json", """{"runId": """);
        (await foz.RunAsync("run")).ExpectOk();
        await WaitAsync(() => File.ReadAllText(
            Path.Combine(foz.Folder, "lake", "_foz", "leaders", "shop.prod.json")).Contains("renewals"));
        var run = await foz.RunAsync("run");
        run.ExpectOk();
        Assert.Contains(Note, run.Error, StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(1, (await host).Error.Split("20260101-x.json").Length - 1);
    }

    [Fact]
    public async Task A_run_that_is_stopped_stops_at_the_host()
    {
        foz.Write("models/gold/total.sql", Endless);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var run = foz.RunAsync(impatient.Token, "run");
        await WaitForStateAsync("taken");
        await impatient.CancelAsync();
        Assert.Equal(2, (await run).ExitCode);
        var request = await RequestAsync();
        Assert.Equal("done", request.GetProperty("state").GetString());
        Assert.True(request.GetProperty("isCanceled").GetBoolean());
    }

    [Fact]
    public async Task A_run_goes_on_here_when_its_host_ends()
    {
        foz.Write("models/gold/total.sql", Endless);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var run = foz.RunAsync(impatient.Token, "run");
        await WaitForStateAsync("taken");
        await stop.CancelAsync();
        await host;
        await WaitForStateAsync("withdrawn");
        await impatient.CancelAsync();
        Assert.Contains("no host answers; it runs here", (await run).Error, StringComparison.Ordinal);
    }

    void WriteProject(string folder) => foz.Write(folder + "foz.yml", $"""
        name: shop
        lake: {foz.Folder}/lake
        environments:
          prod:
          dev:
            schema_prefix: dev_
        default_environment: prod
        """);

    async Task WaitForStateAsync(string state) => await WaitAsync(
        () => Directory.Exists(Requests)
            && RequestAsync().Result.GetProperty("state").GetString() == state);

    async Task<JsonElement> RequestAsync()
    {
        var file = Directory.EnumerateFiles(Requests, "*.json").Order(StringComparer.Ordinal).First();
        return JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancel)).RootElement;
    }

    static async Task WaitAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!condition()) await Task.Delay(50, limit.Token);
    }
}

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

    static string[] ServeArguments =>
        ["serve", "--runs", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Requests => Path.Combine(foz.Folder, "lake", "_foz", "requests");

    public async ValueTask InitializeAsync()
    {
        WriteProject("");
        foz.Write("models/gold/total.sql", "select 1 as n");
        host = foz.RunAsync(stop.Token, ServeArguments);
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

    [Fact]
    public async Task A_second_host_takes_what_the_first_one_left()
    {
        foz.Write("models/gold/total.sql", Endless);
        using var second = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var run = foz.RunAsync(impatient.Token, "run");
        await WaitForStateAsync("taken");
        var first = (await RequestAsync()).GetProperty("hostId").GetString();
        var next = foz.RunAsync(second.Token, ServeArguments);
        await stop.CancelAsync();
        await host;

        await WaitAsync(() => RequestAsync().Result is var request
            && request.GetProperty("state").GetString() == "taken" && request.GetProperty("hostId").GetString() != first);

        await impatient.CancelAsync();
        Assert.DoesNotContain("it runs here", (await run).Error, StringComparison.Ordinal);
        await second.CancelAsync();
        Assert.Contains("foz run", (await next).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fifth_command_waits_for_one_of_four()
    {
        string[] names = ["a", "b", "c", "d", "e"];
        foreach (var name in names) foz.Write($"models/gold/{name}.sql", Endless);
        var stops = names.ToDictionary(name => name, _ => CancellationTokenSource.CreateLinkedTokenSource(Cancel));
        var runs = names.Select(name => foz.RunAsync(stops[name].Token, "run", "--select", $"gold.{name}")).ToList();
        await WaitAsync(() => StatesByModel() is var states
            && states.Values.Count(state => state == "taken") == 4 && states.ContainsValue("asked"));
        var waiting = StatesByModel().Single(entry => entry.Value == "asked").Key;

        await stops[names.First(name => name != waiting)].CancelAsync();
        await WaitAsync(() => StatesByModel()[waiting] == "taken");

        foreach (var one in stops.Values) await one.CancelAsync();
        Assert.All(await Task.WhenAll(runs), run => Assert.Equal(2, run.ExitCode));
        foreach (var one in stops.Values) one.Dispose();
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

    /// <summary>The states of requests by the last letter of their selection; those that are being written are left out.</summary>
    Dictionary<string, string> StatesByModel()
    {
        var states = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Directory.Exists(Requests)) return states;
        foreach (var file in Directory.EnumerateFiles(Requests, "*.json"))
        {
            var request = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
            states[request.GetProperty("arguments").EnumerateArray().Last().GetString()![^1..]] =
                request.GetProperty("state").GetString()!;
        }
        return states;
    }

    static async Task WaitAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!condition()) await Task.Delay(50, limit.Token);
    }
}

using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Observability;

/// <summary>
/// The dashboards and rules of <c>deploy</c>, against a Prometheus that scrapes a host at work, and an Alertmanager.
/// </summary>
public sealed partial class PrometheusTests : IDisposable
{
    const string Password = "uma s3nha";
    const string Token = "a-token-for-scrapers-0123456789";

    static readonly string[] dashboards = ["host", "runs", "freshness", "streams", "sql"];

    readonly string folder = Directory.CreateTempSubdirectory("foz-prometheus-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_rules_are_valid_and_raise_what_they_should()
    {
        Assert.SkipWhen(PrometheusServers.ReasonToSkip is not null, PrometheusServers.ReasonToSkip ?? "");

        var (checkedRules, found) = await PrometheusServers.PromtoolAsync(null, "check", "rules", "foz.rules.yml");
        var (tested, result) = await PrometheusServers.PromtoolAsync(null, "test", "rules", "foz.test.yml");

        Assert.True(checkedRules == 0, found);
        Assert.True(tested == 0, result);
        var rules = AlertName.Matches(await DeployedAsync("prometheus/foz.rules.yml"))
            .Select(match => match.Groups["name"].Value);
        var tests = await DeployedAsync("prometheus/foz.test.yml");
        Assert.All(rules, rule => Assert.Contains($"alertname: {rule}\n", tests, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_panel_is_answered_and_Alertmanager_gets_what_the_rules_raise()
    {
        Assert.SkipWhen(PrometheusServers.ReasonToSkip is not null, PrometheusServers.ReasonToSkip ?? "");
        await WriteProjectAsync();
        await AddUserAsync();
        using var foz = FozProcess.Start(
            folder, failpoint: null, "serve", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");
        var pg = (await foz.ReadLineAsync())!;
        var address = new Uri((await foz.ReadLineAsync())!["HTTP on ".Length..]);
        var rules = await DeployedAsync("prometheus/foz.rules.yml");
        using var servers = await PrometheusServers.StartAsync(
            Directory.CreateDirectory(Path.Combine(folder, "prometheus")).FullName, address.Authority, Token,
            Waits.Replace(rules, "for: 0s"));
        await WaitAsync(async () => await CountAsync(servers, "foz_runs_total{outcome=\"succeeded\"} > 1") > 0);
        await using (var connection = new Npgsql.NpgsqlConnection(
            $"Host=127.0.0.1;Port={Port(pg)};Username=ana;Password={Password};Database=lake;Pooling=false"))
        {
            await connection.OpenAsync(Cancel);
            for (var i = 0; i < 20; i++)
            {
                await using var command = new Npgsql.NpgsqlCommand("select count(*) from silver.sales", connection);
                await command.ExecuteScalarAsync(Cancel);
                await Task.Delay(200, Cancel);
            }
        }
        await WaitAsync(async () => await CountAsync(servers, "increase(foz_sql_statements_total[1m]) > 0") > 0);

        var (checkedPage, problems) = await PrometheusServers.PromtoolAsync(
            await PageAsync(address), "check", "metrics");
        Assert.True(checkedPage == 0, problems);
        Assert.Equal("", problems);
        foreach (var (panel, expression) in Panels())
        {
            var (error, values) = await servers.QueryAsync(expression);
            Assert.True(error is null, $"{panel}: {error}\n{expression}");
            Assert.True(values.Count > 0, $"{panel} has no data: {expression}");
            Assert.All(values, value => Assert.False(double.IsNaN(value), $"{panel}: {expression}"));
        }
        await WriteAsync("models/gold/broken.sql", "select cast('x' as int) as n from silver.sales");
        await WaitAsync(async () => (await servers.AlertsAsync()).Contains("FozRunFailed", StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_dashboards_are_what_the_script_makes()
    {
        var copy = Directory.CreateDirectory(Path.Combine(folder, "grafana")).FullName;
        File.Copy(Path.Combine(Repository.Root, "deploy/grafana/make"), Path.Combine(copy, "make"));
        using var make = Process.Start("python3", Path.Combine(copy, "make"));
        await make.WaitForExitAsync(Cancel);

        Assert.Equal(0, make.ExitCode);
        foreach (var name in dashboards)
            Assert.Equal(
                await File.ReadAllTextAsync(Path.Combine(copy, $"{name}.json"), Cancel),
                await DeployedAsync($"grafana/{name}.json"));
    }

    static Task<string> DeployedAsync(string path) =>
        File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", path), Cancel);

    async Task WriteProjectAsync()
    {
        foreach (var name in new[] { "models/silver", "models/gold", "sources", "data" })
            Directory.CreateDirectory(Path.Combine(folder, name));
        await WriteAsync("foz.yml", """
            name: shop
            memory: 1GB
            prices: {processor_hour: 0.05, read_tb: 5, written_tb: 10}
            telemetry: {metrics_token: "${METRICS_TOKEN}"}
            connections: {disk: {type: files, path: data}}
            schedules: {often: {every: 3s, command: run --full-refresh}}
            """);
        await WriteAsync(".env", $"METRICS_TOKEN={Token}\n");
        await WriteAsync("data/sales.csv", "id,amount\n1,2.5\n2,3\n");
        await WriteAsync("sources/disk.yml", "connection: disk\nstreams: {sales: {path: '*.csv'}}\n");
        await WriteAsync("models/silver/sales.sql", """
            /* @foz
            columns: [{name: id, checks: [not_null]}]
            @foz */
            select cast(id as bigint) as id, cast(amount as double) as amount from bronze.sales
            """);
    }

    async Task AddUserAsync()
    {
        var command = FozProcess.Command(folder, "user", "add", "ana", "--owner");
        command.RedirectStandardInput = true;
        using var foz = FozProcess.Start(command);
        await foz.WriteLineAsync(Password);
        var result = await foz.WaitAsync();
        Assert.True(result.ExitCode == 0, $"{result}");
    }

    Task WriteAsync(string path, string text) => File.WriteAllTextAsync(Path.Combine(folder, path), text, Cancel);

    static IEnumerable<(string Panel, string Expression)> Panels()
    {
        foreach (var name in dashboards)
        {
            using var dashboard = JsonDocument.Parse(
                File.ReadAllText(Path.Combine(Repository.Root, "deploy/grafana", $"{name}.json")));
            foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
                foreach (var target in panel.GetProperty("targets").EnumerateArray())
                    yield return ($"{name}: {panel.GetProperty("title")}", $"{target.GetProperty("expr")}"
                        .Replace("$environment", ".*", StringComparison.Ordinal)
                        .Replace("$__rate_interval", "1m", StringComparison.Ordinal));
        }
    }

    static async Task<string> PageAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
    }

    static async Task<int> CountAsync(PrometheusServers servers, string expression) =>
        (await servers.QueryAsync(expression)).Values.Count;

    static async Task WaitAsync(Func<Task<bool>> isTrue)
    {
        for (var i = 0; !await isTrue(); i++)
        {
            Assert.True(i < 240, "it did not happen within two minutes");
            await Task.Delay(500, Cancel);
        }
    }

    static string Port(string line) => line[(line.LastIndexOf(':') + 1)..line.IndexOf(',', StringComparison.Ordinal)];

    [GeneratedRegex("alert: (?<name>\\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AlertName { get; }

    [GeneratedRegex("for: \\w+", RegexOptions.None, 1000)]
    private static partial Regex Waits { get; }
}

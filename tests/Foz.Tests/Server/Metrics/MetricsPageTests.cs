using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using Foz.Server.Metrics;
using Foz.Storage.Usage;
using Foz.Tests.Server.PgWire;
using Prometheus;

namespace Foz.Tests.Server.Metrics;

/// <summary><c>/metrics</c>: who may read it, and what it says.</summary>
public sealed class MetricsPageTests
{
    const string Token = "0123456789abcdef0123";

    static readonly Dictionary<string, string> labels = new() { ["project"] = "shop", ["environment"] = "prod" };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_and_the_bearer_of_the_token_read_metrics_and_no_other()
    {
        using var page = new MetricsPage(new(OpensLoopback: false, Token), labels);
        await using var server = await PgTestServer.StartAsync(pages: page.Page);
        using var client = new HttpClient { BaseAddress = server.Server.HttpAddress };

        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, new("Bearer", Token + "x"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, new("Bearer", ""))).Status);
        var (status, text) = await GetAsync(client, new("Bearer", Token));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("foz_sql_slots{workload=\"default\",project=\"shop\",environment=\"prod\"}", text,
            StringComparison.Ordinal);
        Assert.Contains("process_cpu_seconds_total{project=\"shop\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_without_a_token_takes_no_token()
    {
        using var page = new MetricsPage(new(OpensLoopback: false, Token: null), labels);
        await using var server = await PgTestServer.StartAsync(pages: page.Page);
        using var client = new HttpClient { BaseAddress = server.Server.HttpAddress };

        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, new("Bearer", ""))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, null)).Status);
    }

    [Fact]
    public async Task Programs_of_this_machine_read_metrics_where_that_is_said()
    {
        using var page = new MetricsPage(new(OpensLoopback: true, Token: null), labels);
        await using var server = await PgTestServer.StartAsync(pages: page.Page);
        using var client = new HttpClient { BaseAddress = server.Server.HttpAddress };

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, null)).Status);
    }

    [Fact]
    public async Task Instruments_are_metrics_by_the_conventions_of_Prometheus()
    {
        using var meter = new Meter(TelemetryNames.Source);
        using var other = new Meter("Other");
        var registry = Prometheus.Metrics.NewCustomRegistry();
        using var bridge = new MeterBridge(registry);
        var age = new List<Measurement<double>> { new(3, new KeyValuePair<string, object?>("table", "a")) };
        meter.CreateObservableGauge("foz.t.age", () => age, "s", "Ages");
        meter.CreateObservableCounter("foz.t.done", () => 5L, "By");
        var counter = meter.CreateCounter<long>("foz.t.rows");
        var active = meter.CreateUpDownCounter<long>("foz.t.active");
        var time = meter.CreateHistogram<double>("foz.t.time", "s");
        other.CreateCounter<long>("foz.t.foreign").Add(1);
        counter.Add(2, new KeyValuePair<string, object?>("table", "a\"b"));
        counter.Add(3, new KeyValuePair<string, object?>("table", "a\"b"));
        active.Add(2);
        active.Add(-1);
        time.Record(0.07);

        var first = await TextAsync(bridge, registry);
        age[0] = new(9, new KeyValuePair<string, object?>("table", "b"));
        var second = await TextAsync(bridge, registry);

        Assert.Contains(
            "# HELP foz_t_age_seconds Ages\n# TYPE foz_t_age_seconds gauge\nfoz_t_age_seconds{table=\"a\"} 3\n",
            first, StringComparison.Ordinal);
        Assert.Contains("foz_t_done_bytes_total 5\n", first, StringComparison.Ordinal);
        Assert.Contains("foz_t_rows_total{table=\"a\\\"b\"} 5\n", first, StringComparison.Ordinal);
        Assert.Contains("foz_t_active 1\n", first, StringComparison.Ordinal);
        Assert.Contains("foz_t_time_seconds_bucket{le=\"0.1\"} 1\n", first, StringComparison.Ordinal);
        Assert.Contains("foz_t_time_seconds_bucket{le=\"0.05\"} 0\n", first, StringComparison.Ordinal);
        Assert.DoesNotContain("foreign", first, StringComparison.Ordinal);
        Assert.Contains("foz_t_age_seconds{table=\"b\"} 9\n", second, StringComparison.Ordinal);
        Assert.DoesNotContain("{table=\"a\"}", second, StringComparison.Ordinal);
    }

    static async Task<string> TextAsync(MeterBridge bridge, CollectorRegistry registry)
    {
        bridge.Collect();
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, Cancel);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }

    static async Task<(HttpStatusCode Status, string Text)> GetAsync(
        HttpClient client, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = authorization;
        using var response = await client.SendAsync(request, Cancel);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }
}

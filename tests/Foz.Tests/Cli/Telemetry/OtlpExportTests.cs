using System.Diagnostics;
using System.Text;

namespace Foz.Tests.Cli.Telemetry;

/// <summary>What <c>foz run</c> sends to a collector of OpenTelemetry's protocol.</summary>
public sealed class OtlpExportTests : IDisposable
{
    const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    readonly CommandRunner foz = new();

    public OtlpExportTests()
    {
        foz.Write("models/gold/total.sql", "select 1 as n");
        foz.Write("models/gold/broken.sql", "select cast('x' as int) as n");
    }

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_sends_its_trace_metrics_and_logs(bool isGrpc)
    {
        await using var collector = await OtlpCollector.StartAsync(isGrpc);
        Configure(collector.Address, isGrpc);
        foz.TraceParent = $"00-{TraceId}-b7ad6b7169203331-01";

        var run = await foz.RunAsync("run");

        Assert.Equal(1, run.ExitCode);
        var traces = collector.TextOf("trace");
        Assert.Contains("step gold.total", traces, StringComparison.Ordinal);
        Assert.Contains("run p", traces, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(TraceId)), traces, StringComparison.Ordinal);
        Assert.Contains("foz.table.version", traces, StringComparison.Ordinal);
        Assert.Contains("foz.step.rows", collector.TextOf("metrics"), StringComparison.Ordinal);
        var logs = collector.TextOf("logs");
        Assert.Contains("step gold.broken failed", logs, StringComparison.Ordinal);
        Assert.Contains("foz.run.id", logs, StringComparison.Ordinal);
        Assert.Contains(Encoding.Latin1.GetString(Convert.FromHexString(TraceId)), logs, StringComparison.Ordinal);
        Assert.All(collector.Requests, request => Assert.Equal("s3cret with=signs", request.Key));
        Assert.DoesNotContain("s3cret", traces + logs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_is_gone_or_hangs_neither_fails_a_run_nor_delays_it_for_long()
    {
        await using var collector = await OtlpCollector.StartAsync(isGrpc: false);
        collector.Delay = TimeSpan.FromMinutes(10);
        Configure("http://127.0.0.1:9", isGrpc: false);
        var gone = await TimeAsync();
        Configure(collector.Address, isGrpc: false);
        var hanging = await TimeAsync();

        Assert.InRange(gone.TotalSeconds, 0, 60);
        Assert.InRange(hanging.TotalSeconds, 0, 60);
    }

    void Configure(string address, bool isGrpc)
    {
        foz.Write(".env", "KEY=s3cret with=signs\n");
        foz.Write(
            "foz.yml",
            $"name: p\ntelemetry: {{otlp: {{endpoint: '{address}', protocol: {(isGrpc ? "grpc" : "http/protobuf")}, "
                + "headers: {x-key: '${KEY}'}, timeout: 2s}}");
    }

    async Task<TimeSpan> TimeAsync()
    {
        var started = Stopwatch.GetTimestamp();
        (await foz.RunAsync("run", "gold.total", "--full-refresh")).ExpectOk();
        return Stopwatch.GetElapsedTime(started);
    }
}

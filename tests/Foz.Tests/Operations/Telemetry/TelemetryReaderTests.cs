using Foz.Lake.Configuration;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Operations.Telemetry;

/// <summary>What <c>telemetry:</c> of <c>foz.yml</c> may say.</summary>
public sealed class TelemetryReaderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-telemetry-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Nothing_is_sent_unless_the_project_says_so()
    {
        var options = Read("", out var errors);

        Assert.Empty(errors);
        Assert.Null(options.Collector);
        Assert.Equal(MetricsAccess.Login, options.Access);
        Assert.Equal(200, options.TablesMax);
    }

    [Fact]
    public void A_project_says_where_data_is_sent_and_who_may_read_metrics()
    {
        var options = Read(
            """
            telemetry:
              metrics: loopback
              metrics_token: ${SCRAPER}
              tables_max: 10
              otlp:
                {endpoint: "http://collector:4317", protocol: grpc, headers: {api-key: "${KEY}"}, logs: false,
                 interval: 5s}
            """,
            out var errors, "SCRAPER=0123456789abcdef\nKEY=ssh-geheim");

        Assert.Empty(errors);
        Assert.Equal((MetricsAccess.Loopback, "0123456789abcdef", 10),
            (options.Access, options.MetricsToken, options.TablesMax));
        var collector = Assert.IsType<OtlpOptions>(options.Collector);
        Assert.Equal(("http://collector:4317/", OtlpProtocol.Grpc, 5000, false, true),
            ($"{collector.Endpoint}", collector.Protocol, collector.IntervalMs, collector.SendsLogs,
                collector.SendsTraces));
        Assert.Equal("ssh-geheim", collector.Headers["api-key"]);
    }

    [Fact]
    public void The_variables_of_OpenTelemetry_name_a_collector_too()
    {
        Assert.NotNull(Read("", out _, "OTEL_EXPORTER_OTLP_ENDPOINT=http://h:4318").Collector);
        Assert.NotNull(Read("", out _, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://h:4318/v1/logs").Collector);
        Assert.Null(Read("", out _, "OTEL_EXPORTER_OTLP_ENDPOINT=http://h:4318\nOTEL_SDK_DISABLED=true").Collector);
    }

    [Theory]
    [InlineData("telemetry: 1", "foz.yml:2:12: 'telemetry' must be a mapping")]
    [InlineData("telemetry: {metrics: logn}", "unknown metrics 'logn'\n  did you mean 'login'?")]
    [InlineData("telemetry: {metrics_token: plain-secret-value}", "'metrics_token' is a secret")]
    [InlineData("telemetry: {metrics_token: '${SHORT}'}", "'metrics_token' must have at least 16 characters")]
    [InlineData("telemetry: {tables_max: 0}", "tables_max")]
    [InlineData("telemetry: {otlp: {protocol: grpc}}", "'endpoint' is missing in 'otlp'")]
    [InlineData("telemetry: {otlp: {endpoint: 'collector'}}", "'collector' is not the address of a collector")]
    [InlineData("telemetry: {otlp: {endpoint: 'http://h', interval: soon}}", "'interval' must be a length of time")]
    [InlineData("telemetry: {otlp: {endpoint: 'http://h', headers: {key: written}}}", "'key' is a secret")]
    [InlineData("telemetry: {otlp: {endpoint: 'http://h', headers: {key: '${COMMA}'}}}", "must not have a comma")]
    [InlineData("telemetry: {otlp: {endpont: 'http://h'}}", "unknown key 'endpont'")]
    [InlineData("prices: {read_tb: -1}", "'read_tb' must be a price from 0")]
    [InlineData("prices: {cpu: 1}", "unknown key 'cpu'")]
    public void A_mistake_is_reported_with_its_place(string yaml, string message)
    {
        Read(yaml, out var errors, "SHORT=abc\nCOMMA=a,b");

        Assert.Contains(errors, error => error.Contains(message, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.StartsWith("foz.yml:2:", error, StringComparison.Ordinal));
    }

    TelemetryOptions Read(string yaml, out IReadOnlyList<string> described, string variables = "")
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), "name: p\n" + yaml);
        File.WriteAllText(Path.Combine(folder, ".env"), variables);
        var errors = new ErrorList();
        try
        {
            return new TelemetryReader(ProjectLoader.LoadFile(folder, new()), errors).Read();
        }
        catch (Foz.Lake.FozException e)
        {
            errors.Add(e);
            return new();
        }
        finally
        {
            described = [.. errors.Items.Select(error => error.Describe())];
        }
    }
}

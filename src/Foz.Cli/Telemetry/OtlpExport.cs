using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects;
using Foz.Storage.Usage;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Foz.Cli.Telemetry;

/// <summary>
/// Sends metrics, traces and logs of this process in OpenTelemetry's protocol, in the background: what does not fit
/// its bounded queues is dropped, and no run waits for a collector. At the end what is left is sent within a limit.
/// Only this class uses OpenTelemetry's assemblies, which are loaded where a project asks for them.
/// </summary>
sealed class OtlpExport : IDisposable
{
    const int QueueMax = 4096;
    const int EndMsMax = 5000;
    const string LogName = "foz";

    readonly TracerProvider? traces;
    readonly MeterProvider? metrics;
    readonly ILoggerFactory? logs;
    readonly ILogger? log;

    OtlpExport(OtlpOptions options, ProjectFile file)
    {
        var version = typeof(OtlpExport).Assembly.GetName().Version!.ToString(3);
        var resource = ResourceBuilder.CreateEmpty().AddService(
                "foz", serviceVersion: version,
                serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}")
            .AddAttributes(
            [
                new("foz.project", file.Name), new("deployment.environment.name", file.Environment),
                new("host.name", Environment.MachineName),
            ])
            .AddTelemetrySdk().AddEnvironmentVariableDetector();
        if (options.SendsTraces && IsNamed(options, file, "TRACES"))
            traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(TelemetryNames.Source)
                .AddOtlpExporter(exporter =>
                {
                    Apply(exporter, options, "v1/traces");
                    exporter.BatchExportProcessorOptions.MaxQueueSize = QueueMax;
                    exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = 1000;
                })
                .Build();
        if (options.SendsMetrics && IsNamed(options, file, "METRICS"))
            metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(TelemetryNames.Source)
                .AddOtlpExporter((exporter, reader) =>
                {
                    Apply(exporter, options, "v1/metrics");
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = options.IntervalMs;
                    reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = options.TimeoutMs;
                })
                .Build();
        if (!options.SendsLogs || !IsNamed(options, file, "LOGS")) return;
        logs = LoggerFactory.Create(builder => builder.AddOpenTelemetry(logger =>
        {
            logger.SetResourceBuilder(resource);
            logger.IncludeFormattedMessage = true;
            logger.AddOtlpExporter((exporter, processor) =>
            {
                Apply(exporter, options, "v1/logs");
                processor.BatchExportProcessorOptions.MaxQueueSize = QueueMax;
                processor.BatchExportProcessorOptions.ScheduledDelayMilliseconds = 1000;
            });
        }));
        log = logs.CreateLogger(LogName);
    }

    /// <summary>Begins to send; null where the project names no collector.</summary>
    public static OtlpExport? Start(TelemetryOptions options, ProjectFile file) =>
        options.Collector is { } collector ? new(collector, file) : null;

    /// <summary>Sends a log record, with the trace and span that are current.</summary>
    public void Send(LogRecord record)
    {
        if (log is null) return;
        var state = new List<KeyValuePair<string, object?>>(5);
        if (record.Event is { } what) state.Add(new("foz.event", what));
        if (record.RunId is { Length: > 0 } run) state.Add(new("foz.run.id", run));
        if (record.Step is { } step) state.Add(new("foz.step", step));
        if (record.Outcome is { } outcome) state.Add(new("foz.outcome", outcome));
        if (record.ElapsedMs is { } elapsed) state.Add(new("foz.elapsed_ms", elapsed));
        var level = record.Severity switch
        {
            LogSeverity.Error => LogLevel.Error,
            LogSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        log.Log(level, default, state, exception: null, (_, _) => record.Message);
    }

    /// <summary>Sends what is left, within a limit.</summary>
    public void Dispose()
    {
        // One after the other would wait for a collector that is gone as often as there are kinds of data.
        Parallel.Invoke(
            () => traces?.Shutdown(EndMsMax), () => metrics?.Shutdown(EndMsMax), () => logs?.Dispose());
        traces?.Dispose();
        metrics?.Dispose();
    }

    /// <summary>
    /// Whether a collector of a kind of data is named: in the project, or in a variable for it or for all.
    /// </summary>
    static bool IsNamed(OtlpOptions options, ProjectFile file, string kind) =>
        options.Endpoint is not null || !string.IsNullOrEmpty(file.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"])
        || !string.IsNullOrEmpty(file.Variables[$"OTEL_EXPORTER_OTLP_{kind}_ENDPOINT"]);

    static void Apply(OtlpExporterOptions exporter, OtlpOptions options, string path)
    {
        var isGrpc = options.Protocol is OtlpProtocol.Grpc
            || (options.Protocol is null
                && Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL") is "grpc");
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.TimeoutMilliseconds = options.TimeoutMs;
        if (options.Endpoint is { } endpoint)
            exporter.Endpoint = isGrpc || endpoint.AbsolutePath.EndsWith(path, StringComparison.Ordinal)
                ? endpoint
                : new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
        if (options.Headers.Count > 0)
            exporter.Headers = string.Join(
                ',', options.Headers.Select(header => $"{header.Key}={Uri.EscapeDataString(header.Value)}"));
    }
}

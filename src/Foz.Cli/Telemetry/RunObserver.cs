using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Telemetry;

/// <summary>Watches a run for metrics, traces and logs: with what its host has, or on its own.</summary>
sealed class RunObserver : IDisposable
{
    readonly RunTelemetry telemetry;
    readonly OtlpExport? export;
    readonly HostObserver? host;

    RunObserver(HostObserver? host, string? parent, ProjectFile file)
    {
        this.host = host;
        var options = host?.Options ?? Read(file);
        // Its assemblies are loaded with the first method that names it.
        if (host is null && options.Collector is not null) export = Export(options, file);
        var send = export is null ? null : new Action<LogRecord>(export.Send);
        telemetry = new(
            file.Name, file.Environment, host?.Labels ?? new TableLabels(options.TablesMax))
        {
            Parent = parent, Prices = file.Prices,
            Log = host is null && send is null ? null : (runId, what) =>
            {
                if (LogRecord.Of(runId, what, file.Secrets.Mask) is not { } record) return;
                if (host is not null) host.Log.Write(record);
                else send!(record);
            },
        };
        host?.Begin();
    }

    /// <summary>Begins to watch a run.</summary>
    /// <param name="host">The host that runs it; null where it runs by itself.</param>
    /// <param name="parent">The span that it is a part of, as <c>traceparent</c> writes it; null for none.</param>
    /// <param name="file">What <c>foz.yml</c> says.</param>
    /// <exception cref="FozException">What it says of telemetry is wrong.</exception>
    public static RunObserver Start(HostObserver? host, string? parent, ProjectFile file) => new(host, parent, file);

    /// <summary>Returns a watcher that lets another one see each event first.</summary>
    public Action<RunEvent> After(Action<RunEvent> first) => what =>
    {
        first(what);
        telemetry.Watch(what);
        host?.Freshness.Watch(what);
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        telemetry.Dispose();
        export?.Dispose();
        host?.End();
    }

    static TelemetryOptions Read(ProjectFile file)
    {
        var errors = new ErrorList();
        var options = new TelemetryReader(file, errors).Read();
        errors.ThrowIfAny();
        return options;
    }

    static OtlpExport? Export(TelemetryOptions options, ProjectFile file) =>
        OtlpExport.Start(options, file);
}

using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Operations.Hosting;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects;
using Foz.Server.Metrics;
using Foz.Server.Pages;

namespace Foz.Cli.Telemetry;

/// <summary>
/// What a host tells of itself: the page of metrics, the collector, its log, and the rows of <c>foz.host</c>. Safe for
/// use by many threads.
/// </summary>
sealed class HostObserver : IAsyncDisposable
{
    readonly Lakehouse lake;
    readonly ProjectFile file;
    readonly MetricsPage? page;
    readonly BackgroundLog usage;
    readonly OtlpExport? export;
    HostInstruments? instruments;
    HostState state = new();
    int runs;

    HostObserver(Lakehouse lake, ProjectFile file, TelemetryOptions options, HostLogWriter log)
    {
        (this.lake, this.file, Options, Log) = (lake, file, options, log);
        Labels = new(options.TablesMax);
        Freshness = new(lake, Labels);
        usage = BackgroundLog.Open(lake, HostRecord.Table, new()
        {
            CommitInterval = HostUsage.CommitInterval, Warn = text => log.WriteLine($"warning: {text}"),
        });
        if (options.Access is not MetricsAccess.Off)
            page = new(
                new(options.Access is MetricsAccess.Loopback, options.MetricsToken),
                new Dictionary<string, string> { ["project"] = file.Name, ["environment"] = file.Environment });
        if (options.Collector is null) return;
        export = Export();
        log.Send = Send;
    }

    /// <summary>Gets what the project says of metrics, traces and logs.</summary>
    public TelemetryOptions Options { get; }

    /// <summary>Gets the host's log.</summary>
    public HostLogWriter Log { get; }

    /// <summary>Gets the tables that have series of their own.</summary>
    public TableLabels Labels { get; }

    /// <summary>Gets how old tables are.</summary>
    public TableFreshness Freshness { get; }

    /// <summary>Gets whether no run works.</summary>
    public bool HasNoRuns => Volatile.Read(ref runs) == 0;

    /// <summary>Gets the pages of the HTTP port.</summary>
    public IEnumerable<HttpPage> Pages => page is null ? [] : [page.Page];

    /// <summary>Begins to observe a host.</summary>
    /// <exception cref="FozException">
    /// What <c>foz.yml</c> says of it is wrong, or the journal cannot be written.
    /// </exception>
    public static HostObserver Start(Lakehouse lake, ProjectFile file, HostLogWriter log)
    {
        var errors = new ErrorList();
        var options = new TelemetryReader(file, errors).Read();
        errors.ThrowIfAny();
        return new(lake, file, options, log);
    }

    /// <summary>Finds what is wrong with what a project says of telemetry.</summary>
    public static IReadOnlyList<FozException> Check(ProjectFile file)
    {
        var errors = new ErrorList();
        _ = new TelemetryReader(file, errors).Read();
        return errors.Items;
    }

    /// <summary>Answers exporters from now on with what the host does.</summary>
    public void Observe(HostState host, string version)
    {
        state = host with { Runs = () => Volatile.Read(ref runs) };
        instruments = new(lake, state, Freshness, version);
    }

    /// <summary>Creates what the host repeats while it leads.</summary>
    public IEnumerable<IHostJob> CreateJobs() => [Freshness, new HostUsage(lake, usage, state)];

    /// <summary>A run begins.</summary>
    public void Begin() => Interlocked.Increment(ref runs);

    /// <summary>A run has ended.</summary>
    public void End() => Interlocked.Decrement(ref runs);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        instruments?.Dispose();
        Log.Send = null;
        export?.Dispose();
        page?.Dispose();
        await usage.DisposeAsync();
    }

    OtlpExport? Export() => OtlpExport.Start(Options, file);

    void Send(LogRecord record) => export?.Send(record);
}

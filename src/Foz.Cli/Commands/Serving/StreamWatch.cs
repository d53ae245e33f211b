using Foz.Cli.Terminal;
using Foz.Connectors.Registry;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Operations.Channels;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Operations.Telemetry;
using Foz.Pipelines.Projects;
using Foz.Streams;

namespace Foz.Cli.Commands.Serving;

/// <summary>
/// Looks how the project's streams of changes stand while this process leads, whether they are read or not: for
/// <c>foz.streams</c>, metrics and incidents. A source that keeps more log than it may is made to forget this lake, so
/// that its disk does not fill.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="current">Gives the project as it is now; null for none.</param>
/// <param name="stopAsync">Stops following a source.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class StreamWatch(
    Lakehouse lake, Func<Project?> current, Func<string, Task> stopAsync, Action<string> report)
    : IHostJob, IAsyncDisposable
{
    /// <summary>The log from which on it is a warning where the source has no limit, in bytes.</summary>
    const long WarnBytesDefault = 10L << 30;

    /// <summary>The share of the limit from which on it is a warning.</summary>
    const double WarnShare = 0.5;

    /// <summary>How long there must be too much before it is an incident.</summary>
    static readonly TimeSpan warnAfter = TimeSpan.FromMinutes(1);

    static readonly TimeSpan recordInterval = TimeSpan.FromMinutes(1), commitInterval = TimeSpan.FromMinutes(15);

    readonly Lock gate = new();
    readonly List<Evidence> evidence = [];
    readonly HashSet<string> left = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<string, DateTimeOffset> fullSince = new(StringComparer.Ordinal);
    readonly Dictionary<string, AlertSeverity?> seen = new(StringComparer.Ordinal);
    BackgroundLog? log;
    DateTimeOffset recordedAt, leftAt;
    volatile IReadOnlyList<StreamLag> lags = [];

    /// <inheritdoc/>
    public string Name => "looks at streams";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromSeconds(15);

    /// <summary>Gets how the streams stood at the last look.</summary>
    public IReadOnlyList<StreamLag> Lags => lags;

    /// <summary>Takes what was seen to break or hold since the last call. Safe for use by any thread.</summary>
    public IReadOnlyList<Evidence> TakeEvidence()
    {
        lock (gate)
        {
            Evidence[] taken = [.. evidence];
            evidence.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var project = current();
        if (project is not null) await FindLeftAsync(project, cancellationToken);
        if (project is null || FollowedSource.Of(project).Count == 0)
        {
            lags = [];
            return;
        }
        var service = new StreamService(lake, project);
        var statuses = await service.ListAsync(cancellationToken);
        lags =
        [
            .. statuses.Select(status => new StreamLag(status.Source.Name, status.Stream.Definition.Name)
            {
                Seconds = status.Delay?.TotalSeconds, UnreadBytes = status.Lag?.UnreadBytes,
                RetainedBytes = status.Lag?.RetainedBytes, RowsHeld = status.RowsHeld,
            }),
        ];
        Record(statuses);
        foreach (var status in statuses.DistinctBy(status => status.Source.Name))
            if (status.Lag is { } lag
                && ConnectorRegistry.Find(status.Source.Definition.Connection.Type) is { KeepsLog: true })
                await GuardAsync(service, status.Source, lag.RetainedBytes, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (log is not null) await log.DisposeAsync();
    }

    /// <summary>Finds sources that left the project, and may keep their logs until their disks are full.</summary>
    async Task FindLeftAsync(Project project, CancellationToken cancellationToken)
    {
        var now = lake.Clock.GetUtcNow();
        if (now - leftAt < recordInterval) return;
        leftAt = now;
        var found = await new LeftSources(lake, project).FindAsync(cancellationToken);
        foreach (var source in found)
            Add(
                source.Name, now, source.Warning.Describe(), AlertSeverity.Warning,
                $"foz stream forget {source.Name}");
        foreach (var name in left.Except(found.Select(source => source.Name), StringComparer.OrdinalIgnoreCase))
        {
            seen.Remove(name);
            Add(new(IncidentKind.Stream, name, now, IsBroken: false));
        }
        left.Clear();
        left.UnionWith(found.Select(source => source.Name));
    }

    void Record(IReadOnlyList<StreamStatus> statuses)
    {
        var now = lake.Clock.GetUtcNow();
        if (now - recordedAt < recordInterval) return;
        recordedAt = now;
        log ??= BackgroundLog.Open(
            lake, StreamRecord.Table,
            new() { CommitInterval = commitInterval, Warn = text => report($"warning: {text}") });
        foreach (var status in statuses)
        {
            var record = new StreamRecord
            {
                RunId = log.RunId, RecordedAt = status.At, Source = status.Source.Name,
                Stream = status.Stream.Definition.Name, TableName = $"{status.Stream.Table}", State = status.State,
                Position = status.Position, ChangedAt = status.ChangedAt, Rows = status.Rows,
                RowsHeld = status.RowsHeld, LagSeconds = status.Delay?.TotalSeconds,
                UnreadBytes = status.Lag?.UnreadBytes, RetainedBytes = status.Lag?.RetainedBytes,
            };
            log.Add(() => record);
        }
    }

    async Task GuardAsync(
        StreamService service, ProjectSource source, long bytes, CancellationToken cancellationToken)
    {
        var (now, name) = (lake.Clock.GetUtcNow(), source.Name);
        if (bytes > source.LogBytesMax)
        {
            await stopAsync(name);
            await service.ReleaseAsync(source, cancellationToken);
            Add(
                name, now,
                $"the source kept {SizeText.Of(bytes)} of log for {name}, more than max_slot_wal: it keeps none now, "
                    + "and changes are missing",
                AlertSeverity.Critical, $"foz stream reset {name}");
        }
        else if (bytes < (source.LogBytesMax is { } most ? most * WarnShare : WarnBytesDefault))
        {
            fullSince.Remove(name);
            // Another host may have seen it break.
            if (!seen.TryGetValue(name, out var known) || known is not null)
                Add(new(IncidentKind.Stream, name, now, IsBroken: false));
            seen[name] = null;
        }
        else if (!fullSince.TryAdd(name, now) && now - fullSince[name] >= warnAfter)
        {
            Add(
                name, now, $"the source keeps {SizeText.Of(bytes)} of log for {name}",
                AlertSeverity.Warning, "foz stream ls");
        }
    }

    void Add(string source, DateTimeOffset at, string text, AlertSeverity severity, string command)
    {
        if (seen.GetValueOrDefault(source) == severity) return;
        seen[source] = severity;
        report(text);
        Add(new(IncidentKind.Stream, source, at, IsBroken: true)
        {
            Text = text, Severity = severity, Command = command,
        });
    }

    void Add(Evidence found)
    {
        lock (gate) evidence.Add(found);
    }
}

using System.Diagnostics.Metrics;
using Foz.Lake.Catalog;
using Foz.Storage.Usage;

namespace Foz.Operations.Telemetry;

/// <summary>What a host tells of itself whenever an exporter asks, until it is disposed.</summary>
public sealed class HostInstruments : IDisposable
{
    readonly Meter meter = new(TelemetryNames.Source);
    readonly Lakehouse lake;
    readonly HostState state;
    readonly TableFreshness freshness;

    /// <summary>Begins to answer exporters.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="state">What the host does.</param>
    /// <param name="freshness">How old tables are.</param>
    /// <param name="version">The version of Foz.</param>
    public HostInstruments(Lakehouse lake, HostState state, TableFreshness freshness, string version)
    {
        (this.lake, this.state, this.freshness) = (lake, state, freshness);
        RunInstruments.Begin();
        CreateOfHost(version);
        CreateOfStorage();
        CreateOfSchedules();
        CreateOfStreams();
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    void CreateOfHost(string version)
    {
        meter.CreateObservableGauge(
            "foz.build.info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", version)),
            unit: null, "1, with the version of Foz");
        meter.CreateObservableGauge(
            "foz.host.leading", () => state.IsLeading() ? 1 : 0, unit: null,
            "1 while this host runs the schedules and requests of the project, else 0");
        meter.CreateObservableGauge(
            "foz.disk.free", () => Disks(static disk => disk.FreeBytes), "By",
            "Bytes that are free on the disk of the lake's folder, and of temporary files");
        meter.CreateObservableGauge(
            "foz.disk.total", () => Disks(static disk => disk.TotalBytes), "By", "Bytes of these disks");
        meter.CreateObservableGauge(
            "foz.spill.used", () => lake.Engines.SpillBytes, "By", "Bytes that the engine has spilled to the disk");
        meter.CreateObservableGauge(
            "foz.table.freshness", Freshness, "s",
            "How long ago the step of each table last committed, in whichever process");
    }

    void CreateOfStorage()
    {
        meter.CreateObservableGauge(
            "foz.journal.backlog", () => JournalFiles().Count(), unit: null,
            "Segments of the journal that are not in their tables yet");
        meter.CreateObservableGauge(
            "foz.journal.backlog.size", () => JournalFiles().Sum(static file => file.Length), "By", "Their bytes");
        meter.CreateObservableCounter(
            "foz.lake.commits", static () => StorageCounts.Commits, unit: null, "Commits of tables by this process");
        meter.CreateObservableCounter(
            "foz.lake.conflicts", static () => StorageCounts.Conflicts, unit: null,
            "Attempts of commits that lost against another writer");
        meter.CreateObservableCounter(
            "foz.lake.committed", static () => StorageCounts.BytesCommitted, "By",
            "Bytes of the files that these commits added");
        meter.CreateObservableCounter(
            "foz.store.requests", static () => StorageCounts.Requests, unit: null, "Requests to object stores");
    }

    void CreateOfSchedules()
    {
        meter.CreateObservableGauge(
            "foz.schedule.queue", () => state.Schedules().Waiting, unit: null,
            "Firings of schedules that wait for their turn or next attempt");
        meter.CreateObservableGauge(
            "foz.schedule.running", () => state.Schedules().Running, unit: null, "Firings of schedules that work");
        meter.CreateObservableGauge(
            "foz.schedule.lateness", Lateness, "s",
            "How long ago the oldest firing of a schedule was due that still waits; absent where none does");
    }

    void CreateOfStreams()
    {
        meter.CreateObservableGauge(
            "foz.stream.lag", () => OfSources(static lag => lag.Seconds), "s",
            "How long after its commit the newest change of each source with streams of changes was read");
        meter.CreateObservableGauge(
            "foz.stream.unread", () => OfSources(static lag => lag.UnreadBytes), "By",
            "Bytes of the source's log after what was read");
        meter.CreateObservableGauge(
            "foz.stream.retained", () => OfSources(static lag => lag.RetainedBytes), "By",
            "Bytes of log that the source keeps for this lake");
        meter.CreateObservableGauge(
            "foz.stream.held",
            () => state.Streams().Select(lag => new Measurement<long>(
                lag.RowsHeld, new("source", lag.Source), new KeyValuePair<string, object?>("stream", lag.Stream))),
            unit: null, "Changes that wait beside the table of a stream, which cannot take them");
    }

    /// <summary>All streams of a source have one log.</summary>
    IEnumerable<Measurement<T>> OfSources<T>(Func<StreamLag, T?> part)
        where T : struct =>
        from lag in state.Streams().DistinctBy(lag => lag.Source)
        where part(lag) is not null
        select new Measurement<T>(part(lag)!.Value, new KeyValuePair<string, object?>("source", lag.Source));

    IEnumerable<Measurement<long>> Disks(Func<DiskSpace, long> part)
    {
        foreach (var (name, folder) in new[] { ("lake", lake.Folder), ("temporary", Path.GetTempPath()) })
            if (DiskSpace.Of(folder) is { } disk)
                yield return new(part(disk), new KeyValuePair<string, object?>("disk", name));
    }

    IEnumerable<Measurement<double>> Freshness() => freshness.Ages()
        .Select(age => new Measurement<double>(age.Seconds, new KeyValuePair<string, object?>("table", age.Table)));

    IEnumerable<Measurement<double>> Lateness()
    {
        var now = lake.Clock.GetUtcNow();
        return state.Schedules().Due.Select(own => new Measurement<double>(
            Math.Max(0, (now - own.Value).TotalSeconds), new KeyValuePair<string, object?>("schedule", own.Key)));
    }

    IEnumerable<FileInfo> JournalFiles() => Directory.Exists(lake.JournalFolder)
        ? new DirectoryInfo(lake.JournalFolder).EnumerateFiles().Where(static file => file.Extension != ".lock")
        : [];
}

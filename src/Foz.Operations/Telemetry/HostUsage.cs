using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Operations.Hosting;
using Foz.Storage.Usage;

namespace Foz.Operations.Telemetry;

/// <summary>Writes what the host takes of its machine to <c>foz.host</c>, a row each minute.</summary>
/// <param name="lake">The lake.</param>
/// <param name="log">Where the rows are written.</param>
/// <param name="state">What the host does.</param>
public sealed class HostUsage(Lakehouse lake, BackgroundLog log, HostState state) : IHostJob
{
    /// <summary>How long rows are gathered before they are committed together.</summary>
    public static TimeSpan CommitInterval { get; } = TimeSpan.FromMinutes(15);

    long measuredAt;
    TimeSpan processor;
    long written;

    /// <inheritdoc/>
    public string Name => "measurements of the host";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Measure();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StepAsync(CancellationToken cancellationToken)
    {
        var (before, ownProcessor, ownWritten) = (measuredAt, processor, written);
        var seconds = lake.Clock.GetElapsedTime(before).TotalSeconds;
        // The first step comes right after the job was opened: there is nothing to divide yet.
        if (seconds < 1) return Task.CompletedTask;
        Measure();
        var disk = DiskSpace.Of(lake.Folder);
        var record = new HostRecord
        {
            RunId = log.RunId, RecordedAt = lake.Clock.GetUtcNow(), Host = Environment.MachineName, Seconds = seconds,
            CpuSeconds = (processor - ownProcessor).TotalSeconds, MemoryBytes = Environment.WorkingSet,
            SpillBytes = lake.Engines.SpillBytes, BytesWritten = written - ownWritten,
            DiskFreeBytes = disk?.FreeBytes, DiskBytes = disk?.TotalBytes, Sessions = state.Sessions(),
            StatementsWaiting = state.StatementsWaiting(), Runs = state.Runs(),
            FiringsWaiting = state.Schedules().Waiting,
        };
        log.Add(() => record);
        return Task.CompletedTask;
    }

    void Measure() => (measuredAt, processor, written) =
        (lake.Clock.GetTimestamp(), Environment.CpuUsage.TotalTime, StorageCounts.BytesCommitted);
}

using Foz.Lake.Catalog;
using Foz.Operations.Hosting;
using Foz.Operations.Schedules;

namespace Foz.Operations.Scheduling;

/// <summary>The schedules of a project, as work of the host that leads.</summary>
/// <param name="lake">The lake.</param>
/// <param name="scheduler">The scheduler.</param>
/// <param name="current">Gives the schedules as they are now.</param>
/// <param name="tasks">What is to be let go at the end.</param>
sealed class ScheduleJob(
    Lakehouse lake, Scheduler scheduler, Func<ProjectSchedules> current, IAsyncDisposable tasks)
    : IHostJob, IAsyncDisposable
{
    /// <inheritdoc/>
    public string Name => "schedules";

    /// <inheritdoc/>
    public TimeSpan Interval => TimeSpan.FromMilliseconds(lake.Store.IsLocal ? 1000 : 2000);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => scheduler.OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        await scheduler.StepAsync(current(), cancellationToken);
        Loaded(scheduler.Load);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => tasks.DisposeAsync();

    /// <summary>Takes how many firings wait and work.</summary>
    public required Action<ScheduleLoad> Loaded { get; init; }
}

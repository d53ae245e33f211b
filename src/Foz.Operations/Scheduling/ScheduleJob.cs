using Foz.Lake.Catalog;
using Foz.Operations.Hosting;
using Foz.Operations.Schedules;

namespace Foz.Operations.Scheduling;

/// <summary>The schedules of a project, as work of the host that leads.</summary>
/// <param name="lake">The lake.</param>
/// <param name="scheduler">The scheduler.</param>
/// <param name="current">Gives the schedules as they are now.</param>
/// <param name="loaded">Takes how many firings wait and work.</param>
sealed class ScheduleJob(
    Lakehouse lake, Scheduler scheduler, Func<ProjectSchedules> current, Action<ScheduleLoad> loaded) : IHostJob
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
        loaded(scheduler.Load);
    }
}

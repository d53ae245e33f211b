using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Tables;
using Foz.Operations.Schedules;

namespace Foz.Operations.Scheduling;

/// <summary>Lets a scheduler work again and again, also while the lake cannot be reached for a while.</summary>
/// <param name="lake">The lake.</param>
/// <param name="scheduler">The scheduler.</param>
/// <param name="current">Gives the schedules as they are now.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class SchedulerLoop(
    Lakehouse lake, Scheduler scheduler, Func<ProjectSchedules> current, Action<string> report)
{
    static readonly TimeSpan retryInterval = TimeSpan.FromSeconds(5);

    TimeSpan Interval => TimeSpan.FromMilliseconds(lake.Store.IsLocal ? 1000 : 2000);

    /// <summary>Works until it is stopped.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isOpen = false;
        string? lastError = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!isOpen) await scheduler.OpenAsync(cancellationToken);
                isOpen = true;
                await scheduler.StepAsync(current(), cancellationToken);
                if (lastError is not null) report("schedules go on");
                lastError = null;
            }
            catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not ErrorKind.Canceled } error)
            {
                if (error.Message != lastError) report($"schedules wait: {error.Message}");
                lastError = error.Message;
                await Task.Delay(retryInterval, lake.Clock, cancellationToken);
            }
            await Task.Delay(Interval, lake.Clock, cancellationToken);
        }
    }
}

using Foz.Lake;
using Foz.Lake.Tables;

namespace Foz.Operations.Hosting;

/// <summary>
/// Repeats the steps of a job until it is stopped, also while the lake cannot be reached for a while.
/// </summary>
/// <param name="clock">The time.</param>
/// <param name="report">Takes what an operator should see.</param>
public sealed class HostLoop(TimeProvider clock, Action<string> report)
{
    static readonly TimeSpan retryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Works until it is stopped.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(IHostJob job, CancellationToken cancellationToken)
    {
        var isOpen = false;
        string? lastError = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (!isOpen) await job.OpenAsync(cancellationToken);
                isOpen = true;
                await job.StepAsync(cancellationToken);
                if (lastError is not null) report($"{job.Name} continue");
                lastError = null;
            }
            catch (Exception e) when (DeltaErrors.Find(e) is { Kind: not ErrorKind.Canceled } error)
            {
                if (error.Message != lastError) report($"{job.Name} wait: {error.Message}");
                lastError = error.Message;
                await Task.Delay(retryInterval, clock, cancellationToken);
            }
            await Task.Delay(job.Interval, clock, cancellationToken);
        }
    }
}

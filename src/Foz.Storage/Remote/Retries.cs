namespace Foz.Storage.Remote;

/// <summary>How often and how fast a failed request to a storage service is made again.</summary>
public sealed record RetryOptions
{
    /// <summary>How often one request is made at most.</summary>
    public int AttemptsMax { get; init; } = 8;

    /// <summary>
    /// The longest wait before the second attempt, in milliseconds; it doubles with each further one.
    /// </summary>
    public int BackoffMs { get; init; } = 100;

    /// <summary>The longest wait, in milliseconds, whatever the service asks for.</summary>
    public int BackoffMsMax { get; init; } = 10_000;

    /// <summary>
    /// How many retries a store may have in a row over all of its requests; each success gives one back.
    /// </summary>
    public int BudgetMax { get; init; } = 500;

    /// <summary>How long one attempt may take, in milliseconds, before what its bytes need.</summary>
    public int AttemptMsMax { get; init; } = 30_000;
}

/// <summary>
/// Repeats requests that failed for a reason that passes, after random waits that grow; a budget shared by all requests
/// of a store keeps a service that is down from being asked ever more. Safe for use by many threads.
/// </summary>
sealed class Retries(RetryOptions options, TimeProvider clock)
{
    int spent;

    /// <summary>How long one attempt may take.</summary>
    /// <param name="bytes">How many bytes it moves.</param>
    public TimeSpan TimeoutOf(long bytes) =>
        // A line of 256 KB/s is slow, not dead.
        TimeSpan.FromMilliseconds(options.AttemptMsMax + bytes / 256);

    /// <summary>Runs a request until it succeeds, fails for good, or the budget is spent.</summary>
    /// <param name="attempt">
    /// Makes the request; receives how many attempts failed before, none of them surely without effect.
    /// </param>
    /// <param name="onFailure">Makes the error from the last fault and the number of attempts.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<T> RunAsync<T>(
        Func<int, Task<T>> attempt, Func<ServiceFault, int, Exception> onFailure, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var result = await attempt(failures);
                if (Volatile.Read(ref spent) > 0) Interlocked.Decrement(ref spent);
                return result;
            }
            catch (ServiceFault fault) when (!fault.IsTransient || failures + 1 >= options.AttemptsMax || !TrySpend())
            {
                throw onFailure(fault, failures + 1);
            }
            catch (ServiceFault fault)
            {
                await Task.Delay(WaitBefore(failures, fault.RetryAfter), clock, cancellationToken);
            }
        }
    }

    bool TrySpend()
    {
        if (Interlocked.Increment(ref spent) <= options.BudgetMax) return true;
        Interlocked.Decrement(ref spent);
        return false;
    }

    TimeSpan WaitBefore(int failures, TimeSpan? asked)
    {
        var waitMsMax = (int)Math.Min(options.BackoffMsMax, (long)options.BackoffMs << Math.Min(failures, 20));
        var wait = TimeSpan.FromMilliseconds(Random.Shared.Next(waitMsMax + 1));
        var longest = TimeSpan.FromMilliseconds(options.BackoffMsMax);
        return asked is { } least && least > wait ? (least < longest ? least : longest) : wait;
    }
}

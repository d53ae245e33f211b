using Foz.Connectors.Changes;
using Foz.Lake;

namespace Foz.Streams.Reading;

/// <summary>Waits for a moment of a source, and says what the source waits for where that takes long.</summary>
static class MomentWait
{
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(3);

    /// <summary>Waits until a moment is there, or could not be taken, or this is stopped.</summary>
    /// <param name="moment">The moment, which is taken meanwhile.</param>
    /// <param name="source">The source.</param>
    /// <param name="warn">Takes what it waits for, each once.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task WarnAsync(
        Task moment, IChangeSource source, Action<Warning> warn, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        Warning? last = null;
        while (!cancellationToken.IsCancellationRequested
            && await Task.WhenAny(moment, Task.Delay(lookInterval, clock, cancellationToken)) != moment)
            try
            {
                if (await source.FindWaitAsync(cancellationToken) is { } found && found != last) warn(last = found);
            }
            catch (Exception e) when (e is FozException or OperationCanceledException)
            {
                // The moment itself says what is wrong.
            }
    }
}

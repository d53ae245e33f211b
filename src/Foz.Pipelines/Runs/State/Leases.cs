using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>What leases share.</summary>
static class Leases
{
    /// <summary>Writes an object in the place of what was read of it.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="place">The object.</param>
    /// <param name="content">What it shall hold.</param>
    /// <param name="etag">The tag of what was read; null where there was none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The tag of what was written; null where another process was first.</returns>
    public static async Task<string?> WriteAsync(
        LakeStore lake, string place, byte[] content, string? etag, CancellationToken cancellationToken)
    {
        if (etag is not null)
        {
            var replaced = await lake.PutIfMatchAsync(place, content, etag, cancellationToken);
            return (replaced as PutIfMatchResult.Written)?.ETag;
        }
        return await lake.PutIfAbsentAsync(place, content, cancellationToken) is PutIfAbsentResult.Created created
            ? created.Info.ETag ?? ContentTag.Of(content)
            : null;
    }
}

/// <summary>How long a lease is waited for.</summary>
/// <param name="wait">How long at most.</param>
/// <param name="onWait">Called once with the run that is waited for.</param>
/// <param name="clock">The time.</param>
sealed class LeaseWait(TimeSpan wait, Action<LeaseHolder> onWait, TimeProvider clock)
{
    readonly long startedAt = clock.GetTimestamp();
    bool hasWaited;

    /// <summary>Waits a little for another run.</summary>
    /// <param name="other">The run.</param>
    /// <param name="what">What it holds.</param>
    /// <param name="watch">Has looked at it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Foz.Lake.FozException">It was waited for long enough.</exception>
    public async Task WaitAsync(
        LeaseHolder other, string what, LeaseWatch watch, CancellationToken cancellationToken)
    {
        // One that was not renewed for long, by its own words, may be dead: to know takes its whole lifetime.
        if (clock.GetElapsedTime(startedAt) >= wait && (watch.IsRenewed || other.LooksAlive(clock)))
            throw other.MakeHeldError(what, wait);
        if (!hasWaited) onWait(other);
        hasWaited = true;
        await Task.Delay(Heartbeat.PollInterval, clock, cancellationToken);
    }
}

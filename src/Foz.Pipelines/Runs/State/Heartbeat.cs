using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// Renews an object of the lake for as long as a run works. Another process that saw it unchanged for
/// <see cref="Lifetime"/>, or that finds its process gone, takes its place: the next renewal fails then, and the run
/// must stop. How long it was unchanged is measured by the process that watches it, with a clock that only counts:
/// clocks of machines differ, and jump.
/// </summary>
sealed class Heartbeat : IAsyncDisposable
{
    /// <summary>How long a run counts as alive after it last renewed its object.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>How long the host that leads does: nothing but its place is lost with it.</summary>
    public static readonly TimeSpan LeaderLifetime = TimeSpan.FromSeconds(12);

    /// <summary>How often a run that is waited for is checked.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    // Several renewals may fail before an object counts as left.
    const int RenewalsInLifetime = 6;

    readonly LakeStore lake;
    readonly string path;
    readonly TimeProvider clock;
    readonly TimeSpan lifetime;
    readonly CancellationTokenSource stop = new();
    readonly CancellationTokenSource lost = new();
    readonly Task renewal;
    long renewedAt;

    /// <summary>Begins to renew an object that this process wrote.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="path">The object.</param>
    /// <param name="holder">What was written.</param>
    /// <param name="etag">Its tag.</param>
    /// <param name="clock">The time.</param>
    /// <param name="lifetime">How long it counts; null as a run's does.</param>
    public Heartbeat(
        LakeStore lake, string path, LeaseHolder holder, string etag, TimeProvider clock, TimeSpan? lifetime = null)
    {
        (this.lake, this.path, this.clock, Holder, ETag) = (lake, path, clock, holder, etag);
        this.lifetime = lifetime ?? Lifetime;
        renewedAt = clock.GetTimestamp();
        renewal = RenewAsync();
    }

    /// <summary>What the object holds.</summary>
    public LeaseHolder Holder { get; private set; }

    /// <summary>The object's tag.</summary>
    public string ETag { get; private set; }

    /// <summary>Canceled when another process took the run's place.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Why the object could not be renewed any more; null where another process took it.</summary>
    public string? StorageError { get; private set; }

    /// <summary>Why work could not end; null while the object is the run's.</summary>
    public FozException? LostError => lost.IsCancellationRequested ? MakeLostError() : null;

    /// <summary>The error of work whose place another process took.</summary>
    public FozException MakeLostError() => new(
        ErrorKind.Conflict,
        $"run {Holder.RunId} lost the lake: it stood still, or could not reach the lake, for more than "
        + $"{lifetime.TotalSeconds:0} s, and another run may have taken over")
    {
        Hint = "what it had not committed is not in the lake; run again when the other run has ended",
        IsTransient = true,
    };

    /// <summary>Does work that must stop when another process took the run's place.</summary>
    /// <param name="work">The work, with what stops it.</param>
    /// <param name="cancellationToken">Stops it too.</param>
    /// <exception cref="FozException">
    /// Another process took over (<see cref="LostError"/>), or the work failed.
    /// </exception>
    public async Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Lost);
        try
        {
            return await work(either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or FozException { Kind: ErrorKind.Canceled }
            && !cancellationToken.IsCancellationRequested && lost.IsCancellationRequested)
        {
            throw MakeLostError();
        }
    }

    /// <summary>Ends the renewals.</summary>
    /// <returns>Whether the object is still the run's.</returns>
    public async Task<bool> StopAsync()
    {
        await stop.CancelAsync();
        await renewal;
        return !lost.IsCancellationRequested;
    }

    /// <summary>Ends the renewals.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
        lost.Dispose();
    }

    async Task RenewAsync()
    {
        try
        {
            while (!lost.IsCancellationRequested)
            {
                await Task.Delay(lifetime / RenewalsInLifetime, clock, stop.Token);
                await RenewOnceAsync();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    async Task RenewOnceAsync()
    {
        var now = clock.GetTimestamp();
        var renewed = Holder with { RenewedAt = clock.GetUtcNow(), Renewals = Holder.Renewals + 1 };
        try
        {
            var result = await lake.PutIfMatchAsync(path, renewed.Write(), ETag, stop.Token);
            if (result is PutIfMatchResult.Written written) (Holder, ETag, renewedAt) = (renewed, written.ETag, now);
            else
            {
                // Where the lake went away just now, this says so, and no other process took over.
                await lake.GetAsync(path, stop.Token);
                lake.Format.EnsureThere();
                await lost.CancelAsync();
            }
        }
        catch (StorageException) when (clock.GetElapsedTime(renewedAt) < lifetime)
        {
            // The storage failed; the object still counts, and the next renewal may succeed.
        }
        catch (Exception e) when (e is StorageException or FozException)
        {
            // The storage failed for too long, or the lake is of a format that this Foz does not know.
            StorageError = e.Message;
            await lost.CancelAsync();
        }
    }
}

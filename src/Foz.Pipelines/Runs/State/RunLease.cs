using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Environments;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The exclusive lease <c>_foz/leases/lake.json</c>: while it is held no run works in its environments or reads from
/// them, which promotions, cleaning and releases from quarantine need; upgrades hold it for the whole lake. It waits
/// for the hosts that work there, and they wait for it. One process holds it at a time. In lakes of format 1 it is
/// <c>_foz/leases/run.json</c>, each run holds it, and it is always of the whole lake.
/// </summary>
public sealed class RunLease : IAsyncDisposable
{
    const string LaterPath = "_foz/leases/lake.json";

    readonly LakeStore lake;
    readonly TimeProvider clock;
    readonly Heartbeat beat;
    bool isClosed;

    RunLease(LakeStore lake, TimeProvider clock, LeaseHolder holder, string etag)
    {
        (this.lake, this.clock) = (lake, clock);
        beat = new(lake, PathOf(holder.Format), holder, etag, clock);
    }

    /// <inheritdoc cref="Heartbeat.Lost"/>
    public CancellationToken Lost => beat.Lost;

    /// <inheritdoc cref="Heartbeat.LostError"/>
    public FozException? LostError => beat.LostError;

    /// <inheritdoc cref="Heartbeat.HoldAsync"/>
    public Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        beat.HoldAsync(work, cancellationToken);

    /// <summary>Takes the lease, waiting for the runs that work in its environments or read from them.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="runId">The run that takes it.</param>
    /// <param name="environments">The environments; null for the whole lake.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Called once with the run that it waits for.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">
    /// A run still works there after <paramref name="wait"/>, or brought the lake to a format that this Foz does not
    /// know.
    /// </exception>
    public static async Task<RunLease> AcquireAsync(
        LakeStore lake, string runId, IReadOnlyList<string>? environments, TimeSpan wait, Action<LeaseHolder> onWait,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        var waiting = new LeaseWait(wait, onWait, clock);
        var lease = await TakeAsync(lake, runId, environments, waiting, clock, cancellationToken);
        try
        {
            await lease.WaitForHostsAsync(waiting, cancellationToken);
            return lease;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the lease of some environments, and completes promotions of theirs that were cut off.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="runId">The run that takes it.</param>
    /// <param name="environments">The environments; the lease has those of the promotions too.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The lease, and the promotions that were completed.</returns>
    /// <exception cref="FozException">A run still works there after <paramref name="wait"/>.</exception>
    internal static async Task<(RunLease Lease, IReadOnlyList<Promotion> Resumed)> AcquireResumedAsync(
        Lakehouse lake, string runId, IReadOnlyList<string> environments, TimeSpan wait,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var open = await Promotion.FindOpenAsync(lake, environments, cancellationToken);
            var lease = await AcquireAsync(
                lake.Store, runId, Promotion.EnvironmentsOf(environments, open), wait, static _ => { }, lake.Clock,
                cancellationToken);
            try
            {
                if (await lease.FindOpenAsync(lake, environments, cancellationToken) is { } found)
                {
                    await lease.HoldAsync(stop => Promotion.ResumeAsync(lake, found, stop), cancellationToken);
                    return (lease, found);
                }
            }
            catch
            {
                await lease.DisposeAsync();
                throw;
            }
            await lease.DisposeAsync();
        }
    }

    /// <summary>
    /// Finds the promotions of some environments that were cut off: while the lease is held, no other process works on
    /// them.
    /// </summary>
    /// <returns>The promotions; null where one has an environment that the lease does not hold.</returns>
    internal async Task<IReadOnlyList<Promotion>?> FindOpenAsync(
        Lakehouse lake, IReadOnlyList<string>? environments, CancellationToken cancellationToken)
    {
        var open = await Promotion.FindOpenAsync(lake, environments, cancellationToken);
        var held = beat.Holder.Environments;
        return Promotion.EnvironmentsOf(held, open)?.Count == held?.Count ? open : null;
    }

    /// <summary>Waits for the hosts that work in the lease's environments, or read from them.</summary>
    /// <exception cref="FozException">One still does after the wait.</exception>
    internal Task WaitForHostsAsync(LeaseWait waiting, CancellationToken cancellationToken) =>
        beat.Holder.Format == LakeFormat.Oldest
            ? Task.CompletedTask
            : new Hosts(lake, clock).WaitForAsync(beat.Holder.Environments, waiting, cancellationToken);

    /// <summary>Whether a process holds the lease for one of some environments, or died while it did.</summary>
    internal static async Task<bool> IsHeldAsync(
        LakeStore lake, IReadOnlyList<string>? environments, CancellationToken cancellationToken) =>
        await lake.GetAsync(LaterPath, cancellationToken) is { } present
        && LeaseHolder.Read(present) is { IsReleased: false } holder && holder.Meets(environments);

    /// <summary>What is held, in words.</summary>
    /// <param name="environments">The environments; null for the whole lake.</param>
    internal static string NameOf(IReadOnlyList<string>? environments) => environments switch
    {
        null => "the lake",
        [var one] => $"the environment {one}",
        _ => $"the environments {string.Join(" and ", environments)}",
    };

    /// <summary>Releases the lease.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await beat.StopAsync() && !isClosed) await ReleaseAsync();
        await beat.DisposeAsync();
    }

    /// <summary>Releases the lease for good, and closes it to each Foz that knows no formats.</summary>
    /// <param name="format">The format that does not use it any more.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The lease was lost.</exception>
    public async Task CloseAsync(int format, CancellationToken cancellationToken)
    {
        var closed = LakeFormat.Closed(format);
        var result = await beat.StopAsync()
            ? await lake.PutIfMatchAsync(PathOf(beat.Holder.Format), closed, beat.ETag, cancellationToken)
            : PutIfMatchResult.Mismatch.Value;
        isClosed = true;
        if (result is not PutIfMatchResult.Written) throw beat.MakeLostError();
    }

    static string PathOf(int format) => format == LakeFormat.Oldest ? LakeFormat.FirstLease : LaterPath;

    async Task ReleaseAsync()
    {
        try
        {
            var format = await lake.Format.ReadAsync(CancellationToken.None);
            var released = beat.Holder with { IsReleased = true, Format = format };
            await lake.PutIfMatchAsync(
                PathOf(beat.Holder.Format), released.Write(), beat.ETag, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The storage failed; the lease ends with this process or its lifetime.
        }
    }

    /// <summary>Takes the lease, and does not wait for hosts.</summary>
    /// <exception cref="FozException">Another process still holds it after the wait.</exception>
    internal static async Task<RunLease> TakeAsync(
        LakeStore lake, string runId, IReadOnlyList<string>? environments, LeaseWait waiting, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var watch = new LeaseWatch(clock);
        while (true)
        {
            var format = await lake.Format.ReadForWritingAsync(cancellationToken);
            var mine = LeaseHolder.Describe(runId, environments, clock) with { Format = format };
            var present = await lake.GetAsync(PathOf(format), cancellationToken);
            var other = present is null ? null : Read(present);
            if (other is { IsReleased: false, IsGone: false } && !watch.IsSilent(present!.ETag))
            {
                await waiting.WaitAsync(other, NameOf(other.Environments), watch, cancellationToken);
                continue;
            }
            // A holder since the format was read may have changed it.
            var isCurrent = present is null || (other is { IsReleased: true } && other.Format == format)
                || await lake.Format.ReadAgainAsync(cancellationToken) == format;
            if (isCurrent
                && await Leases.WriteAsync(
                    lake, PathOf(format), mine.Write(), present?.ETag, cancellationToken) is { } etag)
                return new(lake, clock, mine, etag);
        }
    }

    /// <summary>Reads the holder of a lease; null for one that another format closed.</summary>
    static LeaseHolder? Read(StoredObject lease) =>
        LakeFormat.ClosedBy(lease) is null ? LeaseHolder.Read(lease) : null;
}

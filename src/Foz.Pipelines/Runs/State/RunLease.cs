using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The lease of the whole lake, <c>_foz/leases/lake.json</c>: while it is held no run works on the lake, which
/// promotions, cleaning, releases from quarantine and upgrades need. It waits for the hosts that work, and hosts wait
/// for it. In lakes of format 1 it is <c>_foz/leases/run.json</c>, and each run holds it.
/// </summary>
public sealed class RunLease : IAsyncDisposable
{
    const string LaterPath = "_foz/leases/lake.json";

    readonly LakeStore lake;
    readonly Heartbeat beat;
    bool isClosed;

    RunLease(LakeStore lake, TimeProvider clock, LeaseHolder holder, string etag)
    {
        this.lake = lake;
        beat = new(lake, PathOf(holder.Format), holder, etag, clock);
    }

    /// <inheritdoc cref="Heartbeat.Lost"/>
    public CancellationToken Lost => beat.Lost;

    /// <inheritdoc cref="Heartbeat.LostError"/>
    public FozException? LostError => beat.LostError;

    /// <inheritdoc cref="Heartbeat.HoldAsync"/>
    public Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        beat.HoldAsync(work, cancellationToken);

    /// <summary>Takes the lease, waiting for the runs that work on the lake.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="runId">The run that takes it.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Called once with the run that it waits for.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="FozException">
    /// A run still works on the lake after <paramref name="wait"/>, or brought it to a format that this Foz does not
    /// know.
    /// </exception>
    public static async Task<RunLease> AcquireAsync(
        LakeStore lake, string runId, TimeSpan wait, Action<LeaseHolder> onWait, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var waiting = new LeaseWait(wait, onWait, clock);
        var lease = await TakeAsync(lake, runId, waiting, clock, cancellationToken);
        try
        {
            if (lease.beat.Holder.Format != LakeFormat.Oldest)
                await new Hosts(lake, clock).WaitForAllAsync(waiting, cancellationToken);
            return lease;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a process holds the lease, or died while it did.</summary>
    internal static async Task<bool> IsHeldAsync(LakeStore lake, CancellationToken cancellationToken) =>
        await lake.GetAsync(LaterPath, cancellationToken) is { } present && !LeaseHolder.Read(present).IsReleased;

    /// <summary>Gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await beat.StopAsync() && !isClosed) await ReleaseAsync();
        await beat.DisposeAsync();
    }

    /// <summary>Gives the lease back for good, and closes it to each Foz that knows no formats.</summary>
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

    static async Task<RunLease> TakeAsync(
        LakeStore lake, string runId, LeaseWait waiting, TimeProvider clock, CancellationToken cancellationToken)
    {
        var watch = new LeaseWatch(clock);
        while (true)
        {
            var format = await lake.Format.ReadForWritingAsync(cancellationToken);
            var mine = LeaseHolder.Describe(runId, clock) with { Format = format };
            var present = await lake.GetAsync(PathOf(format), cancellationToken);
            var other = present is null ? null : Read(present);
            if (other is { IsReleased: false, IsGone: false } && !watch.IsSilent(present!.ETag))
            {
                await waiting.WaitAsync(other, "the lake", watch, cancellationToken);
                continue;
            }
            // A holder since the format was read may have changed it.
            var isCurrent = present is null || (other is { IsReleased: true } && other.Format == format)
                || await lake.Format.ReadAgainAsync(cancellationToken) == format;
            if (isCurrent
                && await Leases.WriteAsync(lake, PathOf(format), mine.Write(), present?.ETag, cancellationToken) is { } etag)
                return new(lake, clock, mine, etag);
        }
    }

    /// <summary>Reads the holder of a lease; null for one that another format closed.</summary>
    static LeaseHolder? Read(StoredObject lease) =>
        LakeFormat.ClosedBy(lease) is null ? LeaseHolder.Read(lease) : null;
}

using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Environments;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// A run as a host of steps: several work on a lake at the same time, each with one heartbeat, and no two on the same
/// step. None works while a process holds the whole lake (<see cref="RunLease"/>). In a lake of format 1 a run holds
/// the whole lake itself.
/// </summary>
sealed class RunHost : IAsyncDisposable
{
    readonly LakeStore lake;
    readonly TimeProvider clock;
    readonly Heartbeat? beat;
    readonly RunLease? whole;
    readonly ConcurrentDictionary<string, bool> waitedFor = new();

    RunHost(LakeStore lake, TimeProvider clock, string runId, Heartbeat? beat, RunLease? whole)
    {
        (this.lake, this.clock, RunId) = (lake, clock, runId);
        (this.beat, this.whole) = (beat, whole);
    }

    /// <summary>The run.</summary>
    public string RunId { get; }

    /// <inheritdoc cref="Heartbeat.Lost"/>
    public CancellationToken Lost => beat?.Lost ?? whole!.Lost;

    /// <inheritdoc cref="Heartbeat.LostError"/>
    public FozException? LostError => beat is null ? whole!.LostError : beat.LostError;

    /// <summary>Begins to work on a lake; waits for a process that holds the whole of it.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="runId">The run.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Called once with the run that it waits for.</param>
    /// <param name="onResumed">Called with each promotion that was cut off, and that is done now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The lake is still held after <paramref name="wait"/>.</exception>
    public static async Task<RunHost> StartAsync(
        Lakehouse lake, string runId, TimeSpan wait, Action<LeaseHolder> onWait, Func<Promotion, Task> onResumed,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await lake.Format.ReadForWritingAsync(cancellationToken) != LakeFormat.Oldest)
            {
                var host = await WriteAsync(lake.Store, runId, lake.Clock, cancellationToken);
                try
                {
                    // The order counts: a process that takes the lake looks for hosts after it holds it.
                    if (!await RunLease.IsHeldAsync(lake.Store, cancellationToken)
                        && !await Promotion.AreOpenAsync(lake, cancellationToken)) return host;
                }
                catch
                {
                    await host.DisposeAsync();
                    throw;
                }
                await host.DisposeAsync();
            }
            var lease = await RunLease.AcquireAsync(
                lake.Store, runId, wait, onWait, lake.Clock, cancellationToken);
            try
            {
                var resumed = await lease.HoldAsync(stop => Promotion.ResumeAsync(lake, stop), cancellationToken);
                foreach (var promotion in resumed) await onResumed(promotion);
                if (await lake.Format.ReadAsync(cancellationToken) == LakeFormat.Oldest)
                    return new(lake.Store, lake.Clock, runId, beat: null, lease);
            }
            catch
            {
                await lease.DisposeAsync();
                throw;
            }
            await lease.DisposeAsync();
        }
    }

    /// <inheritdoc cref="Heartbeat.HoldAsync"/>
    public Task<T> HoldAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        beat?.HoldAsync(work, cancellationToken) ?? whole!.HoldAsync(work, cancellationToken);

    /// <summary>Whether another run works no more, so that this one may do what it left.</summary>
    public ValueTask<bool> IsGoneAsync(string otherId) => beat is null
        ? ValueTask.FromResult(true)
        : new Hosts(lake, clock).IsGoneAsync(otherId, CancellationToken.None);

    /// <summary>Whether the lease of a step, which is given back by now, had to be waited for.</summary>
    public bool HasWaitedFor(string step) => waitedFor.ContainsKey(step);

    /// <summary>The lease of a step, not taken yet.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="step">The step, or the source that several steps read at one moment.</param>
    /// <param name="wait">How long it is waited for at most.</param>
    /// <param name="onWait">Called once with the run that it waits for.</param>
    public StepLease LeaseOf(string environment, string step, TimeSpan wait, Action<LeaseHolder> onWait)
    {
        var waiting = new LeaseWait(
            wait,
            holder =>
            {
                waitedFor[step] = true;
                onWait(holder);
            },
            clock);
        return new(lake, environment, step, beat is null ? null : RunId, waiting, clock);
    }

    /// <summary>Ends the work: the run's object is deleted, unless another process took its place.</summary>
    public async ValueTask DisposeAsync()
    {
        if (whole is not null) await whole.DisposeAsync();
        if (beat is null) return;
        try
        {
            if (await beat.StopAsync()) await lake.DeleteAsync(Hosts.PathOf(RunId), CancellationToken.None);
        }
        catch (StorageException)
        {
            // The storage failed; the host ends with this process or its lifetime.
        }
        await beat.DisposeAsync();
    }

    static async Task<RunHost> WriteAsync(
        LakeStore lake, string runId, TimeProvider clock, CancellationToken cancellationToken)
    {
        var format = await lake.Format.ReadForWritingAsync(cancellationToken);
        var mine = LeaseHolder.Describe(runId, clock) with { Format = format };
        var path = Hosts.PathOf(runId);
        var etag = await Leases.WriteAsync(lake, path, mine.Write(), etag: null, cancellationToken)
            ?? throw new FozException(ErrorKind.Bug, $"the run {runId} has a host already");
        Failpoint.Hit("host.started");
        return new(lake, clock, runId, new(lake, path, mine, etag, clock), whole: null);
    }
}

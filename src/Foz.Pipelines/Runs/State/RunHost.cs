using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Pipelines.Environments;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// A run as a host of steps: several work on a lake at the same time, each with one heartbeat, and no two on the same
/// step. None works while a process holds one of its environments (<see cref="RunLease"/>). In a lake of format 1 a run
/// holds the whole lake itself. A run that works for long removes the objects of hosts that died on other machines.
/// </summary>
sealed class RunHost : IAsyncDisposable
{
    readonly LakeStore lake;
    readonly TimeProvider clock;
    readonly Heartbeat? beat;
    readonly RunLease? whole;
    readonly CancellationTokenSource stop = new();
    readonly Task sweeping;
    readonly ConcurrentDictionary<string, bool> waitedFor = new();
    readonly ConcurrentDictionary<string, ReleasedLease> released = new(StringComparer.Ordinal);

    RunHost(LakeStore lake, TimeProvider clock, string runId, Heartbeat? beat, RunLease? whole)
    {
        (this.lake, this.clock, RunId) = (lake, clock, runId);
        (this.beat, this.whole) = (beat, whole);
        sweeping = beat is null ? Task.CompletedTask : SweepAsync();
    }

    /// <summary>The run.</summary>
    public string RunId { get; }

    /// <inheritdoc cref="Heartbeat.Lost"/>
    public CancellationToken Lost => beat?.Lost ?? whole!.Lost;

    /// <inheritdoc cref="Heartbeat.LostError"/>
    public FozException? LostError => beat is null ? whole!.LostError : beat.LostError;

    /// <summary>
    /// Begins to work on a lake; waits for a process that holds one of its environments, or all of it.
    /// </summary>
    /// <param name="lake">The lake.</param>
    /// <param name="runId">The run.</param>
    /// <param name="environments">The environments that it works in or reads from; null for all.</param>
    /// <param name="wait">How long to wait at most.</param>
    /// <param name="onWait">Called once with the run that it waits for.</param>
    /// <param name="onResumed">Called with each promotion that was cut off, and that is done now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They are still held after <paramref name="wait"/>.</exception>
    public static async Task<RunHost> StartAsync(
        Lakehouse lake, string runId, IReadOnlyList<string>? environments, TimeSpan wait, Action<LeaseHolder> onWait,
        Func<Promotion, Task> onResumed, CancellationToken cancellationToken)
    {
        var waiting = new LeaseWait(wait, onWait, lake.Clock);
        while (true)
        {
            if (await lake.Format.ReadForWritingAsync(cancellationToken) != LakeFormat.Oldest
                && await TryWriteAsync(lake, runId, environments, cancellationToken) is { } host) return host;
            var open = await Promotion.FindOpenAsync(lake, environments, cancellationToken);
            var lease = await RunLease.TakeAsync(
                lake.Store, runId, Promotion.EnvironmentsOf(environments, open), waiting, lake.Clock,
                cancellationToken);
            try
            {
                if (await lease.FindOpenAsync(lake, environments, cancellationToken) is { Count: > 0 } found)
                {
                    await lease.WaitForHostsAsync(waiting, cancellationToken);
                    await lease.HoldAsync(stop => Promotion.ResumeAsync(lake, found, stop), cancellationToken);
                    foreach (var promotion in found) await onResumed(promotion);
                }
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
        return new(lake, environment, step, beat is null ? null : RunId, waiting, clock, released);
    }

    /// <summary>Ends the work: the run's object is deleted, unless another process took its place.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await sweeping;
        stop.Dispose();
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

    /// <summary>Writes the run's object.</summary>
    /// <returns>The host; null where a process holds what it needs, or a promotion was cut off there.</returns>
    static async Task<RunHost?> TryWriteAsync(
        Lakehouse lake, string runId, IReadOnlyList<string>? environments, CancellationToken cancellationToken)
    {
        var host = await WriteAsync(lake.Store, runId, environments, lake.Clock, cancellationToken);
        try
        {
            // The order counts: a process that takes environments looks for hosts after it holds them.
            if (!await RunLease.IsHeldAsync(lake.Store, environments, cancellationToken)
                && await Promotion.FindOpenAsync(lake, environments, cancellationToken) is []) return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
        await host.DisposeAsync();
        return null;
    }

    static async Task<RunHost> WriteAsync(
        LakeStore lake, string runId, IReadOnlyList<string>? environments, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var format = await lake.Format.ReadForWritingAsync(cancellationToken);
        var mine = LeaseHolder.Describe(runId, environments, clock) with { Format = format };
        var path = Hosts.PathOf(runId);
        var etag = await Leases.WriteAsync(lake, path, mine.Write(), etag: null, cancellationToken)
            ?? throw new FozException(ErrorKind.Bug, $"the run {runId} has a host already");
        Failpoint.Hit("host.started");
        return new(lake, clock, runId, new(lake, path, mine, etag, clock), whole: null);
    }

    /// <summary>Looks for hosts that died on other machines, for as long as the run works.</summary>
    async Task SweepAsync()
    {
        var hosts = new Hosts(lake, clock);
        var watches = new Dictionary<string, LeaseWatch>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat.Lifetime, clock, stop.Token);
                try
                {
                    await hosts.SweepAsync(watches, stop.Token);
                }
                catch (StorageException)
                {
                    // The next look may succeed.
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run ends.
        }
    }
}

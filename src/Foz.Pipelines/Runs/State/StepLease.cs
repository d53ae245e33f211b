using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The lease of a step, <c>_foz/leases/&lt;environment&gt;/&lt;step&gt;.json</c>: it names the host that works on the
/// step, and is not renewed by itself. It is taken only where there is work. Where its host died without giving it
/// back, the next one raises its epoch, in the tables of the step too, before it works.
/// </summary>
sealed class StepLease : IAsyncDisposable
{
    readonly LakeStore lake;
    readonly string path;
    readonly string step;
    readonly string? runId;
    readonly LeaseWait waiting;
    readonly TimeProvider clock;
    readonly ConcurrentDictionary<string, ReleasedLease> released;

    HeldStep? held;
    string etag = "";

    /// <param name="lake">The lake's objects.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="step">The step.</param>
    /// <param name="runId">The host; null where it holds the whole lake.</param>
    /// <param name="waiting">How long it is waited for.</param>
    /// <param name="clock">The time.</param>
    /// <param name="released">What the host released, by path: where nothing took it since, it is taken unread.</param>
    public StepLease(
        LakeStore lake, string environment, string step, string? runId, LeaseWait waiting, TimeProvider clock,
        ConcurrentDictionary<string, ReleasedLease> released)
    {
        (this.lake, this.step, this.runId, this.waiting, this.clock) = (lake, step, runId, waiting, clock);
        this.released = released;
        path = Lakehouse.StepLease(environment, step);
    }

    /// <summary>
    /// How often a host died, or lost it, that held the lease; 0 where the host holds the whole lake.
    /// </summary>
    public long Epoch { get; private set; }

    /// <summary>Takes the lease; waits for the host that holds it.</summary>
    /// <param name="raise">
    /// Lets the step's tables carry an epoch, so that what the last host still commits conflicts.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>Whether it was taken now: what was seen of the step before may have changed.</returns>
    /// <exception cref="Foz.Lake.FozException">Another run still works on the step after the wait.</exception>
    public async Task<bool> TakeAsync(Func<long, CancellationToken, Task> raise, CancellationToken cancellationToken)
    {
        if (runId is null || held is not null) return false;
        if (released.TryRemove(path, out var last)
            && await Leases.WriteAsync(
                lake, path, Write(last.Lease with { IsReleased = false }), last.ETag, cancellationToken) is { } known)
        {
            Failpoint.Hit("lease.taken");
            (held, etag, Epoch) = (last.Lease with { IsReleased = false }, known, last.Lease.Epoch);
            return true;
        }
        var hosts = new Hosts(lake, clock);
        var watch = new LeaseWatch(clock);
        while (true)
        {
            var present = await lake.GetAsync(path, cancellationToken);
            var other = present is null ? null : LakeFormat.ReadLease(present, StepLeaseJson.Default.HeldStep);
            if (other is { IsReleased: false } && other.Host != runId
                && await hosts.FindAsync(other.Host, watch, cancellationToken) is { } host)
            {
                await waiting.WaitAsync(host, step, watch, cancellationToken);
                continue;
            }
            var isTakenOver = other is { IsReleased: false };
            var mine = new HeldStep { Host = runId, Epoch = (other?.Epoch ?? 0) + (isTakenOver ? 1 : 0) };
            if (await Leases.WriteAsync(lake, path, Write(mine), present?.ETag, cancellationToken) is not { } tag)
                continue;
            Failpoint.Hit("lease.taken");
            // One that fails here is not given back: the next host raises the epoch again.
            if (isTakenOver) await raise(mine.Epoch, cancellationToken);
            Failpoint.Hit("lease.raised");
            (held, etag, Epoch) = (mine, tag, mine.Epoch);
            return true;
        }
    }

    /// <summary>Raises the epoch, as something was found that carries one as high: the lake lost its leases.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it is raised; false where another host has taken over the step.</returns>
    public async Task<bool> RaiseAsync(long epoch, CancellationToken cancellationToken)
    {
        if (held is not null)
        {
            var mine = held with { Epoch = epoch };
            if (await Leases.WriteAsync(lake, path, Write(mine), etag, cancellationToken) is not { } tag) return false;
            (held, etag) = (mine, tag);
        }
        Epoch = epoch;
        return true;
    }

    /// <summary>Releases the lease, unless another host took it over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (held is null) return;
        var ended = held with { IsReleased = true };
        try
        {
            if (await Leases.WriteAsync(lake, path, Write(ended), etag, CancellationToken.None) is { } tag)
                released[path] = new(ended, tag);
        }
        catch (StorageException)
        {
            // The storage failed; the lease ends with its host.
        }
        held = null;
    }

    static byte[] Write(HeldStep held) => JsonSerializer.SerializeToUtf8Bytes(held, StepLeaseJson.Default.HeldStep);
}

/// <summary>A lease as its host released it.</summary>
/// <param name="Lease">What it holds.</param>
/// <param name="ETag">The tag of that.</param>
readonly record struct ReleasedLease(HeldStep Lease, string ETag);

/// <summary>What the lease of a step holds.</summary>
sealed record HeldStep
{
    /// <summary>The run that works on the step.</summary>
    public required string Host { get; init; }

    /// <summary>How often a host died that held it.</summary>
    public required long Epoch { get; init; }

    /// <summary>Whether the host gave it back.</summary>
    public bool IsReleased { get; init; }
}

[JsonSerializable(typeof(HeldStep))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
sealed partial class StepLeaseJson : JsonSerializerContext;

using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The processes that run pipelines of a lake: an object <c>_foz/hosts/&lt;run&gt;.json</c> for each, which it renews
/// while it works and deletes at its end. The leases of its steps name it, and hold as long as it does.
/// </summary>
/// <param name="lake">The lake's objects.</param>
/// <param name="clock">The time.</param>
sealed class Hosts(LakeStore lake, TimeProvider clock)
{
    const string Folder = "_foz/hosts";

    /// <summary>The object of a host.</summary>
    public static string PathOf(string runId) => $"{Folder}/{runId}.json";

    /// <summary>
    /// Looks at a host: one that died, by its process on this machine or by its silence while it was watched, is ended.
    /// </summary>
    /// <param name="runId">The host.</param>
    /// <param name="watch">Remembers what was seen of it before.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The host; null where it works no more.</returns>
    public async Task<LeaseHolder?> FindAsync(string runId, LeaseWatch watch, CancellationToken cancellationToken)
    {
        if (await lake.GetAsync(PathOf(runId), cancellationToken) is not { } present) return null;
        var host = LeaseHolder.Read(present);
        if (!host.IsReleased && !host.IsGone && !watch.IsSilent(present.ETag)) return host;
        // It cannot renew what is written here; one that has renewed it meanwhile is alive.
        var ended = (host with { IsReleased = true }).Write();
        if (await Leases.WriteAsync(lake, PathOf(runId), ended, present.ETag, cancellationToken) is null) return host;
        await lake.DeleteAsync(PathOf(runId), cancellationToken);
        return null;
    }

    /// <summary>Whether a host works no more, as far as one look can tell.</summary>
    public async ValueTask<bool> IsGoneAsync(string runId, CancellationToken cancellationToken) =>
        await FindAsync(runId, new(clock), cancellationToken) is null;

    /// <summary>Waits until no host works in some environments, or reads from them.</summary>
    /// <param name="environments">The environments; null for all of the lake.</param>
    /// <param name="waiting">How long.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">One still does after the wait.</exception>
    public async Task WaitForAsync(
        IReadOnlyList<string>? environments, LeaseWait waiting, CancellationToken cancellationToken)
    {
        foreach (var runId in await ListAsync(cancellationToken))
        {
            var watch = new LeaseWatch(clock);
            while (await FindAsync(runId, watch, cancellationToken) is { } host && host.Meets(environments))
                await waiting.WaitAsync(host, RunLease.NameOf(environments), watch, cancellationToken);
        }
    }

    /// <summary>Removes the objects of hosts that died without a trace on another machine.</summary>
    /// <param name="watches">What was seen of them before, and is now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SweepAsync(Dictionary<string, LeaseWatch> watches, CancellationToken cancellationToken)
    {
        var present = await ListAsync(cancellationToken);
        foreach (var gone in watches.Keys.Except(present).ToList()) watches.Remove(gone);
        foreach (var runId in present)
        {
            if (!watches.TryGetValue(runId, out var watch)) watches[runId] = watch = new(clock);
            try
            {
                await FindAsync(runId, watch, cancellationToken);
            }
            catch (Exception e) when (e is FozException or StorageException)
            {
                // One that cannot be read, or not now, is no reason to leave the others.
            }
        }
    }

    async Task<List<string>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken))
            found.Add(Path.GetFileNameWithoutExtension(info.Path));
        return found;
    }
}

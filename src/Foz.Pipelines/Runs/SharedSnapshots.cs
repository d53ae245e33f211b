using Foz.Connectors;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Lets a source's streams that a run reads whole be of one moment, and the source forget it as soon as the last of
/// them has ended. Safe for use by many threads.
/// </summary>
sealed class SharedSnapshots : IAsyncDisposable
{
    readonly Dictionary<string, Shared> bySource = new(StringComparer.Ordinal);
    readonly Lock gate = new();

    SharedSnapshots()
    {
    }

    /// <summary>
    /// Prepares them for the steps of a run. Each source is held until its last stream has ended: what another run
    /// reads of it is then of a later moment, or of an earlier one, in all of them. Sources are taken in one order,
    /// before any step, so that two runs never wait for each other.
    /// </summary>
    /// <param name="opened">The project.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="leaseOf">The lease of a source.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Foz.Lake.FozException">Another run still reads a source after the wait.</exception>
    public static async Task<SharedSnapshots> OpenAsync(
        OpenedProject opened, IEnumerable<GraphNode> steps, Func<string, StepLease> leaseOf,
        CancellationToken cancellationToken)
    {
        var snapshots = new SharedSnapshots();
        try
        {
            foreach (var streams in steps.OfType<GraphNode.OfStream>().Where(IsWhole)
                .GroupBy(stream => stream.Source.Name).OrderBy(streams => streams.Key, StringComparer.Ordinal))
            {
                if (opened.Sources[streams.Key] is not ISnapshotSource source) continue;
                var lease = leaseOf(streams.Key);
                await lease.TakeAsync(static (_, _) => Task.CompletedTask, cancellationToken);
                var snapshot = streams.Count() > 1 ? source.ShareSnapshot() : null;
                snapshots.bySource[streams.Key] = new(snapshot, lease, streams.Count());
            }
            return snapshots;
        }
        catch
        {
            await snapshots.DisposeAsync();
            throw;
        }
    }

    /// <summary>Notes that a step has ended, however it did.</summary>
    public async ValueTask EndAsync(GraphNode step)
    {
        if (step is not GraphNode.OfStream stream || !IsWhole(stream)) return;
        Shared shared;
        lock (gate)
        {
            if (!bySource.TryGetValue(stream.Source.Name, out shared)) return;
            bySource[stream.Source.Name] = shared with { StepsLeft = shared.StepsLeft - 1 };
            if (shared.StepsLeft > 1) return;
        }
        await shared.DisposeAsync();
    }

    /// <summary>Forgets all of them.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var shared in bySource.Values) await shared.DisposeAsync();
    }

    static bool IsWhole(GraphNode.OfStream stream) => stream.Stream.Definition.Mode is StreamMode.Snapshot;

    /// <summary>What streams of a source share.</summary>
    /// <param name="Snapshot">Their moment; null for a single stream.</param>
    /// <param name="Lease">The lease of the source.</param>
    /// <param name="StepsLeft">How many of them have not ended.</param>
    readonly record struct Shared(IAsyncDisposable? Snapshot, StepLease Lease, int StepsLeft)
    {
        public async ValueTask DisposeAsync()
        {
            if (Snapshot is not null) await Snapshot.DisposeAsync();
            await Lease.DisposeAsync();
        }
    }
}

using Foz.Connectors;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Lets a source's streams that a run reads whole be of one moment, and the source forget it as soon as the last of them
/// has ended. Safe for use by many threads.
/// </summary>
sealed class SharedSnapshots : IAsyncDisposable
{
    readonly Dictionary<string, (IAsyncDisposable Snapshot, int StepsLeft)> bySource = new(StringComparer.Ordinal);
    readonly Lock gate = new();

    /// <summary>For the steps of a run.</summary>
    /// <param name="opened">The project.</param>
    /// <param name="steps">The steps.</param>
    public SharedSnapshots(OpenedProject opened, IEnumerable<GraphNode> steps)
    {
        foreach (var streams in steps.OfType<GraphNode.OfStream>().Where(IsWhole).GroupBy(stream => stream.Source.Name))
            if (streams.Count() > 1 && opened.Sources[streams.Key] is ISnapshotSource source)
                bySource[streams.Key] = (source.ShareSnapshot(), streams.Count());
    }

    /// <summary>Notes that a step has ended, however it did.</summary>
    public async ValueTask EndAsync(GraphNode step)
    {
        if (step is not GraphNode.OfStream stream || !IsWhole(stream)) return;
        IAsyncDisposable snapshot;
        lock (gate)
        {
            if (!bySource.TryGetValue(stream.Source.Name, out var shared)) return;
            bySource[stream.Source.Name] = shared with { StepsLeft = shared.StepsLeft - 1 };
            if (shared.StepsLeft > 1) return;
            snapshot = shared.Snapshot;
        }
        await snapshot.DisposeAsync();
    }

    /// <summary>Forgets all of them.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (snapshot, _) in bySource.Values) await snapshot.DisposeAsync();
    }

    static bool IsWhole(GraphNode.OfStream stream) => stream.Stream.Definition.Mode is StreamMode.Snapshot;
}

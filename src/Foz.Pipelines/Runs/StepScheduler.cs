using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs;

/// <summary>Runs the steps of a graph once, each as soon as what it needs is done, several at a time.</summary>
/// <param name="graph">The graph.</param>
/// <param name="selected">The nodes to run; what they need and is not among them is taken as it is.</param>
/// <param name="parallelism">How many steps work at the same time.</param>
sealed class StepScheduler(ProjectGraph graph, IReadOnlySet<TableName> selected, int parallelism)
{
    readonly List<StepResult> results = [];
    readonly HashSet<TableName> failed = [];

    /// <summary>What the steps that did not end wait for: how many each.</summary>
    readonly Dictionary<TableName, int> waiting = [];

    /// <summary>The steps that wait for nothing, in the order of the graph.</summary>
    readonly SortedDictionary<int, GraphNode> ready = [];

    readonly Dictionary<TableName, int> order = [];

    /// <summary>
    /// Whether the first step that fails, or is refused by a test that failed, keeps all others from starting, and not
    /// only those that need it.
    /// </summary>
    public bool FailsFast { get; init; }

    /// <summary>Runs all steps.</summary>
    /// <param name="run">Runs one; its failures are results.</param>
    /// <param name="cancellationToken">
    /// Keeps further steps from starting; the ones that work stop by themselves.
    /// </param>
    /// <returns>All results, in the order in which the steps ended.</returns>
    public async Task<IReadOnlyList<StepResult>> RunAsync(
        Func<GraphNode, Task<StepResult>> run, CancellationToken cancellationToken)
    {
        foreach (var (i, node) in graph.Nodes.Where(node => selected.Contains(node.Name)).Index())
        {
            order[node.Name] = i;
            waiting[node.Name] = graph.Upstream(node.Name).Count(selected.Contains);
            if (waiting[node.Name] == 0) ready.Add(i, node);
        }
        var working = new Dictionary<Task<StepResult>, GraphNode>();
        while (ready.Count > 0 || working.Count > 0)
        {
            while (ready.Count > 0 && working.Count < parallelism)
            {
                var (i, node) = ready.First();
                ready.Remove(i);
                if (cancellationToken.IsCancellationRequested || IsHopeless(node)) End(node, Canceled(node));
                else working.Add(Task.Run(() => run(node), CancellationToken.None), node);
            }
            if (working.Count == 0) continue;
            var ended = await Task.WhenAny(working.Keys);
            working.Remove(ended, out var done);
            End(done!, await ended);
        }
        return results;
    }

    bool IsHopeless(GraphNode node) =>
        graph.Upstream(node.Name).Any(failed.Contains)
        || (FailsFast && failed.Count > 0);

    void End(GraphNode node, StepResult result)
    {
        results.Add(result);
        if (result.Outcome is Outcome.Failed or Outcome.Canceled) failed.Add(node.Name);
        foreach (var dependent in graph.Downstream(node.Name))
            if (waiting.ContainsKey(dependent) && --waiting[dependent] == 0)
                ready.Add(order[dependent], graph.Find(dependent)!);
    }

    /// <summary>How a step ends that is not tried.</summary>
    public static StepResult Canceled(GraphNode node) =>
        new() { Step = node.Table, IsStream = node is GraphNode.OfStream, Outcome = Outcome.Canceled };
}

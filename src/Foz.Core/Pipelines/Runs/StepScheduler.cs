using Foz.Core.Data;
using Foz.Core.Journal;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Runs;

/// <summary>Runs the steps of a graph, each as soon as what it needs is done, several at a time.</summary>
/// <param name="graph">The graph.</param>
/// <param name="selected">The nodes to run; what they need and is not among them is taken as it is.</param>
/// <param name="parallelism">How many steps work at the same time.</param>
sealed class StepScheduler(ProjectGraph graph, IReadOnlySet<TableName> selected, int parallelism)
{
    /// <summary>Runs all steps.</summary>
    /// <param name="run">Runs one; its failures are results.</param>
    /// <param name="cancellationToken">
    /// Keeps further steps from starting; the ones that work stop by themselves.
    /// </param>
    /// <returns>All results, in the order in which the steps ended.</returns>
    public async Task<IReadOnlyList<StepResult>> RunAsync(
        Func<GraphNode, Task<StepResult>> run, CancellationToken cancellationToken)
    {
        var results = new List<StepResult>();
        var failed = new HashSet<TableName>();
        var waiting = graph.Nodes.Where(node => selected.Contains(node.Name)).ToList();
        var working = new Dictionary<Task<StepResult>, TableName>();
        while (waiting.Count > 0 || working.Count > 0)
        {
            foreach (var node in waiting.Where(node => !IsBlocked(node, waiting, working)).ToList())
            {
                if (cancellationToken.IsCancellationRequested || graph.Upstream(node.Name).Any(failed.Contains))
                {
                    waiting.Remove(node);
                    failed.Add(node.Name);
                    results.Add(Canceled(node));
                }
                else if (working.Count < parallelism)
                {
                    waiting.Remove(node);
                    working.Add(Task.Run(() => run(node), CancellationToken.None), node.Name);
                }
            }
            if (working.Count == 0) continue;
            var ended = await Task.WhenAny(working.Keys);
            var result = await ended;
            if (result.Outcome is Outcome.Failed or Outcome.Canceled) failed.Add(working[ended]);
            working.Remove(ended);
            results.Add(result);
        }
        return results;
    }

    static StepResult Canceled(GraphNode node) =>
        new() { Step = node.Table, IsStream = node is GraphNode.OfStream, Outcome = Outcome.Canceled };

    bool IsBlocked(
        GraphNode node, List<GraphNode> waiting, Dictionary<Task<StepResult>, TableName> working) =>
        graph.Upstream(node.Name).Any(
            needed => waiting.Any(other => other.Name == needed) || working.ContainsValue(needed));
}

using System.Collections.Concurrent;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Models;

/// <summary>
/// The models of a run that have nothing to do as the lake is when it begins: they are looked at all at once, and each
/// table that several of them read only once. One of them has nothing to do as long as nothing that it reads is made.
/// </summary>
sealed class UpToDateModels
{
    const int ReadsMax = 16;

    readonly ConcurrentDictionary<TableName, bool> idle = new();
    readonly ConcurrentDictionary<TableName, bool> unchanged = new();
    readonly ProjectGraph graph;
    readonly IReadOnlySet<TableName> selected;

    UpToDateModels(ProjectGraph graph, IReadOnlySet<TableName> selected) =>
        (this.graph, this.selected) = (graph, selected);

    /// <summary>Looks for them.</summary>
    public static async Task<UpToDateModels> FindAsync(
        StepContext context, Project project, IReadOnlySet<TableName> selected, CancellationToken cancellationToken)
    {
        var steps = new UpToDateModels(project.Graph, selected);
        if (context.IsFullRefresh) return steps;
        var reads = new LakeReads(context.Lake, project);
        var settled = UpToDateCache.Open(context.Lake, project);
        // An up-to-date table may still lack its export, and its hooks may not have run.
        var nodes = project.Graph.Nodes.OfType<GraphNode.OfModel>()
            .Where(node => selected.Contains(node.Name) && node.Model is { Exports.Count: 0, Hooks.After.Count: 0 })
            .ToList();
        if (context.Intervals is null)
            foreach (var node in settled.Find(nodes, isUnchanged: false)) steps.idle[node.Name] = true;
        await Parallel.ForEachAsync(
            nodes.Where(node => !steps.idle.ContainsKey(node.Name)),
            new ParallelOptions { MaxDegreeOfParallelism = ReadsMax, CancellationToken = cancellationToken },
            async (node, cancel) =>
            {
                if (await FindIdleAsync(context, reads, node, cancel) is not { } seen) return;
                steps.idle[node.Name] = true;
                settled.Note(node, isUnchanged: false, seen);
            });
        await settled.SaveAsync(reads, project, cancellationToken);
        return steps;
    }

    /// <summary>Whether a step has nothing to do, now that all that it needs has ended.</summary>
    public bool Contains(GraphNode node) =>
        idle.ContainsKey(node.Name)
        && graph.Upstream(node.Name).Where(selected.Contains).All(unchanged.ContainsKey);

    /// <summary>Notes how a step ended.</summary>
    public void End(GraphNode node, StepResult result)
    {
        if (result.Outcome is Foz.Lake.Journal.Outcome.Skipped) unchanged[node.Name] = true;
    }

    /// <returns>The tables and views that tell that a step has nothing to do; null where it has.</returns>
    static async Task<IReadOnlyList<TableName>?> FindIdleAsync(
        StepContext context, LakeReads reads, GraphNode.OfModel node, CancellationToken cancellationToken)
    {
        var hasWarnings = false;
        try
        {
            var step = new ModelStep(context with { Reads = reads, Warn = _ => hasWarnings = true }, node);
            var (reason, seen) = await step.CheckAsync(cancellationToken);
            return reason is null && !hasWarnings ? seen : null;
        }
        catch (Exception e) when (e is FozException or DeltaException or StorageException)
        {
            // The step itself reports the error.
            return null;
        }
    }
}

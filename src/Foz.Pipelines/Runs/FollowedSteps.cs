using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs;

/// <summary>
/// The steps of a run that follows a log: which models are to be made after a batch, and how all steps stand. A model
/// that failed is not made again by the run, and nor is what needs it. For one thread, but that models may be noted by
/// several.
/// </summary>
/// <param name="graph">The project's graph.</param>
/// <param name="steps">The steps, in an order in which each follows those that it needs.</param>
/// <param name="failed">Called when a step failed that others do not wait for.</param>
sealed class FollowedSteps(ProjectGraph graph, IReadOnlyList<GraphNode> steps, Action failed)
{
    readonly Lock gate = new();
    readonly List<GraphNode.OfStream> streams = [.. steps.OfType<GraphNode.OfStream>()];
    readonly List<GraphNode.OfModel> models = [.. steps.OfType<GraphNode.OfModel>()];
    readonly HashSet<TableName> faulty = [];
    readonly Dictionary<TableName, StepResult> results = steps.ToDictionary(step => step.Table, step => new StepResult
    {
        Step = step.Table, IsStream = step is GraphNode.OfStream, Outcome = Outcome.Skipped,
    });

    // What happened before the run began is new to the models too.
    readonly HashSet<TableName> due = [.. steps.OfType<GraphNode.OfModel>().Select(model => model.Name)];
    bool hasOpened;

    /// <summary>Gets how all steps stand.</summary>
    public IReadOnlyCollection<StepResult> Results => results.Values;

    /// <summary>Takes what a batch brought to streams.</summary>
    public void Take(IReadOnlyDictionary<TableName, StepResult> batch)
    {
        foreach (var stream in streams.Where(stream => batch.ContainsKey(stream.Table)))
        {
            Add(batch[stream.Table]);
            if (!batch[stream.Table].StandsStill) due.UnionWith(graph.Downstream(stream.Name));
            else if (faulty.Add(stream.Name) && hasOpened) failed();
        }
        hasOpened = true;
    }

    /// <summary>Takes the models that are to be made now, none of which needs another.</summary>
    public IReadOnlyList<GraphNode.OfModel> TakeNext()
    {
        due.RemoveWhere(name => faulty.Contains(name) || graph.Upstream(name).Any(faulty.Contains));
        var next = models
            .Where(model => due.Contains(model.Name) && !graph.Upstream(model.Name).Any(due.Contains)).ToList();
        foreach (var model in next) due.Remove(model.Name);
        return next;
    }

    /// <summary>Notes how a model was made.</summary>
    public void Note(GraphNode.OfModel model, StepResult result)
    {
        lock (gate)
        {
            if (result.Outcome is not Outcome.Failed)
            {
                Add(result);
                if (result.TableVersion is not null) due.UnionWith(graph.Downstream(model.Name));
                return;
            }
            results[model.Table] = result;
            faulty.Add(model.Name);
        }
        failed();
    }

    /// <summary>Notes that the log could not be read.</summary>
    public void Fail(Foz.Lake.FozException error)
    {
        foreach (var stream in streams)
            results[stream.Table] = results[stream.Table] with { Outcome = Outcome.Failed, Error = error };
    }

    void Add(StepResult next) => results[next.Step] =
        results[next.Step].Outcome is Outcome.Skipped ? next : results[next.Step].Then(next);
}

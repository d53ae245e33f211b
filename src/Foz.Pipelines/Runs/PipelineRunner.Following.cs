using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;

namespace Foz.Pipelines.Runs;

/// <content>A run that follows the log of a source.</content>
sealed partial class PipelineRunner
{
    /// <summary>How long a run goes on after a model failed, before it ends so that the failure is recorded.</summary>
    static readonly TimeSpan failedTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Follows a log: after each batch the models that need its tables are made, in their order. A model that fails is
    /// not tried again by this run, and nor is what needs it; the streams go on, but for those that stand still.
    /// </summary>
    async Task<IReadOnlyList<StepResult>> FollowAsync(
        Project project, RunHost host, IReadOnlyList<GraphNode> steps, StepSources sources,
        CancellationToken cancellationToken)
    {
        var streams = steps.OfType<GraphNode.OfStream>().ToList();
        if (streams.Count == 0) return [];
        var models = steps.OfType<GraphNode.OfModel>().ToList();
        var (startedAt, meter) = (lake.Clock.GetUtcNow(), new WorkMeter());
        foreach (var step in steps) await events.PublishAsync(new RunEvent.StepStarted(step.Table, meter));
        var results = steps.ToDictionary(step => step.Table, step => new StepResult
        {
            Step = step.Table, IsStream = step is GraphNode.OfStream, Outcome = Outcome.Skipped,
        });
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        using var over = new CancellationTokenSource(request.Follows!.Time, lake.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        // What happened before the run began is new to the models too.
        var due = models.Select(model => model.Name).ToHashSet();
        var (failed, isOpening) = (new HashSet<TableName>(), true);
        var ended = await TryAsync(streams[0], async () =>
        {
            await sources.Changes.FollowAsync(
                ContextOf(project, host, streams[0], meter, lease: null, warnings.Add), streams[0],
                sources.Opened[streams[0].Source.Name], CommittedAsync, either.Token);
            return results[streams[0].Table];
        });
        if (ended.Error is { } error)
            foreach (var stream in streams)
                results[stream.Table] = results[stream.Table] with
                {
                    Outcome = Outcome.Failed,
                    Error = project.Secrets.Mask(error),
                };
        var now = lake.Clock.GetUtcNow();
        foreach (var result in results.Values)
            await events.PublishAsync(
                new RunEvent.StepFinished(result with { Elapsed = now - startedAt }) { StartedAt = startedAt });
        return [.. results.Values];

        async Task CommittedAsync(IReadOnlyDictionary<TableName, StepResult> batch)
        {
            foreach (var stream in streams.Where(stream => batch.ContainsKey(stream.Table)))
            {
                results[stream.Table] = Add(results[stream.Table], batch[stream.Table]);
                if (!batch[stream.Table].StandsStill) due.UnionWith(project.Graph.Downstream(stream.Name));
                else if (failed.Add(stream.Name) && !isOpening) over.CancelAfter(failedTime);
            }
            isOpening = false;
            foreach (var model in models.Where(model => due.Remove(model.Name)))
            {
                if (project.Graph.Upstream(model.Name).Any(failed.Contains) || failed.Contains(model.Name)) continue;
                var result = await TryAsync(
                    model, () => WorkAsync(project, host, model, sources, new(), cancellationToken));
                if (result.Outcome is Outcome.Failed)
                {
                    failed.Add(model.Name);
                    over.CancelAfter(failedTime);
                }
                results[model.Table] = result.Outcome is Outcome.Failed ? result : Add(results[model.Table], result);
                if (result.TableVersion is not null) due.UnionWith(project.Graph.Downstream(model.Name));
            }
        }
    }

    static StepResult Add(StepResult before, StepResult next) =>
        before.Outcome is Outcome.Skipped ? next : before.Then(next);
}

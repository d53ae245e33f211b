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
    /// Follows a log: after each batch the models that need its tables are made, some at a time, in their order. A
    /// model that fails is not tried again by this run, and nor is what needs it; the streams go on, but for those that
    /// stand still.
    /// </summary>
    async Task<IReadOnlyList<StepResult>> FollowAsync(
        Project project, RunHost host, IReadOnlyList<GraphNode> steps, StepSources sources,
        CancellationToken cancellationToken)
    {
        if (steps.OfType<GraphNode.OfStream>().FirstOrDefault() is not { } first) return [];
        var (startedAt, meter) = (lake.Clock.GetUtcNow(), new WorkMeter());
        foreach (var step in steps) await events.PublishAsync(new RunEvent.StepStarted(step.Table, meter));
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        using var over = new CancellationTokenSource(request.Follows!.Time, lake.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        var followed = new FollowedSteps(project.Graph, steps, () => over.CancelAfter(failedTime));
        var ended = await TryAsync(first, async () =>
        {
            await sources.Changes.FollowAsync(
                ContextOf(project, host, first, meter, lease: null, warnings.Add), first,
                sources.Opened[first.Source.Name], CommittedAsync, either.Token);
            return new() { Step = first.Table, IsStream = true, Outcome = Outcome.Succeeded };
        });
        if (ended.Error is { } error) followed.Fail(project.Secrets.Mask(error));
        var now = lake.Clock.GetUtcNow();
        foreach (var result in followed.Results)
            await events.PublishAsync(
                new RunEvent.StepFinished(result with { Elapsed = now - startedAt }) { StartedAt = startedAt });
        return [.. followed.Results];

        async Task CommittedAsync(IReadOnlyDictionary<TableName, StepResult> batch)
        {
            followed.Take(batch);
            // While some wait for the disk others compute.
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = 2 * lake.Engines.Threads };
            while (followed.TakeNext() is { Count: > 0 } next)
                await Parallel.ForEachAsync(next, parallel, async (model, _) => followed.Note(
                    model,
                    await TryAsync(model, () => WorkAsync(
                        project, host, model, sources, new() { IsShown = false }, cancellationToken))));
        }
    }
}

using System.Collections.Concurrent;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs;

/// <content>A run that makes models as their triggers say.</content>
sealed partial class PipelineRunner
{
    /// <summary>How often the newest versions of inputs are looked at.</summary>
    static readonly TimeSpan inputsInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Makes models, a few at a time, after what they read changed. One that fails is not tried again by this run, and
    /// the others go on.
    /// </summary>
    async Task<IReadOnlyList<StepResult>> FollowInputsAsync(
        Project project, RunHost host, IReadOnlyList<GraphNode> steps, StepSources sources,
        CancellationToken cancellationToken)
    {
        List<GraphNode.OfModel> models = [.. steps.OfType<GraphNode.OfModel>()];
        if (models.Count == 0) return [];
        var startedAt = lake.Clock.GetUtcNow();
        foreach (var model in models) await events.PublishAsync(new RunEvent.StepStarted(model.Table, new()));
        using var over = new CancellationTokenSource(request.Follows!.Time, lake.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        var followed = new FollowedSteps(project.Graph, models, () => over.CancelAfter(failedTime));
        var working = new List<Task>();
        var ended = await TryAsync(models[0], async () =>
        {
            var triggered = await OpenTriggeredAsync(project, models, either.Token);
            while (!either.IsCancellationRequested)
            {
                var versions = await FindVersionsAsync(triggered.Inputs, either.Token);
                working.RemoveAll(work => work.IsCompleted);
                foreach (var model in triggered.TakeNext(
                    lake.Clock.GetUtcNow(), versions, lake.Engines.Threads - working.Count))
                    working.Add(MakeAsync(triggered, model));
                await Task.WhenAny([Task.Delay(inputsInterval, lake.Clock, either.Token), .. working]);
            }
            return new() { Step = models[0].Table, IsStream = false, Outcome = Outcome.Skipped };
        });
        await Task.WhenAll(working);
        if (ended.Error is not null) followed.Note(models[0], ended);
        var now = lake.Clock.GetUtcNow();
        foreach (var result in followed.Results)
            await events.PublishAsync(
                new RunEvent.StepFinished(result with { Elapsed = now - startedAt }) { StartedAt = startedAt });
        return [.. followed.Results];

        async Task MakeAsync(TriggeredSteps triggered, GraphNode.OfModel model)
        {
            var result = await TryAsync(
                model, () => WorkAsync(project, host, model, sources, new(), cancellationToken));
            followed.Note(model, result);
            triggered.End(
                model, result.Outcome is Outcome.Failed,
                mayHaveMore: model.Model.Trigger is { Limit.IsNone: false } && result.Outcome is not Outcome.Skipped);
        }
    }

    async Task<TriggeredSteps> OpenTriggeredAsync(
        Project project, IReadOnlyList<GraphNode.OfModel> models, CancellationToken cancellationToken)
    {
        var reads = new LakeReads(lake, project);
        var triggered = new TriggeredSteps();
        foreach (var model in models)
        {
            var last = await reads.FindLastAsync(model.Table, cancellationToken);
            triggered.Add(model, await FindInputsAsync(reads, model, cancellationToken), last?.CreatedAt);
        }
        return triggered;
    }

    /// <summary>What a model reads, through views; where not all of it is there yet, what it names.</summary>
    static async Task<IReadOnlyList<TableName>> FindInputsAsync(
        LakeReads reads, GraphNode.OfModel model, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await ModelPlan.OfAsync(reads, model.Model, last: null, cancellationToken)).Seen.Distinct()];
        }
        catch (FozException e) when (e.Kind is ErrorKind.NotFound)
        {
            return
            [
                .. model.References
                    .Where(reference => reference is
                    {
                        IsOrderOnly: false, Kind: not ReferenceKind.Self, Inlined: null,
                    })
                    .Select(reference => reference.Table).Distinct(),
            ];
        }
    }

    /// <summary>The newest versions of tables; 0 for a view, and nothing for what is not there.</summary>
    async Task<IReadOnlyDictionary<TableName, long>> FindVersionsAsync(
        IReadOnlyList<TableName> tables, CancellationToken cancellationToken)
    {
        var versions = new ConcurrentDictionary<TableName, long>();
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = lake.Engines.Threads, CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(tables, parallel, async (table, cancel) =>
        {
            if (await lake.Catalog.FindAsync(table, cancel) is { Kind: DefinitionKind.View }) versions[table] = 0;
            else if (await (await lake.OpenTableAsync(table, cancel)).FindLatestAsync(cancel) is { } snapshot)
                versions[table] = snapshot.Version;
        });
        return versions;
    }
}

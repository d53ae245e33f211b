using System.Collections.Immutable;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.State;
using Foz.Pipelines.Runs.Steps;
using Foz.Pipelines.Runs.Streams;
using Foz.Storage.Usage;

namespace Foz.Pipelines.Runs;

/// <content>How a step is run.</content>
sealed partial class PipelineRunner
{
    async Task<StepResult> RunStepAsync(
        Project project, RunHost host, GraphNode node, StepSources sources, CancellationToken cancellationToken)
    {
        var meter = new WorkMeter();
        request.Budget?.Follow(meter);
        await events.PublishAsync(new RunEvent.StepStarted(node.Table, meter));
        var startedAt = lake.Clock.GetUtcNow();
        var result = await WorkAsync(project, host, node, sources, meter, cancellationToken) with
        {
            Elapsed = lake.Clock.GetUtcNow() - startedAt,
        };
        await events.PublishAsync(new RunEvent.StepFinished(result) { StartedAt = startedAt });
        return result;
    }

    /// <summary>Does the work of a step; its failures are results.</summary>
    async Task<StepResult> WorkAsync(
        Project project, RunHost host, GraphNode node, StepSources sources, WorkMeter meter,
        CancellationToken cancellationToken)
    {
        await using var lease = LeaseOf(project, host, $"{node.Table}");
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        var context = ContextOf(project, host, node, meter, lease, warnings.Add);
        var use = ProcessShares.OfProcess.Begin(() => lake.Engines.SpillBytes);
        ResourceUse.Current = use;
        var result = await TryOnLiveEngineAsync(context, node, () => node switch
        {
            GraphNode.OfStream stream when ChangeSteps.IsOf(stream) =>
                sources.Changes.RunAsync(context, stream, sources.Opened[stream.Source.Name], cancellationToken),
            GraphNode.OfStream stream =>
                new StreamStep(context, stream, sources.Opened[stream.Source.Name]).RunAsync(cancellationToken),
            _ when sources.FindRefusal(node) is { } refusal => Task.FromException<StepResult>(refusal),
            GraphNode.OfModel model => ModelWork.RunAsync(context, model, project.File, cancellationToken),
            _ => throw new System.Diagnostics.UnreachableException(),
        });
        ProcessShares.OfProcess.End(use);
        return result with
        {
            Use = use,
            Outcome = result.Outcome is Outcome.Succeeded && warnings.Count > 0 ? Outcome.Warned : result.Outcome,
            Warnings = warnings.ToImmutable(),
            // Whatever tells of it tells no secret: events, the journal, files of results, OpenLineage.
            Error = result.Error is { } error ? project.Secrets.Mask(error) : null,
        };
    }

    StepContext ContextOf(
        Project project, RunHost host, GraphNode node, WorkMeter meter, StepLease? lease, Action<Warning> warned) =>
        new(lake, host.RunId, request.IsFullRefresh, warning =>
        {
            warning = project.Secrets.Mask(warning);
            warned(warning);
            events.Publish(new RunEvent.Warned(node.Table, warning));
        })
        {
            Intervals = request.Intervals,
            Lease = lease,
            Meter = meter,
            Budget = request.Budget,
            MakesOneBatch = request.Follows is { Source: null },
            OnWait = request.SettlesFiles
                ? (what, time) => events.Publish(new RunEvent.StepWaiting(node.Table, what, time))
                : null,
            Project = project.File,
            Lineage = () => new(project, lake),
        };

    /// <summary>
    /// Runs a step, and again where the engine ended under it: as after a crash, what it has committed is left alone
    /// and the rest is done with the same inputs. What ended the engine itself gets one more chance; SQL of hooks is
    /// done once.
    /// </summary>
    static async Task<StepResult> TryOnLiveEngineAsync(StepContext context, GraphNode node, Func<Task<StepResult>> run)
    {
        var result = await TryAsync(node, run);
        if (node is GraphNode.OfModel { Model.Hooks.IsAny: true }) return result;
        var kills = 0;
        for (var times = 1; times < EngineEndsMax && result.Error is { } error && EngineErrors.IsOfEnd(error); times++)
        {
            if (EngineErrors.IsFatal(error) && ++kills > 1) return result;
            context.Warn(new($"{node.Table} is run again: {error.Message}"));
            result = await TryAsync(node, run) with { Attempts = times + 1 };
        }
        return result;
    }

    /// <summary>What streams are read by.</summary>
    /// <param name="Project">Their sources.</param>
    /// <param name="Changes">Reads the logs of those that have one.</param>
    readonly record struct StepSources(OpenedProject Project, ChangeSteps Changes)
    {
        /// <summary>Gets the sources, by name.</summary>
        public IReadOnlyDictionary<string, ISource> Opened => Project.Sources;

        /// <summary>
        /// Returns why a model cannot be made whose keys a source is to tell; null where it can.
        /// </summary>
        public FozException? FindRefusal(GraphNode node)
        {
            if (node is not GraphNode.OfModel
                { Model.Materialization.Strategy: IncrementalStrategy.Cdc { FindsKeys: true } } model)
                return null;
            var known = Project.Unidentified;
            return model.References.Where(reference => reference.IsStream && known.ContainsKey(reference.Name))
                .Select(reference => known[reference.Name]).FirstOrDefault();
        }
    }
}

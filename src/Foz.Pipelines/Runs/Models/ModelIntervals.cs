using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>What of a model's intervals is filled, and what a run is to fill.</summary>
/// <param name="context">The run.</param>
/// <param name="node">The model; its strategy is microbatch.</param>
sealed class ModelIntervals(StepContext context, GraphNode.OfModel node)
{
    IncrementalStrategy.Microbatch Strategy => (IncrementalStrategy.Microbatch)node.Model.Materialization.Strategy!;

    /// <summary>Plans the intervals to run.</summary>
    /// <param name="plan">What the model would read.</param>
    /// <param name="previous">The last completed batch; null if there is none.</param>
    /// <param name="isFullRefresh">
    /// Whether the table is rebuilt: in one batch, so that no reader sees a part of it.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IntervalPlan> PlanAsync(
        ModelPlan plan, StepManifest? previous, bool isFullRefresh, CancellationToken cancellationToken)
    {
        var now = context.Lake.Clock.GetUtcNow();
        if (isFullRefresh) return Whole(now);
        var ledger = await ReadAsync(cancellationToken);
        return IntervalPlan.Of(
            Strategy, ledger, context.Intervals, previous is null || !plan.ReadsSameRows(previous), now);
    }

    /// <summary>The intervals that a run would fill, of a step that would work.</summary>
    public async Task<IntervalPlan> DueAsync(bool isFullRefresh, CancellationToken cancellationToken)
    {
        var now = context.Lake.Clock.GetUtcNow();
        return isFullRefresh
            ? Whole(now)
            : IntervalPlan.Of(Strategy, await ReadAsync(cancellationToken), context.Intervals, hasNewInputs: true, now);
    }

    IntervalPlan Whole(DateTimeOffset now) =>
        new(IntervalPlan.Whole(Strategy, now) is { IsEmpty: false } whole ? [whole] : [], IntervalSet.Empty);

    /// <summary>What is filled: the table is asked which of the batches are done.</summary>
    public async Task<IntervalLedger> ReadAsync(CancellationToken cancellationToken)
    {
        var log = new StepLog(context.Lake.Store, node.Table.ToString());
        var table = await context.Lake.OpenTableAsync(node.Table, cancellationToken);
        var done = (await table.FindLatestAsync(cancellationToken))?.BatchOf(node.Table.ToString());
        return new((await log.ReadAllAsync(cancellationToken)).Where(manifest => manifest.Batch <= done));
    }
}

using Foz.Lake.Catalog;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs.Models;

/// <summary>Whether the rows of a time are in a model's table.</summary>
public enum IntervalState
{
    /// <summary>They are; the time was over when they came.</summary>
    Filled,

    /// <summary>Those are that were there before the time was over.</summary>
    Partial,

    /// <summary>No batch has looked for them.</summary>
    Gap,
}

/// <summary>A time of a model.</summary>
/// <param name="Interval">The time: one or more intervals of the model's size.</param>
/// <param name="State">Whether its rows are there.</param>
/// <param name="Count">How many intervals it is.</param>
public sealed record IntervalSpan(Interval Interval, IntervalState State, int Count);

/// <summary>What a backfill would do.</summary>
/// <param name="Id">Its id; that of one that was cut off, if it goes on with that.</param>
/// <param name="Intervals">The intervals that it would run, each as a batch.</param>
public sealed record BackfillPlan(string Id, IReadOnlyList<Interval> Intervals);

/// <summary>Reads which intervals of models are filled, from the manifests of their batches.</summary>
/// <param name="lake">The lake.</param>
public sealed class IntervalReader(Lakehouse lake)
{
    /// <summary>The time of a model from its beginning to now, in order.</summary>
    /// <param name="model">The model; its strategy is microbatch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<IntervalSpan>> ReadAsync(Model model, CancellationToken cancellationToken)
    {
        var ledger = await Of(model).ReadAsync(cancellationToken);
        var strategy = StrategyOf(model);
        var whole = IntervalPlan.Whole(strategy, lake.Clock.GetUtcNow());
        // A backfill can start before the beginning.
        if (ledger.All.Items is [var first, ..] && first.Start < whole.Start)
            whole = whole with { Start = first.Start };
        var spans = new List<IntervalSpan>();
        foreach (var unit in IntervalPlan.Units(strategy.BatchSize, whole))
        {
            var state = ledger.All.Missing(unit) switch
            {
                [] => IntervalState.Filled,
                [var all] when all == unit => IntervalState.Gap,
                _ => IntervalState.Partial,
            };
            if (spans.Count > 0 && spans[^1] is var last && last.State == state)
                spans[^1] = last with { Interval = last.Interval with { End = unit.End }, Count = last.Count + 1 };
            else spans.Add(new(unit, state, 1));
        }
        return spans;
    }

    /// <summary>What a backfill of a model would do.</summary>
    /// <param name="model">The model; its strategy is microbatch.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<BackfillPlan> PlanAsync(Model model, IntervalRequest request, CancellationToken cancellationToken)
    {
        var plan = IntervalPlan.Of(
            StrategyOf(model), await Of(model).ReadAsync(cancellationToken), request with { IsBackfill = true },
            hasNewInputs: true, lake.Clock.GetUtcNow());
        return new(plan.Backfill!, plan.Due);
    }

    ModelIntervals Of(Model model) =>
        new(new StepContext(lake, RunId: "", IsFullRefresh: false, static _ => { }), new(model));

    static IncrementalStrategy.Microbatch StrategyOf(Model model) =>
        (IncrementalStrategy.Microbatch)model.Materialization.Strategy!;
}

using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs;

/// <summary>
/// The models of a run that follow their input by a trigger: which of them are to be made next. Each makes one batch,
/// then the others that are due come before it. A model that failed is not made again. For one thread, but that models
/// may end on several.
/// </summary>
sealed class TriggeredSteps
{
    readonly Lock gate = new();
    readonly List<TriggeredStep> steps = [];
    long turns;

    /// <summary>Adds a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">What it reads: tables, and views on the way to them.</param>
    /// <param name="madeAt">When its last batch began; null where it was never made.</param>
    public void Add(GraphNode.OfModel model, IReadOnlyList<TableName> inputs, DateTimeOffset? madeAt)
    {
        var interval = model.Model.Trigger is ModelTrigger.Interval { Time: var time } ? time : TimeSpan.Zero;
        steps.Add(new(model, inputs, interval)
        {
            NextAt = madeAt is { } made ? made + interval : DateTimeOffset.MinValue,
        });
    }

    /// <summary>Gets what the models read.</summary>
    public IReadOnlyList<TableName> Inputs => [.. steps.SelectMany(step => step.Inputs).Distinct()];

    /// <summary>
    /// Takes the models that are to be made now: those whose turn is longest ago first. A model waits until all that
    /// it reads is there.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="versions">The newest versions of what is there; any number for a view.</param>
    /// <param name="most">The most models.</param>
    public IReadOnlyList<GraphNode.OfModel> TakeNext(
        DateTimeOffset now, IReadOnlyDictionary<TableName, long> versions, int most)
    {
        lock (gate)
        {
            var next = steps
                .Where(step => step.IsIdle && step.NextAt <= now && step.Inputs.All(versions.ContainsKey)
                    && (step.MayHaveMore || step.Inputs.Any(input => step.Seen[input] != versions[input])))
                .OrderBy(step => step.Turn).Take(most).ToList();
            foreach (var step in next)
            {
                foreach (var input in step.Inputs) step.Seen[input] = versions[input];
                (step.IsIdle, step.Turn, step.NextAt) = (false, ++turns, now + step.Interval);
            }
            return [.. next.Select(step => step.Model)];
        }
    }

    /// <summary>Notes that a model was made.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hasFailed">Whether it failed.</param>
    /// <param name="mayHaveMore">Whether it may have work although what it reads stays the same.</param>
    public void End(GraphNode.OfModel model, bool hasFailed, bool mayHaveMore)
    {
        lock (gate)
        {
            var step = steps.Single(step => step.Model.Name == model.Name);
            (step.IsIdle, step.MayHaveMore) = (!hasFailed, mayHaveMore);
        }
    }

    /// <summary>How a model stands.</summary>
    sealed class TriggeredStep(GraphNode.OfModel model, IReadOnlyList<TableName> inputs, TimeSpan interval)
    {
        public GraphNode.OfModel Model => model;

        public IReadOnlyList<TableName> Inputs => inputs;

        public TimeSpan Interval => interval;

        public Dictionary<TableName, long> Seen { get; } = [];

        public DateTimeOffset NextAt { get; set; }

        public long Turn { get; set; }

        public bool IsIdle { get; set; } = true;

        // What happened before the run began is new to the models too.
        public bool MayHaveMore { get; set; } = true;
    }
}

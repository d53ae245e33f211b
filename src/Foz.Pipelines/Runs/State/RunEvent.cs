using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Batches;

namespace Foz.Pipelines.Runs.State;

/// <summary>What happens in a run, in order: the one stream that the journal records and all others watch.</summary>
public abstract record RunEvent
{
    RunEvent() { }

    /// <summary>Another run holds environments, or a step; this one waits for it.</summary>
    /// <param name="Holder">The other run.</param>
    /// <param name="What">The step, or the source, that it holds; null for environments or the whole lake.</param>
    public sealed record Waiting(LeaseHolder Holder, string? What = null) : RunEvent;

    /// <summary>The run begins its work.</summary>
    /// <param name="RunId">The run.</param>
    /// <param name="Steps">Its steps, in an order in which each follows those that it needs.</param>
    public sealed record Started(string RunId, IReadOnlyList<TableName> Steps) : RunEvent;

    /// <summary>A step begins to work.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Meter">Measures how far it is, while it works.</param>
    public sealed record StepStarted(TableName Step, WorkMeter Meter) : RunEvent;

    /// <summary>A step waits for something in its source.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="What">What it waits for.</param>
    /// <param name="Time">How long.</param>
    public sealed record StepWaiting(TableName Step, string What, TimeSpan Time) : RunEvent;

    /// <summary>Something that the user should know.</summary>
    /// <param name="Step">The step that it is about; null for the run as a whole.</param>
    /// <param name="Warning">What.</param>
    public sealed record Warned(TableName? Step, Warning Warning) : RunEvent;

    /// <summary>A step ended.</summary>
    /// <param name="Result">How.</param>
    public sealed record StepFinished(StepResult Result) : RunEvent
    {
        /// <summary>When the step began; null for one that had nothing to do.</summary>
        public DateTimeOffset? StartedAt { get; init; }
    }

    /// <summary>The run ended.</summary>
    /// <param name="Result">How.</param>
    public sealed record Finished(RunResult Result) : RunEvent;
}

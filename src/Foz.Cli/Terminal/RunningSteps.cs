using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs.State;

namespace Foz.Cli.Terminal;

/// <summary>A step at work.</summary>
/// <param name="Step">The step.</param>
/// <param name="Since">When it began.</param>
/// <param name="Meter">Measures how far it is.</param>
sealed record RunningStep(TableName Step, DateTimeOffset Since, WorkMeter Meter)
{
    /// <summary>Gets or sets when the log said last how far it is; at first when it began.</summary>
    public DateTimeOffset LoggedAt { get; set; } = Since;
}

/// <summary>The steps at work, for displays that write lines: now and then one says how far a step is.</summary>
/// <param name="clock">The time.</param>
sealed class RunningSteps(TimeProvider clock)
{
    static readonly TimeSpan logInterval = TimeSpan.FromSeconds(10);

    readonly List<RunningStep> steps = [];

    /// <summary>Notes which steps begin and end.</summary>
    public void Note(RunEvent what)
    {
        if (what is RunEvent.StepStarted started) steps.Add(new(started.Step, clock.GetUtcNow(), started.Meter));
        else if (what is RunEvent.StepFinished finished) steps.RemoveAll(step => step.Step == finished.Result.Step);
    }

    /// <summary>
    /// Returns the steps whose progress is due in the log: at most once in ten seconds each, where it is known.
    /// </summary>
    public IEnumerable<(RunningStep Step, WorkProgress Progress)> Due()
    {
        var now = clock.GetUtcNow();
        foreach (var step in steps.Where(step => now - step.LoggedAt >= logInterval))
            if (step.Meter.Progress is { IsKnown: true } progress)
            {
                step.LoggedAt = now;
                yield return (step, progress);
            }
    }
}

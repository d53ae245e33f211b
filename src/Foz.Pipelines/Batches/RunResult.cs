using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Batches;

/// <summary>How a run ended.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Steps">How its steps ended, in the order in which they did.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RunResult(string RunId, IReadOnlyList<StepResult> Steps, TimeSpan Elapsed)
{
    /// <summary>What went wrong with the run beside its steps; null where nothing did.</summary>
    public FozException? Error { get; init; }

    /// <summary>The results of the SQL tests that ran, by name.</summary>
    public IReadOnlyList<ChecksOutcome> Tests { get; init; } = [];

    /// <summary>Whether it was stopped, as by Ctrl-C.</summary>
    public bool IsStopped { get; init; }

    /// <summary>
    /// How it ended: failed if a step did, or was not tried for another reason than that the run was stopped, or if it
    /// has an error; canceled if it was stopped; skipped if every step was.
    /// </summary>
    public Outcome Outcome =>
        Error is not null
            || Steps.Any(s => s.Outcome is Outcome.Failed || (s.Outcome is Outcome.Canceled && !IsStopped))
            ? Outcome.Failed
        : Steps.Any(s => s.Outcome is Outcome.Canceled) ? Outcome.Canceled
        : Steps.All(s => s.Outcome is Outcome.Skipped) ? Outcome.Skipped
        : Steps.Any(s => s.Outcome is Outcome.Warned) ? Outcome.Warned
        : Outcome.Succeeded;

    /// <summary>How many steps ended in a way.</summary>
    public int Count(Outcome outcome) => Steps.Count(s => s.Outcome == outcome);
}

using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>Limits what a run reads, writes and takes. Safe for use by many threads.</summary>
public interface IRunBudget
{
    /// <summary>Gets a token that is canceled once the run has passed a limit.</summary>
    CancellationToken Passed { get; }

    /// <summary>Gets the error of a run that passed a limit; null before.</summary>
    FozException? Error { get; }

    /// <summary>Counts what a step reads while it works.</summary>
    void Follow(WorkMeter meter);

    /// <summary>Counts what a step is about to commit, in the place of what its meter says.</summary>
    /// <exception cref="FozException">Thrown when the run passes a limit: the step must not commit.</exception>
    void Charge(WorkMeter meter, long rows, long bytes);
}

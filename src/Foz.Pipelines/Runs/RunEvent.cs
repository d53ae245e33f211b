using System.Collections.Immutable;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs;

/// <summary>What happens in a run, in order: the one stream that terminal, logs and journal are fed from.</summary>
public abstract record RunEvent
{
    RunEvent() { }

    /// <summary>Another run holds the lake; this one waits for it.</summary>
    /// <param name="Holder">Who holds it.</param>
    public sealed record Waiting(LeaseHolder Holder) : RunEvent;

    /// <summary>The run begins to work.</summary>
    /// <param name="RunId">The run.</param>
    /// <param name="Steps">Its steps, in an order in which each stands behind what it needs.</param>
    public sealed record Started(string RunId, IReadOnlyList<TableName> Steps) : RunEvent;

    /// <summary>A step begins to work.</summary>
    /// <param name="Step">The step.</param>
    public sealed record StepStarted(TableName Step) : RunEvent;

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
    public sealed record StepFinished(StepResult Result) : RunEvent;

    /// <summary>The run ended.</summary>
    /// <param name="Result">How.</param>
    public sealed record Finished(RunResult Result) : RunEvent;
}

/// <summary>How a step ended.</summary>
public sealed record StepResult
{
    /// <summary>The step: the name of its table in the lake.</summary>
    public required TableName Step { get; init; }

    /// <summary>Whether it brings a stream of a source in; else it is a model.</summary>
    public required bool IsStream { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What its batch read; null where it opened none.</summary>
    public StepManifest? Inputs { get; init; }

    /// <summary>The version that it committed; null where it committed none.</summary>
    public long? TableVersion { get; init; }

    /// <summary>Rows that it wrote.</summary>
    public long RowsWritten { get; init; }

    /// <summary>Rows of its table that are not as they were: added, changed and deleted ones. Of a table that was replaced, all that it has.</summary>
    public long RowsChanged { get; init; }

    /// <summary>Rows that could not be read.</summary>
    public long RowsRejected { get; init; }

    /// <summary>Rows and bytes that a source gave; null where nobody counted them.</summary>
    public (long? Rows, long? Bytes) Read { get; init; }

    /// <summary>Rows that were left out by a check or as double ones.</summary>
    public long RowsDropped { get; init; }

    /// <summary>Rows that were quarantined.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>What its checks found.</summary>
    public ImmutableArray<CheckResult> Checks { get; init; } = [];

    /// <summary>What the user should know of it besides its checks, in the order in which it was told.</summary>
    public ImmutableArray<Warning> Warnings { get; init; } = [];

    /// <summary>What went wrong; null where nothing did.</summary>
    public FozException? Error { get; init; }

    /// <summary>What two batches of the step came to.</summary>
    /// <param name="next">The one behind this one.</param>
    public StepResult Then(StepResult next) => next.Outcome is Outcome.Skipped ? this : next with
    {
        Outcome = next.Outcome is Outcome.Succeeded ? Outcome : next.Outcome,
        TableVersion = next.TableVersion ?? TableVersion,
        RowsWritten = RowsWritten + next.RowsWritten,
        RowsChanged = RowsChanged + next.RowsChanged,
        RowsRejected = RowsRejected + next.RowsRejected,
        RowsDropped = RowsDropped + next.RowsDropped,
        RowsQuarantined = RowsQuarantined + next.RowsQuarantined,
        Read = (Read.Rows + next.Read.Rows, Read.Bytes + next.Read.Bytes),
        Checks = next.Checks.IsEmpty ? Checks : next.Checks,
    };
}

/// <summary>How a run ended.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Steps">How its steps ended, in the order in which they did.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RunResult(string RunId, IReadOnlyList<StepResult> Steps, TimeSpan Elapsed)
{
    /// <summary>What went wrong with the run beside its steps; null where nothing did.</summary>
    public FozException? Error { get; init; }

    /// <summary>What the SQL tests came to that were made, by name.</summary>
    public IReadOnlyList<ChecksOutcome> Tests { get; init; } = [];

    /// <summary>Whether it was stopped, as by Ctrl-C.</summary>
    public bool IsStopped { get; init; }

    /// <summary>
    /// How it ended: failed if a step did, or was not tried for another reason than that the run was stopped, or if it has an error;
    /// canceled if it was stopped; skipped if every step was.
    /// </summary>
    public Outcome Outcome =>
        Error is not null || Steps.Any(s => s.Outcome is Outcome.Failed || (s.Outcome is Outcome.Canceled && !IsStopped)) ? Outcome.Failed
        : Steps.Any(s => s.Outcome is Outcome.Canceled) ? Outcome.Canceled
        : Steps.All(s => s.Outcome is Outcome.Skipped) ? Outcome.Skipped
        : Steps.Any(s => s.Outcome is Outcome.Warned) ? Outcome.Warned
        : Outcome.Succeeded;

    /// <summary>How many steps ended in a way.</summary>
    public int Count(Outcome outcome) => Steps.Count(s => s.Outcome == outcome);
}

using System.Collections.Immutable;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Pipelines.Quality;
using Foz.Storage.Usage;

namespace Foz.Pipelines.Batches;

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

    /// <summary>
    /// Rows of its table that are not as they were: added, changed and deleted ones. Of a table that was replaced, all
    /// that it has.
    /// </summary>
    public long RowsChanged { get; init; }

    /// <summary>Rows that could not be read.</summary>
    public long RowsRejected { get; init; }

    /// <summary>Rows and bytes that a source gave; null where they were not counted.</summary>
    public (long? Rows, long? Bytes) Read { get; init; }

    /// <summary>Rows that were left out by a check or as double ones.</summary>
    public long RowsDropped { get; init; }

    /// <summary>Rows that were quarantined.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>What its checks found.</summary>
    public ImmutableArray<CheckResult> Checks { get; init; } = [];

    /// <summary>The warnings for the user, besides its checks, in the order in which they were reported.</summary>
    public ImmutableArray<Warning> Warnings { get; init; } = [];

    /// <summary>What went wrong; null where nothing did.</summary>
    public FozException? Error { get; init; }

    /// <summary>
    /// Whether its table alone takes nothing more until a user mends it, while others of the source go on.
    /// </summary>
    public bool StandsStill { get; init; }

    /// <summary>What it took of the machine; null where it was not measured.</summary>
    public ResourceUse? Use { get; init; }

    /// <summary>How often it was begun: more than once where the engine ended under it.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Bytes that its source gave, and of the files of tables that it was given to read.</summary>
    public long BytesRead => (Read.Bytes ?? SourceBytes) + (Use?.BytesRead ?? 0);

    long SourceBytes =>
        Inputs?.Stream is StreamInputs.OfFiles { Files: var files } ? files.Sum(file => file.SizeBytes) : 0;

    /// <summary>Combines the results of two batches of the step.</summary>
    /// <param name="next">The result of the batch after this one.</param>
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

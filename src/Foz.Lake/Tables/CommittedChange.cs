using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Readers;
using Foz.Delta.Transactions;

namespace Foz.Lake.Tables;

/// <summary>A change that is in its table.</summary>
/// <param name="Snapshot">The table after it.</param>
/// <param name="Warning">
/// What the user should know although the change is committed; null where there is nothing.
/// </param>
public sealed record CommittedChange(TableSnapshot Snapshot, Warning? Warning)
{
    /// <summary>What the change means for other readers of the table; null where it means nothing to them.</summary>
    public Warning? Notice { get; init; }

    /// <summary>The version that the change made.</summary>
    public long Version => Snapshot.Version;

    /// <summary>Returns the warning about a change after which rows are marked as deleted.</summary>
    internal static Warning TookVectors(string table) => new(
        $"{table} takes the table feature {TableFeature.DeletionVectors}, which some engines do not read: "
        + string.Join(
            ", ",
            TableReader.All.Where(reader => !reader.Reads(TableFeature.DeletionVectors)).Select(reader => reader.Name)),
        $"foz alter {table} drop-feature deletionVectors takes it back; 'readers: [delta-rs]' keeps "
            + "a table readable for an engine");

    internal static CommittedChange Of(LakeTable table, CommitResult.Committed committed) =>
        new(new(table.Delta.Store, committed.Snapshot), WarningOf(table, committed));

    static Warning? WarningOf(LakeTable table, CommitResult.Committed committed) => committed.Checkpoint switch
    {
        CheckpointResult.Failed { Error: var error } => new(
            $"the checkpoint of {table.Name} at version {committed.Version} could not be written: {error.Message}",
            "the commit stands; the next one writes the checkpoint, and until then the table takes longer to open"),
        CheckpointResult.Written { Cleanup.Error: { } error } => new(
            $"what has expired of the log of {table.Name} could not be deleted: {error.Message}",
            "the commit stands; the clean-up is tried again another day"),
        _ when committed.FormatFaults is [var fault, ..] => new(
            $"{fault.What} of {table.Name} could not be brought up to version "
                + $"{committed.Version}: {fault.Error.Message}",
            "the commit stands; the next one catches up, and until then their readers see an older version"),
        _ => null,
    };
}

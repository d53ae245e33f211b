using Foz.Delta.Checkpoints;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>Why a transaction could not be committed after a concurrent one.</summary>
public enum ConflictKind
{
    /// <summary>The table was to be created but exists.</summary>
    TableExists,

    /// <summary>The version that the transaction started from is gone from the log.</summary>
    TableReplaced,

    /// <summary>What clients must support has changed.</summary>
    ProtocolChanged,

    /// <summary>Schema, partitioning or properties have changed.</summary>
    MetadataChanged,

    /// <summary>Files were added that the transaction should have read.</summary>
    ConcurrentAppend,

    /// <summary>Files that the transaction read were removed.</summary>
    ConcurrentDeleteRead,

    /// <summary>Files that the transaction removes were removed, or other rows of them were deleted.</summary>
    ConcurrentDeleteDelete,

    /// <summary>The same application has committed.</summary>
    ConcurrentTransaction,

    /// <summary>The same domain was changed.</summary>
    ConcurrentDomain,

    /// <summary>Others committed first in each of the transaction's tries.</summary>
    TooManyAttempts,
}

/// <summary>How a commit ended. A failure of the store is an exception instead.</summary>
public abstract record CommitResult
{
    CommitResult()
    {
    }

    /// <summary>The transaction is in the log.</summary>
    /// <param name="Version">The version that it made.</param>
    /// <param name="Snapshot">The table at that version.</param>
    /// <param name="Checkpoint">How the checkpoint that was due ended; null if none was.</param>
    public sealed record Committed(long Version, Snapshot Snapshot, CheckpointResult? Checkpoint = null) : CommitResult
    {
        /// <summary>What could not be brought up to date for programs that do not read the log; the next commit does
        /// it.</summary>
        public IReadOnlyList<FormatFault> FormatFaults { get; init; } = [];
    }

    /// <summary>Nothing is written: begin again from the newest snapshot.</summary>
    /// <param name="Kind">Why.</param>
    /// <param name="WinningVersion">The version of the commit that came first.</param>
    /// <param name="Message">What both wanted, for people.</param>
    public sealed record Conflicted(ConflictKind Kind, long WinningVersion, string Message) : CommitResult;

    /// <summary>The committed version's result, for callers that cannot continue after a conflict.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.Conflict"/>: the transaction conflicted.</exception>
    public Committed OrThrow() => this switch
    {
        Committed committed => committed,
        Conflicted conflicted =>
            throw new DeltaException(DeltaErrorKind.Conflict, conflicted.Message)
            {
                Version = conflicted.WinningVersion,
            },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

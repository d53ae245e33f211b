using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;
using Foz.Storage.Usage;

namespace Foz.Delta.Transactions;

/// <summary>
/// Brings one transaction into the log: put-if-absent of the next version, and again after each loss.
/// </summary>
sealed class Committer
{
    // A store that fails this often in a row is down.
    const int PutTriesMax = 5;
    const int BackoffMsMax = 100;

    readonly StagedChanges staged;
    readonly DeltaTable table;
    readonly CommitQueue queue;
    readonly ConflictChecker conflicts;
    readonly RowRebase rows;
    readonly CommitBuilder builder;
    Commit? made;
    CommitChecksum sum;

    public Committer(StagedChanges staged)
    {
        this.staged = staged;
        table = staged.Table;
        queue = CommitQueue.Of(table);
        conflicts = new(staged);
        rows = new(staged);
        builder = new(staged);
    }

    public async Task<CommitResult> CommitAsync(CancellationToken cancellationToken)
    {
        CommitResult result;
        await queue.Gate.WaitAsync(cancellationToken);
        try
        {
            result = await RunAsync(cancellationToken);
        }
        finally
        {
            queue.Gate.Release();
        }
        if (result is not CommitResult.Committed committed)
        {
            table.LookAgain();
            return result;
        }
        if (table.IsPrivate) return result;
        if (OtherFormats.IsAny(committed.Snapshot.Metadata))
            committed =
                committed with { FormatFaults = await UpdateFormatsAsync(committed.Snapshot, cancellationToken) };
        await table.WriteChecksumAsync(committed.Snapshot, sum, CancellationToken.None);
        return staged.Options.WritesCheckpoint
            ? committed with { Checkpoint = await CheckpointAsync(committed.Snapshot, cancellationToken) }
            : committed;
    }

    async Task<CommitResult> RunAsync(CancellationToken cancellationToken)
    {
        var before = staged.ReadSnapshot;
        if (before is null && await table.FindLatestSnapshotAsync(cancellationToken) is { } existing)
            return TableExists(existing.Version);
        var races = 0;
        for (var attempt = 0; ; attempt++)
        {
            // The first attempt is made without a read of the log, unless this process knows that it would lose.
            if (before is not null && (attempt > 0 || queue.NewestVersion > before.Version))
            {
                (before, var isOther, var conflict) = await CatchUpAsync(before, cancellationToken);
                if (conflict is not null) return conflict;
                if (isOther && ++races >= staged.Options.AttemptsMax) return TooManyRaces(before);
            }
            if (before is not null && await IsReplacedAsync(before, cancellationToken)) return TableReplaced(before);
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryPutAsync(before) is { } commit)
            {
                queue.Remember(before, commit);
                made = commit;
                if (!table.IsPrivate) StorageCounts.AddCommit(BytesOf(commit));
                // Without a version before, the first one is read back.
                var snapshot = before is null
                    ? await table.SnapshotAsync(commit.Version, CancellationToken.None)
                    : table.Advance(before, commit);
                return new CommitResult.Committed(commit.Version, snapshot);
            }
            StorageCounts.AddConflict();
            if (before is null) return TableExists(0);
            await BackOffAsync(attempt, cancellationToken);
        }
    }

    /// <summary>
    /// Checks the transaction against all commits after a version; is other: whether one of them did more than
    /// rearrange files.
    /// </summary>
    async ValueTask<(Snapshot Newest, bool IsOther, CommitResult.Conflicted? Conflict)> CatchUpAsync(
        Snapshot before, CancellationToken cancellationToken)
    {
        var isOther = false;
        while ((queue.FindNext(before)
            ?? await table.ReadCommitAsync(before.Version + 1, cancellationToken)) is { } winner)
        {
            queue.Remember(before, winner);
            var apart = await rows.FindAsync(winner, before, cancellationToken);
            if (conflicts.Check(winner, before, apart) is { } conflict) return (before, isOther, conflict);
            before = table.Advance(before, winner);
            isOther |= !winner.OnlyRearranges;
        }
        before.CheckWritable();
        await rows.ApplyAsync(cancellationToken);
        return (before, isOther, null);
    }

    /// <summary>
    /// Writes the version after <paramref name="before"/>; null if another commit is there. A failed write may have
    /// happened all the same, and a repeated one may meet itself: the identifier of the present commit decides it.
    /// </summary>
    async ValueTask<Commit?> TryPutAsync(Snapshot? before)
    {
        var version = (before?.Version ?? -1) + 1;
        var path = LogFiles.CommitPath(version);
        var actions = builder.Build(before);
        var content = ActionWriter.Write(actions);
        sum = CommitChecksum.Of(content.Span);
        Failpoint.Hit("commit.before");
        for (var tries = 1; ; tries++)
        {
            StorageException? failure = null;
            try
            {
                if (await PutAsync(path, content) is PutIfAbsentResult.Created created)
                {
                    Failpoint.Hit("commit.after");
                    return new Commit { Version = version, Actions = actions, File = created.Info };
                }
            }
            catch (StorageException fault) when (IsOfStore(fault))
            {
                failure = fault;
            }
            try
            {
                if (await table.ReadCommitAsync(version, CancellationToken.None) is { } there)
                    return there.Info?.TransactionId == builder.TransactionId ? there : null;
            }
            catch (StorageException fault) when (IsOfStore(fault))
            {
                failure ??= fault;
            }
            // A sync that failed must not be tried again: the system may have forgotten what it could not write.
            if (tries >= PutTriesMax || failure is { Kind: not StorageErrorKind.Failed }
                || (failure is not null && staged.Published.Count > 0))
                throw failure ?? Unreadable(version);
            await Task.Delay(TimeSpan.FromMilliseconds(1 << tries), table.Time, CancellationToken.None);
        }
    }

    // Not to be cancelled: whether it happened would be unknown.
    ValueTask<PutIfAbsentResult> PutAsync(string path, ReadOnlyMemory<byte> content) => staged.Published.Count > 0
        ? table.Store.PublishAndPutIfAbsentAsync(staged.Published, path, content, CancellationToken.None)
        : table.Store.PutIfAbsentAsync(path, content, CancellationToken.None);

    // As with the checkpoint: nothing here undoes the commit.
    async ValueTask<IReadOnlyList<FormatFault>> UpdateFormatsAsync(
        Snapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            await queue.FormatsGate.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return [];
        }
        try
        {
            return await OtherFormats.UpdateAsync(table, snapshot, made, cancellationToken);
        }
        finally
        {
            queue.FormatsGate.Release();
        }
    }

    // The commit stands, whatever happens here: cancelling only leaves the checkpoint to a later commit.
    async ValueTask<CheckpointResult?> CheckpointAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        // One that is being written already serves as well.
        if (!await queue.CheckpointGate.WaitAsync(TimeSpan.Zero, CancellationToken.None)) return null;
        try
        {
            return await table.WriteCheckpointIfDueAsync(snapshot, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            queue.CheckpointGate.Release();
        }
    }

    // The first losses cost nothing; then each waits a random while, so that writers do not meet again and again.
    async ValueTask BackOffAsync(int attempt, CancellationToken cancellationToken)
    {
        if (attempt < 3) return;
        var waitMs = Random.Shared.Next(Math.Min(BackoffMsMax, 1 << Math.Min(attempt, 10)));
        await Task.Delay(TimeSpan.FromMilliseconds(waitMs), table.Time, cancellationToken);
    }

    // A folder that is deleted or made again under a transaction would get a log with a gap, and so would a log that
    // was cleaned up. Noticing it takes a request: cheap on disk, where people delete folders, and elsewhere needed
    // only for versions that are old enough to have been cleaned up.
    async ValueTask<bool> IsReplacedAsync(Snapshot before, CancellationToken cancellationToken) =>
        before.CommitFile is { } file
        && (table.Store.IsLocal || table.Time.GetUtcNow() - before.Timestamp > LogCleaner.AgeMin)
        && (await table.Store.GetInfoAsync(file.Path, cancellationToken) is not { } now
            || now.SizeBytes != file.SizeBytes || now.LastModified != file.LastModified);

    /// <summary>
    /// The bytes of data files that a commit adds; one that only gets a deletion vector was there before.
    /// </summary>
    static long BytesOf(Commit commit)
    {
        var there = commit.Actions.OfType<RemoveFile>().Select(file => file.Path).ToHashSet();
        return commit.Actions.OfType<AddFile>().Where(file => !there.Contains(file.Path)).Sum(file => file.SizeBytes);
    }

    CommitResult.Conflicted TooManyRaces(Snapshot before) => new(ConflictKind.TooManyAttempts, before.Version,
        staged.Options.AttemptsMax == 1
            ? $"{staged.Options.Operation} on {table.Name} gave up: another commit came first. Run it again"
            : $"{staged.Options.Operation} on {table.Name} gave up: others committed first "
                + $"{staged.Options.AttemptsMax} times. Run it again when there is less going on");

    CommitResult.Conflicted TableReplaced(Snapshot before) => new(ConflictKind.TableReplaced, before.Version,
        $"{staged.Options.Operation} on {table.Name} cannot be committed: version {before.Version} is not "
        + "in the log any more; the table was deleted or created again, or its log was cleaned up");

    CommitResult.Conflicted TableExists(long version) => new(ConflictKind.TableExists, version,
        $"{table.Name} cannot be created: there is a Delta table already");

    StorageException Unreadable(long version) => new(StorageErrorKind.Failed,
        $"the store of {table.Name} says that version {version} exists, but does not return it")
    { Path = LogFiles.CommitPath(version) };

    static bool IsOfStore(StorageException fault) => fault.Kind is StorageErrorKind.Failed
        or StorageErrorKind.Denied or StorageErrorKind.ReadOnly or StorageErrorKind.Full;
}

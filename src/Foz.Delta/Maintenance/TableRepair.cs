using System.Globalization;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>What a repair did.</summary>
/// <param name="Version">The table's version then.</param>
/// <param name="FilesRemoved">Files that the table has no more.</param>
/// <param name="FilesDeleted">Objects of the log that were wrong and are gone.</param>
/// <param name="HasCheckpoint">Whether a checkpoint was written.</param>
/// <param name="PutAside">
/// The newest commit, which was broken and is kept under another name; null where none was.
/// </param>
public sealed record TableRepairResult(
    long Version, int FilesRemoved, int FilesDeleted, bool HasCheckpoint, BrokenCommit? PutAside);

/// <summary>A broken commit that is no longer part of a log.</summary>
/// <param name="Version">The version that it was.</param>
/// <param name="Path">Where its bytes are, below the table's folder.</param>
public sealed record BrokenCommit(long Version, string Path);

/// <summary>
/// Makes a table readable again: takes files out of it that are gone (as FSCK REPAIR TABLE does), and what is wrong
/// besides its commits. Nothing brings lost rows back.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="engineInfo">The program that history shows.</param>
public sealed class TableRepair(DeltaTable table, string engineInfo)
{
    /// <summary>Repairs what a check found.</summary>
    /// <exception cref="DeltaException">
    /// Commits before the newest are missing or broken (<see cref="DeltaErrorKind.Corrupt"/>), the table does not allow
    /// that rows go (<see cref="DeltaErrorKind.Refused"/>), or another commit came first.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<TableRepairResult> RunAsync(TableCheckResult check, CancellationToken cancellationToken)
    {
        var aside = await PutAsideAsync(check, cancellationToken);
        // Files that are found lost only now are not taken out: the user who agreed to the repair did not know of them.
        if (aside is not null)
            check = check.With(
                (await new TableCheck(table).RunAsync(cancellationToken)).Faults.Where(fault => !fault.IsLoss));
        var deleted = await DeleteAsync(check, cancellationToken);
        var needsCheckpoint = check.Faults.Any(fault => fault.Kind is FaultKind.Checkpoint or FaultKind.LastCheckpoint);
        if (needsCheckpoint)
        {
            // What was read of the table may have come from a wrong checkpoint.
            table.Forget();
            check = aside is null
                ? (await new TableCheck(table).RunAsync(cancellationToken))
                    .With(check.Faults.Where(fault => fault.Kind is FaultKind.Content))
                : check;
        }
        var snapshot = await table.LatestSnapshotAsync(cancellationToken);
        var lost = check.Faults.Select(fault => fault.File).OfType<AddFile>().DistinctBy(file => file.Key).ToList();
        if (lost.Count > 0)
        {
            // Duplicate rows do not go: no removal of them is reported to readers of changes.
            var doubled = check.Faults.Where(fault => fault.Kind is FaultKind.HalfRemoved)
                .Select(fault => fault.File!.Key).ToHashSet();
            snapshot = await RemoveAsync(snapshot, lost, doubled, cancellationToken);
        }
        var hasCheckpoint = needsCheckpoint
            && await table.WriteCheckpointAsync(snapshot, cancellationToken) is CheckpointResult.Written;
        return new(snapshot.Version, lost.Count, deleted, hasCheckpoint, aside);
    }

    /// <summary>
    /// Puts the newest commit aside where it is broken, so that the version before it is the newest again. Its bytes
    /// are kept.
    /// </summary>
    /// <returns>The commit; null where the log is in order.</returns>
    /// <exception cref="DeltaException">
    /// Commits before it are missing or broken (<see cref="DeltaErrorKind.Corrupt"/>).
    /// </exception>
    public async Task<BrokenCommit?> PutAsideAsync(TableCheckResult check, CancellationToken cancellationToken)
    {
        var faults = check.Faults.Where(fault => fault.Kind is FaultKind.Log).ToList();
        if (faults.Count == 0) return null;
        var listing = await LogListing.ReadAsync(table.Store, table.Name, 0, cancellationToken);
        var version = listing.Commits.Count > 0 ? listing.Commits[^1].Version : -1;
        var path = LogFiles.CommitPath(version);
        if (version < 1 || faults.Exists(fault => fault.Path != path)
            || listing.Checkpoints.Any(known => known.Version >= version))
            throw new DeltaException(
                DeltaErrorKind.Corrupt, $"{table.Name} cannot be repaired: {faults[0].Path}: {faults[0].Message}")
            { Path = faults[0].Path };
        // Throws where the version before cannot be built either.
        _ = await new SnapshotLoader(table.Store, table.Parquet, table.Name).LoadAsync(version - 1, cancellationToken);
        var kept = await KeepAsync(path, cancellationToken);
        await table.Store.DeleteAsync(LogFiles.ChecksumPath(version), cancellationToken);
        await table.Store.DeleteAsync(path, cancellationToken);
        table.Forget();
        return new(version, kept);
    }

    /// <summary>Copies a commit under a name that readers skip.</summary>
    async Task<string> KeepAsync(string path, CancellationToken cancellationToken)
    {
        if (await table.Store.GetAsync(path, cancellationToken) is not { } file)
            throw new DeltaException(DeltaErrorKind.Corrupt, $"{table.Name} cannot be repaired: {path} is gone")
            {
                Path = path,
            };
        for (var number = 1; ; number++)
        {
            var kept = number == 1
                ? $"{path}.broken"
                : string.Create(CultureInfo.InvariantCulture, $"{path}.broken-{number}");
            if (await table.Store.TryCreateAsync(kept, file.Content, cancellationToken))
                return kept;
        }
    }

    /// <summary>Deletes files that contradict the commits, from which all of them can be made again.</summary>
    async Task<int> DeleteAsync(TableCheckResult check, CancellationToken cancellationToken)
    {
        var wrong = check.Faults
            .Where(fault => fault.Kind is FaultKind.Checkpoint or FaultKind.LastCheckpoint or FaultKind.Checksum)
            .Select(fault => fault.Path).Distinct(StringComparer.Ordinal).ToList();
        if (wrong.Exists(path => path.Contains(".checkpoint.", StringComparison.Ordinal)))
            await CheckReplaceableAsync(wrong, cancellationToken);
        foreach (var path in wrong) await table.Store.DeleteAsync(path, cancellationToken);
        return wrong.Count;
    }

    /// <summary>A checkpoint may be deleted only where the version can be built without it.</summary>
    async Task CheckReplaceableAsync(List<string> wrong, CancellationToken cancellationToken)
    {
        var listing = await LogListing.ReadAsync(table.Store, table.Name, 0, cancellationToken);
        var unusable = listing.Checkpoints.Where(checkpoint => wrong.Contains(checkpoint.Files[0].Path)).ToHashSet();
        // Throws where commits are missing.
        _ = listing.Segment(version: null, unusable, useCompactions: false);
    }

    async Task<Snapshot> RemoveAsync(
        Snapshot snapshot, List<AddFile> lost, HashSet<FileKey> doubled, CancellationToken cancellationToken)
    {
        var transaction = new Transaction(table, snapshot, new()
        {
            Operation = "FSCK", EngineInfo = engineInfo,
            Parameters = new([KeyValuePair.Create("mode", (string?)"REPAIR")]),
        })
        {
            Metrics = new(
            [
                KeyValuePair.Create("numRemovedFiles", (string?)lost.Count.ToString(CultureInfo.InvariantCulture)),
            ]),
        };
        foreach (var file in lost)
            if (snapshot.Files.Find(file.Key) is { } present)
                transaction.Remove(present, dataChange: !doubled.Contains(file.Key));
        return transaction.IsEmpty ? snapshot : (await transaction.CommitAsync(cancellationToken)).OrThrow().Snapshot;
    }
}

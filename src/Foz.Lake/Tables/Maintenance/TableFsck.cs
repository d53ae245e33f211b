using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Maintenance;
using Foz.Lake.Engine;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>Something that is wrong with a table.</summary>
/// <param name="Path">The object, below the table's folder or absolute.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="IsLoss">Whether rows or versions cannot be read for it; otherwise it only costs time.</param>
/// <param name="RowCount">
/// The rows that cannot be read for it; null where that is not known, or none are concerned.
/// </param>
public sealed record FsckFinding(string Path, string Problem, bool IsLoss, long? RowCount)
{
    /// <summary>Whether it is about a commit, which a repair puts aside where it is the newest.</summary>
    public bool IsCommit { get; init; }

    /// <summary>Whether a repair takes the file out of the table.</summary>
    public bool IsTakenOut { get; init; }
}

/// <summary>The findings of a check of a whole table.</summary>
public sealed class FsckResult
{
    internal FsckResult(TableCheckResult check) => Check = check;

    internal TableCheckResult Check { get; }

    /// <summary>The newest version; null where it cannot be built.</summary>
    public long? Version => Check.Version;

    /// <summary>The data files and deletion vectors that were checked.</summary>
    public int FilesChecked => Check.FilesChecked;

    /// <summary>The faults; empty where there are none.</summary>
    public IReadOnlyList<FsckFinding> Findings =>
        [.. Check.Faults.Select(fault => new FsckFinding(fault.Path, fault.Message, fault.IsLoss, fault.RowCount)
        {
            IsCommit = fault.Kind is FaultKind.Log,
            IsTakenOut = fault.TakesOutFile,
        })];
}

/// <summary>What a repair did.</summary>
/// <param name="Version">The table's version then.</param>
/// <param name="FilesRemoved">Files that the table has no more.</param>
/// <param name="ObjectsDeleted">Objects of the log that were wrong and are gone.</param>
/// <param name="HasCheckpoint">Whether a checkpoint was written.</param>
/// <param name="PutAside">
/// The newest commit, which was broken and is kept under another name; null where none was.
/// </param>
public sealed record RepairResult(
    long Version, int FilesRemoved, int ObjectsDeleted, bool HasCheckpoint, CommitPutAside? PutAside);

/// <summary>A broken commit that is no longer part of a table.</summary>
/// <param name="Version">The version that it was.</param>
/// <param name="Path">Where its bytes are, below the table's folder.</param>
public sealed record CommitPutAside(long Version, string Path)
{
    internal static CommitPutAside? Of(BrokenCommit? commit) =>
        commit is null ? null : new(commit.Version, commit.Path);
}

/// <summary>Checks everything that a table consists of, and repairs what can be (Delta's FSCK).</summary>
public static class TableFsck
{
    /// <summary>
    /// Checks whether each file of the newest version is there with its size, each deletion vector can be read, no
    /// commit is missing, and checkpoints and checksums say the same as the commits.
    /// </summary>
    /// <exception cref="DeltaException">There is no table, or it cannot be read.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<FsckResult> CheckAsync(LakeTable table, CancellationToken cancellationToken) =>
        new(await new TableCheck(table.Delta).RunAsync(cancellationToken));

    /// <summary>
    /// Does as <see cref="CheckAsync"/>, and reads each file whole: the bytes of files with a noted hash must be those
    /// that were written; others are decoded, and compared with what the log says of them. Change data files are
    /// decoded.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="session">The session that decodes files.</param>
    /// <param name="onProgress">Gets how far it is; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">There is no table, or it cannot be read.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<FsckResult> CheckDeepAsync(
        LakeTable table, EngineSession session, Action<FileProgress>? onProgress, CancellationToken cancellationToken)
    {
        var check = await new TableCheck(table.Delta).RunAsync(cancellationToken);
        if (check.Version is not { } version) return new(check);
        var snapshot = await table.VersionAsync(version, cancellationToken);
        var files = snapshot.State.Files.Where(check.IsSound).ToList();
        var content = new ContentCheck(session, snapshot);
        var faults = await content.RunAsync(files, onProgress, cancellationToken);
        var changes = await content.RunOnChangesAsync(
            await ChangeFilesAsync(table, version, cancellationToken), cancellationToken);
        return new(check.With([.. faults, .. changes]));
    }

    /// <summary>The change data files of all versions whose commits are there, and can be read.</summary>
    static async Task<List<AddCdcFile>> ChangeFilesAsync(
        LakeTable table, long version, CancellationToken cancellationToken)
    {
        var files = new List<AddCdcFile>();
        try
        {
            for (; version >= 0
                && await table.Delta.ReadCommitAsync(version, cancellationToken) is { } commit; version--)
                files.AddRange(commit.Actions.OfType<AddCdcFile>());
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            // The check of the log has reported it.
        }
        return files;
    }

    /// <summary>
    /// Puts the newest commit aside where it cannot be read, so that the version before it is the newest again.
    /// </summary>
    /// <returns>The commit; null where the newest version can be built.</returns>
    /// <exception cref="DeltaException">There is no table, or commits before it are broken.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<CommitPutAside?> PutBrokenAsideAsync(LakeTable table, CancellationToken cancellationToken)
    {
        try
        {
            await table.LatestAsync(cancellationToken);
            return null;
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            var check = await new TableCheck(table.Delta).RunAsync(cancellationToken);
            return CommitPutAside.Of(
                await new TableRepair(table.Delta, TableOperation.EngineInfo).PutAsideAsync(check, cancellationToken));
        }
    }

    /// <summary>
    /// Takes files that are gone or damaged out of the table, puts a newest commit aside that is broken, and makes
    /// again what is wrong besides its commits. Lost rows stay lost.
    /// </summary>
    /// <exception cref="DeltaException">
    /// Commits before the newest are missing or broken, the table does not allow that rows go, or another commit came
    /// first.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<RepairResult> RepairAsync(
        LakeTable table, FsckResult found, CancellationToken cancellationToken)
    {
        var result = await new TableRepair(table.Delta, TableOperation.EngineInfo).RunAsync(
            found.Check, cancellationToken);
        return new(
            result.Version, result.FilesRemoved, result.FilesDeleted, result.HasCheckpoint,
            CommitPutAside.Of(result.PutAside));
    }
}

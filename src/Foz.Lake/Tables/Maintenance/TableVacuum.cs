using Foz.Delta;
using Foz.Delta.Maintenance;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>How a table is vacuumed.</summary>
public sealed record TableVacuumOptions
{
    /// <summary>How long files stay that no version needs any more; null for the table's own time.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Whether a shorter time than the table's own is refused.</summary>
    public bool ChecksRetention { get; init; } = true;

    /// <summary>Whether the files are taken from the log instead of a listing of the table's folder.</summary>
    public bool IsLite { get; init; }

    /// <summary>Whether nothing is deleted, and the result reports what would be.</summary>
    public bool IsDryRun { get; init; }
}

/// <summary>What a vacuum came to, or would come to.</summary>
/// <param name="Version">The table's version then.</param>
/// <param name="OlderThan">Files older than this were deleted.</param>
/// <param name="Files">The files that were deleted, or would be, below the table's folder.</param>
/// <param name="Bytes">Their size in bytes.</param>
/// <param name="FoldersRemoved">Empty folders that were removed.</param>
public sealed record TableVacuumResult(
    long Version, DateTimeOffset OlderThan, IReadOnlyList<string> Files, long Bytes, int FoldersRemoved);

/// <summary>Deletes the files of tables that no version needs any more (Delta's VACUUM).</summary>
public static class TableVacuum
{
    const int DueFilesMin = 50;
    const int DueBytesShare = 10;

    /// <summary>Vacuums a table.</summary>
    /// <param name="table">The table; it must exist.</param>
    /// <param name="options">How.</param>
    /// <param name="onProgress">Receives how many of the files are deleted; null for no reports.</param>
    /// <param name="cancellationToken">Stops it; what is deleted stays deleted.</param>
    /// <exception cref="FozException">The time is shorter than the table's own, which is checked.</exception>
    /// <exception cref="DeltaException">There is no table, or it cannot be written.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<TableVacuumResult> RunAsync(
        LakeTable table, TableVacuumOptions options, Action<int, int>? onProgress, CancellationToken cancellationToken)
    {
        try
        {
            var result = await new Vacuum(table.Delta).RunAsync(
                new()
                {
                    Retention = options.Retention, ChecksRetention = options.ChecksRetention, IsLite = options.IsLite,
                    IsDryRun = options.IsDryRun, EngineInfo = TableOperation.EngineInfo,
                },
                onProgress, cancellationToken);
            // The checkpoint forgets what is deleted. Where it cannot be written, the next one does.
            if (result.Files.Count > 0 && !options.IsDryRun)
                await table.Delta.WriteCheckpointAsync(
                    (await table.LatestAsync(cancellationToken)).State, cancellationToken);
            return new(result.Version, result.OlderThan, result.Files, result.Bytes, result.FoldersRemoved);
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.Refused)
        {
            throw new FozException(ErrorKind.Usage, e.Message, e)
            {
                Hint = "give a longer retention, or set delta.deletedFileRetentionDuration with foz alter; "
                    + "--no-retention-check vacuums anyway",
            };
        }
    }

    /// <summary>
    /// Whether much of what the newest checkpoint still knows as removed may be deleted: once it is, the next
    /// checkpoint forgets it.
    /// </summary>
    public static async Task<bool> IsDueAsync(LakeTable table, CancellationToken cancellationToken)
    {
        var snapshot = (await table.LatestAsync(cancellationToken)).State;
        var before = table.Delta.Time.GetUtcNow() - Vacuum.RetentionOf(snapshot);
        var (files, bytes) = (0, 0L);
        foreach (var file in snapshot.Tombstones)
            if (!(file.DeletionTimestampMs >= before.ToUnixTimeMilliseconds()))
                (files, bytes) = (files + 1, bytes + (file.SizeBytes ?? 0));
        return files >= DueFilesMin || (files > 0 && bytes > snapshot.TotalBytes / DueBytesShare);
    }
}

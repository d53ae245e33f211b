using Foz.Delta.Log;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>What a table takes of its storage.</summary>
/// <param name="Live">The data files of its newest version.</param>
/// <param name="Removed">Data files that only older versions need, as far as the log still knows them.</param>
/// <param name="Log">The files of its log, checkpoints included.</param>
public sealed record TableSizes(FileTotal Live, FileTotal Removed, FileTotal Log)
{
    /// <summary>Adds them up.</summary>
    /// <param name="table">The table.</param>
    /// <param name="snapshot">Its newest version.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TableSizes> OfAsync(
        LakeTable table, TableSnapshot snapshot, CancellationToken cancellationToken)
    {
        var live = snapshot.State.Files.Select(file => file.Path).ToHashSet();
        var removed = default(FileTotal);
        // A file whose rows were marked as deleted is still the table's.
        foreach (var file in snapshot.State.Tombstones.DistinctBy(file => file.Path))
            if (!live.Contains(file.Path)) removed += new FileTotal(1, file.SizeBytes ?? 0);
        var log = default(FileTotal);
        await foreach (var file in table.Delta.Store.ListAsync(LogFiles.Folder, startAfter: null, cancellationToken))
            log += new FileTotal(1, file.SizeBytes);
        return new(new(snapshot.FileCount, snapshot.TotalBytes), removed, log);
    }
}

using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>What a table at a version consists of: the objects of its folder that a copy of it needs.</summary>
/// <param name="Log">
/// The commits up to the version, with the checkpoints, checksums and compactions among them. Not
/// <c>_last_checkpoint</c>, without which readers list the log.
/// </param>
/// <param name="Data">
/// The data files and deletion vectors of the version and, as far as they exist, those of earlier versions that can
/// still be read, and the files of the change feed.
/// </param>
/// <param name="Missing">Paths of files of the version that are not there, or have another size.</param>
/// <param name="Elsewhere">Files of the version outside of the table's folder, as a shallow clone has them.</param>
public sealed record TableContent(
    IReadOnlyList<ObjectInfo> Log, IReadOnlyList<ObjectInfo> Data, IReadOnlyList<string> Missing,
    IReadOnlyList<string> Elsewhere)
{
    const string ChangeFolder = "_change_data/";

    /// <summary>Lists the objects of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="snapshot">It at the version.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<TableContent> ListAsync(
        DeltaTable table, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var needed = VacuumCandidates.KeptBy(table.Store, snapshot, DateTimeOffset.MinValue);
        var (log, data) = (new List<ObjectInfo>(), new List<ObjectInfo>());
        await foreach (var info in table.Store.ListAsync("", startAfter: null, cancellationToken))
        {
            if (info.Path.StartsWith(LogFiles.SidecarFolder + "/", StringComparison.Ordinal)) log.Add(info);
            else if (info.Path.StartsWith(LogFiles.Folder + "/", StringComparison.Ordinal))
            {
                if (LogFile.Parse(info) is { } file && Math.Max(file.Version, file.LastVersion) <= snapshot.Version)
                    log.Add(info);
            }
            else if (needed.Contains(info.Path) || info.Path.StartsWith(ChangeFolder, StringComparison.Ordinal))
                data.Add(info);
        }
        var sizes = data.ToDictionary(info => info.Path, info => info.SizeBytes, StringComparer.Ordinal);
        var (missing, elsewhere) = (new List<string>(), new List<string>());
        foreach (var file in snapshot.Files)
            if (!file.Path.IsAbsolute)
            {
                if (sizes.GetValueOrDefault(file.Path.Value, -1) != file.SizeBytes) missing.Add(file.Path.Value);
            }
            else elsewhere.Add(file.Path.Value);
        return new(log, data, missing, elsewhere);
    }
}

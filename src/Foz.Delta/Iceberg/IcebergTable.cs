using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Iceberg;

/// <summary>
/// The Iceberg metadata next to a table's log, as Delta's UniForm has them: readers of Iceberg see the same data files
/// without a copy. They follow the table's versions, and may lag where writing them failed.
/// </summary>
/// <param name="table">The table.</param>
sealed class IcebergTable(DeltaTable table)
{
    const string FormatsProperty = "delta.universalFormat.enabledFormats";
    const int AttemptsMax = 20;
    const int CommitsMax = 100;
    const int SnapshotsMax = 100;
    const int MetadataFilesMax = 100;

    readonly IcebergFolder folder = new(table.Store);

    /// <summary>Whether a table has Iceberg metadata.</summary>
    /// <param name="properties">The table's properties.</param>
    public static bool IsEnabled(StringMap properties) => properties.Find(FormatsProperty) is { } formats
        && formats.Split(',', StringSplitOptions.TrimEntries).Contains("iceberg", StringComparer.OrdinalIgnoreCase);

    /// <summary>Brings the metadata up to a version; nothing happens where they are there already.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="commit">Its commit, if it is known.</param>
    /// <param name="cancellationToken">Stops it; the next update catches up.</param>
    /// <exception cref="DeltaException">The table has what Iceberg cannot express.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task UpdateAsync(Snapshot snapshot, Commit? commit, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (number, hint, metadata) = await folder.FindAsync(cancellationToken);
            var isOwn = metadata is not null && metadata.Location == folder.Location
                && metadata.DeltaTableId == snapshot.Metadata.Id;
            if (isOwn && metadata!.DeltaVersion >= snapshot.Version)
            {
                await folder.PutHintAsync(number, hint, cancellationToken);
                return;
            }
            var changes = isOwn
                ? await ChangesAsync(metadata!.DeltaVersion, snapshot, commit, cancellationToken)
                : null;
            if (!isOwn) metadata = IcebergMetadata.New(folder.Location, snapshot.Metadata.Id);
            if (await TryStepAsync(number, hint, metadata!, snapshot, changes, cancellationToken)) return;
        }
        throw new DeltaException(
            DeltaErrorKind.Conflict, $"others wrote {IcebergFolder.Folder} first {AttemptsMax} times");
    }

    async Task<bool> TryStepAsync(
        long number, IcebergFolder.Hint hint, IcebergMetadata metadata, Snapshot snapshot, FileChanges? changes,
        CancellationToken cancellationToken)
    {
        var step = new IcebergStep(folder, metadata, snapshot);
        try
        {
            await step.RunAsync(changes, cancellationToken);
        }
        catch
        {
            await folder.DeleteAsync(step.Written, CancellationToken.None);
            throw;
        }
        var oldFiles = number > 0 ? metadata.FollowOn(folder.FileOf(number), MetadataFilesMax) : [];
        var expired = metadata.Expire(SnapshotsMax);
        // Where this fails, the file may be there all the same, and needs what was written.
        if (!await folder.TryPutAsync(number + 1, metadata, cancellationToken))
        {
            await folder.DeleteAsync(step.Written, cancellationToken);
            return false;
        }
        await folder.PutHintAsync(number + 1, hint, cancellationToken);
        await folder.DeleteAsync(oldFiles, cancellationToken);
        await DeleteExpiredAsync(expired, cancellationToken);
        return true;
    }

    /// <summary>Returns the changes of the commits after a version; null where they are too many, or gone.</summary>
    async ValueTask<FileChanges?> ChangesAsync(
        long version, Snapshot snapshot, Commit? newest, CancellationToken cancellationToken)
    {
        if (snapshot.Version - version > CommitsMax) return null;
        var changes = new FileChanges();
        while (++version <= snapshot.Version)
        {
            var commit = newest?.Version == version ? newest : await table.ReadCommitAsync(version, cancellationToken);
            if (commit is null) return null;
            changes.Add(commit);
        }
        return changes;
    }

    /// <summary>Deletes the manifests that only snapshots had which are forgotten.</summary>
    /// <param name="lists">The lists of these snapshots, oldest first, and of the oldest that stays.</param>
    /// <param name="cancellationToken">Stops it.</param>
    async Task DeleteExpiredAsync(IReadOnlyList<string> lists, CancellationToken cancellationToken)
    {
        // A manifest that a snapshot does not take over from the one before never comes back.
        for (var i = 0; i + 1 < lists.Count; i++)
        {
            var (gone, next) = (await ReadAsync(lists[i]), await ReadAsync(lists[i + 1]));
            if (gone is null || next is null) continue;
            await folder.DeleteAsync(gone.Except(next), cancellationToken);
            await folder.DeleteAsync([lists[i]], cancellationToken);
        }

        async ValueTask<IEnumerable<string>?> ReadAsync(string list) =>
            await folder.GetAsync(list, cancellationToken) is { } content
                ? ManifestList.Read(content)?.Select(manifest => manifest.Path)
                : null;
    }
}

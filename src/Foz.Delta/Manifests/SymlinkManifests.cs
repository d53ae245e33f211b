using System.Globalization;
using System.Text;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Manifests;

/// <summary>
/// Lists of a table's data files for Hive, Athena, Presto and others that read Parquet files and no log:
/// <c>_symlink_format_manifest/[column=value/…]manifest</c>, one for each partition.
/// </summary>
/// <param name="table">The table.</param>
public sealed class SymlinkManifests(DeltaTable table)
{
    /// <summary>Table property that keeps the manifests up with each commit.</summary>
    public const string Property = "delta.compatibility.symlinkFormatManifest.enabled";

    /// <summary>The folder of the manifests.</summary>
    public const string Folder = "_symlink_format_manifest";

    // Readers skip names that begin so.
    const string MarkerPath = $"{Folder}/_delta_version";
    const int CommitsMax = 100;
    const int AttemptsMax = 20;

    /// <summary>Whether each commit brings the manifests up to date.</summary>
    public static bool IsEnabled(Metadata metadata) =>
        string.Equals(metadata.Configuration.Find(Property), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the manifests of all partitions, and deletes those of partitions that have no file.</summary>
    /// <returns>The version that they show, and how many they are.</returns>
    /// <exception cref="DeltaException">The table has what such readers cannot see
    /// (<see cref="DeltaErrorKind.Refused"/>).</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<(long Version, int Count)> WriteAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var marker = await ReadMarkerAsync(cancellationToken);
            // Others show a newer version: theirs must not be replaced by an older one.
            if (marker.Version > snapshot.Version && marker.TableId == snapshot.Metadata.Id)
                snapshot = await table.LatestSnapshotAsync(cancellationToken);
            var count = await WriteAllAsync(snapshot, cancellationToken);
            if (await TryMarkAsync(marker, snapshot, cancellationToken)) return (snapshot.Version, count);
            snapshot = await table.LatestSnapshotAsync(cancellationToken);
        }
        throw new DeltaException(
            DeltaErrorKind.Conflict, $"others wrote the manifests of {table.Name} {AttemptsMax} times meanwhile");
    }

    /// <summary>Brings the manifests up to a version: those of the partitions that have changed since they were
    /// written.</summary>
    internal async Task UpdateAsync(Snapshot snapshot, Commit? commit, CancellationToken cancellationToken)
    {
        var marker = await ReadMarkerAsync(cancellationToken);
        var isOwn = marker.TableId == snapshot.Metadata.Id;
        if (isOwn && marker.Version >= snapshot.Version) return;
        if (!isOwn || await ChangedAsync(marker.Version, snapshot, commit, cancellationToken) is not { } changed)
        {
            await WriteAsync(snapshot, cancellationToken);
            return;
        }
        var folders = new PartitionFolders(snapshot);
        foreach (var (path, files) in folders.Group(
            snapshot.Files.Where(f => changed.Contains(folders.PathOf(f.PartitionValues)))))
        {
            await PutAsync(path, files, cancellationToken);
            changed.Remove(path);
        }
        foreach (var empty in changed) await table.Store.DeleteAsync(ManifestOf(empty), cancellationToken);
        if (!await TryMarkAsync(marker, snapshot, cancellationToken))
            await WriteAsync(await table.LatestSnapshotAsync(cancellationToken), cancellationToken);
    }

    async Task<int> WriteAllAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var folders = new PartitionFolders(snapshot);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, files) in folders.Group(snapshot.Files))
        {
            await PutAsync(path, files, cancellationToken);
            written.Add(ManifestOf(path));
        }
        // A table without partitions has a manifest even where it has no file.
        if (written.Count == 0 && snapshot.Metadata.PartitionColumns.Count == 0)
        {
            await PutAsync("", [], cancellationToken);
            written.Add(ManifestOf(""));
        }
        var present = new List<string>();
        await foreach (var file in table.Store.ListAsync(Folder, null, cancellationToken)) present.Add(file.Path);
        foreach (var stale in present)
            if (stale != MarkerPath && !written.Contains(stale))
                await table.Store.DeleteAsync(stale, cancellationToken);
        return written.Count;
    }

    /// <summary>
    /// Returns the partitions whose files have changed after a version; null where the log does not show it.
    /// </summary>
    async ValueTask<HashSet<string>?> ChangedAsync(
        long version, Snapshot snapshot, Commit? newest, CancellationToken cancellationToken)
    {
        if (snapshot.Version - version > CommitsMax) return null;
        var folders = new PartitionFolders(snapshot);
        var changed = new HashSet<string>(StringComparer.Ordinal);
        while (++version <= snapshot.Version)
        {
            var commit = newest?.Version == version ? newest : await table.ReadCommitAsync(version, cancellationToken);
            // Other metadata may mean other folders.
            if (commit is null || commit.Actions.Any(action => action is Metadata)) return null;
            foreach (var action in commit.Actions)
            {
                if (action is AddFile added) changed.Add(folders.PathOf(added.PartitionValues));
                if (action is not RemoveFile removed) continue;
                if (removed.PartitionValues is not { } values) return null;
                changed.Add(folders.PathOf(values));
            }
        }
        return changed;
    }

    async Task PutAsync(string partition, IEnumerable<AddFile> files, CancellationToken cancellationToken)
    {
        var location = FullPath.Of(table.Store.Root);
        var lines = new StringBuilder();
        foreach (var file in files)
        {
            if (file.DeletionVector is not null)
                throw new DeltaException(DeltaErrorKind.Refused,
                    $"{table.Name} can have no manifests: {file.Path} has a deletion vector, "
                        + "which their readers do not know")
                { Path = file.Path.Value };
            lines.Append(FullPath.Of(location, file.Path)).Append('\n');
        }
        await table.Store.PutAsync(ManifestOf(partition), Encoding.UTF8.GetBytes(lines.ToString()), cancellationToken);
    }

    static string ManifestOf(string partition) =>
        partition.Length == 0 ? $"{Folder}/manifest" : $"{Folder}/{partition}/manifest";

    async ValueTask<Marker> ReadMarkerAsync(CancellationToken cancellationToken)
    {
        if (await table.Store.GetAsync(MarkerPath, cancellationToken) is not { } found) return new(null, -1, null);
        var words = Encoding.UTF8.GetString(found.Content.Span).Split(' ', StringSplitOptions.TrimEntries);
        return words is [var id, var text] && long.TryParse(text, CultureInfo.InvariantCulture, out var version)
            ? new(id, version, found.ETag)
            : new(null, -1, found.ETag);
    }

    /// <summary>Notes which version the manifests show, unless others wrote some meanwhile.</summary>
    async ValueTask<bool> TryMarkAsync(Marker before, Snapshot snapshot, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{snapshot.Metadata.Id} {snapshot.Version}\n"));
        return before.ETag is null
            ? await table.Store.TryCreateAsync(MarkerPath, text, cancellationToken)
            : await table.Store.PutIfMatchAsync(
                MarkerPath, text, before.ETag, cancellationToken) is PutIfMatchResult.Written;
    }

    // What the manifests show: the table by its identifier, and the version; null and -1 for nothing.
    readonly record struct Marker(string? TableId, long Version, string? ETag);
}

using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>Finds the files of a table's folder that no version needs which can still be read.</summary>
/// <param name="table">The table.</param>
/// <param name="snapshot">Its newest version.</param>
/// <param name="olderThan">Versions before this need not be readable.</param>
sealed class VacuumCandidates(DeltaTable table, Snapshot snapshot, DateTimeOffset olderThan)
{
    const string IcebergFolder = "metadata";
    const string IcebergProperty = "delta.universalFormat.enabledFormats";
    static readonly string[] swept = ["_change_data", "_delta_index"];

    readonly HashSet<string> kept = KeptBy(table.Store, snapshot, olderThan);
    readonly string[] partitionFolders =
    [
        .. snapshot.TableSchema.PartitionColumns.SelectMany(column =>
            new[] { $"{column.Name}=", $"{column.PhysicalName(snapshot.TableSchema.Mapping)}=" })
            .Distinct(StringComparer.Ordinal),
    ];

    readonly bool hasIceberg = snapshot.Metadata.Configuration.Find(IcebergProperty)?
        .Contains("iceberg", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>By a listing of the whole folder.</summary>
    public async Task<List<ObjectInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var old = new List<ObjectInfo>();
        var otherTables = new List<string>();
        await foreach (var file in table.Store.ListAsync("", startAfter: null, cancellationToken))
        {
            if (FolderOfOtherTable(file.Path) is { } folder && !(otherTables.Count > 0 && otherTables[^1] == folder))
                otherTables.Add(folder);
            if (file.LastModified < olderThan && !kept.Contains(file.Path) && !IsHidden(file.Path)) old.Add(file);
        }
        if (otherTables.Count > 0)
            old.RemoveAll(file => otherTables.Exists(folder => file.Path.StartsWith(folder, StringComparison.Ordinal)));
        return old;
    }

    /// <summary>By the files that commits took out of the table.</summary>
    public async Task<List<ObjectInfo>> ReadLogAsync(CancellationToken cancellationToken)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var listing = await LogListing.ReadAsync(table.Store, table.Name, 0, cancellationToken);
        foreach (var commit in listing.Commits.Where(commit => commit.Version <= snapshot.Version))
            if (await table.ReadCommitAsync(commit.Version, cancellationToken) is { } read)
                foreach (var action in read.Actions)
                    if (action is RemoveFile removed) paths.UnionWith(PathsOf(table.Store, removed));
                    else if (action is AddCdcFile { Path.IsAbsolute: false } change) paths.Add(change.Path.Value);
        paths.ExceptWith(kept);
        var old = new List<ObjectInfo>();
        foreach (var path in paths.Order(StringComparer.Ordinal))
            if (!IsHidden(path) && await table.Store.GetInfoAsync(path, cancellationToken) is { } file
                && file.LastModified < olderThan)
                old.Add(file);
        return old;
    }

    /// <summary>
    /// The files that a version needs, and those that one needed which can still be read: below the table's folder.
    /// </summary>
    public static HashSet<string> KeptBy(IObjectStore store, Snapshot snapshot, DateTimeOffset olderThan)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var sinceMs = olderThan.ToUnixTimeMilliseconds();
        foreach (var file in snapshot.Files) needed.UnionWith(PathsOf(store, file));
        foreach (var file in snapshot.Tombstones)
            if (file.DeletionTimestampMs >= sinceMs) needed.UnionWith(PathsOf(store, file));
        return needed;
    }

    /// <summary>
    /// The objects of a logical file that lie below the table's folder; what lies elsewhere is never deleted.
    /// </summary>
    static IEnumerable<string> PathsOf(IObjectStore store, FileAction file)
    {
        if (Below(store, file.Path.Value, file.Path.IsAbsolute) is { } data) yield return data;
        if (file.DeletionVector is not { } vector || DeletionVectorFile.PathOf(vector) is not { } path) yield break;
        if (Below(store, path, vector.StorageType == DeletionVectorDescriptor.Absolute) is { } rows) yield return rows;
    }

    static string? Below(IObjectStore store, string path, bool isAbsolute)
    {
        if (!isAbsolute) return path;
        var root = store.Root + "/";
        return path.StartsWith(root, StringComparison.Ordinal) ? path[root.Length..] : null;
    }

    /// <summary>
    /// Whether a file is none of the table's: its name, or that of a folder around it, begins with a dot or an
    /// underscore. Folders of partition columns that are named so are not meant, nor those of change data.
    /// </summary>
    bool IsHidden(string path)
    {
        var segments = path.Split('/');
        return Array.Exists(segments, IsHiddenName) || (hasIceberg && segments[0] == IcebergFolder);
    }

    bool IsHiddenName(string name) => name[0] is '_' or '.'
        && !Array.Exists(swept, folder => name.StartsWith(folder, StringComparison.Ordinal))
        && !Array.Exists(partitionFolders, folder => name.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>The folder of another Delta table inside of this one's, by a file of its log.</summary>
    static string? FolderOfOtherTable(string path)
    {
        var log = path.IndexOf($"/{LogFiles.Folder}/", StringComparison.Ordinal);
        return log > 0 ? path[..(log + 1)] : null;
    }
}

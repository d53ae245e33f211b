using Foz.Storage;

namespace Foz.Delta.Maintenance;

/// <summary>
/// Folders of a local table that a vacuum empties; object stores have none. A folder that changed lately stays: a
/// writer may be about to write there.
/// </summary>
sealed class EmptyFolders
{
    readonly IObjectStore store;
    readonly List<string> old = [];

    /// <summary>Reads the folders before their files are deleted, which changes when they were last used.</summary>
    public EmptyFolders(IObjectStore store, DateTimeOffset olderThan, IEnumerable<ObjectInfo> files)
    {
        this.store = store;
        if (!store.IsLocal) return;
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
            for (var slash = file.Path.LastIndexOf('/'); slash > 0; slash = file.Path.LastIndexOf('/', slash - 1))
                if (!folders.Add(file.Path[..slash])) break;
        foreach (var folder in folders)
            if (store.LocalPath(folder) is { } path && Directory.Exists(path)
                && Directory.GetLastWriteTimeUtc(path) < olderThan.UtcDateTime)
                old.Add(folder);
        // Inner folders first.
        old.Sort((a, b) => b.Length.CompareTo(a.Length));
    }

    /// <summary>Removes those that are empty now.</summary>
    /// <returns>How many.</returns>
    public int Remove()
    {
        var removed = 0;
        foreach (var folder in old)
        {
            try
            {
                // Fails where it is not empty.
                Directory.Delete(store.LocalPath(folder)!);
                removed++;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // An empty folder does no harm.
            }
        }
        return removed;
    }
}

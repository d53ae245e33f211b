using System.IO.Enumeration;

namespace Foz.Storage;

/// <summary>Lists the files below a folder of a local file system in ordinal order of their paths.</summary>
static class LocalListing
{
    readonly record struct Entry(string Key, bool IsFolder, long SizeBytes, DateTimeOffset LastModified);

    /// <summary>
    /// All files below <paramref name="folder"/> whose path sorts after <paramref name="startAfter"/>.
    /// </summary>
    public static List<ObjectInfo> Of(
        string prefix, string folder, string? startAfter, CancellationToken cancellationToken)
    {
        var files = new List<ObjectInfo>();
        Add(files, prefix, folder.Length == 0 ? "" : folder + "/", startAfter, cancellationToken);
        return files;
    }

    static void Add(
        List<ObjectInfo> files, string prefix, string folder, string? startAfter, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!Directory.Exists(prefix + folder)) return;
        foreach (var entry in Entries(prefix, folder, startAfter))
            if (entry.IsFolder) Add(files, prefix, entry.Key, startAfter, cancellationToken);
            else files.Add(new ObjectInfo(entry.Key, entry.SizeBytes, entry.LastModified));
    }

    /// <summary>A folder's own entries; a folder's key ends in a slash, which is how its files sort.</summary>
    static List<Entry> Entries(string prefix, string folder, string? startAfter)
    {
        var entries = new FileSystemEnumerable<Entry>(
            prefix + folder,
            (ref FileSystemEntry entry) => entry.IsDirectory
                ? new Entry($"{folder}{entry.FileName}/", true, 0, default)
                : new Entry(folder + entry.FileName.ToString(), false, entry.Length, entry.LastWriteTimeUtc),
            new EnumerationOptions { AttributesToSkip = default, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                !entry.FileName.StartsWith(StorePath.OwnPrefix, StringComparison.Ordinal)
                && (startAfter is null || MaySortAfter(ref entry, folder, startAfter))
                && !(entry.IsDirectory && entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
        };
        var sorted = entries.ToList();
        sorted.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return sorted;
    }

    static bool MaySortAfter(ref FileSystemEntry entry, string folder, string startAfter)
    {
        if (!startAfter.StartsWith(folder, StringComparison.Ordinal))
            return string.CompareOrdinal(folder, startAfter) > 0;
        var rest = startAfter.AsSpan(folder.Length);
        var name = entry.FileName;
        if (!entry.IsDirectory) return name.SequenceCompareTo(rest) > 0;
        // A folder holds paths after startAfter unless startAfter sorts after "name/" and is not below it.
        var slash = rest.IndexOf('/');
        var first = slash < 0 ? rest : rest[..slash];
        if (first.SequenceEqual(name)) return slash >= 0 || rest.Length == name.Length;
        return string.CompareOrdinal($"{name}/", rest.ToString()) > 0;
    }
}

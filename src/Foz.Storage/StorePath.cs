namespace Foz.Storage;

/// <summary>The rules for paths in an <see cref="IObjectStore"/>.</summary>
public static class StorePath
{
    /// <summary>Names that begin so belong to a store: unfinished files and locks.</summary>
    public const string OwnPrefix = ".foz-";

    /// <summary>Checks an object's path.</summary>
    /// <exception cref="StorageException">The path is empty, absolute, or has an empty, <c>.</c> or <c>..</c>
    /// segment, a backslash or a NUL.</exception>
    public static void Check(string path)
    {
        if (!IsValid(path))
            throw new StorageException(StorageErrorKind.InvalidArgument,
                $"'{path}' is no path below the store's root; use relative/forward/slashes without '.' and '..'")
            { Path = path };
    }

    /// <summary>Checks a folder: empty for the root, otherwise as an object's path.</summary>
    public static void CheckFolder(string folder)
    {
        if (folder.Length > 0) Check(folder);
    }

    static bool IsValid(string path)
    {
        if (path.Length == 0 || path.AsSpan().ContainsAny('\\', '\0')) return false;
        foreach (var range in path.AsSpan().Split('/'))
            if (path.AsSpan()[range] is "" or "." or "..") return false;
        return true;
    }
}

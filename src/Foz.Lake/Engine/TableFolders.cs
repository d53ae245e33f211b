namespace Foz.Lake.Engine;

/// <summary>
/// The folders of this machine that the engines of a server reach: of a lake those of its schemas, of a table elsewhere
/// its own. What is not below one of them is no file to them. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake's folder; null for a lake that is not on this machine.</param>
/// <param name="system">The name of the folder below the lake that has what is no table; it is never reached.</param>
/// <param name="closed">Folders of which nothing is reached by being in a folder above: a project's, a user's
/// home.</param>
/// <param name="always">Folders that are reached from the beginning.</param>
sealed class TableFolders(
    string? lake, string system, IReadOnlyList<string> closed, IReadOnlyList<string> always)
{
    const string LogFolder = "_delta_log";

    readonly Lock gate = new();
    readonly string? lake = lake is null ? null : Normal(lake);
    readonly string[] closed =
    [
        .. closed.Select(Normal), .. lake is null ? Array.Empty<string>() : [Normal(Path.Combine(lake, system))],
    ];
    volatile IReadOnlyList<string> all = [.. always.Select(Normal)];

    /// <summary>The folders that are reached now, in no order.</summary>
    public IReadOnlyList<string> All => all;

    /// <summary>Adds the folders that have others; what an instance reaches that is open stays.</summary>
    /// <param name="folders">Folders in which files lie.</param>
    /// <exception cref="FozException">A folder is one that is never reached.</exception>
    public void Add(IEnumerable<string> folders)
    {
        foreach (var folder in folders)
        {
            var reached = FolderOf(folder);
            lock (gate)
                if (!Covers(all, reached)) all = [.. all, reached];
        }
    }

    /// <summary>Whether a folder is one of others, or lies below one.</summary>
    internal static bool Covers(IReadOnlyList<string> folders, string folder)
    {
        foreach (var known in folders)
            if (folder.StartsWith(known, StringComparison.Ordinal)
                && (folder.Length == known.Length || folder[known.Length] == Path.DirectorySeparatorChar)) return true;
        return false;
    }

    /// <summary>
    /// The folder that is reached so that the files of another are: as few as do, so that instances are rarely opened
    /// again.
    /// </summary>
    /// <exception cref="FozException">It is one that is never reached.</exception>
    string FolderOf(string folder)
    {
        var path = Normal(folder);
        var found = lake is not null && Covers([lake], path) ? SchemaOf(path) : TableOf(path);
        return found is not null && Path.GetDirectoryName(found) is not null
            && !closed.Any(never => Covers([found], never))
            ? found
            : throw new FozException(ErrorKind.Denied, $"{folder} is no folder of tables that a server reads")
            {
                Hint = "tables lie in folders of their own: below the lake, or outside of the project "
                    + "and of the user's home itself",
            };
    }

    /// <summary>
    /// The folder below the lake that a folder is in; null for the lake itself, and what is no table in it.
    /// </summary>
    string? SchemaOf(string path)
    {
        var below = path.AsSpan(lake!.Length).TrimStart(Path.DirectorySeparatorChar);
        var end = below.IndexOf(Path.DirectorySeparatorChar);
        var name = end < 0 ? below : below[..end];
        // Some file systems have one folder for both cases.
        return name.IsEmpty || name.Equals(system, StringComparison.OrdinalIgnoreCase)
            ? null
            : Path.Combine(lake, name.ToString());
    }

    /// <summary>The Delta table that a folder is in; the folder itself where there is none.</summary>
    static string TableOf(string path)
    {
        for (var folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
            if (Directory.Exists(Path.Combine(folder, LogFolder))) return folder;
        return path;
    }

    static string Normal(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
}

using Foz.Lake.Configuration;

namespace Foz.Connectors.Files;

/// <summary>Finds the path that was probably meant by a pattern that matches no file.</summary>
static class NearestPath
{
    /// <summary>
    /// Returns a hint: the nearest name of the first part that does not exist; null where no name is known.
    /// </summary>
    /// <param name="folder">Where a relative pattern starts.</param>
    /// <param name="pattern">The pattern.</param>
    public static string? Hint(string folder, string pattern)
    {
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = new DirectoryInfo(pattern.StartsWith('/') ? "/" : folder);
        for (var i = 0; i < parts.Length && at.Exists; i++)
        {
            var isFile = i == parts.Length - 1;
            if (Glob.IsPattern(parts[i]) || parts[i] == "**") return isFile ? Suffix(at, parts[i]) : null;
            var next = new DirectoryInfo(Path.Combine(at.FullName, parts[i]));
            if (isFile || !next.Exists)
            {
                if (NearestName.Find(parts[i], Names(at, isFile)) is not { } near) return null;
                parts[i] = near;
                return $"did you mean {string.Join('/', parts)}?";
            }
            at = next;
        }
        return at.Exists ? null : $"there is no folder {at.FullName}";
    }

    /// <summary>Returns the file of a folder whose name is nearest to a pattern.</summary>
    static string? Suffix(DirectoryInfo folder, string pattern)
    {
        var names = Names(folder, areFiles: true);
        return names.Count == 0
            ? $"{folder.Name} has no files"
            : $"there are {string.Join(", ", names.Take(3))}{(names.Count > 3 ? ", …" : "")}: {pattern} meets none";
    }

    static IReadOnlyList<string> Names(DirectoryInfo folder, bool areFiles)
    {
        try
        {
            return
            [
                .. (areFiles ? folder.EnumerateFiles().Cast<FileSystemInfo>() : folder.EnumerateDirectories())
                    .Select(found => found.Name).Where(name => name[0] != '.').Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

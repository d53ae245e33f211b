using Foz.Lake;

namespace Foz.Connectors.Files;

/// <summary>
/// A pattern of paths: <c>*</c> matches any characters of a name, <c>?</c> one character, <c>**</c> any folders,
/// <c>{a,b}</c> either text. Only a pattern that begins with a dot matches names that do.
/// </summary>
static class Glob
{
    const int AlternativesMax = 1_000;

    /// <summary>The files that a pattern meets, each once, in the order of their paths' bytes.</summary>
    /// <param name="folder">Where a relative pattern starts.</param>
    /// <param name="pattern">The pattern, with <c>/</c> between folders.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">A folder cannot be listed.</exception>
    public static IReadOnlyList<FileInfo> Find(string folder, string pattern, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, FileInfo>(StringComparer.Ordinal);
        foreach (var alternative in Expand(pattern))
        {
            var parts = alternative.Split('/', StringSplitOptions.RemoveEmptyEntries);
            var root = alternative.StartsWith('/') ? "/" : folder;
            Walk(new DirectoryInfo(root), parts, found, cancellationToken);
        }
        return [.. found.Values];
    }

    /// <summary>Whether a text has anything but a path in it.</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny("*?{");

    /// <summary>The folder below which all files of a pattern are.</summary>
    public static string FixedFolder(string pattern)
    {
        var parts = pattern.Split('/');
        var count = Array.FindIndex(parts, IsPattern);
        return string.Join('/', parts.Take(count < 0 ? parts.Length - 1 : count));
    }

    static void Walk(
        DirectoryInfo folder, ReadOnlySpan<string> parts, SortedDictionary<string, FileInfo> found,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (parts.IsEmpty || !folder.Exists) return;
        var part = parts[0];
        var rest = parts[1..];
        if (part is "**")
        {
            Walk(folder, rest.IsEmpty ? ["*"] : rest, found, cancellationToken);
            foreach (var child in List(folder, static f => f.EnumerateDirectories()))
                if (child.Name[0] != '.' && child.LinkTarget is null) Walk(child, parts, found, cancellationToken);
        }
        else if (!IsPattern(part))
        {
            var path = Path.Combine(folder.FullName, part);
            if (!rest.IsEmpty) Walk(new DirectoryInfo(path), rest, found, cancellationToken);
            else if (File.Exists(path)) Add(new FileInfo(path));
        }
        else if (rest.IsEmpty)
        {
            foreach (var file in List(folder, static f => f.EnumerateFiles()))
                if (Matches(file.Name, part)) Add(file);
        }
        else
        {
            foreach (var child in List(folder, static f => f.EnumerateDirectories()))
                if (Matches(child.Name, part)) Walk(child, rest, found, cancellationToken);
        }

        void Add(FileInfo file) => found[Path.GetFullPath(file.FullName)] = file;
    }

    static IReadOnlyList<T> List<T>(DirectoryInfo folder, Func<DirectoryInfo, IEnumerable<T>> list)
    {
        try
        {
            return [.. list(folder)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Source, $"folder {folder.FullName} cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>Whether a path, with <c>/</c> between its parts, meets a pattern.</summary>
    public static bool Meets(string path, string pattern) =>
        Expand(pattern).Any(one => Meets(path.Split('/'), one.Split('/', StringSplitOptions.RemoveEmptyEntries)));

    static bool Meets(ReadOnlySpan<string> path, ReadOnlySpan<string> parts)
    {
        if (parts.IsEmpty || path.IsEmpty) return parts.IsEmpty && path.IsEmpty;
        if (parts[0] is not "**") return Matches(path[0], parts[0]) && Meets(path[1..], parts[1..]);
        if (parts.Length == 1) return path.ToArray().All(part => part[0] != '.');
        return Meets(path, parts[1..]) || (path[0][0] != '.' && Meets(path[1..], parts));
    }

    /// <summary>Whether a name meets a pattern of <c>*</c> and <c>?</c>.</summary>
    public static bool Matches(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.')) return false;
        var (n, p, starAt, retryAt) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (starAt, retryAt) = (p++, n);
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n])) (n, p) = (n + 1, p + 1);
            else if (starAt >= 0) (n, p) = (++retryAt, starAt + 1);
            else return false;
        }
        return pattern[p..].Trim('*').IsEmpty;
    }

    /// <summary>
    /// Returns all patterns that the alternatives in braces result in; an unclosed brace means itself.
    /// </summary>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        List<string> done = [];
        var open = new Stack<string>([pattern]);
        while (open.TryPop(out var text))
        {
            if (done.Count + open.Count > AlternativesMax)
                throw new FozException(
                    ErrorKind.Configuration, $"path '{pattern}' has more than {AlternativesMax} alternatives");
            // The innermost braces first, so that nested ones need no care.
            var end = text.IndexOf('}', StringComparison.Ordinal);
            var start = end < 0 ? -1 : text.LastIndexOf('{', end);
            if (start < 0)
            {
                done.Add(text);
                continue;
            }
            foreach (var alternative in text[(start + 1)..end].Split(','))
                open.Push($"{text[..start]}{alternative}{text[(end + 1)..]}");
        }
        return done;
    }
}

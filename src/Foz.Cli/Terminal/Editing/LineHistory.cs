using System.Text;

namespace Foz.Cli.Terminal.Editing;

/// <summary>The texts that were entered before, in a file that only its user can read.</summary>
sealed class LineHistory
{
    /// <summary>How many texts are remembered.</summary>
    public const int TextsMax = 1_000;

    /// <summary>The environment variable that names the folder of <c>foz/query_history</c>.</summary>
    public const string FolderVariable = "XDG_STATE_HOME";

    readonly string? path;
    readonly List<string> texts = [];
    int at;
    string draft = "";

    LineHistory(string? path) => this.path = path;

    /// <summary>Gets the texts, oldest first.</summary>
    public IReadOnlyList<string> Texts => texts;

    /// <summary>Returns the file of the user's history.</summary>
    /// <param name="variable">Gives environment variables.</param>
    public static string DefaultPath(Func<string, string?> variable)
    {
        var state = variable(FolderVariable) is { Length: > 0 } named ? named
            : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "foz", "query_history");
    }

    /// <summary>Reads a history.</summary>
    /// <param name="path">Its file; null for one that is forgotten at the end.</param>
    /// <param name="warn">Receives why the file cannot be used; the history is then forgotten at the end.</param>
    public static LineHistory Read(string? path, Action<string> warn)
    {
        if (path is null) return new(null);
        try
        {
            var history = new LineHistory(path);
            if (!File.Exists(path)) return history;
            Protect(path);
            var lines = File.ReadAllLines(path);
            history.texts.AddRange(lines.TakeLast(TextsMax).Where(line => line.Length > 0).Select(Unescaped));
            if (lines.Length > 2 * TextsMax) history.WriteAll();
            return history;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn($"the history cannot be read: {e.Message}");
            return new(null);
        }
    }

    /// <summary>Adds a text; not one that begins with a space, and not the last one again.</summary>
    public void Add(string text)
    {
        if (text.Length == 0 || text[0] == ' ' || (texts.Count > 0 && texts[^1] == text)) return;
        texts.Add(text);
        if (texts.Count > TextsMax) texts.RemoveAt(0);
        if (path is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = Open(path, FileMode.Append);
            file.Write(Encoding.UTF8.GetBytes(Escaped(text) + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be kept is still there until the prompt ends.
        }
    }

    /// <summary>Begins a new text, from which <see cref="Older"/> goes back.</summary>
    public void Begin() => (at, draft) = (texts.Count, "");

    /// <summary>Returns the text before; null where there is none.</summary>
    /// <param name="current">The text that the user has, to return to.</param>
    public string? Older(string current)
    {
        if (at == 0) return null;
        if (at == texts.Count) draft = current;
        return texts[--at];
    }

    /// <summary>Returns the text after, in the end the one that the user had; null where there is none.</summary>
    public string? Newer()
    {
        if (at >= texts.Count) return null;
        at++;
        return at == texts.Count ? draft : texts[at];
    }

    /// <summary>Returns the last text before that holds a text; null where there is none.</summary>
    /// <param name="current">The text that is looked for; when it is a found one, what was looked for before.</param>
    public string? Search(string current)
    {
        if (at == texts.Count || texts[at] != current) (draft, at) = (current, texts.Count);
        for (var i = at - 1; i >= 0; i--)
            if (texts[i].Contains(draft, StringComparison.OrdinalIgnoreCase)) return texts[at = i];
        return null;
    }

    void WriteAll()
    {
        using var file = Open(path!, FileMode.Create);
        foreach (var text in texts) file.Write(Encoding.UTF8.GetBytes(Escaped(text) + "\n"));
    }

    static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, options);
    }

    /// <summary>Takes a file away from other users that an older program, or a copy, left open to them.</summary>
    static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    static string Unescaped(string line)
    {
        var text = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
            if (line[i] == '\\' && i + 1 < line.Length) text.Append(line[++i] == 'n' ? '\n' : line[i]);
            else text.Append(line[i]);
        return text.ToString();
    }
}

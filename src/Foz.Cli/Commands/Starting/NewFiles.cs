using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Cli.Commands.Starting;

/// <summary>Files that are written all together or not at all.</summary>
/// <param name="shell">What paths are shown by.</param>
/// <param name="folder">Their folder.</param>
sealed class NewFiles(Shell shell, string folder)
{
    const string Ending = ".writing";
    static readonly Func<string, string?> VariableNow = Environment.GetEnvironmentVariable;
    readonly SortedDictionary<string, string> added = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> changed = new(StringComparer.Ordinal);

    /// <summary>Gets the names of the files, in order.</summary>
    public IEnumerable<string> Names => added.Keys.Concat(changed.Keys).Order(StringComparer.Ordinal);

    /// <summary>Adds files that must not be there.</summary>
    public void Add(IEnumerable<KeyValuePair<string, string>> files)
    {
        foreach (var (name, text) in files) added[name] = text;
    }

    /// <summary>Replaces a file that is there.</summary>
    public void Change(string name, string text) => changed[name] = text;

    /// <summary>
    /// Puts a variable into <c>.env</c>, which only its user can read, unless the environment has that value. One that
    /// is there keeps its value.
    /// </summary>
    public void AddVariable(string variable, string value)
    {
        if (VariableNow(variable) == value) return;
        var path = Path.Combine(folder, Variables.FileName);
        var before = File.Exists(path) ? File.ReadAllText(path) : null;
        if (before is null) added[Variables.FileName] = StartText.Env(variable, value);
        else if (!Variables.ReadFile(before, new()).ContainsKey(variable))
            Change(
                Variables.FileName,
                before + (before.Length == 0 || before.EndsWith('\n') ? "" : "\n") + StartText.Env(variable, value));
    }

    /// <summary>Throws where one of the files to add is there.</summary>
    /// <exception cref="FozException">Thrown when one is.</exception>
    public void ThrowIfAny()
    {
        if (added.Keys.FirstOrDefault(file => Path.Exists(Path.Combine(folder, file))) is { } taken)
            throw new FozException(
                ErrorKind.Usage, $"{shell.Shown(Path.Combine(folder, taken))} already exists; no files written")
            {
                Hint = "name another folder, or delete the file",
            };
    }

    /// <summary>Writes them: all are whole before the first gets its name.</summary>
    /// <exception cref="FozException">Thrown when one is there, or cannot be written; no file is then left.</exception>
    public void Write()
    {
        ThrowIfAny();
        List<string> written = [], moved = [];
        try
        {
            foreach (var (name, text) in added.Concat(changed))
            {
                var path = Path.Combine(folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                written.Add(path);
                WriteOne(path, text, isSecret: name == Variables.FileName);
            }
            foreach (var name in added.Keys)
            {
                File.Move(Path.Combine(folder, name) + Ending, Path.Combine(folder, name), overwrite: false);
                moved.Add(Path.Combine(folder, name));
            }
            foreach (var name in changed.Keys)
                File.Move(Path.Combine(folder, name) + Ending, Path.Combine(folder, name), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var path in written.Select(path => path + Ending).Concat(moved))
                if (File.Exists(path)) File.Delete(path);
            throw new FozException(ErrorKind.Storage, $"cannot write the project's files: {e.Message}; none is left",
                e);
        }
    }

    static void WriteOne(string path, string text, bool isSecret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows() && (isSecret || File.Exists(path)))
            options.UnixCreateMode = File.Exists(path)
                ? File.GetUnixFileMode(path)
                : UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // One that an earlier attempt left may be readable by others.
        File.Delete(path + Ending);
        using var writer = new StreamWriter(path + Ending, TerminalEncoding.Utf8, options);
        writer.Write(text);
    }
}

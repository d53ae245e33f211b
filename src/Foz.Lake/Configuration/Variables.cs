using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Foz.Lake.Configuration;

/// <summary>
/// The values of <c>${NAME}</c>: those of the process's environment, then those of the project's <c>.env</c>.
/// </summary>
/// <param name="environment">The environment; wins.</param>
/// <param name="file">What <c>.env</c> sets.</param>
public sealed class Variables(
    IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> file)
{
    /// <summary>The name of the file in the project's folder.</summary>
    public const string FileName = ".env";

    /// <summary>No variables.</summary>
    public static Variables Empty { get; } = new(new Dictionary<string, string>(), new Dictionary<string, string>());

    /// <summary>
    /// What the file sets and the environment does not: what programs get, which have the environment already.
    /// </summary>
    public IReadOnlyDictionary<string, string> OfFile { get; } =
        file.Where(variable => !environment.ContainsKey(variable.Key)).ToDictionary(StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public IEnumerable<string> Names => environment.Keys.Concat(file.Keys);

    /// <summary>The value of a name; null where it is not set.</summary>
    public string? this[string name] => environment.GetValueOrDefault(name) ?? file.GetValueOrDefault(name);

    /// <summary>The variables of a project.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="environment">The environment; null for that of the process.</param>
    /// <param name="errors">Receives the errors in <c>.env</c>.</param>
    public static Variables Load(
        string folder, IReadOnlyDictionary<string, string>? environment, ErrorList errors)
    {
        var path = Path.Combine(folder, FileName);
        var file = File.Exists(path) ? ReadFile(File.ReadAllText(path), errors) : new Dictionary<string, string>();
        return new(environment ?? OfProcess(), file);
    }

    static Dictionary<string, string> OfProcess() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);

    /// <summary>
    /// Reads lines of <c>NAME=value</c>. A value may be in single quotes (taken unchanged) or double quotes
    /// (<c>\n \t \" \\</c> are escapes); without quotes a <c>#</c> after a space starts a comment. A leading
    /// <c>export</c> is skipped.
    /// </summary>
    /// <param name="text">The file's text.</param>
    /// <param name="errors">Takes lines that are neither; their text is not repeated, it may be a secret.</param>
    public static Dictionary<string, string> ReadFile(string text, ErrorList errors)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.StartsWith("export ", StringComparison.Ordinal)) line = line["export ".Length..].TrimStart();
            if (line.Length == 0 || line[0] == '#') continue;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && VariableText.IsName(line[..equals].TrimEnd())
                && TryReadValue(line[(equals + 1)..].Trim(), out var value))
            {
                values[line[..equals].TrimEnd()] = value;
            }
            else
            {
                errors.Add(
                    new(FileName, number), "this line does not set a variable", "write NAME=value or NAME='value'");
            }
        }
        return values;
    }

    static bool TryReadValue(string text, [NotNullWhen(true)] out string? value)
    {
        value = null;
        if (text is not ['\'' or '"', ..])
        {
            var comment = text.IndexOf(" #", StringComparison.Ordinal);
            value = text.StartsWith('#') ? "" : comment < 0 ? text : text[..comment].TrimEnd();
            return true;
        }
        var close = FindClosingQuote(text);
        var rest = close < 0 ? "" : text[(close + 1)..].TrimStart();
        if (close < 0 || (rest.Length > 0 && rest[0] != '#')) return false;
        value = text[0] == '\'' ? text[1..close] : Unescape(text[1..close]);
        return true;
    }

    static int FindClosingQuote(string text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[0] == '"' && text[i] == '\\') i++;
            else if (text[i] == text[0]) return i;
        }
        return -1;
    }

    static string Unescape(string text)
    {
        var result = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length) result.Append(text[i]);
            else result.Append(text[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other });
        }
        return result.ToString();
    }
}

using System.Text;

namespace Foz.Server.PgWire;

/// <summary>What a client says of its session when it begins.</summary>
/// <param name="User">The user; empty where it says none.</param>
/// <param name="Database">The database; null where it says none.</param>
/// <param name="Settings">Settings of the session.</param>
sealed record PgParameters(string User, string? Database, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Reads the parameters of a start.</summary>
    public static PgParameters Read(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var user = "";
        string? database = null;
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "user": user = value; break;
                case "database" when value.Length > 0: database = value; break;
                case "database": break;
                case "options": ReadOptions(value, settings); break;
                case "replication" when value is "" or "0" or "false" or "off" or "no": break;
                case "replication": throw new PgEndException("0A000", "replication is not served");
                default:
                    if (!name.StartsWith("_pq_.", StringComparison.Ordinal)) settings[name] = value;
                    break;
            }
        }

        return new(user, database, settings);
    }

    /// <summary>
    /// Options of a command line: <c>-c name=value</c> and <c>--name=value</c>, spaces escaped by backslashes.
    /// </summary>
    static void ReadOptions(string text, Dictionary<string, string> settings)
    {
        var words = Words(text);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            var setting = word switch
            {
                "-c" when i + 1 < words.Count => words[++i],
                _ when word.StartsWith("--", StringComparison.Ordinal) => word[2..],
                _ when word.StartsWith("-c", StringComparison.Ordinal) => word[2..],
                _ => throw Invalid(word),
            };
            var at = setting.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw Invalid(word);
            settings[setting[..at].Replace('-', '_')] = setting[(at + 1)..];
        }
    }

    static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length) word.Append(text[++i]);
            else if (!char.IsWhiteSpace(text[i])) word.Append(text[i]);
            else Take();
        }

        Take();
        return words;

        void Take()
        {
            if (word.Length > 0) words.Add(word.ToString());
            word.Clear();
        }
    }

    static PgEndException Invalid(string word) =>
        new("22023", $"invalid command-line argument for server process: {word}");
}

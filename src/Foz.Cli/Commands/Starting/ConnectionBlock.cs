using Foz.Lake;

namespace Foz.Cli.Commands.Starting;

/// <summary>Adds a connection to the text of <c>foz.yml</c>, all other characters of which stay.</summary>
static class ConnectionBlock
{
    const string Key = "connections:";

    /// <summary>Returns the text with a connection.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lines">The connection's lines: its name behind two spaces, its settings behind four.</param>
    /// <exception cref="FozException">Thrown when the text has connections in a form that has no lines.</exception>
    public static string Add(string text, IEnumerable<string> lines)
    {
        var ending = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var rows = text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n').ToList();
        var at = rows.FindIndex(row => row.StartsWith(Key, StringComparison.Ordinal));
        if (at < 0)
        {
            rows.AddRange(["", Key, .. lines]);
            return string.Join(ending, rows) + ending;
        }
        var rest = rows[at][Key.Length..].Trim();
        if (rest.Length > 0 && rest[0] != '#')
            throw new FozException(ErrorKind.Configuration, "the connections of foz.yml are on the line of their key")
            {
                Place = new("foz.yml", at + 1),
                Hint = $"give each connection a line of its own, or add:\n{string.Join('\n', lines)}",
            };
        var last = at;
        var indent = 0;
        for (var i = at + 1; i < rows.Count && (rows[i].Length == 0 || rows[i][0] is ' ' or '#'); i++)
        {
            if (rows[i].TrimStart() is not [not '#', ..] own) continue;
            if (indent == 0) indent = rows[i].Length - own.Length;
            last = i;
        }
        rows.InsertRange(last + 1, lines.Select(line => Indented(line, indent)));
        return string.Join(ending, rows) + ending;
    }

    /// <summary>As far from the left as the connections that are there.</summary>
    static string Indented(string line, int indent) =>
        indent <= 2 ? line : new string(' ', indent - 2) + line;
}

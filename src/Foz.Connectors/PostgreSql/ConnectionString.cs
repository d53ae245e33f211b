using Foz.Lake;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Reads libpq's two ways to write a connection: a URI, and a list of key words (PostgreSQL documentation,
/// "Connection Strings").
/// </summary>
public static class ConnectionString
{
    static readonly string[] Schemes = ["postgres://", "postgresql://"];

    /// <summary>The key words of a connection, <c>dbname</c> as <c>database</c>.</summary>
    /// <param name="text">The connection.</param>
    /// <param name="wrong">
    /// Makes the error of what it must be; never given a part of the text that may be secret.
    /// </param>
    /// <exception cref="FozException">It is malformed.</exception>
    public static Dictionary<string, string> Parse(string text, Func<string, FozException> wrong)
    {
        var words = Schemes.FirstOrDefault(s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase)) is { } scheme
            ? ParseUri(text[scheme.Length..], wrong)
            : ParseKeyWords(text, wrong);
        if (words.Remove("dbname", out var database)) words["database"] = database;
        if (words.Remove("hostaddr", out var address)) words["host"] = address;
        if (words.Remove("requiressl", out var requires) && requires == "1") words.TryAdd("sslmode", "require");
        if (words.Remove("ssl", out var ssl) && ssl == "true") words.TryAdd("sslmode", "require");
        if (words.GetValueOrDefault("host")?.Contains(',') == true) throw wrong("of one host; a list is not supported");
        return words;
    }

    static Dictionary<string, string> ParseUri(string rest, Func<string, FozException> wrong)
    {
        var words = new Dictionary<string, string>();
        var (beforeQuery, query) = Cut(rest, '?');
        var (authority, path) = Cut(beforeQuery, '/');
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], ':');
            words["user"] = Decode(user);
            if (password is not null) words["password"] = Decode(password);
        }

        var (host, port) = CutPort(authority[(at + 1)..], wrong);
        if (host.Length > 0) words["host"] = Decode(host);
        if (!string.IsNullOrEmpty(port)) words["port"] = port;
        if (!string.IsNullOrEmpty(path)) words["database"] = Decode(path);
        foreach (var pair in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(pair, '=');
            words[Decode(name)] = Decode(value ?? throw wrong("a URL whose parameters are written name=value"));
        }

        return words;

        string Decode(string part)
        {
            for (var i = part.IndexOf('%'); i >= 0; i = part.IndexOf('%', i + 1))
                if (i + 2 >= part.Length || !char.IsAsciiHexDigit(part[i + 1]) || !char.IsAsciiHexDigit(part[i + 2]))
                    throw wrong("a URL in which % is written %25");
            return Uri.UnescapeDataString(part);
        }
    }

    static (string Host, string? Port) CutPort(string hostAndPort, Func<string, FozException> wrong)
    {
        if (!hostAndPort.StartsWith('[')) return Cut(hostAndPort, ':');
        var end = hostAndPort.IndexOf(']');
        if (end < 0) throw wrong("a URL whose [address] is closed");
        return (hostAndPort[1..end], Cut(hostAndPort[(end + 1)..], ':').After);
    }

    static (string Before, string? After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    static Dictionary<string, string> ParseKeyWords(string text, Func<string, FozException> wrong)
    {
        var words = new Dictionary<string, string>();
        var at = 0;
        while (SkipBlanks() < text.Length)
        {
            var start = at;
            while (at < text.Length && text[at] != '=' && !char.IsWhiteSpace(text[at])) at++;
            var name = text[start..at];
            if (SkipBlanks() == text.Length || text[at] != '=')
                throw wrong("a URL that starts with postgres://, or libpq's key words as host=… dbname=…");
            at++;
            SkipBlanks();
            words[name] = ReadValue();
        }

        return words;

        int SkipBlanks()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
            return at;
        }

        string ReadValue()
        {
            var value = new System.Text.StringBuilder();
            var isQuoted = at < text.Length && text[at] == '\'';
            if (isQuoted) at++;
            for (; at < text.Length; at++)
            {
                if (isQuoted ? text[at] == '\'' : char.IsWhiteSpace(text[at])) break;
                if (text[at] == '\\' && at + 1 < text.Length) at++;
                value.Append(text[at]);
            }

            if (isQuoted && at++ >= text.Length) throw wrong("key words whose quotes are closed");
            return value.ToString();
        }
    }
}

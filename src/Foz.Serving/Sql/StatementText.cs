using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>Statements as they are kept: what they do, without what they say of values.</summary>
static partial class StatementText
{
    const int LengthMax = 10_000;

    /// <summary>The text kept of a statement whose literals cannot be separated from the rest.</summary>
    const string Unreadable = "(cannot be divided into words)";

    /// <summary>
    /// How statements begin that would reach what is no table: other databases, extensions, files, the process.
    /// </summary>
    static readonly HashSet<string> reaching = new(StringComparer.OrdinalIgnoreCase)
    {
        "ATTACH", "DETACH", "INSTALL", "LOAD", "FORCE", "PRAGMA", "EXPORT", "IMPORT", "CALL", "CHECKPOINT", "USE",
        "COPY",
        "SET", "RESET", "CREATE", "DO",
    };

    /// <summary>
    /// A statement with a question mark in the place of each literal, single spaces, and no comments.
    /// </summary>
    public static string WithoutLiterals(string sql)
    {
        if (TokensOf(sql) is not { } tokens) return Unreadable;
        var text = new StringBuilder(Math.Min(sql.Length, LengthMax));
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i].Start > tokens[i - 1].End) text.Append(' ');
            // A literal that is not closed reaches to the end.
            if (tokens[i].Kind is SqlTokenKind.Text or SqlTokenKind.Number) text.Append('?');
            else text.Append(tokens.TextOf(i));
        }
        return text.ToString();
    }

    /// <summary>
    /// A message about a statement with a question mark in the place of each literal of it, and of what stands in
    /// quotes.
    /// </summary>
    public static string WithoutLiteralsOf(string sql, string message)
    {
        var tokens = TokensOf(sql);
        for (var i = 0; i < tokens?.Count; i++)
        {
            if (tokens[i].Kind is not SqlTokenKind.Text) continue;
            var literal = tokens.TextOf(i).ToString();
            message = message.Replace(literal, "?", StringComparison.Ordinal);
            if (literal.Trim('\'', '$', '"') is { Length: > 0 } inner)
                message = message.Replace(inner, "?", StringComparison.Ordinal);
        }
        return Quoted.Replace(message, "'?'");
    }

    /// <summary>The tokens; null where the statement cannot be read, and so was refused.</summary>
    static SqlTokens? TokensOf(string sql)
    {
        try
        {
            return SqlTokens.Read(sql);
        }
        catch (FozException)
        {
            return null;
        }
    }

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Quoted { get; }

    /// <summary>The beginning of a text, where it is long.</summary>
    public static string Shortened(string text) => text.Length <= LengthMax ? text : text[..LengthMax] + "…";

    /// <summary>The hash of a text.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Whether a statement has a name, in quotes or without.</summary>
    public static bool Names(string sql, string name)
    {
        return TokensOf(sql) is { } tokens && Enumerable.Range(0, tokens.Count).Any(
            i => tokens.IsName(i) && tokens.NameOf(i).Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether a statement that is refused is one that would reach what is no table.</summary>
    public static bool ReachesOut(string sql)
    {
        return TokensOf(sql) is { Count: > 0 } tokens && tokens[0].Kind == SqlTokenKind.Word
            && reaching.Contains(tokens.TextOf(0).ToString());
    }
}

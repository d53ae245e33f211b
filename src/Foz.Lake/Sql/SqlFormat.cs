using System.Collections.Frozen;
using System.Text;

namespace Foz.Lake.Sql;

/// <summary>
/// Writes SQL tidily and means the same: keywords in small letters, spaces around commas, no spaces at the ends of
/// lines, at most one empty line, and lines that are broken where <see cref="SqlLayout"/> says.
/// </summary>
public static class SqlFormat
{
    /// <summary>The SQL, tidy; as it was where it would not have the same words in the same order.</summary>
    public static string Of(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        var (texts, gaps) = (new string[tokens.Count], new string[tokens.Count]);
        for (var i = 0; i < tokens.Count; i++)
        {
            var gap = sql[(i == 0 ? 0 : tokens[i - 1].End)..tokens[i].Start];
            gaps[i] = Gap(gap, isFirst: i == 0, tokens.IsSymbol(i - 1, ','), tokens.IsSymbol(i, ','));
            texts[i] = IsKeyword(tokens, i)
                ? tokens.TextOf(i).ToString().ToLowerInvariant()
                : tokens.TextOf(i).ToString();
        }
        SqlLayout.Apply(tokens, texts, gaps);
        var text = new StringBuilder();
        foreach (var (gap, word) in gaps.Zip(texts)) text.Append(gap).Append(word);
        var rest = sql[(tokens.Count == 0 ? 0 : tokens[^1].End)..];
        var tidy = text.Append(rest.AsSpan().IsWhiteSpace() ? "" : Lines(rest).TrimEnd()).ToString();
        return IsSame(sql, tokens, tidy) ? tidy : sql;
    }

    /// <summary>The text before a token: spaces and comments.</summary>
    static string Gap(string gap, bool isFirst, bool isBehindComma, bool isBeforeComma)
    {
        if (gap.AsSpan().ContainsAnyExcept(" \t")) return isFirst && gap.AsSpan().IsWhiteSpace() ? "" : Lines(gap);
        if (isBeforeComma) return "";
        return isBehindComma || gap.Contains('\t', StringComparison.Ordinal) ? " " : gap;
    }

    /// <summary>Spaces and comments over several lines.</summary>
    static string Lines(string gap)
    {
        var lines = gap.ReplaceLineEndings("\n").Split('\n');
        var kept = new List<string>();
        foreach (var (i, line) in lines.Index())
        {
            // The text before the next token is its indentation.
            var trimmed = i == lines.Length - 1 ? line.Replace("\t", "    ", StringComparison.Ordinal) : line.TrimEnd();
            var isEmpty = i > 0 && i < lines.Length - 1 && trimmed.Length == 0;
            if (isEmpty && kept.Count > 1 && kept[^1].Length == 0) continue;
            kept.Add(trimmed);
        }
        return string.Join('\n', kept);
    }

    /// <summary>Whether a word can be nothing but a keyword at its place.</summary>
    internal static bool IsKeyword(SqlTokens tokens, int index) =>
        tokens[index].Kind is SqlTokenKind.Word
            && keywords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(tokens.TextOf(index))
        && !tokens.IsSymbol(index - 1, '.') && !tokens.IsSymbol(index + 1, '.') && !tokens.IsWord(index - 1, "as")
        && !tokens.IsSymbol(index + 1, ':') && !tokens.IsSymbol(index + 1, '=');

    static bool IsSame(string sql, SqlTokens tokens, string tidy)
    {
        var now = SqlTokens.Read(tidy);
        if (now.Count != tokens.Count || Comments(sql, tokens) != Comments(tidy, now)) return false;
        for (var i = 0; i < now.Count; i++)
        {
            if (now[i].Kind != tokens[i].Kind) return false;
            var comparison = IsKeyword(tokens, i) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
            if (!now.TextOf(i).Equals(tokens.TextOf(i), comparison)) return false;
            // Characters that stood together may be one operator, and others not.
            if (i > 0 && IsOperator(tokens, i) && IsOperator(tokens, i - 1)
                && (tokens[i].Start == tokens[i - 1].End) != (now[i].Start == now[i - 1].End)) return false;
        }
        return true;
    }

    static bool IsOperator(SqlTokens tokens, int index) =>
        tokens[index].Kind is SqlTokenKind.Symbol
            && tokens.TextOf(index)[0] is not (',' or ';' or '(' or ')' or '[' or ']' or '{' or '}');

    /// <summary>The words of all comments.</summary>
    static string Comments(string sql, SqlTokens tokens)
    {
        var comments = new StringBuilder();
        var end = 0;
        for (var i = 0; i <= tokens.Count; i++)
        {
            var start = i < tokens.Count ? tokens[i].Start : sql.Length;
            foreach (var word in sql[end..start].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                comments.Append(i).Append(word).Append(' ');
            if (i < tokens.Count) end = tokens[i].End;
        }
        return comments.ToString();
    }

    // None of them is the name of a column anywhere, so that no result gets another name.
    static readonly FrozenSet<string> keywords = """
        all and any as asc both by case cast cross desc distinct else end except exists from full group having ilike in inner
        intersect is isnull join lateral left like limit natural not notnull null offset on or order outer qualify right select
        some then union using when where window with
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}

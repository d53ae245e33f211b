namespace Foz.Pipelines.Projects.Parsing;

/// <summary>Finds where a statement ends in SQL text.</summary>
public static class SqlEnd
{
    /// <summary>
    /// Returns the text up to a semicolon that ends it, if only comments follow the semicolon. A semicolon with more
    /// SQL after it stays, so that the parser refuses it.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The statement's first index in the text.</param>
    public static string Trim(string text, int start = 0)
    {
        var sql = text.AsSpan(start);
        var end = 0;
        for (var i = 0; i < sql.Length;)
        {
            var next = Skip(sql, i, out var isSpace);
            if (!isSpace) end = next;
            i = next;
        }
        while (end > 0 && (sql[end - 1] == ';' || char.IsWhiteSpace(sql[end - 1]))) end--;
        return text.Substring(start, end);
    }

    /// <summary>Returns the first index after the token or space at an index.</summary>
    static int Skip(ReadOnlySpan<char> sql, int at, out bool isSpace)
    {
        isSpace = false;
        var next = at + 1 < sql.Length ? sql[at + 1] : '\0';
        switch (sql[at])
        {
            case '-' when next == '-':
                isSpace = true;
                return After(sql, "\n", at);
            case '/' when next == '*':
                isSpace = true;
                return AfterBlockComment(sql, at);
            case '\'':
                return AfterText(sql, at, hasEscapes: at > 0 && sql[at - 1] is 'e' or 'E');
            case '"':
                return AfterText(sql, at, hasEscapes: false);
            case '$' when (at == 0 || !IsWord(sql[at - 1])) && DollarTag(sql, at) is { } tag:
                return After(sql, tag, at + tag.Length);
            default:
                isSpace = char.IsWhiteSpace(sql[at]);
                return at + 1;
        }
    }

    static int After(ReadOnlySpan<char> sql, string end, int from) =>
        sql[from..].IndexOf(end) is >= 0 and var found ? from + found + end.Length : sql.Length;

    static int AfterText(ReadOnlySpan<char> sql, int at, bool hasEscapes)
    {
        var quote = sql[at];
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (hasEscapes && sql[i] == '\\') i++;
            else if (sql[i] == quote) return i + 1;
        }
        return sql.Length;
    }

    /// <summary>Block comments nest, as in PostgreSQL.</summary>
    static int AfterBlockComment(ReadOnlySpan<char> sql, int at)
    {
        var depth = 0;
        while (at + 1 < sql.Length)
        {
            var step = (sql[at], sql[at + 1]) switch { ('/', '*') => 1, ('*', '/') => -1, _ => 0 };
            depth += step;
            at += step == 0 ? 1 : 2;
            if (depth == 0) return at;
        }
        return sql.Length;
    }

    static string? DollarTag(ReadOnlySpan<char> sql, int at)
    {
        var end = at + 1;
        while (end < sql.Length && IsWord(sql[end])) end++;
        return end < sql.Length && sql[end] == '$' && (end == at + 1 || !char.IsDigit(sql[at + 1]))
            ? sql[at..(end + 1)].ToString()
            : null;
    }

    static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}

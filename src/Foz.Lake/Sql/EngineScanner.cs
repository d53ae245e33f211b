using System.Buffers;

namespace Foz.Lake.Sql;

/// <summary>
/// Reads a statement by the rules of DuckDB's scanner (PostgreSQL's, of "Lexical Structure" in its documentation),
/// apart from <see cref="SqlTokens"/>: where the two differ, a literal of the one could be a part of the statement to
/// the other.
/// </summary>
public static class EngineScanner
{
    /// <summary>The spaces of Unicode that DuckDB's parser shortens to one byte.</summary>
    static readonly SearchValues<char> shortened = SearchValues.Create(
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
            + "\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff");

    /// <summary>
    /// Makes sure that DuckDB reads the same words, names in quotes and literals in a text as Foz does.
    /// </summary>
    /// <param name="sql">The text, as <see cref="SqlTokens.Blanked"/> has it.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="isForEngine">
    /// Whether the engine is given the text itself; otherwise Foz translates it first, and reads names in backticks and
    /// escapes.
    /// </param>
    /// <exception cref="FozException">
    /// It does not: of kind <see cref="ErrorKind.Sql"/>, with the place of the first token.
    /// </exception>
    public static void Check(string sql, SqlTokens tokens, bool isForEngine = true)
    {
        var hasEscapes = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            var (kind, start, end) = tokens[i];
            switch (kind)
            {
                case SqlTokenKind.Text:
                    var isPart = hasEscapes && sql[start] == '\'' && IsContinued(sql, tokens[i - 1].End, start);
                    hasEscapes = isPart || sql[start] is 'e' or 'E';
                    if (EndOfText(sql, start, isPart) != end
                        || (IsOfBits(sql, tokens, i) && sql.AsSpan(start, end - start).Count('\'') != 2))
                        throw Differs(
                            sql, start, "the end of a literal is not certain", "write it without escapes: 'it''s'");
                    continue;
                case SqlTokenKind.QuotedName when sql[start] == '`' && !isForEngine
                    && EndOfQuoted(sql, start, '`', hasEscapes: false) == end:
                    break;
                case SqlTokenKind.QuotedName when sql[start] == '`':
                    throw Differs(sql, start, "a name cannot stand in backticks", "put it into double quotes");
                case SqlTokenKind.QuotedName when EndOfQuoted(sql, start, '"', hasEscapes: false) != end:
                    throw Differs(sql, start, "a name in double quotes does not end", "end it with \"");
                case SqlTokenKind.Number when !IsNumber(sql, start, end):
                    throw Differs(
                        sql, start, $"trailing junk after numeric literal at or near \"{sql[start..end]}\"",
                        "put a space after the number");
            }
            hasEscapes = false;
        }
        if (isForEngine && FindShortened(sql) is { } space)
            throw Differs(
                sql, space, "a Unicode space is in quotes after '$' or a backslash",
                "give it by its number, with chr(160), or as a parameter");
    }

    /// <summary>
    /// Whether a literal continues with the one after it: only a line end, and no token, is between them.
    /// </summary>
    static bool IsContinued(string sql, int end, int start) => sql.AsSpan(end, start - end).IndexOfAny('\n', '\r') >= 0;

    /// <summary>Whether a literal is one of bits, as <c>x'1F'</c>, in which a doubled quote ends it.</summary>
    static bool IsOfBits(string sql, SqlTokens tokens, int i) =>
        i > 0 && tokens[i - 1].End == tokens[i].Start && tokens[i - 1].End - tokens[i - 1].Start == 1
        && sql[tokens[i - 1].Start] is 'b' or 'B' or 'x' or 'X' && sql[tokens[i].Start] == '\'';

    /// <returns>The index after the literal; −1 where it does not end.</returns>
    static int EndOfText(string sql, int start, bool isPartOfEscaped)
    {
        switch (sql[start])
        {
            case '\'': return EndOfQuoted(sql, start, '\'', isPartOfEscaped);
            case 'e' or 'E': return EndOfQuoted(sql, start + 1, '\'', hasEscapes: true);
        }
        var tagEnd = sql.IndexOf('$', start + 1);
        var tag = sql.AsSpan(start, tagEnd + 1 - start);
        var length = sql.AsSpan(tagEnd + 1).IndexOf(tag, StringComparison.Ordinal);
        return length < 0 ? -1 : tagEnd + 1 + length + tag.Length;
    }

    static int EndOfQuoted(string sql, int opening, char quote, bool hasEscapes)
    {
        var position = opening + 1;
        while (position < sql.Length)
        {
            var c = sql[position++];
            if (c == '\\' && hasEscapes) position++;
            if (c != quote) continue;
            if (position == sql.Length || sql[position] != quote) return position;
            position++;
        }
        return -1;
    }

    /// <summary>Whether adjacent letters and digits are one number, and no name follows in them.</summary>
    static bool IsNumber(string sql, int start, int end)
    {
        var text = sql.AsSpan(start, end - start);
        if (text.Length > 2 && text[0] == '0' && text[1] is 'x' or 'X' or 'b' or 'B' or 'o' or 'O')
            return IsAll(text[2..], char.IsAsciiHexDigit);
        var exponent = text.IndexOfAny('e', 'E');
        var mantissa = exponent < 0 ? text : text[..exponent];
        if (mantissa.Count('.') > 1 || mantissa[^1] == '_'
            || !IsAll(mantissa, static c => char.IsAsciiDigit(c) || c == '.'))
            return false;
        if (exponent < 0) return true;
        // Its sign and digits are tokens of their own.
        if (exponent == text.Length - 1)
            return end + 1 < sql.Length && sql[end] is '+' or '-' && char.IsAsciiDigit(sql[end + 1]);
        return IsAll(text[(exponent + 1)..], char.IsAsciiDigit);
    }

    static bool IsAll(ReadOnlySpan<char> text, Func<char, bool> allowed)
    {
        foreach (var c in text)
            if (c != '_' && !allowed(c)) return false;
        return true;
    }

    /// <summary>
    /// Returns the index of the first Unicode space that DuckDB shortens before its scanner reads the text, although it
    /// is in quotes: that pass knows neither escapes nor dollars in names. Null where there is none.
    /// </summary>
    static int? FindShortened(string sql)
    {
        if (sql.AsSpan().IndexOfAny(shortened) < 0) return null;
        for (var i = 0; i < sql.Length; i++)
        {
            switch (sql[i])
            {
                case '\'' or '"':
                    // Where the quotes do not end, nothing more is shortened.
                    if (EndOfQuoted(sql, i, sql[i], hasEscapes: false) is not (>= 0 and var end)) return null;
                    i = end - 1;
                    break;
                case '$' when TagEnd(sql, i) is { } tagEnd:
                    var tag = sql.AsSpan(i, tagEnd + 1 - i);
                    var length = sql.AsSpan(tagEnd + 1).IndexOf(tag, StringComparison.Ordinal);
                    if (length < 0) return null;
                    i = tagEnd + length + tag.Length;
                    break;
                case '-' when i + 1 < sql.Length && sql[i + 1] == '-':
                    while (i + 1 < sql.Length && sql[i + 1] is not ('\n' or '\r')) i++;
                    break;
                case var c when shortened.Contains(c):
                    return i;
            }
        }
        return null;
    }

    /// <summary>
    /// The second dollar of what looks like the beginning of a literal between dollars; null where there is none.
    /// </summary>
    static int? TagEnd(string sql, int start)
    {
        var end = start + 1;
        while (end < sql.Length && (char.IsAsciiLetterOrDigit(sql[end]) || sql[end] is '_' or > '\x7f')) end++;
        return end < sql.Length && sql[end] == '$' && !(end > start + 1 && char.IsAsciiDigit(sql[start + 1]))
            ? end
            : null;
    }

    static FozException Differs(string sql, int position, string message, string hint) =>
        new(ErrorKind.Sql, message) { SqlState = "42601", Place = SqlPlaces.At(sql, position), Hint = hint };
}

using System.Text;

namespace Foz.Lake.Sql;

/// <summary>What a token of SQL is.</summary>
public enum SqlTokenKind
{
    /// <summary>A name or keyword without quotes.</summary>
    Word,

    /// <summary>A name in double quotes, or in backticks.</summary>
    QuotedName,

    /// <summary>A text in single quotes or between dollars.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>One character of anything else.</summary>
    Symbol,
}

/// <summary>A token of SQL.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Its first character.</param>
/// <param name="End">The index after its last character.</param>
public readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End);

/// <summary>
/// The tokens of a SQL text without spaces and comments. DuckDB's parser says where references begin; this finds where
/// they end.
/// </summary>
public sealed class SqlTokens
{
    /// <summary>
    /// How deep parentheses, brackets, braces and comments may be nested, and how many subscripts or casts may follow
    /// one another: reading them recurses for each, or takes a time that grows with their square.
    /// </summary>
    public const int NestingMax = 1_000;

    readonly string sql;
    SqlToken[] tokens;
    string? blanked;

    // Most tokens are a word and a space.
    SqlTokens(string sql) => (this.sql, tokens) = (sql, new SqlToken[(sql.Length / 4) + 4]);

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The text with a blank in the place of each character between tokens but tabs and line ends: comments, Unicode's
    /// spaces and control characters. What the engine counts in it are the characters that Foz counts.
    /// </summary>
    /// <remarks>
    /// DuckDB's parser shortens each Unicode space to one byte before it reads a text, and reports places in the
    /// shortened text.
    /// </remarks>
    public string Blanked => blanked ??= Blank();

    /// <summary>A token.</summary>
    /// <param name="index">Its index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public SqlToken this[int index] =>
        index < Count ? tokens[index] : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>Reads a text.</summary>
    /// <exception cref="FozException">
    /// It is nested deeper than <see cref="NestingMax"/>, longer than <see cref="SqlChains"/> allow, or a comment does
    /// not end.
    /// </exception>
    public static SqlTokens Read(string sql)
    {
        var list = new SqlTokens(sql);
        var chains = new SqlChains();
        var (depth, subscripts) = (0, 0);
        for (var position = list.SkipSpace(0); position < sql.Length; position = list.SkipSpace(position))
        {
            var kind = list.KindAt(position, out var end);
            list.Add(new(kind, position, end));
            if (chains.FindExcess(list) is { } excess) throw TooMany(sql, position, excess);
            if (kind is SqlTokenKind.Symbol && sql[position] is '(' or '[' or '{' && ++depth > NestingMax)
                throw TooDeep(sql, position);
            if (kind is SqlTokenKind.Symbol && sql[position] is '[')
            {
                subscripts = list.IsSymbol(list.Count - 2, ']') ? subscripts + 1 : 0;
                if (subscripts > NestingMax) throw TooDeep(sql, position);
            }
            if (kind is SqlTokenKind.Symbol && sql[position] is ')' or ']' or '}') depth = Math.Max(depth - 1, 0);
            position = end;
        }
        return list;
    }

    void Add(SqlToken token)
    {
        if (Count == tokens.Length)
        {
            var more = new SqlToken[2 * Count];
            Array.Copy(tokens, more, Count);
            tokens = more;
        }
        tokens[Count++] = token;
    }

    /// <summary>The index of the token that begins at the character; −1 if none does.</summary>
    public int IndexAt(int position) =>
        FirstFrom(position) is var index && index < Count && tokens[index].Start == position ? index : -1;

    /// <summary>
    /// The index of the first token that begins at the character or after it; their number if none does.
    /// </summary>
    public int FirstFrom(int position)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (tokens[middle].Start < position) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>Returns a token as written.</summary>
    public ReadOnlySpan<char> TextOf(int index) => sql.AsSpan(tokens[index].Start..tokens[index].End);

    /// <summary>Whether the token at an index is this symbol; false where there is none.</summary>
    public bool IsSymbol(int index, char symbol) =>
        index >= 0 && index < Count && tokens[index].Kind == SqlTokenKind.Symbol
        && sql[tokens[index].Start] == symbol;

    /// <summary>
    /// Whether the token at an index is this word, in any case and without quotes; false where there is none.
    /// </summary>
    public bool IsWord(int index, string word) =>
        index >= 0 && index < Count && tokens[index].Kind == SqlTokenKind.Word
        && TextOf(index).Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether the token at an index may be a name: a word, or one in quotes; false where there is none.
    /// </summary>
    public bool IsName(int index) =>
        index >= 0 && index < Count && tokens[index].Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;

    /// <summary>The name of a token without its quotes, of which the last may be missing.</summary>
    public string NameOf(int index)
    {
        var text = TextOf(index);
        if (tokens[index].Kind != SqlTokenKind.QuotedName) return text.ToString();
        var quote = text[..1].ToString();
        return text[1..Math.Max(1, text.Length - 1)].ToString().Replace(quote + quote, quote);
    }

    /// <summary>The index of the parenthesis that closes the one at the index.</summary>
    public int Closing(int index)
    {
        for (var depth = 0; index < Count; index++)
        {
            if (IsSymbol(index, '(')) depth++;
            else if (IsSymbol(index, ')') && --depth == 0) return index;
        }
        return Count - 1;
    }

    /// <summary>
    /// Whether a parenthesis closes that none of the tokens opens: put in parentheses, the text would leave them.
    /// </summary>
    public bool LeavesParentheses
    {
        get
        {
            var depth = 0;
            for (var i = 0; i < Count && depth >= 0; i++)
                if (IsSymbol(i, '(')) depth++;
                else if (IsSymbol(i, ')')) depth--;
            return depth != 0;
        }
    }

    /// <summary>The error of a statement that is nested too deep at a character.</summary>
    public static FozException TooDeep(string sql, int position) =>
        new(ErrorKind.Sql, $"the statement is nested more than {NestingMax} deep")
        {
            SqlState = "54001", Place = SqlPlaces.At(sql, position), Hint = "write parts of it as WITH or as views",
        };

    static FozException TooMany(string sql, int position, SqlExcess excess) =>
        new(ErrorKind.Sql, $"the statement has {excess.What}")
        {
            SqlState = "54001", Place = SqlPlaces.At(sql, position), Hint = excess.Hint,
        };

    SqlTokenKind KindAt(int start, out int end)
    {
        switch (sql[start])
        {
            case '"' or '`':
                end = EndOfQuoted(start, sql[start], hasEscapes: false);
                return SqlTokenKind.QuotedName;
            case '\'':
                end = EndOfQuoted(start, '\'', hasEscapes: false);
                return SqlTokenKind.Text;
            case 'e' or 'E' when At(start + 1) == '\'':
                end = EndOfQuoted(start + 1, '\'', hasEscapes: true);
                return SqlTokenKind.Text;
            case '$' when EndOfDollarQuoted(start) is { } endOfText:
                end = endOfText;
                return SqlTokenKind.Text;
            case var c when char.IsAsciiDigit(c):
                end = start + 1;
                while (char.IsAsciiLetterOrDigit(At(end)) || At(end) is '.' or '_') end++;
                return SqlTokenKind.Number;
            case var c when IsWordStart(c):
                end = start + 1;
                while (IsWordStart(At(end)) || char.IsAsciiDigit(At(end)) || At(end) == '$') end++;
                return SqlTokenKind.Word;
            default:
                end = start + 1;
                return SqlTokenKind.Symbol;
        }
    }

    /// <summary>
    /// Whether a character outside of quotes only divides what is next to it. The last ones are no spaces for
    /// Unicode, but are for DuckDB.
    /// </summary>
    public static bool IsBlank(char c) =>
        char.IsWhiteSpace(c) || char.IsControl(c) || c is (>= '\u200b' and <= '\u200d') or '\u2060' or '\ufeff';

    static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || (c > '\x7f' && !IsBlank(c));

    char At(int position) => position < sql.Length ? sql[position] : '\0';

    int EndOfQuoted(int start, char quote, bool hasEscapes)
    {
        for (var i = start + 1; i < sql.Length; i++)
        {
            if (hasEscapes && sql[i] == '\\') i++;
            else if (sql[i] == quote && At(i + 1) == quote) i++;
            else if (sql[i] == quote) return i + 1;
        }
        return sql.Length;
    }

    /// <summary>The end of <c>$tag$ … $tag$</c>; null if it is none, as the parameter <c>$1</c>.</summary>
    int? EndOfDollarQuoted(int start)
    {
        var tagEnd = start + 1;
        while (IsWordStart(At(tagEnd)) || (tagEnd > start + 1 && char.IsAsciiDigit(At(tagEnd)))) tagEnd++;
        if (At(tagEnd) != '$') return null;
        var tag = sql[start..(tagEnd + 1)];
        var end = sql.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal);
        return end < 0 ? sql.Length : end + tag.Length;
    }

    /// <summary>Skips spaces, comments to the end of the line, and nested comments in <c>/* */</c>.</summary>
    int SkipSpace(int position)
    {
        while (position < sql.Length)
        {
            if (IsBlank(sql[position])) position++;
            else if (sql[position] == '-' && At(position + 1) == '-')
                position = sql.AsSpan(position).IndexOfAny('\n', '\r') is >= 0 and var length
                    ? position + length
                    : sql.Length;
            else if (sql[position] == '/' && At(position + 1) == '*') position = EndOfComment(position);
            else break;
        }
        return position;
    }

    int EndOfComment(int start)
    {
        var depth = 0;
        for (var i = start; i < sql.Length - 1; i++)
        {
            var isOpening = sql[i] == '/' && sql[i + 1] == '*';
            if (!isOpening && !(sql[i] == '*' && sql[i + 1] == '/')) continue;
            depth += isOpening ? 1 : -1;
            if (depth > NestingMax) throw TooDeep(sql, i);
            i++;
            if (depth == 0) return i + 1;
        }
        throw new FozException(ErrorKind.Sql, "unterminated /* comment")
        {
            SqlState = "42601", Place = SqlPlaces.At(sql, start), Hint = "end it with */",
        };
    }

    string Blank()
    {
        var gap = 0;
        StringBuilder? text = null;
        for (var i = 0; i <= Count; i++)
        {
            for (var position = gap; position < (i < Count ? tokens[i].Start : sql.Length); position++)
                if (sql[position] is not (' ' or '\t' or '\n' or '\r')) (text ??= new(sql))[position] = ' ';
            if (i < Count) gap = tokens[i].End;
        }
        return text?.ToString() ?? sql;
    }
}

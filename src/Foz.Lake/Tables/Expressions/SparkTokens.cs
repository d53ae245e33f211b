using System.Globalization;
using System.Text;

namespace Foz.Lake.Tables.Expressions;

enum SparkTokenKind
{
    Word,
    QuotedName,
    Text,
    Number,
    Symbol,
    End,
}

/// <summary>A token of a Spark SQL expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">A name or text without quotes and escapes; otherwise the token as written.</param>
/// <param name="Position">Where it begins.</param>
readonly record struct SparkToken(SparkTokenKind Kind, string Value, int Position)
{
    public bool IsSymbol(string symbol) => Kind == SparkTokenKind.Symbol && Value == symbol;

    public bool IsWord(string word) =>
        Kind == SparkTokenKind.Word && Value.Equals(word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Cuts a Spark SQL expression into tokens.</summary>
sealed class SparkTokens
{
    static readonly string[] symbols = ["<=>", "<=", ">=", "<>", "!=", "==", "||", "::", "<<", ">>"];

    readonly string sql;
    int at;

    SparkTokens(string sql) => this.sql = sql;

    /// <summary>Returns the tokens, and a last one that marks the end.</summary>
    /// <exception cref="FozException">A quote is not closed, or a character has no meaning.</exception>
    public static IReadOnlyList<SparkToken> Read(string sql)
    {
        var reader = new SparkTokens(sql);
        var tokens = new List<SparkToken>();
        do tokens.Add(reader.Next());
        while (tokens[^1].Kind != SparkTokenKind.End);
        return tokens;
    }

    public static FozException Fault(string sql, int position, string fault) =>
        new(ErrorKind.Sql, $"the expression {sql} cannot be read: {fault} at character {position + 1}");

    SparkToken Next()
    {
        SkipSpace();
        var start = at;
        if (at == sql.Length) return new(SparkTokenKind.End, "", start);
        var c = sql[at];
        if (c == '`') return new(SparkTokenKind.QuotedName, Quoted('`', hasEscapes: false), start);
        if (c is '\'' or '"') return new(SparkTokenKind.Text, Quoted(c, hasEscapes: true), start);
        if (c is 'r' or 'R' && Peek(1) is '\'' or '"')
        {
            at++;
            return new(SparkTokenKind.Text, Quoted(sql[at], hasEscapes: false), start);
        }
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek(1)) && !IsBehindName(start)))
            return new(SparkTokenKind.Number, Number(), start);
        if (IsWordStart(c))
        {
            while (IsWordStart(Peek(0)) || char.IsAsciiDigit(Peek(0))) at++;
            return new(SparkTokenKind.Word, sql[start..at], start);
        }
        var symbol = Array.Find(symbols, s => string.CompareOrdinal(sql, at, s, 0, s.Length) == 0) ?? c.ToString();
        if (symbol.Length == 1 && !"+-*/%&|^~=<>!()[],.?:".Contains(c, StringComparison.Ordinal))
            throw Fault(sql, start, $"'{c}' has no meaning");
        at += symbol.Length;
        return new(SparkTokenKind.Symbol, symbol, start);
    }

    char Peek(int ahead) => at + ahead < sql.Length ? sql[at + ahead] : '\0';

    static bool IsWordStart(char c) => char.IsLetter(c) || c == '_';

    // In a.1 the dot does not begin a number.
    bool IsBehindName(int start) => start > 0 && (char.IsLetterOrDigit(sql[start - 1]) || sql[start - 1] is '_' or '`');

    void SkipSpace()
    {
        while (at < sql.Length)
        {
            if (char.IsWhiteSpace(sql[at])) at++;
            else if (sql[at] == '-' && Peek(1) == '-')
                at = sql.IndexOf('\n', at) is >= 0 and var end ? end : sql.Length;
            else if (sql[at] == '/' && Peek(1) == '*')
                at = sql.IndexOf("*/", at + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : sql.Length;
            else break;
        }
    }

    string Number()
    {
        var start = at;
        while (char.IsAsciiDigit(Peek(0))) at++;
        if (Peek(0) == '.')
        {
            at++;
            while (char.IsAsciiDigit(Peek(0))) at++;
        }
        if (Peek(0) is 'e' or 'E'
            && (char.IsAsciiDigit(Peek(1)) || (Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2)))))
        {
            at += 2;
            while (char.IsAsciiDigit(Peek(0))) at++;
        }
        // The suffix says the type: 1L, 1S, 1Y, 1D, 1F, 1BD.
        while (char.IsAsciiLetter(Peek(0))) at++;
        return sql[start..at];
    }

    string Quoted(char quote, bool hasEscapes)
    {
        var start = at++;
        var text = new StringBuilder();
        while (at < sql.Length)
        {
            var c = sql[at++];
            if (c == quote && Peek(0) != quote) return text.ToString();
            if (c == quote) at++;
            else if (hasEscapes && c == '\\' && at < sql.Length)
            {
                Escape(text);
                continue;
            }
            text.Append(c);
        }
        throw Fault(sql, start, "the quote is not closed");
    }

    void Escape(StringBuilder text)
    {
        var c = sql[at++];
        if (c is 'u' && at + 4 <= sql.Length
            && ushort.TryParse(
                sql.AsSpan(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            text.Append((char)code);
            at += 4;
            return;
        }
        text.Append(c switch
        {
            '0' => "\0",
            'b' => "\b",
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            'Z' => "\u001A",
            // For LIKE, which reads the escape itself.
            '%' => "\\%",
            '_' => "\\_",
            _ => c.ToString(),
        });
    }
}

using System.Globalization;
using System.Text;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Lake.Statements;

/// <summary>Goes through the tokens of a statement.</summary>
/// <param name="sql">The statement.</param>
/// <param name="schemaOf">
/// The schema of a table that is named without one; null where each must be named with it.
/// </param>
public sealed class StatementCursor(string sql, Func<string, string>? schemaOf = null)
{
    readonly SqlTokens tokens = SqlTokens.Read(sql);
    int at;

    /// <summary>Whether nothing follows but a semicolon.</summary>
    public bool IsAtEnd => at >= tokens.Count || (tokens.IsSymbol(at, ';') && at == tokens.Count - 1);

    /// <summary>The character that the next token begins at; the end of the text where none follows.</summary>
    public int Position => at < tokens.Count ? tokens[at].Start : sql.Length;

    /// <summary>Whether a name follows.</summary>
    public bool IsName => tokens.IsName(at);

    /// <summary>Whether these words follow.</summary>
    public bool Sees(params ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
            if (!tokens.IsWord(at + i, words[i])) return false;
        return true;
    }

    /// <summary>Whether a symbol follows.</summary>
    public bool SeesSymbol(char symbol) => tokens.IsSymbol(at, symbol);

    /// <summary>Whether these words follow the next token.</summary>
    public bool SeesBehindNext(params ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
            if (!tokens.IsWord(at + 1 + i, words[i])) return false;
        return true;
    }

    /// <summary>Moves past words, if they follow.</summary>
    public bool Takes(params ReadOnlySpan<string> words)
    {
        if (!Sees(words)) return false;
        at += words.Length;
        return true;
    }

    /// <summary>Moves past a symbol, if it follows.</summary>
    public bool TakesSymbol(char symbol)
    {
        if (!SeesSymbol(symbol)) return false;
        at++;
        return true;
    }

    /// <summary>Moves past words, which must follow.</summary>
    public void Expect(params ReadOnlySpan<string> words)
    {
        if (!Takes(words)) throw Unexpected(string.Join(' ', words!));
    }

    /// <summary>Moves past a symbol, which must follow.</summary>
    public void ExpectSymbol(char symbol)
    {
        if (!TakesSymbol(symbol)) throw Unexpected($"'{symbol}'");
    }

    /// <summary>Demands the end.</summary>
    public void ExpectEnd()
    {
        if (!IsAtEnd) throw Unexpected("the end of the statement");
    }

    /// <summary>A name.</summary>
    public string Name(string what = "a name") => tokens.IsName(at) ? tokens.NameOf(at++) : throw Unexpected(what);

    /// <summary>A table: <c>schema.name</c>, <c>lake.schema.name</c>, or <c>delta.`folder`</c>.</summary>
    public TableTarget Table()
    {
        var start = at;
        List<string> names = [Name("a table")];
        while (TakesSymbol('.')) names.Add(Name("a name"));
        return names switch
        {
            ["delta", var folder] when sql[tokens[at - 1].Start] == '`' => new(null, folder),
            [var schema, var name] => new(new TableName(schema, name), null),
            [TableName.Catalog, var schema, var name] => new(new TableName(schema, name), null),
            [var name] when schemaOf is not null => new(new TableName(schemaOf(name), name), null),
            _ => throw Fault(
                start, $"'{string.Join('.', names)}' is no table name", "write schema.table, such as silver.orders"),
        };
    }

    /// <summary>Reads an alias after a table; null where none follows.</summary>
    /// <param name="following">Words that can follow instead.</param>
    public string? Alias(params ReadOnlySpan<string> following)
    {
        if (Takes("AS")) return Name("an alias");
        if (!tokens.IsName(at)) return null;
        foreach (var word in following)
            if (Sees(word)) return null;
        return Name();
    }

    /// <summary>Reads a path to a column, as written.</summary>
    public string ColumnPath()
    {
        var start = at;
        Name("a column");
        while (TakesSymbol('.')) Name("a field");
        return sql[tokens[start].Start..tokens[at - 1].End];
    }

    /// <summary>A name that a list of SELECT may assign to: <c>a</c> or <c>a.b</c>, without quotes.</summary>
    public string Assigned()
    {
        var names = new List<string> { Name("a column") };
        while (TakesSymbol('.')) names.Add(Name("a field"));
        return string.Join('.', names);
    }

    /// <summary>Names between parentheses.</summary>
    public IReadOnlyList<string> Names()
    {
        ExpectSymbol('(');
        List<string> names = [];
        do names.Add(ColumnPath());
        while (TakesSymbol(','));
        ExpectSymbol(')');
        return names;
    }

    /// <summary>A text in quotes.</summary>
    public string Text(string what = "a text in quotes")
    {
        if (at >= tokens.Count || tokens[at].Kind != SqlTokenKind.Text) throw Unexpected(what);
        var text = tokens.TextOf(at++);
        return text is ['\'', .., '\''] ? text[1..^1].ToString().Replace("''", "'") : text.ToString();
    }

    /// <summary>A whole number.</summary>
    public long Integer(string what = "a number")
    {
        var isNegative = TakesSymbol('-');
        if (at < tokens.Count && tokens[at].Kind == SqlTokenKind.Number
            && long.TryParse(tokens.TextOf(at), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            at++;
            return isNegative ? -number : number;
        }
        throw Unexpected(what);
    }

    /// <summary>A property's key: a text, or names with dots between them.</summary>
    public string Key() => at < tokens.Count && tokens[at].Kind == SqlTokenKind.Text ? Text() : ColumnPath();

    /// <summary>Reads a property's value: a text, or a word or number as written.</summary>
    public string Value()
    {
        if (at < tokens.Count && tokens[at].Kind is SqlTokenKind.Word or SqlTokenKind.Number)
            return tokens.TextOf(at++).ToString();
        return Text("a value");
    }

    /// <summary>A setting's value: a text, a name, or a number with its sign.</summary>
    public string SettingValue()
    {
        if (tokens.IsName(at)) return tokens.NameOf(at++);
        var sign = TakesSymbol('-') ? "-" : "";
        if (at < tokens.Count && tokens[at].Kind == SqlTokenKind.Number) return sign + tokens.TextOf(at++).ToString();
        return Text("a value");
    }

    /// <summary>
    /// Returns the text before one of these words, a comma or a closing parenthesis, outside of parentheses and CASE;
    /// names in backticks are put in double quotes.
    /// </summary>
    public string Expression(string what, params ReadOnlySpan<string> stops) =>
        Until("([{", ")]}", what, stops);

    /// <summary>As <see cref="Expression"/>, for a type of Spark: <c>struct&lt;a: int, b: string&gt;</c>.</summary>
    public string Type(params ReadOnlySpan<string> stops) => Until("(<", ")>", "a type", stops);

    string Until(string openings, string closings, string what, ReadOnlySpan<string> stops)
    {
        var start = at;
        var cases = 0;
        for (var depth = 0; !IsAtEnd; at++)
        {
            if (SeesAny(openings)) depth++;
            else if (SeesSymbol(')') && depth == 0) break;
            else if (SeesAny(closings)) depth--;
            else if (depth == 0 && cases == 0 && (SeesSymbol(',') || SeesAny(stops))) break;
            else if (Sees("CASE")) cases++;
            else if (Sees("END") && cases > 0) cases--;
        }
        return at > start ? Slice(start, at) : throw Unexpected(what);
    }

    /// <summary>Returns the text between the parentheses that follow.</summary>
    public string Parenthesized(string what)
    {
        if (!SeesSymbol('(')) throw Unexpected(what);
        var (start, end) = (at + 1, tokens.Closing(at));
        if (!tokens.IsSymbol(end, ')')) throw Unexpected("a closing parenthesis");
        at = end + 1;
        return end > start ? Slice(start, end) : throw Fault(start, $"{what} is missing");
    }

    /// <summary>
    /// Returns the text before the closing parenthesis of an opening one that was just taken; moves past it.
    /// </summary>
    public string Enclosed(string what)
    {
        at--;
        return Parenthesized(what);
    }

    /// <summary>The parts of a table's name: one or more.</summary>
    public IReadOnlyList<string> TableNames()
    {
        List<string> names = [Name("a table")];
        while (TakesSymbol('.')) names.Add(Name("a name"));
        return names;
    }

    /// <summary>Everything that follows, but a semicolon at the end.</summary>
    public string Rest(string what)
    {
        if (IsAtEnd) throw Unexpected(what);
        var start = at;
        at = tokens.IsSymbol(tokens.Count - 1, ';') ? tokens.Count - 1 : tokens.Count;
        return Slice(start, at);
    }

    /// <summary>
    /// Everything that follows up to some words outside of parentheses, or to the end; names in backticks are put in
    /// double quotes.
    /// </summary>
    /// <param name="what">What it is.</param>
    /// <param name="stops">The words, with a space between those that belong together.</param>
    public string RestBefore(string what, params ReadOnlySpan<string> stops)
    {
        var start = at;
        for (var depth = 0; !IsAtEnd; at++)
        {
            if (SeesAny("([{")) depth++;
            else if (SeesAny(")]}")) depth--;
            else if (depth == 0 && SeesAnyOf(stops)) break;
        }
        return at > start ? Slice(start, at) : throw Unexpected(what);
    }

    /// <summary>Whether a query follows.</summary>
    public bool SeesQuery() => SeesAny(["SELECT", "WITH", "VALUES", "FROM", "TABLE"]) || SeesSymbol('(');

    /// <summary>The error of what follows.</summary>
    public FozException Unexpected(string expected) => Fault(
        at,
        IsAtEnd
            ? $"the statement ends where {expected} should follow"
            : $"{expected} should stand at '{tokens.TextOf(at)}'");

    /// <summary>The error of a statement that is understood but not done.</summary>
    public FozException Refused(string message, string sqlState = "0A000") =>
        new(ErrorKind.Sql, message) { Place = SqlPlaces.At(sql, Position), SqlState = sqlState };

    bool SeesAny(string symbols)
    {
        foreach (var symbol in symbols)
            if (SeesSymbol(symbol)) return true;
        return false;
    }

    bool SeesAny(ReadOnlySpan<string> words)
    {
        foreach (var word in words)
            if (Sees(word)) return true;
        return false;
    }

    bool SeesAnyOf(ReadOnlySpan<string> phrases)
    {
        foreach (var words in phrases)
            if (Sees(words.Split(' '))) return true;
        return false;
    }

    FozException Fault(int token, string message, string? hint = null) => new(ErrorKind.Sql, message)
    {
        Place = SqlPlaces.At(sql, token < tokens.Count ? tokens[token].Start : sql.Length), Hint = hint,
    };

    /// <summary>The text of tokens, with the comments and spaces between them.</summary>
    string Slice(int from, int to)
    {
        var text = new StringBuilder();
        var position = tokens[from].Start;
        for (var i = from; i < to; i++)
        {
            if (sql[tokens[i].Start] != '`') continue;
            text.Append(sql, position, tokens[i].Start - position).Append(SqlText.Identifier(tokens.NameOf(i)));
            position = tokens[i].End;
        }
        return text.Append(sql, position, tokens[to - 1].End - position).ToString();
    }
}

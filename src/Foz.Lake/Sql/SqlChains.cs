namespace Foz.Lake.Sql;

/// <summary>More of something than a statement may have.</summary>
/// <param name="What">What, and how much of it there may be.</param>
/// <param name="Hint">What to do.</param>
readonly record struct SqlExcess(string What, string Hint);

/// <summary>
/// Counts the items in a row in a statement, and those in all: reading and planning some of them takes time and memory
/// that grow with the square of their number, and cannot be stopped meanwhile. Lists of values may be long.
/// </summary>
sealed class SqlChains
{
    /// <summary>
    /// How many operators may follow one another, as in <c>1 + 1 + 1</c>. DuckDB's own limit is the same, as each is
    /// inside of the next.
    /// </summary>
    public const int OperatorsMax = 1_000;

    /// <summary>How many AND and OR may follow one another.</summary>
    public const int ConditionsMax = 5_000;

    /// <summary>How many UNION, INTERSECT and EXCEPT a statement has.</summary>
    public const int SetsMax = 1_000;

    /// <summary>How many words, values and signs a statement has.</summary>
    public const int TokensMax = 1_000_000;

    const int WordLengthMax = 9;

    // What is in a row at each level of parentheses.
    readonly Stack<Row> around = new();
    Row row;
    int sets;
    int first;

    enum Part
    {
        Operator,
        Condition,
        Set,
        Clause,
    }

    /// <summary>Checks the last of a statement's tokens so far.</summary>
    /// <returns>What it has too much of with that token; null where nothing.</returns>
    public SqlExcess? FindExcess(SqlTokens tokens)
    {
        var last = tokens.Count - 1;
        if (last - first >= TokensMax)
            return new(
                $"more than {TokensMax} words, values and signs", "write rows with COPY, or in several statements");
        return tokens[last].Kind switch
        {
            SqlTokenKind.Symbol => FindExcess(tokens, last),
            SqlTokenKind.Word when PartOf(tokens.TextOf(last)) is { } part => FindExcess(part),
            _ => null,
        };
    }

    // A dictionary of these would be compiled when a process reads its first statement.
    static Part? PartOf(ReadOnlySpan<char> word)
    {
        Span<char> lower = stackalloc char[WordLengthMax];
        return word.Length > WordLengthMax ? null : lower[..word.ToLowerInvariant(lower)] switch
        {
            "and" or "or" => Part.Condition,
            "union" or "intersect" or "except" => Part.Set,
            "not" or "is" or "isnull" or "notnull" or "in" or "like" or "ilike" or "similar" or "glob" or "between"
                or "collate" or "at" or "escape" => Part.Operator,
            "where" or "on" or "having" or "by" or "when" or "then" or "else" or "values" or "set" => Part.Clause,
            _ => null,
        };
    }

    SqlExcess? FindExcess(SqlTokens tokens, int last)
    {
        switch (tokens.TextOf(last)[0])
        {
            case '(' or '[' or '{':
                around.Push(row);
                row = default;
                return null;
            case ')' or ']' or '}':
                if (around.TryPop(out var outer)) row = outer;
                return null;
            case ';':
                if (around.Count == 0) (first, sets) = (last + 1, 0);
                row = default;
                return null;
            case ',':
                row = default;
                return null;
            case '+' or '-' or '*' or '/' or '%' or '^' or '|' or '&' or '~' or '!' or '@' or '#' or '<' or '>' or '='
                or '?':
                // One operator has several signs.
                return last > 0 && tokens[last - 1] is { Kind: SqlTokenKind.Symbol } before
                    && before.End == tokens[last].Start
                    && tokens.TextOf(last - 1)[0] is not (')' or ']' or '}' or '(' or '[' or '{' or ',')
                    ? null
                    : FindExcess(Part.Operator);
            default:
                return null;
        }
    }

    SqlExcess? FindExcess(Part part)
    {
        row = part switch
        {
            Part.Operator => row with { Operators = row.Operators + 1 },
            Part.Condition => new(0, row.Conditions + 1),
            Part.Clause => row with { Operators = 0 },
            _ => default,
        };
        if (part == Part.Set && ++sets > SetsMax)
            return new(
                $"more than {SetsMax} of UNION, INTERSECT and EXCEPT",
                "list the rows in one VALUES, or write some of them into a table");
        if (row.Operators > OperatorsMax)
            return new($"more than {OperatorsMax} operators in a row", "compute parts of the expression in a WITH");
        return row.Conditions > ConditionsMax
            ? new($"more than {ConditionsMax} AND and OR in a row",
                "compare with a list: x IN (…), or join with a table of the values")
            : null;
    }

    readonly record struct Row(int Operators, int Conditions);
}

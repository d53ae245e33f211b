using Foz.DuckDB;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>
/// Patterns of LIKE. In PostgreSQL a backslash in them takes the next character for itself, in DuckDB only where ESCAPE
/// says so; there such a pattern is matched row by row, and others by faster means: ESCAPE is added where a backslash
/// can be.
/// </content>
sealed partial class PgTranslator
{
    const string Escape = @" ESCAPE '\'";

    readonly List<int> escapes = [];

    /// <summary><c>x LIKE pattern</c> and <c>x ILIKE pattern</c>, also with NOT.</summary>
    void VisitLike(int i)
    {
        if (Tokens.IsWord(i + 1, "any") || Tokens.IsWord(i + 1, "some") || Tokens.IsWord(i + 1, "all"))
        {
            if (Tokens.IsSymbol(i + 2, '(')) VisitLikeList(i);
            return;
        }
        var end = Tokens.OperandEnd(i + 1);
        while (OperatorEnd(end) is var next && next > end) end = Tokens.OperandEnd(next);
        if (!Tokens.IsWord(end, "escape") && MayEscape(i + 1, end)) escapes.Add(end - 1);
    }

    /// <summary>
    /// <c>x LIKE ANY (patterns)</c>, and with ILIKE, NOT, SOME and ALL, as a function: DuckDB has none of them.
    /// Patterns that a query gives are left to it, which tells that.
    /// </summary>
    void VisitLikeList(int i)
    {
        var (list, close) = (i + 3, Tokens.PartnerOf(i + 2));
        if (Tokens.IsWord(list, "select") || Tokens.IsWord(list, "with") || Tokens.IsWord(list, "values")) return;
        var isNot = Tokens.IsWord(i - 1, "not");
        var first = isNot ? i - 1 : i;
        var function = LikeListName(isNot, Tokens.NameOf(i), Tokens.IsWord(i + 1, "all") ? "all" : "any");
        Edits.Before(Tokens.StartOf(MatchedStart(first)), function + "(");
        Replace(first, list, ", ");
        if (Tokens.KindOf(list) == SqlTokenKind.Text && close == list + 1)
        {
            var text = Tokens.List.TextOf(list).ToString();
            if (text.StartsWith("'{", StringComparison.Ordinal))
                Replace(
                    list, close,
                    PgArrayText.ToSql(text[1..^1].Replace("''", "'", StringComparison.Ordinal), LogicalType.Varchar));
        }
        else if (Tokens.IsSymbol(list, '$') && close == list + 2)
        {
            // A parameter is of the type that is asked for here.
            Edits.Around(Tokens.StartOf(list), Tokens.EndOf(close - 1), "CAST(", " AS VARCHAR[])");
        }
    }

    /// <summary>
    /// The first token of what is matched: operands with operators between that bind closer than LIKE.
    /// </summary>
    int MatchedStart(int like)
    {
        var start = Tokens.OperandStart(like - 1);
        while (true)
        {
            var before = Tokens.IsSymbol(start - 1, '|') && Tokens.IsSymbol(start - 2, '|') ? start - 3
                : ArrowStart(start) is var arrow && arrow < start ? arrow - 1
                : OperatorEnd(start - 1) == start ? start - 2
                : -1;
            if (before < 0 || !Tokens.EndsOperand(before)) break;
            start = Tokens.OperandStart(before);
        }
        while (IsSign(start - 1) && !Tokens.EndsOperand(start - 2)) start--;
        return start;
    }

    bool IsSign(int i) =>
        Tokens.KindOf(i) == SqlTokenKind.Symbol && Tokens.List.TextOf(i) is "-" or "+" or "~" or "@" or "|" or "/";

    /// <summary>The function that looks for a pattern among several.</summary>
    static string LikeListName(bool isNot, string like, string quantity) =>
        $"foz_{(isNot ? "not_" : "")}{like}_{quantity}";

    /// <summary>The functions that look for a pattern among several, for DuckDB.</summary>
    public static string LikeMacros { get; } = string.Join('\n',
        from isNot in new[] { false, true }
        from like in new[] { "like", "ilike" }
        from quantity in new[] { "any", "all" }
        select $"CREATE OR REPLACE MACRO {LikeListName(isNot, like, quantity)}(x, l) AS "
            + $"foz_{quantity}_of(list_transform(l, lambda p: x "
            + $"{(isNot ? "NOT " : "")}{like.ToUpperInvariant()} p{Escape}));");

    /// <summary><c>x ~~ pattern</c>, <c>!~~</c>, <c>~~*</c> and <c>!~~*</c>, which have no ESCAPE.</summary>
    void VisitLikeOperator(int start, int tildes, bool isNot)
    {
        var at = tildes + 2;
        var ignoresCase = Tokens.IsSymbol(at, '*') && Tokens.TouchesPrevious(at);
        if (ignoresCase) at++;
        var end = Tokens.OperandEnd(at);
        if (!MayEscape(at, end)) return;
        Replace(start, at, $" {(isNot ? "NOT " : "")}{(ignoresCase ? "ILIKE" : "LIKE")} ");
        escapes.Add(end - 1);
    }

    /// <summary>
    /// Adds the escape after patterns; it must follow all texts that are added there for their parts.
    /// </summary>
    void EscapePatterns()
    {
        foreach (var last in escapes) Edits.After(Tokens.EndOf(last), Escape);
    }

    /// <summary>
    /// Returns the token after an operator that binds closer than LIKE; the same token if there is none.
    /// </summary>
    int OperatorEnd(int at)
    {
        if (Tokens.IsSymbol(at, '|') && Tokens.IsSymbol(at + 1, '|')) return at + 2;
        return Tokens.IsSymbol(at, '+') || Tokens.IsSymbol(at, '-') || Tokens.IsSymbol(at, '*')
            || Tokens.IsSymbol(at, '/') || Tokens.IsSymbol(at, '%')
            ? at + 1 : at;
    }

    /// <summary>Whether a pattern can have a backslash: it is written with one, or is no constant.</summary>
    bool MayEscape(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (Tokens.KindOf(i) == SqlTokenKind.Text)
            {
                if (Tokens.List.TextOf(i).Contains('\\')) return true;
            }
            else if (Tokens.IsSymbol(i, '$') || (Tokens.IsName(i) && !SqlParameters.IsOfConstants(Tokens.NameOf(i))))
            {
                return true;
            }
        }
        return false;
    }
}

using Foz.Core.Engine;

namespace Foz.Core.Serving.PostgreSql;

/// <content>
/// Patterns of LIKE. In PostgreSQL a backslash in them takes the next character for itself, in DuckDB only where ESCAPE says so; there
/// such a pattern is matched row by row, and others by faster means: ESCAPE is added where a backslash can be.
/// </content>
sealed partial class PgTranslator
{
    const string Escape = @" ESCAPE '\'";

    readonly List<int> escapes = [];

    /// <summary><c>x LIKE pattern</c> and <c>x ILIKE pattern</c>, also with NOT.</summary>
    void VisitLike(int i)
    {
        if (Tokens.IsWord(i + 1, "any") || Tokens.IsWord(i + 1, "some") || Tokens.IsWord(i + 1, "all")) return;
        var end = Tokens.OperandEnd(i + 1);
        while (OperatorEnd(end) is var behind && behind > end) end = Tokens.OperandEnd(behind);
        if (!Tokens.IsWord(end, "escape") && MayEscape(i + 1, end)) escapes.Add(end - 1);
    }

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

    /// <summary>What is put behind patterns comes behind everything that is put there for their parts.</summary>
    void EscapePatterns()
    {
        foreach (var last in escapes) Edits.After(Tokens.EndOf(last), Escape);
    }

    /// <summary>The token behind an operator that binds closer than LIKE; the token itself where none is there.</summary>
    int OperatorEnd(int at)
    {
        if (Tokens.IsSymbol(at, '|') && Tokens.IsSymbol(at + 1, '|')) return at + 2;
        return Tokens.IsSymbol(at, '+') || Tokens.IsSymbol(at, '-') || Tokens.IsSymbol(at, '*') || Tokens.IsSymbol(at, '/') || Tokens.IsSymbol(at, '%')
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

using Foz.Core.Engine;

namespace Foz.Core.Serving.PostgreSql;

/// <summary>What a statement's text can ask of its session.</summary>
sealed record TranslationContext
{
    /// <summary>The user.</summary>
    public required string User { get; init; }

    /// <summary>The session's number.</summary>
    public required int SessionId { get; init; }

    /// <summary>The schemas in which names without one are looked for.</summary>
    public required IReadOnlyList<string> SearchPath { get; init; }

    /// <summary>The value of a setting; null if there is none.</summary>
    public required Func<string, string?> Setting { get; init; }

    /// <summary>The number of the image of the catalog, for functions that look into it.</summary>
    public required Func<long> Catalog { get; init; }
}

/// <summary>
/// Turns PostgreSQL's SQL into DuckDB's where they differ. It works on tokens: names and structure stay, so that each place
/// of what comes out is one of what came in. What is the same in both is not looked at.
/// </summary>
sealed partial class PgTranslator
{
    readonly PgTokens tokens;
    readonly TranslationContext context;
    readonly EditList edits = new();
    readonly bool[] isDone;
    readonly SelectStructure structure;

    PgTranslator(string sql, TranslationContext context)
    {
        (tokens, this.context) = (new(sql), context);
        isDone = new bool[tokens.Count];
        structure = new(tokens);
    }

    /// <summary>Turns one statement.</summary>
    public static RewrittenSql Translate(string sql, TranslationContext context)
    {
        var translator = new PgTranslator(sql, context);
        for (var i = 0; i < translator.tokens.Count; i++) translator.Visit(i);
        translator.NameColumns();
        translator.FoldWords();
        return translator.edits.Apply(sql);
    }

    void Visit(int i)
    {
        if (isDone[i]) return;
        switch (tokens.KindOf(i))
        {
            case SqlTokenKind.Symbol:
                VisitSymbol(i);
                break;
            case SqlTokenKind.Word or SqlTokenKind.QuotedName:
                VisitName(i);
                break;
        }
    }

    void VisitSymbol(int i)
    {
        if (tokens.IsCast(i)) VisitCast(i);
        else if (tokens.IsSymbol(i, '~') || tokens.IsSymbol(i, '!')) VisitPattern(i);
        else if (tokens.IsSymbol(i, '/') && !tokens.TouchesPrevious(i) && tokens.EndsOperand(i - 1)) Divide(i);
        else if (tokens.IsSymbol(i, '/') && tokens.EndsOperand(i - 1) && !tokens.IsSymbol(i + 1, '/')) Divide(i);
        else if (tokens.IsSymbol(i, '[')) VisitSubscript(i);
    }

    /// <summary>DuckDB's own division gives a fraction of whole numbers.</summary>
    void Divide(int i)
    {
        if (!tokens.IsSymbol(i + 1, '/')) Replace(i, i + 1, "//");
    }

    /// <summary>PostgreSQL counts the elements of some vectors from 0.</summary>
    void VisitSubscript(int i)
    {
        if (!tokens.IsName(i - 1)
            || tokens.NameOf(i - 1) is not ("indkey" or "indclass" or "indoption" or "indcollation" or "proargtypes")) return;
        edits.After(tokens.EndOf(i), "1 + (");
        edits.Before(tokens.StartOf(tokens.PartnerOf(i)), ")");
    }

    /// <summary>A pattern can match anywhere in PostgreSQL; in DuckDB the operator matches the whole.</summary>
    void VisitPattern(int i)
    {
        if (!tokens.EndsOperand(i - 1) && !IsQualifiedOperator(i)) return;
        var (start, at, isNot) = (i, i, tokens.IsSymbol(i, '!'));
        if (isNot) at++;
        // ~~ is LIKE, which both have.
        if (!tokens.IsSymbol(at, '~') || tokens.IsSymbol(at + 1, '~')) return;
        at++;
        var ignoresCase = tokens.IsSymbol(at, '*') && tokens.TouchesPrevious(at);
        if (ignoresCase) at++;
        if (IsQualifiedOperator(i))
        {
            // OPERATOR(pg_catalog.~)
            start = i - 4;
            at++;
        }
        var end = tokens.OperandEnd(at);
        Replace(start, at, isNot ? " !~ " : " ~ ");
        edits.Before(tokens.StartOf(at), $"('(?s{(ignoresCase ? "i" : "")}).*(?:' || (");
        edits.After(tokens.EndOf(end - 1), ") || ').*')");
    }

    bool IsQualifiedOperator(int i) =>
        tokens.IsSymbol(i - 1, '.') && tokens.IsSymbol(i - 3, '(') && tokens.IsWord(i - 4, "operator");

    void VisitName(int i)
    {
        if (tokens.IsSymbol(i + 1, '(')
            && tokens.NameOf(i).StartsWith(ServedFunctions.OwnPrefix, StringComparison.OrdinalIgnoreCase))
            throw ServedFunctions.Missing(ServedFunctions.Call, tokens.NameOf(i));
        if (tokens.IsSymbol(i - 1, '.')) return;
        if (tokens.KindOf(i) == SqlTokenKind.Word && VisitWord(i)) return;
        // pg_catalog.name(…)
        var at = i;
        if (tokens.NameOf(i) is "pg_catalog" or "information_schema" && tokens.IsSymbol(i + 1, '.') && tokens.IsSymbol(i + 3, '('))
        {
            Replace(i, i + 2, "");
            at = i + 2;
        }
        if (tokens.IsSymbol(at + 1, '(') && tokens.IsName(at)) VisitCall(at);
    }

    /// <returns>Whether nothing more is to be done of the word.</returns>
    bool VisitWord(int i)
    {
        switch (tokens.NameOf(i))
        {
            case "operator" when tokens.IsSymbol(i + 1, '('):
                VisitQualifiedOperator(i);
                return true;
            case "collate" when tokens.EndsOperand(i - 1) && tokens.IsName(i + 1):
                var end = i + 2;
                while (tokens.IsSymbol(end, '.')) end += 2;
                Replace(i, end, "");
                return true;
            case "any" or "some" or "all" when tokens.IsSymbol(i + 1, '('):
                VisitAny(i);
                return true;
            case "cast" when tokens.IsSymbol(i + 1, '('):
                VisitCastCall(i);
                return true;
            case "desc" when tokens.EndsOperand(i - 1) && !tokens.IsWord(i + 1, "nulls"):
                // The greatest come first, and PostgreSQL has NULL for the greatest.
                edits.After(tokens.EndOf(i), " NULLS FIRST");
                return true;
            case "for" when tokens.IsWord(i + 2, "as") && tokens.IsWord(i + 3, "of"):
                VisitTimeTravel(i);
                return true;
            case "limit" when tokens.IsWord(i + 1, "all"):
                Replace(i, i + 2, "");
                return true;
            case "only" when tokens.IsWord(i - 1, "from") || tokens.IsWord(i - 1, "join"):
                Replace(i, i + 1, "");
                return true;
            case "u" when tokens.IsSymbol(i + 1, '&') && tokens.TouchesPrevious(i + 1) && tokens.TouchesPrevious(i + 2):
                VisitUnicode(i);
                return true;
            default:
                return VisitSessionWord(i);
        }
    }

    /// <summary><c>OPERATOR(pg_catalog.=)</c>; patterns are the symbol's business.</summary>
    void VisitQualifiedOperator(int i)
    {
        var close = tokens.PartnerOf(i + 1);
        var symbol = i + 2;
        while (symbol < close && (tokens.IsName(symbol) || tokens.IsSymbol(symbol, '.'))) symbol++;
        var isPattern = (tokens.IsSymbol(symbol, '~') && !tokens.IsSymbol(symbol + 1, '~'))
            || (tokens.IsSymbol(symbol, '!') && tokens.IsSymbol(symbol + 1, '~') && !tokens.IsSymbol(symbol + 2, '~'));
        if (isPattern || symbol >= close) return;
        Replace(i, close + 1, $" {tokens.Sql[tokens.StartOf(symbol)..tokens.EndOf(close - 1)]} ");
    }

    /// <summary><c>x = ANY (list)</c> as a function: as a query DuckDB does not have it in outer joins.</summary>
    void VisitAny(int i)
    {
        if (tokens.IsWord(i + 2, "select") || tokens.IsWord(i + 2, "with") || tokens.IsWord(i + 2, "values")
            || (tokens.IsSymbol(i + 2, '(') && tokens.IsWord(i + 3, "select"))) return;
        var isAll = tokens.IsWord(i, "all");
        var operatorStart = isAll ? i - 2 : i - 1;
        if (isAll ? !(tokens.IsSymbol(i - 2, '<') && tokens.IsSymbol(i - 1, '>')) && !(tokens.IsSymbol(i - 2, '!') && tokens.IsSymbol(i - 1, '='))
            : !tokens.IsSymbol(i - 1, '=') || !tokens.EndsOperand(i - 2)) return;
        var start = tokens.OperandStart(operatorStart - 1);
        edits.Before(tokens.StartOf(start), isAll ? "(NOT foz_any(" : "foz_any(");
        Replace(operatorStart, i + 2, ", ");
        if (isAll) edits.After(tokens.EndOf(tokens.PartnerOf(i + 1)), ")");
    }

    /// <summary><c>FOR VERSION AS OF 3</c> as DuckDB's <c>AT (VERSION => 3)</c>.</summary>
    void VisitTimeTravel(int i)
    {
        var unit = tokens.IsWord(i + 1, "version") || tokens.IsWord(i + 1, "system_version") ? "VERSION" : "TIMESTAMP";
        var end = tokens.OperandEnd(i + 4);
        Replace(i, i + 4, $"AT ({unit} =>");
        // The constant is all that DuckDB takes here.
        if (tokens.IsWord(i + 4, "timestamp") && tokens.KindOf(i + 5) == SqlTokenKind.Text) Replace(i + 4, i + 5, "");
        edits.After(tokens.EndOf(end - 1), ")");
    }

    void VisitUnicode(int i)
    {
        if (tokens.KindOf(i + 2) is not (SqlTokenKind.Text or SqlTokenKind.QuotedName)) return;
        var quote = tokens.Sql[tokens.StartOf(i + 2)];
        var text = PgUnicode.Decode(tokens.Sql[(tokens.StartOf(i + 2) + 1)..(tokens.EndOf(i + 2) - 1)]);
        Replace(i, i + 3, $"{quote}{text}{quote}");
    }

    /// <summary>Names without quotes are in small letters; words of SQL are the same in any.</summary>
    void FoldWords()
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (isDone[i] || tokens.KindOf(i) != SqlTokenKind.Word) continue;
            var text = tokens.List.TextOf(i);
            if (text.ContainsAnyInRange('A', 'Z')) edits.Replace(tokens.StartOf(i), tokens.EndOf(i), text.ToString().ToLowerInvariant());
        }
    }

    /// <summary>Puts a text in the place of tokens.</summary>
    void Replace(int from, int to, string text)
    {
        edits.Replace(tokens.StartOf(from), tokens.EndOf(to - 1), text);
        for (var i = from; i < to; i++) isDone[i] = true;
    }
}

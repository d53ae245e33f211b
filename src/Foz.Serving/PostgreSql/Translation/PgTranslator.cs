using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>Turns PostgreSQL's SQL into DuckDB's where they differ.</summary>
sealed partial class PgTranslator : SqlTranslator
{
    readonly TranslationContext context;

    PgTranslator(string sql, TranslationContext context)
        : base(sql) => this.context = context;

    /// <summary>Turns one statement.</summary>
    public static RewrittenSql Translate(string sql, TranslationContext context)
    {
        var translator = new PgTranslator(sql, context);
        if (translator.IsValues && context.IsQuery) translator.NameValuesOfStatement();
        for (var i = 0; i < translator.Tokens.Count; i++) translator.Visit(i);
        translator.EscapePatterns();
        translator.ShowRows();
        translator.OrderJoinedColumns();
        translator.CheckLateral();
        translator.NameColumns();
        translator.FoldWords();
        return translator.Edits.Apply(sql);
    }

    void Visit(int i)
    {
        if (IsDone[i]) return;
        switch (Tokens.KindOf(i))
        {
            case SqlTokenKind.Symbol:
                VisitSymbol(i);
                break;
            case SqlTokenKind.Word or SqlTokenKind.QuotedName:
                VisitName(i);
                break;
            case SqlTokenKind.Text when PgEscapes.Has(Tokens.List.TextOf(i)):
                VisitEscapes(i);
                break;
            case SqlTokenKind.Text:
                VisitUntyped(i);
                break;
            case SqlTokenKind.Number:
                VisitNumber(i);
                break;
        }
    }

    /// <summary>
    /// Replaces <c>E'it\'s'</c> by a plain literal: the engine does not know all escapes, and looks for quotes where
    /// there are none. A literal on a line of its own after it is a part of it.
    /// </summary>
    void VisitEscapes(int i)
    {
        var end = i + 1;
        while (Tokens.KindOf(end) == SqlTokenKind.Text && Tokens.Sql[Tokens.StartOf(end)] == '\''
            && Tokens.Sql.AsSpan(Tokens.EndOf(end - 1)..Tokens.StartOf(end)).ContainsAny('\n', '\r')) end++;
        var text = string.Concat(
            Enumerable.Range(i, end - i).Select(part => PgEscapes.Decode(Tokens.List.TextOf(part))));
        Replace(i, end, SqlText.Literal(text));
    }

    void VisitSymbol(int i)
    {
        if (Tokens.IsCast(i)) VisitCast(i);
        else if (Tokens.IsSymbol(i, '~') || Tokens.IsSymbol(i, '!')) VisitPattern(i);
        else if (Tokens.IsSymbol(i, '[')) VisitSubscript(i);
        else if (Tokens.EndsOperand(i - 1)) VisitOperator(i);
    }

    /// <summary>Translates an operator after an operand.</summary>
    void VisitOperator(int i)
    {
        var isPair = Tokens.TouchesPrevious(i + 1);
        if (Tokens.IsSymbol(i, '/') && !(isPair && Tokens.IsSymbol(i + 1, '/'))) VisitDivision(i, "foz_div");
        else if (Tokens.IsSymbol(i, '%') && Tokens.KindOf(i + 1) is not null) VisitDivision(i, "foz_mod");
        else if (Tokens.IsSymbol(i, '^') && !(isPair && Tokens.IsSymbol(i + 1, '@'))) VisitPower(i);
        else if (Tokens.IsSymbol(i, '-') && isPair && Tokens.IsSymbol(i + 1, '>')) VisitArrow(i);
        else if (Tokens.IsSymbol(i, '|') && isPair && Tokens.IsSymbol(i + 1, '|')) VisitJoin(i);
        else if (Tokens.IsSymbol(i, '@') && isPair && Tokens.IsSymbol(i + 1, '>')) VisitContains(i, "foz_contains");
        else if (Tokens.IsSymbol(i, '<') && isPair && Tokens.IsSymbol(i + 1, '@')) VisitContains(i, "foz_contained");
        else if (IsComparison(i)) VisitComparison(i);
    }

    /// <summary>PostgreSQL counts the elements of some vectors from 0.</summary>
    void VisitSubscript(int i)
    {
        if (!Tokens.IsName(i - 1)
            || Tokens.NameOf(i - 1) is not ("indkey" or "indclass" or "indoption" or "indcollation" or "proargtypes"))
        {
            VisitPlace(i);
            return;
        }
        Edits.After(Tokens.EndOf(i), "1 + (");
        Edits.Before(Tokens.StartOf(Tokens.PartnerOf(i)), ")");
    }

    /// <summary>A pattern can match anywhere in PostgreSQL; in DuckDB the operator matches the whole.</summary>
    void VisitPattern(int i)
    {
        if (!Tokens.EndsOperand(i - 1) && !IsQualifiedOperator(i)) return;
        var (start, at, isNot) = (i, i, Tokens.IsSymbol(i, '!'));
        if (isNot) at++;
        if (!Tokens.IsSymbol(at, '~')) return;
        if (Tokens.IsSymbol(at + 1, '~'))
        {
            if (!IsQualifiedOperator(i)) VisitLikeOperator(i, at, isNot);
            return;
        }
        at++;
        var ignoresCase = Tokens.IsSymbol(at, '*') && Tokens.TouchesPrevious(at);
        if (ignoresCase) at++;
        if (IsQualifiedOperator(i))
        {
            // OPERATOR(pg_catalog.~)
            start = i - 4;
            at++;
        }
        var end = Tokens.OperandEnd(at);
        if (end == at + 1 && Tokens.KindOf(at) == SqlTokenKind.Text && Tokens.List.TextOf(at)[0] == '\'')
            Replace(at, end, PgPattern.ToEngine(Tokens.List.TextOf(at)));
        Replace(start, at, isNot ? " !~ " : " ~ ");
        Edits.Around(
            Tokens.StartOf(at), Tokens.EndOf(end - 1), $"('(?s{(ignoresCase ? "i" : "")}).*(?:' || (", ") || ').*')");
    }

    bool IsQualifiedOperator(int i) =>
        Tokens.IsSymbol(i - 1, '.') && Tokens.IsSymbol(i - 3, '(') && Tokens.IsWord(i - 4, "operator");

    void VisitName(int i)
    {
        if (Tokens.IsSymbol(i + 1, '(')
            && Tokens.NameOf(i).StartsWith(ServedFunctions.OwnPrefix, StringComparison.OrdinalIgnoreCase))
            throw ServedFunctions.Missing(ServedFunctions.Call, Tokens.NameOf(i));
        if (Tokens.IsSymbol(i - 1, '.'))
        {
            CheckDatePart(i);
            return;
        }
        if (Tokens.IsWord(i + 2, "tableoid") && Tokens.IsSymbol(i + 1, '.') && VisitTableOid(i)) return;
        if (Tokens.KindOf(i) == SqlTokenKind.Word && VisitWord(i)) return;
        // pg_catalog.name(…)
        var at = i;
        if (IsCatalog(i) && Tokens.IsSymbol(i + 1, '.') && Tokens.IsSymbol(i + 3, '('))
        {
            Replace(i, i + 2, "");
            at = i + 2;
        }
        if (Tokens.IsSymbol(at + 1, '(') && Tokens.IsName(at)) VisitCall(at);
    }

    bool IsCatalog(int i) => Tokens.NameOf(i) is "pg_catalog" or "information_schema";

    /// <returns>Whether nothing more is to be done of the word.</returns>
    bool VisitWord(int i)
    {
        switch (Tokens.NameOf(i))
        {
            case "operator" when Tokens.IsSymbol(i + 1, '('):
                VisitQualifiedOperator(i);
                return true;
            case "collate" when Tokens.EndsOperand(i - 1) && Tokens.IsName(i + 1):
                var end = i + 2;
                while (Tokens.IsSymbol(end, '.')) end += 2;
                Replace(i, end, "");
                return true;
            case "any" or "some" or "all" when Tokens.IsSymbol(i + 1, '('):
                VisitAny(i);
                return true;
            case "like" or "ilike" when Tokens.EndsOperand(i - 1) || Tokens.IsWord(i - 1, "not"):
                VisitLike(i);
                return true;
            case "cast" when Tokens.IsSymbol(i + 1, '('):
                VisitCastCall(i);
                return true;
            case "in" when RowBefore(i) is { } row:
                VisitRowsIn(i, row);
                return true;
            case "similar" when Tokens.EndsOperand(i - 1) || Tokens.IsWord(i - 1, "not"):
                VisitSimilar(i);
                return true;
            case "is" when Tokens.EndsOperand(i - 1):
                VisitIs(i);
                return true;
            case "not":
                CheckNotIn(i);
                return true;
            case "b" or "x":
                CheckBits(i);
                return false;
            case "at" when Tokens.EndsOperand(i - 1):
                VisitZone(i);
                return true;
            case "values":
                NameValues(i);
                return true;
            case "desc" when Tokens.EndsOperand(i - 1) && !Tokens.IsWord(i + 1, "nulls"):
                // The greatest come first, and PostgreSQL has NULL for the greatest.
                Edits.After(Tokens.EndOf(i), " NULLS FIRST");
                return true;
            case "for" when Tokens.IsWord(i + 2, "as") && Tokens.IsWord(i + 3, "of"):
                VisitTimeTravel(i);
                return true;
            case "limit" when Tokens.IsWord(i + 1, "all"):
                Replace(i, i + 2, "");
                return true;
            case "only" when Tokens.IsWord(i - 1, "from") || Tokens.IsWord(i - 1, "join"):
                Replace(i, i + 1, "");
                return true;
            case "u" when Tokens.IsSymbol(i + 1, '&') && Tokens.TouchesPrevious(i + 1) && Tokens.TouchesPrevious(i + 2):
                VisitUnicode(i);
                return true;
            default:
                return (Tokens.KindOf(i + 1) == SqlTokenKind.Text && VisitTypedConstant(i)) || VisitSessionWord(i);
        }
    }

    /// <summary><c>OPERATOR(pg_catalog.=)</c>; patterns are the symbol's business.</summary>
    void VisitQualifiedOperator(int i)
    {
        var close = Tokens.PartnerOf(i + 1);
        var symbol = i + 2;
        while (symbol < close && (Tokens.IsName(symbol) || Tokens.IsSymbol(symbol, '.'))) symbol++;
        var isPattern = (Tokens.IsSymbol(symbol, '~') && !Tokens.IsSymbol(symbol + 1, '~'))
            || (Tokens.IsSymbol(symbol, '!') && Tokens.IsSymbol(symbol + 1, '~') && !Tokens.IsSymbol(symbol + 2, '~'));
        if (isPattern || symbol >= close) return;
        Replace(i, close + 1, $" {Tokens.Sql[Tokens.StartOf(symbol)..Tokens.EndOf(close - 1)]} ");
    }

    /// <summary>Names without quotes are in small letters; words of SQL are the same in any.</summary>
    void FoldWords()
    {
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (IsDone[i] || Tokens.KindOf(i) != SqlTokenKind.Word) continue;
            var text = Tokens.List.TextOf(i);
            if (text.ContainsAnyInRange('A', 'Z'))
                Edits.Replace(Tokens.StartOf(i), Tokens.EndOf(i), text.ToString().ToLowerInvariant());
        }
    }
}

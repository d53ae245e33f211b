using System.Text.RegularExpressions;
using Foz.Lake.Engine;

namespace Foz.Serving.PostgreSql;

/// <content>
/// Texts of no type, which have that of what stands beside them. The engine reads some of them otherwise than PostgreSQL: it rounds a
/// number with a fraction to the other's digits, takes each <c>\x</c> for one byte, and a year before Christ for one after it.
/// </content>
sealed partial class PgTranslator
{
    const string Given = "foz_given";

    /// <summary>A text that the engine reads otherwise than PostgreSQL beside values of some types.</summary>
    [GeneratedRegex(
        @"^'(?:\s*[+-]?(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[+-]?\d+)?\s*|.*\\.*|.*\d\s*bc\s*)'$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Misread { get; }

    /// <summary>What gives such a text the type of another value, and comparisons with one in front.</summary>
    public static string GivenMacros => $"""
        CREATE OR REPLACE MACRO foz_given_text(t, k) AS CASE
            WHEN k IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN CASE WHEN regexp_full_match(t, '\s*[+-]?[0-9]+\s*') THEN t
                ELSE error('22P02: invalid input syntax for type ' || lower(k) || ': "' || t || '"') END
            WHEN k LIKE 'DECIMAL%' THEN CASE WHEN TRY_CAST(t AS DOUBLE) IS NULL OR (NOT contains(lower(t), 'e')
                AND len(regexp_extract(t, '\.([0-9]*?)0*\s*$', 1)) <= CAST(regexp_extract(k, ',([0-9]+)', 1) AS INTEGER)) THEN t
                ELSE error('0A000: ''' || t || ''' beside a number with fewer digits is not supported: write it without quotes') END
            WHEN k = 'DATE' OR k LIKE 'TIMESTAMP%' THEN CASE WHEN regexp_matches(t, '(?i)bc\s*$')
                THEN error('0A000: a date before Christ is not supported') ELSE t END
            WHEN k = 'BLOB' THEN CAST({DeclaredTexts.Bytea}(t) AS VARCHAR) ELSE t END;
        CREATE OR REPLACE MACRO {Given}(t, x) AS cast_to_type(foz_given_text(t, typeof(x)), x);

        """ + string.Concat(comparisons.Where(comparison => comparison.Key != "!=").Select(comparison =>
            $"CREATE OR REPLACE MACRO {Given}_{comparison.Value}(t, x) AS {Given}(t, x) {comparison.Key} x;\n"));

    /// <summary>A text beside a value: compared with it, in a list or a BETWEEN after it, or in its place.</summary>
    void VisitUntyped(int i)
    {
        if (!Misread.IsMatch(Tokens.List.TextOf(i)) || Tokens.IsCast(i + 1)) return;
        var open = Tokens.OpeningOf(i);
        if (IsComparison(i - 1)) GiveTypeOfLeft(i, ComparisonStart(i - 1));
        else if (IsComparison(i + 1)) GiveTypeOfRight(i);
        else if (BetweenOf(i) is > 0 and var between) GiveTypeOfLeft(i, Tokens.IsWord(between - 1, "not") ? between - 1 : between);
        else if (Tokens.IsWord(i - 1, "then") || Tokens.IsWord(i - 1, "else")) VisitUntypedBranch(i);
        else if (open <= 0 || (open != i - 1 && !Tokens.IsSymbol(i - 1, ','))) return;
        else if (Tokens.IsWord(open - 1, "in")) GiveTypeOfLeft(i, Tokens.IsWord(open - 2, "not") ? open - 2 : open - 1);
        else if (open != i - 1 && Tokens.IsName(open - 1) && Tokens.NameOf(open - 1) is "coalesce" or "nullif" or "greatest" or "least")
            GiveTypeOf(i, open + 1, ArgumentsOf(open - 1)[1] - 1);
    }

    /// <summary>A text that a branch of CASE gives, after another branch or in front of a number.</summary>
    void VisitUntypedBranch(int i)
    {
        for (var at = i - 2; at >= 0 && !Tokens.IsWord(at, "case") && !Tokens.IsOpening(at); at--)
        {
            if (Tokens.IsClosing(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "end")) at = Tokens.OperandStart(at);
            else if (Tokens.IsWord(at, "then"))
            {
                GiveTypeOf(i, at + 1, MatchedEnd(at + 1));
                return;
            }
        }
        for (var at = i + 1; at < Tokens.Count && !Tokens.IsWord(at, "end"); at++)
            if ((Tokens.IsWord(at, "else") || Tokens.IsWord(at, "then")) && Tokens.KindOf(at + 1) == SqlTokenKind.Number)
            {
                GiveTypeOf(i, at + 1, at + 2);
                return;
            }
    }

    /// <summary>The token after operands with operators between that bind closer than a comparison.</summary>
    int MatchedEnd(int first)
    {
        var end = Tokens.OperandEnd(first);
        while (OperatorEnd(end) is var behind && behind > end) end = Tokens.OperandEnd(behind);
        return end;
    }

    /// <summary>The BETWEEN whose bound a token is; −1 for none.</summary>
    int BetweenOf(int i)
    {
        if (Tokens.IsWord(i - 1, "between")) return i - 1;
        if (!Tokens.IsWord(i - 1, "and") || !Tokens.EndsOperand(i - 2)) return -1;
        var between = MatchedStart(i - 1) - 1;
        return Tokens.IsWord(between, "between") ? between : -1;
    }

    int ComparisonStart(int i)
    {
        while (IsComparison(i - 1) && Tokens.TouchesPrevious(i)) i--;
        return i;
    }

    void GiveTypeOfLeft(int i, int behind)
    {
        if (Tokens.EndsOperand(behind - 1)) GiveTypeOf(i, MatchedStart(behind), behind);
    }

    /// <summary>Gives a text the type of the value between two tokens, unless that has none itself.</summary>
    void GiveTypeOf(int i, int start, int end)
    {
        if (end == start + 1 && (Tokens.KindOf(start) == SqlTokenKind.Text || Tokens.IsWord(start, "null"))) return;
        if (IsUntyped(start, end)) return;
        if (end == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Number)
        {
            if (NumericConstant(i, i + 1) is { } number) Replace(i, i + 1, number);
            return;
        }
        Edits.Before(Tokens.StartOf(i), Given + "(");
        Edits.Copy(Tokens.EndOf(i), ", ", Tokens.StartOf(start), Tokens.EndOf(end - 1), ")");
    }

    /// <summary>A text in front of a comparison.</summary>
    void GiveTypeOfRight(int i)
    {
        var end = i + 2;
        while (IsComparison(end) && Tokens.TouchesPrevious(end)) end++;
        var last = MatchedEnd(end);
        if ((last == end + 1 && Tokens.KindOf(end) == SqlTokenKind.Text) || IsUntyped(end, last)
            || !comparisons.TryGetValue(Tokens.Sql[Tokens.StartOf(i + 1)..Tokens.EndOf(end - 1)], out var name)) return;
        Edits.Before(Tokens.StartOf(i), $"{Given}_{name}(");
        Replace(i + 1, end, ", ");
        Edits.After(Tokens.EndOf(last - 1), ")");
    }
}

using System.Text.RegularExpressions;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Functions;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>
/// Texts of no type, which have that of what stands beside them. The engine reads some of them otherwise than
/// PostgreSQL: it rounds a number with a fraction to the other's digits, takes each <c>\x</c> for one byte, and a year
/// before Christ for one after it.
/// </content>
sealed partial class PgTranslator
{
    /// <summary>A text that the engine reads otherwise than PostgreSQL beside values of some types.</summary>
    [GeneratedRegex(
        @"^'(?:\s*[+-]?(?:\d+\.\d*|\.\d+|\d+(?=e))(?:e[+-]?\d+)?\s*|.*\\.*|.*\d\s*bc\s*)'$",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Misread { get; }

    /// <summary>A text beside a value: compared with it, in a list or a BETWEEN after it, or in its place.</summary>
    void VisitUntyped(int i)
    {
        if (!Misread.IsMatch(Tokens.List.TextOf(i)) || Tokens.IsCast(i + 1)) return;
        var open = Tokens.OpeningOf(i);
        if (IsComparison(i - 1)) CompareWithLeft(i, ComparisonStart(i - 1));
        else if (IsComparison(i + 1)) CompareWithRight(i);
        else if (BetweenOf(i) is > 0 and var between)
            GiveTypeOfLeft(i, Tokens.IsWord(between - 1, "not") ? between - 1 : between);
        else if (Tokens.IsWord(i - 1, "then") || Tokens.IsWord(i - 1, "else")) VisitUntypedBranch(i);
        else if (open <= 0 || (open != i - 1 && !Tokens.IsSymbol(i - 1, ','))) return;
        else if (Tokens.IsWord(open - 1, "in")) GiveTypeOfLeft(i, Tokens.IsWord(open - 2, "not") ? open - 2 : open - 1);
        else if (open != i - 1 && Tokens.IsName(open - 1)
            && Tokens.NameOf(open - 1) is "coalesce" or "nullif" or "greatest" or "least")
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
            if ((Tokens.IsWord(at, "else") || Tokens.IsWord(at, "then"))
                && Tokens.KindOf(at + 1) == SqlTokenKind.Number)
            {
                GiveTypeOf(i, at + 1, at + 2);
                return;
            }
    }

    /// <summary>The token after operands with operators between that bind closer than a comparison.</summary>
    int MatchedEnd(int first)
    {
        var end = Tokens.OperandEnd(first);
        while (OperatorEnd(end) is var next && next > end) end = Tokens.OperandEnd(next);
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

    void GiveTypeOfLeft(int i, int next)
    {
        if (Tokens.EndsOperand(next - 1)) GiveTypeOf(i, MatchedStart(next), next);
    }

    /// <summary>Gives a text the type of the value between two tokens, unless that has none itself.</summary>
    void GiveTypeOf(int i, int start, int end)
    {
        if (!HasType(start, end)) return;
        if (IsNumber(start, end))
        {
            if (NumericConstant(i, i + 1) is { } number) Replace(i, i + 1, number);
            return;
        }
        Edits.Before(Tokens.StartOf(i), PgUntypedTexts.Macro + "(");
        Edits.Copy(Tokens.EndOf(i), ", ", Tokens.StartOf(start), Tokens.EndOf(end - 1), ")");
    }

    /// <summary>Whether the value between two tokens has a type itself.</summary>
    bool HasType(int start, int end) =>
        !IsUntyped(start, end)
            && !(end == start + 1 && (Tokens.KindOf(start) == SqlTokenKind.Text || Tokens.IsWord(start, "null")));

    bool IsNumber(int start, int end) => end == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Number;

    /// <summary>Types a text after a comparison.</summary>
    void CompareWithLeft(int i, int comparison)
    {
        if (!Tokens.EndsOperand(comparison - 1)) return;
        var start = MatchedStart(comparison);
        if (IsDone[comparison] || IsNumber(start, comparison)) GiveTypeOf(i, start, comparison);
        else if (HasType(start, comparison)) Compare(start, comparison, i, i + 1, PgUntypedTexts.Macro + "_to");
    }

    /// <summary>A text in front of a comparison.</summary>
    void CompareWithRight(int i)
    {
        var end = i + 2;
        while (IsComparison(end) && Tokens.TouchesPrevious(end)) end++;
        var last = MatchedEnd(end);
        if (HasType(end, last)) Compare(i, i + 1, end, last, PgUntypedTexts.Macro);
    }

    /// <summary>Puts a function of both in the place of a comparison.</summary>
    void Compare(int start, int comparison, int other, int end, string function)
    {
        if (!comparisons.TryGetValue(Tokens.Sql[Tokens.StartOf(comparison)..Tokens.EndOf(other - 1)], out var name))
            return;
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), $"{function}_{name}(", ")");
        Replace(comparison, other, ", ");
    }
}

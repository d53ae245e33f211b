using Foz.Core.Engine;

namespace Foz.Core.Serving.Trino;

/// <content>Operators that differ by the types of their operands.</content>
sealed partial class TrinoTranslator
{
    static readonly HashSet<string> unitWords = new(StringComparer.Ordinal) { "year", "month", "week", "day", "hour", "minute", "second" };

    // Behind a comparison these begin a subquery of many rows.
    static readonly HashSet<string> quantifiers = new(StringComparer.Ordinal) { "any", "all", "some" };

    // Macros name operands twice, and so the time to bind them doubles with each that stands in another.
    const int DepthMax = 10;

    readonly List<(int Start, int End)> calls = [];

    /// <summary><c>a / b</c>, <c>a % b</c>: zero is an error for whole numbers and decimals, and a number for doubles.</summary>
    void VisitQuotient(int i)
    {
        if (!Tokens.EndsOperand(i - 1)) return;
        var (start, end) = (FactorsStart(i - 1), OperandEnd(i + 1));
        if (IsIntervalBefore(i - 1)) return;
        Call(i, start, end, Tokens.IsSymbol(i, '/') ? "foz_trino_divide" : "foz_trino_modulo");
    }

    /// <summary><c>date - date</c>: an interval in Trino, a number of days in DuckDB.</summary>
    void VisitMinus(int i)
    {
        if (!Tokens.EndsOperand(i - 1) || IsIntervalBefore(i - 1) || Tokens.IsWord(i + 1, "interval")) return;
        var (start, end) = (Tokens.OperandStart(i - 1), OperandEnd(i + 1));
        if (IsDate(start, i) && IsDate(i + 1, end)) Call(i, start, end, "foz_trino_days_between");
    }

    /// <summary>A comparison of values among which there can be NaN, or a NULL inside of them.</summary>
    void VisitComparison(int i)
    {
        if (!Tokens.EndsOperand(i - 1)) return;
        var (name, next) = Comparison(i);
        if (name is null || quantifiers.Contains(WordAt(next))) return;
        var (start, end) = (TermsStart(i - 1), TermsEnd(next));
        if (CanDiffer(start, i) || CanDiffer(next, end)) Call(i, start, end, name, next);
    }

    (string? Name, int Next) Comparison(int i)
    {
        var two = Tokens.TouchesPrevious(i + 1) ? i + 2 : i + 1;
        if (Tokens.IsSymbol(i, '=')) return Tokens.IsSymbol(i + 1, '>') && two == i + 2 ? (null, two) : ("foz_trino_eq", i + 1);
        if (Tokens.IsSymbol(i, '!')) return Tokens.IsSymbol(i + 1, '=') ? ("foz_trino_ne", i + 2) : (null, i + 1);
        if (Tokens.IsSymbol(i, '<'))
            return Tokens.IsSymbol(i + 1, '>') && two == i + 2 ? ("foz_trino_ne", two)
                : Tokens.IsSymbol(i + 1, '=') && two == i + 2 ? ("foz_trino_le", two) : ("foz_trino_lt", i + 1);
        return Tokens.IsSymbol(i + 1, '=') && two == i + 2 ? ("foz_trino_ge", two) : ("foz_trino_gt", i + 1);
    }

    /// <summary>Makes a call of an operator with its operands. Operators are visited from the left, so inner ones come first.</summary>
    void Call(int i, int start, int end, string function, int next = -1)
    {
        Edits.Before(Tokens.StartOf(start), function + "(");
        Replace(i, next < 0 ? i + 1 : next, ", ");
        Edits.After(Tokens.EndOf(end - 1), ")");
        calls.Add((start, end));
    }

    /// <summary>Makes sure that operators do not stand too deep in each other.</summary>
    /// <exception cref="FozException">They do.</exception>
    void CheckDepth()
    {
        var open = new Stack<int>();
        foreach (var (start, end) in calls.OrderBy(call => call.Start).ThenByDescending(call => call.End))
        {
            while (open.TryPeek(out var last) && last <= start) open.Pop();
            open.Push(end);
            if (open.Count > DepthMax) throw Refused(start, $"a division or comparison inside of {DepthMax} others");
        }
    }

    /// <summary>The first token of the product that ends with one.</summary>
    int FactorsStart(int last)
    {
        var start = OperandStart(last);
        while ((Tokens.IsSymbol(start - 1, '*') || Tokens.IsSymbol(start - 1, '/') || Tokens.IsSymbol(start - 1, '%')) && Tokens.EndsOperand(start - 2))
            start = OperandStart(start - 2);
        return start;
    }

    /// <summary>The first token of the sum or concatenation that ends with one.</summary>
    int TermsStart(int last)
    {
        var start = FactorsStart(last);
        while (true)
        {
            var isSigned = Tokens.IsSymbol(start - 1, '-') || Tokens.IsSymbol(start - 1, '+');
            if (isSigned && !Tokens.EndsOperand(start - 2)) return start - 1;
            if (isSigned) start = FactorsStart(start - 2);
            else if (Tokens.IsSymbol(start - 1, '|') && Tokens.IsSymbol(start - 2, '|')) start = FactorsStart(start - 3);
            else return start;
        }
    }

    /// <summary>The token behind the sum or concatenation that begins with one.</summary>
    int TermsEnd(int first)
    {
        var end = OperandEnd(first);
        while (true)
        {
            if (Tokens.IsSymbol(end, '|') && Tokens.IsSymbol(end + 1, '|')) end = OperandEnd(end + 2);
            else if (Tokens.IsSymbol(end, '+') || Tokens.IsSymbol(end, '-') || Tokens.IsSymbol(end, '*') || Tokens.IsSymbol(end, '/') || Tokens.IsSymbol(end, '%'))
                end = OperandEnd(end + 1);
            else return end;
        }
    }

    /// <summary>The first token of an operand, with what stands behind a call.</summary>
    int OperandStart(int last)
    {
        if (IsIntervalBefore(last)) return OperandOfInterval(last);
        if (Tokens.IsWord(last, "nulls") && (Tokens.IsWord(last - 1, "ignore") || Tokens.IsWord(last - 1, "respect"))) return OperandStart(last - 2);
        if (Tokens.IsSymbol(last, ')') && Tokens.PartnerOf(last) is > 0 and var open)
        {
            if (Tokens.IsWord(open - 1, "over") || Tokens.IsWord(open - 1, "filter")) return OperandStart(open - 2);
            if (Tokens.IsWord(open - 1, "group") && Tokens.IsWord(open - 2, "within")) return OperandStart(open - 3);
        }
        if (Tokens.KindOf(last) == SqlTokenKind.Text && Tokens.KindOf(last - 1) == SqlTokenKind.Word && !Tokens.IsOperatorWord(last - 1)) return last - 1;
        return Tokens.OperandStart(last);
    }

    /// <summary>The token behind an operand, with what stands behind a call.</summary>
    int OperandEnd(int first)
    {
        var sign = first;
        while (Tokens.IsSymbol(sign, '-') || Tokens.IsSymbol(sign, '+')) sign++;
        if (Tokens.IsWord(sign, "interval") && Tokens.KindOf(sign + 1) == SqlTokenKind.Text)
            return sign + (Tokens.IsWord(sign + 3, "to") ? 5 : 3);
        var isLiteral = Tokens.KindOf(sign) == SqlTokenKind.Word && Tokens.KindOf(sign + 1) == SqlTokenKind.Text && !Tokens.IsOperatorWord(sign);
        var end = isLiteral ? sign + 2 : Tokens.OperandEnd(sign);
        while (true)
        {
            if ((Tokens.IsWord(end, "over") || Tokens.IsWord(end, "filter")) && Tokens.IsSymbol(end + 1, '(')) end = Tokens.PartnerOf(end + 1) + 1;
            else if (Tokens.IsWord(end, "within") && Tokens.IsSymbol(end + 2, '(')) end = Tokens.PartnerOf(end + 2) + 1;
            else if ((Tokens.IsWord(end, "ignore") || Tokens.IsWord(end, "respect")) && Tokens.IsWord(end + 1, "nulls")) end += 2;
            else return end;
        }
    }

    /// <summary>Whether a token is the unit of an interval.</summary>
    bool IsIntervalBefore(int last) => unitWords.Contains(WordAt(last))
        && (IsIntervalText(last - 1) || (Tokens.IsWord(last - 1, "to") && IsIntervalText(last - 3)));

    bool IsIntervalText(int i) => Tokens.KindOf(i) == SqlTokenKind.Text && Tokens.IsWord(i - 1, "interval");

    int OperandOfInterval(int last) => Tokens.IsWord(last - 1, "to") ? last - 4 : last - 2;

    /// <summary>Whether tokens are a value of the type <c>date</c>, as far as that can be seen.</summary>
    bool IsDate(int start, int end)
    {
        if (Tokens.IsSymbol(start, '(') && Tokens.PartnerOf(start) == end - 1) return IsDate(start + 1, end - 1);
        if (end - start == 1 && Tokens.IsWord(start, "current_date")) return true;
        if (end - start == 2) return Tokens.IsWord(start, "date") && Tokens.KindOf(start + 1) == SqlTokenKind.Text;
        if (Tokens.IsSymbol(start + 1, '(') && Tokens.PartnerOf(start + 1) == end - 1)
            return WordAt(start) is "date" or "last_day_of_month" or "from_iso8601_date"
                || (WordAt(start) is "cast" or "try_cast" && Tokens.IsWord(end - 2, "date"))
                || (WordAt(start) is "min" or "max" or "date_trunc" or "date_add" && ArgumentsOf(start) is [.., var value] && IsDate(value, end - 1));
        return IsColumn(start, end) && columns.IsDate(Tokens.NameOf(end - 1));
    }

    /// <summary>Whether tokens can give NaN, or a NULL inside of a value: what compares otherwise in DuckDB.</summary>
    bool CanDiffer(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (Tokens.KindOf(i) == SqlTokenKind.Number && Tokens.Sql.AsSpan(Tokens.StartOf(i)..Tokens.EndOf(i)).ContainsAny('e', 'E')) return true;
            if (!Tokens.IsName(i) || Tokens.IsSymbol(i + 1, '.')) continue;
            // A function is made out of its arguments; these give NaN of any.
            var isCall = Tokens.IsSymbol(i + 1, '(');
            if (isCall ? WordAt(i) is "nan" or "row" or "sqrt" or "ln" : WordAt(i) is "array" or "double" or "real") return true;
            if (!isCall && columns.CanDiffer(Tokens.NameOf(i))) return true;
        }
        return false;
    }

    bool IsColumn(int start, int end)
    {
        for (var i = start; i < end; i++)
            if ((i - start) % 2 == 0 ? !Tokens.IsName(i) : !Tokens.IsSymbol(i, '.')) return false;
        return (end - start) % 2 == 1;
    }

    string WordAt(int i) => Tokens.KindOf(i) == SqlTokenKind.Word ? Tokens.NameOf(i) : "";
}

using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Trino.Translation;

/// <content>Operators that differ by the types of their operands.</content>
sealed partial class TrinoTranslator
{
    static readonly HashSet<string> unitWords = new(StringComparer.Ordinal)
    {
        "year", "month", "week", "day", "hour", "minute", "second",
    };

    // After a comparison these begin a subquery of many rows.
    static readonly HashSet<string> quantifiers = new(StringComparer.Ordinal) { "any", "all", "some" };

    // Macros name operands twice, and so the time to bind them doubles with each that stands in another.
    const int DepthMax = 10;

    readonly List<(int Start, int End)> calls = [];

    /// <summary>
    /// <c>a / b</c>, <c>a % b</c>: zero is an error for whole numbers and decimals, and a number for doubles.
    /// </summary>
    void VisitQuotient(int i)
    {
        if (!Tokens.EndsOperand(i - 1)) return;
        var (start, end) = (FactorsStart(i - 1), OperandEnd(i + 1));
        if (IsIntervalBefore(i - 1)) return;
        Call(i, start, end, Tokens.IsSymbol(i, '/') ? "foz_trino_divide" : "foz_trino_modulo");
    }

    /// <summary>
    /// <c>date - date</c>: an interval in Trino, a number of days in DuckDB. Where the types cannot be seen, the engine
    /// looks at them.
    /// </summary>
    void VisitMinus(int i)
    {
        if (!Tokens.EndsOperand(i - 1) || Tokens.IsWord(i + 1, "interval")) return;
        var (start, end) = (TermsStart(i - 1), FactorsEnd(i + 1));
        if (!seen.CanBeDate(start, i)) return;
        Call(i, start, end, seen.IsDate(start, i) && seen.IsDate(i + 1, end)
            ? "foz_trino_days_between"
            : "foz_trino_difference");
    }

    /// <summary><c>date + 1</c>: an error in Trino, the next day in DuckDB.</summary>
    void CheckPlus(int i)
    {
        if (Tokens.EndsOperand(i - 1) && Tokens.KindOf(i + 1) == SqlTokenKind.Number
            && seen.IsDate(TermsStart(i - 1), i))
            throw Refused(i, "a sum of a date and a number", "write x + INTERVAL '1' DAY");
    }

    /// <summary><c>a[i]</c>: an element that there is not is an error, and NULL in DuckDB.</summary>
    void VisitSubscript(int i)
    {
        if (!Tokens.EndsOperand(i - 1) || Tokens.PartnerOf(i) <= i + 1) return;
        var (start, close) = (OperandStart(i - 1), Tokens.PartnerOf(i));
        Edits.Before(Tokens.StartOf(start), "foz_trino_at(");
        Replace(i, i + 1, ", ");
        Replace(close, close + 1, ")");
        calls.Add((start, close + 1));
    }

    /// <summary>A comparison of values among which there can be NaN, or a NULL inside of them.</summary>
    void VisitComparison(int i)
    {
        if (!Tokens.EndsOperand(i - 1)) return;
        var (name, next) = Comparison(i);
        if (name is null) return;
        var start = TermsStart(i - 1);
        if (quantifiers.Contains(WordAt(next)))
        {
            if (seen.CanDiffer(start, i))
                throw Refused(
                    next, $"{WordAt(next).ToUpperInvariant()} of values that can be NaN, or have NULL inside,");
            return;
        }
        var end = TermsEnd(next);
        // NaN equals nothing, in DuckDB too, that is written as a constant.
        if (name is "foz_trino_eq" or "foz_trino_ne" && (seen.IsLiteral(start, i) || seen.IsLiteral(next, end))) return;
        if (seen.CanDiffer(start, i) || seen.CanDiffer(next, end)) Call(i, start, end, name, next);
    }

    /// <summary><c>x BETWEEN a AND b</c>.</summary>
    void VisitBetween(int i)
    {
        var (not, start) = NotBefore(i);
        var and = TermsEnd(i + 1);
        if (!Tokens.IsWord(and, "and")) return;
        var end = TermsEnd(and + 1);
        if (!seen.CanDiffer(start, not) && !seen.CanDiffer(i + 1, end)) return;
        Edits.Before(Tokens.StartOf(start), not < i ? "(NOT foz_trino_between(" : "foz_trino_between(");
        Replace(not, i + 1, ", ");
        Replace(and, and + 1, ", ");
        Edits.After(Tokens.EndOf(end - 1), not < i ? "))" : ")");
        calls.Add((start, end));
    }

    /// <summary><c>x IN (a, b)</c>, <c>x IN (SELECT …)</c>.</summary>
    void VisitIn(int i)
    {
        var (not, start) = NotBefore(i);
        var (parts, close) = (seen.PartsOf(i + 1), Tokens.PartnerOf(i + 1));
        var first = Tokens.IsSymbol(i + 2, '(') ? i + 3 : i + 2;
        if (Tokens.IsWord(first, "select") || Tokens.IsWord(first, "with") || Tokens.IsWord(i + 2, "values")
            || Tokens.IsWord(i + 2, "table"))
        {
            VisitInQuery(i, not, start, close);
            return;
        }
        if (parts.TrueForAll(part => seen.IsLiteral(part.Start, part.End))) return;
        if (!seen.CanDiffer(start, not) && !seen.CanDiffer(i + 2, close)) return;
        Edits.Before(Tokens.StartOf(start), not < i ? "(NOT foz_trino_in([" : "foz_trino_in([");
        Replace(not, i + 2, ", ");
        Replace(close, close + 1, not < i ? "]))" : "])");
    }

    /// <summary>
    /// The rows of the query that are NaN are left out, as nothing equals them; a NULL inside of one is refused when it
    /// comes.
    /// </summary>
    void VisitInQuery(int i, int not, int start, int close)
    {
        if (!seen.CanDiffer(start, not)) return;
        if (!seen.IsColumn(start, not))
            throw Refused(i, "IN of a query and a value that can be NaN, or have NULL inside,");
        var value = Tokens.Sql[Tokens.StartOf(start)..Tokens.EndOf(not - 1)];
        Edits.Before(Tokens.StartOf(start), "(");
        Edits.After(Tokens.EndOf(i + 1), "SELECT foz_value FROM (");
        Edits.Before(Tokens.StartOf(close), ") AS foz_values(foz_value) WHERE foz_trino_is_equatable(foz_value)");
        Edits.After(Tokens.EndOf(close), $" AND foz_trino_is_whole({value}))");
    }

    /// <summary><c>CASE x WHEN y</c>: DuckDB compares by itself.</summary>
    void CheckCase(int i)
    {
        if (Tokens.IsWord(i + 1, "when")) return;
        var (first, differs, areConstants) = (true, false, true);
        var end = Tokens.OperandEnd(i);
        for (var (at, start) = (i + 1, i + 1); at < end; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "case")) at = Tokens.OperandEnd(at) - 1;
            else if (Tokens.IsWord(at, "when") || Tokens.IsWord(at, "then"))
            {
                if (first || Tokens.IsWord(at, "then"))
                {
                    differs |= seen.CanDiffer(start, at);
                    areConstants &= first || seen.IsLiteral(start, at);
                }
                (first, start) = (false, at + 1);
            }
        }
        if (differs && !areConstants)
            throw Refused(i, "CASE x WHEN y of values that can be NaN, or have NULL inside,", "write CASE WHEN x = y");
    }

    /// <summary><c>USING (x)</c> and <c>NATURAL JOIN</c>: DuckDB compares by itself.</summary>
    void CheckJoin(int i)
    {
        var differs = Tokens.IsWord(i, "natural") ? columns.DoesAnyDiffer
            : seen.PartsOf(i + 1)
                .Exists(part => seen.IsColumn(part.Start, part.End) && seen.CanDiffer(part.Start, part.End));
        if (differs)
            throw Refused(
                i, $"{WordAt(i).ToUpperInvariant()} of columns that can be NaN, or have NULL inside,",
                "write JOIN … ON a.x = b.x");
    }

    /// <summary>
    /// The NOT in front of an operator, or the operator, and the first token of what is in front of it.
    /// </summary>
    (int Not, int Start) NotBefore(int i)
    {
        var not = Tokens.IsWord(i - 1, "not") ? i - 1 : i;
        return (not, TermsStart(not - 1));
    }

    (string? Name, int Next) Comparison(int i)
    {
        var two = Tokens.TouchesPrevious(i + 1) ? i + 2 : i + 1;
        if (Tokens.IsSymbol(i, '='))
            return Tokens.IsSymbol(i + 1, '>') && two == i + 2 ? (null, two) : ("foz_trino_eq", i + 1);
        if (Tokens.IsSymbol(i, '!')) return Tokens.IsSymbol(i + 1, '=') ? ("foz_trino_ne", i + 2) : (null, i + 1);
        if (Tokens.IsSymbol(i, '<'))
            return Tokens.IsSymbol(i + 1, '>') && two == i + 2 ? ("foz_trino_ne", two)
                : Tokens.IsSymbol(i + 1, '=') && two == i + 2 ? ("foz_trino_le", two) : ("foz_trino_lt", i + 1);
        return Tokens.IsSymbol(i + 1, '=') && two == i + 2 ? ("foz_trino_ge", two) : ("foz_trino_gt", i + 1);
    }

    /// <summary>
    /// Makes a call of an operator with its operands. Operators are visited from the left, so inner ones come first.
    /// </summary>
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
        while ((Tokens.IsSymbol(start - 1, '*') || Tokens.IsSymbol(start - 1, '/') || Tokens.IsSymbol(start - 1, '%'))
            && Tokens.EndsOperand(start - 2))
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
            else if (Tokens.IsSymbol(start - 1, '|') && Tokens.IsSymbol(start - 2, '|'))
                start = FactorsStart(start - 3);
            else return start;
        }
    }

    /// <summary>Returns the token after the product that begins with a token.</summary>
    int FactorsEnd(int first)
    {
        var end = OperandEnd(first);
        while (Tokens.IsSymbol(end, '*') || Tokens.IsSymbol(end, '/') || Tokens.IsSymbol(end, '%'))
            end = OperandEnd(end + 1);
        return end;
    }

    /// <summary>Returns the token after the sum or concatenation that begins with a token.</summary>
    int TermsEnd(int first)
    {
        var end = OperandEnd(first);
        while (true)
        {
            if (Tokens.IsSymbol(end, '|') && Tokens.IsSymbol(end + 1, '|')) end = OperandEnd(end + 2);
            else if (Tokens.IsSymbol(end, '+') || Tokens.IsSymbol(end, '-') || Tokens.IsSymbol(end, '*')
                || Tokens.IsSymbol(end, '/') || Tokens.IsSymbol(end, '%'))
                end = OperandEnd(end + 1);
            else return end;
        }
    }

    /// <summary>Returns the first token of an operand, including the clauses after a call.</summary>
    int OperandStart(int last)
    {
        if (IsIntervalBefore(last)) return OperandOfInterval(last);
        if (Tokens.IsWord(last, "nulls") && (Tokens.IsWord(last - 1, "ignore") || Tokens.IsWord(last - 1, "respect")))
            return OperandStart(last - 2);
        if (Tokens.IsSymbol(last, ')') && Tokens.PartnerOf(last) is > 0 and var open)
        {
            if (Tokens.IsWord(open - 1, "over") || Tokens.IsWord(open - 1, "filter")) return OperandStart(open - 2);
            if (Tokens.IsWord(open - 1, "group") && Tokens.IsWord(open - 2, "within")) return OperandStart(open - 3);
        }
        if (Tokens.KindOf(last) == SqlTokenKind.Text && Tokens.KindOf(last - 1) == SqlTokenKind.Word
            && !Tokens.IsOperatorWord(last - 1))
            return last - 1;
        return Tokens.OperandStart(last);
    }

    /// <summary>Returns the token after an operand, including the clauses after a call.</summary>
    int OperandEnd(int first)
    {
        var sign = first;
        while (Tokens.IsSymbol(sign, '-') || Tokens.IsSymbol(sign, '+')) sign++;
        if (Tokens.IsWord(sign, "interval") && Tokens.KindOf(sign + 1) == SqlTokenKind.Text)
            return sign + (Tokens.IsWord(sign + 3, "to") ? 5 : 3);
        var isLiteral = Tokens.KindOf(sign) == SqlTokenKind.Word && Tokens.KindOf(sign + 1) == SqlTokenKind.Text
            && !Tokens.IsOperatorWord(sign);
        var end = isLiteral ? sign + 2 : Tokens.OperandEnd(sign);
        while (true)
        {
            if ((Tokens.IsWord(end, "over") || Tokens.IsWord(end, "filter")) && Tokens.IsSymbol(end + 1, '('))
                end = Tokens.PartnerOf(end + 1) + 1;
            else if (Tokens.IsWord(end, "within") && Tokens.IsSymbol(end + 2, '(')) end = Tokens.PartnerOf(end + 2) + 1;
            else if ((Tokens.IsWord(end, "ignore") || Tokens.IsWord(end, "respect")) && Tokens.IsWord(end + 1, "nulls"))
                end += 2;
            else return end;
        }
    }

    /// <summary>Whether a token is the unit of an interval.</summary>
    bool IsIntervalBefore(int last) => unitWords.Contains(WordAt(last))
        && (IsIntervalText(last - 1) || (Tokens.IsWord(last - 1, "to") && IsIntervalText(last - 3)));

    bool IsIntervalText(int i) => Tokens.KindOf(i) == SqlTokenKind.Text && Tokens.IsWord(i - 1, "interval");

    int OperandOfInterval(int last) => Tokens.IsWord(last - 1, "to") ? last - 4 : last - 2;

    string WordAt(int i) => Tokens.KindOf(i) == SqlTokenKind.Word ? Tokens.NameOf(i) : "";
}

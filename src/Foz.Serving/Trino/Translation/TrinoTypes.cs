using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.Trino.Translation;

/// <summary>
/// What the text of a statement shows of the types of its expressions, where Trino's operators differ by types.
/// </summary>
sealed class TrinoTypes(PgTokens tokens, SelectStructure structure, TrinoColumns columns)
{
    // These make NaN, or a value with a NULL inside, of arguments of any type. Other functions do so of such arguments
    // alone.
    static readonly HashSet<string> differingCalls = new(StringComparer.Ordinal)
    {
        "nan", "infinity", "row", "sqrt", "ln", "pow", "power", "array_agg", "map", "map_agg", "histogram",
        "regexp_extract_all",
        "foz_trino_nan", "foz_trino_infinity", "foz_trino_map_agg",
    };

    static readonly HashSet<string> differingWords = new(StringComparer.Ordinal) { "array", "double", "real", "float" };

    // Their result has the type of their first argument.
    static readonly HashSet<string> firstCalls = new(StringComparer.Ordinal)
    {
        "min", "max", "any_value", "arbitrary", "first_value", "last_value", "nth_value", "lag", "lead", "min_by",
        "max_by", "nullif", "try",
        "foz_trino_plus", "foz_trino_minus",
    };

    static readonly HashSet<string> lastCalls = new(StringComparer.Ordinal)
    {
        "date_trunc", "date_add", "foz_trino_date_trunc",
    };

    /// <summary>Whether tokens can give NaN, or a NULL inside of a value: what compares otherwise in DuckDB.</summary>
    public bool CanDiffer(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (tokens.KindOf(i) == SqlTokenKind.Number
                && tokens.Sql.AsSpan(tokens.StartOf(i)..tokens.EndOf(i)).ContainsAny('e', 'E'))
                return true;
            if (IsRow(i)) return true;
            if (!tokens.IsName(i)) continue;
            if (tokens.IsSymbol(i + 1, '(')
                ? differingCalls.Contains(tokens.NameOf(i))
                : IsWordOf(differingWords, i) || columns.CanDiffer(tokens.NameOf(i)))
                return true;
        }
        return false;
    }

    /// <summary>Whether tokens are a value of the type <c>date</c>, as far as that can be seen.</summary>
    public bool IsDate(int start, int end)
    {
        if (end <= start) return false;
        if (tokens.IsSymbol(start, '(') && tokens.PartnerOf(start) == end - 1)
            return IsDate(start + 1, end - 1)
                || (structure.Items.Where(item => item.Query == start).ToList() is [var item]
                    && IsDate(item.Start, ValueEnd(item.Start, item.End)));
        if (end - start == 1 && tokens.IsWord(start, "current_date")) return true;
        if (end - start == 2 && tokens.KindOf(start + 1) == SqlTokenKind.Text) return tokens.IsWord(start, "date");
        if (tokens.IsWord(start, "case") && tokens.OperandEnd(start) == end) return IsDateCase(start, end);
        if (tokens.IsName(start) && tokens.IsSymbol(start + 1, '(')
            && tokens.CallEnd(tokens.PartnerOf(start + 1)) == end)
            return IsDateCall(start);
        if (IsColumn(start, end)) return columns.IsDate(tokens.NameOf(end - 1));
        var first = tokens.OperandEnd(start);
        return first < end && AreIntervals(first, end) && IsDate(start, first);
    }

    /// <summary>
    /// Whether tokens hold a value of the type <c>date</c>, or one whose type cannot be seen beside such.
    /// </summary>
    public bool CanBeDate(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (!tokens.IsName(i)) continue;
            var name = tokens.NameOf(i);
            if (tokens.KindOf(i) == SqlTokenKind.Word
                && name is "date" or "current_date" or "last_day_of_month" or "last_day" or "from_iso8601_date"
                    or "foz_trino_from_iso8601_date")
                return true;
            if (!tokens.IsSymbol(i + 1, '(') && columns.CanBeDate(name)) return true;
        }
        return false;
    }

    /// <summary>
    /// Whether tokens are a number, a text or NULL as it is written: such a value equals no NaN, and has no NULL
    /// inside.
    /// </summary>
    public bool IsLiteral(int start, int end)
    {
        while (tokens.IsSymbol(start, '-') || tokens.IsSymbol(start, '+')) start++;
        if (end - start == 2)
            return tokens.KindOf(start) == SqlTokenKind.Word && tokens.KindOf(start + 1) == SqlTokenKind.Text;
        return end - start == 1
            && (tokens.KindOf(start) is SqlTokenKind.Number or SqlTokenKind.Text || tokens.IsWord(start, "null"));
    }

    /// <summary>Whether tokens name a column.</summary>
    public bool IsColumn(int start, int end)
    {
        for (var i = start; i < end; i++)
            if ((i - start) % 2 == 0 ? !tokens.IsName(i) : !tokens.IsSymbol(i, '.')) return false;
        return (end - start) % 2 == 1;
    }

    /// <summary>The first token of each part of what stands in parentheses, and the token after it.</summary>
    public List<(int Start, int End)> PartsOf(int open)
    {
        var close = tokens.PartnerOf(open);
        List<(int Start, int End)> parts = [];
        var start = open + 1;
        for (var at = start; at <= close; at++)
        {
            if (at < close && tokens.IsOpening(at)) at = tokens.PartnerOf(at);
            else if (at == close || tokens.IsSymbol(at, ','))
            {
                if (at > start) parts.Add((start, at));
                start = at + 1;
            }
        }
        return parts;
    }

    /// <summary>The token after the value of an item of a SELECT, which its alias follows.</summary>
    public int ValueEnd(int start, int end)
    {
        if (end - start < 2 || !tokens.IsName(end - 1)) return end;
        if (tokens.IsWord(end - 2, "as")) return end - 2;
        return tokens.EndsOperand(end - 2) && !tokens.IsWord(end - 1, "end") ? end - 1 : end;
    }

    /// <summary>Whether a parenthesis opens a row, <c>(a, b)</c>.</summary>
    bool IsRow(int i) =>
        tokens.IsSymbol(i, '(') && !tokens.EndsOperand(i - 1) && !tokens.IsWord(i - 1, "in")
            && !tokens.IsWord(i - 1, "by")
        && !tokens.IsWord(i - 1, "using") && !tokens.IsWord(i - 1, "array") && !tokens.IsWord(i + 1, "select")
        && !tokens.IsWord(i + 1, "with")
        && PartsOf(i).Count > 1;

    bool IsWordOf(HashSet<string> words, int i) =>
        tokens.KindOf(i) == SqlTokenKind.Word && words.Contains(tokens.NameOf(i));

    bool IsDateCall(int i)
    {
        var arguments = PartsOf(i + 1);
        var name = tokens.NameOf(i);
        if (name is "date" or "last_day_of_month" or "last_day" or "from_iso8601_date" or "foz_trino_from_iso8601_date")
            return true;
        if (arguments.Count == 0) return false;
        if (name is "cast" or "try_cast")
            return tokens.IsWord(arguments[0].End - 1, "date") && tokens.IsWord(arguments[0].End - 2, "as");
        if (firstCalls.Contains(name)) return IsDate(arguments[0].Start, arguments[0].End);
        if (lastCalls.Contains(name) || name.StartsWith("foz_trino_add_", StringComparison.Ordinal))
            return IsDate(arguments[^1].Start, arguments[^1].End);
        return name is "coalesce" or "greatest" or "least" or "if"
            && arguments.Skip(name == "if" ? 1 : 0).All(argument => IsDateOrNull(argument.Start, argument.End));
    }

    bool IsDateCase(int start, int end)
    {
        var values = 0;
        for (var at = start + 1; at < end; at++)
        {
            if (tokens.IsOpening(at)) at = tokens.PartnerOf(at);
            else if (tokens.IsWord(at, "case")) return false;
            else if (tokens.IsWord(at, "then") || tokens.IsWord(at, "else"))
            {
                var last = at + 1;
                while (last < end - 1 && !tokens.IsWord(last, "when") && !tokens.IsWord(last, "else"))
                    last = tokens.IsOpening(last) ? tokens.PartnerOf(last) + 1 : last + 1;
                if (!IsDateOrNull(at + 1, last)) return false;
                values++;
            }
        }
        return values > 0;
    }

    bool IsDateOrNull(int start, int end) => (end == start + 1 && tokens.IsWord(start, "null")) || IsDate(start, end);

    /// <summary>Whether tokens are intervals that are added or taken away.</summary>
    bool AreIntervals(int start, int end)
    {
        while (start < end)
        {
            if (!(tokens.IsSymbol(start, '+') || tokens.IsSymbol(start, '-')) || !tokens.IsWord(start + 1, "interval")
                || tokens.KindOf(start + 2) != SqlTokenKind.Text) return false;
            start += tokens.IsWord(start + 4, "to") ? 6 : 4;
        }
        return start == end;
    }
}

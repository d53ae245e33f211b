using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>The tokens of a statement, with what belongs together.</summary>
sealed class PgTokens
{
    static readonly HashSet<string> literalTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        "date", "time", "timestamp", "timestamptz", "interval", "bytea", "json", "jsonb", "uuid", "numeric", "decimal",
        "text", "bool", "boolean",
    };

    // After these an operand begins: they end none.
    static readonly HashSet<string> operators = new(StringComparer.OrdinalIgnoreCase)
    {
        "and", "or", "not", "is", "in", "like", "ilike", "between", "as", "when", "then", "else", "case", "from", "any",
        "all",
        "some", "similar", "to", "escape", "select", "distinct", "where", "on", "by", "having", "limit", "offset",
        "collate",
        "join", "using", "union", "except", "intersect", "values", "returning", "set", "symmetric", "group", "order",
        "zone",
        "at", "over", "filter", "within", "partition", "exists", "array", "with", "left", "right", "inner", "full",
        "cross",
        "outer", "natural", "lateral", "only",
    };

    readonly int[] partners;
    readonly int[] openings;
    readonly int? unpaired;

    public PgTokens(string sql)
    {
        Sql = sql;
        List = SqlTokens.Read(sql);
        partners = new int[List.Count];
        openings = new int[List.Count];
        Array.Fill(partners, -1);
        var open = new Stack<int>();
        var cases = 0;
        for (var i = 0; i < List.Count; i++)
        {
            if (IsWord(i, "case")) cases++;
            else if (IsWord(i, "end")) cases = Math.Max(cases - 1, 0);
            if (cases > SqlTokens.NestingMax) throw SqlTokens.TooDeep(sql, StartOf(i));
            openings[i] = open.TryPeek(out var around) ? around : -1;
            if (IsOpening(i)) open.Push(i);
            else if (IsClosing(i) && open.TryPop(out var partner))
                (partners[i], partners[partner]) = (partner, i);
            if (IsClosing(i) && !IsPair(partners[i], i)) unpaired ??= i;
        }
        if (open.Count > 0) unpaired ??= Count;
    }

    public string Sql { get; }

    public SqlTokens List { get; }

    public int Count => List.Count;

    public int StartOf(int index) => index < Count ? List[index].Start : Sql.Length;

    public int EndOf(int index) => index < 0 ? 0 : index < Count ? List[index].End : Sql.Length;

    public SqlTokenKind? KindOf(int index) => index >= 0 && index < Count ? List[index].Kind : null;

    /// <summary>Whether a token opens what <see cref="PartnerOf"/> closes.</summary>
    public bool IsOpening(int index) => IsSymbol(index, '(') || IsSymbol(index, '[') || IsSymbol(index, '{');

    /// <summary>Whether a token closes what <see cref="PartnerOf"/> opens.</summary>
    public bool IsClosing(int index) => IsSymbol(index, ')') || IsSymbol(index, ']') || IsSymbol(index, '}');

    /// <summary>
    /// The parenthesis, bracket or brace that belongs to one; the last token where it is missing, which
    /// <see cref="CheckPairs"/> refuses.
    /// </summary>
    public int PartnerOf(int index) => index < Count && partners[index] >= 0 ? partners[index] : Count - 1;

    /// <summary>Makes sure that each parenthesis, bracket and brace has its partner.</summary>
    /// <exception cref="FozException">One has none.</exception>
    public void CheckPairs()
    {
        if (unpaired is not { } index) return;
        var place = index < Count ? $"or near \"{List.TextOf(index)}\"" : "end of input";
        throw new FozException(ErrorKind.Sql, $"syntax error at {place}")
        {
            SqlState = "42601", Place = SqlPlaces.At(Sql, StartOf(index)),
        };
    }

    bool IsPair(int opening, int closing) =>
        opening >= 0 && (Sql[StartOf(opening)], Sql[StartOf(closing)]) is ('(', ')') or ('[', ']') or ('{', '}');

    /// <summary>The parenthesis, bracket or brace in which a token stands; −1 for none.</summary>
    public int OpeningOf(int index) => index < Count ? openings[index] : -1;

    public bool IsSymbol(int index, char symbol) => List.IsSymbol(index, symbol);

    public bool IsWord(int index, string word) => List.IsWord(index, word);

    public bool IsName(int index) => List.IsName(index);

    /// <summary>A name as PostgreSQL folds it.</summary>
    public string NameOf(int index) =>
        List[index].Kind == SqlTokenKind.Word ? List.TextOf(index).ToString().ToLowerInvariant() : List.NameOf(index);

    /// <summary>Whether a token touches the one before.</summary>
    public bool TouchesPrevious(int index) => index > 0 && index < Count && List[index].Start == List[index - 1].End;

    /// <summary>Whether <c>::</c> begins at a token.</summary>
    public bool IsCast(int index) => IsSymbol(index, ':') && IsSymbol(index + 1, ':') && TouchesPrevious(index + 1);

    /// <summary>Whether a token is a word that cannot end an operand.</summary>
    public bool IsOperatorWord(int index) =>
        KindOf(index) == SqlTokenKind.Word && operators.Contains(List.TextOf(index).ToString());

    /// <summary>Whether an operand can end with a token.</summary>
    public bool EndsOperand(int index) => KindOf(index) switch
    {
        SqlTokenKind.Text or SqlTokenKind.Number or SqlTokenKind.QuotedName => true,
        SqlTokenKind.Word => !IsOperatorWord(index),
        SqlTokenKind.Symbol => IsClosing(index),
        _ => false,
    };

    /// <summary>The first token of the operand that ends with one.</summary>
    public int OperandStart(int last)
    {
        for (var parts = 0; ; parts++)
        {
            if (parts > SqlTokens.NestingMax) throw SqlTokens.TooDeep(Sql, StartOf(last));
            var start = last;
            if (ClauseStart(last) is >= 0 and var clause)
            {
                last = clause - 1;
                continue;
            }
            if (IsSymbol(last, ']'))
            {
                last = PartnerOf(last) - 1;
                continue;
            }
            if (IsSymbol(last, ')'))
            {
                start = PartnerOf(last);
                if (IsName(start - 1) && !IsOperatorWord(start - 1)) start--;
            }
            else if (IsSymbol(last, '}')) start = PartnerOf(last);
            else if (KindOf(last) == SqlTokenKind.Number && IsSymbol(last - 1, '$')) start--;
            else if (IsWord(last, "end")) start = CaseStart(last);
            while (IsName(start) && IsSymbol(start - 1, '.') && (IsName(start - 2) || IsSymbol(start - 2, ')')))
                start = IsSymbol(start - 2, ')') ? PartnerOf(start - 2) : start - 2;
            if (KindOf(start) == SqlTokenKind.Text && KindOf(start - 1) == SqlTokenKind.Word
                && literalTypes.Contains(List.TextOf(start - 1).ToString()))
                start--;
            if (!(IsSymbol(start - 1, ':') && IsCast(start - 2))) return start;
            last = start - 3;
        }
    }

    /// <summary>Returns the token after the operand that begins with a token.</summary>
    public int OperandEnd(int first)
    {
        var at = first;
        while (IsSymbol(at, '-') || IsSymbol(at, '+')) at++;
        if (IsWord(at, "case")) at = CaseEnd(at);
        else if (IsSymbol(at, '(') || IsSymbol(at, '{')) at = PartnerOf(at) + 1;
        else if (IsSymbol(at, '$')) at += 2;
        else
        {
            if (KindOf(at) == SqlTokenKind.Word && KindOf(at + 1) == SqlTokenKind.Text
                && literalTypes.Contains(List.TextOf(at).ToString())) at++;
            at++;
            while (IsSymbol(at, '.')) at += 2;
            if (IsSymbol(at, '(') && IsName(at - 1)) at = PartnerOf(at) + 1;
            else if (IsSymbol(at, '[') && IsWord(at - 1, "array")) at = PartnerOf(at) + 1;
        }
        while (at < Count)
        {
            if (IsCast(at)) at = TypeEnd(at + 2);
            else if (IsSymbol(at, '[')) at = PartnerOf(at) + 1;
            else if (IsSymbol(at, '.') && IsName(at + 1)) at += 2;
            else if (ClauseEnd(at) is var next && next > at) at = next;
            else if (IsWord(at, "collate"))
            {
                at += 2;
                while (IsSymbol(at, '.')) at += 2;
            }
            else break;
        }
        return Math.Min(at, Count);
    }

    /// <summary>Returns the token after a type.</summary>
    public int TypeEnd(int first)
    {
        var at = first + 1;
        while (IsSymbol(at, '.') && IsName(at + 1)) at += 2;
        if ((IsWord(at - 1, "double") && IsWord(at, "precision"))
            || (IsWord(at - 1, "character") && IsWord(at, "varying")))
            at++;
        var isTime = IsWord(at - 1, "time") || IsWord(at - 1, "timestamp");
        if (IsSymbol(at, '(')) at = PartnerOf(at) + 1;
        if (isTime && (IsWord(at, "with") || IsWord(at, "without")) && IsWord(at + 1, "time") && IsWord(at + 2, "zone"))
            at += 3;
        while (IsSymbol(at, '[') && PartnerOf(at) <= at + 2) at = PartnerOf(at) + 1;
        return Math.Min(at, Count);
    }

    /// <summary>
    /// The first token of <c>FILTER (…)</c>, <c>OVER (…)</c>, <c>OVER w</c> or <c>WITHIN GROUP (…)</c> that ends with
    /// one; −1 for none.
    /// </summary>
    public int ClauseStart(int last)
    {
        if (IsName(last) && IsWord(last - 1, "over") && IsSymbol(last - 2, ')')) return last - 1;
        if (!IsSymbol(last, ')')) return -1;
        var word = PartnerOf(last) - 1;
        if (IsWord(word, "group") && IsWord(word - 1, "within")) word--;
        else if (!IsWord(word, "over") && !IsWord(word, "filter")) return -1;
        return IsSymbol(word - 1, ')') ? word : -1;
    }

    /// <summary>Returns the token after a call that closes with a token, and after its clauses.</summary>
    public int CallEnd(int close)
    {
        var end = close + 1;
        while (ClauseEnd(end) is var next && next > end) end = next;
        return end;
    }

    /// <summary>Returns the token after such a clause that begins with a token; the same token if none does.</summary>
    int ClauseEnd(int first)
    {
        if (!IsSymbol(first - 1, ')')) return first;
        if (IsWord(first, "over") && IsName(first + 1)) return first + 2;
        var open = IsWord(first, "over") || IsWord(first, "filter") ? first + 1
            : IsWord(first, "within") && IsWord(first + 1, "group") ? first + 2 : -1;
        return open > 0 && IsSymbol(open, '(') ? PartnerOf(open) + 1 : first;
    }

    int CaseEnd(int first)
    {
        var depth = 0;
        for (var i = first; i < Count; i++)
        {
            if (IsWord(i, "case")) depth++;
            else if (IsWord(i, "end") && --depth == 0) return i + 1;
        }
        return Count;
    }

    /// <summary>The first token of the product that ends with one: of what <c>* / % ^</c> join.</summary>
    public int ProductStart(int last)
    {
        var start = OperandStart(last);
        for (var parts = 0; parts < SqlTokens.NestingMax; parts++)
        {
            var before = start - 1;
            if (IsProduct(before) && EndsOperand(before - 1)) start = OperandStart(before - 1);
            else if ((IsSymbol(before, '-') || IsSymbol(before, '+')) && !EndsOperand(before - 1) && before >= 0)
                start = before;
            else return start;
        }
        throw SqlTokens.TooDeep(Sql, StartOf(last));
    }

    /// <summary>Returns the token after the factor that begins with a token: the operands of <c>^</c>.</summary>
    public int FactorEnd(int first)
    {
        var end = OperandEnd(first);
        while (IsSymbol(end, '^')) end = OperandEnd(end + 1);
        return end;
    }

    bool IsProduct(int index) =>
        IsSymbol(index, '*') || IsSymbol(index, '/') || IsSymbol(index, '%') || IsSymbol(index, '^');

    int CaseStart(int last)
    {
        var depth = 0;
        for (var i = last; i >= 0; i--)
        {
            if (IsWord(i, "end")) depth++;
            else if (IsWord(i, "case") && --depth == 0) return i;
        }
        return last;
    }
}

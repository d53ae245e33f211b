using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Functions;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Functions of texts.</content>
sealed partial class PgTranslator
{
    /// <summary>
    /// Functions that <see cref="PgTexts"/>, <see cref="PgArithmetic"/> and the macros have as PostgreSQL has them.
    /// </summary>
    static readonly Dictionary<string, string> own = new(StringComparer.Ordinal)
    {
        ["mod"] = "foz_mod",
        ["div"] = "foz_div_whole",
        ["power"] = "foz_power",
        ["pow"] = "foz_power",
        ["sqrt"] = "foz_sqrt",
        ["to_hex"] = "foz_to_hex",
        ["decode"] = "foz_decode",
        ["encode"] = "foz_encode",
        ["sha256"] = "foz_sha256",
        ["pg_typeof"] = "foz_typeof",
        ["split_part"] = "foz_split_part",
        ["greatest"] = "foz_greatest",
        ["least"] = "foz_least",
        ["upper"] = "foz_upper",
        ["string_to_array"] = "foz_string_to_array",
    };

    /// <returns>Whether the function is one of texts.</returns>
    bool VisitTextCall(int i, string name, int close)
    {
        switch (name)
        {
            case "greatest" or "least":
                CheckIntervals(i, name, close);
                return true;
            case var known when own.TryGetValue(known, out var function):
                Replace(i, i + 1, function);
                return true;
            case "array_to_string" when ArgumentsOf(i).Count == 2:
                Replace(i, i + 1, "foz_array_to_string");
                return true;
            case "row_to_json" or "to_json" or "to_jsonb" when Tokens.IsWord(i + 2, "row"):
                throw Unsupported($"{name} of row(…)", i, "name the fields: json_build_object('f1', a, 'f2', b)");
            case "json_build_object" or "jsonb_build_object" or "json_build_array" or "jsonb_build_array":
                var keys = name.EndsWith("object", StringComparison.Ordinal) ? 2 : 1;
                foreach (var (n, first) in ArgumentsOf(i).Index())
                    if ((n + 1) % keys == 0) ShowNumber(first, ArgumentEnd(first, close), "foz_json_number");
                MakeJsonb(i, name, close);
                return false;
            case "to_jsonb" or "jsonb_agg" or "jsonb_object_agg":
                MakeJsonb(i, name, close);
                return false;
            case "json_extract_path" or "json_extract_path_text" or "jsonb_extract_path" or "jsonb_extract_path_text"
                when ArgumentsOf(i).Count == 2:
                Replace(
                    i, i + 1, name.EndsWith("_text", StringComparison.Ordinal) ? "foz_json_get_text" : "foz_json_get");
                return true;
            case "concat" or "concat_ws":
                ShowArguments(i, name == "concat" ? 0 : 1);
                return true;
            case "format":
                Replace(i, i + 1, "foz_format_text");
                ShowArguments(i, 1);
                return true;
            case "substr" or "substring":
                VisitSubstring(i, close);
                return true;
            case "string_agg" when ArgumentsOf(i) is [var first, ..]:
                var before = Tokens.IsWord(first, "distinct") ? first : first - 1;
                Replace(before, before + 1, before == first ? "distinct foz_joined(" : "(foz_joined(");
                Replace(CommaOf(i), CommaOf(i) + 1, "),");
                return true;
            default:
                return VisitMatchCall(i, name, close);
        }
    }

    /// <returns>Whether the function is one of regular expressions.</returns>
    bool VisitMatchCall(int i, string name, int close)
    {
        switch (name)
        {
            case "regexp_match":
                Replace(i, i + 1, "foz_regexp_match");
                AddFlags(i, close);
                return true;
            case "regexp_replace":
                Replace(i, i + 1, "foz_regexp_replace");
                if (ArgumentsOf(i).Count == 3) Edits.Before(Tokens.StartOf(close), ", ''");
                return true;
            case "regexp_split_to_array":
                Replace(i, i + 1, "foz_regexp_split");
                AddFlags(i, close);
                return true;
            case "regexp_split_to_table":
                Replace(i, i + 1, "foz_regexp_split");
                AddFlags(i, close);
                Edits.Around(Tokens.StartOf(i), Tokens.EndOf(close), "unnest(", ")");
                if (Structure.IsInFrom(i)) NameOnlyColumn(close + 1);
                return true;
            case "regexp_matches":
                if (Structure.IsInFrom(i))
                    throw Unsupported("regexp_matches in FROM", i, "call it in the list of SELECT");
                Replace(i, i + 1, "foz_regexp_matches");
                AddFlags(i, close);
                Edits.Around(Tokens.StartOf(i), Tokens.EndOf(close), "unnest(", ")");
                return true;
            default:
                return false;
        }
    }

    /// <summary>The first comma between arguments of a call.</summary>
    int CommaOf(int i) => ArgumentsOf(i) is [_, var second, ..] ? second - 1 : Tokens.PartnerOf(i + 1);

    void AddFlags(int i, int close)
    {
        if (ArgumentsOf(i).Count == 2) Edits.Before(Tokens.StartOf(close), ", ''");
    }

    /// <summary>Gives a call its arguments from one on as the texts that PostgreSQL shows.</summary>
    void ShowArguments(int i, int from)
    {
        var (starts, close) = (ArgumentsOf(i), Tokens.PartnerOf(i + 1));
        for (var n = from; n < starts.Count; n++)
        {
            if (Tokens.IsWord(starts[n], "variadic")) throw Unsupported("VARIADIC", starts[n]);
            Replace(starts[n] - 1, starts[n], n == 0 ? "(foz_out(" : n == from ? ", foz_out(" : "), foz_out(");
            if (n + 1 == starts.Count) Replace(close, close + 1, "))");
        }
    }

    /// <summary><c>substring(x FROM n FOR m)</c> and with commas: places in front of the text count too.</summary>
    void VisitSubstring(int i, int close)
    {
        var (from, length) = (-1, -1);
        for (var at = i + 2; at < close; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "similar") || Tokens.IsWord(at, "escape"))
                throw Unsupported("substring(… SIMILAR …)", i);
            else if (Tokens.IsWord(at, "from") || (Tokens.IsSymbol(at, ',') && from < 0)) from = at;
            else if (Tokens.IsWord(at, "for") || Tokens.IsSymbol(at, ',')) length = at;
        }
        if (from < 0 && length < 0) return;
        var isPattern = from > 0 && Tokens.KindOf(from + 1) == SqlTokenKind.Text;
        if (isPattern && length > 0) throw Unsupported("substring(… FROM … FOR …) of a pattern", i);
        if (from > 0) Replace(from, from + 1, ",");
        if (length > 0) Replace(length, length + 1, from < 0 ? ", 1," : ",");
        Replace(i, i + 1, isPattern ? "foz_regexp_substr" : length > 0 ? "foz_substr_for" : "foz_substr");
        if (isPattern) Edits.Before(Tokens.StartOf(close), ", ''");
    }

    /// <summary>
    /// The greatest of intervals that are written as such: DuckDB takes one month for more than any number of days.
    /// </summary>
    void CheckIntervals(int i, string name, int close)
    {
        var hasInterval = false;
        for (var at = i + 2; at < close; at++) hasInterval |= Tokens.IsWord(at, "interval");
        if (!hasInterval) return;
        if (ArgumentsOf(i).Count != 2)
            throw Unsupported($"{name} of more than two intervals", i, "write CASE WHEN a > b THEN a ELSE b END");
        Replace(i, i + 1, own[name]);
    }

    /// <summary><c>x SIMILAR TO pattern</c>.</summary>
    void VisitSimilar(int i)
    {
        if (!Tokens.IsWord(i + 1, "to")) return;
        var isNot = Tokens.IsWord(i - 1, "not");
        var end = Tokens.OperandEnd(i + 2);
        if (Tokens.IsWord(end, "escape")) throw Unsupported("SIMILAR TO … ESCAPE", i);
        var first = isNot ? i - 1 : i;
        var (prefix, suffix) = isNot ? ("(NOT foz_similar(", ", ''))") : ("foz_similar(", ", '')");
        Edits.Around(Tokens.StartOf(MatchedStart(first)), Tokens.EndOf(end - 1), prefix, suffix);
        Replace(first, i + 2, ", ");
    }

    /// <summary><c>B'101'</c> and <c>X'1F'</c>.</summary>
    void CheckBits(int i)
    {
        if (Tokens.KindOf(i + 1) == SqlTokenKind.Text && Tokens.TouchesPrevious(i + 1))
            throw Unsupported($"the bit string {Tokens.List.TextOf(i)}{Tokens.List.TextOf(i + 1)}", i);
    }

    /// <summary>Whether an operand is a text that is neither an array, a document nor bytes.</summary>
    bool IsPlainText(int start, int end) =>
        end == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Text
            && Tokens.List.TextOf(start) is ['\'', not ('{' or '[' or '\\' or '"'), ..];

    /// <summary>Gives an operand that may be a number the text that PostgreSQL has of it.</summary>
    void ShowNumber(int start, int end, string function)
    {
        if (end <= start || Tokens.KindOf(start) == SqlTokenKind.Text || Tokens.IsWord(start, "null")
            || ParameterAt(start, end) is not null)
            return;
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), function + "(", ")");
    }

    /// <summary>The token after an argument of a call that closes with one.</summary>
    int ArgumentEnd(int first, int close)
    {
        for (var at = first; at < close; at++)
        {
            if (Tokens.IsSymbol(at, ',')) return at;
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
        }
        return close;
    }

    /// <summary><c>a || b</c> of documents that are written as <c>jsonb</c>: they are merged.</summary>
    void VisitJoin(int i)
    {
        if (!Tokens.EndsOperand(i - 1)) return;
        var (start, end) = (Tokens.OperandStart(i - 1), Tokens.OperandEnd(i + 2));
        if (!IsJsonb(start, i) && !IsJsonb(i + 2, end))
        {
            if (IsPlainText(i + 2, end)) ShowNumber(start, i, "foz_text");
            else if (IsPlainText(start, i)) ShowNumber(i + 2, end, "foz_text");
            return;
        }
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), "foz_jsonb_join(", ")");
        Replace(i, i + 2, ", ");
    }

    /// <summary>What a function makes of values has the one text of a <c>jsonb</c>.</summary>
    void MakeJsonb(int i, string name, int close)
    {
        if (!name.Contains("jsonb", StringComparison.Ordinal)) return;
        Edits.Around(Tokens.StartOf(i), Tokens.EndOf(Tokens.CallEnd(close) - 1), "foz_to_jsonb(", ")");
    }

    /// <summary>
    /// <c>a -&gt; b</c> and <c>a -&gt;&gt; b</c>, which give a part of a document as it is written there, and join from
    /// the left.
    /// </summary>
    void VisitArrow(int i)
    {
        // The engine's functions of lists take an arrow for a function of elements.
        if (Tokens.OpeningOf(i) is > 0 and var open && Tokens.IsName(open - 1)
            && takingFunctions.Contains(Tokens.NameOf(open - 1)))
            return;
        var isText = Tokens.IsSymbol(i + 2, '>') && Tokens.TouchesPrevious(i + 2);
        var (start, right) = (Tokens.OperandStart(i - 1), isText ? i + 3 : i + 2);
        while (ArrowStart(start) is var before && before < start) start = Tokens.OperandStart(before - 1);
        var end = Tokens.OperandEnd(right);
        while (OperatorEnd(end) is var next && next == end + 1
            && !(Tokens.IsSymbol(end, '-') && Tokens.IsSymbol(next, '>')))
            end = Tokens.OperandEnd(next);
        Edits.Around(
            Tokens.StartOf(start), Tokens.EndOf(end - 1), isText ? "foz_json_get_text(" : "foz_json_get(", ")");
        Replace(i, right, ", ");
    }

    static readonly HashSet<string> takingFunctions = new(
        from of in new[] { "list_", "array_", "" }
        from name in new[]
        {
            "transform", "apply", "filter", "reduce",
        }
        select of + name,
        StringComparer.Ordinal);

    /// <summary>The first token of an arrow that ends in front of a token; the same where none does.</summary>
    int ArrowStart(int i) =>
        !Tokens.IsSymbol(i - 1, '>') ? i
        : Tokens.IsSymbol(i - 2, '-') ? i - 2
        : Tokens.IsSymbol(i - 2, '>') && Tokens.IsSymbol(i - 3, '-') ? i - 3
        : i;

    /// <summary>
    /// <c>a = b</c> and <c>a &lt;&gt; b</c> of documents that are written as <c>jsonb</c>, whose numbers are equal
    /// whatever zeros they end with. What is more than two operands is refused where it is bound.
    /// </summary>
    void VisitJsonbEquality(int i, int end, string comparison)
    {
        var (start, last) = (Tokens.OperandStart(i - 1), Tokens.OperandEnd(end));
        if (MatchedStart(i) != start || IsComparison(last) || OperatorEnd(last) > last) return;
        if (!IsJsonb(start, i) && !IsJsonb(end, last)) return;
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(last - 1), "foz_jsonb_key(", ")");
        Replace(i, end, $") {comparison} foz_jsonb_key(");
    }

    bool IsJsonb(int start, int end) =>
        (Tokens.IsWord(end - 1, "jsonb") && Tokens.IsCast(end - 3) && start < end - 3)
        || (Tokens.IsSymbol(end - 1, ')') && Tokens.IsWord(end - 2, "jsonb") && Tokens.IsWord(start, "cast"));
}

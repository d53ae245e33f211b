using System.Collections.Frozen;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>
/// Arithmetic: what the types of operands decide, functions of <see cref="PgArithmetic"/> with an overload for each
/// decide.
/// </content>
sealed partial class PgTranslator
{
    static readonly FrozenSet<string> aggregates = FrozenSet.ToFrozenSet(
    [
        "any_value", "array_agg", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "corr", "count", "covar_pop",
        "covar_samp", "cume_dist",
        "dense_rank", "every", "first", "first_value", "lag", "last", "last_value", "lead", "max", "min", "mode",
        "nth_value", "ntile",
        "percent_rank", "percentile_cont", "percentile_disc", "rank", "row_number", "stddev", "stddev_pop",
        "stddev_samp", "string_agg", "sum",
        "var_pop", "var_samp", "variance", "json_agg", "jsonb_agg", "median", "quantile",
    ], StringComparer.Ordinal);

    /// <summary><c>a / b</c> and <c>a % b</c> of the product so far.</summary>
    void VisitDivision(int i, string function)
    {
        var (start, end) = (Tokens.ProductStart(i - 1), Tokens.FactorEnd(i + 1));
        // A parameter of no type is of the other operand's.
        if (IsUntyped(start, i) && PlainText(i + 1, end) is { } right) TakeType(start, i, right);
        else if (IsUntyped(i + 1, end) && PlainText(start, i) is { } left) TakeType(i + 1, end, left);
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), $"{function}(", ")");
        Replace(i, i + 1, ", ");
    }

    void TakeType(int start, int end, string example)
    {
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), "foz_as(", $", {example})");
    }

    /// <summary>A column or a number as it is written; null for what is more.</summary>
    string? PlainText(int start, int end)
    {
        for (var at = start; at < end; at++)
            if (!Tokens.IsName(at) && !Tokens.IsSymbol(at, '.') && Tokens.KindOf(at) != SqlTokenKind.Number)
                return null;
        return Tokens.Sql[Tokens.StartOf(start)..Tokens.EndOf(end - 1)];
    }

    bool IsUntyped(int start, int end) =>
        ParameterAt(start, end) is { } number && context.ParameterType(number) is null;

    /// <summary>The number of the parameter that an operand is; null where it is another.</summary>
    int? ParameterAt(int start, int end) =>
        end == start + 2 && Tokens.IsSymbol(start, '$')
            && int.TryParse(Tokens.List.TextOf(start + 1), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary><c>a ^ b</c>, which joins from the left.</summary>
    void VisitPower(int i)
    {
        var start = Tokens.OperandStart(i - 1);
        while (Tokens.IsSymbol(start - 1, '^')) start = Tokens.OperandStart(start - 2);
        if ((Tokens.IsSymbol(start - 1, '-') || Tokens.IsSymbol(start - 1, '+')) && !Tokens.EndsOperand(start - 2))
            start--;
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(Tokens.OperandEnd(i + 1) - 1), "foz_power(", ")");
        Replace(i, i + 1, ", ");
    }

    /// <summary>
    /// A number with an exponent is numeric, and a double to the engine; one with more digits stays a double.
    /// </summary>
    void VisitNumber(int i)
    {
        var text = Tokens.List.TextOf(i);
        if (!text.ContainsAny('e', 'E') && text.Length > NumericLiteral.DigitsMax
            && text.Count('.') + NumericLiteral.DigitsMax < text.Length)
            throw Unsupported(
                "a number with more than 38 digits", i,
                "write it as a text with its type, such as '1e40'::double precision");
        if (!text.ContainsAny('e', 'E') || text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            || text.Contains('_'))
            return;
        if (NumericLiteral.Read(text) is { } number) Replace(i, i + 1, number.Scale == 0 ? number.Sql : number.Text);
    }

    /// <summary>
    /// A constant as <c>numeric</c> without digits: it has the digits that are written. Null where the operand is no
    /// constant.
    /// </summary>
    string? NumericConstant(int start, int end)
    {
        var sign = "";
        if (end == start + 2 && Tokens.IsSymbol(start, '-')) sign = "-";
        var at = end - 1;
        if (at - start > sign.Length) return null;
        if (at != start && sign.Length == 0) return null;
        var text = Tokens.List.TextOf(at);
        if (Tokens.KindOf(at) == SqlTokenKind.Text)
        {
            if (text[0] != '\'') return null;
            text = text[1..^1].Trim();
            if (text.StartsWith("-", StringComparison.Ordinal) || text.StartsWith("+", StringComparison.Ordinal))
            {
                if (text[0] == '-') sign = sign == "-" ? "" : "-";
                text = text[1..];
            }
        }
        else if (Tokens.KindOf(at) != SqlTokenKind.Number) return null;
        if (NumericLiteral.Read(string.Concat(sign, text)) is { } number) return number.Sql;
        // What is no number at all is the engine's to tell.
        return char.IsAsciiDigit(text.IsEmpty ? ' ' : text[^1]) || IsSpecialNumber(text)
            ? throw Unsupported($"numeric '{sign}{text}'", at, "numbers have up to 38 digits: cast to double precision")
            : null;
    }

    static bool IsSpecialNumber(ReadOnlySpan<char> text) =>
        text.Equals("nan", StringComparison.OrdinalIgnoreCase) || text.Equals("inf", StringComparison.OrdinalIgnoreCase)
        || text.Equals("infinity", StringComparison.OrdinalIgnoreCase);

    /// <returns>Whether the function is one of numbers, times or rows.</returns>
    bool VisitNumberCall(int i, string name, int close)
    {
        switch (name)
        {
            case "sum" or "avg":
                VisitSum(i, close, isAverage: name == "avg");
                return true;
            case "exp" or "ln" or "log" or "log10" when ArgumentsOf(i).Count == 1:
                Replace(i + 1, i + 2, "(foz_real(");
                Replace(close, close + 1, "))");
                return true;
            case "log" when ArgumentsOf(i).Count == 2:
                throw Unsupported("log of numeric to a base", i, "write ln(x) / ln(base) with double precision");
            case "var_pop" or "var_samp" or "variance" or "stddev" or "stddev_pop" or "stddev_samp"
                when ArgumentsOf(i).Count == 1:
                var first = Tokens.IsWord(i + 2, "distinct") || Tokens.IsWord(i + 2, "all") ? i + 3 : i + 2;
                Edits.Around(Tokens.StartOf(first), Tokens.EndOf(close - 1), "foz_finite(", ")");
                return true;
            case "round" when ArgumentsOf(i).Count == 1:
                VisitRound(i, close);
                return true;
            case "ceil" or "ceiling" or "floor" or "trunc" or "sign" when ArgumentsOf(i).Count == 1:
                Replace(i, i + 1, $"foz_{name}_of");
                return true;
            case "count":
                VisitCount(i, close);
                return true;
            case "percentile_cont" when Tokens.IsWord(close + 1, "within"):
                VisitPercentile(close + 3);
                return true;
            case "extract":
                VisitExtract(i, close);
                return true;
            case "date_part" when Tokens.KindOf(i + 2) == SqlTokenKind.Text && Tokens.IsSymbol(i + 3, ','):
                VisitDateField(i, close);
                return true;
            case "date_trunc":
                VisitDateTrunc(i, close);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What <c>percentile_cont</c> orders by is a double.</summary>
    void VisitPercentile(int open)
    {
        var (first, end) = (open + 3, Tokens.PartnerOf(open));
        if (!Tokens.IsWord(open + 1, "order") || first >= end) return;
        var last = end;
        for (var at = first; at < last; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsWord(at, "desc") || Tokens.IsWord(at, "asc") || Tokens.IsWord(at, "nulls")
                || Tokens.IsWord(at, "using"))
                last = at;
        }
        Replace(first - 1, first, "by CAST(");
        Edits.Before(Tokens.StartOf(last), " AS DOUBLE)");
    }

    /// <summary>
    /// <c>sum</c> and <c>avg</c>: a sum of whole numbers is one and of <c>bigint</c> numeric; an average is the sum by
    /// the count.
    /// </summary>
    void VisitSum(int i, int close, bool isAverage)
    {
        var end = Tokens.CallEnd(close);
        var filter = Tokens.IsWord(close + 1, "filter") && close + 1 < end ? close + 1 : -1;
        if ((filter < 0 ? close : Tokens.PartnerOf(filter + 1)) + 1 < end)
        {
            VisitWindow(i, close, end, isAverage);
            return;
        }
        var name = isAverage ? "foz_mean" : "foz_sum";
        if (Tokens.IsWord(i + 2, "distinct"))
        {
            name += "_distinct";
            Replace(i + 2, i + 3, "");
        }
        else if (Tokens.IsWord(i + 2, "all")) Replace(i + 2, i + 3, "");
        if (filter > 0)
        {
            name += "_where";
            Replace(close, filter + 3, ", (");
            Replace(Tokens.PartnerOf(filter + 1), Tokens.PartnerOf(filter + 1) + 1, "))");
        }
        Replace(i, i + 1, name);
    }

    /// <summary>A sum or an average with OVER: what decides about its type stands beside it.</summary>
    void VisitWindow(int i, int close, int end, bool isAverage)
    {
        var after = Tokens.EndOf(end - 1);
        if (isAverage)
        {
            Replace(i, i + 1, "foz_avg(sum");
            Edits.Copy(after, ", count", Tokens.StartOf(i + 1), after, ")");
        }
        else if (!HasAggregate(i + 2, close))
        {
            Replace(i, i + 1, "foz_as(sum");
            Edits.Copy(after, ", foz_sum_type", Tokens.StartOf(i + 1), Tokens.EndOf(close), ")");
        }
    }

    /// <summary>
    /// <c>round(x)</c>: of a double halfway between two the even one, and of a whole number a double.
    /// </summary>
    void VisitRound(int i, int close)
    {
        Replace(i, i + 1, "(round");
        Edits.Copy(Tokens.EndOf(close), " - foz_half", Tokens.StartOf(i + 1), Tokens.EndOf(close), ")");
    }

    /// <summary>Whether a call of an aggregate or of a function of windows is among tokens.</summary>
    bool HasAggregate(int start, int end)
    {
        for (var i = start; i < end; i++)
            if (Tokens.IsWord(i, "over")
                || (Tokens.IsName(i) && Tokens.IsSymbol(i + 1, '(') && aggregates.Contains(Tokens.NameOf(i))))
                return true;
        return false;
    }

    /// <summary>The error of what PostgreSQL has, and this server not.</summary>
    FozException Unsupported(string what, int token, string? hint = null) =>
        new(ErrorKind.Sql, $"{what} is not supported")
        {
            SqlState = "0A000", Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(token)), Hint = hint,
        };
}

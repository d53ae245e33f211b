using System.Collections.Frozen;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Rows and lists with what is unknown in them.</content>
sealed partial class PgTranslator
{
    /// <summary>
    /// <c>x = ANY (list)</c> and the like as functions: as a query DuckDB does not have them in outer joins, and takes
    /// a NULL in the list for no match.
    /// </summary>
    void VisitAny(int i)
    {
        if (Tokens.IsWord(i + 2, "select") || Tokens.IsWord(i + 2, "with") || Tokens.IsWord(i + 2, "values")
            || (Tokens.IsSymbol(i + 2, '(') && Tokens.IsWord(i + 3, "select"))) return;
        var symbol = i;
        while (IsComparison(symbol - 1)) symbol--;
        if (symbol == i || !Tokens.EndsOperand(symbol - 1)) return;
        var comparison = Tokens.Sql[Tokens.StartOf(symbol)..Tokens.EndOf(i - 1)];
        if (!comparisons.TryGetValue(comparison, out var name)) return;
        var isAll = Tokens.IsWord(i, "all");
        var start = MatchedStart(symbol);
        if ((isAll, comparison) is (false, "=") or (true, "<>" or "!="))
        {
            Edits.Before(Tokens.StartOf(start), isAll ? "(NOT foz_any(" : "foz_any(");
            Replace(symbol, i + 2, ", ");
            if (isAll) Replace(Tokens.PartnerOf(i + 1), Tokens.PartnerOf(i + 1) + 1, "))");
            return;
        }
        if (HasAggregate(start, symbol))
            throw Unsupported($"{comparison} {Tokens.NameOf(i)} of a list with an aggregate", i);
        // The list comes after its left operand: the function gets both in the order in which they are written.
        Edits.Before(Tokens.StartOf(start), $"foz_{(isAll ? "all" : "any")}_{name}(");
        Replace(symbol, i + 2, ", ");
    }

    /// <summary>The comparisons by their names.</summary>
    public static IEnumerable<(string Symbol, string Name)> Comparisons =>
        comparisons.Where(known => known.Key != "!=").Select(known => (known.Key, known.Value));

    static readonly Dictionary<string, string> comparisons = new(StringComparer.Ordinal)
    {
        ["="] = "eq", ["<>"] = "ne", ["!="] = "ne", ["<"] = "lt", ["<="] = "le", [">"] = "gt", [">="] = "ge",
    };

    bool IsComparison(int i) =>
        Tokens.IsSymbol(i, '=') || Tokens.IsSymbol(i, '<') || Tokens.IsSymbol(i, '>') || Tokens.IsSymbol(i, '!');

    /// <summary>A comparison of rows, or of documents.</summary>
    void VisitComparison(int i)
    {
        var end = i + 1;
        while (IsComparison(end) && Tokens.TouchesPrevious(end)) end++;
        var comparison = Tokens.Sql[Tokens.StartOf(i)..Tokens.EndOf(end - 1)];
        if (!comparisons.TryGetValue(comparison, out var name)) return;
        if (RowBefore(i) is { } open && RowAt(end) is { } other) VisitRows(open, i, end, other, name);
        else if (name is "eq" or "ne") VisitJsonbEquality(i, end, comparison);
    }

    /// <summary>
    /// <c>(a, b) = (c, d)</c> and the like: the engine takes a NULL in a row for a value like another.
    /// </summary>
    void VisitRows(int open, int comparison, int end, int other, string name)
    {
        var start = Tokens.IsWord(open - 1, "row") ? open - 1 : open;
        var (isNot, function) =
            (name == "ne", RowFunction(name == "ne" ? "eq" : name, FieldsOf(open), FieldsOf(other), comparison));
        Edits.Around(
            Tokens.StartOf(start), Tokens.EndOf(Tokens.PartnerOf(other)), $"{(isNot ? "(NOT " : "")}{function}(",
            isNot ? "))" : ")");
        Replace(comparison, end, ", ");
    }

    /// <summary><c>(a, b) IN ((c, d), …)</c>.</summary>
    void VisitRowsIn(int i, int open)
    {
        if (RowAt(i + 2) is not { } first || !Tokens.IsSymbol(i + 1, '(')) return;
        var (close, start, fields) =
            (Tokens.PartnerOf(open), Tokens.IsWord(open - 1, "row") ? open - 1 : open, FieldsOf(open));
        var call = RowFunction("eq", fields, FieldsOf(first), i) + "(row(";
        Replace(start, open + 1, "(" + call);
        Replace(i, i + 2, ", ");
        var end = Tokens.PartnerOf(i + 1);
        for (var at = Tokens.PartnerOf(first) + 1; at < end; at = Tokens.PartnerOf(RowAt(at + 1)!.Value) + 1)
        {
            if (RowAt(at + 1) is not { } next || FieldsOf(next) != fields)
                throw Unsupported("IN of rows and other values", i);
            Replace(at, at + 1, ") OR ");
            Edits.Copy(Tokens.EndOf(at), call, Tokens.EndOf(open), Tokens.EndOf(close), ", ");
        }
        Replace(end, end + 1, "))");
    }

    string RowFunction(string name, int fields, int others, int token) =>
        fields != others ? throw new FozException(ErrorKind.Sql, "unequal number of entries in row expressions")
        {
            SqlState = "42601", Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(token)),
        }
        : fields > RowFieldsMax
            ? throw Unsupported(
                $"a comparison of rows with more than {RowFieldsMax} fields", token, "compare them one by one")
        : $"foz_row_{name}_{fields.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Where the parenthesis of a row opens that begins at a token; null where none does.</summary>
    int? RowAt(int i)
    {
        var open = Tokens.IsWord(i, "row") ? i + 1 : i;
        return Tokens.IsSymbol(open, '(') && RowBefore(Tokens.PartnerOf(open) + 1) == open ? open : null;
    }

    int FieldsOf(int open)
    {
        var fields = 1;
        for (var at = open + 1; at < Tokens.PartnerOf(open); at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsSymbol(at, ',')) fields++;
        }
        return fields;
    }

    const int RowFieldsMax = 6;

    /// <summary>
    /// Comparisons of rows with two fields and more: the first fields that differ, or are unknown, decide.
    /// </summary>
    public static string RowMacros { get; } = string.Concat(
        from fields in Enumerable.Range(2, RowFieldsMax - 1)
        from name in new[] { "eq", "lt", "le", "gt", "ge" }
        select $"CREATE OR REPLACE MACRO foz_row_{name}_{fields}(a, b) AS {RowCondition(name, 1, fields)};\n");

    static string RowCondition(string name, int field, int fields)
    {
        string Compare(string comparison) =>
            $"struct_extract_at(a, {field}) {comparison} struct_extract_at(b, {field})";
        var comparison = comparisons.First(known => known.Value == name).Key;
        return field == fields ? Compare(comparison)
            : name == "eq" ? $"{Compare("=")} AND {RowCondition(name, field + 1, fields)}"
            : $"({Compare(comparison[..1])} OR ({Compare("=")} AND {RowCondition(name, field + 1, fields)}))";
    }

    /// <summary><c>ROW(a, b) IS [NOT] NULL</c>: whether all fields are.</summary>
    void VisitIs(int i)
    {
        var isNot = Tokens.IsWord(i + 1, "not");
        if (!Tokens.IsWord(isNot ? i + 2 : i + 1, "null")) return;
        if (Tokens.IsSymbol(i - 1, '*') && Tokens.IsSymbol(i - 2, '.') ? IsRow(i - 3, i) : IsRow(i - 1))
            throw Unsupported("IS NULL of a whole row", i, "name a column that is NULL only where the row is missing");
        if (RowBefore(i) is not { } open) return;
        var (close, test) = (Tokens.PartnerOf(open), isNot ? " IS NOT NULL" : " IS NULL");
        if (Tokens.IsWord(open - 1, "row")) Replace(open - 1, open, "");
        Replace(open, open + 1, "((");
        for (var at = open + 1; at < close; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsSymbol(at, ',')) Replace(at, at + 1, $"){test} AND (");
        }
        Replace(close, close + 1, $"){test})");
        Replace(i, isNot ? i + 3 : i + 2, "");
    }

    /// <summary>NOT IN of rows: DuckDB compares rows as values, in which a NULL is like another.</summary>
    void CheckNotIn(int i)
    {
        if (Tokens.IsWord(i + 1, "in") && RowBefore(i) is not null)
            throw Unsupported("NOT IN of rows", i, "write NOT EXISTS (SELECT … WHERE a = x AND b = y)");
    }

    /// <summary>Words after which a parenthesis with commas is a row.</summary>
    static readonly FrozenSet<string> rowsBehind = FrozenSet.ToFrozenSet(
        ["and", "or", "not", "where", "on", "having", "select", "when", "then", "else", "case", "distinct"],
        StringComparer.Ordinal);

    /// <summary>Where the parenthesis of a row opens that ends in front of a token; null where none does.</summary>
    int? RowBefore(int i)
    {
        if (!Tokens.IsSymbol(i - 1, ')')) return null;
        var (open, close) = (Tokens.PartnerOf(i - 1), i - 1);
        if (Tokens.IsWord(open - 1, "row")) return open;
        if (Tokens.IsName(open - 1) && !rowsBehind.Contains(Tokens.NameOf(open - 1))) return null;
        if (Tokens.IsWord(open + 1, "select") || Tokens.IsWord(open + 1, "with")) return null;
        for (var at = open + 1; at < close; at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsSymbol(at, ',')) return open;
        }
        return null;
    }

    /// <summary>
    /// Subscripts count from 1: what is below gives NULL, or begins a part at 1, and is not counted from the end.
    /// </summary>
    void VisitPlace(int open)
    {
        var close = Tokens.PartnerOf(open);
        if (!Tokens.EndsOperand(open - 1) || close == open + 1) return;
        var colon = open + 1;
        while (colon < close && !(Tokens.IsSymbol(colon, ':') && !Tokens.IsCast(colon) && !Tokens.IsCast(colon - 1)))
            colon = Tokens.IsOpening(colon) ? Tokens.PartnerOf(colon) + 1 : colon + 1;
        AtLeast(open + 1, colon, colon < close ? 1 : 0);
        if (colon < close) AtLeast(colon + 1, close, 0);
    }

    void AtLeast(int start, int end, int least)
    {
        if (end <= start || Tokens.KindOf(start) == SqlTokenKind.Text) return;
        if (end == start + 1 && Tokens.KindOf(start) == SqlTokenKind.Number
            && (least == 0 || !Tokens.List.TextOf(start).SequenceEqual("0")))
            return;
        Edits.Around(
            Tokens.StartOf(start), Tokens.EndOf(end - 1), "greatest(", FormattableString.Invariant($", {least})"));
    }

    /// <summary><c>a @&gt; b</c> and <c>a &lt;@ b</c> of lists, of which a NULL contains none.</summary>
    void VisitContains(int i, string function)
    {
        var (start, end) = (Tokens.OperandStart(i - 1), Tokens.OperandEnd(i + 2));
        Edits.Around(Tokens.StartOf(start), Tokens.EndOf(end - 1), $"{function}(", ")");
        Replace(i, i + 2, ", ");
    }

    /// <summary>Whether the statement is VALUES alone.</summary>
    bool IsValues => Tokens.IsWord(0, "values") && Tokens.IsSymbol(1, '(');

    /// <summary>Columns of such a statement.</summary>
    void NameValuesOfStatement()
    {
        var last = Tokens.IsSymbol(Tokens.Count - 1, ';') ? Tokens.Count - 2 : Tokens.Count - 1;
        Edits.Around(Tokens.StartOf(0), Tokens.EndOf(last), "SELECT * FROM (", $") AS foz_values({ColumnNames(1)})");
    }

    /// <summary>The names of columns that have none, of the row that begins with a token.</summary>
    string ColumnNames(int row)
    {
        var count = 1;
        for (var at = row + 1; at < Tokens.PartnerOf(row); at++)
        {
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
            else if (Tokens.IsSymbol(at, ',')) count++;
        }
        return string.Join(", ", Enumerable.Range(1, count).Select(n => FormattableString.Invariant($"column{n}")));
    }

    /// <summary>Columns of VALUES in FROM that have no names: <c>column1</c> and so on.</summary>
    void NameValues(int i)
    {
        var open = i - 1;
        if (!Tokens.IsSymbol(open, '(') || !Structure.IsInFrom(open) || !Tokens.IsSymbol(i + 1, '(')) return;
        var alias = Tokens.PartnerOf(open) + 1;
        if (Tokens.IsWord(alias, "as")) alias++;
        if (!Tokens.IsName(alias) || Tokens.IsOperatorWord(alias) || Tokens.IsSymbol(alias + 1, '(')) return;
        Edits.After(Tokens.EndOf(alias), $"({ColumnNames(i + 1)})");
    }
}

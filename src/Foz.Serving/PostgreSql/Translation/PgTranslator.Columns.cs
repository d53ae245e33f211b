using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>What columns are called of which the statement does not say it.</content>
sealed partial class PgTranslator
{
    // Last words of expressions that could be taken for an alias.
    static readonly HashSet<string> tails = new(StringComparer.Ordinal)
    {
        "end", "null", "true", "false", "unknown", "precision", "varying", "zone", "isnull", "notnull", "first", "last",
    };

    static readonly HashSet<string> units = new(StringComparer.Ordinal)
    {
        "year", "month", "day", "hour", "minute", "second", "week",
    };

    readonly Dictionary<int, string> queryColumns = [];

    /// <summary>
    /// Gives columns that have none the name that PostgreSQL gives them: DuckDB's is the text of the expression.
    /// </summary>
    void NameColumns()
    {
        foreach (var item in Structure.Items)
        {
            var (name, isColumn) = HasAlias(item.Start, item.End)
                ? (Tokens.IsName(item.End - 1) ? Tokens.NameOf(item.End - 1) : "", true)
                : NameOfItem(item.Start, item.End);
            queryColumns.TryAdd(item.Query, name);
            if (IsLoneNull(item)) Edits.After(Tokens.EndOf(item.Start), "::VARCHAR");
            if (!isColumn) Edits.After(Tokens.EndOf(item.End - 1), $" AS {SqlText.Identifier(name)}");
        }
    }

    /// <summary>Whether an item is a NULL that nothing gives a type: a text then, and an integer to DuckDB.</summary>
    bool IsLoneNull(SelectItem item) =>
        Tokens.IsWord(item.Start, "null") && (item.End == item.Start + 1 || HasAlias(item.Start, item.End))
        && (item.Query < 0 || Structure.IsInFrom(item.Query)) && !Structure.IsCompound(item.Query);

    bool HasAlias(int start, int end)
    {
        if (Tokens.IsSymbol(start, '*') || Tokens.IsSymbol(end - 1, '*')) return true;
        if (end - start < 2 || !Tokens.IsName(end - 1)) return false;
        if (Tokens.IsWord(end - 2, "as")) return true;
        if (Tokens.KindOf(end - 1) == SqlTokenKind.Word)
        {
            var last = Tokens.NameOf(end - 1);
            if (tails.Contains(last) || Tokens.IsOperatorWord(end - 1)
                || (units.Contains(last) && Tokens.IsWord(start, "interval"))) return false;
        }
        return Tokens.EndsOperand(end - 2);
    }

    /// <returns>The name, and whether the column has it already.</returns>
    (string Name, bool IsColumn) NameOfItem(int start, int end)
    {
        var isColumn = true;
        for (var i = start; i < end; i++)
            isColumn &= i % 2 == start % 2 ? Tokens.IsName(i) && !IsDone[i] : Tokens.IsSymbol(i, '.');
        isColumn &= !Tokens.IsWord(start, "null") && !Tokens.IsWord(start, "true") && !Tokens.IsWord(start, "false");
        return (NameOfExpression(start, end).Name ?? "?column?", isColumn);
    }

    /// <returns>
    /// The name, and how strongly it is one (PostgreSQL's documentation, SELECT, "Output Column Names"): 2 of a column
    /// or function, 1 of a type, 0 for none.
    /// </returns>
    (string? Name, int Strength) NameOfExpression(int start, int end)
    {
        SqlNesting.Check();
        if (end <= start) return (null, 0);
        if (Tokens.IsSymbol(start, '(') && Tokens.PartnerOf(start) == end - 1)
            return Tokens.IsWord(start + 1, "select") || Tokens.IsWord(start + 1, "with")
                ? (queryColumns.GetValueOrDefault(start), 2)
                : NameOfExpression(start + 1, end - 1);
        if (Tokens.IsWord(start, "exists")) return ("exists", 2);
        if (Tokens.IsSymbol(start, '-') || Tokens.IsSymbol(start, '+') || Tokens.IsWord(start, "not")) return (null, 0);
        var operand = Tokens.OperandEnd(start);
        if (operand < end)
        {
            if (Tokens.IsWord(operand, "at") && Tokens.OperandEnd(operand + 3) >= end) return ("timezone", 2);
            if (!Tokens.IsWord(operand, "over") && !Tokens.IsWord(operand, "filter")
                && !Tokens.IsWord(operand, "within"))
                return (null, 0);
        }
        return NameOfOperand(start, Math.Min(operand, end));
    }

    (string? Name, int Strength) NameOfOperand(int start, int end)
    {
        while (Tokens.ClauseStart(end - 1) is var clause && clause > start) end = clause;
        var cast = LastCast(start, end);
        if (cast > start)
        {
            var inner = NameOfExpression(start, cast);
            return inner.Strength == 2 ? inner : (TypeName(cast + 2, end), 1);
        }
        if (Tokens.IsSymbol(end - 1, ']') && !Tokens.IsWord(start, "array"))
            return NameOfExpression(start, Tokens.PartnerOf(end - 1));
        if (Tokens.IsSymbol(end - 2, '.') && Tokens.IsName(end - 1)) return (Tokens.NameOf(end - 1), 2);
        if (Tokens.KindOf(start) == SqlTokenKind.Word && Tokens.KindOf(start + 1) == SqlTokenKind.Text
            && end == start + 2)
            return (PgTypeNames.ColumnName(Tokens.NameOf(start)), 1);
        if (!Tokens.IsName(start)) return (null, 0);
        if (Tokens.IsWord(start, "array")) return ("array", 2);
        if (Tokens.IsWord(start, "case")) return NameOfCase(start, end);
        if (Tokens.IsWord(start, "cast") && Tokens.IsSymbol(start + 1, '(')) return NameOfCast(start, end);
        if (Tokens.IsSymbol(end - 1, ')'))
        {
            var open = Tokens.PartnerOf(end - 1);
            if (Tokens.IsName(open - 1)) return (FunctionName(open - 1), 2);
        }
        return Tokens.KindOf(start) == SqlTokenKind.Word && end == start + 1
            ? NameOfWord(start)
            : (Tokens.NameOf(end - 1), 2);
    }

    (string? Name, int Strength) NameOfWord(int i) => Tokens.NameOf(i) switch
    {
        "null" => (null, 0),
        "true" or "false" => ("bool", 1),
        var name => (name, 2),
    };

    (string? Name, int Strength) NameOfCase(int start, int end)
    {
        for (var i = end - 2; i > start; i--)
        {
            if (Tokens.IsClosing(i)) i = Tokens.PartnerOf(i);
            else if (Tokens.IsWord(i, "end")) i = Tokens.OperandStart(i);
            else if (Tokens.IsWord(i, "else"))
                return NameOfExpression(i + 1, end - 1) is { Strength: 2 } name ? name : ("case", 1);
        }
        return ("case", 1);
    }

    (string? Name, int Strength) NameOfCast(int start, int end)
    {
        var at = AsOf(start, end - 1);
        if (at < 0) return ("cast", 1);
        var inner = NameOfExpression(start + 2, at);
        return inner.Strength == 2 ? inner : (TypeName(at + 1, end - 1), 1);
    }

    string FunctionName(int i) => Tokens.NameOf(i) switch
    {
        "trim" => "btrim",
        var name => name,
    };

    int LastCast(int start, int end)
    {
        var found = -1;
        for (var i = start; i < end; i++)
        {
            if (Tokens.IsOpening(i)) i = Tokens.PartnerOf(i);
            else if (Tokens.IsCast(i)) found = i;
        }
        return found;
    }

    string TypeName(int type, int end)
    {
        while (Tokens.IsSymbol(type + 1, '.') && Tokens.IsName(type + 2)) type += 2;
        var words = new List<string>();
        for (var i = type; i < end; i++)
        {
            if (Tokens.IsOpening(i)) i = Tokens.PartnerOf(i);
            else if (Tokens.IsName(i)) words.Add(Tokens.NameOf(i));
        }
        return PgTypeNames.ColumnName(string.Join(' ', words));
    }
}

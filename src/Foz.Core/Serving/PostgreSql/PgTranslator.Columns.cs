using Foz.Core.Engine;

namespace Foz.Core.Serving.PostgreSql;

/// <content>What columns are called of which the statement does not say it.</content>
sealed partial class PgTranslator
{
    // Last words of expressions that could be taken for an alias.
    static readonly HashSet<string> tails = new(StringComparer.Ordinal)
    {
        "end", "null", "true", "false", "unknown", "precision", "varying", "zone", "isnull", "notnull", "first", "last",
    };

    static readonly HashSet<string> units = new(StringComparer.Ordinal) { "year", "month", "day", "hour", "minute", "second", "week" };

    readonly Dictionary<int, string> queryColumns = [];

    /// <summary>
    /// Gives columns that have none the name that PostgreSQL gives them: DuckDB's is the text of the expression.
    /// </summary>
    void NameColumns()
    {
        foreach (var item in structure.Items)
        {
            var (name, isColumn) = HasAlias(item.Start, item.End)
                ? (tokens.IsName(item.End - 1) ? tokens.NameOf(item.End - 1) : "", true)
                : NameOfItem(item.Start, item.End);
            queryColumns.TryAdd(item.Query, name);
            if (IsLoneNull(item)) edits.After(tokens.EndOf(item.Start), "::VARCHAR");
            if (!isColumn) edits.After(tokens.EndOf(item.End - 1), $" AS {SqlText.Identifier(name)}");
        }
    }

    /// <summary>Whether an item is a NULL that nothing gives a type: a text then, and an integer to DuckDB.</summary>
    bool IsLoneNull(SelectItem item) =>
        tokens.IsWord(item.Start, "null") && (item.End == item.Start + 1 || HasAlias(item.Start, item.End))
        && (item.Query < 0 || structure.IsInFrom(item.Query)) && !structure.IsCompound(item.Query);

    bool HasAlias(int start, int end)
    {
        if (tokens.IsSymbol(start, '*') || tokens.IsSymbol(end - 1, '*')) return true;
        if (end - start < 2 || !tokens.IsName(end - 1)) return false;
        if (tokens.IsWord(end - 2, "as")) return true;
        if (tokens.KindOf(end - 1) == SqlTokenKind.Word)
        {
            var last = tokens.NameOf(end - 1);
            if (tails.Contains(last) || tokens.IsOperatorWord(end - 1)
                || (units.Contains(last) && tokens.IsWord(start, "interval"))) return false;
        }
        return tokens.EndsOperand(end - 2);
    }

    /// <returns>The name, and whether the column has it already.</returns>
    (string Name, bool IsColumn) NameOfItem(int start, int end)
    {
        var isColumn = true;
        for (var i = start; i < end; i++) isColumn &= i % 2 == start % 2 ? tokens.IsName(i) && !isDone[i] : tokens.IsSymbol(i, '.');
        isColumn &= !tokens.IsWord(start, "null") && !tokens.IsWord(start, "true") && !tokens.IsWord(start, "false");
        return (NameOfExpression(start, end).Name ?? "?column?", isColumn);
    }

    /// <returns>
    /// The name, and how strongly it is one (PostgreSQL's documentation, SELECT, "Output Column Names"): 2 of a column or
    /// function, 1 of a type, 0 for none.
    /// </returns>
    (string? Name, int Strength) NameOfExpression(int start, int end)
    {
        if (end <= start) return (null, 0);
        if (tokens.IsSymbol(start, '(') && tokens.PartnerOf(start) == end - 1)
            return tokens.IsWord(start + 1, "select") || tokens.IsWord(start + 1, "with")
                ? (queryColumns.GetValueOrDefault(start), 2)
                : NameOfExpression(start + 1, end - 1);
        if (tokens.IsWord(start, "exists")) return ("exists", 2);
        if (tokens.IsSymbol(start, '-') || tokens.IsSymbol(start, '+') || tokens.IsWord(start, "not")) return (null, 0);
        var operand = tokens.OperandEnd(start);
        if (operand < end)
        {
            if (tokens.IsWord(operand, "at") && tokens.OperandEnd(operand + 3) >= end) return ("timezone", 2);
            if (!tokens.IsWord(operand, "over") && !tokens.IsWord(operand, "filter") && !tokens.IsWord(operand, "within"))
                return (null, 0);
        }
        return NameOfOperand(start, Math.Min(operand, end));
    }

    (string? Name, int Strength) NameOfOperand(int start, int end)
    {
        var cast = LastCast(start, end);
        if (cast > start)
        {
            var inner = NameOfExpression(start, cast);
            return inner.Strength == 2 ? inner : (TypeName(cast + 2, end), 1);
        }
        if (tokens.IsSymbol(end - 1, ']') && !tokens.IsWord(start, "array"))
            return NameOfExpression(start, tokens.PartnerOf(end - 1));
        if (tokens.IsSymbol(end - 2, '.') && tokens.IsName(end - 1)) return (tokens.NameOf(end - 1), 2);
        if (tokens.KindOf(start) == SqlTokenKind.Word && tokens.KindOf(start + 1) == SqlTokenKind.Text && end == start + 2)
            return (PgTypeNames.ColumnName(tokens.NameOf(start)), 1);
        if (!tokens.IsName(start)) return (null, 0);
        if (tokens.IsWord(start, "array")) return ("array", 2);
        if (tokens.IsWord(start, "case")) return NameOfCase(start, end);
        if (tokens.IsWord(start, "cast") && tokens.IsSymbol(start + 1, '(')) return NameOfCast(start, end);
        if (tokens.IsSymbol(end - 1, ')'))
        {
            var open = tokens.PartnerOf(end - 1);
            if (tokens.IsName(open - 1)) return (FunctionName(open - 1), 2);
        }
        return tokens.KindOf(start) == SqlTokenKind.Word && end == start + 1 ? NameOfWord(start) : (tokens.NameOf(end - 1), 2);
    }

    (string? Name, int Strength) NameOfWord(int i) => tokens.NameOf(i) switch
    {
        "null" => (null, 0),
        "true" or "false" => ("bool", 1),
        var name => (name, 2),
    };

    (string? Name, int Strength) NameOfCase(int start, int end)
    {
        for (var i = end - 2; i > start; i--)
        {
            if (tokens.IsSymbol(i, ')') || tokens.IsSymbol(i, ']')) i = tokens.PartnerOf(i);
            else if (tokens.IsWord(i, "end")) i = tokens.OperandStart(i);
            else if (tokens.IsWord(i, "else"))
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

    string FunctionName(int i) => tokens.NameOf(i) switch
    {
        "trim" => "btrim",
        var name => name,
    };

    int LastCast(int start, int end)
    {
        var found = -1;
        for (var i = start; i < end; i++)
        {
            if (tokens.IsSymbol(i, '(') || tokens.IsSymbol(i, '[')) i = tokens.PartnerOf(i);
            else if (tokens.IsCast(i)) found = i;
        }
        return found;
    }

    string TypeName(int type, int end)
    {
        while (tokens.IsSymbol(type + 1, '.') && tokens.IsName(type + 2)) type += 2;
        var words = new List<string>();
        for (var i = type; i < end; i++)
        {
            if (tokens.IsSymbol(i, '(') || tokens.IsSymbol(i, '[')) i = tokens.PartnerOf(i);
            else if (tokens.IsName(i)) words.Add(tokens.NameOf(i));
        }
        return PgTypeNames.ColumnName(string.Join(' ', words));
    }
}

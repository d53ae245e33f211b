using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Whole rows: what a table's name means where a column's could be.</content>
sealed partial class PgTranslator
{
    HashSet<string>? rowNames;

    /// <summary>
    /// The names by which the statement's columns are qualified: aliases in FROM, and names of tables that have none.
    /// </summary>
    HashSet<string> RowNames
    {
        get
        {
            if (rowNames is not null) return rowNames;
            rowNames = new(StringComparer.Ordinal);
            for (var i = 0; i + 1 < Tokens.Count; i++)
                if (BeginsRelation(i) && RowNameAt(i + 1) is { } name) rowNames.Add(name);
            return rowNames;
        }
    }

    /// <summary>Whether a relation of FROM is after a token.</summary>
    bool BeginsRelation(int i) => i + 1 < Tokens.Count && Structure.IsInFrom(i + 1)
        && (Tokens.IsWord(i, "join") || (Tokens.IsSymbol(i, ',') && Structure.IsInFrom(i))
            || (Tokens.IsWord(i, "from") && !Tokens.IsWord(i - 1, "distinct")));

    /// <summary>
    /// The name of the rows of a relation that begins with a token; null for those of functions, whose alias is a
    /// column too.
    /// </summary>
    string? RowNameAt(int at)
    {
        while (Tokens.IsWord(at, "lateral") || Tokens.IsWord(at, "only")) at++;
        string? name = null;
        if (Tokens.IsSymbol(at, '(')) at = Tokens.PartnerOf(at) + 1;
        else
        {
            while (Tokens.IsName(at) && Tokens.IsSymbol(at + 1, '.')) at += 2;
            if (!Tokens.IsName(at) || Tokens.IsSymbol(at + 1, '(')) return null;
            name = Tokens.NameOf(at++);
        }
        if (Tokens.IsWord(at, "as")) at++;
        var hasAlias = Tokens.IsName(at) && !Tokens.IsOperatorWord(at) && !SelectStructure.IsClause(Tokens.NameOf(at));
        return hasAlias ? Tokens.NameOf(at) : name;
    }

    /// <summary>
    /// Whether a token is the name of a relation's rows, alone; where a column has the same name it may be that.
    /// </summary>
    bool IsRow(int i) => Tokens.IsName(i)
        && !Tokens.IsSymbol(i - 1, '.') && !Tokens.IsSymbol(i + 1, '.') && !Tokens.IsSymbol(i + 1, '(')
        && RowNames.Contains(Tokens.NameOf(i));

    /// <summary>Whether tokens are such a name, or <c>t.*</c>.</summary>
    bool IsRow(int start, int end) => end == start + 1 ? IsRow(start)
        : end == start + 3 && Tokens.IsName(start)
            && Tokens.IsSymbol(start + 1, '.') && Tokens.IsSymbol(start + 2, '*');

    /// <summary>
    /// <c>count(t)</c> and <c>count(t.*)</c>: the rows of an outer join that have no partner are not counted, which
    /// DuckDB cannot tell.
    /// </summary>
    void VisitCount(int i, int close)
    {
        var first = Tokens.IsWord(i + 2, "distinct") || Tokens.IsWord(i + 2, "all") ? i + 3 : i + 2;
        if (!IsRow(first, close)) return;
        var row = Tokens.NameOf(first);
        for (var at = 0; at < Tokens.Count; at++)
            if (!Tokens.IsSymbol(at + 1, '(')
                && (Tokens.IsWord(at, "left") || Tokens.IsWord(at, "right") || Tokens.IsWord(at, "full")))
                throw Unsupported("count(t.*) of an outer join", i, $"count a column of {row} that is never NULL");
        if (close == first + 1) return;
        if (first > i + 2) throw Unsupported("count(DISTINCT t.*)", i, "name the columns: count(DISTINCT (a, b))");
        Replace(first, close, "*");
    }

    /// <summary>
    /// Rows as columns of the outermost SELECT: PostgreSQL shows <c>ROW(a, b)</c> as <c>(1,x)</c>, and a table's name
    /// as its row.
    /// </summary>
    void ShowRows()
    {
        foreach (var item in Structure.Items)
        {
            var end = item.End;
            if (HasAlias(item.Start, end)) end -= Tokens.IsWord(end - 2, "as") ? 2 : 1;
            if (item.Query >= 0 || end <= item.Start) continue;
            if (end == item.Start + 1 && IsRow(item.Start))
            {
                Edits.Around(Tokens.StartOf(item.Start), Tokens.EndOf(item.Start), "foz_field(", ")");
                IsDone[item.Start] = true;
            }
            if (RowAt(item.Start) is not { } open || Tokens.PartnerOf(open) != end - 1) continue;
            Edits.Around(Tokens.StartOf(item.Start), Tokens.EndOf(end - 1), "foz_text(", ")");
        }
    }
}

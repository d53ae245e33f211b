using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Columns of joins, and names that inner queries see.</content>
sealed partial class PgTranslator
{
    /// <summary>
    /// <c>*</c> of joins with USING: the columns of USING come first, those of the last join in front.
    /// </summary>
    void OrderJoinedColumns()
    {
        foreach (var item in Structure.Items)
        {
            if (item.End != item.Start + 1 || !Tokens.IsSymbol(item.Start, '*')
                || FromOf(item) is not (>= 0 and var from)
                || JoinedColumns(from + 1, item.Start) is not { } columns) continue;
            Edits.Replace(Tokens.StartOf(item.Start), Tokens.EndOf(item.Start), columns);
        }
    }

    /// <summary>The FROM of the SELECT that an item is of; −1 where it has none.</summary>
    int FromOf(SelectItem item)
    {
        for (var at = item.End; at < Tokens.Count && !Tokens.IsClosing(at); at++)
        {
            if (Tokens.IsWord(at, "from") && Structure.IsInFrom(at + 1)) return at;
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
        }
        return -1;
    }

    /// <summary>The columns of a FROM that joins with USING, in PostgreSQL's order; null of any other.</summary>
    string? JoinedColumns(int from, int token)
    {
        List<string> columns = [];
        List<string?> rows = [];
        var (usings, isPlain, isFirst) = (0, true, false);
        bool IsInside(int at) => at < from || (at < Tokens.Count && Structure.IsInFrom(at) && !Tokens.IsClosing(at));
        for (var at = from - 1; IsInside(at); at++)
        {
            if (BeginsRelation(at)) rows.Add(RowNameAt(at + 1));
            isPlain &= !Tokens.IsSymbol(at, ',') && !Tokens.IsWord(at, "on") && !Tokens.IsWord(at, "cross")
                && !Tokens.IsWord(at, "right") && !Tokens.IsWord(at, "full");
            if (Tokens.IsWord(at, "natural") || (Tokens.IsSymbol(at, '(') && IsJoinGroup(at)))
                throw Unsupported(
                    "* of NATURAL JOIN, and of joins with USING in parentheses", token,
                    "name the columns, or write USING (…) without parentheses");
            if (Tokens.IsWord(at, "using") && Tokens.IsSymbol(at + 1, '('))
            {
                isFirst = ++usings == 1 && isPlain && rows.Count == 2;
                var names = ArgumentsOf(at).Where(Tokens.IsName).Select(i => SqlText.Identifier(Tokens.NameOf(i)));
                columns.InsertRange(0, names.Where(name => !columns.Contains(name)));
            }
            if (Tokens.IsOpening(at)) at = Tokens.PartnerOf(at);
        }
        if (usings == 0) return null;
        var list = string.Join(", ", columns);
        if (usings == rows.Count - 1) return $"{list}, * EXCLUDE ({list})";
        if (!isFirst || rows.Contains(null))
            throw Unsupported("* of joins with USING and others", token, "name the columns");
        // The first join has USING, and the others have not.
        var tables = rows.ConvertAll(name => SqlText.Identifier(name!));
        return string.Join(", ", [
            .. columns.Select(column => $"{tables[0]}.{column}"),
            .. tables.Take(2).Select(name => $"{name}.* EXCLUDE ({list})"),
            .. tables.Skip(2).Select(name => name + ".*")]);
    }

    /// <summary>Whether a parenthesis of FROM has joins whose columns come in another order in DuckDB.</summary>
    bool IsJoinGroup(int open)
    {
        if (!Structure.IsInFrom(open) || !BeginsRelation(open - 1) || Tokens.IsWord(open + 1, "select")
            || Tokens.IsWord(open + 1, "with") || Tokens.IsWord(open + 1, "values")) return false;
        for (var at = open + 1; at < Tokens.PartnerOf(open); at++)
            if (Tokens.OpeningOf(at) == open
                && (Tokens.IsWord(at, "natural") || (Tokens.IsWord(at, "using") && Tokens.IsSymbol(at + 1, '('))))
                return true;
        return false;
    }

    /// <summary>
    /// Names that a query without FROM takes from around it: DuckDB takes an alias of the same list first, and a column
    /// of a query beside
    /// it in FROM, as if LATERAL were there.
    /// </summary>
    void CheckLateral()
    {
        foreach (var query in Structure.Items.Where(item => item.Query >= 0).GroupBy(item => item.Query))
        {
            if (FromOf(query.First()) >= 0) continue;
            var close = Tokens.PartnerOf(query.Key);
            var seen = query.Where(item => HasAlias(item.Start, item.End)).Select(item => item.End - 1).ToList();
            if (Structure.IsInFrom(query.Key) && !Tokens.IsWord(query.Key - 1, "lateral"))
                seen.AddRange(Structure.Items.Where(item => item.Query >= 0 && item.Query < query.Key
                    && Structure.IsInFrom(item.Query)
                    && Tokens.OpeningOf(item.Query) == Tokens.OpeningOf(query.Key)).Select(item => item.End - 1));
            var names = seen.Where(Tokens.IsName).Select(Tokens.NameOf).ToHashSet(StringComparer.Ordinal);
            for (var i = query.Key + 1; i < close && names.Count > 0; i++)
                if (Tokens.IsName(i) && !seen.Contains(i)
                    && !Tokens.IsSymbol(i - 1, '.') && !Tokens.IsSymbol(i + 1, '(')
                    && names.Contains(Tokens.NameOf(i)))
                    throw Unsupported(
                        $"{Tokens.NameOf(i)}, which is a name next to this query too,", i, "qualify it with its table");
        }
    }
}

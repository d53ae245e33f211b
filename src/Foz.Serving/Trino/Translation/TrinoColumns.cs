using Foz.Lake.Data;
using Foz.Serving.Sql;

namespace Foz.Serving.Trino.Translation;

/// <summary>
/// What is known of the columns that a statement can name, where Trino's operators differ by types and its text does
/// not show them. A name counts as all that columns of that name can be.
/// </summary>
sealed class TrinoColumns
{
    readonly HashSet<string> dates = new(StringComparer.OrdinalIgnoreCase),
        others = new(StringComparer.OrdinalIgnoreCase);
    readonly HashSet<string> differing = new(StringComparer.OrdinalIgnoreCase),
        nested = new(StringComparer.OrdinalIgnoreCase);
    readonly bool isKnown;

    TrinoColumns(bool isKnown) => this.isKnown = isKnown;

    /// <summary>What is known before tables are looked up.</summary>
    public static TrinoColumns Unknown() => new(isKnown: false);

    /// <summary>What is known of the tables that a statement names, and of the columns that its queries make.</summary>
    /// <param name="tables">The columns of each table.</param>
    /// <param name="queries">The queries in DuckDB's words, with their views put in.</param>
    public static TrinoColumns Of(IEnumerable<IReadOnlyList<Field>> tables, IEnumerable<string> queries)
    {
        var columns = new TrinoColumns(isKnown: true);
        foreach (var field in tables.SelectMany(fields => fields)) columns.Add(field);
        foreach (var query in queries) columns.Learn(query);
        return columns;
    }

    /// <summary>Whether a name was asked for that was not looked up.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether some column can be NaN, or have NULLs inside.</summary>
    public bool DoesAnyDiffer
    {
        get
        {
            IsAsked |= !isKnown;
            return differing.Count > 0;
        }
    }

    /// <summary>Whether all columns of a name are dates.</summary>
    public bool IsDate(string name)
    {
        IsAsked |= !isKnown;
        return dates.Contains(name) && !others.Contains(name);
    }

    /// <summary>Whether a column of a name can be a date, or hold one.</summary>
    public bool CanBeDate(string name)
    {
        IsAsked |= !isKnown;
        return dates.Contains(name) || nested.Contains(name);
    }

    /// <summary>Whether a column of a name can be NaN, or have NULLs inside.</summary>
    public bool CanDiffer(string name)
    {
        IsAsked |= !isKnown;
        return differing.Contains(name);
    }

    void Add(Field field)
    {
        (field.Type == DataType.Date ? dates : others).Add(field.Name);
        var isNested = field.Type is not (DataType.Primitive or DataType.Decimal);
        if (isNested) nested.Add(field.Name);
        if (isNested || field.Type == DataType.Double || field.Type == DataType.Float) differing.Add(field.Name);
    }

    /// <summary>Takes the columns that queries inside of a query name, inner ones first.</summary>
    void Learn(string query)
    {
        var tokens = new PgTokens(query);
        var structure = new SelectStructure(tokens);
        var types = new TrinoTypes(tokens, structure, this);
        var depths = new int[tokens.Count + 1];
        for (var i = 0; i < tokens.Count; i++)
            depths[i + 1] = depths[i] + (tokens.IsOpening(i) ? 1 : tokens.IsClosing(i) ? -1 : 0);
        var named = NamesOf(tokens, structure, types).OrderByDescending(made => depths[made.At]).ThenBy(made => made.At)
            .ToList();
        // Names that are used further inside than they are given are found the next time.
        for (var known = -1; known != differing.Count + dates.Count;)
        {
            known = differing.Count + dates.Count;
            foreach (var (_, name, values) in named) Add(types, name, values);
        }
    }

    void Add(TrinoTypes types, string name, List<(int Start, int End)> values)
    {
        if (values.Exists(value => types.CanDiffer(value.Start, value.End))) differing.Add(name);
        if (values.TrueForAll(value => types.IsDate(value.Start, value.End))) dates.Add(name);
        else
        {
            others.Add(name);
            if (values.Exists(value => types.CanBeDate(value.Start, value.End))) dates.Add(name);
        }
    }

    /// <summary>
    /// The names that queries give values, each with a token that stands as deep as its values, and the values that it
    /// can be.
    /// </summary>
    static IEnumerable<(int At, string Name, List<(int Start, int End)> Values)> NamesOf(
        PgTokens tokens, SelectStructure structure, TrinoTypes types)
    {
        foreach (var item in structure.Items)
            if (types.ValueEnd(item.Start, item.End) is var end && end < item.End)
                yield return (item.Start, tokens.NameOf(item.End - 1), [(item.Start, end)]);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens.IsWord(i, "lambda") && tokens.OpeningOf(i) is >= 0 and var around)
                for (var at = i + 1; tokens.IsName(at) || tokens.IsSymbol(at, ','); at++)
                    if (tokens.IsName(at))
                        yield return (i, tokens.NameOf(at), [(around + 1, i), (i + 1, tokens.PartnerOf(around))]);
            if (!tokens.IsName(i) || !tokens.IsSymbol(i + 1, '(')) continue;
            var close = tokens.PartnerOf(i + 1);
            var before = tokens.IsWord(i - 1, "as") ? i - 2 : i - 1;
            var body = tokens.IsWord(close + 1, "as") ? close + 2 : -1;
            while (body > 0 && (tokens.IsWord(body, "not") || tokens.IsWord(body, "materialized"))) body++;
            var open = body > 0 && tokens.IsSymbol(body, '(')
                ? body
                : structure.IsInFrom(i) && tokens.IsSymbol(before, ')') ? tokens.PartnerOf(before) : -1;
            if (open < 0) continue;
            var names = types.PartsOf(i + 1);
            for (var n = 0; n < names.Count; n++)
                yield return (tokens.PartnerOf(open), tokens.NameOf(names[n].Start),
                    ColumnOf(tokens, structure, types, open, n));
        }
    }

    /// <summary>
    /// Returns the values of a column of the rows in parentheses after FROM; all that is in the parentheses if the
    /// columns cannot be separated.
    /// </summary>
    static List<(int Start, int End)> ColumnOf(
        PgTokens tokens, SelectStructure structure, TrinoTypes types, int open, int number)
    {
        List<(int Start, int End)> all = [(open + 1, tokens.PartnerOf(open))], values = [];
        if (tokens.IsWord(open + 1, "values"))
        {
            foreach (var row in types.PartsOf(open))
            {
                var start = tokens.IsWord(row.Start, "values") ? row.Start + 1 : row.Start;
                var isRow = tokens.IsSymbol(start, '(') && tokens.PartnerOf(start) == row.End - 1;
                if ((isRow ? types.PartsOf(start) : [(start, row.End)]) is var cells && number >= cells.Count)
                    return all;
                values.Add(cells[number]);
            }
            return values;
        }
        var place = 0;
        foreach (var item in structure.Items.Where(item => item.Query == open).OrderBy(item => item.Start))
        {
            place = tokens.IsSymbol(item.Start - 1, ',') ? place + 1 : 0;
            if (tokens.IsSymbol(item.End - 1, '*')) return all;
            if (place == number) values.Add((item.Start, types.ValueEnd(item.Start, item.End)));
        }
        return values.Count > 0 ? values : all;
    }
}

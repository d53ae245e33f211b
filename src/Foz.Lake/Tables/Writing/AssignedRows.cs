using Foz.Delta.Schema;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>Rows of VALUES for the columns of a table.</summary>
public static class AssignedRows
{
    enum ValueKind
    {
        Null,
        Text,
        Number,
        Other,
    }

    /// <summary>
    /// VALUES whose values each have the type of their column: the engine would read the texts of a column as numbers
    /// with the digits of the numbers beside them. Another query stays unchanged.
    /// </summary>
    /// <param name="query">The query.</param>
    /// <param name="fields">The columns that it is for, in order; null where there is no such column.</param>
    public static string Typed(string query, IReadOnlyList<StructField?> fields)
    {
        var tokens = SqlTokens.Read(query);
        if (Read(tokens) is not { Count: > 0 } rows || rows.Any(row => row.Count != fields.Count)) return query;
        List<SqlEdit> edits = [];
        foreach (var (column, field) in fields.Index())
        {
            if (field is null || rows.TrueForAll(row => row[column].Kind is ValueKind.Null or ValueKind.Text)) continue;
            foreach (var row in rows)
            {
                var (start, end, kind) = row[column];
                bool? isText = kind switch { ValueKind.Text => true, ValueKind.Number => false, _ => null };
                if (kind != ValueKind.Null)
                    edits.Add(new(new(start, end - start), AssignedValue.Cast(query[start..end], field, isText)));
            }
        }
        edits.Sort(static (a, b) => a.Span.Start.CompareTo(b.Span.Start));
        return RewrittenSql.Of(query, edits).Text;
    }

    /// <summary>
    /// Returns a query of the computed values of VALUES, each alone; another query unchanged. Empty where nothing is
    /// computed.
    /// </summary>
    /// <param name="query">The query.</param>
    public static string Computed(string query)
    {
        if (Read(SqlTokens.Read(query)) is not { } rows) return query;
        var computed = rows.SelectMany(row => row).Where(value => value.Kind == ValueKind.Other)
            .Select(value => query[value.Start..value.End]).ToList();
        return computed.Count == 0 ? "" : "SELECT " + string.Join(", ", computed);
    }

    /// <summary>The values of each row; null where the query is more than VALUES.</summary>
    static List<List<(int Start, int End, ValueKind Kind)>>? Read(SqlTokens tokens)
    {
        if (!tokens.IsWord(0, "values")) return null;
        List<List<(int, int, ValueKind)>> rows = [];
        var at = 0;
        do
        {
            if (!tokens.IsSymbol(++at, '(')) return null;
            var close = tokens.Closing(at);
            List<(int, int, ValueKind)> row = [];
            var depth = 0;
            for (var first = ++at; at <= close; at++)
            {
                if (tokens.IsSymbol(at, '(') || tokens.IsSymbol(at, '[') || tokens.IsSymbol(at, '{')) depth++;
                else if (tokens.IsSymbol(at, ')') || tokens.IsSymbol(at, ']') || tokens.IsSymbol(at, '}')) depth--;
                if (at < close && (depth > 0 || !tokens.IsSymbol(at, ','))) continue;
                if (first == at) return null;
                row.Add((tokens[first].Start, tokens[at - 1].End, KindOf(tokens, first, at)));
                first = at + 1;
            }
            rows.Add(row);
        }
        while (tokens.IsSymbol(at, ','));
        return at == tokens.Count ? rows : null;
    }

    static ValueKind KindOf(SqlTokens tokens, int first, int end)
    {
        if (tokens.IsSymbol(first, '-') || tokens.IsSymbol(first, '+')) first++;
        return end != first + 1 ? ValueKind.Other
            : tokens.IsWord(first, "null") ? ValueKind.Null
            : tokens[first].Kind switch
            {
                SqlTokenKind.Text => ValueKind.Text,
                SqlTokenKind.Number => ValueKind.Number,
                _ => ValueKind.Other,
            };
    }
}

using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.Trino.Types;

/// <summary>Trino's types of columns as those that a Delta table has, in Spark's words.</summary>
static class TrinoColumnTypes
{
    /// <summary>The type in Spark's words; what Trino does not know stays unchanged.</summary>
    /// <param name="column">The column, for people.</param>
    /// <param name="type">Its type.</param>
    /// <exception cref="FozException">No Delta table has such a column.</exception>
    public static string Translate(string column, string type)
    {
        var tokens = SqlTokens.Read(type);
        if (tokens.Count > 2 && tokens.IsSymbol(1, '(') && tokens.Closing(1) == tokens.Count - 1)
            switch (tokens.TextOf(0).ToString().ToLowerInvariant())
            {
                case "array": return $"array<{Parts(column, type, tokens)[0]}>";
                case "map": return $"map<{string.Join(", ", Parts(column, type, tokens))}>";
                case "row": return $"struct<{string.Join(", ", Fields(column, type, tokens))}>";
            }
        return type.Trim().Equals("varbinary", StringComparison.OrdinalIgnoreCase)
            ? "binary"
            : PgColumnTypes.Translate(column, type);
    }

    static List<string> Parts(string column, string type, SqlTokens tokens) =>
        [.. Ranges(tokens).Select(range => Translate(column, TextOf(type, tokens, range.Start, range.End)))];

    static IEnumerable<string> Fields(string column, string type, SqlTokens tokens)
    {
        foreach (var (start, end) in Ranges(tokens))
        {
            if (end - start < 2 || !tokens.IsName(start))
                throw new FozException(
                    ErrorKind.Sql,
                    $"column {column}: the fields of a row need names, row(a bigint, b varchar)")
                {
                    SqlState = "42601",
                };
            var name = tokens.NameOf(start).Replace("`", "``", StringComparison.Ordinal);
            yield return $"`{name}`: {Translate(column, TextOf(type, tokens, start + 1, end))}";
        }
    }

    /// <summary>The tokens between the commas of what stands in parentheses.</summary>
    static List<(int Start, int End)> Ranges(SqlTokens tokens)
    {
        var ranges = new List<(int, int)>();
        var (start, depth) = (2, 0);
        for (var i = 2; i < tokens.Count; i++)
        {
            if (tokens.IsSymbol(i, '(')) depth++;
            else if (tokens.IsSymbol(i, ')') && i < tokens.Count - 1) depth--;
            else if (depth == 0 && (i == tokens.Count - 1 || tokens.IsSymbol(i, ',')))
            {
                if (i > start) ranges.Add((start, i));
                start = i + 1;
            }
        }
        return ranges;
    }

    static string TextOf(string type, SqlTokens tokens, int start, int end) =>
        type[tokens[start].Start..tokens[end - 1].End];
}

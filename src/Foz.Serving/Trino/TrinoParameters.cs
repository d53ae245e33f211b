using System.Globalization;
using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Trino;

/// <summary>The parameters <c>?</c> of a statement.</summary>
static class TrinoParameters
{
    /// <summary>The statement with expressions in the place of its parameters.</summary>
    /// <exception cref="FozException">There are more or fewer of them.</exception>
    public static string Fill(string sql, IReadOnlyList<string> values)
    {
        var places = Find(sql);
        if (places.Count != values.Count)
            throw new FozException(
                ErrorKind.Sql, $"Incorrect number of parameters: expected {places.Count} but found {values.Count}")
            {
                SqlState = "07001",
            };
        return RewrittenSql.Of(sql, places.Select((span, i) => new SqlEdit(span, $"({values[i]})"))).Text;
    }

    /// <summary>The statement with parameters as sessions know them: <c>$1</c>, <c>$2</c>, …</summary>
    public static string Number(string sql) => RewrittenSql.Of(
        sql,
        Find(sql)
            .Select((span, i) => new SqlEdit(span, string.Create(CultureInfo.InvariantCulture, $"${i + 1}")))).Text;

    static List<SqlSpan> Find(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        return
        [
            .. Enumerable.Range(0, tokens.Count).Where(i => tokens.IsSymbol(i, '?'))
                .Select(i => new SqlSpan(tokens[i].Start, 1)),
        ];
    }
}

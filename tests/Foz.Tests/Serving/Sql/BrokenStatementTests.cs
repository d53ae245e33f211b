using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino.Translation;

namespace Foz.Tests.Serving.Sql;

/// <summary>
/// Translating a statement that ends too soon, or lacks a token, fails with an error that clients can read, or not at
/// all.
/// </summary>
public sealed class BrokenStatementTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Fact]
    public void PostgreSQLs_are_translated_or_refused() => Break(
        PgWord.All.SelectMany(word => word.Statements()).Concat(
        [
            "SELECT DISTINCT ON (a) a.*, count(*) FILTER (WHERE x) OVER (PARTITION BY y ORDER BY z DESC) FROM "
                + "silver.orders a JOIN b USING (id) WHERE a IN (1, 2) GROUP BY 1 HAVING sum(q) > "
                + "1 ORDER BY 1 LIMIT 3 OFFSET 1",
            "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SELECT CASE n WHEN 1 THEN 'a' ELSE 'b' "
                + "END, ARRAY[1]::int[], interval '1 day' FROM t, LATERAL (SELECT t.n) x",
        ]),
        sql => PgTranslator.Translate(sql, SessionTranslation.Of(session, static () => 0)));

    [Fact]
    public void Trinos_are_translated_or_refused() => Break(
        File.ReadLines(Path.Combine(Repository.Root, "tests", "Foz.Tests", "Server", "Trino", "trino_words.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => $"SELECT {line.Split('\t')[1]} AS x FROM words"),
        sql => TrinoTranslator.Translate(sql, new(null, "America/Sao_Paulo", "silver"), TrinoColumns.Unknown()));

    /// <summary>Leaves out each token of statements, and all after it.</summary>
    static void Break(IEnumerable<string> statements, Action<string> translate)
    {
        var wrong = new List<string>();
        foreach (var sql in statements)
        {
            var tokens = SqlTokens.Read(sql);
            for (var i = 0; i < tokens.Count; i++)
            {
                Try(sql[..tokens[i].Start]);
                Try(sql[..tokens[i].Start] + sql[tokens[i].End..]);
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count}\n{string.Join('\n', wrong.Take(20))}");

        void Try(string sql)
        {
            try
            {
                translate(sql);
            }
            catch (FozException)
            {
                // An error of the statement.
            }
            catch (Exception e)
            {
                wrong.Add($"{sql}: {e.GetType().Name} {e.StackTrace!.Split('\n')[0]}");
            }
        }
    }
}

using Foz.Lake;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Serving.Statements;

/// <summary>PREPARE and EXECUTE, and parameters where clients send them.</summary>
public sealed class PreparedStatementTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

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

    /// <summary>
    /// A session holds an eighth of the memory, here 128 MiB, and a character of a statement counts eight bytes.
    /// </summary>
    [Fact]
    public async Task Texts_of_prepared_statements_are_counted_and_let_go()
    {
        var text = new string('x', 7_000_000);
        await session.RunAsync($"PREPARE a AS SELECT '{text}'");
        await session.RunAsync($"PREPARE b AS SELECT '{text}'");
        Assert.Equal("53200", await session.FailAsync($"PREPARE c AS SELECT '{text}'"));
        Assert.Equal("26000", await session.FailAsync("EXECUTE c"));
        await session.RunAsync("DEALLOCATE a");
        await session.RunAsync($"PREPARE c AS SELECT '{text}'");
        await session.RunAsync("DEALLOCATE ALL");
        Assert.Equal(0, session.Held.Bytes);
    }

    [Fact]
    public async Task Prepared_statements_are_executed_with_values()
    {
        Assert.Equal(
            ["PREPARE"],
            await session.RunAsync(
                "PREPARE p (numeric(10,2), timestamp(3) with time zone) AS SELECT $1 + 1, $2 > '2020-01-01'"));
        Assert.Equal(["2.5|True", "SELECT 1"], await session.RunAsync("EXECUTE p (1.5, '2026-01-01 00:00:00+00')"));
        Assert.Equal(
            ["PREPARE"],
            await session.RunAsync(
                "PREPARE q AS SELECT id, name FROM silver.orders WHERE id = $1 OR name = $2 ORDER BY id"));
        Assert.Equal(["2|b", "4|d", "SELECT 2"], await session.RunAsync("EXECUTE q (1 + 1, lower('D'))"));
        Assert.Equal(["SELECT 0"], await session.RunAsync("EXECUTE q (NULL, 'it''s -- ')"));
        await session.RunAsync("DEALLOCATE q");
        Assert.Equal("26000", await session.FailAsync("EXECUTE q (1, 2)"));
        await session.RunAsync("PREPARE i (bigint) AS INSERT INTO silver.orders (id) VALUES ($1)");
        Assert.Equal(["INSERT 0 1"], await session.RunAsync("EXECUTE i (77)"));
        Assert.Equal(["77", "SELECT 1"], await session.RunAsync("SELECT id FROM silver.orders WHERE id > 70"));
    }

    [Theory]
    [InlineData("EXECUTE p", "42601")]
    [InlineData("EXECUTE p (1, 2)", "42601")]
    [InlineData("EXECUTE p ('x')", "22P02")]
    [InlineData("EXECUTE p ((SELECT id FROM silver.secret))", "42P01")]
    [InlineData("EXECUTE nope (1)", "26000")]
    [InlineData("PREPARE x (no_such_type) AS SELECT $1", "42704")]
    [InlineData("PREPARE x AS BEGIN", "42601")]
    [InlineData("PREPARE x AS COPY silver.orders TO STDOUT", "42601")]
    [InlineData("PREPARE x AS DROP TABLE silver.orders", "42601")]
    public async Task What_cannot_be_prepared_or_executed_has_its_SQLSTATE(string sql, string state)
    {
        await session.RunAsync("PREPARE p (integer) AS SELECT $1 + 1");
        Assert.Equal(state, await session.FailAsync(sql));
    }

    [Fact]
    public async Task Cursors_and_plans_take_parameters()
    {
        await session.RunAsync("BEGIN");
        var declare = await session.PrepareAsync(
            "DECLARE \"c\" CURSOR FOR SELECT name FROM silver.orders WHERE id = $1", [], Cancel);
        Assert.Equal([TypeOids.Int8], declare.ParameterTypes.Select(t => t.Oid));
        await using (await declare.ExecuteAsync(["2"], Cancel))
            Assert.Equal(["b", "FETCH 1"], await session.RunAsync("FETCH ALL FROM c"));
        await session.RunAsync("ROLLBACK");
        var explain = await session.PrepareAsync(
            "EXPLAIN ANALYZE SELECT name FROM silver.orders WHERE id = $1", [TypeOids.Int4], Cancel);
        Assert.Equal([TypeOids.Int4], explain.ParameterTypes.Select(t => t.Oid));
        await using var plan = await explain.ExecuteAsync([2], Cancel);
        Assert.Contains("Rows: 1", await ServedSessionExtensions.RowsOfAsync(plan));
    }

    [Theory]
    [InlineData("99999999999999999999999999999--")]
    [InlineData("12345678901234567890123456789-1")]
    [InlineData("1-1")]
    [InlineData("1e5 --")]
    [InlineData("1\n--")]
    [InlineData("(1)")]
    [InlineData("٣")]
    [InlineData("")]
    [InlineData(".")]
    public async Task A_text_that_is_no_number_is_none(string text)
    {
        var statement = await session.PrepareAsync("SELECT $1 = 1 AND\n false", [TypeOids.Numeric], Cancel);
        var error = await Assert.ThrowsAsync<FozException>(() => statement.ExecuteAsync([text], Cancel));
        Assert.Equal("22P02", error.SqlState);
    }

    [Theory]
    [InlineData("+1.5", "1.5")]
    [InlineData(" -12.50 ", "-12.50")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1000")]
    [InlineData("99999999999999999999999999999999999999", "99999999999999999999999999999999999999")]
    [InlineData("Infinity", "Infinity")]
    public async Task Numbers_keep_their_digits(string text, string value)
    {
        var statement = await session.PrepareAsync("SELECT $1::text AS n", [TypeOids.Numeric], Cancel);
        await using var cursor = await statement.ExecuteAsync([text], Cancel);
        Assert.Equal([value], await ServedSessionExtensions.RowsOfAsync(cursor));
    }

    [Theory]
    [InlineData("'a_b' LIKE 'a\\_b', 'axb' LIKE 'a\\_b', 'axb' LIKE 'a_b'", "True|False|True")]
    [InlineData(
        "'A_b' ILIKE 'a\\_b', 'axb' NOT LIKE 'a\\_b', 'a\\b' LIKE 'a\\\\b', 'a\\b' LIKE 'a\\b'",
        "True|True|True|False")]
    [InlineData("'a_b' ~~ 'a\\_b', 'axb' !~~ 'a\\_b', 'A_b' ~~* 'a\\_b', 'axb' !~~* 'a\\_b'", "True|True|True|True")]
    [InlineData(
        "'50%' LIKE '%' || '50\\%' || '' AND true, 'a!_b' LIKE 'a!!\\_b' ESCAPE '!', 'a\\_b' LIKE 'a\\_b' ESCAPE ''",
        "True|False|True")]
    [InlineData(
        "(SELECT count(*) FROM (VALUES ('a\\_b'), ('a_')) p(t) WHERE 'a_b' LIKE t), CASE WHEN 'a_' LIKE ('a\\_')::text THEN 1 END", "1|1")]
    public async Task A_backslash_in_a_pattern_escapes(string expressions, string row) =>
        Assert.Equal([row, "SELECT 1"], await session.RunAsync($"SELECT {expressions}"));

    [Theory]
    [InlineData("SELECT 'a_b' LIKE $1", "a\\_b", "True")]
    [InlineData("SELECT 'axb' LIKE $1", "a\\_b", "False")]
    [InlineData("SELECT 'axb' LIKE '%' || $1::text", "a_b", "True")]
    [InlineData("SELECT '5%' LIKE '%' || $1 || '%'", "5\\%", "True")]
    public async Task So_it_does_in_a_parameter(string sql, string pattern, string row) =>
        Assert.Equal([row, "SELECT 1"], await session.RunAsync(sql, pattern));

    [Theory]
    [InlineData("a", false)]
    [InlineData("a\\_", true)]
    public void Only_patterns_with_a_backslash_are_matched_with_ESCAPE(string pattern, bool escapes)
    {
        var found = SqlParameters.Read(
            @"a LIKE '%' || $1::text || '%' ESCAPE '\' AND b LIKE $2 ESCAPE '\' AND c LIKE d || $1 ESCAPE '\'");
        var text = found.Replace(n => n == 1 ? $"'{pattern}'" : @"'\_'").Text;
        Assert.Equal(escapes ? 3 : 2, text.Split("ESCAPE").Length - 1);
        Assert.EndsWith(@"ESCAPE '\'", text, StringComparison.Ordinal);
    }
}

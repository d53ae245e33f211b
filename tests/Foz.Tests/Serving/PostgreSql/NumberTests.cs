using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.PostgreSql;

/// <summary>
/// Numbers of columns have PostgreSQL's values in arithmetic, comparisons and texts, or are refused by name.
/// </summary>
public sealed class NumberTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
        await session.RunAsync(
            "CREATE TABLE silver.numbers (r real, i int, n numeric(10,2), u numeric, d float8, t text)");
        await session.RunAsync("INSERT INTO silver.numbers VALUES (0.1, 3, 1.5, 1.5, 1e308, 'a')");
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [InlineData("SELECT r + 1 FROM silver.numbers")]
    [InlineData("SELECT 2.5 * r FROM silver.numbers")]
    [InlineData("SELECT r - i, r * n FROM silver.numbers")]
    [InlineData("SELECT sum(r) + 1 FROM silver.numbers")]
    [InlineData("SELECT t FROM silver.numbers WHERE r = 0.1")]
    [InlineData("SELECT t FROM silver.numbers WHERE r BETWEEN 0 AND 0.1")]
    [InlineData("SELECT t FROM silver.numbers WHERE r IN (1, 0.1)")]
    [InlineData("SELECT t FROM silver.numbers WHERE r = i")]
    [InlineData("SELECT r::numeric(10,4) FROM silver.numbers")]
    [InlineData("SELECT t || u FROM silver.numbers")]
    [InlineData("SELECT d || t FROM silver.numbers")]
    [InlineData("SELECT t || n / 7 FROM silver.numbers")]
    [InlineData("UPDATE silver.numbers SET d = r + 1")]
    [InlineData("UPDATE silver.numbers SET i = 1 WHERE r = 0.1")]
    [InlineData("DELETE FROM silver.numbers WHERE r > 0.1")]
    public async Task What_the_engine_would_compute_otherwise_is_refused(string sql) =>
        Assert.Equal("0A000", await session.FailAsync(sql));

    [Theory]
    [InlineData("SELECT r + r, -r, abs(r), r / 4 FROM silver.numbers", "0.2|-0.1|0.1|0.02500000037252903")]
    [InlineData("SELECT r + d, max(r) FROM silver.numbers GROUP BY r, d", "1E+308|0.1")]
    [InlineData("SELECT r::float8 + 1, r::numeric::numeric(10,4) FROM silver.numbers", "1.1000000014901161|0.1000")]
    [InlineData("SELECT t FROM silver.numbers WHERE r < 0.5 AND r > 0", "a")]
    [InlineData("SELECT t || n, t || i, t || u::text, 'x' || d FROM silver.numbers", "a1.50|a3|a1.5|x1e+308")]
    [InlineData("SELECT d FROM silver.numbers", "1E+308")]
    [InlineData("SELECT 'infinity'::float8 * 2", "Infinity")]
    public async Task Other_numbers_have_their_values(string sql, string row) =>
        Assert.Equal([row, "SELECT 1"], await session.RunAsync(sql));

    [Theory]
    [InlineData("SELECT d * 10 FROM silver.numbers")]
    [InlineData("SELECT sum(x) FROM (SELECT d * 10 AS x FROM silver.numbers) s")]
    [InlineData("SELECT x FROM (SELECT d + d AS x FROM silver.numbers) s")]
    [InlineData("SELECT exp(1000::float8)")]
    [InlineData("SELECT avg(x) FROM (VALUES (1e308::float8), (1e308)) v(x)")]
    [InlineData("SELECT r * r FROM (VALUES (3e38::real)) v(r)")]
    public async Task A_number_that_becomes_too_large_is_an_error(string sql) =>
        Assert.Equal("22003", await session.FailAsync(sql));

    /// <summary>What a table holds may be infinite.</summary>
    [Fact]
    public async Task Infinity_that_is_stored_is_shown()
    {
        await session.RunAsync("INSERT INTO silver.numbers (d) VALUES ('infinity')");
        Assert.Equal(
            ["Infinity|NULL", "SELECT 1"],
            await session.RunAsync("SELECT d, i + 1 FROM silver.numbers WHERE d > 1e308"));
    }
}

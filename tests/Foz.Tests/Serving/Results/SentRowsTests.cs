using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Results;

/// <summary>The rows that are sent together, which the engine copies, are bounded before it does.</summary>
public sealed class SentRowsTests : IAsyncLifetime
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

    /// <summary>
    /// A value that all rows share counts with its size for each of them, also after joins and in nested types.
    /// </summary>
    [Theory]
    [InlineData("SELECT repeat('x', 1000000) FROM range(1000)")]
    [InlineData(
        "SELECT s, i FROM (SELECT repeat('x', 1000000) AS s FROM range(1)) JOIN range(1000) r(i) ON length(s) > i")]
    [InlineData("SELECT l, 'b' FROM (SELECT array_agg(i) AS l FROM range(100000) t(i)), range(1000)")]
    [InlineData("SELECT {'a': 1, 'b': l} FROM (SELECT array_agg(i) AS l FROM range(100000) t(i)), range(1000)")]
    [InlineData("SELECT map([1], [l]) FROM (SELECT array_agg(i) AS l FROM range(100000) t(i)), range(1000)")]
    [InlineData(
        "SELECT [l, ['y']] FROM (SELECT array_agg('a long text of ' || i) AS l FROM range(20000) t(i)), range(1000)")]
    public async Task Rows_that_are_too_large_together_are_refused(string sql) =>
        Assert.Equal("54000", await session.FailAsync(sql));

    /// <summary>A function without a bound of its own makes no more in one call than may be sent.</summary>
    [Fact]
    public async Task Texts_that_a_function_makes_are_counted() => Assert.Equal(
        "54000",
        await session.FailAsync(
            "SELECT max(row(s)::text) FROM (SELECT string_agg(i::text, '') AS s FROM "
                + "range(100000) t(i)), range(2000)"));

    [Fact]
    public async Task Fewer_of_them_are_sent() =>
        Assert.Equal(
            "SELECT 20", (await session.RunAsync("SELECT repeat('x', 1000000) FROM range(1000) LIMIT 20"))[^1]);

    /// <summary>What is looked at has its names, types and order.</summary>
    [Fact]
    public async Task Rows_are_sent_as_they_are()
    {
        const string Sql =
            "SELECT id, name, name, NULL, NULL AS name, ARRAY[name], {'n': name} AS \"a \"\"b\"\"\" FROM silver.orders "
                + "ORDER BY id DESC -- last";
        var statement = await session.PrepareAsync(Sql, [], TestContext.Current.CancellationToken);
        await using var cursor = await statement.ExecuteAsync([], TestContext.Current.CancellationToken);
        Assert.Equal(statement.Columns, cursor.Columns!);
        Assert.Equal(
            ["id", "name", "name", "?column?", "name", "array", "a \"b\""],
            cursor.Columns!.Select(column => column.Name));
        Assert.Equal(
            ["5", "4", "3", "2", "1"],
            (await ServedSessionExtensions.RowsOfAsync(cursor)).Select(row => row.Split('|')[0]));

        var rows = await session.RunAsync(
            "SELECT i, i::text AS shown FROM generate_series(1, 100000) t(i) ORDER BY i % 7, i DESC");
        var expected = Enumerable.Range(1, 100_000).OrderBy(i => i % 7).ThenByDescending(i => i)
            .Select(i => FormattableString.Invariant($"{i}|{i}"));
        Assert.Equal(expected, rows.SkipLast(1));
    }
}

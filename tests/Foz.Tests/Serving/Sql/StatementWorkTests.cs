using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.Sql;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Sql;

/// <summary>What runs in a slot of its class, and how large a statement may be.</summary>
public sealed class StatementWorkTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SELECT 1", false)]
    [InlineData("SELECT upper('a') || 'b', now(), CAST('1' AS integer)", false)]
    [InlineData("VALUES (1, 2), (3, 4)", false)]
    [InlineData("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace", false)]
    [InlineData("SELECT * FROM silver.orders", true)]
    [InlineData("SELECT repeat('x', 3)", true)]
    [InlineData("SELECT 1 WHERE length(lpad('x', 3, 'y')) = 2", true)]
    [InlineData("SELECT unnest(range(3))", true)]
    [InlineData("SELECT count(*) FROM range(3)", true)]
    [InlineData("SELECT count(*) FROM pg_class, range(3)", false)]
    [InlineData("WITH v AS (VALUES (1), (2)) SELECT count(*) FROM v a, v b", true)]
    [InlineData("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r", true)]
    public async Task What_can_make_much_of_little_is_work(string sql, bool isWork)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open("ana", isOwner: true);
        var resolver = new StatementResolver(
            new SessionNameResolver(new(session, sql), Workload.Serving), lake.Lake.Engines);

        var described = await resolver.DescribeAsync(sql, Token);

        Assert.Equal(isWork, StatementWork.Is(described.Statement));
    }

    [Theory]
    [InlineData("SELECT repeat('x', 1000000000) AS x")]
    [InlineData("SELECT list_sort(range(1000000000))[1] AS x")]
    [InlineData("SELECT 1 AS x WHERE length(lpad('x', 1000000000, 'y')) = 3")]
    public async Task Constants_are_not_computed_while_a_statement_is_described(string sql)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open("ana", isOwner: true);

        var statement = await session.PrepareAsync(sql, [], Token);

        Assert.Equal(["x"], statement.Columns!.Select(column => column.Name));
        var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(sql));
        Assert.Equal("54000", error.SqlState);
    }

    [Fact]
    public async Task Queries_and_views_that_are_put_in_are_counted()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open("ana", isOwner: true);
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync(Doubling(6)));
        Assert.Equal("54001", (await Assert.ThrowsAsync<FozException>(() => session.RunAsync(Doubling(18)))).SqlState);
        // Queries that are kept are not put in: each is one, wherever it is named.
        Assert.Equal(
            ["1", "SELECT 1"],
            await session.RunAsync(Doubling(18).Replace("NOT MATERIALIZED", "", StringComparison.Ordinal)));

        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await session.RunAsync("CREATE VIEW silver.v0 AS SELECT id FROM silver.orders WHERE id = 1");
            for (var i = 1; i <= 30; i++)
            {
                await session.RunAsync(
                    $"CREATE VIEW silver.v{i} AS SELECT a.id FROM silver.v{i - 1} a JOIN "
                        + $"silver.v{i - 1} b ON a.id = b.id");
                Assert.True(i <= 8, "512 relations");
                await session.RunAsync($"SELECT id FROM silver.v{i} LIMIT 0");
            }
        });

        Assert.Equal("54001", error.SqlState);
    }

    [Theory]
    [InlineData("SELECT system.main.repeat('x', 3)")]
    [InlineData("SELECT main.format('{:1000000000d}', 3)")]
    public async Task Functions_are_not_called_past_those_that_stand_in_their_place(string sql)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open("ana", isOwner: true);

        var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(sql));

        Assert.True(error.SqlState is "42883" or "0A000", $"{error.SqlState} {error.Message}");
    }

    static string Doubling(int count) =>
        "WITH a0 AS NOT MATERIALIZED (SELECT 1 AS x)"
        + string.Concat(
            Enumerable.Range(1, count)
                .Select(i => $", a{i} AS NOT MATERIALIZED (SELECT a.x FROM a{i - 1} a JOIN a{i - 1} b ON a.x = b.x)"))
        + $" SELECT x FROM a{count}";
}

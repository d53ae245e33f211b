using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Results;

public sealed class ResultCacheTests : IDisposable
{
    readonly string project = Directory.CreateTempSubdirectory("foz-results-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    const string Query = "SELECT id, name, amount, amount > 2 AS is_dear FROM silver.orders ORDER BY id";

    [Fact]
    public async Task A_query_is_given_again_without_running()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        var first = await session.RunAsync(Query);
        lake.DeleteDataFiles();
        Assert.Equal(first, await session.RunAsync(Query));
        await using var other = lake.Open("bia");
        Assert.Equal(first, await other.RunAsync(Query));
        await Assert.ThrowsAsync<FozException>(() => session.RunAsync(Query + " DESC"));
    }

    [Fact]
    public async Task A_prepared_query_is_given_again_for_the_same_values()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        var statement = await session.PrepareAsync("SELECT name FROM silver.orders WHERE id = $1::bigint", [], Cancel);
        string[] rows = [await RowOfAsync(1L), await RowOfAsync(2L)];
        lake.DeleteDataFiles();
        Assert.Equal(["a", "b"], rows);
        Assert.Equal("a", await RowOfAsync(1L));
        await Assert.ThrowsAsync<FozException>(() => RowOfAsync(4L));

        async Task<string> RowOfAsync(long id)
        {
            await using var cursor = await statement.ExecuteAsync([id], Cancel);
            return Assert.Single(await ServedSessionExtensions.RowsOfAsync(cursor));
        }
    }

    [Fact]
    public async Task A_commit_an_alteration_and_a_table_of_the_same_name_are_seen_at_once()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        const string All = "SELECT * FROM silver.orders WHERE id > 4 ORDER BY id";
        Assert.Equal(["5|e|5.00", "SELECT 1"], await session.RunAsync(All));
        await lake.ChangeAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        Assert.Equal(["5|e|5.00", "6|f|6.00", "SELECT 2"], await session.RunAsync(All));
        await lake.ChangeAsync("ALTER TABLE silver.orders ADD COLUMN note string");
        Assert.Equal(["5|e|5.00|NULL", "6|f|6.00|NULL", "SELECT 2"], await session.RunAsync(All));
        await lake.ChangeAsync("DROP TABLE silver.orders");
        Assert.Equal("42P01", await session.FailAsync(All));
        await lake.ChangeAsync("CREATE TABLE silver.orders (id bigint)");
        await lake.ChangeAsync("INSERT INTO silver.orders VALUES (7)");
        Assert.Equal(["7", "SELECT 1"], await session.RunAsync(All));
        Assert.Equal(
            ["7", "SELECT 1"],
            await session.RunAsync("SELECT * FROM silver.orders AT (VERSION => 1) WHERE id > 4 ORDER BY id"));
    }

    [Fact]
    public async Task A_view_that_is_replaced_is_another_question()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        await lake.ChangeAsync("CREATE VIEW gold.few AS SELECT id FROM silver.orders WHERE id < 3");
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("SELECT count(*)::int AS n FROM gold.few"));
        await lake.ChangeAsync("CREATE OR REPLACE VIEW gold.few AS SELECT id FROM silver.orders WHERE id < 4");
        Assert.Equal(["3", "SELECT 1"], await session.RunAsync("SELECT count(*)::int AS n FROM gold.few"));
    }

    [Fact]
    public async Task What_a_user_may_see_decides_what_is_given_again()
    {
        var access = Grants("where: id < 3");
        await using var lake = await ServedLake.CreateAsync(() => access);
        await using var owner = lake.Open();
        await using var bia = lake.Open("bia", isOwner: false);
        const string Count = "SELECT count(*)::int AS n FROM silver.orders";
        Assert.Equal(["5", "SELECT 1"], await owner.RunAsync(Count));
        Assert.Equal(["2", "SELECT 1"], await bia.RunAsync(Count));
        access = Grants("where: id < 2");
        Assert.Equal(["1", "SELECT 1"], await bia.RunAsync(Count));
        access = AccessList.Empty;
        Assert.Equal("42P01", await bia.FailAsync(Count));
        Assert.Equal(["5", "SELECT 1"], await owner.RunAsync(Count));
    }

    [Theory]
    [InlineData("id < 3", true)]
    [InlineData("id < 3 AND name <> upper(name)", true)]
    [InlineData("id < 3 AND now() > timestamptz '2000-01-01'", false)]
    [InlineData("id < 3 AND current_date > date '2000-01-01'", false)]
    public async Task Rows_that_a_grant_shows_for_a_time_are_not_given_again(string where, bool isKept)
    {
        var access = Grants($"where: {where}");
        await using var lake = await ServedLake.CreateAsync(() => access);
        await using var bia = lake.Open("bia", isOwner: false);
        const string All = "SELECT id FROM silver.orders ORDER BY id";
        Assert.Equal(["1", "2", "SELECT 2"], await bia.RunAsync(All));
        lake.DeleteDataFiles();
        if (isKept) Assert.Equal(["1", "2", "SELECT 2"], await bia.RunAsync(All));
        else await Assert.ThrowsAsync<FozException>(() => bia.RunAsync(All));
    }

    [Fact]
    public async Task A_cursor_that_has_failed_stays_so_and_nothing_of_it_is_kept()
    {
        const string Failing =
            "SELECT (CASE WHEN i = 900000 THEN 'x' ELSE '1' END)::int AS n FROM generate_series(1, 1000000) AS s(i)";
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        await session.RunAsync($"DECLARE c CURSOR WITH HOLD FOR {Failing}");
        Assert.Equal("22P02", await session.FailAsync("FETCH ALL FROM c"));
        Assert.Equal("22P02", await session.FailAsync("FETCH ALL FROM c"));
        Assert.Equal("22P02", await session.FailAsync(Failing));
    }

    [Fact]
    public async Task A_transaction_sees_what_it_has_changed_and_nobody_else_does()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        await using var other = lake.Open();
        const string Count = "SELECT count(*)::int AS n FROM silver.orders";
        await session.RunAsync(Count);
        await session.RunAsync("BEGIN");
        await session.RunAsync("DELETE FROM silver.orders WHERE id = 1");
        Assert.Equal(["4", "SELECT 1"], await session.RunAsync(Count));
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync(Count));
        await session.RunAsync("ROLLBACK");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync(Count));
    }

    [Fact]
    public async Task The_time_zone_is_part_of_the_question()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        const string Hour =
            "SELECT extract(hour FROM timestamptz '2026-01-01 12:00:00+00')::int AS h, "
                + "current_setting('TimeZone') AS z";
        Assert.Equal(["12|UTC", "SELECT 1"], await session.RunAsync(Hour));
        await session.RunAsync("SET TimeZone = 'America/Sao_Paulo'");
        Assert.Equal(["9|America/Sao_Paulo", "SELECT 1"], await session.RunAsync(Hour));
    }

    [Theory]
    [InlineData("SELECT 1 AS a, 'x' || 'y' AS b, upper('z') AS c", true)]
    [InlineData("SELECT row_number() OVER (ORDER BY id DESC) AS n, id FROM silver.orders ORDER BY 1", true)]
    [InlineData(
        "WITH o AS (SELECT name, sum(amount) AS s FROM silver.orders GROUP BY name) SELECT * FROM o ORDER BY s DESC",
        true)]
    [InlineData("SELECT i FROM generate_series(1, 3) AS s(i)", true)]
    [InlineData("SELECT quote_ident('a b') AS q", true)]
    [InlineData("SELECT random() AS r", false)]
    [InlineData("SELECT now() AS n", false)]
    [InlineData("SELECT current_date AS d", false)]
    [InlineData("SELECT current_timestamp AS d", false)]
    [InlineData("SELECT localtimestamp AS d", false)]
    [InlineData("SELECT current_localtimestamp() AS d", false)]
    [InlineData("SELECT age(timestamp '2020-01-01') AS a", false)]
    [InlineData("SELECT gen_random_uuid() AS u", false)]
    [InlineData("SELECT ago(interval '1 day') AS u", false)]
    [InlineData("SELECT date_trunc('day', now()) AS d FROM silver.orders", false)]
    [InlineData("SELECT * FROM silver.orders TABLESAMPLE 50%", false)]
    [InlineData("SELECT * FROM (SELECT id, random() AS r FROM silver.orders) o WHERE r < 0.5", false)]
    [InlineData("SELECT pg_table_is_visible('silver.orders'::regclass) AS v", false)]
    [InlineData("SELECT [1, 2] AS list", false)]
    public async Task Only_what_gives_the_same_each_time_is_kept(string sql, bool isKept)
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        await session.RunAsync(sql);
        Assert.Equal(isKept, lake.Service.Host.Results.Bytes > 0);
    }

    [Fact]
    public async Task Rows_that_are_on_their_way_are_not_kept()
    {
        await using var lake = await ServedLake.CreateAsync();
        await using var session = lake.Open();
        await lake.ChangeAsync("CREATE TABLE foz.runs (id bigint)");
        lake.Pending[new("foz", "runs")] =
            () => Task.FromResult<PendingRows?>(new("SELECT 1::BIGINT AS id"));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT id FROM foz.runs"));
        lake.Pending[new("foz", "runs")] =
            () => Task.FromResult<PendingRows?>(new("SELECT 2::BIGINT AS id"));
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("SELECT id FROM foz.runs"));
        Assert.Equal(0, lake.Service.Host.Results.Bytes);
    }

    [Fact]
    public async Task Large_results_are_not_kept_and_all_together_are_bounded()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 200_000);
        await using var session = lake.Open();
        await session.RunAsync("SELECT i FROM generate_series(1, 10001) AS s(i)");
        await session.RunAsync("SELECT repeat('x', 20000) AS x");
        Assert.Equal(0, lake.Service.Host.Results.Bytes);
        for (var i = 0; i < 60; i++)
        {
            await session.RunAsync($"SELECT repeat('x', 5000) AS x, {i} AS i");
            Assert.InRange(lake.Service.Host.Results.Bytes, 5000, 200_000);
        }
        Assert.True(lake.Service.Host.Results.Bytes > 100_000);
    }

    [Fact]
    public async Task Rows_that_somebody_reads_stay_when_others_take_their_place()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 200_000);
        await using var session = lake.Open();
        const string Long = "SELECT repeat('y', 100) AS y, i FROM generate_series(1, 50) AS s(i)";
        var rows = await session.RunAsync(Long);
        var statement = await session.PrepareAsync(Long, [], Cancel);
        await using var cursor = await statement.ExecuteAsync([], Cancel);
        for (var i = 0; i < 60; i++) await session.RunAsync($"SELECT repeat('x', 5000) AS x, {i} AS i");
        Assert.Equal(rows.SkipLast(1), await ServedSessionExtensions.RowsOfAsync(cursor, rowsMax: 7));
        Assert.Equal(rows[^1], cursor.Tag);
    }

    [Fact]
    public async Task Nothing_is_kept_where_that_is_switched_off()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var session = lake.Open();
        var first = await session.RunAsync(Query);
        Assert.Equal(first, await session.RunAsync(Query));
        Assert.Equal(0, lake.Service.Host.Results.Bytes);
    }

    [Theory]
    [InlineData("SELECT 1 AS a, upper('z') AS c", true)]
    [InlineData("SELECT now() AS n", false)]
    [InlineData("SELECT random() AS r", false)]
    [InlineData("SELECT current_date AS d", false)]
    [InlineData("SELECT current_date::text AS d", false)]
    [InlineData("SELECT i FROM generate_series(1, 3) AS s(i)", false)]
    [InlineData("SELECT count(*) AS n FROM silver.orders", false)]
    [InlineData("SELECT 1 AS a WHERE EXISTS (SELECT 1 FROM silver.orders)", false)]
    public async Task A_constant_is_one_though_nothing_is_kept(string sql, bool isConstant)
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var session = lake.Open();
        await session.RunAsync(sql);
        Assert.Equal(isConstant, lake.Service.Host.Constants.Bytes > 0);
        if (isConstant) Assert.Equal(await session.RunAsync(sql), await session.RunAsync(sql));
        Assert.Equal(0, lake.Service.Host.Results.Bytes);
    }

    /// <summary>
    /// The same statements on two services of one lake, of which one keeps results, with changes of all that answers
    /// follow from between them.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Answers_are_those_of_a_service_that_keeps_nothing(int seed)
    {
        var random = new Random(seed);
        var access = Grants("where: id < 3");
        await using var lake = await ServedLake.CreateAsync(() => access, resultBytesMax: 100_000);
        using var pool = new EnginePool(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
        using var plain = lake.ServeWithoutResults(pool);
        await lake.ChangeAsync("CREATE VIEW gold.few AS SELECT id, name FROM silver.orders WHERE id < 3");
        (SqlSession Kept, SqlSession Plain)[] users = [.. new[] { ("ana", true), ("bia", false) }.Select(user =>
            (lake.Open(user.Item1, user.Item2), plain.Open(new(user.Item1, user.Item2), new())))];
        for (var step = 0; step < 120; step++)
        {
            var (kept, other) = users[random.Next(2)];
            switch (random.Next(10))
            {
                case 0: await lake.ChangeAsync(Change(random, step)); break;
                case 1: access = Grants($"where: id < {random.Next(2, 5)}"); break;
                case 2:
                    var setting = Setting(random);
                    Assert.Equal(await AnswerAsync(other, setting), await AnswerAsync(kept, setting));
                    break;
                default:
                    var sql = Statement(random);
                    Assert.Equal(
                        (seed, step, sql, await AnswerAsync(other, sql)),
                        (seed, step, sql, await AnswerAsync(kept, sql)));
                    break;
            }
        }
        foreach (var (kept, other) in users)
        {
            await kept.DisposeAsync();
            await other.DisposeAsync();
        }
    }

    static string Change(Random random, int step) => random.Next(5) switch
    {
        0 => $"INSERT INTO silver.orders (id, name) VALUES ({random.Next(6)}, 'n{step}')",
        1 => $"UPDATE silver.orders SET name = 'u{step}' WHERE id = {random.Next(6)}",
        2 => $"DELETE FROM silver.orders WHERE id = {random.Next(6)}",
        3 => $"ALTER TABLE silver.orders ADD COLUMN c{step} string",
        _ => $"CREATE OR REPLACE VIEW gold.few AS SELECT id, name FROM silver.orders WHERE id < {random.Next(6)}",
    };

    static string Setting(Random random) => random.Next(4) switch
    {
        0 => "SET TimeZone = 'America/Sao_Paulo'",
        1 => "SET TimeZone = 'UTC'",
        2 => "SET search_path = gold, silver",
        _ => "SET search_path = silver",
    };

    static string Statement(Random random) => random.Next(8) switch
    {
        0 => "SELECT * FROM silver.orders",
        1 => "SELECT count(*)::int AS n, min(name) AS least FROM orders",
        2 => $"SELECT name FROM silver.orders WHERE id = {random.Next(3)}",
        3 => "SELECT * FROM few",
        4 => $"SELECT a.id, b.name FROM silver.orders a JOIN gold.few b ON a.id = b.id "
            + $"WHERE a.id < {random.Next(2, 4)}",
        5 => "SELECT extract(hour FROM timestamptz '2026-01-01 12:00:00+00')::int AS h, "
            + "current_user AS u, current_schema() AS s",
        6 => "SELECT count(*)::int AS n FROM silver.orders AT (VERSION => 1)",
        _ => "SELECT id FROM silver.orders EXCEPT SELECT id FROM few",
    };

    /// <summary>Rows in any order, or how it fails.</summary>
    static async Task<string> AnswerAsync(SqlSession session, string sql)
    {
        try
        {
            return string.Join('\n', (await session.RunAsync(sql)).Order(StringComparer.Ordinal));
        }
        catch (FozException e)
        {
            return e.SqlState ?? e.Kind.SqlState;
        }
    }

    /// <summary>Grants of the user bia on silver.orders.</summary>
    AccessList Grants(string rule)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "access.yml"), $$"""
            grants:
              - to: [bia]
                on: [silver.orders]
                {{rule}}
            """);
        return AccessList.Load(project);
    }

    public void Dispose() => Directory.Delete(project, recursive: true);
}

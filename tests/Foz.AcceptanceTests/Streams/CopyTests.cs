using System.Globalization;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Copies of tables of PostgreSQL that are cut off, or made while changes are read.</summary>
public sealed class CopyTests(PostgreSqlServer server)
{
    /// <summary>So few rows lie in a block that some ten thousand are several parts of a copy.</summary>
    const int Rows = 45_000;

    static readonly string[] columns = ["id", "v", "n", "md5(big)"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_copy_that_is_cut_off_goes_on_after_its_last_part()
    {
        using var logged = await CreateAsync("a", "b");
        Assert.True(await logged.KillAsync("streams.copied:3"));
        var first = await CountAsync(logged, "SELECT count(*) FROM bronze.a WHERE _cdc_op = 'r'");
        Assert.InRange(first, 1, Rows - 1);
        // The rows of parts that are there change, and rows go and come, in all parts.
        await logged.Database.ExecuteAsync($"""
            UPDATE a SET v = 'changed' WHERE id % 1000 = 1; DELETE FROM a WHERE id % 1000 = 2;
            UPDATE a SET id = -id WHERE id % 1000 = 3; INSERT INTO a SELECT i, 'new', 0, 'b' FROM generate_series(100001, 100009) i
            """);
        var run = await logged.Lake.RunWellAsync();
        Assert.True(run.Steps.Single(step => $"{step.Step}" == "bronze.a").RowsWritten < Rows);
        await AssertSilverAsync(logged, "a", "b");
        // Each row is there once, and those again that changed in between.
        var copied = await CountAsync(logged, "SELECT count(*) FROM bronze.a WHERE _cdc_op = 'r'");
        Assert.InRange(copied, Rows, Rows + 200);
        Assert.Equal(["0"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a WHERE _cdc_op = 't'"));
    }

    [Fact]
    public async Task A_table_that_was_rewritten_between_two_parts_is_copied_from_its_first_row()
    {
        using var logged = await CreateAsync("a");
        Assert.True(await logged.KillAsync("streams.copied:2"));
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id < 9000");
        await logged.Database.ExecuteAsync("VACUUM FULL a");
        await logged.Lake.RunWellAsync();
        await AssertSilverAsync(logged, "a");
    }

    [Fact]
    public async Task Runs_killed_at_random_moments_of_copies_under_load_leave_the_rows_of_the_source()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var logged = await CreateAsync("a", "b");
        using var ending = new CancellationTokenSource();
        var writing = WriteAsync(logged.Database, new Random(seed), TimeSpan.Zero, ending.Token);
        for (var round = 0; round < 3 * Soak.Factor; round++)
        {
            for (var kills = random.Next(1, 4); kills > 0; kills--)
            {
                using var run = FozProcess.Start(logged.Lake.Folder, failpoint: null, "run");
                await Task.Delay(random.Next(600, 4000), Cancel);
                run.Kill();
                await run.WaitAsync();
            }
            if (round == 1) await ending.CancelAsync();
            await logged.Lake.RunWellAsync();
            if (round == 1)
            {
                await writing;
                await logged.Lake.RunWellAsync();
                await AssertSilverAsync(logged, "a", "b");
            }
            (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        }
        await writing;
        await logged.Lake.RunWellAsync();
        await AssertSilverAsync(logged, "a", "b");
        await AssertOnceAsync(logged, "a", "b");
        await AssertTransfersAsync(logged);
    }

    [Fact]
    public async Task A_table_is_copied_again_while_changes_of_all_are_followed()
    {
        var seed = Soak.Seed();
        using var logged = await CreateAsync("a", "b");
        await logged.Lake.RunWellAsync();
        // Changes that the log does not have: rows that went, came and changed.
        var slot = await logged.Database.ScalarAsync("SELECT pubname FROM pg_publication WHERE pubupdate");
        await logged.Database.ExecuteAsync($"""
            ALTER PUBLICATION {slot} DROP TABLE a; DELETE FROM a WHERE id % 500 = 7; UPDATE a SET v = 'lost' WHERE id % 500 = 8;
            INSERT INTO a SELECT i, 'lost', 0, 'b' FROM generate_series(200001, 200009) i; ALTER PUBLICATION {slot} ADD TABLE a
            """);
        using var host = logged.Serve();
        using var ending = new CancellationTokenSource();
        var writing = WriteAsync(logged.Database, new Random(seed), TimeSpan.FromMilliseconds(20), ending.Token);
        await logged.WaitAsync(host, "SELECT count(*) > 0 FROM bronze.b WHERE _cdc_op = 'u'", "True");
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        await logged.WaitAsync(host, "SELECT count(*) > 0 FROM bronze.a WHERE _cdc_op = 't'", "True");
        await ending.CancelAsync();
        await writing;
        await logged.Database.ExecuteAsync("UPDATE b SET v = 'last' WHERE id = 5");
        await logged.WaitAsync(host, "SELECT v FROM silver.b WHERE id = 5", "last");
        // Its current rows stood still while it was copied, and follow without another change of it.
        const string Sums = "SELECT count(*), sum(n), sum(id) FROM ";
        var sums = (await logged.Database.QueryAsync(Sums + "a")).Single();
        await logged.WaitAsync(host, Sums + "silver.a", string.Join('|', sums));
        await AssertSilverAsync(logged, "a", "b");
        await AssertOnceAsync(logged, "a", "b");
        // Changes came between its parts.
        Assert.NotEqual(0, await CountAsync(logged, """
            SELECT count(*) FROM bronze.b WHERE _cdc_op <> 'r' AND _cdc_synced_at > (SELECT min(_cdc_synced_at) FROM bronze.a
                WHERE _cdc_op = 'r' AND _cdc_lsn > (SELECT min(_cdc_lsn) FROM bronze.a WHERE _cdc_op = 'r'))
              AND _cdc_synced_at < (SELECT max(_cdc_synced_at) FROM bronze.a WHERE _cdc_op = 't')
            """));
        var unknown = (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.aa")).Expect(2);
        Assert.Contains("did you mean", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_transaction_of_the_source_does_not_hold_up_the_changes_of_others()
    {
        using var logged = await CreateAsync("a", "b");
        await logged.Lake.RunWellAsync();
        using var host = logged.Serve();
        await using var open = await server.ConnectAsync(logged.Database.Name);
        await using var transaction = await open.BeginTransactionAsync(Cancel);
        await using (var change = new Npgsql.NpgsqlCommand("UPDATE a SET v = 'open' WHERE id = 9", open))
            await change.ExecuteNonQueryAsync(Cancel);
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        for (var i = 0; i < 20; i++)
        {
            await logged.Database.ExecuteAsync($"UPDATE b SET v = 'at {i}' WHERE id = 5");
            await logged.WaitAsync(host, "SELECT v FROM silver.b WHERE id = 5", $"at {i}");
            await Task.Delay(1000, Cancel);
        }
        Assert.Equal(0, await CountAsync(logged, "SELECT count(*) FROM bronze.a WHERE _cdc_op = 't'"));
        await transaction.CommitAsync(Cancel);
        await logged.WaitAsync(host, "SELECT count(*) FROM bronze.a WHERE _cdc_op = 't'", "1");
        await logged.WaitAsync(host, "SELECT v FROM silver.a WHERE id = 9", "open");
        await AssertSilverAsync(logged, "a", "b");
    }

    async Task<LoggedDatabase> CreateAsync(params string[] tables)
    {
        var logged = await LoggedDatabase.CreateAsync(
            server,
            string.Concat(tables.Select(table => $"""
                CREATE TABLE {table} (id int PRIMARY KEY, v text, n int, big text, pad text) WITH (fillfactor = 10);
                ALTER TABLE {table} ALTER big SET STORAGE EXTERNAL;
                INSERT INTO {table} SELECT i, 'v' || i, 100,
                    CASE WHEN i % 1000 < 5 THEN repeat(md5(i::text), 100) ELSE 'b' END, repeat('x', 600)
                FROM generate_series(1, {Rows}) i;
                """)),
            tables);
        logged.WriteStreams(
            string.Concat(tables.Select(table => $"  {table}: {{mode: cdc}}\n")) + "silver: current\n");
        return logged;
    }

    static async Task AssertSilverAsync(LoggedDatabase logged, params string[] tables)
    {
        foreach (var table in tables)
        {
            var wanted = (await logged.Database.QueryAsync($"SELECT {string.Join(", ", columns)} FROM {table} ORDER BY id"))
                .Select(row => string.Join('|', row)).ToList();
            var actual = await logged.Lake.QueryAsync(
                $"SELECT {string.Join(", ", columns)} FROM silver.{table} ORDER BY id");
            Assert.True(
                wanted.SequenceEqual(actual),
                $"{table}: missing {string.Join("; ", wanted.Except(actual).Take(5))}, and not expected "
                    + $"{string.Join("; ", actual.Except(wanted).Take(5))}: {actual.Count} of {wanted.Count}");
        }
    }

    static async Task AssertOnceAsync(LoggedDatabase logged, params string[] tables)
    {
        foreach (var table in tables)
            Assert.Empty(await logged.Lake.QueryAsync(
                $"SELECT _cdc_lsn, _cdc_seq FROM bronze.{table} WHERE _cdc_seq IS NOT NULL GROUP BY ALL HAVING count(*) > 1"));
    }

    /// <summary>At the end of every transaction after the last part of a copy, the sum over both tables is the same.</summary>
    static async Task AssertTransfersAsync(LoggedDatabase logged) => Assert.Single(await logged.Lake.QueryAsync("""
        WITH changes AS (
            SELECT 'a' AS t, * FROM bronze.a UNION ALL BY NAME SELECT 'b' AS t, * FROM bronze.b
        ), deltas AS (
            SELECT _cdc_lsn, CASE WHEN _cdc_op = 'd' THEN 0 ELSE n END - COALESCE(lag(CASE WHEN _cdc_op = 'd' THEN 0 ELSE n END) OVER (
                PARTITION BY t, id ORDER BY _cdc_lsn, _cdc_seq NULLS FIRST), 0) AS d
            FROM changes WHERE _cdc_op <> 't'
        ), sums AS (SELECT _cdc_lsn, sum(sum(d)) OVER (ORDER BY _cdc_lsn) AS s FROM deltas GROUP BY _cdc_lsn)
        SELECT DISTINCT s FROM sums WHERE _cdc_lsn >= (SELECT max(_cdc_lsn) FROM changes WHERE _cdc_op = 'r')
        """));

    static async Task<long> CountAsync(LoggedDatabase logged, string sql) =>
        long.Parse((await logged.Lake.QueryAsync(sql)).Single(), CultureInfo.InvariantCulture);

    /// <summary>Transfers between both tables, keys that change, and rows that go and come.</summary>
    static async Task WriteAsync(PostgreSqlDatabase database, Random random, TimeSpan pause, CancellationToken stop)
    {
        var next = 300_000;
        while (!stop.IsCancellationRequested)
        {
            var (one, other) = (random.Next(1, Rows), random.Next(1, Rows));
            var large = random.Next(0, Rows / 1000) * 1000 + random.Next(0, 5);
            next++;
            await database.ExecuteAsync(random.Next(6) switch
            {
                0 => $"DELETE FROM a WHERE id = {one} AND n = 0",
                1 => $"UPDATE a SET id = -id WHERE id IN ({large}, -{large})",
                2 => $"UPDATE a SET v = 'u' || {next} WHERE id IN ({large}, -{large})",
                3 => $"INSERT INTO a VALUES ({next}, 'new', 0, 'b', '')",
                _ => $"""
                    BEGIN; WITH x AS (UPDATE a SET n = n - 1 WHERE id = {one} RETURNING 1)
                    UPDATE b SET n = n + 1 WHERE id = {other} AND EXISTS (SELECT 1 FROM x); COMMIT
                    """,
            });
            if (pause > TimeSpan.Zero) await Task.Delay(pause, Cancel);
        }
    }
}

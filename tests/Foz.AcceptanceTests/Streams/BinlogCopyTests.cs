using System.Globalization;
using Foz.AcceptanceTests.Databases;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Copies of tables of MariaDB that are cut off, or made while changes are read.</summary>
public sealed class BinlogCopyTests(LoggedMariaDbServer logs)
{
    const int Rows = 250_000;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT", "seq")]
    [InlineData("VARCHAR(20) COLLATE utf8mb4_general_ci", "CONCAT('Kéy ', seq)")]
    [InlineData("BINARY(16)", "UNHEX(MD5(seq))")]
    public async Task A_copy_that_is_cut_off_goes_on_after_its_last_part(string type, string key)
    {
        using var logged = await CreateAsync(type, key);
        Assert.True(await logged.KillAsync("streams.copied:2"));
        var first = await CountAsync(logged, "SELECT count(*) FROM bronze.a WHERE _cdc_op = 'r'");
        Assert.InRange(first, 1, Rows - 1);
        await logged.Database.ExecuteAsync("""
            UPDATE a SET v = 'changed' WHERE n % 1000 = 1; DELETE FROM a WHERE n % 1000 = 2;
            UPDATE a SET id = 300000 + n WHERE n % 1000 = 3
            """);
        var run = await logged.Lake.RunWellAsync();
        Assert.InRange(run.Steps.Single(step => $"{step.Step}" == "bronze.a").RowsWritten, 1, Rows - first + 1500);
        await AssertSilverAsync(logged);
    }

    [Fact]
    public async Task A_table_whose_key_cannot_divide_it_is_copied_in_one_part()
    {
        using var logged = await CreateAsync("DECIMAL(20,4)", "seq / 7");
        Assert.True(await logged.KillAsync("streams.copied"));
        Assert.Equal(Rows, await CountAsync(logged, "SELECT count(*) FROM bronze.a"));
        await logged.Lake.RunWellAsync();
        await AssertSilverAsync(logged);
    }

    [Fact]
    public async Task Runs_killed_at_random_moments_of_copies_under_load_leave_the_rows_of_the_source()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var logged = await CreateAsync("INT", "seq");
        using var ending = new CancellationTokenSource();
        var writing = WriteAsync(logged.Database, new Random(seed), TimeSpan.Zero, ending.Token);
        for (var round = 0; round < 2 * Soak.Factor; round++)
        {
            for (var kills = random.Next(1, 4); kills > 0; kills--)
            {
                using var run = FozProcess.Start(logged.Lake.Folder, failpoint: null, "run");
                await Task.Delay(random.Next(600, 4000), Cancel);
                run.Kill();
                await run.WaitAsync();
            }
            await logged.Lake.RunWellAsync();
            (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        }
        await ending.CancelAsync();
        await writing;
        await logged.Lake.RunWellAsync();
        await AssertSilverAsync(logged);
    }

    [Fact]
    public async Task A_table_is_copied_again_while_changes_are_followed()
    {
        using var logged = await CreateAsync("INT", "seq");
        await logged.Lake.RunWellAsync();
        // What the log does not have.
        await logged.Database.ExecuteAsync("""
            SET SESSION sql_log_bin = 0; DELETE FROM a WHERE n % 500 = 7; UPDATE a SET v = 'lost' WHERE n % 500 = 8;
            INSERT INTO a SELECT seq, 'lost', seq FROM seq_300001_to_300009
            """);
        using var host = logged.Serve();
        using var ending = new CancellationTokenSource();
        var writing = WriteAsync(logged.Database, new Random(Soak.Seed()), TimeSpan.FromMilliseconds(20), ending.Token);
        await logged.WaitAsync(host, "SELECT count(*) > 0 FROM bronze.a WHERE _cdc_op = 'u'", "True");
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        await logged.WaitAsync(host, "SELECT count(*) > 0 FROM bronze.a WHERE _cdc_op = 't'", "True");
        await ending.CancelAsync();
        await writing;
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'last' WHERE id = 5");
        await logged.WaitAsync(host, "SELECT v FROM silver.a WHERE id = 5", "last");
        await AssertSilverAsync(logged);
        Assert.NotEqual(0, await CountAsync(logged, """
            SELECT count(*) FROM bronze.a WHERE _cdc_op IN ('c', 'u', 'd') AND _cdc_synced_at > (SELECT min(_cdc_synced_at) FROM bronze.a
                WHERE _cdc_op = 'r' AND _cdc_lsn > (SELECT min(_cdc_lsn) FROM bronze.a WHERE _cdc_op = 'r'))
              AND _cdc_synced_at < (SELECT max(_cdc_synced_at) FROM bronze.a WHERE _cdc_op = 't')
            """));
    }

    async Task<LoggedMariaDb> CreateAsync(string type, string key)
    {
        var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            $"""
            CREATE TABLE a (id {type} PRIMARY KEY, v TEXT, n INT);
            INSERT INTO a SELECT {key}, CONCAT('v', seq), seq FROM seq_1_to_{Rows};
            """,
            "a");
        logged.WriteStreams("  a: {mode: cdc}\nsilver: current\n");
        return logged;
    }

    static async Task AssertSilverAsync(LoggedMariaDb logged)
    {
        Assert.Equal(
            await logged.Database.QueryAsync("SELECT CAST(n AS CHAR), v FROM a ORDER BY n"),
            await logged.Lake.QueryAsync("SELECT n, v FROM silver.a ORDER BY n"));
        Assert.Equal(
            (await logged.Database.QueryAsync("SELECT CAST(COUNT(DISTINCT id) AS CHAR) FROM a")).Single(),
            (await logged.Lake.QueryAsync("SELECT count(DISTINCT id) FROM silver.a")).Single());
        Assert.Empty(await logged.Lake.QueryAsync(
            "SELECT _cdc_lsn, _cdc_seq FROM bronze.a WHERE _cdc_seq IS NOT NULL GROUP BY ALL HAVING count(*) > 1"));
    }

    static async Task<long> CountAsync(LoggedMariaDb logged, string sql) =>
        long.Parse((await logged.Lake.QueryAsync(sql)).Single(), CultureInfo.InvariantCulture);

    static async Task WriteAsync(MariaDbDatabase database, Random random, TimeSpan pause, CancellationToken stop)
    {
        var next = 400_000;
        while (!stop.IsCancellationRequested)
        {
            var one = random.Next(1, Rows);
            next++;
            await database.ExecuteAsync(random.Next(4) switch
            {
                0 => $"DELETE FROM a WHERE id = {one}",
                1 => $"UPDATE a SET id = -id WHERE id IN ({one}, -{one})",
                2 => $"UPDATE a SET v = 'u{next}' WHERE id BETWEEN {one} AND {one + 3}",
                _ => $"INSERT INTO a VALUES ({next}, 'new', {next})",
            });
            if (pause > TimeSpan.Zero) await Task.Delay(pause, Cancel);
        }
    }
}

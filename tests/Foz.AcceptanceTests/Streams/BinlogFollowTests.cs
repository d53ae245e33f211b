using Foz.AcceptanceTests.Databases;

namespace Foz.AcceptanceTests.Streams;

/// <summary>A host that follows the binary logs of a real MariaDB.</summary>
public sealed class BinlogFollowTests(LoggedMariaDbServer logs)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_reach_bronze_and_the_models_that_read_them_without_a_run()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            """
            CREATE TABLE a (id INT PRIMARY KEY, v TEXT); CREATE TABLE b (id INT PRIMARY KEY, v TEXT);
            INSERT INTO a VALUES (1, 'one')
            """,
            "a", "b");
        logged.Lake.Write(
            "models/silver/news.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: append}\n@foz */\nSELECT id, v, _cdc_op AS op FROM STREAM(bronze.a)\n");
        using var host = logged.Serve();
        await logged.WaitAsync(host, "SELECT v FROM silver.news", "one");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (2, 'two'); UPDATE a SET v = 'uno' WHERE id = 1");
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, 'b')");
        await logged.WaitAsync(host, "SELECT v FROM bronze.b", "b");
        await logged.WaitAsync(host, "SELECT v FROM silver.news WHERE op <> 'r' ORDER BY ALL", "two", "uno");
        var listed = (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "ls", "-o", "json")).Expect(0);
        Assert.Contains("\"state\":\"followed\"", listed.Output, StringComparison.Ordinal);

        // A run of another process is handed to the host, which has read what was committed before.
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 2");
        (await FozProcess.RunAsync(logged.Lake.Folder, "run", "--select", "bronze.a")).Expect(0);
        await logged.AssertAllSameAsync("id", "id", "v");

        // A table that another one replaced is copied again at once.
        await logged.Database.ExecuteAsync("""
            CREATE TABLE c LIKE b; INSERT INTO c VALUES (7, 'seven'); RENAME TABLE b TO b_old, c TO b;
            INSERT INTO b VALUES (8, 'eight')
            """);
        await logged.WaitAsync(host, "SELECT DISTINCT v FROM bronze.b WHERE id > 6 ORDER BY v", "eight", "seven");
        await logged.Database.ExecuteAsync("UPDATE b SET v = 'more' WHERE id = 7");
        await logged.WaitAsync(host, "SELECT v FROM bronze.b WHERE _cdc_op = 'u'", "more");
        await logged.AssertAllSameAsync("id", "id", "v");

        // A host that is killed leaves nothing to mend.
        host.Kill();
        await host.WaitAsync();
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (3, 'three')");
        using var next = logged.Serve();
        await logged.WaitAsync(next, "SELECT v FROM silver.news WHERE id = 3", "three");
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_table_whose_rows_a_foreign_key_changes_from_now_on_stands_still_until_it_is_copied_again()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            """
            CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT);
            INSERT INTO p SELECT seq FROM seq_1_to_20; INSERT INTO c SELECT seq, seq MOD 10 + 1 FROM seq_1_to_100
            """,
            "p", "c");
        using (var host = logged.Serve())
        {
            await logged.WaitAsync(host, "SELECT count(*) FROM bronze.c", "100");
            await logged.Database.ExecuteAsync("UPDATE c SET pid = 9 WHERE id = 1");
            await logged.WaitAsync(host, "SELECT count(*) FROM bronze.c WHERE _cdc_op = 'u'", "1");
            await logged.Database.ExecuteAsync(
                "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE; INSERT INTO p VALUES (21)");
            await logged.WaitAsync(host, "SELECT count(*) FROM bronze.p WHERE id = 21", "1");
            await logged.Database.ExecuteAsync("DELETE FROM p WHERE id = 9; INSERT INTO c VALUES (1000, 1)");
            // The other table is read on, and this one gets nothing.
            await logged.WaitAsync(host, "SELECT count(*) FROM bronze.p WHERE _cdc_op = 'd'", "1");
            Assert.Equal(["101"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.c"));
            host.Kill();
            var wrote = await host.WaitAsync();
            Assert.Contains(
                "c has a foreign key with ON DELETE CASCADE", wrote.Output + wrote.Errors, StringComparison.Ordinal);
        }
        var faults = (await logged.Lake.RunAsync()).Steps.Where(step => step.Error is not null);
        Assert.Equal(["bronze.c"], faults.Select(step => $"{step.Step}"));
        await logged.Database.ExecuteAsync("ALTER TABLE c DROP FOREIGN KEY f; DELETE FROM p WHERE id = 8");
        using var next = logged.Serve();
        await logged.WaitAsync(next, "SELECT count(*) FROM bronze.p WHERE id = 8 AND _cdc_op = 'd'", "1");
        await logged.WaitAsync(next, "SELECT count(*) FROM bronze.c WHERE _cdc_op = 't'", "1");
        await logged.AssertAllSameAsync("id", "id");
        await logged.AssertSameAsync("c", "id", "id", "pid");
    }

    [Fact]
    public async Task A_server_that_restarts_is_followed_again()
    {
        await using var own = new MariaDbServer { Settings = LoggedMariaDbServer.Settings };
        using var logged = await LoggedMariaDb.CreateAsync(
            own, "CREATE TABLE a (id INT PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'one')", "a");
        using var host = logged.Serve();
        while ((await logged.Database.QueryAsync(
            "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")).Count == 0)
            await Task.Delay(100, Cancel);
        await own.RestartAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'two'");
        await logged.WaitAsync(host, "SELECT v FROM bronze.a WHERE _cdc_op = 'u'", "two");
        await logged.AssertAllSameAsync("id", "id", "v");
    }
}

using System.Globalization;
using Foz.AcceptanceTests.Crash;
using Foz.AcceptanceTests.Databases;
using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Runs that are killed while they read binary logs, and servers that lose what is needed.</summary>
public sealed class BinlogFaultTests(LoggedMariaDbServer logs)
{
    const string Schema = """
        CREATE TABLE a (id INT PRIMARY KEY, v TEXT, n INT); CREATE TABLE b (id INT PRIMARY KEY, v TEXT, n INT);
        INSERT INTO a SELECT seq, CONCAT('v', seq), 100 FROM seq_1_to_200;
        INSERT INTO b SELECT seq, CONCAT('v', seq), 100 FROM seq_1_to_200;
        """;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_killed_at_random_places_under_load_leave_the_rows_of_the_source_and_each_change_once()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var logged = await LoggedMariaDb.CreateAsync(logs.Server, Schema, "a", "b");
        foreach (var failpoint in new[] { "streams.started", "streams.copied", "streams.copied:2" })
            await logged.KillAsync(failpoint);
        var killed = 0;
        for (var round = 0; round < 4 * Soak.Factor; round++)
        {
            using var ending = new CancellationTokenSource();
            var writing = WriteAsync(logged.Database, new Random(seed + round), ending.Token);
            var name = FailpointNames.OfStreams[random.Next(FailpointNames.OfStreams.Count)];
            if (await logged.KillAsync($"{name}:{random.Next(1, 4)}")) killed++;
            await ending.CancelAsync();
            await writing;
            // As often as not the next run is killed too, before one ends what was cut off.
            if (random.Next(2) == 0) continue;
            await logged.Lake.RunWellAsync();
            await logged.AssertAllSameAsync("id", "id", "v", "n");
        }
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.True(killed > Soak.Factor, $"{killed} of the runs were killed (seed {seed})");
    }

    [Theory]
    [InlineData("streams.staged")]
    [InlineData("streams.batch")]
    [InlineData("streams.committed")]
    [InlineData("streams.copied")]
    public async Task A_run_killed_where_a_table_is_replaced_copies_it_again(string failpoint)
    {
        using var logged = await LoggedMariaDb.CreateAsync(logs.Server, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("""
            UPDATE a SET v = 'before'; UPDATE b SET v = 'before'; CREATE TABLE a_new LIKE a;
            INSERT INTO a_new SELECT id + 100, v, n FROM a; RENAME TABLE a TO a_old, a_new TO a;
            UPDATE a SET n = 7 WHERE id < 150; DELETE FROM b WHERE id < 50
            """);
        Assert.True(await logged.KillAsync(failpoint));
        await logged.Database.ExecuteAsync("UPDATE a SET n = 8 WHERE id = 120");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        await logged.Database.ExecuteAsync("UPDATE a SET n = 9 WHERE id = 121");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
    }

    [Fact]
    public async Task Logs_that_are_purged_stop_the_stream_by_name()
    {
        await using var own = new MariaDbServer { Settings = LoggedMariaDbServer.Settings };
        using var logged = await LoggedMariaDb.CreateAsync(own, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET n = 1 WHERE id = 1; FLUSH BINARY LOGS");
        var listed = (await FozAsync(logged, "stream", "ls", "-o", "json")).Expect(0);
        Assert.Contains("\"state\":\"idle\"", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"unread_bytes\":0,", listed.Output, StringComparison.Ordinal);
        await PurgeAsync(logged.Database);
        listed = (await FozAsync(logged, "stream", "ls", "-o", "json")).Expect(0);
        Assert.Contains("\"state\":\"lost\"", listed.Output, StringComparison.Ordinal);
        await AssertStopsAsync(logged, "the server no longer has the logs after");
        await AssertStopsAsync(logged, "the server no longer has the logs after");
        Assert.Equal(["0"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a WHERE _cdc_op <> 'r'"));

        // Rows that went in the gap are none of the copy.
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 7");
        (await FozAsync(logged, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        await logged.Database.ExecuteAsync("UPDATE b SET v = 'after' WHERE id = 8");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");

        // A server whose logs begin again has other changes at the same places.
        await logged.Database.ExecuteAsync("RESET MASTER; UPDATE b SET v = 'other' WHERE id = 8");
        await AssertStopsAsync(logged, "cannot be read on from");
    }

    [Fact]
    public async Task Domains_of_transactions_are_read_in_whatever_order_the_server_states_them()
    {
        await using var own = new MariaDbServer { Settings = LoggedMariaDbServer.Settings };
        using var logged = await LoggedMariaDb.CreateAsync(own, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        foreach (var (domain, server) in new[] { (7, 99), (3, 98), (0, 51) })
        {
            await logged.Database.ExecuteAsync($"""
                SET gtid_domain_id = {domain}; SET server_id = {server};
                INSERT INTO a VALUES (300 + {domain}, 'of another domain', 1); UPDATE b SET n = {domain} WHERE id = 1
                """);
            await logged.Lake.RunWellAsync();
            await logged.AssertAllSameAsync("id", "id", "v", "n");
        }
        // A position that a copy begins at is as one that was read.
        (await FozAsync(logged, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
    }

    [Fact]
    public async Task A_server_whose_log_was_reset_stops_the_stream_though_its_transactions_have_the_same_names()
    {
        await using var own = new MariaDbServer { Settings = LoggedMariaDbServer.Settings };
        using var logged = await LoggedMariaDb.CreateAsync(own, Schema, "a", "b");
        await logged.Database.ExecuteAsync("RESET MASTER");
        await logged.Lake.RunWellAsync();
        await InsertAsync(300, 6, size: 10);
        await logged.Lake.RunWellAsync();
        // The place that was reached is in the middle of a transaction now.
        await logged.Database.ExecuteAsync("RESET MASTER");
        await InsertAsync(400, 1, size: 10_000);
        await InsertAsync(401, 12, size: 10);
        await AssertStopsAsync(logged, "was reset");
        (await FozAsync(logged, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");

        // The file that was reached is not made yet.
        await logged.Database.ExecuteAsync("FLUSH BINARY LOGS; FLUSH BINARY LOGS");
        await InsertAsync(500, 2, size: 10);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("RESET MASTER");
        await InsertAsync(600, 30, size: 10);
        await AssertStopsAsync(logged, "was reset");

        async Task InsertAsync(int first, int count, int size)
        {
            for (var id = first; id < first + count; id++)
                await logged.Database.ExecuteAsync($"INSERT INTO a VALUES ({id}, REPEAT('x', {size}), 1)");
        }
    }

    [Fact]
    public async Task A_server_that_loses_its_settings_stops_the_stream_with_what_to_set()
    {
        await using var own = new MariaDbServer { Settings = LoggedMariaDbServer.Settings };
        using var logged = await LoggedMariaDb.CreateAsync(own, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("SET GLOBAL binlog_row_metadata = MINIMAL");
        var error = (await logged.Lake.RunAsync()).Steps[0].Error!;
        Assert.Equal("SET GLOBAL binlog_row_metadata = FULL", error.Hint);
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'unnamed'; SET GLOBAL binlog_row_metadata = FULL");
        error = (await logged.Lake.RunAsync()).Steps[0].Error!;
        Assert.Contains("the log has no names of its columns", error.Message, StringComparison.Ordinal);
        await logged.Database.ExecuteAsync("REVOKE REPLICATION SLAVE ON *.* FROM reader@localhost");
        error = (await logged.Lake.RunAsync()).Steps[0].Error!;
        Assert.StartsWith("GRANT REPLICATION SLAVE", error.Hint, StringComparison.Ordinal);
        await logged.Database.ExecuteAsync(
            $"GRANT REPLICATION SLAVE ON *.* TO reader@localhost; REVOKE SELECT ON {logged.Database.Name}.* FROM reader@localhost");
        error = (await logged.Lake.RunAsync()).Steps[0].Error!;
        Assert.Contains("SELECT", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_is_whole_at_every_position()
    {
        using var logged = await LoggedMariaDb.CreateAsync(logs.Server, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        var random = new Random(Soak.Seed());
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                var (amount, from, to) = (random.Next(1, 9), random.Next(1, 200), random.Next(1, 200));
                await logged.Database.ExecuteAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    BEGIN; UPDATE a SET n = n - {amount} WHERE id = {from};
                    UPDATE b SET n = n + {amount} WHERE id = {to}; COMMIT
                    """));
            }
            await logged.Lake.RunWellAsync();
        }
        // At the end of every transaction the sum over both tables is what it was.
        var sums = await logged.Lake.QueryAsync("""
            WITH changes AS (
                SELECT 'a' AS t, * FROM bronze.a UNION ALL BY NAME SELECT 'b' AS t, * FROM bronze.b
            ), deltas AS (
                SELECT _cdc_lsn, _cdc_op, n - COALESCE(lag(n) OVER (
                    PARTITION BY t, id ORDER BY _cdc_lsn, _cdc_seq NULLS FIRST), 0) AS d
                FROM changes
            )
            SELECT DISTINCT sum(sum(d)) OVER (ORDER BY _cdc_lsn) FROM deltas GROUP BY _cdc_lsn
            """);
        Assert.Equal(["40000"], sums);
        Assert.Equal(["120"], await logged.Lake.QueryAsync(
            "SELECT count(*) FROM (SELECT * FROM bronze.a UNION ALL SELECT * FROM bronze.b) WHERE _cdc_op = 'u'"));
    }

    static Task<FozResult> FozAsync(LoggedMariaDb logged, params string[] arguments) =>
        FozProcess.RunAsync(logged.Lake.Folder, arguments);

    static async Task AssertStopsAsync(LoggedMariaDb logged, string message)
    {
        var run = await logged.Lake.RunAsync();
        Assert.Equal(Outcome.Failed, run.Outcome);
        Assert.All(run.Steps, step =>
        {
            Assert.Equal(ErrorKind.Source, step.Error!.Kind);
            Assert.Contains(message, step.Error.Message, StringComparison.Ordinal);
            Assert.Contains("foz stream reset shop", step.Error.Hint, StringComparison.Ordinal);
        });
    }

    /// <summary>Removes all logs except the last, which the server allows only after a moment.</summary>
    static async Task PurgeAsync(MariaDbDatabase database)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var last = (await database.QueryAsync("SHOW MASTER STATUS")).Single().Split('|')[0];
            await database.ExecuteAsync($"PURGE BINARY LOGS TO '{last}'");
            if ((await database.QueryAsync("SHOW BINARY LOGS")).Count == 1) return;
            await Task.Delay(100, Cancel);
        }
        Assert.Fail("the server keeps its logs");
    }

    static async Task WriteAsync(MariaDbDatabase database, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (one, other) = (random.Next(1, 300), random.Next(1, 300));
            var sql = random.Next(7) switch
            {
                0 => $"DELETE FROM a WHERE id = {one}",
                1 => $"UPDATE b SET id = -id WHERE id = {one}",
                2 => $"BEGIN; UPDATE a SET n = n + 1 WHERE id < {one}; "
                    + $"UPDATE b SET n = n - 1 WHERE id < {other}; COMMIT",
                3 => "BEGIN; UPDATE a SET n = 0; DELETE FROM b; ROLLBACK",
                4 => "FLUSH BINARY LOGS",
                _ => $"INSERT INTO a VALUES ({one}, 'new', {other}) ON DUPLICATE KEY UPDATE v = 'again', n = {other}",
            };
            await database.ExecuteAsync(sql);
            await Task.Delay(random.Next(20), Cancel);
        }
    }
}

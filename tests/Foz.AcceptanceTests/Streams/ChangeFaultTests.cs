using System.Globalization;
using Foz.AcceptanceTests.Crash;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Runs that are killed while they read changes, and sources that lose what they kept.</summary>
public sealed class ChangeFaultTests(PostgreSqlServer server)
{
    const string Schema = """
        CREATE TABLE a (id int PRIMARY KEY, v text, n int); CREATE TABLE b (id int PRIMARY KEY, v text, n int);
        INSERT INTO a SELECT i, 'v' || i, 100 FROM generate_series(1, 200) i;
        INSERT INTO b SELECT i, 'v' || i, 100 FROM generate_series(1, 200) i;
        """;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_killed_at_random_places_under_load_leave_the_rows_of_the_source_and_each_change_once()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
        // The first starts are cut off too: the slot is there, and nothing of it is kept.
        foreach (var failpoint in new[] { "streams.started", "streams.copied", "streams.copied:2" })
            await KillAsync(logged, failpoint);
        var killed = 0;
        for (var round = 0; round < 4 * Soak.Factor; round++)
        {
            using var ending = new CancellationTokenSource();
            var writing = WriteAsync(logged.Database, new Random(seed + round), ending.Token);
            var name = FailpointNames.OfStreams[random.Next(FailpointNames.OfStreams.Count)];
            var failpoint = $"{name}:{random.Next(1, 4)}";
            if (await KillAsync(logged, failpoint)) killed++;
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

    [Fact]
    public async Task A_slot_that_is_gone_or_made_again_stops_the_stream_by_name()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET n = 1 WHERE id = 1");
        var slot = await logged.Database.ScalarAsync(
            "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()");
        await logged.Database.ExecuteAsync($"SELECT pg_drop_replication_slot('{slot}')");
        await AssertStopsAsync(logged, slot!);
        await logged.Database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')");
        await AssertStopsAsync(logged, slot!);
        Assert.Equal(["0"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a WHERE _cdc_op <> 'r'"));

        // Rows that went in the gap are none of the copy.
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 7");
        (await FozAsync(logged, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        await logged.Database.ExecuteAsync("UPDATE b SET v = 'after' WHERE id = 8");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        var listed = (await FozAsync(logged, "stream", "ls")).Expect(0);
        Assert.Contains("idle", listed.Output, StringComparison.Ordinal);
        var unknown = (await FozAsync(logged, "stream", "reset", "shp")).Expect(2);
        Assert.Contains("did you mean 'shop'", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_is_whole_at_every_position()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Schema, "a", "b");
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

    static Task<FozResult> FozAsync(LoggedDatabase logged, params string[] arguments) =>
        FozProcess.RunAsync(logged.Lake.Folder, arguments);

    static async Task AssertStopsAsync(LoggedDatabase logged, string slot)
    {
        var run = await logged.Lake.RunAsync();
        Assert.Equal(Outcome.Failed, run.Outcome);
        Assert.All(run.Steps, step =>
        {
            Assert.Equal(ErrorKind.Source, step.Error!.Kind);
            Assert.Contains(slot, step.Error.Message, StringComparison.Ordinal);
            Assert.Contains("foz stream reset shop", step.Error.Hint, StringComparison.Ordinal);
        });
    }

    static Task<bool> KillAsync(LoggedDatabase logged, string failpoint) => logged.KillAsync(failpoint);

    static async Task WriteAsync(PostgreSqlDatabase database, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var (one, other) = (random.Next(1, 300), random.Next(1, 300));
            var sql = random.Next(6) switch
            {
                0 => $"DELETE FROM a WHERE id = {one}",
                1 => $"UPDATE b SET id = -id WHERE id = {one}",
                2 => $"BEGIN; UPDATE a SET n = n + 1 WHERE id < {one}; "
                    + $"UPDATE b SET n = n - 1 WHERE id < {other}; COMMIT",
                3 => $"BEGIN; UPDATE a SET n = 0; DELETE FROM b; ROLLBACK",
                _ => $"INSERT INTO a VALUES ({one}, 'new', {other}) "
                    + $"ON CONFLICT (id) DO UPDATE SET v = 'again', n = {other}",
            };
            await database.ExecuteAsync(sql);
            await Task.Delay(random.Next(20), Cancel);
        }
    }
}

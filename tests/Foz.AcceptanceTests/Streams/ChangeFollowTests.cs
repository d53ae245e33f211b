using Foz.AcceptanceTests.PostgreSql;
using Foz.Pipelines.Runs;
using Foz.Streams;
using Npgsql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>A host that follows the changes of a real server.</summary>
public sealed class ChangeFollowTests(PostgreSqlServer server)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_reach_bronze_and_the_models_that_read_them_without_a_run()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text);
            INSERT INTO a VALUES (1, 'one')
            """,
            "a", "b");
        logged.Lake.Write(
            "models/silver/news.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: append}\n@foz */\nSELECT id, v, _cdc_op AS op FROM STREAM(bronze.a)\n");
        logged.Lake.Write(
            "models/silver/broken.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: append}\n@foz */\n"
                + "SELECT CAST(v AS INT) AS n FROM STREAM(bronze.b)\n");
        using var host = Start(logged);
        await WaitAsync(host, logged, "SELECT v FROM silver.news", "one");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (2, 'two'); UPDATE a SET v = 'uno' WHERE id = 1");
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, 'b')");
        await WaitAsync(host, logged, "SELECT v FROM bronze.b", "b");
        await WaitAsync(host, logged, "SELECT v FROM silver.news WHERE op <> 'r' ORDER BY ALL", "two", "uno");

        // A model that fails is an incident, and the streams and the other models go on.
        await WaitAsync(
            host, logged, "SELECT DISTINCT subject FROM foz.incidents WHERE event = 'opened'", "silver.broken");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (9, 'nine')");
        await WaitAsync(host, logged, "SELECT v FROM silver.news WHERE id = 9", "nine");

        // A run of another process is handed to the host, which has read what was committed before.
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 2");
        (await FozProcess.RunAsync(logged.Lake.Folder, "run", "--select", "bronze.a")).Expect(0);
        await logged.AssertAllSameAsync("id", "id", "v");

        // A host that is killed leaves nothing to mend.
        host.Kill();
        await host.WaitAsync();
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (3, 'three')");
        using var next = Start(logged);
        await WaitAsync(next, logged, "SELECT v FROM silver.news WHERE id = 3", "three");
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task Runs_beside_a_reader_that_ends_again_and_again_have_what_was_committed_before()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (0, 'v')", "a");
        await logged.Lake.RunWellAsync();
        var (project, runs) = (logged.Lake.Load(), new RunService(logged.Lake.Lake));
        using var ending = new CancellationTokenSource();
        var following = Task.Run(async () =>
        {
            while (!ending.IsCancellationRequested)
                Assert.DoesNotContain(
                    (await runs.Start(
                        FollowedSource.Of(project).Single().Request(project, TimeSpan.FromMilliseconds(700)), _ => { },
                        Cancel).Result).Steps,
                    step => step.Error is not null);
        }, Cancel);
        for (var id = 1; id < 20; id++)
        {
            await logged.Database.ExecuteAsync($"INSERT INTO a VALUES ({id}, 'v')");
            var run = await runs.Start(
                new() { Project = project, Changes = Foz.Streams.ChangeReader.OfProcess }, _ => { }, Cancel)
                .Result.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
            Assert.DoesNotContain(run.Steps, step => step.Error is not null);
            Assert.Equal([$"{id}"], await logged.Lake.QueryAsync($"SELECT id FROM bronze.a WHERE id = {id}"));
        }
        await ending.CancelAsync();
        await following;
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_server_that_restarts_is_followed_again()
    {
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(
            own, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        using var host = Start(logged);
        while (await logged.Database.ScalarAsync("SELECT bool_or(active) FROM pg_replication_slots") != "t")
            await Task.Delay(100, Cancel);
        own.Kill();
        await own.RestartAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'two'");
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE _cdc_op = 'u'", "two");
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_table_that_stands_still_is_an_incident_while_others_are_followed()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)", "a", "b");
        logged.WriteStreams("  a: {mode: cdc, drift: fail}\n  b: {mode: cdc}\n");
        using var host = Start(logged);
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, 'b')");
        await WaitAsync(host, logged, "SELECT v FROM bronze.b", "b");
        await logged.Database.ExecuteAsync("ALTER TABLE a ADD n int; INSERT INTO a VALUES (1, 'one', 2)");
        await WaitAsync(
            host, logged, "SELECT DISTINCT subject FROM foz.incidents WHERE event = 'opened'", "bronze.a");
        // A run that the host has taken over says so too.
        Assert.Contains(
            "stands still, 1 change is held",
            (await FozProcess.RunAsync(logged.Lake.Folder, "run", "--select", "bronze.a")).Expect(1).Output,
            StringComparison.Ordinal);
        for (var i = 2; i < 5; i++)
        {
            await logged.Database.ExecuteAsync($"INSERT INTO b VALUES ({i}, 'b{i}')");
            await WaitAsync(host, logged, $"SELECT v FROM bronze.b WHERE id = {i}", $"b{i}");
        }
        // The host may hear of the request before it hears of what lets the table take the changes.
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "resume", "bronze.a")).Expect(0);
        await Task.Delay(TimeSpan.FromSeconds(25), Cancel);
        await WaitAsync(host, logged, "SELECT count(*) FROM bronze.a", "0");
        // It has tried once, and goes on.
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (9, 'b9')");
        await WaitAsync(host, logged, "SELECT v FROM bronze.b WHERE id = 9", "b9");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await WaitAsync(host, logged, "SELECT v, n FROM bronze.a", "one|2");
        // The request is forgotten once it is answered.
        var folder = Path.Combine(logged.Lake.Lake.Folder, "_foz", "streams");
        for (var tries = 0; Directory.EnumerateFiles(folder, "resume.*", SearchOption.AllDirectories).Any(); tries++)
        {
            Assert.InRange(tries, 0, 300);
            await Task.Delay(100, Cancel);
        }
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'two'");
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE _cdc_op = 'u'", "two");
    }

    [Fact]
    public async Task A_source_that_left_the_project_is_an_incident_until_it_is_forgotten()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        using var host = Start(logged);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a", "one");
        logged.Lake.Write("models/silver/one.sql", "SELECT 1 AS n");
        File.Delete(Path.Combine(logged.Lake.Folder, "sources/shop.yml"));
        const string Incidents = "SELECT subject, event FROM foz.incidents WHERE kind = 'stream' ORDER BY change";
        await WaitAsync(host, logged, Incidents, "shop|opened");
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "forget", "shop")).Expect(0);
        await WaitAsync(host, logged, Incidents, "shop|opened", "shop|resolved");
    }

    [Fact]
    public async Task A_source_that_keeps_more_log_than_it_may_is_let_go_before_its_disk_is_full()
    {
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(
            own, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        logged.WriteStreams("  a: {mode: cdc}\nmax_slot_wal: 64MB\n");
        using var host = Start(logged);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a", "one");
        // The log of a transaction that does not end is kept.
        await using var open = await own.ConnectAsync(logged.Database.Name);
        await using var transaction = await open.BeginTransactionAsync(Cancel);
        await using (var insert = new NpgsqlCommand("INSERT INTO a VALUES (2, 'two')", open))
            await insert.ExecuteNonQueryAsync(Cancel);
        for (var segment = 0; segment < 6; segment++)
            await logged.Database.ExecuteAsync("UPDATE a SET v = 'x' WHERE id = 1; SELECT pg_switch_wal()");
        await WaitAsync(
            host, logged,
            "SELECT DISTINCT subject, severity FROM foz.incidents WHERE event = 'opened' AND kind = 'stream'", "shop|critical");
        Assert.Empty(await logged.Database.QueryAsync("SELECT 1 FROM pg_replication_slots"));
        var listed = await FozProcess.RunAsync(
            logged.Lake.Folder, "query", "SELECT DISTINCT stream, table_name, state, rows_held FROM foz.streams", "-o", "csv");
        Assert.Contains("\na,bronze.a,", listed.Expect(0).Output, StringComparison.Ordinal);
        await transaction.CommitAsync(Cancel);
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE id = 2", "two");
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_source_that_is_stopped_is_read_by_none_until_it_is_started()
    {
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(
            own, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        logged.WriteStreams("  a: {mode: cdc}\nmax_slot_wal: 64MB\n");
        using var host = Start(logged);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a", "one");
        Assert.Contains("shop is stopped", await StreamAsync("stop", "shop"), StringComparison.Ordinal);
        Assert.Contains("shop was stopped before", await StreamAsync("stop", "shop"), StringComparison.Ordinal);
        await UntilAsync("SELECT bool_or(active)::text FROM pg_replication_slots", "false");
        Assert.Contains("stopped", await StreamAsync("ls"), StringComparison.Ordinal);
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (2, 'two')");
        var run = (await FozProcess.RunAsync(logged.Lake.Folder, "run")).Expect(0);
        Assert.Contains("shop is stopped: its changes are not read", run.Output + run.Errors, StringComparison.Ordinal);
        Assert.Contains("foz stream start shop", run.Output + run.Errors, StringComparison.Ordinal);
        Assert.Equal(["1"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a"));

        Assert.Contains("shop goes on", await StreamAsync("start", "shop"), StringComparison.Ordinal);
        Assert.Contains("shop was not stopped", await StreamAsync("start", "shop"), StringComparison.Ordinal);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE _cdc_op = 'c'", "two");
        await logged.AssertAllSameAsync("id", "id", "v");

        // What the source keeps counts also while it is stopped.
        await StreamAsync("stop", "shop");
        await UntilAsync("SELECT bool_or(active)::text FROM pg_replication_slots", "false");
        for (var segment = 0; segment < 6; segment++)
            await logged.Database.ExecuteAsync("UPDATE a SET v = 'x' WHERE id = 1; SELECT pg_switch_wal()");
        await UntilAsync("SELECT count(*)::text FROM pg_replication_slots", "0");
        Assert.Contains("has no slot", await StreamAsync("ls"), StringComparison.Ordinal);

        async Task<string> StreamAsync(params string[] arguments) =>
            (await FozProcess.RunAsync(logged.Lake.Folder, ["stream", .. arguments])).Expect(0).Output;

        async Task UntilAsync(string sql, string value)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromMinutes(1));
            while (await logged.Database.ScalarAsync(sql) != value) await Task.Delay(100, limit.Token);
        }
    }

    [Fact]
    public async Task A_table_that_is_dropped_from_the_publication_is_copied_again()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one'), (2, 'two')", "a");
        using var host = Start(logged);
        await WaitAsync(host, logged, "SELECT v FROM bronze.a ORDER BY id", "one", "two");
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'uno' WHERE id = 1");
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE _cdc_op = 'u'", "uno");
        var publication = await logged.Database.ScalarAsync("SELECT pubname FROM pg_publication WHERE pubupdate");
        await logged.Database.ExecuteAsync($"ALTER PUBLICATION {publication} DROP TABLE a");
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'lost' WHERE id = 1; DELETE FROM a WHERE id = 2");
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE id = 1 AND _cdc_op = 'r' ORDER BY v", "lost", "one");
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'last' WHERE id = 1");
        await WaitAsync(host, logged, "SELECT v FROM bronze.a WHERE _cdc_op = 'u' ORDER BY v", "last", "uno");
        await logged.AssertAllSameAsync("id", "id", "v");

        // What Foz cannot mend stops it by name.
        await logged.Database.ExecuteAsync($"ALTER PUBLICATION {publication} SET (publish = 'insert')");
        await WaitAsync(
            host, logged,
            "SELECT count(*) > 0 FROM foz.incidents WHERE event = 'opened' AND text LIKE '%publishes not all of%'", "True");
    }

    static FozProcess Start(LoggedDatabase logged) => logged.Serve();

    static Task WaitAsync(FozProcess host, LoggedDatabase logged, string sql, params string[] rows) =>
        logged.WaitAsync(host, sql, rows);
}

using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>What a real server lets the user of change streams do, and what its administrators take away.</summary>
public sealed class ChangeRightsTests(PostgreSqlServer server)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_of_which_some_columns_may_be_read_stands_still_alone()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE c (id int PRIMARY KEY, s text);
            INSERT INTO a VALUES (1, 'one'); INSERT INTO c VALUES (1, 'secret1')
            """,
            "a", "c");
        await logged.Database.ExecuteAsync("REVOKE SELECT ON c FROM foz; GRANT SELECT (id) ON c TO foz");
        await AssertRefusedAsync(logged);
        Assert.Empty(await logged.Lake.QueryAsync(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = 'bronze' AND table_name = 'c'"));

        // What helps is in the message.
        await logged.Database.ExecuteAsync("GRANT SELECT ON \"public\".\"c\" TO \"foz\"");
        await logged.Database.ExecuteAsync("INSERT INTO c VALUES (2, 'secret2')");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id");
        await logged.AssertSameAsync("c", "id", "id", "s");

        await logged.Database.ExecuteAsync("REVOKE SELECT ON c FROM foz; GRANT SELECT (id) ON c TO foz");
        await logged.Database.ExecuteAsync("INSERT INTO c VALUES (3, 'secret3'); UPDATE c SET s = 'hidden' WHERE id = 1");
        await AssertRefusedAsync(logged);
        Assert.Contains(
            "foz may not read s of public.c",
            (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "compare", "c")).Errors, StringComparison.Ordinal);
        // Each column by itself is as good as the table.
        await logged.Database.ExecuteAsync("GRANT SELECT (s) ON c TO foz");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("c", "id", "id", "s");
    }

    [Fact]
    public async Task Limits_of_the_role_end_no_session_that_waits()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        logged.WriteStreams("  a: {mode: cdc}\nsilver: current\n");
        foreach (var limit in new[] { "idle_session_timeout", "idle_in_transaction_session_timeout", "lock_timeout" })
            await logged.Database.ExecuteAsync(
                $"ALTER ROLE foz IN DATABASE {logged.Database.Name} SET {limit} = '700ms'");
        // The slot waits for a transaction that is open, by a lock.
        await using var open = await server.ConnectAsync(logged.Database.Name);
        await using var transaction = await open.BeginTransactionAsync(Cancel);
        await using (var insert = new Npgsql.NpgsqlCommand("INSERT INTO a VALUES (2, 'two')", open))
            await insert.ExecuteNonQueryAsync(Cancel);
        var first = logged.Lake.RunWellAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        await transaction.CommitAsync(Cancel);
        await first;
        using var host = logged.Serve();
        for (var id = 3; id < 6; id++)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
            await logged.Database.ExecuteAsync($"INSERT INTO a VALUES ({id}, 'more')");
            await logged.WaitAsync(host, "SELECT count(*) FROM silver.a", $"{id}");
        }
        host.Kill();
        var wrote = await host.WaitAsync();
        Assert.DoesNotContain("timeout", wrote.Output + wrote.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_publication_that_was_dropped_is_named_with_what_helps(bool isMadeAgain)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        await logged.Lake.RunWellAsync();
        var publication = await logged.Database.ScalarAsync("SELECT pubname FROM pg_publication WHERE pubupdate");
        await logged.Database.ExecuteAsync(
            $"INSERT INTO a VALUES (2, 'two'); DROP PUBLICATION {publication}; INSERT INTO a VALUES (3, 'three')");
        if (isMadeAgain)
            await logged.Database.ExecuteAsync(
                $"CREATE PUBLICATION {publication} FOR TABLE a WITH (publish_via_partition_root = true); "
                    + $"ALTER PUBLICATION {publication} OWNER TO foz");
        for (var round = 0; round < 2; round++)
        {
            var run = await FozProcess.RunAsync(logged.Lake.Folder, "run");
            Assert.NotEqual(0, run.ExitCode);
            var shown = run.Output + run.Errors;
            Assert.Contains("foz stream reset", shown, StringComparison.Ordinal);
            Assert.Contains("changes that were made without it are lost", shown, StringComparison.Ordinal);
        }
        var listed = (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "ls", "-o", "json")).Expect(0);
        if (!isMadeAgain)
        {
            Assert.Contains("has no publication", listed.Output, StringComparison.Ordinal);
            Assert.Contains("foz stream reset shop copies the tables again", listed.Output, StringComparison.Ordinal);
        }
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'after' WHERE id = 2");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
    }

    static async Task AssertRefusedAsync(LoggedDatabase logged)
    {
        await logged.Database.ExecuteAsync("UPDATE a SET v = v || 'x'");
        var run = await FozProcess.RunAsync(logged.Lake.Folder, "run");
        Assert.NotEqual(0, run.ExitCode);
        var shown = run.Output + run.Errors;
        Assert.Contains("stream 'c': foz may not read s of public.c, which the log has", shown, StringComparison.Ordinal);
        Assert.Contains("GRANT SELECT ON \"public\".\"c\" TO \"foz\"", shown, StringComparison.Ordinal);
        await logged.AssertSameAsync("a", "id", "id", "v");
    }
}

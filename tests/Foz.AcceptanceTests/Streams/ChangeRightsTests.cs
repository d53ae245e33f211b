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

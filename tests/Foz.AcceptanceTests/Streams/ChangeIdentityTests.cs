using System.Collections.Concurrent;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake;
using Foz.Pipelines.Runs.State;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Tables by whose rows a real server cannot tell which one changed, and those that say it by other columns.</summary>
public sealed class ChangeIdentityTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("CREATE TABLE t (id int, v text)", "t has no primary key")]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY NOTHING",
        "t has REPLICA IDENTITY NOTHING")]
    [InlineData("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v text)", "as its key is DEFERRABLE")]
    [InlineData(
        "CREATE TABLE t (id int, v text, k int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY)", "t has a key of generated columns")]
    [InlineData(
        "CREATE TABLE t (id int, v text) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF t DEFAULT",
        "part has no primary key")]
    public async Task A_table_without_identity_gives_its_inserts_and_its_users_go_on(string make, string reason)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, make + "; CREATE TABLE k (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'copied'), (2, 'copied')",
            "t", "k");
        var (database, lake) = (logged.Database, logged.Lake);
        await RunWarnedAsync(lake, reason);
        await database.ExecuteAsync(
            "INSERT INTO t VALUES (3, 'in'); UPDATE t SET v = 'x' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO k VALUES (1, 'k')");
        await database.ExecuteAsync("UPDATE k SET v = 'changed'");
        await RunWarnedAsync(lake, reason);
        Assert.Equal(
            ["c|3|in", "r|1|copied", "r|2|copied"], await lake.QueryAsync("SELECT _cdc_op, id, v FROM bronze.t ORDER BY ALL"));
        await logged.AssertSameAsync("k", "id", "id", "v");
        await database.ExecuteAsync("TRUNCATE t; INSERT INTO t VALUES (9, 'after')");
        await lake.RunWellAsync();
        Assert.Equal(["c|9", "t|"], await lake.QueryAsync(
            "SELECT _cdc_op, id FROM bronze.t WHERE _cdc_lsn > (SELECT max(_cdc_lsn) FROM bronze.t WHERE id = 3) ORDER BY ALL"));
    }

    [Fact]
    public async Task A_table_that_gets_or_loses_its_identity_is_copied_again_and_loses_nothing()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int, v text); CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one'); INSERT INTO b VALUES (1, 'one')",
            "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE a SET v = 'missed'; ALTER TABLE a ADD PRIMARY KEY (id); INSERT INTO a VALUES (2, 'two')");
        await database.ExecuteAsync("ALTER TABLE b DROP CONSTRAINT b_pkey; INSERT INTO b VALUES (2, 'two')");
        await RunWarnedAsync(lake, "b has no primary key");
        await database.ExecuteAsync("UPDATE a SET v = 'seen' WHERE id = 1; DELETE FROM a WHERE id = 2");
        await database.ExecuteAsync("UPDATE b SET v = 'unseen'; INSERT INTO b VALUES (3, 'three')");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
        Assert.Equal(
            ["1|one", "2|two", "3|three"],
            await lake.QueryAsync("SELECT DISTINCT id, v FROM bronze.b WHERE _cdc_op <> 't' ORDER BY id"));
    }

    [Fact]
    public async Task A_table_without_identity_that_is_added_later_loses_no_insert()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int, v text); INSERT INTO b VALUES (1, 'one')",
            "a", "b");
        logged.WriteStreams("  a: {mode: cdc}\n");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO a VALUES (1, 'a'); INSERT INTO b VALUES (2, 'two')");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO b VALUES (3, 'three'); UPDATE b SET v = 'x'; UPDATE a SET v = 'b'");
        await lake.RunWellAsync();
        Assert.Equal(["1|one", "2|two", "3|three"], await lake.QueryAsync("SELECT id, v FROM bronze.b ORDER BY id"));
        await logged.AssertSameAsync("a", "id", "id", "v");
    }

    [Fact]
    public async Task A_slot_that_began_with_the_publication_of_an_owner_refuses_a_table_without_identity()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int, v text)", "a", "b");
        logged.WriteStreams("  a: {mode: cdc}\n");
        await logged.Lake.RunWellAsync();
        var inserts = (await logged.Database.QueryAsync("SELECT pubname FROM pg_publication WHERE NOT pubupdate"))[0][0];
        await logged.Database.ExecuteAsync($"DROP PUBLICATION {inserts}");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        var error = (await logged.Lake.RunAsync()).Steps[0].Error!;
        Assert.Contains("is older than the publication that tables without one need", error.Message, StringComparison.Ordinal);
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, 'one'); UPDATE b SET v = 'goes on'");
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (2, 'two'); UPDATE b SET v = 'goes on'");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1", "2"], await logged.Lake.QueryAsync("SELECT id FROM bronze.b ORDER BY id"));
    }

    [Theory]
    [InlineData("mode: cdc")]
    [InlineData("mode: cdc, keys: [id]")]
    public async Task Current_rows_of_a_table_without_identity_are_refused_with_what_helps(string stream)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, "CREATE TABLE t (id int, v text)", "t");
        logged.WriteStreams($"  t: {{{stream}}}\nsilver: current\n");
        var run = await FozProcess.RunAsync(logged.Lake.Folder, "run");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("stream 't': t has no primary key", run.Output, StringComparison.Ordinal);
        Assert.Contains("ALTER TABLE t REPLICA IDENTITY FULL", run.Output, StringComparison.Ordinal);
        Assert.Contains("sources/shop.yml:3", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_that_leaves_out_deletes_is_refused()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')", "t");
        const string Model = "/* @foz\nmaterialization: {type: incremental, strategy: cdc}\n@foz */\nSELECT * FROM STREAM(bronze.t)\n";
        logged.Lake.Write("models/silver/m.sql", Model + "WHERE v > 'a'\n");
        var run = await FozProcess.RunAsync(logged.Lake.Folder, "run");
        Assert.Contains("its condition looks at 'v'", run.Errors, StringComparison.Ordinal);
        Assert.Contains("models/silver/m.sql:5:7", run.Errors, StringComparison.Ordinal);
        logged.Lake.Write("models/silver/m.sql", Model + "WHERE _cdc_op <> 'd'\n");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|one"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.m"));
    }

    [Fact]
    public async Task Current_rows_are_those_of_the_index_that_identifies_them()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE, v text); ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key;
            CREATE TABLE n (code text NOT NULL UNIQUE, v text); ALTER TABLE n REPLICA IDENTITY USING INDEX n_code_key;
            INSERT INTO t SELECT i, 'c' || i, 'v' FROM generate_series(1, 5) i; INSERT INTO n SELECT 'c' || i, 'v' FROM generate_series(1, 5) i
            """,
            "t", "n");
        logged.WriteStreams("  t: {mode: cdc}\n  n: {mode: cdc}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET code = 'x' || code WHERE id < 3; UPDATE t SET id = id + 10 WHERE id = 3; DELETE FROM t WHERE id = 4");
        await logged.Database.ExecuteAsync("UPDATE n SET code = 'x' || code WHERE code < 'c3'; DELETE FROM n WHERE code = 'c4'");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|xc1|v", "2|xc2|v", "5|c5|v", "13|c3|v"], await logged.Lake.QueryAsync("SELECT id, code, v FROM silver.t ORDER BY id"));
        Assert.Equal(["c3", "c5", "xc1", "xc2"], await logged.Lake.QueryAsync("SELECT code FROM silver.n ORDER BY code"));
    }

    [Fact]
    public async Task A_table_that_is_its_own_key_has_current_rows_by_keys()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE t (id int, v text); ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')",
            "t");
        logged.WriteStreams("  t: {mode: cdc}\nsilver: current\n");
        Assert.Contains(
            "'silver: current' needs 'keys' of the stream 't'",
            (await FozProcess.RunAsync(logged.Lake.Folder, "run")).Expect(1).Output, StringComparison.Ordinal);
        logged.WriteStreams("  t: {mode: cdc, keys: [id]}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET v = 'uno' WHERE id = 1; DELETE FROM t WHERE id = 2");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|uno", "3|three"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
        await logged.Database.ExecuteAsync("UPDATE t SET id = 7 WHERE id = 3");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|uno", "7|three"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
        Assert.Equal(
            ["c|7", "d|3"],
            await logged.Lake.QueryAsync("SELECT _cdc_op, id FROM bronze.t WHERE id IN (3, 7) AND _cdc_op <> 'r' ORDER BY ALL"));
    }

    [Theory]
    [InlineData("DROP TABLE t", "ALTER TABLE u RENAME TO t; ALTER TABLE t OWNER TO foz", "there is no table t")]
    [InlineData("ALTER TABLE t RENAME TO old", "ALTER TABLE old RENAME TO t", "there is no table t")]
    [InlineData("REVOKE SELECT ON t FROM foz", "GRANT SELECT ON t TO foz", "permission denied for public.t")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey", "ALTER TABLE t ADD PRIMARY KEY (id)", "stream 't': t has no primary key")]
    public async Task A_table_that_is_gone_or_has_no_key_keeps_no_other_from_its_current_rows(
        string change, string mend, string reason)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (LIKE t INCLUDING ALL); CREATE TABLE k (LIKE t INCLUDING ALL);
            INSERT INTO t VALUES (1, 'one'), (2, 'two'); INSERT INTO u VALUES (1, 'uno'), (2, 'two'); INSERT INTO k VALUES (1, 'one')
            """,
            "t", "k");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  t: {mode: cdc}\n  k: {mode: cdc}\nsilver: current\n");
        lake.Write("models/gold/other.sql", "SELECT count(*) AS n FROM silver.k");
        await lake.RunWellAsync();
        await database.ExecuteAsync(change);
        await database.ExecuteAsync("INSERT INTO k VALUES (2, 'two')");
        for (var round = 0; round < 2; round++)
        {
            var run = await FozProcess.RunAsync(lake.Folder, "run");
            Assert.Equal(1, run.ExitCode);
            Assert.Contains(reason, run.Errors + run.Output, StringComparison.Ordinal);
            Assert.True((await lake.QueryAsync("SELECT n FROM gold.other")).SequenceEqual(["2"]), run.Errors + run.Output);
        }
        if (reason.StartsWith("stream", StringComparison.Ordinal))
            await database.ExecuteAsync("UPDATE t SET v = 'new' WHERE id = 1");
        await database.ExecuteAsync(mend);
        await database.ExecuteAsync("UPDATE t SET v = 'zwei' WHERE id = 2; INSERT INTO k VALUES (3, 'three')");
        await lake.RunWellAsync();
        await lake.RunWellAsync();
        foreach (var table in new[] { "t", "k" })
            Assert.Equal(
                (await database.QueryAsync($"SELECT id, v FROM {table} ORDER BY id")).Select(row => string.Join('|', row)),
                await lake.QueryAsync($"SELECT id, v FROM silver.{table} ORDER BY id"));
    }

    /// <summary>Runs the project, which is to warn of a table.</summary>
    static async Task RunWarnedAsync(TestLake lake, string reason)
    {
        var warnings = new ConcurrentQueue<Warning>();
        var run = await lake.RunAsync(onEvent: what =>
        {
            if (what is RunEvent.Warned warned) warnings.Enqueue(warned.Warning);
        });
        Assert.DoesNotContain(run.Steps, step => step.Error is not null);
        Assert.Contains(
            warnings, warning => warning.Message.Contains(reason, StringComparison.Ordinal)
                && warning.Hint!.Contains("REPLICA IDENTITY FULL", StringComparison.Ordinal));
    }
}

using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Tables that cannot take changes, while the others of their source go on.</summary>
public sealed class ChangeHoldTests(PostgreSqlServer server)
{
    const string Tables = """
        CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 10) i;
        CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b VALUES (1, 'one');
        """;

    [Fact]
    public async Task Changes_of_a_table_that_may_not_get_columns_are_held_until_it_may()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Tables, "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  a: {mode: cdc, drift: fail}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE a SET v = 'fits' WHERE id = 1");
        await database.ExecuteAsync("ALTER TABLE a ADD n numeric(8, 2); UPDATE a SET n = 1.5, v = NULL WHERE id = 2");
        await database.ExecuteAsync("INSERT INTO b VALUES (2, 'two')");
        var held = await RunHeldAsync(lake, rows: 2);
        Assert.EndsWith("new columns n, and its drift policy is fail", held.Error!.Message, StringComparison.Ordinal);
        Assert.Equal("mend it, then: foz stream resume bronze.a", held.Error.Hint);
        await logged.AssertSameAsync("b", "id", "id", "v");
        Assert.Equal(["2"], await lake.QueryAsync("SELECT count(*) FROM bronze.a__changes_held"));
        Assert.Equal(["u|1|fits", "u|2|"], await lake.QueryAsync(
            "SELECT _cdc_op, row::JSON->>'id', row::JSON->>'v' FROM bronze.a__changes_held ORDER BY _cdc_lsn"));

        // What comes later waits in its turn, whether it would fit or not.
        await database.ExecuteAsync("DELETE FROM a WHERE id = 3");
        await database.ExecuteAsync("ALTER TABLE a DROP n; ALTER TABLE a ADD m int; UPDATE a SET m = 7 WHERE id = 4");
        await database.ExecuteAsync("DELETE FROM b WHERE id = 1");
        await RunHeldAsync(lake, rows: 4);
        await logged.AssertSameAsync("b", "id", "id", "v");
        var listed = (await FozProcess.RunAsync(lake.Folder, "stream", "ls", "-o", "csv")).Expect(0).Output;
        Assert.Contains("shop,a,stands still,,10,", listed, StringComparison.Ordinal);

        // Not before a user asks for them.
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await RunHeldAsync(lake, rows: 4);

        // It still cannot take them: they stay held, until it can.
        logged.WriteStreams("  a: {mode: cdc, drift: fail}\n  b: {mode: cdc}\n");
        (await FozProcess.RunAsync(lake.Folder, "stream", "resume", "bronze.a")).Expect(0);
        await RunHeldAsync(lake, rows: 4);
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await database.ExecuteAsync("UPDATE a SET v = 'last' WHERE id = 5");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v", "m");
        Assert.Equal(["1.50"], await lake.QueryAsync("SELECT n FROM bronze.a WHERE n IS NOT NULL"));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.a__changes_held"));
        var error = (await FozProcess.RunAsync(lake.Folder, "stream", "resume", "bronze.a")).Expect(2).Errors;
        Assert.Contains("no changes of bronze.a are held", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Held_changes_of_every_type_become_what_they_would_have_been()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, bo bool, i8 bigint, f4 real, f8 double precision, n numeric(30, 10), t text,
                ba bytea, d date, tm time, ts timestamp, tstz timestamptz, iv interval, u uuid, j jsonb, ia int[], ta text[],
                tsa timestamptz[], i2d int[][], baa bytea[]);
            ALTER TABLE t REPLICA IDENTITY FULL;
            INSERT INTO t VALUES (1, true, -9e18, 0.1, 1e300, 12345678901234567890.0123456789, E'ü\n"q" \\ {}', '\x00ff', '0001-01-01',
                '23:59:59.999999', '2024-01-01 00:00:00.000001', '1999-12-31 23:00-01', '1 mon -2 days 03:04',
                '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b', '{"a": [1, null]}', '{1,NULL,3}', '{"a,b","c\"d",NULL,"",null," x ","[1]"}',
                '{2024-01-01 00:00+00}', '{{1,2},{3,4}}', '{"\\x00ff","\\x"}');
            INSERT INTO t (id, f8, t, ta) VALUES (2, 'NaN', '', '{}');
            """,
            "t");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  t: {mode: cdc, drift: fail, columns: {u: {mask: hash}}}\nmask_key: ${SHOP_PASSWORD}\n");
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE t SET bo = bo");
        await lake.RunWellAsync();
        await database.ExecuteAsync("ALTER TABLE t ADD more int; UPDATE t SET bo = bo");
        await RunHeldAsync(lake, rows: 2);
        logged.WriteStreams("  t: {mode: cdc, columns: {u: {mask: hash}}}\nmask_key: ${SHOP_PASSWORD}\n");
        (await FozProcess.RunAsync(lake.Folder, "stream", "resume", "bronze.t")).Expect(0);
        await lake.RunWellAsync();
        var columns = "id, bo, i8, f4, f8, n, t, ba, d, tm, ts, tstz, iv, u, j, ia, ta, tsa, i2d, baa, _cdc_op, _cdc_source, "
            + string.Join(", ", "bo,i8,f8,n,t,ba,tstz,u,ta,i2d,baa".Split(',').Select(name => $"_cdc_before.{name}"));
        var rows = await lake.QueryAsync($"SELECT {columns} FROM bronze.t WHERE _cdc_op = 'u' ORDER BY id, _cdc_lsn");
        Assert.Equal(4, rows.Count);
        Assert.Equal((rows[0], rows[2]), (rows[1], rows[3]));
    }

    [Theory]
    [InlineData("streams.batch")]
    [InlineData("streams.committed")]
    public async Task A_run_that_is_cut_off_holds_and_brings_each_change_once(string failpoint)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Tables, "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  a: {mode: cdc, drift: fail}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await database.ExecuteAsync("ALTER TABLE a ADD n int; UPDATE a SET n = 1; UPDATE b SET v = 'x'");
        using (var killed = FozProcess.Start(lake.Folder, failpoint, "run")) Assert.NotEqual(0, (await killed.WaitAsync()).ExitCode);
        await database.ExecuteAsync("UPDATE a SET n = 2 WHERE id = 1");
        await RunHeldAsync(lake, rows: 11);
        await logged.AssertSameAsync("b", "id", "id", "v");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        (await FozProcess.RunAsync(lake.Folder, "stream", "resume", "bronze.a")).Expect(0);
        await lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v", "n");
    }

    [Fact]
    public async Task A_copy_that_does_not_fit_stops_its_table_alone()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Tables, "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync("ALTER TABLE a ALTER v TYPE int USING id");
        (await FozProcess.RunAsync(lake.Folder, "stream", "reset", "shop")).Expect(0);
        await database.ExecuteAsync("UPDATE b SET v = 'x'");
        var failed = await RunHeldAsync(lake, rows: 0);
        Assert.Contains("v", failed.Error!.Message, StringComparison.Ordinal);
        await database.ExecuteAsync("UPDATE b SET v = 'y'; UPDATE a SET v = 7");
        await RunHeldAsync(lake, rows: 0);
        await logged.AssertSameAsync("b", "id", "id", "v");
        await database.ExecuteAsync("ALTER TABLE a ALTER v TYPE text");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
    }

    [Theory]
    [InlineData("text", "ALTER TABLE t ALTER v TYPE int USING id; UPDATE t SET v = v + 1 WHERE id < 3", true)]
    [InlineData("bigint", "ALTER TABLE t ALTER v TYPE text; UPDATE t SET v = v || 'x' WHERE id < 3", false)]
    [InlineData("bigint", "ALTER TABLE t ALTER v TYPE text; CREATE TABLE nothing ()", true)]
    public async Task A_table_with_another_type_is_copied_again_where_a_user_asks_for_it(
        string type, string change, bool isReset)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            $"CREATE TABLE t (id int PRIMARY KEY, v {type}); INSERT INTO t SELECT i, i FROM generate_series(1, 5) i; {Tables}",
            "t", "a");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  t: {mode: cdc}\n  a: {mode: cdc}\nsilver: current\n");
        lake.Write("models/silver/history.sql", """
            /* @foz
            materialization: {type: incremental, strategy: cdc, stored_as_scd_type: 2}
            @foz */
            SELECT * FROM STREAM(bronze.t)
            """);
        await lake.RunWellAsync();
        await database.ExecuteAsync($"DELETE FROM t WHERE id = 5; {change}; UPDATE a SET v = 'x' WHERE id = 1");
        if (isReset) (await FozProcess.RunAsync(lake.Folder, "stream", "reset", "shop")).Expect(0);
        var hint = (await RunHeldAsync(lake, rows: 0)).Error!.Hint!;
        Assert.StartsWith("foz stream snapshot bronze.t copies the table again with its new types;", hint, StringComparison.Ordinal);
        await database.ExecuteAsync("DELETE FROM t WHERE id = 4");
        Assert.Equal(hint, (await RunHeldAsync(lake, rows: 0)).Error!.Hint);
        var other = await lake.QueryAsync("SELECT count(*) FROM bronze.a");

        (await FozProcess.RunAsync(lake.Folder, "stream", "snapshot", "bronze.t")).Expect(0);
        // A history cannot have values of both types in a column.
        var history = Assert.Single((await lake.RunAsync()).Steps, step => step.Outcome is Outcome.Failed);
        Assert.Contains("foz run silver.history --full-refresh rebuilds the table", history.Error!.Hint, StringComparison.Ordinal);
        (await FozProcess.RunAsync(lake.Folder, "run", "silver.history", "--full-refresh")).Expect(0);
        await AssertRightAsync();
        await database.ExecuteAsync("DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (9, '9')");
        await lake.RunWellAsync();
        await AssertRightAsync();
        Assert.Equal(other, await lake.QueryAsync("SELECT count(*) FROM bronze.a"));

        async Task AssertRightAsync()
        {
            await logged.AssertSameAsync("t", "id", "id", "v");
            var rows = (await database.QueryAsync("SELECT id, v FROM t ORDER BY id")).Select(row => string.Join('|', row)).ToList();
            Assert.Equal(rows, await lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
            Assert.Equal(rows, await lake.QueryAsync("SELECT id, v FROM silver.history WHERE __END_AT IS NULL ORDER BY id"));
        }
    }

    [Fact]
    public async Task A_copy_with_other_types_of_a_table_that_goes_on_loses_no_change()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Tables, "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\nsilver: current\n");
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE a SET v = NULL WHERE id = 1; ALTER TABLE a ALTER v TYPE int USING id");
        (await FozProcess.RunAsync(lake.Folder, "stream", "snapshot", "bronze.a")).Expect(0);
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE a SET v = v + 1 WHERE id < 4; DELETE FROM a WHERE id = 5");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
        Assert.Equal(
            (await database.QueryAsync("SELECT id, v FROM a ORDER BY id")).Select(row => string.Join('|', row)),
            await lake.QueryAsync("SELECT id, v FROM silver.a ORDER BY id"));
    }

    [Fact]
    public async Task A_masked_column_that_is_renamed_is_nowhere_in_plain_text()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE w (id int PRIMARY KEY, v text, n int); ALTER TABLE w REPLICA IDENTITY FULL;
            INSERT INTO w SELECT i, 'secret-' || i, i FROM generate_series(1, 5) i;
            CREATE TABLE b (id int PRIMARY KEY, v text);
            """,
            "w", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        Write("v: {mask: redact}");
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE w SET v = 'secret-a' WHERE id = 1; ALTER TABLE w RENAME v TO vv; UPDATE w SET vv = 'secret-b' WHERE id = 2");
        await database.ExecuteAsync("INSERT INTO w VALUES (6, 'secret-c', 6); DELETE FROM w WHERE id = 3; INSERT INTO b VALUES (1, 'one')");
        for (var run = 0; run < 2; run++)
        {
            var held = await RunHeldAsync(lake, rows: 4 + run);
            Assert.Contains("masks the column 'v'", held.Error!.Message, StringComparison.Ordinal);
            Assert.Contains("it has vv, which is new: list vv in 'columns'", held.Error.Message, StringComparison.Ordinal);
            await logged.AssertSameAsync("b", "id", "id", "v");
            await database.ExecuteAsync($"UPDATE w SET n = {run + 10}, vv = 'secret-d' WHERE id = 4");
            Assert.Equal(
                ["0"],
                await lake.QueryAsync("SELECT count(*) FROM bronze.w__changes_held AS h WHERE h::VARCHAR LIKE '%secret%'"));
        }
        // Its changes come without the values; a copy has them.
        Write("v: {mask: redact}, vv: {mask: redact}");
        (await FozProcess.RunAsync(lake.Folder, "stream", "resume", "bronze.w")).Expect(0);
        await lake.RunWellAsync();
        Assert.Equal(
            ["1|***|1", "2|***|2", "4|***|11", "5|***|5", "6|***|6"], await logged.CurrentAsync("w", "id", ["id", "vv", "n"], Text));
        await database.ExecuteAsync("UPDATE w SET vv = 'secret-e', n = 0 WHERE id = 5; UPDATE w SET vv = NULL WHERE id = 6");
        await lake.RunWellAsync();
        Assert.Equal(
            ["1|***|1", "2|***|2", "4|***|11", "5|***|0", "6||6"], await logged.CurrentAsync("w", "id", ["id", "vv", "n"], Text));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.w AS w WHERE w::VARCHAR LIKE '%secret%'"));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.w__changes_held"));

        // A column that is dropped while no other comes has no values to mask.
        await database.ExecuteAsync("ALTER TABLE w DROP vv; UPDATE w SET n = 12 WHERE id = 5");
        await lake.RunWellAsync();
        Assert.Equal(["5|12"], await lake.QueryAsync("SELECT id, max(n) FROM bronze.w WHERE id = 5 GROUP BY ALL"));

        static string Text(string column) => $"CAST({column} AS VARCHAR)";

        void Write(string columns) => logged.WriteStreams(
            $"  w: {{mode: cdc, columns: {{{columns}}}}}\n  b: {{mode: cdc}}\n");
    }

    [Fact]
    public async Task A_mask_of_a_column_that_the_source_never_had_stops_the_copy()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Tables, "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        logged.WriteStreams("  a: {mode: cdc, columns: {vv: {mask: redact}}}\n  b: {mode: cdc}\n");
        for (var run = 0; run < 2; run++)
        {
            var held = await RunHeldAsync(lake, rows: 0);
            Assert.Contains("masks the column 'vv'", held.Error!.Message, StringComparison.Ordinal);
            await logged.AssertSameAsync("b", "id", "id", "v");
            await database.ExecuteAsync("UPDATE a SET v = v || '!'");
        }
        logged.WriteStreams("  a: {mode: cdc, columns: {v: {mask: redact}}}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        Assert.Equal(["10|***"], await lake.QueryAsync("SELECT count(*), v FROM bronze.a GROUP BY ALL"));
    }

    /// <summary>Runs, where one table stands still.</summary>
    static async Task<StepResult> RunHeldAsync(TestLake lake, int rows)
    {
        var steps = (await lake.RunAsync()).Steps;
        var held = Assert.Single(steps, step => step.Outcome is Outcome.Failed);
        Assert.True(held.StandsStill, held.Error?.Message);
        if (rows > 0) Assert.Contains($" {rows:N0} changes are held", held.Error!.Message, StringComparison.Ordinal);
        return held;
    }
}

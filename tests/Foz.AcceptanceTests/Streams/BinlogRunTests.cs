using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Runs that read the changes of a real MariaDB into bronze.</summary>
public sealed class BinlogRunTests(LoggedMariaDbServer logs)
{
    [Fact]
    public async Task A_refused_table_does_not_stop_the_others()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            "CREATE TABLE a (id INT PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'one'); "
                + "CREATE TABLE k (id INT PRIMARY KEY, v TEXT) ENGINE = MyISAM; INSERT INTO k VALUES (1, 'one')",
            "a", "k");
        for (var run = 0; run < 2; run++)
        {
            var steps = (await logged.Lake.RunAsync()).Steps;
            Assert.Null(steps.Single(step => $"{step.Step}" == "bronze.a").Error);
            Assert.Contains(
                "k has the engine MyISAM", steps.Single(step => $"{step.Step}" == "bronze.k").Error!.Message,
                StringComparison.Ordinal);
            await logged.AssertSameAsync("a", "id", "id", "v");
            await logged.Database.ExecuteAsync($"UPDATE a SET v = 'run {run}'");
        }
        await logged.Database.ExecuteAsync("ALTER TABLE k ENGINE = InnoDB");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_copy_and_changes_are_the_rows_of_the_server_run_by_run()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            """
            CREATE TABLE a (id INT PRIMARY KEY, v TEXT, n DECIMAL(10, 2));
            CREATE TABLE b (id INT PRIMARY KEY, v TEXT, n DECIMAL(10, 2));
            INSERT INTO a SELECT seq, CONCAT('v', seq), seq / 3.0 FROM seq_1_to_1000;
            """,
            "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        var first = await lake.RunWellAsync();
        Assert.Equal(1000, first.Steps.Sum(step => step.RowsWritten));
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(["r|1000"], await lake.QueryAsync("SELECT _cdc_op, count(*) FROM bronze.a GROUP BY ALL"));

        await database.ExecuteAsync("UPDATE a SET v = 'x' WHERE id < 10; DELETE FROM a WHERE id = 20");
        await database.ExecuteAsync(
            "BEGIN; INSERT INTO b VALUES (1, 'in', NULL); UPDATE a SET id = -id WHERE id = 30; COMMIT; "
                + "UPDATE a SET v = NULL WHERE id = 31");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(
            ["c|-30", "d|30"],
            await lake.QueryAsync("SELECT _cdc_op, id FROM bronze.a WHERE abs(id) = 30 AND _cdc_op <> 'r' ORDER BY ALL"));
        Assert.Equal(
            ["v5|x"], await lake.QueryAsync("SELECT _cdc_before.v, v FROM bronze.a WHERE id = 5 AND _cdc_op = 'u'"));

        var idle = await lake.RunWellAsync();
        Assert.All(idle.Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));

        await database.ExecuteAsync("TRUNCATE a; FLUSH BINARY LOGS");
        await database.ExecuteAsync("INSERT INTO a VALUES (7, 'after', 1)");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(["7"], await lake.QueryAsync(
            "SELECT id FROM bronze.a WHERE _cdc_lsn > (SELECT max(_cdc_lsn) FROM bronze.a WHERE _cdc_op = 't')"));
    }

    [Theory]
    [InlineData("FULL")]
    [InlineData("NOBLOB")]
    [InlineData("MINIMAL")]
    public async Task Columns_that_change_in_the_middle_and_values_that_are_not_sent_arrive(string rowImage)
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            """
            CREATE TABLE t (id INT PRIMARY KEY, v TEXT, big TEXT);
            INSERT INTO t SELECT seq, 'v', REPEAT(MD5(seq), 20) FROM seq_1_to_20;
            CREATE TABLE f (id INT PRIMARY KEY, v TEXT, secret TEXT); INSERT INTO f VALUES (1, 'one', 'hidden');
            """,
            "t", "f");
        logged.WriteStreams("  t: {mode: cdc}\n  f: {mode: cdc, columns: {secret: {mask: redact}}}\n");
        var (database, lake) = (logged.Database, logged.Lake);
        var image = $"SET binlog_row_image = {rowImage}; ";
        await lake.RunWellAsync();
        await database.ExecuteAsync(image + "UPDATE t SET v = CONCAT(v, '!') WHERE id < 5");
        await database.ExecuteAsync(image + """
            UPDATE t SET v = 'before' WHERE id = 6; ALTER TABLE t ADD more INT; UPDATE t SET more = 8 WHERE id = 7;
            INSERT INTO t VALUES (30, 'v', 'b', 9); INSERT INTO t (id, v) VALUES (31, 'no more')
            """);
        await database.ExecuteAsync(
            image + "ALTER TABLE t MODIFY more BIGINT; UPDATE t SET more = 5000000000 WHERE id = 8; "
            + "UPDATE t SET id = 90, big = 'moved' WHERE id = 9");
        await database.ExecuteAsync(image + "UPDATE f SET v = 'two' WHERE id = 1; DELETE FROM f WHERE id = 1");
        await lake.RunWellAsync();
        // A row whose key changed has the values of the old key where they were not sent.
        Assert.Equal(
            ["d|9|", $"c|90|{rowImage switch { "MINIMAL" => "v, more", "NOBLOB" => "v", _ => "" }}"],
            await lake.QueryAsync(
                "SELECT _cdc_op, id, array_to_string(_cdc_unchanged, ', ') FROM bronze.t "
                    + "WHERE id IN (9, 90) AND _cdc_op <> 'r' ORDER BY _cdc_lsn, _cdc_seq"));
        await database.ExecuteAsync("SET SESSION sql_log_bin = 0; DELETE FROM t WHERE id = 90");
        await database.ExecuteAsync("SET binlog_row_image = FULL; INSERT INTO t VALUES (90, 'v', 'moved', NULL)");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("t", "id", "id", "v", "big", "more");
        Assert.Empty(await lake.QueryAsync("SELECT 1 FROM bronze.f WHERE secret <> '***' OR CAST(COLUMNS(*) AS VARCHAR) LIKE '%hidden%'"));
        if (rowImage == "FULL")
            Assert.Equal(
                ["u|two|***|one|***", "d|two|***||"],
                await lake.QueryAsync(
                    "SELECT _cdc_op, v, secret, _cdc_before.v, _cdc_before.secret FROM bronze.f WHERE _cdc_op <> 'r' ORDER BY _cdc_lsn"));
        else
            Assert.Contains("big", await lake.QueryAsync("SELECT DISTINCT unnest(_cdc_unchanged) FROM bronze.t"));
    }

    [Fact]
    public async Task An_insert_whose_default_is_not_logged_is_refused_not_guessed()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server, "CREATE TABLE t (id INT PRIMARY KEY, v INT DEFAULT 7, w INT)", "t");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("SET binlog_row_image = MINIMAL; INSERT INTO t (id, v) VALUES (1, 1)");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("t", "id", "id", "v", "w");
        await logged.Database.ExecuteAsync("SET binlog_row_image = MINIMAL; INSERT INTO t (id) VALUES (2)");
        var error = (await logged.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains("column 'v': the default of an insert is not in the log", error.Message, StringComparison.Ordinal);
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("t", "id", "id", "v", "w");
    }

    [Fact]
    public async Task Statements_in_the_log_stop_the_streams_of_their_database_alone()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server, "CREATE TABLE a (id INT PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'one')", "a");
        await logged.Lake.RunWellAsync();
        var (shop, other) = (logged.Database.Name, $"{logged.Database.Name}_other");
        var set = $"SET SESSION binlog_format = STATEMENT; USE {other}; ";
        await logged.Database.ExecuteAsync(
            $"CREATE DATABASE {other}; {set} CREATE TABLE a (id INT PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'shops'); "
                + "UPDATE a SET v = 'other'; SELECT * INTO OUTFILE 'rows.txt' FROM a; DELETE FROM a; "
                + "LOAD DATA INFILE 'rows.txt' INTO TABLE a; "
                + "CREATE TABLE m (id INT) ENGINE = MyISAM; INSERT INTO m VALUES (1)");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (2, 'two')");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
        foreach (var statement in new[]
        {
            $"{set} UPDATE `{shop}`.a SET v = 'x' WHERE id = 1",
            $"{set} SELECT * INTO OUTFILE 'more.txt' FROM a; UPDATE a SET id = 9; LOAD DATA INFILE 'more.txt' INTO TABLE {shop}.a (@i, v) SET id = 7",
            "SET SESSION binlog_format = STATEMENT; DELETE FROM a WHERE id = 1",
        })
        {
            await logged.Database.ExecuteAsync(statement);
            var error = (await logged.Lake.RunAsync()).Steps.Single().Error!;
            Assert.Contains("the log has a statement", error.Message, StringComparison.Ordinal);
            (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
            await logged.Lake.RunWellAsync();
            await logged.AssertSameAsync("a", "id", "id", "v");
        }
    }

    [Theory]
    [InlineData("CASCADE", false)]
    [InlineData("SET NULL", false)]
    [InlineData("CASCADE", true)]
    public async Task A_foreign_key_that_came_between_runs_loses_no_row(string rule, bool isRefusedOnce)
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            """
            CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT);
            INSERT INTO p SELECT seq FROM seq_1_to_20; INSERT INTO c SELECT seq, seq MOD 10 + 1 FROM seq_1_to_100
            """,
            "p", "c");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync(
            $"UPDATE c SET pid = 9 WHERE id = 1; ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (pid) REFERENCES p (id) ON DELETE {rule}; "
                + "DELETE FROM p WHERE id = 9");
        if (isRefusedOnce)
        {
            var steps = (await lake.RunAsync()).Steps;
            Assert.Contains(
                $"c has a foreign key with ON DELETE {rule}",
                steps.Single(step => $"{step.Step}" == "bronze.c").Error!.Message, StringComparison.Ordinal);
            await logged.AssertSameAsync("p", "id", "id");
            await database.ExecuteAsync("DELETE FROM p WHERE id = 8");
        }
        await database.ExecuteAsync("ALTER TABLE c DROP FOREIGN KEY f; INSERT INTO c VALUES (1000, 1)");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("p", "id", "id");
        await logged.AssertSameAsync("c", "id", "id", "pid");
        await database.ExecuteAsync("UPDATE c SET pid = 2 WHERE id = 1000");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("c", "id", "id", "pid");
    }

    [Fact]
    public async Task A_table_that_is_added_later_is_copied_without_a_gap()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            "CREATE TABLE a (id INT PRIMARY KEY, v TEXT); CREATE TABLE b (id INT PRIMARY KEY, v TEXT); INSERT INTO b VALUES (1, 'one')",
            "a", "b");
        logged.WriteStreams("  a: {mode: cdc}\n");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (2, 'two'); UPDATE b SET v = 'uno' WHERE id = 1");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
        await database.ExecuteAsync("INSERT INTO a VALUES (2, 'y'); DELETE FROM b WHERE id = 2");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");

        // Changes that came while it was no stream are read over: it is copied again.
        logged.WriteStreams("  a: {mode: cdc}\n");
        await database.ExecuteAsync(
            "INSERT INTO b VALUES (3, 'missed'); DELETE FROM b WHERE id = 1; INSERT INTO a VALUES (3, 'z')");
        await lake.RunWellAsync();
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");

        // A table that is dropped in the lake is copied again.
        (await FozProcess.RunAsync(lake.Folder, "query", "DROP TABLE bronze.a")).Expect(0);
        await database.ExecuteAsync("UPDATE a SET v = 'last' WHERE id = 1");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task Tables_that_were_dropped_made_again_or_replaced_lose_no_change()
    {
        static string Make(string name) =>
            $"CREATE TABLE {name} (id INT PRIMARY KEY, v TEXT); INSERT INTO {name} VALUES (1, 'one'), (2, 'two');";
        string[] names = ["gone", "again", "replaced", "swapped", "whole", "parts"];
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            string.Concat(names.Take(5).Select(Make))
                + """
                CREATE TABLE parts (id INT PRIMARY KEY, v TEXT) PARTITION BY RANGE (id)
                    (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200));
                INSERT INTO parts VALUES (1, 'one'), (2, 'two'), (101, 'more')
                """,
            names);
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        foreach (var name in names) await database.ExecuteAsync($"UPDATE {name} SET v = 'before' WHERE id = 1");
        await database.ExecuteAsync($"DROP TABLE again; {Make("again")} DELETE FROM again WHERE id = 2");
        await database.ExecuteAsync("CREATE OR REPLACE TABLE replaced (id INT PRIMARY KEY, v TEXT) AS SELECT 3 AS id, 'three' AS v");
        // As tools do that change a large table without a lock.
        await database.ExecuteAsync(
            "CREATE TABLE swapped_new LIKE swapped; INSERT INTO swapped_new SELECT * FROM swapped WHERE id = 1; "
            + "RENAME TABLE swapped TO swapped_old, swapped_new TO swapped; UPDATE swapped_old SET v = 'none of it'; "
            + "UPDATE swapped SET v = 'after'; INSERT INTO swapped VALUES (5, 'five')");
        await database.ExecuteAsync(
            "ALTER TABLE parts TRUNCATE PARTITION p0; INSERT INTO parts VALUES (7, 'seven')");
        await lake.RunWellAsync();
        foreach (var name in names) await logged.AssertSameAsync(name, "id", "id", "v");
        Assert.Equal(["before", "c"], await lake.QueryAsync(
            "SELECT DISTINCT v FROM bronze.swapped WHERE _cdc_op = 'u' UNION ALL SELECT 'c'"));

        await database.ExecuteAsync("ALTER TABLE parts DROP PARTITION p1; UPDATE swapped SET v = 'later' WHERE id = 1");
        await database.ExecuteAsync("DROP TABLE gone");
        logged.WriteStreams(string.Concat(names.Skip(1).Select(name => $"  {name}: {{mode: cdc}}\n")));
        await lake.RunWellAsync();
        foreach (var name in names.Skip(1)) await logged.AssertSameAsync(name, "id", "id", "v");
    }

    [Theory]
    [InlineData("FULL")]
    [InlineData("MINIMAL")]
    public async Task A_table_without_a_key_gives_all_of_its_changes(string image)
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server, "CREATE TABLE t (id INT, v TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')", "t");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            $"SET SESSION binlog_row_image = {image}; INSERT INTO t VALUES (4, 'four'); UPDATE t SET v = 'uno' WHERE id = 1; DELETE FROM t WHERE id = 2");
        await logged.Lake.RunWellAsync();
        Assert.Equal(
            ["c|4|four|", "u|1|uno|one", "d|2|two|"],
            await logged.Lake.QueryAsync("SELECT _cdc_op, id, v, _cdc_before.v FROM bronze.t WHERE _cdc_op <> 'r' ORDER BY _cdc_lsn"));

        logged.WriteStreams("  t: {mode: cdc}\nsilver: current\n");
        var refused = (await FozProcess.RunAsync(logged.Lake.Folder, "run")).Expect(1);
        Assert.Contains("'silver: current' needs 'keys' of the stream 't'", refused.Output, StringComparison.Ordinal);
        logged.WriteStreams("  t: {mode: cdc, keys: [id]}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|uno", "3|three", "4|four"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
        await logged.Database.ExecuteAsync("UPDATE t SET id = 7 WHERE id = 3");
        var failed = (await logged.Lake.RunAsync()).Steps.Single(step => step.Outcome is Outcome.Failed);
        Assert.Contains("1 updates change the keys of silver.t (id)", failed.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unique_key_without_nulls_may_change_in_a_table_without_a_primary_key()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server, "CREATE TABLE t (id INT NOT NULL, v TEXT, UNIQUE KEY (id)); INSERT INTO t VALUES (1, 'one'), (2, 'two')", "t");
        logged.WriteStreams("  t: {mode: cdc, keys: [id]}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET id = id + 10; UPDATE t SET v = 'uno' WHERE id = 11; DELETE FROM t WHERE id = 12");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["11|uno"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
    }

    [Fact]
    public async Task A_table_that_is_gone_keeps_no_other_from_its_current_rows()
    {
        using var logged = await LoggedMariaDb.CreateAsync(
            logs.Server,
            "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); CREATE TABLE k (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one'); INSERT INTO k VALUES (1, 'one')",
            "t", "k");
        logged.WriteStreams("  t: {mode: cdc}\n  k: {mode: cdc}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("DROP TABLE t; INSERT INTO k VALUES (2, 'two')");
        var run = await FozProcess.RunAsync(logged.Lake.Folder, "run");
        Assert.Contains("there is no table", run.Expect(1).Output, StringComparison.Ordinal);
        Assert.Equal(["1|one", "2|two"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.k ORDER BY id"));
        await logged.Database.ExecuteAsync("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (7, 'new')");
        await logged.Lake.RunWellAsync();
        await logged.Lake.RunWellAsync();
        Assert.Equal(["7|new"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t"));
    }

    [Theory]
    [InlineData("CREATE TABLE base (id INT PRIMARY KEY); CREATE VIEW t AS SELECT * FROM base", "t is a view", "mode: snapshot")]
    [InlineData("CREATE TABLE t (id INT PRIMARY KEY) ENGINE = MyISAM", "has the engine MyISAM", "ENGINE = InnoDB")]
    [InlineData("CREATE TABLE t (id INT PRIMARY KEY) WITH SYSTEM VERSIONING", "t is a system versioned", "mode: snapshot")]
    [InlineData(
        "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL)",
        "ON DELETE SET NULL", "mode: snapshot")]
    [InlineData("CREATE TABLE tt (id INT PRIMARY KEY)", "there is no table", "tt")]
    public async Task A_table_whose_changes_the_log_lacks_is_refused(string make, string message, string hint)
    {
        using var logged = await LoggedMariaDb.CreateAsync(logs.Server, make, "t");
        var error = (await logged.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
        Assert.Equal("sources/shop.yml", error.Place?.File);
    }
}

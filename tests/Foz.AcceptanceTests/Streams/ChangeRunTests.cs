using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Runs that read the changes of a real server into bronze.</summary>
public sealed class ChangeRunTests(PostgreSqlServer server)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_error_of_a_source_is_shown_once_for_all_of_its_streams()
    {
        using var lake = new TestLake();
        lake.Write("foz.yml", """
            name: shop
            connections:
              shop: {type: postgresql, host: localhost, port: 1, database: x, user: foz, password: '${SHOP_PASSWORD}'}
            """);
        lake.Write(".env", "SHOP_PASSWORD=\"a secret of the test\"\n");
        lake.Write("sources/shop.yml", "connection: shop\nstreams: {a: {mode: cdc}, b: {mode: cdc}, c: {mode: cdc}}\n");
        var lines = (await FozProcess.RunAsync(lake.Folder, "run")).Expect(1).Output.Split('\n');
        Assert.Single(lines, line => line.Contains("cannot connect", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count(line => line.Contains("FAILED", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("    as bronze.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_copy_and_changes_are_the_rows_of_the_server_run_by_run()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text, n numeric(10, 2));
            CREATE TABLE b (id int PRIMARY KEY, v text, n numeric(10, 2));
            INSERT INTO a SELECT i, 'v' || i, i / 3.0 FROM generate_series(1, 1000) i;
            """,
            "a", "b");
        var (database, lake) = (logged.Database, logged.Lake);
        var first = await lake.RunWellAsync();
        Assert.Equal(1000, first.Steps.Sum(step => step.RowsWritten));
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(["r|1000"], await lake.QueryAsync("SELECT _cdc_op, count(*) FROM bronze.a GROUP BY ALL"));

        await database.ExecuteAsync("UPDATE a SET v = 'x' WHERE id < 10; DELETE FROM a WHERE id = 20");
        await database.ExecuteAsync(
            "BEGIN; INSERT INTO b VALUES (1, 'in'); UPDATE a SET id = -id WHERE id = 30; COMMIT; UPDATE a SET v = NULL WHERE id = 31");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(
            ["c|-30", "d|30"],
            await lake.QueryAsync("SELECT _cdc_op, id FROM bronze.a WHERE abs(id) = 30 AND _cdc_op <> 'r' ORDER BY ALL"));

        var idle = await lake.RunWellAsync();
        Assert.All(idle.Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));

        await database.ExecuteAsync("TRUNCATE a");
        await database.ExecuteAsync("INSERT INTO a VALUES (7, 'after', 1)");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v", "n");
        Assert.Equal(["7"], await lake.QueryAsync(
            "SELECT id FROM bronze.a WHERE _cdc_lsn > (SELECT max(_cdc_lsn) FROM bronze.a WHERE _cdc_op = 't')"));
    }

    [Fact]
    public async Task Columns_that_change_in_the_middle_and_values_that_are_not_sent_arrive()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, v text, big text);
            ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
            INSERT INTO t SELECT i, 'v', repeat(md5(i::text), 200) FROM generate_series(1, 20) i;
            CREATE TABLE f (id int PRIMARY KEY, v text, secret text); ALTER TABLE f REPLICA IDENTITY FULL;
            INSERT INTO f VALUES (1, 'one', 'hidden');
            """,
            "t", "f");
        logged.WriteStreams("  t: {mode: cdc}\n  f: {mode: cdc, columns: {secret: {mask: redact}}}\n");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync("UPDATE t SET v = v || '!' WHERE id < 5");
        await database.ExecuteAsync("""
            BEGIN; UPDATE t SET v = 'before' WHERE id = 6; ALTER TABLE t ADD more int; UPDATE t SET more = 8 WHERE id = 7;
            INSERT INTO t VALUES (30, 'v', 'b', 9); COMMIT;
            """);
        await database.ExecuteAsync("ALTER TABLE t ALTER more TYPE bigint; UPDATE t SET more = 5000000000 WHERE id = 8");
        await database.ExecuteAsync("UPDATE f SET v = 'two' WHERE id = 1; DELETE FROM f WHERE id = 1");
        await lake.RunWellAsync();
        await logged.AssertSameAsync("t", "id", "id", "v", "big", "more");
        Assert.Equal(
            ["u|two|***|one|***", "d|two|***||"],
            await lake.QueryAsync(
                "SELECT _cdc_op, v, secret, _cdc_before.v, _cdc_before.secret FROM bronze.f WHERE _cdc_op <> 'r' ORDER BY _cdc_lsn"));
        Assert.Contains("big", (await lake.QueryAsync("SELECT DISTINCT unnest(_cdc_unchanged) FROM bronze.t")));
    }

    [Fact]
    public async Task A_copy_and_a_change_give_the_same_values_of_every_type()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TYPE mood AS ENUM ('sad', 'very "happy"'); CREATE TYPE addr AS (street text, no int);
            CREATE DOMAIN posint AS int;
            CREATE TABLE t (id int PRIMARY KEY, bo bool, i2 smallint, i8 bigint, f4 real, f8 double precision, n numeric,
                n102 numeric(10, 2), n6020 numeric(60, 20), t text, vc varchar(20), ch char(5), qc "char", nm name,
                ba bytea, d date, tm time, tmtz timetz, ts timestamp, tstz timestamptz, iv interval, u uuid, j json,
                jb jsonb, m mood, p posint, ad addr, x xml, o oid, ia int[], ta text[], na numeric(8, 3)[],
                tsa timestamptz[], i2d int[][], ma mood[], ir int4range, mr int4multirange, bi bit(5), vb varbit,
                mo money, moa money[], ip inet, ci cidr, mac macaddr, pt point, bx box, tv tsvector);
            INSERT INTO t VALUES (1, true, -2, 8e18, 0.1, 1e300, 123456789012345678901234567890.123, -1.5,
                12345678901234567890.12345678901234567890, E'ü\n"q"', 'v', 'c', 'q', 'name', '\x00ff', '2024-02-29',
                '23:59:59.999999', '12:00+03', '2024-01-01 00:00:00.000001', '1999-12-31 23:00-01', '1 mon -2 days 03:04',
                '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b', '{"a": 1}', '{"b":[2]}', 'very "happy"', 7, '("a, b",3)',
                '<a>1</a>', 4000000000, '{1,NULL,3}', '{"a,b","c\"d",NULL}', '{1.5,-2}', '{2024-01-01 00:00+00}',
                '{{1,2},{3,4}}', '{sad}', '[1,5)', '{[1,2),[4,6)}', '10101', '101', -1234.5, '{1.5,-2}', '10.0.0.1/8',
                '10.0.0.0/8', '08:00:2b:01:02:03', '(1,2)', '(1,1),(0,0)', 'a b');
            INSERT INTO t (id) VALUES (2);
            INSERT INTO t (id, d, ts, tstz, f8, n, iv) VALUES (3, 'infinity', '-infinity', '0044-03-15 BC', 'NaN', 'NaN', '-1 s');
            """,
            "t");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET bo = bo");
        await logged.Lake.RunWellAsync();
        var columns = await logged.Database.QueryAsync(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 't'");
        foreach (var column in columns.Select(row => row[0]).Append("_rescued_data"))
            Assert.Equal(
                await logged.Lake.QueryAsync($"SELECT id, \"{column}\" FROM bronze.t WHERE _cdc_op = 'r' ORDER BY id"),
                await logged.Lake.QueryAsync($"SELECT id, \"{column}\" FROM bronze.t WHERE _cdc_op = 'u' ORDER BY id"));
        Assert.Equal(["-1234.50"], await logged.Lake.QueryAsync("SELECT DISTINCT mo FROM bronze.t WHERE id = 1"));
    }

    [Fact]
    public async Task A_table_that_is_added_later_is_copied_without_a_gap()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b VALUES (1, 'one')",
            "a", "b");
        logged.WriteStreams("  a: {mode: cdc}\n");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO a VALUES (1, 'x'); INSERT INTO b VALUES (2, 'two'); UPDATE b SET v = 'uno' WHERE id = 1");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
        await database.ExecuteAsync("INSERT INTO a VALUES (2, 'y'); DELETE FROM b WHERE id = 2");
        await lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");

        // Changes that came while it was no stream are read over: it is copied again.
        logged.WriteStreams("  a: {mode: cdc}\n");
        await database.ExecuteAsync("INSERT INTO b VALUES (3, 'missed'); DELETE FROM b WHERE id = 1; INSERT INTO a VALUES (3, 'z')");
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
    public async Task Tables_that_were_renamed_replaced_or_made_again_lose_no_change()
    {
        static string Make(string name) => $"""
            CREATE TABLE {name} (id int PRIMARY KEY, v text); ALTER TABLE {name} OWNER TO foz;
            INSERT INTO {name} VALUES (1, 'one'), (2, 'two');
            """;
        using var logged = await LoggedDatabase.CreateAsync(server, Make("a") + Make("b") + Make("c"), "a", "b", "c");
        var (database, lake) = (logged.Database, logged.Lake);
        await lake.RunWellAsync();
        foreach (var name in new[] { "a", "b", "c" })
            await database.ExecuteAsync($"UPDATE {name} SET v = 'before' WHERE id = 1");
        await database.ExecuteAsync("ALTER TABLE a RENAME TO z; UPDATE z SET v = 'after' WHERE id = 2");
        await database.ExecuteAsync("ALTER TABLE b RENAME TO b_old; UPDATE b_old SET v = 'none of b' WHERE id = 2");
        await database.ExecuteAsync($"{Make("b")} DELETE FROM b WHERE id = 2");
        await database.ExecuteAsync("DROP TABLE c");
        await database.ExecuteAsync($"{Make("c")} UPDATE c SET v = 'new' WHERE id = 2");
        logged.WriteStreams("  a: {mode: cdc, table: public.z}\n  b: {mode: cdc}\n  c: {mode: cdc}\n");
        for (var run = 0; run < 2; run++)
        {
            await lake.RunWellAsync();
            await logged.AssertSameAsync("z", "a", "id", ["id", "v"]);
            await logged.AssertSameAsync("b", "id", "id", "v");
            await logged.AssertSameAsync("c", "id", "id", "v");
            // What is renamed is not copied again: its changes are there.
            Assert.Equal(
                ["1|before", "2|after"],
                await lake.QueryAsync(
                    "SELECT id, v FROM bronze.a WHERE _cdc_op = 'u' AND v <> 'later' ORDER BY id"));
            foreach (var name in new[] { "z", "b", "c" }) await database.ExecuteAsync($"UPDATE {name} SET v = 'later'");
            await database.ExecuteAsync("UPDATE b_old SET v = 'none of b'");
        }
    }

    [Fact]
    public async Task A_table_whose_key_is_another_one_is_copied_again()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, k int NOT NULL, v text); INSERT INTO a SELECT i, -i, 'v' FROM generate_series(1, 5) i",
            "a");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("ALTER TABLE a DROP CONSTRAINT a_pkey, ADD PRIMARY KEY (k)");
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 1; UPDATE a SET v = 'x' WHERE id = 2");
        for (var run = 0; run < 2; run++)
        {
            await logged.Lake.RunWellAsync();
            await logged.AssertAllSameAsync("k", "id", "k", "v");
            await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 3");
        }
    }

    [Fact]
    public async Task A_reset_onto_a_server_whose_log_is_shorter_keeps_the_order_of_changes()
    {
        const string Schema = "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'old' FROM generate_series(1, 9) i";
        const string Streams = "  a: {mode: cdc}\nsilver: current\n";
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(own, Schema, "a");
        logged.WriteStreams(Streams);
        // It has written more log than the other server ever did.
        for (var i = 0; i < 12; i++) await logged.Database.ExecuteAsync("UPDATE a SET v = 'x'; SELECT pg_switch_wal()");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'late' WHERE id > 5");
        await logged.Lake.RunWellAsync();

        await using var next = new PostgreSqlServer();
        var moved = await next.CreateDatabaseAsync();
        await moved.ExecuteAsync(Schema + "; UPDATE a SET v = 'moved' WHERE id < 4; DELETE FROM a WHERE id = 9");
        await ChangeReader.PrepareAsync(moved, "a");
        logged.Database = moved;
        logged.WriteStreams(Streams);
        Assert.All((await logged.Lake.RunAsync()).Steps, step => Assert.NotEqual(Outcome.Succeeded, step.Outcome));
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "reset", "shop")).Expect(0);
        for (var run = 0; run < 3; run++)
        {
            await logged.Lake.RunWellAsync();
            await logged.AssertAllSameAsync("id", "id", "v");
            Assert.Equal(
                (await moved.QueryAsync("SELECT id, v FROM a ORDER BY id")).Select(row => string.Join('|', row)),
                await logged.Lake.QueryAsync("SELECT id, v FROM silver.a ORDER BY id"));
            await moved.ExecuteAsync($"UPDATE a SET v = 'run {run}' WHERE id IN (1, {run + 4}); DELETE FROM a WHERE id = {run + 6}");
        }
    }

    [Fact]
    public async Task A_refused_table_does_not_stop_the_others()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one');
            CREATE TABLE k (id int PRIMARY KEY, v text); INSERT INTO k VALUES (1, 'one'); CREATE TABLE heir () INHERITS (k);
            """,
            "a", "k");
        for (var run = 0; run < 2; run++)
        {
            var steps = (await logged.Lake.RunAsync()).Steps;
            Assert.Null(steps.Single(step => $"{step.Step}" == "bronze.a").Error);
            Assert.Contains(
                "heir inherits from it", steps.Single(step => $"{step.Step}" == "bronze.k").Error!.Message,
                StringComparison.Ordinal);
            await logged.AssertSameAsync("a", "id", "id", "v");
            // Its users change it as before.
            await logged.Database.ExecuteAsync($"UPDATE k SET v = 'run {run}'; UPDATE a SET v = 'run {run}'");
        }
        await logged.Database.ExecuteAsync("DROP TABLE heir");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");

        // A table that loses its key leaves the publication, so that its users can change it again.
        await logged.Database.ExecuteAsync("ALTER TABLE k DROP CONSTRAINT k_pkey; INSERT INTO k VALUES (2, 'two')");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE k SET v = 'after'; UPDATE a SET v = 'after'");
        await logged.Lake.RunWellAsync();
        await logged.AssertSameAsync("a", "id", "id", "v");
        await logged.Database.ExecuteAsync("ALTER TABLE k ADD PRIMARY KEY (id)");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_table_that_is_no_stream_any_more_is_not_published()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one'); CREATE TABLE b (id int PRIMARY KEY, v text)",
            "a", "b");
        await logged.Lake.RunWellAsync();
        logged.WriteStreams("  b: {mode: cdc}\n");
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, 'one')");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["b"], (await logged.Database.QueryAsync("SELECT tablename FROM pg_publication_tables")).Select(row => row[0]));
        await logged.Database.ExecuteAsync("ALTER TABLE a DROP CONSTRAINT a_pkey; UPDATE a SET v = 'two'");
        await logged.Database.ExecuteAsync("ALTER TABLE a ADD PRIMARY KEY (id); INSERT INTO b VALUES (2, 'two')");
        logged.WriteStreams("  a: {mode: cdc}\n  b: {mode: cdc}\n");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Theory]
    [InlineData("ALTER PUBLICATION {0} DROP TABLE a; UPDATE a SET v = 'lost'; DELETE FROM a WHERE id = 2")]
    [InlineData(
        "ALTER PUBLICATION {0} DROP TABLE a; UPDATE a SET v = 'lost'; DELETE FROM a WHERE id = 2; ALTER PUBLICATION {0} ADD TABLE a")]
    public async Task A_publication_that_was_altered_makes_a_new_copy(string alter)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one'), (2, 'two'); CREATE TABLE b (id int PRIMARY KEY, v text)",
            "a", "b");
        await logged.Lake.RunWellAsync();
        var publication = await logged.Database.ScalarAsync("SELECT pubname FROM pg_publication WHERE pubupdate");
        foreach (var statement in alter.Split("; "))
            await logged.Database.ExecuteAsync(statement.Replace("{0}", publication, StringComparison.Ordinal));
        for (var run = 0; run < 2; run++)
        {
            await logged.Database.ExecuteAsync($"INSERT INTO b VALUES ({run}, 'b'); UPDATE a SET v = v || '!'");
            await logged.Lake.RunWellAsync();
            await logged.AssertAllSameAsync("id", "id", "v");
        }
        Assert.Equal(["1"], await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a WHERE _cdc_op = 't'"));
    }

    [Theory]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (t)", "heir inherits from it",
        "mode: snapshot")]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY",
        "row security hides rows of public.t from foz", "ALTER ROLE \"foz\" BYPASSRLS")]
    [InlineData("CREATE TABLE base (id int PRIMARY KEY); CREATE VIEW t AS TABLE base", "public.t is no table", "mode: snapshot")]
    public async Task A_table_whose_users_it_would_disturb_is_refused(string make, string message, string hint)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, make, "t");
        var run = await logged.Lake.RunAsync();
        var error = run.Steps.Single().Error!;
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
        Assert.Equal("sources/shop.yml", error.Place?.File);
        Assert.Empty(await logged.Database.QueryAsync(
            "SELECT pubname FROM pg_publication UNION ALL SELECT slot_name FROM pg_replication_slots "
                + "WHERE database = current_database()"));
    }

    [Fact]
    public async Task A_transaction_that_a_copy_waits_for_is_named()
    {
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(
            own, "CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)", "a", "b");
        await logged.Database.ExecuteAsync("ALTER SYSTEM SET max_prepared_transactions = 5");
        await own.RestartAsync();
        var (folder, database) = (logged.Lake.Folder, logged.Database);
        logged.WriteStreams("  a: {mode: cdc}\n");
        var project = Path.Combine(folder, "foz.yml");
        var text = await File.ReadAllTextAsync(project, Cancel);
        await File.WriteAllTextAsync(
            project, text.Replace("{type:", "{read_timeout: 12s, type:", StringComparison.Ordinal), Cancel);
        await using (var session = await own.ConnectAsync("postgres"))
        {
            await using var command = session.CreateCommand();
            command.CommandText = "BEGIN; SELECT pg_backend_pid() WHERE txid_current() > 0";
            var pid = await command.ExecuteScalarAsync(Cancel);
            var waiting = FozProcess.RunAsync(folder, "run");
            while (await database.ScalarAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0" && !waiting.IsCompleted)
                await Task.Delay(50, Cancel);
            await Task.Delay(TimeSpan.FromSeconds(6), Cancel);
            command.CommandText = "COMMIT";
            await command.ExecuteNonQueryAsync(Cancel);
            var ended = (await waiting).Expect(0);
            Assert.Contains(
                $"waits for the transaction of process {pid} of postgres in postgres", ended.Output + ended.Errors,
                StringComparison.Ordinal);
        }
        await database.ExecuteAsync("BEGIN; INSERT INTO a VALUES (1, 'x'); PREPARE TRANSACTION 'forgotten'");
        await File.AppendAllTextAsync(Path.Combine(folder, "sources/shop.yml"), "  b: {mode: cdc}\n", Cancel);
        var failed = await FozProcess.RunAsync(folder, "run");
        Assert.NotEqual(0, failed.ExitCode);
        var said = $"waits for the prepared transaction 'forgotten' of postgres in {database.Name}, open since 20";
        var lines = (failed.Output + failed.Errors).Split('\n').Where(line => line.Contains(said, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("creating the replication slot", StringComparison.Ordinal));
        Assert.Contains(lines, line => !line.Contains("creating the replication slot", StringComparison.Ordinal));
        Assert.Contains(
            $"in {database.Name}: COMMIT PREPARED or ROLLBACK PREPARED 'forgotten'", failed.Output + failed.Errors,
            StringComparison.Ordinal);
        await database.ExecuteAsync("ROLLBACK PREPARED 'forgotten'");
        await logged.Lake.RunWellAsync();
        await logged.AssertAllSameAsync("id", "id", "v");
    }

    [Fact]
    public async Task A_source_that_left_the_project_is_named_until_it_is_forgotten()
    {
        using var logged = await LoggedDatabase.CreateAsync(server, "CREATE TABLE a (id int PRIMARY KEY)", "a");
        await logged.Lake.RunWellAsync();
        var folder = logged.Lake.Folder;
        var slot = await logged.Database.ScalarAsync(
            "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()");
        var error = (await FozProcess.RunAsync(folder, "stream", "forget", "shop")).Expect(2).Errors;
        Assert.Contains("'shop' is no source that was read, and has no streams of mode cdc any more", error, StringComparison.Ordinal);
        File.Delete(Path.Combine(folder, "sources/shop.yml"));
        logged.Lake.Write("models/silver/one.sql", "SELECT 1 AS n");
        foreach (var command in new string[][] { ["run"], ["status"], ["stream", "ls"] })
            Assert.Contains(
                $"SELECT pg_drop_replication_slot('{slot}'); DROP PUBLICATION IF EXISTS {slot}, {slot}_inserts",
                (await FozProcess.RunAsync(folder, command)).Expect(0).Errors, StringComparison.Ordinal);
        await using (var connection = await server.ConnectAsync(logged.Database.Name))
        {
            await using var drop = connection.CreateCommand();
            drop.CommandText =
                $"SELECT pg_drop_replication_slot('{slot}'); DROP PUBLICATION IF EXISTS {slot}, {slot}_inserts";
            await drop.ExecuteNonQueryAsync(Cancel);
        }
        (await FozProcess.RunAsync(folder, "stream", "forget", "shop")).Expect(0);
        foreach (var command in new string[][] { ["run"], ["status"], ["stream", "ls"] })
            Assert.Empty((await FozProcess.RunAsync(folder, command)).Expect(0).Errors);
    }

    [Fact]
    public async Task What_is_missing_at_the_server_is_named_with_what_helps()
    {
        await using var own = new PostgreSqlServer();
        using var logged = await LoggedDatabase.CreateAsync(
            own, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one')", "a");
        await logged.Database.ExecuteAsync("ALTER ROLE foz NOREPLICATION");
        var refused = (await logged.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Equal("ALTER ROLE \"foz\" REPLICATION", refused.Hint);
        await logged.Database.ExecuteAsync("ALTER ROLE foz REPLICATION");
        await logged.Lake.RunWellAsync();

        // A copy of a lake reads what its first server has no more.
        await logged.Database.ExecuteAsync("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        var gap = (await logged.Lake.RunAsync()).Steps.Single().Error!;
        Assert.Contains("the lake is a copy of one that reads another server", gap.Message, StringComparison.Ordinal);
        Assert.Contains("foz stream reset shop", gap.Hint, StringComparison.Ordinal);
        var listed = (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "ls", "-o", "csv")).Expect(0).Output;
        Assert.Contains("has no slot", listed, StringComparison.Ordinal);
        Assert.Contains("the source has no slot foz_shop_", listed, StringComparison.Ordinal);
        Assert.Contains("foz stream reset shop copies the tables again", listed, StringComparison.Ordinal);
    }
}

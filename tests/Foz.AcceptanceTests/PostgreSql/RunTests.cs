using Foz.Connectors.Databases.Providers;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs.State;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Runs of a project whose source is a database.</summary>
public sealed class RunTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_stream_that_was_a_snapshot_and_becomes_incremental_warns_that_rows_come_again()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 3) i");
        await database.GrantAsync();
        WriteSource(database, "{t: }");
        Assert.Empty((await lake.RunWellAsync()).Steps.Single().Warnings);

        WriteSource(database, "{t: {mode: incremental, cursor: id}}");
        const string Told = "bronze.t holds a snapshot, and its mode is now incremental: "
            + "all rows are appended to those that it has";
        Assert.Equal(Told, Assert.Single((await lake.PlanAsync()).Single().Warnings).Message);
        var changed = (await lake.RunWellAsync()).Steps.Single();
        Assert.Equal((Outcome.Warned, Told), (changed.Outcome, Assert.Single(changed.Warnings).Message));
        Assert.Contains("foz run bronze.t --full-refresh", changed.Warnings[0].Hint, StringComparison.Ordinal);
        Assert.Equal(["6"], await lake.QueryAsync("SELECT count(*) FROM bronze.t"));

        // As the hint says.
        Assert.Empty((await lake.RunAsync(isFullRefresh: true)).Steps.Single().Warnings);
        await database.ExecuteAsync("INSERT INTO t VALUES (4)");
        Assert.Empty((await lake.RunWellAsync()).Steps.Single().Warnings);
        Assert.Equal(["1", "2", "3", "4"], await lake.QueryAsync("SELECT id FROM bronze.t ORDER BY 1"));

        // What came between the cursor and the snapshot would come again.
        WriteSource(database, "{t: }");
        await database.ExecuteAsync("INSERT INTO t VALUES (5)");
        await lake.RunWellAsync();
        WriteSource(database, "{t: {mode: incremental, cursor: id}}");
        var warning = Assert.Single((await lake.PlanAsync()).Single().Warnings);
        Assert.Contains("the rows after id = 4 are appended", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_widen_by_themselves_also_in_the_table_of_current_rows_unless_drift_says_otherwise()
    {
        const string Streams =
            "{t: {mode: incremental, cursor: id}, u: {mode: incremental, cursor: id, drift: fail}}\nsilver: current";
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, f real, n numeric(5,2)); INSERT INTO t VALUES (1, 1.5, 1.25);
            CREATE TABLE u (id int PRIMARY KEY, n numeric(5,2)); INSERT INTO u VALUES (1, 1.25)
            """);
        await database.GrantAsync();
        WriteSource(database, Streams);
        await lake.RunWellAsync();

        await database.ExecuteAsync(
            """
            ALTER TABLE t ALTER id TYPE bigint, ALTER f TYPE double precision, ALTER n TYPE numeric(10,3);
            INSERT INTO t VALUES (3000000000, 1e300, 1234567.125);
            ALTER TABLE u ALTER n TYPE numeric(10,3); INSERT INTO u VALUES (2, 1234567.125)
            """);
        var failed = (await lake.RunAsync()).Steps.Single(step => step.Error is not null);
        Assert.Contains(
            "n is decimal(5,2) in the table but decimal(10,3) in the data", failed.Error!.Message,
            StringComparison.Ordinal);
        Assert.Equal(
            ["1|1.5|1.250", "3000000000|1E+300|1234567.125"],
            await lake.QueryAsync("SELECT id, f, n FROM silver.t ORDER BY id"));
    }

    [Fact]
    public async Task A_table_without_columns_is_named_and_not_among_all_streams()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; CREATE TABLE t (id "
                + "int); INSERT INTO t VALUES (1)");
        await database.GrantAsync();
        WriteSource(database, "all");
        Assert.Equal("bronze.t", Assert.Single((await lake.RunWellAsync()).Steps).Step.ToString());
        WriteSource(database, "{nothing: }");
        Assert.Equal(
            "stream 'nothing': public.nothing has no columns", (await lake.RunAsync()).Steps.Single().Error!.Message);
    }

    [Fact]
    public async Task Rows_that_come_later_with_the_last_cursor_arrive_once()
    {
        var database = await server.CreateDatabaseAsync();
        WriteSource(database, "{t: {mode: incremental, cursor: c}}");
        await Arrivals.CheckAsync(lake, database);
    }

    [Fact]
    public async Task Another_cursor_or_table_begins_again_with_a_warning()
    {
        var database = await server.CreateDatabaseAsync();
        await Arrivals.CheckOtherCursorsAsync(lake, database, stream => WriteSource(database, $"{{t: {stream}}}"));
        await database.ExecuteAsync("ALTER TABLE u ALTER id TYPE uuid USING gen_random_uuid()");
        Assert.Contains(
            "its cursor is now id (uuid) of public.u",
            Assert.Single((await lake.PlanAsync()).Single().Warnings).Message, StringComparison.Ordinal);
        Assert.Contains(
            "foz run bronze.t --full-refresh", (await lake.RunAsync()).Steps.Single().Error!.Hint,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_are_read_again_are_not_one_too_many()
    {
        var database = await server.CreateDatabaseAsync();
        WriteSource(
            database,
            "{t: {mode: incremental, cursor: c, columns: [{name: id, checks: [{unique: "
                + "{on_violation: quarantine}}]}]}}");
        await database.ExecuteAsync(
            "CREATE TABLE t (id int, c date); INSERT INTO t VALUES (1, '2026-01-01'), (2, '2026-01-02')");
        await database.GrantAsync();
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO t VALUES (3, '2026-01-02'), (1, '2026-01-03')");
        await lake.RunWellAsync();
        Assert.Equal(["1,2,3"], await lake.QueryAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM bronze.t"));
        Assert.Equal(
            ["1"], await lake.QueryAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM bronze.t__quarantine"));
    }

    [Fact]
    public async Task Tables_of_a_run_are_read_as_they_were_at_one_moment()
    {
        var database = await CreateTablesAsync(5);

        var run = await RunAsync(after: 1, () => database.ExecuteAsync(
            "UPDATE t1 SET v = 2; UPDATE t2 SET v = 2; UPDATE t3 SET v = 2; UPDATE t4 SET v = 2; UPDATE t5 SET v = 2"));

        Assert.All(run.Steps, step => Assert.Equal((Outcome.Succeeded, 0), (step.Outcome, step.Warnings.Length)));
        Assert.Equal(["1"], await ValuesAsync("t1", "t2", "t3", "t4", "t5"));
        Assert.Equal(
            ["1"],
            await lake.QueryAsync("""
                SELECT count(DISTINCT (_cdc_lsn, _cdc_commit_ts))
                FROM (SELECT * FROM bronze.t1 UNION ALL SELECT * FROM bronze.t3 UNION ALL SELECT * FROM bronze.t5)
                """));
        // The next run is of a moment of its own.
        await lake.RunWellAsync();
        Assert.Equal(["2"], await ValuesAsync("t1", "t2", "t3", "t4", "t5"));
    }

    [Theory]
    [InlineData("TRUNCATE t5; INSERT INTO t5 VALUES (2)")]
    [InlineData("ALTER TABLE t5 ALTER v TYPE bigint")]
    [InlineData("ALTER TABLE t5 ADD w int")]
    [InlineData("DROP TABLE t5; CREATE TABLE t5 (v int); INSERT INTO t5 VALUES (2); GRANT SELECT ON t5 TO foz")]
    [InlineData("VACUUM FULL t5")]
    public async Task A_table_that_was_rewritten_since_is_read_as_it_is(string change)
    {
        var database = await CreateTablesAsync(5);
        await database.ExecuteAsync("UPDATE t5 SET v = 2");

        var run = await RunAsync(after: 1, () => database.ExecuteAsync(change));

        var read = run.Steps.Single(step => step.Step.Name == "t5");
        Assert.Equal(
            "public.t5 is read as it is now, apart from the other tables of the run: "
            + "it was altered or emptied since the first of them was read",
            Assert.Single(read.Warnings).Message);
        Assert.All(run.Steps, step => Assert.Equal(1, step.RowsWritten));
        Assert.Equal(["2"], await lake.QueryAsync("SELECT v FROM bronze.t5"));
    }

    [Fact]
    public async Task Partitions_and_views_are_held_against_the_moment_too()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t1 AS SELECT 1 AS v; CREATE TABLE t2 AS SELECT 1 AS v; CREATE TABLE t3 AS SELECT 1 AS v;
            CREATE TABLE t4 (v int) PARTITION BY LIST (v);
            CREATE TABLE t4_1 PARTITION OF t4 FOR VALUES IN (1); CREATE TABLE t4_2 PARTITION OF t4 FOR VALUES IN (2);
            INSERT INTO t4 VALUES (1), (2);
            CREATE TABLE base AS SELECT 1 AS v;
            CREATE VIEW t5 AS SELECT b.v, c.relname FROM base b CROSS JOIN pg_class c WHERE c.relname = 'base';
            CREATE VIEW t6 AS SELECT v FROM t1;
            """);
        await database.GrantAsync();
        WriteSource(database, "{t1: , t2: , t3: , t4: , t5: , t6: }");

        var run = await RunAsync(after: 1, () => database.ExecuteAsync(
            "ALTER TABLE t4 DETACH PARTITION t4_2; TRUNCATE base; UPDATE t1 SET v = 2"));

        Assert.Equal(
            ["t4", "t5"], run.Steps.Where(step => step.Warnings.Length > 0).Select(step => step.Step.Name).Order());
        Assert.Equal(["1"], await lake.QueryAsync("SELECT v FROM bronze.t4"));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.t5"));
        Assert.Equal(["1"], await lake.QueryAsync("SELECT v FROM bronze.t6"));
    }

    [Fact]
    public async Task Where_the_session_of_the_moment_ends_the_others_are_read_as_they_are()
    {
        var database = await CreateTablesAsync(5);

        var run = await RunAsync(after: 1, () => database.ExecuteAsync("""
            UPDATE t5 SET v = 2;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'foz' AND query LIKE '%pg_export_snapshot%';
            """));

        var read = run.Steps.Single(step => step.Step.Name == "t5");
        Assert.EndsWith(
            "the session that kept the snapshot of all has ended", Assert.Single(read.Warnings).Message,
            StringComparison.Ordinal);
        Assert.Equal(["2"], await lake.QueryAsync("SELECT v FROM bronze.t5"));
    }

    [Fact]
    public async Task Where_the_server_has_no_session_to_spare_each_table_is_read_on_its_own()
    {
        var database = await CreateTablesAsync(2);
        // Two look tables up and two read them.
        await database.ExecuteAsync($"ALTER DATABASE \"{database.Name}\" CONNECTION LIMIT 4");

        var run = await lake.RunWellAsync();

        Assert.All(run.Steps, step => Assert.Equal(1, step.RowsWritten));
    }

    [Fact]
    public async Task The_moment_is_over_before_models_are_made()
    {
        var database = await CreateTablesAsync(3);
        lake.Write("models/silver/s.sql", "SELECT v FROM bronze.t1");
        lake.Write("models/gold/g.sql", "SELECT v FROM silver.s, bronze.t2, bronze.t3");
        var open = new List<string?>();

        await lake.RunAsync(onEvent: what =>
        {
            if (what is RunEvent.StepStarted { Step.Schema: "gold" })
                open.Add(OpenTransactions());
        });

        Assert.Equal(["0"], open);

        // The server lists a closed connection until its process has noticed; one that stays open is still listed after
        // a minute.
        string? OpenTransactions()
        {
            var count = "";
            for (var tries = 0; tries < 600 && count != "0"; tries++)
            {
                if (tries > 0) Task.Delay(100).GetAwaiter().GetResult();
                count = database.ScalarAsync(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'foz' AND state LIKE 'idle in%' "
                    + "AND datname = current_database()").GetAwaiter().GetResult();
            }
            return count;
        }
    }

    /// <summary>Tables t1, t2 and so on, each with one row, of which <c>v</c> is 1.</summary>
    async Task<PostgreSqlDatabase> CreateTablesAsync(int count)
    {
        var database = await server.CreateDatabaseAsync();
        var names = Enumerable.Range(1, count).Select(i => $"t{i}").ToList();
        foreach (var name in names)
            await database.ExecuteAsync($"CREATE TABLE {name} (v int); INSERT INTO {name} VALUES (1)");
        await database.GrantAsync();
        WriteSource(database, $"{{{string.Join(", ", names.Select(name => $"{name}: "))}}}");
        return database;
    }

    /// <summary>
    /// Runs the project, and does something when so many steps have ended and the last have not begun.
    /// </summary>
    async Task<RunResult> RunAsync(int after, Func<Task> act)
    {
        var ended = 0;
        return await lake.RunAsync(onEvent: what =>
        {
            if (what is RunEvent.StepFinished { Result.Outcome: not Outcome.Failed } && ++ended == after)
                act().GetAwaiter().GetResult();
        });
    }

    async Task<List<string>> ValuesAsync(params IEnumerable<string> tables) => await lake.QueryAsync(
        $"SELECT DISTINCT v FROM ({string.Join(" UNION ALL ", tables.Select(t => $"SELECT v FROM bronze.{t}"))})");

    [Theory]
    [InlineData("DELETE FROM t", "the snapshot has 0 rows, and the table has 3")]
    [InlineData("ALTER TABLE t DROP COLUMN v", "the source does not have the column v of the table")]
    [InlineData("ALTER TABLE t DROP COLUMN v, DROP COLUMN w", "the source does not have the columns v, w of the table")]
    [InlineData("ALTER TABLE t ALTER v TYPE text", "the column v is VARCHAR, and INTEGER in the table")]
    public async Task What_a_snapshot_takes_away_is_a_warning_or_stops_the_step(string change, string found)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT i AS id, i AS v, i AS w FROM generate_series(1, 3) i");
        await database.GrantAsync();
        WriteSource(database, "{t: {drift: fail}}");
        await lake.RunWellAsync();
        await database.ExecuteAsync(change);
        var stopped = Assert.Single((await lake.RunAsync()).Steps);
        Assert.Equal(
            $"bronze.t: {found}, and its drift policy is fail: the table is unchanged", stopped.Error!.Message);
        Assert.Equal(["3|6"], await lake.QueryAsync("SELECT count(*), sum(v)::int FROM bronze.t"));

        WriteSource(database, "{t: }");
        var warned = Assert.Single((await lake.RunWellAsync()).Steps);
        Assert.Equal((Outcome.Warned, $"bronze.t: {found}"), (warned.Outcome, Assert.Single(warned.Warnings).Message));
        Assert.Empty(Assert.Single((await lake.RunWellAsync()).Steps).Warnings);
    }

    [Fact]
    public async Task An_unchanged_snapshot_makes_no_version()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT i AS id, i::text AS v FROM generate_series(1, 1000) i");
        await database.GrantAsync();
        WriteSource(database, "{t: }");
        foreach (var (change, outcome) in new[]
        {
            ("SELECT 1", Outcome.Succeeded), ("SELECT 1", Outcome.Skipped), ("SELECT 1", Outcome.Skipped),
            ("UPDATE t SET v = v", Outcome.Skipped),
            ("UPDATE t SET v = '0' WHERE id = 7", Outcome.Succeeded), ("SELECT 1", Outcome.Skipped),
        })
        {
            await database.ExecuteAsync(change);
            Assert.Equal(outcome, Assert.Single((await lake.RunWellAsync()).Steps).Outcome);
        }
        Assert.Equal(
            1, (await (await lake.TableAsync("bronze.t")).LatestAsync(TestContext.Current.CancellationToken)).Version);
    }

    [Theory]
    [InlineData("postgresql")]
    [InlineData("database")]
    public async Task A_server_that_stalls_ends_the_read_by_its_timeout(string type)
    {
        var database = await OpenLargeAsync();
        await using var proxy = new Proxy(server.Port) { BytesMax = 3_000_000, Stalls = true };
        await WriteSourceAsync(database, type, proxy.Port, "read_timeout: 1s");
        var step = Assert.Single((await lake.RunAsync()).Steps);
        Assert.Contains(
            "the server sent nothing for 1 s (read_timeout)", step.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(step.Warnings);
        Assert.False(Directory.Exists(Path.Combine(lake.Folder, "lake/bronze/t/_delta_log")));
    }

    [Theory]
    [InlineData("postgresql")]
    [InlineData("database")]
    public async Task Reads_that_are_cut_short_begin_again_and_no_row_comes_twice(string type)
    {
        var database = await OpenLargeAsync();
        await using (var proxy = new Proxy(server.Port) { BytesMax = 3_000_000 })
        {
            await WriteSourceAsync(database, type, proxy.Port, "");
            var step = Assert.Single(
                (await lake.RunAsync(onEvent: told =>
                    proxy.BytesMax = told is RunEvent.Warned ? long.MaxValue : proxy.BytesMax)).Steps);
            Assert.Null(step.Error);
            Assert.EndsWith(
                ": reading it again from the beginning (2 of 3)", Assert.Single(step.Warnings).Message,
                StringComparison.Ordinal);
        }
        Assert.Equal(["40000|40000"], await lake.QueryAsync("SELECT count(*), count(DISTINCT id) FROM bronze.t"));

        await using var always = new Proxy(server.Port) { BytesMax = 3_000_000 };
        await WriteSourceAsync(database, type, always.Port, "");
        var failed = Assert.Single((await lake.RunAsync(isFullRefresh: true)).Steps);
        Assert.Equal((Outcome.Failed, 2), (failed.Outcome, failed.Warnings.Length));
        Assert.Equal(["40000|40000"], await lake.QueryAsync("SELECT count(*), count(DISTINCT id) FROM bronze.t"));
    }

    /// <summary>A table of more than the buffers in between hold.</summary>
    async Task<PostgreSqlDatabase> OpenLargeAsync()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE t AS SELECT i AS id, repeat('x', 1000) AS v FROM generate_series(1, 40000) i");
        await database.GrantAsync();
        return database;
    }

    /// <summary>A source by a port of its own, one connection a table.</summary>
    async Task WriteSourceAsync(PostgreSqlDatabase database, string type, int port, string setting)
    {
        WriteSource(database, "{t: }");
        if (type == "database")
        {
            var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
            await new ProviderPackages(Path.Combine(lake.Folder, "providers"))
                .AddAsync("Npgsql", null, packages, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        string[] settings = type == "database"
            ?
            [
                "provider: Npgsql",
                $"connection_string: "
                    + $"Host=127.0.0.1;Port={port};Database={database.Name};Username=foz;Pooling=false;SSL "
                    + $"Mode=Disable;Password=${{SHOP_PASSWORD}}",
            ]
            : [
                "host: 127.0.0.1", $"port: {port}", $"database: {database.Name}", "user: foz", "sslmode: disable",
                "password: ${SHOP_PASSWORD}",
            ];
        lake.Write(
            "foz.yml",
            $"name: shop\nlake: lake\nconnections:\n  shop:\n    type: {type}\n    connections_max: "
                + $"1\n{string.Concat(settings.Append(setting).Select(line => $"    {line}\n"))}");
    }

    void WriteSource(PostgreSqlDatabase database, string streams)
    {
        lake.Write("foz.yml", $$"""
            name: shop
            lake: lake
            connections:
              shop:
                type: postgresql
                host: localhost
                port: {{database.Server.Port}}
                database: {{database.Name}}
                user: foz
                password: ${SHOP_PASSWORD}
            """);
        lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        lake.Write("sources/shop.yml", $"name: shop\nconnection: shop\nschema: bronze\nstreams: {streams}\n");
    }
}

using Foz.AcceptanceTests.PostgreSql;
using Foz.Connectors;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Databases;

/// <summary>MariaDB as a source: ranges, cursors, discovery and faults.</summary>
public sealed class MariaDbTests(MariaDbServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("BIGINT", "CAST(seq AS SIGNED) * 3 - 5000")]
    [InlineData("BIGINT UNSIGNED", "18446744073709551615 - seq * 7")]
    [InlineData("INT UNSIGNED", "seq * 1000")]
    [InlineData("VARCHAR(20)", "CONCAT(CHAR(65 + seq % 26 + 32 * (seq DIV 26 % 2)), seq DIV 52)")]
    [InlineData("VARCHAR(20) CHARACTER SET latin1", "CONCAT('é', seq)")]
    [InlineData("VARCHAR(20) COLLATE utf8mb4_bin", "CONCAT(IF(seq % 2, 'a', 'A'), seq DIV 2)")]
    [InlineData("UUID", "CONCAT(LPAD(HEX(seq * 7919), 8, '0'), '-0000-4000-8000-000000000000')")]
    [InlineData("DATETIME(6)", "'2024-01-01' + INTERVAL seq MICROSECOND")]
    public async Task A_snapshot_of_ranges_holds_every_row_once(string type, string key)
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4");
        database.Define(lake, "{t: {keys: [k]}}");
        await database.ExecuteAsync(
            $"CREATE TABLE t (n INT, k {type} NULL, v TEXT, KEY (k)); INSERT INTO t SELECT seq, {key}, REPEAT('x', seq % 50) "
                + "FROM seq_1_to_20000; INSERT INTO t VALUES (0, NULL, 'none'), (-1, NULL, 'none'); "
                + "INSERT INTO t SELECT 30000, k, v FROM t WHERE n = 77; ANALYZE TABLE t");
        var step = (await lake.RunWellAsync()).Steps.Single();
        Assert.Contains(step.Warnings, w => w.Message.Contains("connections", StringComparison.Ordinal));
        Assert.Equal(
            ["20003|20003|2"],
            await lake.QueryAsync("SELECT count(*), count(DISTINCT n), count(*) FILTER (k IS NULL) FROM bronze.t"));
    }

    [Fact]
    public async Task Texts_that_a_collation_holds_equal_are_in_one_range()
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
        database.Define(lake, "{t: {keys: [k]}, few: {keys: [k]}, nulls: {keys: [k]}}");
        await database.ExecuteAsync(
            """
            CREATE TABLE t (n INT, k VARCHAR(20), KEY (k));
            INSERT INTO t SELECT seq, ELT(1 + seq % 6, 'a', 'A', 'ä', 'a ', 'b', 'B') FROM seq_1_to_15000;
            CREATE TABLE few (k VARCHAR(20) PRIMARY KEY); INSERT INTO few VALUES ('only');
            CREATE TABLE nulls (k VARCHAR(20)); INSERT INTO nulls VALUES (NULL), (NULL)
            """);
        await lake.RunWellAsync();
        Assert.Equal(
            ["15000|15000|6|1|2"],
            await lake.QueryAsync(
                "SELECT count(*), count(DISTINCT n), count(DISTINCT k), (SELECT count(*) FROM bronze.few), "
                    + "(SELECT count(*) FROM bronze.nulls) FROM bronze.t"));
    }

    [Theory]
    [InlineData("INT", "3", "7")]
    [InlineData("BIGINT UNSIGNED", "18446744073709551614", "18446744073709551615")]
    [InlineData("TIMESTAMP(6)", "'2024-01-02 03:04:05.678901'", "'2024-01-02 03:04:05.678902'")]
    [InlineData("DATETIME(6)", "'2024-01-02 03:04:05.678901'", "'2024-01-02 03:04:05.678902'")]
    [InlineData("DATE", "'2024-01-02'", "'2024-01-03'")]
    [InlineData("TIME", "'-10:00:00'", "'100:00:00'")]
    [InlineData("DECIMAL(20,4)", "1.0001", "1.0002")]
    [InlineData("DECIMAL(38,4)", "1234567890123456789012345678901234.0001", "1234567890123456789012345678901234.0002")]
    [InlineData("FLOAT", "0.1", "0.2")]
    [InlineData("BIT(4)", "1", "2")]
    [InlineData("YEAR", "2024", "2025")]
    [InlineData("VARCHAR(10)", "'a'", "'B'")]
    [InlineData("VARBINARY(10)", "0x00FF", "0x01")]
    public async Task Incremental_streams_go_on_behind_the_last_cursor(string type, string first, string next)
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: {mode: incremental, cursor: c}}");
        await database.ExecuteAsync(
            $"CREATE TABLE t (id INT, c {type} NULL); INSERT INTO t VALUES (1, {first}), (2, NULL)");
        await lake.RunWellAsync();
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync($"INSERT INTO t VALUES (3, {next})");
        await lake.RunWellAsync();
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        Assert.Equal(["1", "2", "3"], await lake.QueryAsync("SELECT id FROM bronze.t ORDER BY id"));
    }

    [Fact]
    public async Task Rows_that_come_later_with_the_last_cursor_arrive_once_and_deleted_ones_stay()
    {
        var database = await server.CreateDatabaseAsync("COLLATE utf8mb4_general_ci");
        database.Define(lake, "{t: {mode: incremental, cursor: c}}");
        await database.ExecuteAsync("CREATE TABLE t (id INT, c VARCHAR(9)); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        await ExpectAsync("1,2");
        // Equal to the cursor by the collation, and no text that is greater.
        await database.ExecuteAsync("INSERT INTO t VALUES (3, 'B'), (4, 'b '), (5, 'A')");
        await ExpectAsync("1,2,3,4");
        await database.ExecuteAsync("DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (6, 'C')");
        await ExpectAsync("1,2,3,4,6");
        await database.ExecuteAsync("INSERT INTO t VALUES (7, 'c'), (7, 'c')");
        await ExpectAsync("1,2,3,4,6,7,7");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);

        async Task ExpectAsync(string ids)
        {
            await lake.RunWellAsync();
            Assert.Equal([ids], await lake.QueryAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM bronze.t"));
        }
    }

    [Fact]
    public async Task A_small_table_is_read_by_one_connection_without_a_warning()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: {keys: [id]}}");
        await database.ExecuteAsync(
            "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq * 1000 FROM seq_1_to_9999");
        Assert.Empty((await lake.RunWellAsync()).Steps.Single().Warnings);
        Assert.Equal(["9999"], await lake.QueryAsync("SELECT count(*) FROM bronze.t"));
    }

    [Fact]
    public async Task An_empty_incremental_stream_makes_its_table_and_that_of_its_current_rows()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: {mode: incremental, cursor: c, keys: [id]}}\nsilver: current");
        await database.ExecuteAsync("CREATE TABLE t (id INT, c INT NULL)");
        await ExpectAsync("0|0");
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        await database.ExecuteAsync("INSERT INTO t VALUES (1, 1), (1, 2)");
        await ExpectAsync("2|1");

        async Task ExpectAsync(string rows)
        {
            await lake.RunWellAsync();
            Assert.Equal(
                [rows],
                await lake.QueryAsync("SELECT (SELECT count(*) FROM bronze.t), (SELECT count(*) FROM silver.t)"));
        }
    }

    [Theory]
    [InlineData("VARCHAR(9) COLLATE utf8mb4_general_ci", "'b'", "'C'")]
    [InlineData("TIME", "'99:00:00'", "'100:00:00'")]
    [InlineData("DECIMAL(40,2)", "9", "10")]
    [InlineData("INET6", "'9::'", "'10::'")]
    [InlineData("INT", "9", "NULL")]
    public async Task The_row_that_arrived_last_is_current_where_the_lake_orders_its_cursor_otherwise(
        string type, string before, string after)
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(
            lake, "{t: {mode: incremental, cursor: c, keys: [id]}, u: {mode: incremental, cursor: c, keys: [id]}}\n"
                + "silver: current");
        await database.ExecuteAsync(
            $"CREATE TABLE t (id INT PRIMARY KEY, c {type} NULL, v TEXT); INSERT INTO t VALUES (1, {before}, 'old'); "
                + $"CREATE TABLE u (id INT, c {type} NULL, v TEXT); INSERT INTO u VALUES (1, {after}, 'new'), "
                + $"(1, {before}, 'old'), (2, {before}, 'old'), (2, {after}, 'new')");
        await lake.RunWellAsync();
        var last = after == "NULL" ? "old" : "new";
        Assert.Equal([$"1|{last}", $"2|{last}"], await lake.QueryAsync("SELECT id, v FROM silver.u ORDER BY id"));
        await database.ExecuteAsync($"UPDATE t SET c = {after}, v = 'new'");
        await lake.RunWellAsync();
        Assert.Equal(["1|new"], await lake.QueryAsync("SELECT id, v FROM silver.t"));
    }

    [Theory]
    [InlineData("DATETIME", "'2026-01-01 10:00:00'", "'2026-01-02'")]
    [InlineData("VARCHAR(9)", "'b'", "'c'")]
    [InlineData("VARBINARY(4)", "X'00FF'", "X'0100'")]
    [InlineData("FLOAT", "0.1", "0.2")]
    [InlineData("DECIMAL(38,2)", "1.50", "1.51")]
    public async Task Rows_that_change_or_replace_others_with_the_last_cursor_arrive_once(
        string type, string cursor, string next)
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: {mode: incremental, cursor: c}}");
        await database.ExecuteAsync(
            $"CREATE TABLE t (id INT, c {type} NULL, v TEXT, b BLOB, d DOUBLE, t TIME, j JSON, n BIGINT UNSIGNED, k DATE); "
                + "INSERT INTO t VALUES (1, NULL, 'a', X'00', 1.5, '10:00', '{}', 1, '2026-01-01'), "
                + "(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
        // No row has a cursor yet.
        await ExpectAsync("1a 2");
        await database.ExecuteAsync($"UPDATE t SET c = {cursor} WHERE id = 1; INSERT INTO t (id, c) VALUES (3, {cursor})");
        await ExpectAsync("1a 1a 2 3");
        await database.ExecuteAsync($"DELETE FROM t WHERE id = 3; INSERT INTO t (id, c) VALUES (4, {cursor})");
        await ExpectAsync("1a 1a 2 3 4");
        await database.ExecuteAsync("UPDATE t SET v = 'b' WHERE id = 1");
        await ExpectAsync("1a 1a 1b 2 3 4");
        await database.ExecuteAsync($"INSERT INTO t (id) VALUES (5); INSERT INTO t (id, c) VALUES (6, {next})");
        await ExpectAsync("1a 1a 1b 2 3 4 5 6");

        async Task ExpectAsync(string rows)
        {
            await lake.RunWellAsync();
            var all = await lake.QueryAsync("SELECT string_agg(concat(id, v), ' ' ORDER BY id, v) FROM bronze.t");
            Assert.Equal([rows], all);
            Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        }
    }

    [Fact]
    public async Task Tables_are_discovered_with_their_keys_whatever_their_names()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "all");
        await database.ExecuteAsync(
            """
            CREATE TABLE film_actor (actor_id SMALLINT UNSIGNED, film_id SMALLINT UNSIGNED COMMENT 'of film',
                last_update TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY (film_id, actor_id));
            CREATE TABLE `order` (`select` INT PRIMARY KEY, `from``s "x"` TEXT, `a.b` INT);
            CREATE TABLE `two words; -- "q"` (`key` INT, `Ключ` INT);
            INSERT INTO `two words; -- "q"` VALUES (1, 2);
            CREATE TABLE history (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING;
            CREATE TABLE empty_one (id INT);
            CREATE VIEW both_ids AS SELECT a.actor_id, b.`select` FROM film_actor a JOIN `order` b;
            INSERT INTO `order` VALUES (1, 'it''s', 3), (2, NULL, 4)
            """);
        await lake.RunWellAsync();
        Assert.Equal(["2|3"], await lake.QueryAsync("SELECT count(*), min(\"a.b\") FROM bronze.\"order\""));
        Assert.Equal(["it's"],
            await lake.QueryAsync("SELECT \"from`s \"\"x\"\"\" FROM bronze.\"order\" WHERE \"select\" = 1"));
        Assert.Equal(["1|2"], await lake.QueryAsync("SELECT key, Ключ FROM bronze.\"two_words______q_\""));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.history"));
        Assert.Equal(["0"], await lake.QueryAsync("SELECT count(*) FROM bronze.empty_one"));
        await using var source = database.Source();
        var streams = (await source.DiscoverAsync(TestContext.Current.CancellationToken))
            .ToDictionary(s => s.Definition.Name, s => string.Join(',', s.Definition.Keys));
        Assert.Equal(("film_id,actor_id", "id", ""), (streams["film_actor"], streams["history"], streams["empty_one"]));
        Assert.DoesNotContain("both_ids", streams.Keys);
        Assert.Empty(await source.FindKeysAsync(
            new() { Name = "both_ids" }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_table_of_three_hundred_columns_and_a_view_are_read()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{wide: , seen: }");
        var columns = Enumerable.Range(0, 300).Select(i =>
            $"c{i} {(i % 3) switch { 0 => "INT", 1 => "VARCHAR(9)", _ => "DATE" }}");
        await database.ExecuteAsync(
            $"CREATE TABLE wide ({string.Join(", ", columns)}); INSERT INTO wide (c0, c298) SELECT seq, seq FROM "
                + "seq_1_to_3000; CREATE VIEW seen AS SELECT w.c0, x.c0 AS other FROM wide w JOIN wide x ON x.c0 <= 2");
        await lake.RunWellAsync();
        Assert.Equal(["3000|4501500|3000"],
            await lake.QueryAsync("SELECT count(*), sum(c0), max(c298::int) FROM bronze.wide"));
        Assert.Equal(["6000"], await lake.QueryAsync("SELECT count(*) FROM bronze.seen"));
    }

    [Fact]
    public async Task A_limit_of_rows_that_the_server_is_set_to_loses_none()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: }");
        await database.ExecuteAsync(
            "CREATE TABLE t (i INT); INSERT INTO t SELECT seq FROM seq_1_to_100; SET GLOBAL sql_select_limit = 10");
        try
        {
            await lake.RunWellAsync();
        }
        finally
        {
            await database.ExecuteAsync("SET GLOBAL sql_select_limit = DEFAULT");
        }
        Assert.Equal(["100"], await lake.QueryAsync("SELECT count(*) FROM bronze.t"));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_opened_again()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE t (i INT, v TEXT); INSERT INTO t SELECT seq, REPEAT('x', 100) FROM seq_1_to_50000");
        await using var proxy = new Proxy(server.Port) { BytesMax = 1_000_000, CutsMax = 4 };
        database.Define(lake, "{t: }", port: proxy.Port, more: ";Pooling=false");
        var step = (await lake.RunWellAsync()).Steps.Single();
        Assert.Contains(
            step.Warnings, w => w.Message.Contains("reading it again from the beginning", StringComparison.Ordinal));
        Assert.Equal(["50000|50000"], await lake.QueryAsync("SELECT count(*), count(DISTINCT i) FROM bronze.t"));
    }

    [Fact]
    public async Task A_reading_that_is_given_up_ends_on_the_server()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE VIEW endless AS SELECT seq FROM seq_1_to_100000000000");
        await using var source = database.Source();
        var rows = await source.ReadAsync(
            new() { Name = "endless" }, new StreamInputs.OfAll(), ReadRows.Context, TestContext.Current.CancellationToken);
        await foreach (var batch in Assert.IsType<StreamRows.Streamed>(rows).Stream.Partitions.Single())
        {
            Assert.NotEqual(0, batch.RowCount);
            Assert.Equal(["1"], await RunningAsync());
            break;
        }
        for (var waited = 0; await RunningAsync() is not ["0"]; waited++)
        {
            Assert.True(waited < 100, "the server still sends the rows that are not read");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Task<List<string>> RunningAsync() => database.QueryAsync(
            $"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{database.Name}' AND user = 'foz' "
                + "AND info LIKE '%endless%'");
    }

    [Fact]
    public async Task A_query_is_run_once_and_not_by_ranges_of_its_key()
    {
        var database = await server.CreateDatabaseAsync();
        database.Define(lake, "{t: {query: 'SELECT id FROM source ORDER BY id DESC LIMIT 500 -- the newest', keys: [id]}}");
        await database.ExecuteAsync("CREATE TABLE source (id INT PRIMARY KEY); INSERT INTO source SELECT seq FROM seq_1_to_20000");
        var step = (await lake.RunWellAsync()).Steps.Single();
        Assert.DoesNotContain(step.Warnings, w => w.Message.Contains("connections", StringComparison.Ordinal));
        Assert.Equal(["500|19501"], await lake.QueryAsync("SELECT count(*), min(id) FROM bronze.t"));
    }

    [Fact]
    public async Task What_keeps_it_from_connecting_is_told_without_the_password()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t (i INT)");
        database.Define(lake, "{t: }", password: "wrong");
        await FailsAsync("MySqlConnector: connecting: Access denied for user 'foz'@'localhost' (using password: YES)");
        database.Define(lake, "{t: }", more: ";SSL Mode=VerifyCA");
        await FailsAsync("MySqlConnector: connecting: SSL Authentication Error");
        database.Define(lake, "{t: }", more: $";SSL Mode=VerifyCA;SSL CA={server.RootCertificateFile}");
        await lake.RunWellAsync();
        database.Define(lake, "{t: }", password: "begin;s3cret-tail");
        await FailsAsync("MySqlConnector: connection_string has a part that the provider does not know");
        database.Define(lake, "{gone: }");
        await FailsAsync($"MySqlConnector: reading the columns of stream 'gone': Table '{database.Name}.gone' doesn't exist");

        async Task FailsAsync(string message)
        {
            var error = (await lake.RunAsync()).Steps.Single().Error!.Describe();
            Assert.Contains(message, error, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret-tail", error, StringComparison.Ordinal);
            Assert.DoesNotContain(MariaDbServer.Password, error, StringComparison.Ordinal);
        }
    }
}

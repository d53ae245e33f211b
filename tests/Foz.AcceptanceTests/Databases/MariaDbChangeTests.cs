using Foz.Connectors.Changes;
using Foz.Connectors.MySql.Changes;
using Foz.Lake;
using MySqlConnector;

namespace Foz.AcceptanceTests.Databases;

/// <summary>The binary logs of a real MariaDB, read as changes.</summary>
public sealed class MariaDbChangeTests : IAsyncLifetime
{
    const string Columns = """
        id bigint primary key, bo boolean, t1 tinyint, y year, ut tinyint unsigned, s smallint, us smallint unsigned,
        m mediumint, um mediumint unsigned, i int, ui int unsigned, b bigint, ub bigint unsigned, de decimal(65,30),
        d38 decimal(38,10), d102 decimal(10,2), f float, d double, b1 bit(1), b9 bit(9), b64 bit(64), dt date,
        dtm datetime, dtm6 datetime(6), ts timestamp null, ts6 timestamp(6) null, ti time, ti6 time(6), ch char(5),
        vc varchar(300), l1 varchar(50) character set latin1, cy text character set cp1251,
        u16 varchar(20) character set utf16, bi binary(4), vb varbinary(20), bl blob, tx longtext,
        e enum('a','b,c','é'), el enum('ä','b') character set latin1, st set('x','y','z'), js json, g geometry,
        uu uuid, i4 inet4, i6 inet6, zc varchar(200) compressed, zb blob compressed
        """;

    const string Values = """
        (1, 1, -128, 2155, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808,
         18446744073709551615, -12345678901234567890123456789012345.123456789012345678901234567890,
         1234567890123456789012345678.0123456789, -0.05, 0.1, 1.7976931348623157e308, 1, 511, 18446744073709551615,
         '2024-02-29', '1000-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2024-03-31 01:30:00',
         '2038-01-19 03:14:07.999999', '-838:59:59', '-00:00:01.500000', 'ab', 'naïve 🦊', 'café €', 'Привет', '日本 🦊',
         0x00010000, 0x00FF00, REPEAT(0x01, 70000), REPEAT('é', 70000), 'b,c', 'ä', 'x,z', '{"a": [1, "é"]}',
         ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0.1 -2),LINESTRING(0 0,1e20 1e-7),
         MULTIPOINT(1 1,2 2),MULTIPOLYGON(((0 0,1 0,1 1,0 0))))', 4326),
         '6ccd780c-baba-1026-9564-5b8c656024db', '192.168.0.1', '2001:db8::ff00:42:8329',
         REPEAT('é', 150), REPEAT(0x00, 5000)),
        (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '0000-00-00 00:00:00',
         '2024-00-15 00:00:00', 0, 0, 0, 0, '', '', '', '', '', '', '', '', '', '', 'b', '', '[]', POINT(1, 2),
         '01234567-89ab-4def-8123-456789abcd00', '0.0.0.0', '::', '', ''),
        (3, null, null,
         null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
         null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
         null, null, null, null, null, null, null, null, null, null)
        """;

    readonly MariaDbServer server = new()
    {
        Settings =
        [
            "log-bin=binlog", "server-id=51", "binlog-format=ROW", "binlog-row-metadata=FULL", "max-binlog-size=100000",
        ],
    };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("FULL", false)]
    [InlineData("FULL", true)]
    [InlineData("NOBLOB", false)]
    [InlineData("MINIMAL", false)]
    public async Task Every_type_arrives_as_the_server_has_it(string rowImage, bool isCompressed)
    {
        var database = await CreateAsync();
        await database.ExecuteAsync(
            $"SET GLOBAL log_bin_compress = {isCompressed}, GLOBAL log_bin_compress_min_len = 10");
        await using var source = Source(database);
        await using var start = await source.StartAsync(Cancel);
        var image = $"SET binlog_row_image = {rowImage}, sql_mode = '', time_zone = '+00:00'; ";
        await database.ExecuteAsync(
            image + $"CREATE TABLE types ({Columns}); INSERT INTO types VALUES "
            + Values);
        await database.ExecuteAsync(
            image + "UPDATE types SET vc = 'changed', ub = 7 WHERE id < 3; UPDATE types SET bl = 'x' WHERE id = 1; "
            + "UPDATE types SET id = 9, e = 'é' WHERE id = 2; UPDATE types SET g = NULL WHERE id = 9; "
            + "INSERT INTO types SELECT * FROM (SELECT * FROM types WHERE id = 1) x "
            + "ON DUPLICATE KEY UPDATE tx = 'dup'; "
            + "DELETE FROM types WHERE id = 3");
        var rows = await ReadAsync(source, start.Position, new ChangedRows());
        await AssertSameAsync(database, rows, "types");
        Assert.Contains(rows.Operations, o => o.StartsWith("types o 2|", StringComparison.Ordinal));
        Assert.Equal(RowIdentity.Key, rows.Tables["types"].Identity);
        Assert.Equal(rowImage == "FULL", rows.Tables["types"].HasBefore);
    }

    [Fact]
    public async Task A_hard_workload_gives_the_rows_of_the_server_from_its_snapshot_on()
    {
        var database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE acct (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL, balance DECIMAL(12,2), note TEXT);
            CREATE TABLE nopk (a INT, b VARCHAR(10));
            CREATE TABLE comp (a VARCHAR(20), b INT, v DOUBLE, PRIMARY KEY (a, b));
            CREATE TABLE evolve (id INT PRIMARY KEY, a INT, b VARCHAR(20));
            CREATE TABLE gen (id INT AUTO_INCREMENT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL,
                s INT AS (a * 3) STORED);
            CREATE TABLE part (id INT, d DATE, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d))
                (PARTITION p0 VALUES LESS THAN (2024), PARTITION p1 VALUES LESS THAN MAXVALUE);
            INSERT INTO acct VALUES (1, 'Ana', 10.5, NULL), (2, 'Bo', 0, REPEAT('n', 9000));
            INSERT INTO nopk VALUES (1, 'x'), (1, 'x');
            """);
        await using var source = Source(database);
        await using var start = await source.StartAsync(Cancel);
        await database.ExecuteAsync(
            """
            INSERT INTO acct VALUES (3, 'C', 1, 'late');
            BEGIN; UPDATE acct SET balance = balance - 5 WHERE id = 1;
            UPDATE acct SET balance = balance + 5 WHERE id = 2; COMMIT;
            BEGIN; DELETE FROM acct; ROLLBACK;
            BEGIN; INSERT INTO acct VALUES (4, 'D', 4, ''); SAVEPOINT s;
            INSERT INTO acct VALUES (5, 'E', 5, ''); ROLLBACK TO s; COMMIT;
            UPDATE acct SET id = id + 100 ORDER BY id DESC;
            UPDATE nopk SET b = 'y' LIMIT 1; INSERT INTO nopk VALUES (NULL, NULL); DELETE FROM nopk WHERE b = 'x';
            INSERT INTO comp VALUES ('a', 1, 0.1), ('a', 2, -0.0), ('B', 1, 1e308); UPDATE comp SET a = 'A' WHERE b = 2;
            INSERT INTO evolve VALUES (1, 1, 'one'); ALTER TABLE evolve ADD COLUMN c INT;
            INSERT INTO evolve VALUES (2, 2, 'two', 22);
            ALTER TABLE evolve MODIFY a BIGINT UNSIGNED; INSERT INTO evolve VALUES (3, 18446744073709551615, 'x', NULL);
            ALTER TABLE evolve CHANGE b bb VARCHAR(30), DROP COLUMN c;
            UPDATE evolve SET bb = 'renamed'; TRUNCATE evolve;
            INSERT INTO evolve VALUES (4, 4, 'four');
            INSERT INTO gen (a) VALUES (1), (2), (NULL); UPDATE gen SET a = 5 WHERE id = 1;
            INSERT INTO part VALUES (1, '2020-01-01'), (2, '2025-01-01'); UPDATE part SET d = '2026-01-01' WHERE id = 1;
            CREATE TABLE ctas AS SELECT id, name FROM acct; FLUSH BINARY LOGS;
            CREATE TABLE ma (id INT PRIMARY KEY) ENGINE = MyISAM;
            INSERT INTO ma VALUES (1), (2); DELETE FROM ma WHERE id = 1;
            CREATE TABLE late (id INT PRIMARY KEY); INSERT INTO late VALUES (1);
            RENAME TABLE late TO later; INSERT INTO later VALUES (2);
            CREATE TABLE big (id INT PRIMARY KEY, v INT);
            INSERT INTO big SELECT seq, seq FROM seq_1_to_4000;
            UPDATE big SET v = v + 1 WHERE id % 2 = 0; DELETE FROM big WHERE id % 3 = 0;
            /* a comment */ TRUNCATE TABLE `ctas`; INSERT INTO ctas VALUES (7, 'seven');
            """);
        var rows = new ChangedRows();
        var session = ((MySqlSnapshot)start.Session).Connection;
        foreach (var table in (string[])["acct", "nopk"])
            rows.Load(table, (await ChangedRows.ReadAsync((MySqlConnection)session, table)).Rows);
        Assert.Equal(2, rows.Of("acct").Length);
        await ReadAsync(source, start.Position, rows);
        foreach (var table in (string[])["acct", "nopk", "comp", "evolve", "gen", "part", "ctas", "ma", "big"])
            await AssertSameAsync(database, rows, table);
        Assert.Equal(["1"], rows.Of("late").Select(r => r[0]));
        Assert.Equal(["2"], rows.Of("later").Select(r => r[0]));
        Assert.Equal(RowIdentity.WholeRow, rows.Tables["nopk"].Identity);
        Assert.Equal([0, 1], rows.Tables["comp"].Keys);
    }

    [Fact]
    public async Task A_stream_that_is_killed_continues_where_it_was()
    {
        var database = await CreateAsync();
        await using var source = Source(database);
        await using var start = await source.StartAsync(Cancel);
        await database.ExecuteAsync("CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (0, 0)");
        var rows = new ChangedRows();
        var position = start.Position;
        for (var round = 1; round <= 5; round++)
        {
            var opened = Assert.IsType<ChangeOpening.Opened>(await source.OpenAsync(position, Cancel));
            await using var stream = opened.Stream;
            await database.ExecuteAsync(
                $"INSERT INTO t VALUES ({round}, 0); UPDATE t SET v = v + 1; FLUSH BINARY LOGS");
            position = await ReadAsync(stream, rows, await stream.FindEndAsync(Cancel));
            // The text of a position says all of it.
            position = source.ParsePosition(position.ToString());
            var dump = (await database.QueryAsync(
                "SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'")).Single();
            await database.ExecuteAsync($"KILL {dump}");
            var error = await Assert.ThrowsAsync<FozException>(() => ReadAsync(stream, rows, null));
            Assert.Equal(ErrorKind.Source, error.Kind);
        }

        await AssertSameAsync(database, rows, "t");
        Assert.Equal(6 + 2 + 3 + 4 + 5 + 6, rows.Operations.Count);
    }

    [Fact]
    public async Task Logs_that_are_purged_or_of_another_server_are_a_gap()
    {
        var database = await CreateAsync();
        await using var source = Source(database);
        await using var start = await source.StartAsync(Cancel);
        await database.ExecuteAsync("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); FLUSH BINARY LOGS");
        await database.ExecuteAsync("INSERT INTO t VALUES (2); FLUSH BINARY LOGS");
        await PurgeAsync(database);
        var gap = Assert.IsType<ChangeOpening.Refused>(await source.OpenAsync(start.Position, Cancel)).Gap;
        Assert.Equal(ChangeGapKind.SlotLost, gap.Kind);
        Assert.StartsWith("the server no longer has the logs after ", gap.Message, StringComparison.Ordinal);

        var now = (BinlogPosition)(await source.StartAsync(Cancel)).Position;
        Assert.IsType<ChangeOpening.Opened>(await source.OpenAsync(now, Cancel));
        gap = await GapAsync(now with { Gtids = "0-51-999999" });
        Assert.Equal(ChangeGapKind.ServerBehind, gap.Kind);
        gap = await GapAsync(now with { Server = "7", Gtids = "5-7-1" });
        Assert.Equal(ChangeGapKind.OtherServer, gap.Kind);
        gap = await GapAsync(now with { Gtids = "0-51-1" });
        Assert.Equal(ChangeGapKind.HistoryParted, gap.Kind);
        gap = await GapAsync(BinlogPosition.Parse("mysql:3e11fa47-71ca-11e1-9e33-c80aa9429562:binlog.000001:4:0:"));
        Assert.Equal(ChangeGapKind.OtherServer, gap.Kind);

        async Task<ChangeGap> GapAsync(ChangePosition position) =>
            Assert.IsType<ChangeOpening.Refused>(await source.OpenAsync(position, Cancel)).Gap;
    }

    [Fact]
    public async Task Settings_that_lose_changes_are_refused_with_what_to_set()
    {
        var database = await CreateAsync();
        await using var source = Source(database);
        await using var start = await source.StartAsync(Cancel);
        await database.ExecuteAsync(
            "CREATE TABLE t (id INT PRIMARY KEY); SET binlog_format = STATEMENT; INSERT INTO t VALUES (1)");
        var error = await Assert.ThrowsAsync<FozException>(() => ReadAsync(source, start.Position, new()));
        Assert.Contains("set binlog_format=ROW", error.Message, StringComparison.Ordinal);

        await database.ExecuteAsync("SET GLOBAL binlog_row_metadata = MINIMAL");
        error = await Assert.ThrowsAsync<FozException>(() => source.StartAsync(Cancel));
        Assert.Equal("SET GLOBAL binlog_row_metadata = FULL", error.Hint);
        await database.ExecuteAsync("SET GLOBAL binlog_row_metadata = FULL, GLOBAL binlog_format = MIXED");
        error = await Assert.ThrowsAsync<FozException>(() => source.StartAsync(Cancel));
        Assert.StartsWith("SET GLOBAL binlog_format = ROW", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_a_password_and_TLS_are_proven()
    {
        var database = await CreateAsync();
        var required = Text(database, $"SSL Mode=VerifyCA;SSL CA={server.RootCertificateFile}");
        await using var source = new MySqlChangeSource(new MySqlChangeOptions(required));
        await using var start = await source.StartAsync(Cancel);
        await using var stream = Assert.IsType<ChangeOpening.Opened>(
            await source.OpenAsync(start.Position, Cancel)).Stream;
        await using var wrong = new MySqlChangeSource(new MySqlChangeOptions(
            required.Replace(MariaDbServer.Password, "wrong", StringComparison.Ordinal)));
        var error = await Assert.ThrowsAsync<FozException>(() => wrong.StartAsync(Cancel));
        Assert.Equal("check user and password", error.Hint);
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);
    }

    async Task<MariaDbDatabase> CreateAsync()
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4");
        await database.ExecuteAsync("GRANT ALL ON *.* TO foz@localhost");
        return database;
    }

    string Text(MariaDbDatabase database, string more) =>
        $"Server=127.0.0.1;Port={server.Port};Database={database.Name};User ID=foz;"
        + $"Password={MariaDbServer.Password};{more}";

    MySqlChangeSource Source(MariaDbDatabase database) =>
        new(new MySqlChangeOptions(Text(database, "SSL Mode=None")));

    async Task AssertSameAsync(MariaDbDatabase database, ChangedRows changed, string table)
    {
        await using var same = new MySqlConnection(
            Text(database, "SSL Mode=None;Allow Zero DateTime=true;GUID Format=None;Treat Tiny As Boolean=false"));
        await same.OpenAsync(Cancel);
        await using (var command = new MySqlCommand("SET time_zone = '+00:00'", same))
            await command.ExecuteNonQueryAsync(Cancel);
        var (types, expected) = await ChangedRows.ReadAsync(same, table);
        Assert.Equal(types, changed.Tables[table].Fields.Take(types.Count).Select(f => f.Type));
        static List<string> Sorted(IEnumerable<string?[]> rows) =>
            [.. rows.Select(r => string.Join('|', r.Select(v => v ?? "NULL"))).Order(StringComparer.Ordinal)];
        Assert.Equal(Sorted(expected), Sorted(changed.Of(table)));
    }

    /// <summary>
    /// Removes all logs except the last; the server keeps those that a recovery would need for a moment.
    /// </summary>
    static async Task PurgeAsync(MariaDbDatabase database)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var last = (await database.QueryAsync("SHOW MASTER STATUS")).Single().Split('|')[0];
            await database.ExecuteAsync($"PURGE BINARY LOGS TO '{last}'");
            if ((await database.QueryAsync("SHOW BINARY LOGS")).Count == 1) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
        }

        Assert.Fail("the server keeps its logs");
    }

    static async Task<ChangedRows> ReadAsync(MySqlChangeSource source, ChangePosition from, ChangedRows rows)
    {
        var opening = await source.OpenAsync(from, Cancel);
        await using var stream = Assert.IsType<ChangeOpening.Opened>(opening).Stream;
        await ReadAsync(stream, rows, await stream.FindEndAsync(Cancel));
        return rows;
    }

    static async Task<ChangePosition> ReadAsync(IChangeStream stream, ChangedRows rows, ChangePosition? end)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var limits = new ChangeLimits { IdleMax = TimeSpan.FromMilliseconds(100), RowsMax = 20_000 };
        do
        {
            await foreach (var part in stream.ReadBatchAsync(limits, limit.Token)) rows.Apply(part);
        }
        while (end is null || stream.Position.Number < end.Number);
        return stream.Position;
    }
}

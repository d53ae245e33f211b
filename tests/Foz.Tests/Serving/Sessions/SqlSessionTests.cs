using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Serving.Copying;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Serving.Statements;
using Foz.Serving.Transactions;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Serving.Sessions;

public sealed class SqlSessionTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_tells_its_columns_and_parameters_without_running()
    {
        var statement = await session.PrepareAsync(
            "SELECT id, name, amount, id > $2 AS above FROM silver.orders WHERE name = $1", [0, TypeOids.Int4], Cancel);

        Assert.Equal(
            [
                ("id", TypeOids.Int8, -1), ("name", TypeOids.Text, -1),
                ("amount", TypeOids.Numeric, ((10 << 16) | 2) + 4), ("above", TypeOids.Bool, -1),
            ],
            statement.Columns!.Select(c => (c.Name, c.PgType.Oid, c.PgType.Modifier)));
        Assert.Equal([TypeOids.Text, TypeOids.Int4], statement.ParameterTypes.Select(t => t.Oid));
        await using var cursor = await statement.ExecuteAsync(["b", "1"], Cancel);
        Assert.Equal(["2|b|2.50|True"], await ServedSessionExtensions.RowsOfAsync(cursor));
        Assert.Equal("SELECT 1", cursor.Tag);
    }

    [Fact]
    public async Task Records_that_are_on_their_way_are_read_with_those_of_their_table()
    {
        await lake.ChangeAsync("CREATE TABLE foz.steps AS SELECT 'silver.a' AS step, 1::BIGINT AS rows");
        var file = Path.Combine(lake.Lake.Engines.CreateTempFolder().FullName, "steps.jsonl");
        await File.WriteAllTextAsync(file, """{"step": "silver.b", "rows": 2}""", Cancel);
        lake.Pending[new("foz", "steps")] = () => Task.FromResult<PendingRows?>(new(
            $"SELECT * FROM read_json('{file}', format = 'newline_delimited', columns = {{'step': "
                + $"'VARCHAR', 'rows': 'BIGINT'}})"));
        lake.Pending[new("foz", "runs")] = lake.Pending[new("foz", "steps")];

        Assert.Equal(
            ["silver.a|1", "silver.b|2", "SELECT 2"],
            await session.RunAsync("SELECT step, rows FROM foz.steps ORDER BY 1"));
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("SELECT rows FROM foz.steps WHERE step = 'silver.b'"));
        // Of these none has reached its table.
        Assert.Equal(["SELECT 0"], await session.RunAsync("SELECT * FROM foz.runs"));
    }

    [Theory]
    [InlineData("SELECT $1::VARCHAR", "it's", "it's")]
    [InlineData("SELECT $1::INTEGER + 1", "41", "42")]
    [InlineData("SELECT list_sum($1::INTEGER[])", "{1, 2}", "3")]
    [InlineData("SELECT '$1', $1", "x", "$1|x")]
    [InlineData("SELECT $1 IS NULL", null, "True")]
    public async Task Values_stand_for_parameters(string sql, object? value, string row) =>
        Assert.Equal([row, "SELECT 1"], await session.RunAsync(sql, value));

    [Theory]
    [InlineData(TypeOids.Bytea, "\\x0102ff", "octet_length($1)", "3")]
    [InlineData(TypeOids.Numeric, "12345678901234567890.5", "$1 * 2", "24691357802469135781.0")]
    [InlineData(1007u, "{1,NULL,3}", "$1", "[1,NULL,3]")]
    [InlineData(1009u, "{a,\"b,\\\"c\",\"NULL\"}", "$1", "[a,b,\"c,NULL]")]
    [InlineData(TypeOids.Timestamp, "2026-01-31 10:00:00", "$1 + INTERVAL 1 DAY", "2026-02-01 10:00:00")]
    [InlineData(TypeOids.Bool, "t", "NOT $1", "false")]
    public async Task Values_are_read_as_PostgreSQL_writes_them(
        uint type, string value, string expression, string expected)
    {
        var statement = await session.PrepareAsync($"SELECT CAST({expression} AS VARCHAR)", [type], Cancel);
        if (type is 1007 or 1009) statement = await session.PrepareAsync($"SELECT {expression}", [type], Cancel);
        await using var cursor = await statement.ExecuteAsync([value], Cancel);
        Assert.Equal([expected], await ServedSessionExtensions.RowsOfAsync(cursor));
    }

    [Fact]
    public async Task Parameters_of_unknown_types_stand_beside_known_ones()
    {
        var statement = await session.PrepareAsync("SELECT name, $1 AS p FROM silver.orders WHERE id = $2", [], Cancel);
        Assert.Equal([TypeOids.Text, TypeOids.Int8], statement.ParameterTypes.Select(t => t.Oid));
        await using var cursor = await statement.ExecuteAsync(["x", "2"], Cancel);
        Assert.Equal(["b|x"], await ServedSessionExtensions.RowsOfAsync(cursor));
    }

    [Fact]
    public async Task Several_cursors_stream_side_by_side_in_any_portions()
    {
        var all = await session.PrepareAsync("SELECT i FROM range(5000) r(i)", [], Cancel);
        var orders = await session.PrepareAsync("SELECT id FROM silver.orders ORDER BY id", [], Cancel);
        await using var first = await all.ExecuteAsync([], Cancel);
        Assert.Equal(3, (await first.FetchAsync(3, Cancel))!.Value.Count);
        await using var second = await orders.ExecuteAsync([], Cancel);
        Assert.Equal(["1", "2", "3", "4", "5"], await ServedSessionExtensions.RowsOfAsync(second, rowsMax: 2));
        Assert.Equal(4997, (await ServedSessionExtensions.RowsOfAsync(first, rowsMax: 1000)).Count);
        Assert.Equal(5000, first.RowCount);
    }

    [Fact]
    public async Task A_transaction_reads_every_table_at_one_instant()
    {
        await session.RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        await lake.ChangeAsync("DELETE FROM silver.orders WHERE id = 1");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM lake.silver.orders"));
        Assert.Equal(["4", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders AT (VERSION => 2)"));
        Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
        Assert.Equal(["4", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task A_statement_that_fails_leaves_nothing_but_the_end_of_the_transaction()
    {
        Assert.Equal(["BEGIN"], await session.RunAsync("begin"));
        await session.RunAsync("SAVEPOINT a");
        Assert.Equal("42703", await session.FailAsync("SELECT nothing FROM silver.orders"));
        Assert.Equal(TransactionState.Failed, session.State);
        Assert.Equal("25P02", await session.FailAsync("SELECT 1"));
        Assert.Equal("25P02", await session.FailAsync("SHOW TimeZone"));
        Assert.Equal(["ROLLBACK"], await session.RunAsync("ROLLBACK TO SAVEPOINT a"));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT 1"));
        Assert.Equal("3B001", await session.FailAsync("RELEASE b"));
        Assert.Equal(["ROLLBACK"], await session.RunAsync("END"));
        Assert.Equal(TransactionState.Idle, session.State);
        Assert.Equal("25P01", await session.FailAsync("SAVEPOINT a"));
    }

    [Fact]
    public async Task What_fails_while_rows_are_fetched_fails_the_transaction()
    {
        await session.RunAsync("BEGIN");
        var statement = await session.PrepareAsync("SELECT CAST(name AS INTEGER) FROM silver.orders", [], Cancel);
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await using var cursor = await statement.ExecuteAsync([], Cancel);
            await ServedSessionExtensions.RowsOfAsync(cursor);
        });
        Assert.Equal("22P02", error.SqlState);
        Assert.Equal(TransactionState.Failed, session.State);
    }

    [Fact]
    public async Task Cursors_are_declared_fetched_moved_and_closed()
    {
        Assert.Equal("25P01", await session.FailAsync("DECLARE c CURSOR FOR SELECT 1"));
        await session.RunAsync("BEGIN");
        Assert.Equal(
            ["DECLARE CURSOR"],
            await session.RunAsync("DECLARE \"C 1\" NO SCROLL CURSOR FOR SELECT id FROM silver.orders ORDER BY id"));
        await session.RunAsync("DECLARE held CURSOR WITH HOLD FOR SELECT id FROM silver.orders ORDER BY id");
        Assert.Equal(["1", "2", "FETCH 2"], await session.RunAsync("FETCH 2 IN \"C 1\""));
        Assert.Equal(["MOVE 1"], await session.RunAsync("MOVE \"C 1\""));
        Assert.Equal(["4", "5", "FETCH 2"], await session.RunAsync("FETCH FORWARD ALL FROM \"C 1\""));
        Assert.Equal(["FETCH 0"], await session.RunAsync("FETCH NEXT FROM \"C 1\""));
        await session.RunAsync("COMMIT");
        Assert.Equal("34000", await session.FailAsync("FETCH 1 FROM \"C 1\""));
        Assert.Equal(["1", "FETCH 1"], await session.RunAsync("FETCH held"));
        Assert.Equal(["CLOSE CURSOR"], await session.RunAsync("CLOSE held"));
        Assert.Equal("34000", await session.FailAsync("CLOSE held"));
    }

    [Fact]
    public async Task Settings_are_the_sessions_own_and_go_back_with_the_transaction()
    {
        var told = new List<string>();
        session.Settings.Changed = (name, value) => told.Add($"{name}={value}");
        Assert.Equal(["SET"], await session.RunAsync("SET timezone TO 'America/Sao_Paulo'"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("SET LOCAL TIME ZONE 'Asia/Tokyo'");
        await session.RunAsync("SET application_name = psql");
        Assert.Equal(["Asia/Tokyo", "SHOW"], await session.RunAsync("SHOW TIME ZONE"));
        await session.RunAsync("ROLLBACK");
        Assert.Equal(["America/Sao_Paulo", "SHOW"], await session.RunAsync("SHOW TimeZone"));
        Assert.Equal(["", "SHOW"], await session.RunAsync("SHOW application_name"));
        Assert.Equal(["DISCARD ALL"], await session.RunAsync("DISCARD ALL"));
        Assert.Equal(["UTC", "SHOW"], await session.RunAsync("SHOW timezone"));
        Assert.Equal(
            [
                "TimeZone=America/Sao_Paulo", "TimeZone=Asia/Tokyo", "application_name=psql",
                "application_name=", "TimeZone=America/Sao_Paulo", "TimeZone=UTC",
            ],
            told);
    }

    [Fact]
    public async Task Settings_go_back_to_a_savepoint_and_local_ones_need_a_transaction()
    {
        var noticed = new List<string>();
        session.Noticed = notice => noticed.Add(notice.SqlState);
        Assert.Equal(["SET"], await session.RunAsync("SET LOCAL TIME ZONE 'Asia/Tokyo'"));
        Assert.Equal(["25P01"], noticed);
        Assert.Equal(["UTC", "SHOW"], await session.RunAsync("SHOW TIME ZONE"));
        await session.RunAsync("SET TIME ZONE -3");
        Assert.Equal(["Etc/GMT+3", "SHOW"], await session.RunAsync("SHOW TIME ZONE"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("SET LOCAL TIME ZONE 'Asia/Tokyo'");
        await session.RunAsync("SAVEPOINT a");
        await session.RunAsync("SET application_name = psql");
        await session.RunAsync("SET LOCAL TIME ZONE 'UTC'");
        await session.RunAsync("ROLLBACK TO a");
        Assert.Equal(["Asia/Tokyo", "SHOW"], await session.RunAsync("SHOW TIME ZONE"));
        Assert.Equal(["", "SHOW"], await session.RunAsync("SHOW application_name"));
        await session.RunAsync("COMMIT");
        Assert.Equal(["Etc/GMT+3", "SHOW"], await session.RunAsync("SHOW TIME ZONE"));
    }

    [Theory]
    [InlineData("SET no_such_thing = 1", "42704")]
    [InlineData("SET server_version = '9'", "55P02")]
    [InlineData("SET TimeZone = 'Mars/Olympus'", "22023")]
    [InlineData("SET client_encoding = 'LATIN1'", "22023")]
    [InlineData("SET TIME ZONE 5.5", "22023")]
    [InlineData("SET TIME ZONE -13", "22023")]
    [InlineData("SET IntervalStyle = iso_8601", "22023")]
    [InlineData("SET bytea_output = escape", "22023")]
    [InlineData("SET extra_float_digits = 0", "22023")]
    [InlineData("SET LOCAL no_such_thing = 1", "42704")]
    [InlineData("SET LOCAL TimeZone = 'Mars/Olympus'", "22023")]
    [InlineData("SET standard_conforming_strings = off", "22023")]
    [InlineData("SET ROLE other", "0A000")]
    [InlineData("SHOW memory_limit", "42704")]
    [InlineData("SELECT FROM", "42601")]
    [InlineData("SELECT * FROM silver.missing", "42P01")]
    [InlineData("SELECT no_such_function(1)", "42883")]
    [InlineData("SELECT CAST('x' AS INTEGER)", "22P02")]
    [InlineData("SELECT \"", "42601")]
    [InlineData("SELECT 1 AS \"a", "42601")]
    [InlineData("FETCH \"", "42601")]
    [InlineData("FETCH x", "34000")]
    [InlineData("SELECT -1e999", "22003")]
    [InlineData("SELECT $2", "42P18")]
    [InlineData("FETCH BACKWARD 1 FROM c", "55000")]
    [InlineData("COPY silver.orders TO '/tmp/x'", "42501")]
    public async Task What_cannot_be_has_its_SQLSTATE(string sql, string state) =>
        Assert.Equal(state, await session.FailAsync(sql));

    [Fact]
    public async Task Names_without_a_schema_are_looked_for_in_the_search_path()
    {
        Assert.Equal("42P01", await session.FailAsync("SELECT count(*) FROM orders"));
        await session.RunAsync("SET search_path TO gold, silver");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM orders"));
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT o.id FROM orders o WHERE o.id = 1"));
    }

    [Fact]
    public async Task A_statement_that_waits_for_its_rows_can_be_canceled_and_ends_by_its_time()
    {
        const string Long = "SELECT count(*) FROM range(100000000) a(i), range(100000) b(j) WHERE hash(i + j) = 0";
        var running = Task.Run(() => session.FailAsync(Long), Cancel);
        while (!running.IsCompleted)
        {
            session.Work.Cancel();
            await Task.Yield();
        }
        Assert.Equal("57014", await running);
        await session.RunAsync("SET statement_timeout = '50ms'");
        Assert.Equal("57014", await session.FailAsync(Long));
        await session.RunAsync("SET statement_timeout = 0");
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT 1"));
    }

    [Fact]
    public async Task Rows_are_changed()
    {
        Assert.Equal(
            ["INSERT 0 2"],
            await session.RunAsync("INSERT INTO silver.orders VALUES ($1, 'x', 1), (7, $2, 2)", 6, "y"));
        Assert.Equal(["UPDATE 1"], await session.RunAsync("UPDATE silver.orders SET name = 'z' WHERE id = 7"));
        Assert.Equal(["DELETE 1"], await session.RunAsync("DELETE FROM silver.orders WHERE id = $1", "6"));
        Assert.Equal(["z", "SELECT 1"], await session.RunAsync("SELECT name FROM silver.orders WHERE id = 7"));
    }

    [Fact]
    public async Task Changes_are_written_as_for_PostgreSQL()
    {
        await session.RunAsync("SET search_path = silver");
        await session.RunAsync(
            "CREATE TABLE t (id bigserial, a integer NOT NULL, b character varying(10), tags text[], n numeric(10, 2), "
                + "at timestamp, z timestamp with time zone, f double precision)");
        Assert.Equal(
            ["INSERT 0 2"],
            await session.RunAsync(
                "INSERT INTO t (a, b, at) SELECT 7 / 2, 'x' || i::text, now()::timestamp "
                    + "FROM generate_series(1, 2) g(i)"));
        Assert.Equal(
            ["UPDATE 1"], await session.RunAsync("UPDATE t SET a = a / 2, tags = '{u,v}'::text[] WHERE b ~ '2$'"));
        Assert.Equal(
            ["3|x1|NULL", "1|x2|2", "SELECT 2"],
            await session.RunAsync("SELECT a, b, array_length(tags, 1) FROM t ORDER BY b"));
        Assert.Equal(["DELETE 1"], await session.RunAsync("DELETE FROM t WHERE b !~ '^x2'"));
        await session.RunAsync("CREATE VIEW halves AS SELECT 7 / 2 AS half");
        Assert.Equal(["3", "SELECT 1"], await session.RunAsync("SELECT half FROM halves"));
        Assert.Equal(
            [
                "id|int8", "a|int4", "b|text", "tags|_text", "n|numeric", "at|timestamp", "z|timestamptz", "f|float8",
                "SELECT 8",
            ],
            await session.RunAsync(
                "SELECT attname, typname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid WHERE attrelid = "
                    + "'t'::regclass AND attnum > 0 ORDER BY attnum"));
        Assert.Equal("0A000", await session.FailAsync("CREATE TABLE u (at time)"));
    }

    [Fact]
    public async Task Schemas_are_there_from_their_first_table_to_their_last()
    {
        var notices = new List<string>();
        session.Noticed = notice => notices.Add($"{notice.SqlState} {notice.Text}");
        Assert.Equal(["CREATE SCHEMA"], await session.RunAsync("CREATE SCHEMA sales AUTHORIZATION ana"));
        await session.RunAsync("CREATE TABLE sales.t (a int)");
        Assert.Equal("42P06", await session.FailAsync("CREATE SCHEMA sales"));
        Assert.Equal(["CREATE SCHEMA"], await session.RunAsync("CREATE SCHEMA IF NOT EXISTS sales"));
        Assert.Equal("2BP01", await session.FailAsync("DROP SCHEMA sales"));
        Assert.Equal("0A000", await session.FailAsync("DROP SCHEMA sales CASCADE"));
        await session.RunAsync("DROP TABLE sales.t");
        Assert.Equal("3F000", await session.FailAsync("DROP SCHEMA sales"));
        Assert.Equal(["DROP SCHEMA"], await session.RunAsync("DROP SCHEMA IF EXISTS sales"));
        Assert.Equal("42939", await session.FailAsync("CREATE SCHEMA pg_own"));
        Assert.Equal(
            ["00000 schema \"sales\" is listed from its first table on",
                "42P06 schema \"sales\" already exists, skipping",
                "00000 schema \"sales\" does not exist, skipping"],
            notices);
        await using var other = lake.Open("bia", isOwner: false);
        Assert.Equal("42501", await other.FailAsync("CREATE SCHEMA own"));
    }

    [Theory]
    [InlineData("INSERT INTO silver.orders VALUES ($1, $2, $3)", TypeOids.Int8, TypeOids.Text, TypeOids.Numeric)]
    [InlineData(
        "INSERT INTO silver.orders (name, id) VALUES ($1, $2), ($3, 4)", TypeOids.Text, TypeOids.Int8, TypeOids.Text)]
    [InlineData(
        "UPDATE silver.orders SET amount = $1 WHERE id = $2 AND name = $3", TypeOids.Numeric, TypeOids.Int8,
        TypeOids.Text)]
    [InlineData(
        "DELETE FROM silver.orders o WHERE o.amount > $1 AND o.id IN ($2, $3)", TypeOids.Numeric, TypeOids.Int8,
        TypeOids.Int8)]
    public async Task Parameters_of_changes_are_of_the_types_of_their_columns(
        string sql, uint first, uint second, uint third)
    {
        var statement = await session.PrepareAsync(sql, [], Cancel);
        Assert.Equal([first, second, third], statement.ParameterTypes.Select(t => t.Oid));
    }

    [Fact]
    public async Task Tables_of_which_nothing_is_granted_are_not_there_to_be_changed()
    {
        await using var other = lake.Open("bia", isOwner: false);
        Assert.Equal("42P01", await other.FailAsync("DELETE FROM silver.orders"));
        Assert.Equal("42P01", await other.FailAsync("DESCRIBE DETAIL silver.orders"));
    }

    [Fact]
    public async Task A_copy_tells_its_format()
    {
        var statement = await session.PrepareAsync(
            "COPY (SELECT id FROM silver.orders) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';')", [], Cancel);
        Assert.Equal(
            new CopyOptions { Format = CopyFormat.Csv, HasHeader = true, Delimiter = ';', Null = "" }, statement.Copy);
        await using var cursor = await statement.ExecuteAsync([], Cancel);
        Assert.Equal(5, (await ServedSessionExtensions.RowsOfAsync(cursor)).Count);
        Assert.Equal("COPY 5", cursor.Tag);
        Assert.Equal(
            CopyFormat.Text,
            (await session.PrepareAsync("copy silver.orders (id, name) to stdout", [], Cancel)).Copy!.Format);
    }

    [Fact]
    public async Task Sessions_and_what_they_keep_are_bounded()
    {
        var others = new List<SqlSession> { lake.Open(), lake.Open(), lake.Open() };
        Assert.Equal("53300", Assert.Throws<FozException>(() => lake.Open()).SqlState);
        foreach (var other in others) await other.DisposeAsync();
        Assert.Same(session, Assert.Single(lake.Service.Sessions));
        for (var i = 0; i < 3; i++) await session.RunAsync($"PREPARE p{i} AS SELECT {i}");
        Assert.Equal("53400", await session.FailAsync("PREPARE p3 AS SELECT 1"));
        await session.RunAsync("DEALLOCATE p0");
        Assert.Equal("26000", await session.FailAsync("DEALLOCATE p0"));
        await session.RunAsync("BEGIN");
        for (var i = 0; i < 3; i++) await session.RunAsync($"DECLARE c{i} CURSOR FOR SELECT {i}");
        Assert.Equal("53400", await session.FailAsync("DECLARE c3 CURSOR FOR SELECT 1"));
    }

    [Fact]
    public async Task Errors_have_their_place_in_what_the_client_wrote()
    {
        const string Sql = "DECLARE c CURSOR FOR SELECT\n 'é', nothing FROM silver.orders";
        var error = await Assert.ThrowsAsync<FozException>(() => session.PrepareAsync(Sql, [], Cancel));
        Assert.Equal(Sql.IndexOf("nothing", StringComparison.Ordinal) + 1, SqlPosition.Of(Sql, error));
    }
}

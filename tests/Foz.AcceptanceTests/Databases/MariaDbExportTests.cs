using Foz.AcceptanceTests.PostgreSql;
using Foz.Pipelines.Batches;
using Foz.Storage;

namespace Foz.AcceptanceTests.Databases;

/// <summary>Exports of models to MariaDB.</summary>
public sealed class MariaDbExportTests(MariaDbServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Every_type_is_written_as_it_is()
    {
        var database = await OpenAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE `out` (id INT PRIMARY KEY, b BOOLEAN, l BIGINT, u BIGINT UNSIGNED, r FLOAT, d DOUBLE, n DECIMAL(38,10), day DATE,
                at DATETIME(6), ts TIMESTAMP(6) NULL, bin BLOB, txt TEXT, `order` JSON, auto INT AUTO_INCREMENT UNIQUE)
            """);
        Model(
            "{connection: db, table: out}",
            """
            SELECT 1 AS id, true AS b, (-9223372036854775807 - 1)::bigint AS l, 18446744073709551615::decimal(20,0) AS u, 0.1::float AS r,
                1.7976931348623157e308::double AS d, 1234567890123456789012345678.0123456789::decimal(38,10) AS n, date '2024-02-29' AS day,
                timestamp '2024-01-02 03:04:05.678901' AS "at", timestamptz '2024-01-02 03:04:05.678901+02' AS ts,
                'a\x00\xFF'::blob AS bin, 'it''s \ "ok" 🦊 ' || chr(10) AS txt, {'a': [1, 2]} AS "order", 0 AS auto
            UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5
            """);
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "1|1|-9223372036854775808|18446744073709551615|0.1|1.7976931348623157E+308|1234567890123456789012345678.0123456789|"
                    + "2024-02-29|2024-01-02 03:04:05.678901|2024-01-02 01:04:05.678901|6100FF|it's \\ \"ok\" 🦊 \n|{\"a\":[1,2]}|0",
                "2|||||||||||||5",
            ],
            await database.QueryAsync(
                "SET time_zone = '+00:00'; SELECT id, b, l, u, r, d, CAST(n AS CHAR), CAST(day AS CHAR), CAST(at AS CHAR), CAST(ts AS CHAR), "
                    + "HEX(bin), txt, `order`, auto FROM `out` ORDER BY id"));
    }

    [Theory]
    [InlineData("INT", "'abc'", "Incorrect integer value")]
    [InlineData("VARCHAR(3)", "'abcd'", "Data too long")]
    [InlineData("VARCHAR(3) CHARACTER SET latin1", "'🦊'", "Incorrect string value")]
    [InlineData("TINYINT", "1000", "Out of range")]
    [InlineData("ENUM('a')", "'b'", "Data truncated")]
    [InlineData("INT NOT NULL", "NULL::int", "cannot be null")]
    public async Task What_the_table_cannot_hold_is_refused_though_the_server_would_change_it(
        string type, string value, string message)
    {
        var database = await OpenAsync();
        await database.ExecuteAsync($"CREATE TABLE t (id INT, v {type}); INSERT INTO t (id, v) VALUES (7, 'a')");
        Model("{connection: db, table: t}", $"SELECT i AS id, {value} AS v FROM range(3000) r(i)");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(["7"], await database.QueryAsync("SELECT id FROM t"));
    }

    [Theory]
    [InlineData("VARCHAR(20)", "utf8mb4_bin")]
    [InlineData("VARCHAR(20) CHARACTER SET latin1", "latin1_bin")]
    public async Task An_upsert_touches_the_rows_of_its_own_keys_only(string type, string collation)
    {
        var database = await OpenAsync();
        await database.ExecuteAsync(
            $"CREATE TABLE source_rows (k VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY, v INT); "
                + "INSERT INTO source_rows VALUES ('a', 1), ('é', 1), ('o''x', 1); "
                + $"CREATE TABLE t (k {type} COLLATE {collation} PRIMARY KEY, v INT); INSERT INTO t VALUES ('A', 9), ('É', 9), ('e', 9)");
        lake.Write("sources/db.yml", "connection: db\nstreams: {source_rows: {keys: [k]}}\n");
        Model("{connection: db, table: t, mode: upsert, keys: [k]}", "SELECT k, v FROM bronze.source_rows");
        await lake.RunWellAsync();
        await database.ExecuteAsync(
            "UPDATE source_rows SET v = 2 WHERE k = 'é'; DELETE FROM source_rows WHERE k = 'a'");
        await lake.RunWellAsync();
        Assert.Equal(
            ["A|9", "e|9", "o'x|1", "É|9", "é|2"], await database.QueryAsync("SELECT k, v FROM t ORDER BY k, v"));
    }

    [Fact]
    public async Task Keys_that_a_collation_holds_equal_are_told_apart_or_refused()
    {
        var database = await OpenAsync();
        // Without a unique index both may be there; with one the server refuses, and nothing is changed.
        await database.ExecuteAsync(
            """
            CREATE TABLE source_rows (k VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY, v INT); INSERT INTO source_rows VALUES ('a', 1), ('b', 1);
            CREATE TABLE t (k VARCHAR(20) COLLATE utf8mb4_general_ci, v INT, KEY (k)); INSERT INTO t VALUES ('A', 9), ('b ', 9)
            """);
        lake.Write("sources/db.yml", "connection: db\nstreams: {source_rows: {keys: [k]}}\n");
        Model("{connection: db, table: t, mode: upsert, keys: [k]}", "SELECT k, v FROM bronze.source_rows");
        await lake.RunWellAsync();
        Assert.Equal(
            ["A|9", "a|1", "b|1", "b |9"],
                await database.QueryAsync("SELECT k, v FROM t ORDER BY CAST(k AS BINARY), v DESC"));
        await database.ExecuteAsync("DELETE FROM source_rows WHERE k = 'a'; UPDATE source_rows SET v = 2");
        await lake.RunWellAsync();
        Assert.Equal(
            ["A|9", "b|2", "b |9"], await database.QueryAsync("SELECT k, v FROM t ORDER BY CAST(k AS BINARY), v DESC"));
        await database.ExecuteAsync(
            "DELETE FROM t WHERE v = 9; INSERT INTO t VALUES ('C', 9); ALTER TABLE t ADD UNIQUE (k); INSERT INTO source_rows VALUES ('c', 3)");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("Duplicate entry 'c' for key", error.Message, StringComparison.Ordinal);
        Assert.Contains("give its columns a binary collation", error.Hint, StringComparison.Ordinal);
        Assert.Equal(["b|2", "C|9"], await database.QueryAsync("SELECT k, v FROM t ORDER BY k"));
    }

    [Fact]
    public async Task An_upsert_keeps_other_columns_and_the_rows_that_refer_to_a_row()
    {
        var database = await OpenAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE source_rows (id INT PRIMARY KEY, v INT, mail VARCHAR(9));
            INSERT INTO source_rows VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c');
            CREATE TABLE t (id INT PRIMARY KEY, v INT, mail VARCHAR(9) UNIQUE, note TEXT); INSERT INTO t VALUES (1, 9, 'a', 'mine');
            CREATE TABLE child (id INT, FOREIGN KEY (id) REFERENCES t (id) ON DELETE CASCADE); INSERT INTO child VALUES (1)
            """);
        lake.Write("sources/db.yml", "connection: db\nstreams: {source_rows: {keys: [id]}}\n");
        Model("{connection: db, table: t, mode: upsert, keys: [id]}", "SELECT id, v, mail FROM bronze.source_rows");
        await lake.RunWellAsync();
        await ExpectAsync("1|1|a|mine|1", "2|1|b||0", "3|1|c||0");
        await database.ExecuteAsync(
            "UPDATE source_rows SET v = 2 WHERE id < 3; DELETE FROM source_rows WHERE id = 3; "
                + "INSERT INTO source_rows VALUES (4, 2, 'd'); UPDATE t SET note = 'yours' WHERE id = 2");
        await lake.RunWellAsync();
        await ExpectAsync("1|2|a|mine|1", "2|2|b|yours|0", "4|2|d||0");
        // The row of another key keeps its value: the new one is refused.
        await database.ExecuteAsync(
            "INSERT INTO t VALUES (7, 7, 'x', 'other'); INSERT INTO source_rows VALUES (5, 5, 'x')");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("Duplicate entry 'x' for key", error.Message, StringComparison.Ordinal);
        await ExpectAsync("1|2|a|mine|1", "2|2|b|yours|0", "4|2|d||0", "7|7|x|other|0");

        async Task ExpectAsync(params string[] rows) => Assert.Equal(
            rows,
            await database.QueryAsync(
                "SELECT id, v, mail, note, (SELECT COUNT(*) FROM child WHERE child.id = t.id) FROM t ORDER BY id"));
    }

    [Theory]
    [InlineData("VARCHAR(20)", "id", "the key id is integer in the model and VARCHAR in the table")]
    [InlineData("INT", "id::varchar", "the key id is string in the model and INT in the table")]
    public async Task Keys_of_another_kind_are_refused(string type, string key, string message)
    {
        var database = await OpenAsync();
        await database.ExecuteAsync($"CREATE TABLE t (id {type}, v INT); INSERT INTO t VALUES ('1', 9)");
        Model("{connection: db, table: t, mode: upsert, keys: [id]}",
            $"SELECT {key} AS id, 1 AS v FROM (SELECT 1::int AS id)");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(["1|9"], await database.QueryAsync("SELECT id, v FROM t"));
    }

    [Fact]
    public async Task Rows_with_a_null_key_are_refused_as_each_run_would_add_them_again()
    {
        var database = await OpenAsync();
        await database.ExecuteAsync("CREATE TABLE t (id INT NULL, v INT, KEY (id)); INSERT INTO t VALUES (7, 9)");
        Model("{connection: db, table: t, mode: upsert, keys: [id]}", "SELECT NULL::int AS id, 1 AS v");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("1 of its rows have NULL in the key id", error.Message, StringComparison.Ordinal);
        Assert.Equal(["7|9"], await database.QueryAsync("SELECT id, v FROM t"));
    }

    [Fact]
    public async Task First_exports_that_begin_together_all_arrive()
    {
        var database = await OpenAsync();
        await database.ExecuteAsync(string.Join("; ", Numbers.Select(i => $"CREATE TABLE t{i} (id INT PRIMARY KEY)")));
        foreach (var i in Numbers)
            lake.Write(
                $"models/silver/m{i}.sql",
                "/* @foz\nmaterialization: {type: table}\nexport: {connection: db, table: t" + i
                    + ", mode: upsert, keys: [id]}\n@foz */\nSELECT range::int AS id FROM range(100)");
        await lake.RunWellAsync();
        foreach (var i in Numbers)
            Assert.Equal(["100"], await database.QueryAsync($"SELECT COUNT(*) FROM t{i}"));
    }

    static IEnumerable<int> Numbers => Enumerable.Range(0, 12);

    [Fact]
    public async Task A_table_without_transactions_is_refused()
    {
        var database = await OpenAsync();
        await database.ExecuteAsync("CREATE TABLE t (id INT) ENGINE = MyISAM; INSERT INTO t VALUES (7)");
        Model("{connection: db, table: t}", "SELECT 1 AS id");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Equal(
            "export to db t: the table's engine MyISAM has no transactions: a failure would leave a part of the rows",
            error.Message);
        Assert.Equal("ALTER TABLE `t` ENGINE = InnoDB", error.Hint);
        Assert.Equal(["7"], await database.QueryAsync("SELECT id FROM t"));
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("upsert, keys: [id]")]
    [InlineData("append")]
    public async Task A_failure_in_the_middle_changes_nothing_and_the_next_run_makes_up_for_it(string mode)
    {
        var database = await OpenAsync();
        await DefineAsync(database, mode);
        await database.ExecuteAsync("INSERT INTO people SELECT seq, 'a' FROM seq_1_to_10");
        await lake.RunWellAsync();
        await database.ExecuteAsync(
            "ALTER TABLE `out` ADD CONSTRAINT no_such_row CHECK (id <> 20000); INSERT INTO people SELECT seq, 'b' FROM seq_11_to_25000");
        var error = (await lake.RunAsync()).Steps.Single(s => s.Error is not null).Error!;
        Assert.Contains("no_such_row", error.Message, StringComparison.Ordinal);
        await ExpectAsync("10|10");
        await database.ExecuteAsync("ALTER TABLE `out` DROP CONSTRAINT no_such_row");
        await lake.RunWellAsync();
        await ExpectAsync("25000|10");
        await lake.RunWellAsync();
        await ExpectAsync("25000|10");
        if (mode == "append") return;
        await database.ExecuteAsync("DELETE FROM people WHERE id > 5; UPDATE people SET name = 'c' WHERE id = 1");
        await lake.RunWellAsync();
        await ExpectAsync("5|4");

        async Task ExpectAsync(string counts) => Assert.Equal(
            [counts], await database.QueryAsync("SELECT COUNT(*), CAST(SUM(name = 'a') AS SIGNED) FROM `out`"));
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("upsert, keys: [id]")]
    [InlineData("append")]
    public async Task A_run_whose_step_was_taken_over_writes_nothing_after_the_other(string mode)
    {
        var database = await OpenAsync();
        await DefineAsync(database, mode);
        await database.ExecuteAsync("INSERT INTO people VALUES (1, 'a')");
        await lake.RunWellAsync();
        await database.ExecuteAsync("INSERT INTO people VALUES (2, 'b')");
        var isPaused = false;
        RunResult paused;
        using (Failpoint.Watch(name =>
        {
            if (name != "export.bound" || isPaused) return;
            isPaused = true;
            Directory.Delete(Path.Combine(lake.Folder, "lake/_foz/hosts"), recursive: true);
            Task.Run(async () =>
            {
                await database.ExecuteAsync(
                    "INSERT INTO people VALUES (3, 'c'); UPDATE people SET name = 'newer' WHERE id = 1");
                await lake.RunWellAsync();
            }).Wait();
        }))
            paused = await lake.RunAsync();
        Assert.Contains(
            "another run took over silver.people", paused.Steps.Single(s => s.Error is not null).Error!.Message,
            StringComparison.Ordinal);
        string[] rows = [mode == "append" ? "1|a" : "1|newer", "2|b", "3|c"];
        Assert.Equal(rows, await database.QueryAsync("SELECT id, name FROM `out` ORDER BY id"));
        await lake.RunWellAsync();
        Assert.Equal(rows, await database.QueryAsync("SELECT id, name FROM `out` ORDER BY id"));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(700)]
    [InlineData(1000)]
    public async Task A_connection_that_breaks_leaves_nothing_and_the_next_run_writes_all(int bytes)
    {
        var database = await OpenAsync();
        await DefineAsync(database, "append");
        await database.ExecuteAsync("INSERT INTO people SELECT seq, REPEAT('x', 200) FROM seq_1_to_20000");
        lake.Write("sources/db.yml", "connection: db\nstreams: {people: {mode: incremental, cursor: id}}\n");
        await using var proxy = new Proxy(server.Port) { BytesMax = bytes };
        lake.Write(
            "foz.yml", File.ReadAllText(Path.Combine(lake.Folder, "foz.yml")) + "\n  far: {type: database, provider: "
                + $"MySqlConnector, connection_string: 'Server=127.0.0.1;Port={proxy.Port};Database={database.Name};User "
                + "ID=foz;Password=${DB_PASSWORD};SSL Mode=None'}\n");
        var path = Path.Combine(lake.Folder, "models/silver/people.sql");
        var model = File.ReadAllText(path);
        File.WriteAllText(path, model.Replace("connection: db", "connection: far", StringComparison.Ordinal));
        Assert.NotNull((await lake.RunAsync()).Steps.SingleOrDefault(s => s.Error is not null));
        Assert.Equal(["0"], await database.QueryAsync("SELECT COUNT(*) FROM `out`"));
        File.WriteAllText(path, model);
        await lake.RunWellAsync();
        Assert.Equal(["20000|20000"], await database.QueryAsync("SELECT COUNT(*), COUNT(DISTINCT id) FROM `out`"));
    }

    async Task DefineAsync(MariaDbDatabase database, string mode)
    {
        var appends = mode == "append";
        await database.ExecuteAsync(
            $"CREATE TABLE `out` (id BIGINT {(appends ? "" : "PRIMARY KEY")}, name TEXT); CREATE TABLE people (id BIGINT, name TEXT)");
        lake.Write(
            "sources/db.yml",
            $"connection: db\nstreams: {{people: {(appends ? "{mode: incremental, cursor: id}" : "")}}}\n");
        lake.Write(
            "models/silver/people.sql",
            $"/* @foz\nmaterialization: {(appends ? "incremental" : "table")}\nexport: {{connection: db, table: out, mode: {mode}}}\n"
                + $"@foz */\nSELECT id, name FROM {(appends ? "STREAM(bronze.people)" : "bronze.people")}");
    }

    void Model(string export, string select) => lake.Write(
        "models/silver/people.sql", $"/* @foz\nmaterialization: {{type: table}}\nexport: {export}\n@foz */\n{select}");

    async Task<MariaDbDatabase> OpenAsync()
    {
        var database = await server.CreateDatabaseAsync("CHARACTER SET utf8mb4");
        database.Define(lake, "{}");
        File.Delete(Path.Combine(lake.Folder, "sources/db.yml"));
        return database;
    }
}

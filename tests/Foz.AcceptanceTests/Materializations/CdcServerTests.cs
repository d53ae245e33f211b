using Foz.AcceptanceTests.PostgreSql;
using Foz.AcceptanceTests.Streams;
using Foz.Lake;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>The current rows of a real server's tables, from the changes in its log.</summary>
public sealed class CdcServerTests(PostgreSqlServer server)
{
    const int Rounds = 6, StatementsPerRound = 25;

    [Fact]
    public async Task Silver_takes_wider_types_as_bronze_does()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE t (id int PRIMARY KEY, n int, d numeric(10, 2)); INSERT INTO t VALUES (1, 1, 1.5), (2, 2, 2)", "t");
        logged.Lake.Write("sources/shop.yml", "connection: shop\nsilver: current\nstreams:\n  t: {mode: cdc}\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "ALTER TABLE t ALTER n TYPE bigint, ALTER d TYPE numeric(14, 4); UPDATE t SET n = 5000000000, d = 1234567890.1234 WHERE id = 1");
        await logged.Lake.RunWellAsync();
        Assert.Equal(
            ["1|5000000000|1234567890.1234", "2|2|2.0000"],
            await logged.Lake.QueryAsync("SELECT id, n, d FROM silver.t ORDER BY id"));
    }

    [Theory]
    [InlineData("stored_as_scd_type: 1")]
    [InlineData("stored_as_scd_type: 2, track_history_columns: [ubig, large, flag]")]
    public async Task What_is_made_of_a_large_value_that_was_not_sent_stays(string words)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE h (id int PRIMARY KEY, n int, big text, other text, x int, c int);
            ALTER TABLE h ALTER big SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL;
            INSERT INTO h SELECT i, 0, repeat('a' || i, 5000), repeat('b' || i, 5000) FROM generate_series(1, 3) i;
            """,
            "h");
        logged.Lake.Write("models/silver/h.sql", $$"""
            /* @foz
            materialization: {type: incremental, strategy: cdc, {{words}}, except_columns: [big, other]}
            @foz */
            SELECT *, upper(big) AS ubig, big AS large, left(other, 2) = 'b' || id AS flag, n * 2 AS twice
            FROM STREAM(bronze.h)
            """);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            $"UPDATE h SET n = n + 1; UPDATE h SET big = repeat('z', 5000) WHERE id = 2; UPDATE h SET n = n + 1 WHERE id = 2");
        await logged.Lake.RunWellAsync();
        var current = words.EndsWith('1') ? "" : "WHERE __END_AT IS NULL ";
        Assert.Equal(
            ["1|1|2|A1|a1|10000|True", "2|2|4|ZZ|zz|5000|True", "3|1|2|A3|a3|10000|True"],
            await logged.Lake.QueryAsync(
                $"SELECT id, n, twice, left(ubig, 2), left(large, 2), length(large), flag FROM silver.h {current}ORDER BY id"));
    }

    /// <summary>Each SELECT over the changes makes the rows that it makes of the source's rows, or is refused.</summary>
    [Theory]
    [InlineData("SELECT * REPLACE (upper(big) AS big) FROM {0}")]
    [InlineData("SELECT * RENAME (big AS other, other AS big) FROM {0}")]
    [InlineData("WITH a AS (SELECT *, big AS long FROM {0}), b AS (SELECT *, length(long) AS len FROM a) SELECT * FROM b")]
    [InlineData("SELECT *, coalesce(big, 'none') AS sure, big IS NULL AS lacks FROM {0}")]
    [InlineData("SELECT *, {{'b': big}} AS s, [big, big] AS l FROM {0}")]
    [InlineData("SELECT id, n, left(big, 3) AS \"Ünder Score\", other, {1} FROM (SELECT * FROM {0}) AS q")]
    [InlineData("SELECT t.*, l.big AS name FROM {0} AS t LEFT JOIN silver.names AS l ON t.n % 2 = l.n")]
    [InlineData("SELECT t.*, l.big AS name FROM {0} AS t LEFT JOIN silver.names AS l ON t.id % 2 = l.n")]
    [InlineData("SELECT t.*, l.big AS joined FROM {0} AS t LEFT JOIN silver.names AS l ON length(t.big) % 2 = l.n", "joined")]
    [InlineData("SELECT t.*, (SELECT max(l.big) FROM silver.names AS l WHERE l.n = length(t.big) % 2) AS looked FROM {0} AS t", "looked")]
    [InlineData("SELECT *, big IN (SELECT big FROM silver.names) AS found FROM {0}", "found")]
    [InlineData("SELECT * EXCLUDE (big), big || other AS mixed FROM {0}", "mixed")]
    [InlineData("SELECT *, left(other, 2) || id AS mixed FROM {0}", "mixed")]
    [InlineData("SELECT t.*, CASE WHEN t.n % 2 = 0 THEN t.big ELSE t.other END AS mixed FROM {0} AS t", "mixed")]
    [InlineData("SELECT *, {{'b': big, 'n': n}} AS mixed, [big, other] AS l FROM {0}", "mixed, l")]
    [InlineData("SELECT *, (SELECT max(length(x)) FROM (VALUES (big), (other)) AS v(x)) AS mixed FROM {0}", "mixed")]
    [InlineData("SELECT t.*, t.big || l.big AS mixed FROM {0} AS t LEFT JOIN silver.names AS l ON t.n % 2 = l.n", "mixed")]
    public async Task Computed_columns_are_those_of_the_rows_of_the_source(string select, string? refused = null)
    {
        const string Own = "_cdc_op, _cdc_lsn, _cdc_seq, _cdc_unchanged";
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE h (id int PRIMARY KEY, n int, big text, other text);
            ALTER TABLE h ALTER big SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL;
            INSERT INTO h SELECT i, i, repeat('a' || i, 3000), repeat('b' || i, 3000) FROM generate_series(1, 8) i;
            INSERT INTO h VALUES (9, 9, NULL, NULL);
            """,
            "h");
        var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, select, "STREAM(bronze.h)", Own);
        logged.Lake.Write("models/silver/names.sql", "SELECT 0 AS n, 'even' AS big UNION ALL SELECT 1, 'odd'");
        foreach (var (name, words) in new[] { ("now", ""), ("versions", ", stored_as_scd_type: 2") })
            logged.Lake.Write(
                $"models/silver/{name}.sql",
                $"/* @foz\nmaterialization: {{type: incremental, strategy: cdc{words}}}\n@foz */\n{sql}\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            """
            UPDATE h SET n = n + 1; UPDATE h SET big = repeat('z', 9000) WHERE id = 2;
            UPDATE h SET other = NULL WHERE id = 3; UPDATE h SET n = n + 1 WHERE id IN (2, 3); UPDATE h SET id = 40 WHERE id = 4;
            DELETE FROM h WHERE id = 5; UPDATE h SET n = -n WHERE id > 5; UPDATE h SET big = repeat('y', 9000) WHERE id = 9
            """);
        if (refused is not null)
        {
            var failed = await logged.Lake.RunAsync();
            foreach (var name in new[] { "silver.now", "silver.versions" })
                Assert.Contains(
                    $"makes {refused} from these and others",
                    failed.Steps.Single(step => $"{step.Step}" == name).Error!.Message, StringComparison.Ordinal);
            return;
        }
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE h SET n = n * 3; UPDATE h SET big = other WHERE id = 6");
        await logged.Lake.RunWellAsync();
        // Bronze has no gaps once its table is copied: what the models made of changes they make of that, too.
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.h")).Expect(0);
        var (now, versions) = (await RowsAsync("now", ""), await RowsAsync("versions", "WHERE __END_AT IS NULL"));
        Assert.Equal(now, versions);
        await logged.Lake.RunWellAsync();
        Assert.Equal(await RowsAsync("now", ""), now);
        Assert.Equal(8, now.Count);

        Task<List<string>> RowsAsync(string table, string where) => logged.Lake.QueryAsync(
            $"SELECT md5(CAST(t AS VARCHAR)) FROM (SELECT * EXCLUDE ({(table == "now" ? "" : "__START_AT, __END_AT, ")}"
                + $"_none) FROM (SELECT *, 0 AS _none FROM silver.{table}) {where}) AS t ORDER BY t.id");
    }

    [Fact]
    public async Task A_model_names_what_the_source_did_not_send()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE h (id int PRIMARY KEY, n int, big text); INSERT INTO h VALUES (1, 1, 'x')", "h");
        logged.Lake.Write("models/silver/h.sql", """
            /* @foz
            materialization: {type: incremental, strategy: cdc}
            @foz */
            SELECT id, n, big, _cdc_op, _cdc_lsn, _cdc_seq FROM STREAM(bronze.h)
            """);
        var result = await logged.Lake.RunAsync();
        Assert.Contains(
            "leaves out _cdc_unchanged", result.Steps.Single(step => $"{step.Step}" == "silver.h").Error!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_order_of_the_log_may_be_stated()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')", "t");
        logged.Lake.Write("models/silver/now.sql", """
            /* @foz
            materialization: {type: incremental, strategy: cdc, sequence_by: [_cdc_lsn, _cdc_seq]}
            @foz */
            SELECT * FROM STREAM(bronze.t)
            """);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("DELETE FROM t WHERE id = 1; UPDATE t SET v = 'b2' WHERE id = 2");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["2|b2"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now"));
    }

    [Fact]
    public async Task A_truncate_of_one_of_several_streams_leaves_the_others()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE s1 (id int PRIMARY KEY); CREATE TABLE s2 (id int PRIMARY KEY); INSERT INTO s1 VALUES (1); INSERT INTO s2 VALUES (1)",
            "s1", "s2");
        const string Model = """
            /* @foz
            materialization: {type: incremental, strategy: cdc, keys: [shard, id]WORDS}
            @foz */
            SELECT 's1' AS shard, * FROM STREAM(bronze.s1) UNION ALL SELECT 's2', * FROM STREAM(bronze.s2)
            """;
        logged.Lake.Write("models/silver/both.sql", Model.Replace("WORDS", ""));
        var error = await Assert.ThrowsAsync<FozException>(() => logged.Lake.RunAsync());
        Assert.Contains("reads 2 change streams", error.Message, StringComparison.Ordinal);
        foreach (var sequence in new[] { "_cdc_lsn", "_CDC_LSN", "[_cdc_commit_ts, _cdc_tx]" })
        {
            logged.Lake.Write(
                "models/silver/both.sql",
                Model.Replace("WORDS", $", apply_as_truncate_when: false, sequence_by: {sequence}"));
            error = await Assert.ThrowsAsync<FozException>(() => logged.Lake.RunAsync());
            Assert.Contains("'sequence_by' of silver.both is the same for all changes of a transaction", error.Message, StringComparison.Ordinal);
            Assert.Equal("leave 'sequence_by' out: the default is _cdc_lsn, then _cdc_seq", error.Hint);
        }
        logged.Lake.Write("models/silver/both.sql", Model.Replace("WORDS", ", apply_as_truncate_when: false"));
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("TRUNCATE s1");
        await logged.Lake.RunWellAsync();
        Assert.Contains("s2|1", await logged.Lake.QueryAsync("SELECT shard, id FROM silver.both ORDER BY 1, 2"));
    }

    [Fact]
    public async Task Silver_has_the_rows_of_the_server_after_each_run()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FOZ_SEED"), out var only) ? only : Random.Shared.Next();
        var random = new Random(seed);
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, v text, n int, big text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
            INSERT INTO t SELECT i, 'v' || i, i, repeat(md5(i::text), 100) FROM generate_series(1, 40) i;
            CREATE TABLE p (a int, b text, v text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x', 'one');
            """,
            "t", "p");
        logged.Lake.Write("sources/shop.yml", "connection: shop\nsilver: current\nstreams:\n  t: {mode: cdc}\n  p: {mode: cdc}\n");
        logged.Lake.Write("models/silver/history.sql", """
            /* @foz
            materialization: {type: incremental, strategy: cdc, stored_as_scd_type: 2}
            @foz */
            SELECT * FROM STREAM(bronze.t)
            """);
        await logged.Lake.RunWellAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await AssertSameAsync(logged, seed);
            for (var i = 0; i < StatementsPerRound; i++) await TryAsync(logged.Database, StatementOf(random));
            await logged.Lake.RunWellAsync();
        }
        await AssertSameAsync(logged, seed);
        Assert.All((await logged.Lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));

        // All changes at once, by other batches, give the same.
        await logged.Lake.RunAsync(isFullRefresh: true);
        await AssertSameAsync(logged, seed);
    }

    static string StatementOf(Random random)
    {
        var (id, other) = (random.Next(60), random.Next(60));
        return random.Next(12) switch
        {
            0 or 1 => $"INSERT INTO t VALUES ({id}, 'i{other}', {other}, repeat(md5('{other}'), 100))",
            2 or 3 or 4 => $"UPDATE t SET v = 'u{other}' WHERE id BETWEEN {id} AND {id + 3}",
            5 => $"UPDATE t SET big = repeat(md5('b{other}'), 100) WHERE id = {id}",
            6 or 7 => $"UPDATE t SET id = {other} WHERE id = {id}",
            8 => $"DELETE FROM t WHERE id = {id}",
            9 => $"BEGIN; UPDATE t SET id = {other} WHERE id = {id}; UPDATE t SET n = n + 1 WHERE id = {other}; "
                + $"UPDATE t SET id = {id + 1000} WHERE id = {other}; DELETE FROM t WHERE id = {id + 1}; COMMIT",
            10 => random.Next(4) == 0 ? "TRUNCATE t" : $"INSERT INTO p VALUES ({id % 5}, 'k{other % 3}', 'v')",
            _ => $"UPDATE p SET b = 'k{other % 4}', v = 'w{other}' WHERE a = {id % 5}",
        };
    }

    /// <summary>Runs a statement that may break a key.</summary>
    static async Task TryAsync(PostgreSqlDatabase database, string sql)
    {
        try
        {
            await database.ExecuteAsync(sql);
        }
        catch (Exception e) when (e.Message.Contains("duplicate key", StringComparison.Ordinal))
        {
            // Nothing of it was committed.
        }
    }

    static async Task AssertSameAsync(LoggedDatabase logged, int seed)
    {
        var rows = (await logged.Database.QueryAsync("SELECT id, v, n, md5(big) FROM t")).Select(row => string.Join('|', row))
            .Order(StringComparer.Ordinal).ToList();
        var current = (await logged.Lake.QueryAsync("SELECT id, v, n, md5(big) FROM silver.t")).Order(StringComparer.Ordinal).ToList();
        Assert.True(
            rows.SequenceEqual(current),
            $"seed {seed}: missing {string.Join(' ', rows.Except(current))}, not expected {string.Join(' ', current.Except(rows))}");
        var last = (await logged.Lake.QueryAsync("SELECT id, v, n, md5(big) FROM silver.history WHERE __END_AT IS NULL"))
            .Order(StringComparer.Ordinal).ToList();
        Assert.True(
            rows.SequenceEqual(last),
            $"seed {seed}: missing {string.Join(' ', rows.Except(last))}, not expected {string.Join(' ', last.Except(rows))}");
        Assert.Equal(
            (await logged.Database.QueryAsync("SELECT a, b, v FROM p")).Select(row => string.Join('|', row)).Order(StringComparer.Ordinal),
            (await logged.Lake.QueryAsync("SELECT a, b, v FROM silver.p")).Order(StringComparer.Ordinal));
    }
}

using System.Globalization;
using Foz.Tests;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>
/// Compares the strategies of incremental models with the SQL of a textbook, which PostgreSQL runs on the same random
/// batches: after each batch both tables are the same.
/// </summary>
public sealed class StrategyOracleTests : IDisposable
{
    const int Batches = 12;

    static readonly string[] Values = ["a", "b", "ç", "", "🦆", "NULL"];

    readonly PostgreSqlServer server;
    readonly SteppingClock clock = new();
    readonly TestLake lake;
    readonly Random random;

    public StrategyOracleTests(PostgreSqlServer server)
    {
        this.server = server;
        var seed = Soak.Seed();
        (random, lake) = (new(seed), new(clock: clock));
        lake.Write("foz.yml", "name: t\nlake: lake\n");
    }

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("strategy: append", false, "INSERT INTO t SELECT * FROM batch")]
    [InlineData("unique_key: id", true, """
        MERGE INTO t USING batch b ON t.id = b.id
        WHEN MATCHED THEN UPDATE SET v = b.v, day = b.day, ts = b.ts
        WHEN NOT MATCHED THEN INSERT VALUES (b.id, b.v, b.day, b.ts)
        """)]
    [InlineData("unique_key: [id], merge_update_columns: [v]", true, """
        MERGE INTO t USING batch b ON t.id = b.id
        WHEN MATCHED THEN UPDATE SET v = b.v
        WHEN NOT MATCHED THEN INSERT VALUES (b.id, b.v, b.day, b.ts)
        """)]
    [InlineData("unique_key: [id], merge_exclude_columns: [v, ts]", true, """
        MERGE INTO t USING batch b ON t.id = b.id
        WHEN MATCHED THEN UPDATE SET day = b.day
        WHEN NOT MATCHED THEN INSERT VALUES (b.id, b.v, b.day, b.ts)
        """)]
    [InlineData("unique_key: id, incremental_predicates: [\"target.id % 3 > 0\", \"id < 15\"]", true, """
        MERGE INTO t USING batch b ON t.id = b.id AND t.id % 3 > 0 AND t.id < 15
        WHEN MATCHED THEN UPDATE SET v = b.v, day = b.day, ts = b.ts
        WHEN NOT MATCHED THEN INSERT VALUES (b.id, b.v, b.day, b.ts)
        """)]
    [InlineData("strategy: delete+insert, unique_key: id", false, """
        DELETE FROM t WHERE id IN (SELECT id FROM batch);
        INSERT INTO t SELECT * FROM batch
        """)]
    [InlineData("strategy: delete+insert, unique_key: [day, v]", false, """
        DELETE FROM t USING batch b WHERE t.day = b.day AND t.v = b.v;
        INSERT INTO t SELECT * FROM batch
        """)]
    [InlineData("strategy: insert_overwrite, partition_by: day", false, """
        DELETE FROM t WHERE EXISTS (SELECT 1 FROM batch b WHERE b.day IS NOT DISTINCT FROM t.day);
        INSERT INTO t SELECT * FROM batch
        """)]
    [InlineData("strategy: insert_overwrite, partition_by: [day, v]", false, """
        DELETE FROM t WHERE EXISTS (
            SELECT 1 FROM batch b WHERE b.day IS NOT DISTINCT FROM t.day AND nullif(b.v, '') IS NOT DISTINCT FROM t.v);
        INSERT INTO t SELECT id, nullif(v, ''), day, ts FROM batch
        """)]
    [InlineData("strategy: truncate+insert", false, "TRUNCATE t; INSERT INTO t SELECT * FROM batch")]
    public async Task A_strategy_gives_what_SQL_gives(string strategy, bool hasUniqueKeys, string sql)
    {
        var database = await CreateAsync("CREATE TABLE t AS SELECT * FROM batch LIMIT 0");
        var replaces = strategy == "strategy: truncate+insert";
        WriteModel($"type: incremental, {strategy}", replaces ? "bronze.t" : "STREAM(bronze.t)");
        for (var batch = 1; batch <= Batches; batch++)
        {
            await BringAsync(database, NewRows(hasUniqueKeys), replaces);
            await database.ExecuteAsync(sql);
            await lake.RunWellAsync();

            await AssertSameAsync(database, batch, "id, v, day, ts", "t");
        }
    }

    [Fact]
    public async Task Intervals_are_filled_as_SQL_replaces_their_time()
    {
        const int Lookback = 3;
        var database = await CreateAsync(
            "CREATE TABLE t AS SELECT * FROM batch LIMIT 0; CREATE TABLE events AS SELECT * FROM batch LIMIT 0");
        WriteModel(
            $"type: incremental, strategy: microbatch, event_time: ts, begin: '2026-02-28', "
                + $"batch_size: hour, lookback: {Lookback}", "bronze.t");
        for (var batch = 1; batch <= Batches; batch++)
        {
            clock.Step(TimeSpan.FromMinutes(random.Next(1, 150)));
            var rows = Enumerable.Range(0, random.Next(1, 20)).Select(_ => string.Create(CultureInfo.InvariantCulture,
                $"({random.Next(25)}, {Value(true)}, {Day(true)}, TIMESTAMP "
                    + $"'{clock.Last.AddMinutes(random.Next(-600, 60)):yyyy-MM-dd HH:mm:ss}')"));
            await BringAsync(database, $"(VALUES {string.Join(", ", rows)}) v(id, v, day, ts)", replaces: false);
            var end = $"date_trunc('hour', TIMESTAMP '{clock.Last:yyyy-MM-dd HH:mm:ss}') + INTERVAL '1' HOUR";
            var start = batch == 1 ? "TIMESTAMP '2026-02-28'" : $"{end} - INTERVAL '{Lookback + 1}' HOUR";
            await database.ExecuteAsync($"""
                INSERT INTO events SELECT * FROM batch;
                DELETE FROM t WHERE ts >= {start} AND ts < {end};
                INSERT INTO t SELECT * FROM events WHERE ts >= {start} AND ts < {end}
                """);
            await lake.RunWellAsync();

            await AssertSameAsync(database, batch, "id, v, day, ts", "t");
        }
    }

    [Fact]
    public async Task A_history_by_time_is_that_of_all_changes_whatever_their_order_and_batches()
    {
        var database = await CreateAsync("CREATE TABLE changes AS SELECT * FROM batch LIMIT 0");
        WriteModel("type: incremental, strategy: scd2_by_time, unique_key: id, updated_at: ts", "STREAM(bronze.t)");
        for (var batch = 1; batch <= Batches; batch++)
        {
            await BringAsync(database, NewRows(hasUniqueKeys: false, hasNulls: false), replaces: false);
            await database.ExecuteAsync("INSERT INTO changes SELECT * FROM batch");
            await lake.RunWellAsync();

            await AssertSameAsync(
                database, batch, "id, v, day, ts, valid_from, valid_to, is_current",
                """
                (SELECT *, ts AS valid_from, next AS valid_to, next IS NULL AS is_current FROM (
                    SELECT *, lead(ts) OVER (PARTITION BY id ORDER BY ts) AS next FROM (
                        SELECT DISTINCT ON (id, ts) id, v, day, ts FROM changes
                        ORDER BY id, ts, id DESC, v COLLATE "C" DESC, day DESC) d) n) h
                """);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(", hard_deletes: invalidate")]
    public async Task A_history_by_column_follows_what_is_there_at_each_run(string more)
    {
        var database = await CreateAsync(
            "CREATE TABLE t (id bigint, v text, day date, ts timestamp, valid_from timestamptz, valid_to timestamptz)");
        WriteModel(
            "type: snapshot, strategy: check, unique_key: id, check_cols: [v, day]" + more, "bronze.t");
        for (var batch = 1; batch <= Batches; batch++)
        {
            await BringAsync(database, NewRows(hasUniqueKeys: true), replaces: true);
            await lake.RunWellAsync();
            var now = clock.Last.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "+00";
            await database.ExecuteAsync($"""
                UPDATE t SET valid_to = '{now}' FROM batch b WHERE valid_to IS NULL AND t.id = b.id
                    AND (t.v IS DISTINCT FROM b.v OR t.day IS DISTINCT FROM b.day);
                {(more.Length > 0 ? $"UPDATE t SET valid_to = '{now}' WHERE valid_to IS NULL AND id NOT IN (SELECT id FROM batch);" : "")}
                INSERT INTO t SELECT b.*, '{now}' FROM batch b
                WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.id = b.id AND valid_to IS NULL)
                """);

            await AssertSameAsync(
                database, batch, "id, v, day, ts, valid_from, valid_to, is_current",
                "(SELECT *, valid_to IS NULL AS is_current FROM t) h");
        }
    }

    async Task<PostgreSqlDatabase> CreateAsync(string tables)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE batch (id bigint, v text, day date, ts timestamp); " + tables);
        return database;
    }

    void WriteModel(string materialization, string from) => lake.Write(
        "models/silver/m.sql",
        $"/* @foz\nmaterialization: {{{materialization}}}\n@foz */\nSELECT id, v, day, ts FROM {from}");

    /// <summary>SQL of rows; none now and then.</summary>
    string NewRows(bool hasUniqueKeys, bool hasNulls = true)
    {
        var count = random.Next(8) == 0 ? 0 : random.Next(1, 25);
        var ids = hasUniqueKeys
            ? Enumerable.Range(1, 25).OrderBy(_ => random.Next()).Take(count)
            : Enumerable.Range(0, count).Select(_ => random.Next(1, 25));
        var rows = ids.Select(id => string.Create(CultureInfo.InvariantCulture,
            $"({id}, {Value(hasNulls)}, {Day(hasNulls)}, TIMESTAMP '2026-01-01' + INTERVAL '{random.Next(40)}' HOUR)"))
            .ToList();
        return rows.Count == 0
            ? "(VALUES (1, 'a', DATE '2026-01-01', TIMESTAMP '2026-01-01')) v(id, v, day, ts) WHERE id > 1"
            : $"(VALUES {string.Join(", ", rows)}) v(id, v, day, ts)";
    }

    string Value(bool hasNulls) => Values[random.Next(Values.Length)] is var value && value == "NULL" && hasNulls
        ? "CAST(NULL AS VARCHAR)"
        : $"'{value}'";

    string Day(bool hasNulls) => random.Next(6) is var day && day == 0 && hasNulls
        ? "CAST(NULL AS DATE)"
        : string.Create(CultureInfo.InvariantCulture, $"DATE '2026-01-0{1 + day}'");

    async Task BringAsync(PostgreSqlDatabase database, string rows, bool replaces)
    {
        var select =
            $"SELECT CAST(id AS BIGINT) AS id, CAST(v AS VARCHAR) AS v, CAST(day AS DATE) AS day, ts FROM {rows}";
        clock.Step();
        if (replaces) await lake.OverwriteAsync("bronze.t", select);
        else await lake.AppendAsync("bronze.t", select);
        await database.ExecuteAsync($"TRUNCATE batch; INSERT INTO batch {select}");
    }

    async Task AssertSameAsync(PostgreSqlDatabase database, int batch, string columns, string relation)
    {
        var texts = string.Join(
            ", ", columns.Split(", ").Select(column => $"coalesce(CAST({column} AS VARCHAR), 'null')"));
        var expected = (await database.QueryAsync($"SELECT {texts} FROM {relation}"))
            .Select(row => string.Join('|', row)).Order(StringComparer.Ordinal);
        var actual = (await lake.QueryAsync($"SELECT {texts} FROM silver.m")).Order(StringComparer.Ordinal);
        Assert.True(
            expected.SequenceEqual(actual),
            $"batch {batch}:\n{string.Join('\n', expected)}\nand Foz:\n{string.Join('\n', actual)}");
    }

    /// <summary>Advances by whole seconds when a test says so.</summary>
    sealed class SteppingClock : TimeProvider
    {
        public DateTimeOffset Last { get; private set; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Last;

        public void Step(TimeSpan? by = null) => Last = Last.Add(by ?? TimeSpan.FromSeconds(1));
    }
}

using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Runs that read the changes of a real server into bronze.</summary>
public sealed class ChangeRunTests(PostgreSqlServer server)
{
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
    }
}

using Foz.Serving.Changes;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Transactions;

namespace Foz.Tests.Serving.Transactions;

public sealed class TransactionTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

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
    public async Task Changes_are_seen_by_their_session_and_become_one_commit()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        Assert.Equal(["INSERT 0 1"], await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)"));
        Assert.Equal(["UPDATE 2"], await session.RunAsync("UPDATE silver.orders SET name = 'x' WHERE id IN (1, 6)"));
        Assert.Equal(["DELETE 1"], await session.RunAsync("DELETE FROM silver.orders WHERE id = 2"));
        await CopyAsync("7\tg\t7\n");
        Assert.Equal(
            ["1|x", "3|NULL", "4|d", "5|e", "6|x", "7|g", "SELECT 6"],
            await session.RunAsync("SELECT id, name FROM silver.orders ORDER BY id"));
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        var before = await HistoryAsync();
        Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
        var after = await HistoryAsync();
        Assert.Equal(before.Count + 1, after.Count);
        Assert.Equal("TRANSACTION", after[0].Split('|')[2]);
        Assert.Equal(["6", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal(
            ["1|x", "6|x", "SELECT 2"],
            await other.RunAsync("SELECT id, name FROM silver.orders WHERE name = 'x' ORDER BY id"));
    }

    [Fact]
    public async Task One_statement_is_told_in_history_as_if_it_were_alone()
    {
        await session.RunAsync("BEGIN");
        await session.RunAsync("DELETE FROM silver.orders WHERE id = 2");
        await session.RunAsync("COMMIT");
        Assert.Equal("DELETE", (await HistoryAsync())[0].Split('|')[2]);
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_file()
    {
        var before = Files();
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await session.RunAsync("UPDATE silver.orders SET name = 'x'");
        Assert.NotEqual(before, Files());
        await session.RunAsync("ROLLBACK");
        Assert.Equal(before, Files());
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));

        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        Assert.Equal("42703", await session.FailAsync("SELECT nope FROM silver.orders"));
        Assert.Equal(["ROLLBACK"], await session.RunAsync("COMMIT"));
        Assert.Equal(before, Files());

        var lost = lake.Open();
        await lost.RunAsync("BEGIN");
        await lost.RunAsync("DELETE FROM silver.orders WHERE id = 1");
        await lost.DisposeAsync();
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Savepoints_take_changes_back()
    {
        await session.RunAsync("BEGIN");
        await session.RunAsync("SAVEPOINT a");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await session.RunAsync("SAVEPOINT b");
        await session.RunAsync("DELETE FROM silver.orders WHERE id < 6");
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal("42703", await session.FailAsync("SELECT nope FROM silver.orders"));
        await session.RunAsync("ROLLBACK TO b");
        Assert.Equal(["6", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("DELETE FROM silver.orders WHERE id = 1");
        await session.RunAsync("RELEASE b");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("ROLLBACK TO a");
        // Nothing is changed now: another table may be.
        await lake.ChangeAsync("CREATE TABLE silver.others AS SELECT 1 AS a");
        await session.RunAsync("COMMIT");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task Who_comes_second_to_rows_has_to_begin_again()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        await other.RunAsync("BEGIN");
        await session.RunAsync("UPDATE silver.orders SET name = 'mine' WHERE id = 1");
        await other.RunAsync("UPDATE silver.orders SET name = 'yours' WHERE id = 1");
        await other.RunAsync("COMMIT");
        var before = Files();
        Assert.Equal("40001", await session.FailAsync("COMMIT"));
        Assert.Equal(TransactionState.Idle, session.State);
        Assert.True(Files().Count < before.Count);
        Assert.Equal(["yours", "SELECT 1"], await session.RunAsync("SELECT name FROM silver.orders WHERE id = 1"));
    }

    [Fact]
    public async Task Statements_that_find_no_rows_are_no_commit_and_conflict_with_nothing()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        Assert.Equal(["UPDATE 0"], await session.RunAsync("UPDATE silver.orders SET name = 'mine' WHERE id = 100"));
        Assert.Equal(["DELETE 0"], await session.RunAsync("DELETE FROM silver.orders WHERE id = 100"));
        await other.RunAsync("UPDATE silver.orders SET name = 'yours' WHERE id = 1");
        var before = Files();
        Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task What_only_adds_rows_conflicts_with_nothing()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await session.RunAsync("INSERT INTO silver.orders VALUES (7, 'g', 7)");
        await other.RunAsync("DELETE FROM silver.orders WHERE id < 5");
        Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
        Assert.Equal(["5", "6", "7", "SELECT 3"], await session.RunAsync("SELECT id FROM silver.orders ORDER BY id"));
    }

    [Fact]
    public async Task A_table_is_made_filled_and_dropped_with_its_transaction()
    {
        await session.RunAsync("BEGIN");
        Assert.Equal(["CREATE TABLE"], await session.RunAsync("CREATE TABLE silver.made (a int)"));
        await session.RunAsync("INSERT INTO silver.made VALUES (1)");
        await session.RunAsync("INSERT INTO silver.made SELECT a + 1 FROM silver.made");
        Assert.Equal(["3", "SELECT 1"], await session.RunAsync("SELECT sum(a) FROM silver.made"));
        await session.RunAsync("ROLLBACK");
        Assert.Equal("42P01", await session.FailAsync("SELECT * FROM silver.made"));

        await session.RunAsync("BEGIN");
        await session.RunAsync("CREATE TABLE IF NOT EXISTS silver.orders (a int)");
        await session.RunAsync("SAVEPOINT s");
        await session.RunAsync("CREATE TABLE silver.one AS SELECT 1 AS a");
        await session.RunAsync("ROLLBACK TO s");
        await session.RunAsync("CREATE TABLE silver.two AS SELECT 2 AS a");
        await session.RunAsync("COMMIT");
        Assert.Equal("42P01", await session.FailAsync("SELECT * FROM silver.one"));
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("SELECT a FROM silver.two"));
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
    }

    [Fact]
    public async Task A_table_that_others_have_written_to_stays_when_who_made_it_rolls_back()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        await session.RunAsync("CREATE TABLE IF NOT EXISTS silver.log (a int)");
        await other.RunAsync("INSERT INTO silver.log VALUES (1)");
        await session.RunAsync("INSERT INTO silver.log VALUES (2)");
        await session.RunAsync("ROLLBACK");
        Assert.Equal(["1", "SELECT 1"], await other.RunAsync("SELECT a FROM silver.log"));
    }

    [Theory]
    [InlineData("0A000", "INSERT INTO silver.others VALUES (1)")]
    [InlineData("0A000", "ALTER TABLE silver.others ADD COLUMN z int")]
    [InlineData("0A000", "ALTER TABLE silver.orders SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')")]
    [InlineData("0A000", "CREATE OR REPLACE TABLE silver.others (a int)")]
    [InlineData("0A000", "CREATE OR REPLACE VIEW silver.v AS SELECT 1 AS a")]
    [InlineData("42P01", "DROP TABLE silver.nothing")]
    [InlineData("0A000", "OPTIMIZE silver.orders")]
    public async Task What_a_transaction_cannot_take_is_refused(string sqlState, string sql)
    {
        await lake.ChangeAsync("CREATE TABLE silver.others (a int)");
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        Assert.Equal(sqlState, await session.FailAsync(sql));
        Assert.Equal(["ROLLBACK"], await session.RunAsync("COMMIT"));
    }

    [Fact]
    public async Task A_held_cursor_reads_what_its_transaction_saw_whatever_became_of_it()
    {
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6), (7, 'g', 7)");
        await session.RunAsync(
            "DECLARE c CURSOR WITH HOLD FOR SELECT id, name FROM silver.orders WHERE id > 5 ORDER BY id");
        await session.RunAsync("UPDATE silver.orders SET name = 'x'");
        await session.RunAsync("DELETE FROM silver.orders WHERE id = 7");
        await session.RunAsync("COMMIT");
        Assert.Equal(["6|f", "7|g", "FETCH 2"], await session.RunAsync("FETCH ALL FROM c"));
        await session.RunAsync("CLOSE c");
        Assert.Equal(["6|x", "SELECT 1"], await session.RunAsync("SELECT id, name FROM silver.orders WHERE id > 5"));
    }

    [Fact]
    public async Task Columns_are_altered_with_their_transaction()
    {
        await using var other = lake.Open("bia");
        foreach (var (end, columns) in new[] { ("ROLLBACK", 3), ("COMMIT", 4) })
        {
            await session.RunAsync("BEGIN");
            Assert.Equal(["ALTER TABLE"], await session.RunAsync("ALTER TABLE silver.orders ADD COLUMN z int"));
            await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6, 66)");
            await session.RunAsync("COMMENT ON TABLE silver.orders IS 'sold'");
            Assert.Equal(
                ["6|66", "SELECT 1"], await session.RunAsync("SELECT id, z FROM silver.orders WHERE z IS NOT NULL"));
            Assert.Equal("42703", await other.FailAsync("SELECT z FROM silver.orders"));
            Assert.Equal([end], await session.RunAsync(end));
            Assert.Equal(
                columns,
                (await other.PrepareAsync(
                    "SELECT * FROM silver.orders", [], TestContext.Current.CancellationToken)).Columns!.Count);
        }
        Assert.Equal(["6", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("ALTER TABLE silver.orders ADD COLUMN y int");
        await other.RunAsync("DELETE FROM silver.orders WHERE id = 1");
        Assert.Equal("40001", await session.FailAsync("COMMIT"));
    }

    [Fact]
    public async Task Tables_are_dropped_at_the_commit()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await session.RunAsync("SAVEPOINT s");
        Assert.Equal(["DROP TABLE"], await session.RunAsync("DROP TABLE silver.orders"));
        Assert.Equal("42P01", await session.FailAsync("SELECT * FROM silver.orders"));
        await session.RunAsync("ROLLBACK TO s");
        Assert.Equal(["6", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("DROP TABLE silver.orders");
        foreach (var (sqlState, sql) in new[]
        {
            ("42P01", "INSERT INTO silver.orders VALUES (7, 'g', 7)"), ("42P01", "DROP TABLE silver.orders"),
            ("0A000", "CREATE TABLE silver.orders (a int)"),
        })
        {
            await session.RunAsync("SAVEPOINT t");
            Assert.Equal(sqlState, await session.FailAsync(sql));
            await session.RunAsync("ROLLBACK TO t");
        }
        await session.RunAsync("DROP TABLE IF EXISTS silver.orders");
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("ROLLBACK");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("CREATE TABLE silver.kept AS SELECT * FROM silver.orders");
        await session.RunAsync("DROP TABLE silver.orders");
        await session.RunAsync("COMMIT");
        Assert.Equal("42P01", await other.FailAsync("SELECT * FROM silver.orders"));
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.kept"));
        await session.RunAsync("CREATE TABLE silver.orders (a int)");
    }

    [Fact]
    public async Task Tables_and_views_that_a_transaction_makes_are_changed_beside_another()
    {
        await using var other = lake.Open("bia");
        foreach (var end in new[] { "ROLLBACK", "COMMIT" })
        {
            await session.RunAsync("BEGIN");
            await session.RunAsync("CREATE TABLE silver.one (a int)");
            await session.RunAsync("INSERT INTO silver.one VALUES (1)");
            await session.RunAsync("CREATE TABLE silver.two AS SELECT a + 1 AS a FROM silver.one");
            await session.RunAsync("UPDATE silver.two SET a = a * 10");
            await session.RunAsync("DELETE FROM silver.orders WHERE id = 1");
            await session.RunAsync("INSERT INTO silver.one SELECT a FROM silver.two");
            await session.RunAsync(
                "CREATE VIEW silver.both AS SELECT a FROM silver.one UNION ALL SELECT a FROM silver.two");
            Assert.Equal(["1", "20", "20", "SELECT 3"], await session.RunAsync("SELECT a FROM silver.both ORDER BY a"));
            Assert.Equal(["4", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
            await session.RunAsync(end);
        }
        Assert.Equal(["1", "20", "20", "SELECT 3"], await other.RunAsync("SELECT a FROM silver.both ORDER BY a"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("CREATE TABLE silver.three (a int)");
        await session.RunAsync("INSERT INTO silver.three VALUES (1)");
        await session.RunAsync("UPDATE silver.orders SET amount = 0");
        await other.RunAsync("DELETE FROM silver.orders WHERE id = 2");
        Assert.Equal("40001", await session.FailAsync("COMMIT"));
        Assert.Equal("42P01", await other.FailAsync("SELECT * FROM silver.three"));
        Assert.Equal(["2", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.orders WHERE amount > 0"));
    }

    [Fact]
    public async Task A_table_is_swapped_for_one_that_the_transaction_makes()
    {
        await using var other = lake.Open("bia");
        foreach (var (end, sum) in new[] { ("ROLLBACK", 15), ("COMMIT", 520), ("ROLLBACK", 520), ("COMMIT", 1025) })
        {
            await session.RunAsync("BEGIN");
            await session.RunAsync("CREATE TABLE silver.orders__dbt_tmp AS SELECT id + 100 AS id FROM silver.orders");
            var before = await session.RunAsync("SELECT sum(id) FROM silver.orders");
            await session.RunAsync("SAVEPOINT s");
            foreach (var again in new[] { true, false })
            {
                await session.RunAsync("ALTER TABLE silver.orders RENAME TO orders__dbt_backup");
                Assert.Equal(
                    ["ALTER TABLE"], await session.RunAsync("ALTER TABLE silver.orders__dbt_tmp RENAME TO orders"));
                Assert.Equal(["UPDATE 5"], await session.RunAsync("UPDATE silver.orders SET id = id + 1"));
                Assert.Equal(before, await session.RunAsync("SELECT sum(id) FROM silver.orders__dbt_backup"));
                if (!again) break;
                await session.RunAsync("ROLLBACK TO s");
                Assert.Equal(before, await session.RunAsync("SELECT sum(id) FROM silver.orders"));
            }
            await session.RunAsync(end);
            await session.RunAsync("DROP TABLE IF EXISTS silver.orders__dbt_backup CASCADE");
            Assert.Equal([$"{sum}", "SELECT 1"], await other.RunAsync("SELECT sum(id) FROM silver.orders"));
            Assert.Equal("42P01", await other.FailAsync("SELECT * FROM silver.orders__dbt_tmp"));
        }
    }

    [Fact]
    public async Task Views_are_made_and_dropped_with_their_transaction()
    {
        await using var other = lake.Open("bia");
        await session.RunAsync("CREATE VIEW silver.kept AS SELECT id FROM silver.orders");
        await session.RunAsync("BEGIN");
        await session.RunAsync("CREATE VIEW silver.made AS SELECT count(*) AS n FROM silver.kept");
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT n FROM silver.made"));
        Assert.Equal(["DROP VIEW"], await session.RunAsync("DROP VIEW silver.kept"));
        await session.RunAsync("SAVEPOINT s");
        Assert.Equal("42P01", await session.FailAsync("SELECT * FROM silver.kept"));
        await session.RunAsync("ROLLBACK TO s");
        Assert.Equal("0A000", await session.FailAsync("CREATE VIEW silver.kept AS SELECT 1 AS id"));
        Assert.Equal(["5", "SELECT 1"], await other.RunAsync("SELECT count(*) FROM silver.kept"));
        await session.RunAsync("ROLLBACK");
        Assert.Equal("42P01", await other.FailAsync("SELECT * FROM silver.made"));
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.kept"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("DROP VIEW silver.kept");
        await session.RunAsync("COMMIT");
        Assert.Equal("42P01", await other.FailAsync("SELECT * FROM silver.kept"));
    }

    [Theory]
    [InlineData("BEGIN READ ONLY")]
    [InlineData("BEGIN; SET TRANSACTION READ ONLY")]
    [InlineData("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; BEGIN")]
    [InlineData("SET default_transaction_read_only = on")]
    public async Task What_only_reads_changes_nothing(string begin)
    {
        foreach (var statement in begin.Split("; ")) await session.RunAsync(statement);
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal("25006", await session.FailAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)"));
        await session.RunAsync("ROLLBACK");
        await session.RunAsync("BEGIN READ WRITE");
        await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6)");
        await session.RunAsync("COMMIT");
    }

    [Theory]
    [InlineData("delta.enableChangeDataFeed")]
    [InlineData("delta.enableRowTracking")]
    public async Task Tables_that_tell_each_change_take_one_statement_or_many_that_add(string property)
    {
        await lake.ChangeAsync($"CREATE TABLE silver.told (a int, b int) TBLPROPERTIES ('{property}' = 'true')");
        await session.RunAsync("INSERT INTO silver.told VALUES (1, 1), (2, 2), (3, 3)");
        await session.RunAsync("BEGIN");
        await session.RunAsync("INSERT INTO silver.told VALUES (4, 4)");
        await session.RunAsync("INSERT INTO silver.told VALUES (5, 5)");
        await session.RunAsync("COMMIT");
        await session.RunAsync("BEGIN");
        await session.RunAsync("UPDATE silver.told SET b = 20 WHERE a = 2");
        await session.RunAsync("COMMIT");
        if (property.EndsWith("Feed", StringComparison.Ordinal))
            Assert.Equal(
                ["2|2|update_preimage|3", "2|20|update_postimage|3", "4|4|insert|2", "5|5|insert|2", "SELECT 4"],
                await session.RunAsync(
                    "SELECT a, b, _change_type, _commit_version FROM "
                        + "table_changes('silver.told', 2, 3) ORDER BY a, b"));
        await session.RunAsync("BEGIN");
        await session.RunAsync("UPDATE silver.told SET b = 30 WHERE a = 3");
        Assert.Equal("0A000", await session.FailAsync("INSERT INTO silver.told VALUES (6, 6)"));
        await session.RunAsync("ROLLBACK");
        Assert.Equal(
            ["1|1", "2|20", "3|3", "4|4", "5|5", "SELECT 5"],
            await session.RunAsync("SELECT * FROM silver.told ORDER BY a"));
    }

    List<string> Files() =>
    [
        .. Directory.EnumerateFiles(
            Path.Combine(lake.Lake.Folder, "silver", "orders"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(lake.Lake.Folder, file)).Order(StringComparer.Ordinal),
    ];

    async Task<IReadOnlyList<string>> HistoryAsync() => await session.RunAsync("DESCRIBE HISTORY silver.orders");

    async Task CopyAsync(string rows)
    {
        var statement = await session.PrepareAsync(
            "COPY silver.orders FROM STDIN", [], TestContext.Current.CancellationToken);
        await using var load = await statement.BeginLoadAsync(TestContext.Current.CancellationToken);
        load.Write(System.Text.Encoding.UTF8.GetBytes(rows), TestContext.Current.CancellationToken);
        Assert.Equal("COPY 1", await load.CompleteAsync(TestContext.Current.CancellationToken));
    }
}

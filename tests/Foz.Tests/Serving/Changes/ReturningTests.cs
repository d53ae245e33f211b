using Foz.Lake;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Serving.Changes;

/// <summary>RETURNING: rows that a statement changed.</summary>
public sealed class ReturningTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-returning-").FullName;
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current, isAudited: true);
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    [Theory]
    [InlineData(
        "INSERT INTO silver.orders VALUES (6, 'f', 6), (7, 'g', 7) RETURNING id, name", "6|f", "7|g", "INSERT 0 2")]
    [InlineData("INSERT INTO silver.orders AS o (id) VALUES (6) RETURNING o.*", "6|NULL|NULL", "INSERT 0 1")]
    [InlineData("INSERT INTO orders SELECT id + 10, name, amount FROM orders WHERE id > 9 RETURNING *", "INSERT 0 0")]
    [InlineData("INSERT INTO silver.orders DEFAULT VALUES RETURNING name", "REFUSED")]
    [InlineData(
        "INSERT INTO silver.orders VALUES (1, 'x', 1), (6, 'f', 6) ON CONFLICT (id) DO NOTHING RETURNING id", "6",
        "INSERT 0 1")]
    [InlineData(
        "INSERT INTO silver.orders VALUES (1, 'x', 1), (6, 'f', 6) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name, amount", "1|x|1.50", "6|f|6.00", "INSERT 0 2")]
    [InlineData(
        "UPDATE silver.orders SET name = 'x', amount = amount * 2 WHERE id IN (1, 2) RETURNING id, name, amount",
        "1|x|3.00", "2|x|5.00", "UPDATE 2")]
    [InlineData("UPDATE silver.orders AS o SET name = 'x' WHERE id > 99 RETURNING o.id", "UPDATE 0")]
    [InlineData(
        "UPDATE silver.orders SET name = s.word FROM (SELECT 2 AS k, 'z' AS word) AS s WHERE orders.id = s.k RETURNING id, upper(name) AS word", "2|Z", "UPDATE 1")]
    [InlineData("DELETE FROM silver.orders WHERE id < 3 RETURNING id, amount", "1|1.50", "2|2.50", "DELETE 2")]
    [InlineData("DELETE FROM silver.orders RETURNING id", "1", "2", "3", "4", "5", "DELETE 5")]
    [InlineData(
        "DELETE FROM silver.orders USING (SELECT 5 AS k) AS s WHERE orders.id = s.k RETURNING orders.id", "5",
        "DELETE 1")]
    [InlineData(
        "DELETE FROM silver.orders WHERE id = 3 RETURNING (SELECT count(*) FROM silver.orders), coalesce(name, '-')",
        "4|-", "DELETE 1")]
    public async Task Rows_are_told_as_they_become_or_were(string sql, params string[] rows)
    {
        if (rows is ["REFUSED"])
        {
            // The table demands an id.
            await session.FailAsync(sql);
            return;
        }
        foreach (var properties in new[]
        {
            "'delta.enableDeletionVectors' = 'true'", "'delta.enableDeletionVectors' = 'false'",
            "'delta.enableChangeDataFeed' = 'true'", "'delta.columnMapping.mode' = 'name'",
        })
        {
            await session.RunAsync("DROP TABLE silver.orders");
            await lake.ChangeAsync(
                $"CREATE TABLE silver.orders (id bigint NOT NULL, name string, amount "
                    + $"decimal(10,2)) TBLPROPERTIES ({properties})");
            await lake.ChangeAsync(
                "INSERT INTO silver.orders VALUES (1, 'a', 1.50), (2, 'b', 2.50), (3, NULL, "
                    + "NULL), (4, 'd', 4), (5, 'e', 5)");
            await session.RunAsync("SET search_path = silver");
            await session.RunAsync("BEGIN");
            Assert.Equal(rows, Sorted(await session.RunAsync(sql)));
            await session.RunAsync("ROLLBACK");
            Assert.Equal(rows, Sorted(await session.RunAsync(sql)));
        }

        static IEnumerable<string> Sorted(IReadOnlyList<string> told) =>
            told.SkipLast(1).Order(StringComparer.Ordinal).Append(told[^1]);
    }

    [Theory]
    [InlineData("INSERT INTO silver.orders VALUES (6, 'f', 0), (7, '7', 0) RETURNING id, name::int")]
    [InlineData(
        "INSERT INTO silver.orders VALUES (1, 'f', 0) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name::int")]
    [InlineData("UPDATE silver.orders SET name = 'x' WHERE id = 1 RETURNING name::int")]
    [InlineData("DELETE FROM silver.orders WHERE id < 3 RETURNING id, name::int")]
    public async Task A_change_whose_RETURNING_fails_leaves_nothing(string sql)
    {
        var (history, rows) = (await session.RunAsync("DESCRIBE HISTORY silver.orders"),
            await session.RunAsync("SELECT * FROM silver.orders ORDER BY id"));
        Assert.Equal("22P02", await session.FailAsync(sql));
        Assert.Equal(Foz.Serving.Transactions.TransactionState.Idle, session.State);
        Assert.Equal(history, await session.RunAsync("DESCRIBE HISTORY silver.orders"));
        Assert.Equal(rows, await session.RunAsync("SELECT * FROM silver.orders ORDER BY id"));
        await session.RunAsync("INSERT INTO silver.orders VALUES (8, 'h', 8) RETURNING id");
        Assert.Equal(rows.Count + 1, (await session.RunAsync("SELECT * FROM silver.orders")).Count);
    }

    [Fact]
    public async Task Columns_of_one_name_and_NULL_are_told_too() =>
        Assert.Equal(
            ["6|6|NULL", "INSERT 0 1"],
            await session.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6) RETURNING id, id, NULL"));

    [Theory]
    [InlineData("UPDATE silver.orders SET name = 'x' WHERE id > 99")]
    [InlineData("UPDATE silver.orders SET name = 'x' WHERE id > 99 RETURNING id")]
    [InlineData("DELETE FROM silver.orders WHERE id > 99")]
    [InlineData("DELETE FROM silver.orders WHERE name = 'nobody' RETURNING *")]
    [InlineData("INSERT INTO silver.orders SELECT * FROM silver.orders WHERE id > 99")]
    [InlineData(
        "MERGE INTO silver.orders AS t USING (SELECT 99 AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x'")]
    [InlineData("BEGIN; UPDATE silver.orders SET name = 'x' WHERE id > 99; COMMIT")]
    public async Task What_changes_nothing_makes_no_version(string sql)
    {
        var history = await session.RunAsync("DESCRIBE HISTORY silver.orders");
        foreach (var statement in sql.Split("; ")) await session.RunAsync(statement);
        Assert.Equal(history, await session.RunAsync("DESCRIBE HISTORY silver.orders"));
    }

    [Fact]
    public async Task Columns_that_the_table_fills_are_told_and_known_before()
    {
        await session.RunAsync("CREATE TABLE silver.counted (id serial, word text, size int)");
        var statement = await session.PrepareAsync(
            "INSERT INTO silver.counted (word, size) VALUES ($1, $2) RETURNING id, word, size + "
                + "$3::int AS more, count(*) OVER ()", [], Cancel);
        Assert.Equal(["id", "word", "more", "count"], statement.Columns!.Select(column => column.Name));
        Assert.Equal(
            [TypeOids.Int8, TypeOids.Text, TypeOids.Int4],
            statement.Columns!.Take(3).Select(column => column.PgType.Oid));
        Assert.Equal(["0", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.counted"));
        await using var cursor = await statement.ExecuteAsync(["hat", 7, "3"], Cancel);
        Assert.Equal(["1|hat|10|1"], await ServedSessionExtensions.RowsOfAsync(cursor));
        Assert.Equal("INSERT 0 1", cursor.Tag);
    }

    [Fact]
    public async Task Who_asks_is_told_what_may_be_read()
    {
        await using var ana = lake.Open("ana", isOwner: false);
        Grant("grants: [{to: [ana], on: [silver.orders], privileges: [insert]}]");
        Assert.Equal("42501", await ana.FailAsync("INSERT INTO silver.orders VALUES (6, 'f', 6) RETURNING id"));
        Grant("grants: [{to: [ana], on: [silver.orders], privileges: [insert]}, {to: [ana], on: [silver.orders], "
            + "columns: [id, name], where: id < 8, masks: {name: redact}}]");
        Assert.Equal("42703", await ana.FailAsync("INSERT INTO silver.orders VALUES (6, 'f', 6) RETURNING amount"));
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        Assert.Equal(
            ["7|****", "INSERT 0 2"],
            await ana.RunAsync("INSERT INTO silver.orders VALUES (7, 'g', 7), (9, 'i', 9) RETURNING *"));
        Assert.Equal(
            "42883", await ana.FailAsync("INSERT INTO silver.orders VALUES (6, 'f', 6) RETURNING getvariable('x')"));
        Assert.Equal(
            "42P01",
            await ana.FailAsync("INSERT INTO silver.orders VALUES (6, 'f', 6) RETURNING (SELECT 1 FROM foz_returned)"));
        Assert.Contains(
            lake.Audited(),
            record => record.Reason?.Contains("no select on silver.orders", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Commands_do_not_take_it() =>
        Assert.Equal(
            "0A000",
            (await Assert.ThrowsAsync<FozException>(() =>
                lake.ChangeAsync("DELETE FROM silver.orders RETURNING id"))).SqlState);

    void Grant(string yaml)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "access.yml"), yaml);
    }
}

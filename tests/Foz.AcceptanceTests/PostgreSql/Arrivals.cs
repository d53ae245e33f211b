using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>
/// What an incremental stream <c>t</c> of a database brings, as rows of a table <c>t (id, c)</c> come and go.
/// </summary>
static class Arrivals
{
    public static async Task CheckAsync(TestLake lake, PostgreSqlDatabase database)
    {
        await database.ExecuteAsync("CREATE TABLE t (id int, c int); INSERT INTO t VALUES (1, 1), (2, 2)");
        await database.GrantAsync();
        await ExpectAsync("1,2");
        await database.ExecuteAsync("INSERT INTO t VALUES (3, NULL), (4, 2), (5, 3)");
        await ExpectAsync("1,2,3,4,5");
        await database.ExecuteAsync("INSERT INTO t VALUES (6, NULL), (7, 4)");
        await ExpectAsync("1,2,3,4,5,6,7");
        // A row like another one, and no row after it.
        await database.ExecuteAsync("INSERT INTO t VALUES (7, 4), (8, 4)");
        await ExpectAsync("1,2,3,4,5,6,7,7,8");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync("DELETE FROM t WHERE id = 8");
        await ExpectAsync("1,2,3,4,5,6,7,7,8");
        // As many rows as before.
        await database.ExecuteAsync("DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (10, 4), (11, 4)");
        await ExpectAsync("1,2,3,4,5,6,7,7,8,10,11");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync("ALTER TABLE t ADD v text DEFAULT 'x'; INSERT INTO t VALUES (9, 4, 'y')");
        await ExpectAsync("1,2,3,4,5,6,7,7,8,9,10,11");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);

        Task ExpectAsync(string ids) => Arrivals.ExpectAsync(lake, ids);
    }

    /// <summary>Checks that the stream begins again where its cursor is of another column, table or kind.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="database">The database.</param>
    /// <param name="define">Sets the stream to a mapping of YAML.</param>
    public static async Task CheckOtherCursorsAsync(TestLake lake, PostgreSqlDatabase database, Action<string> define)
    {
        await database.ExecuteAsync(
            """
            CREATE TABLE t (id int, c timestamp); INSERT INTO t VALUES (1, '2026-01-01'), (2, '2026-01-02');
            CREATE TABLE u (id int, c timestamp); INSERT INTO u VALUES (2, '2026-01-02'), (3, '2025-01-01')
            """);
        await database.GrantAsync();
        define("{mode: incremental, cursor: c}");
        await ExpectAsync(lake, "1,2");
        await database.ExecuteAsync("INSERT INTO t VALUES (4, '2025-01-01')");
        await ExpectAsync(lake, "1,2");
        define("{mode: incremental, cursor: id}");
        await ExpectWarningAsync(
            "t was read by the cursor c (time) of ", ", and its cursor is now id (whole number) of ");
        await ExpectAsync(lake, "1,2,4");
        define("{mode: incremental, cursor: id, table: u}");
        await ExpectWarningAsync("t was read by the cursor id (whole number) of ", ": it is read from the beginning");
        await ExpectAsync(lake, "1,2,3,4");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync("ALTER TABLE u ALTER id TYPE bigint");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);

        async Task ExpectWarningAsync(params string[] parts)
        {
            var step = Assert.Single(await lake.PlanAsync());
            Assert.StartsWith("all rows, whose cursor is now ", step.Reason, StringComparison.Ordinal);
            var warning = Assert.Single(step.Warnings).Message;
            Assert.All(parts, part => Assert.Contains(part, warning, StringComparison.Ordinal));
        }
    }

    static async Task ExpectAsync(TestLake lake, string ids)
    {
        await lake.RunWellAsync();
        Assert.Equal([ids], await lake.QueryAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM bronze.t"));
    }
}

using Foz.Core.Journal;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>What an incremental stream <c>t</c> of a database brings, as rows of a table <c>t (id, c)</c> come and go.</summary>
static class Arrivals
{
    public static async Task CheckAsync(TestLake lake, PostgreSqlDatabase database)
    {
        await database.ExecuteAsync("CREATE TABLE t (id int, c int); INSERT INTO t VALUES (1, 1), (2, 2)");
        await database.GrantAsync();
        await ExpectAsync("1,2");
        await database.ExecuteAsync("INSERT INTO t VALUES (3, NULL), (4, 2), (5, 3)");
        await ExpectAsync("1,2,4,5");
        await database.ExecuteAsync("INSERT INTO t VALUES (6, NULL), (7, 4)");
        await ExpectAsync("1,2,4,5,7");
        // One that is like another, and nothing behind it.
        await database.ExecuteAsync("INSERT INTO t VALUES (7, 4), (8, 4)");
        await ExpectAsync("1,2,4,5,7,7,8");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);
        await database.ExecuteAsync("DELETE FROM t WHERE id = 8");
        await ExpectAsync("1,2,4,5,7,7,8");
        await database.ExecuteAsync("ALTER TABLE t ADD v text DEFAULT 'x'; INSERT INTO t VALUES (9, 4, 'y')");
        await ExpectAsync("1,2,4,5,7,7,8,9");
        Assert.Equal(Outcome.Skipped, (await lake.RunWellAsync()).Steps.Single().Outcome);

        async Task ExpectAsync(string ids)
        {
            await lake.RunWellAsync();
            Assert.Equal([ids], await lake.QueryAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM bronze.t"));
        }
    }
}

using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Changes of a database that takes any bytes as text.</summary>
public sealed class UncheckedTextTests(PostgreSqlServer server)
{
    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_rescued_row_by_row()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            await server.CreateDatabaseAsync("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"),
            """
            CREATE TABLE t (id int PRIMARY KEY, v text, n int); ALTER TABLE t REPLICA IDENTITY FULL;
            INSERT INTO t VALUES (1, 'São', 1), (2, E'S\xe3o', 2);
            CREATE TABLE b (id int PRIMARY KEY, v varchar(9), a text[]);
            """,
            "t", "b");
        logged.WriteStreams("  t: {mode: cdc}\n  b: {mode: cdc}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "INSERT INTO t VALUES (3, E'\\xff', 3); UPDATE t SET n = 20 WHERE id = 2; UPDATE t SET v = E'\\xfe' WHERE id = 1");
        await logged.Database.ExecuteAsync("INSERT INTO b VALUES (1, E'\\xfd', ARRAY[E'\\xfc', 'ok']), (2, 'fine', '{x}')");
        await logged.Lake.RunWellAsync();
        Assert.Equal(
            ["""1|1||{"v":"\\xfe"}""", """2|20||{"v":"\\x53e36f"}""", """3|3||{"v":"\\xff"}"""],
            await logged.Lake.QueryAsync("SELECT id, n, v, _rescued_data FROM silver.t ORDER BY id"));
        Assert.Equal(
            ["""1|||{"v":"\\xfd","a":["\\xfc","ok"]}""", "2|fine|[\"x\"]|"],
            await logged.Lake.QueryAsync("SELECT id, v, to_json(a), _rescued_data FROM silver.b ORDER BY id"));
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "compare", "t")).Expect(0);
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "compare", "b")).Expect(0);
    }
}

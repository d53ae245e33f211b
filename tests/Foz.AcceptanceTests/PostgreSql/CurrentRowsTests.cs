namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Which row of a key is current where the lake orders a cursor differently than its database.</summary>
public sealed class CurrentRowsTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("numeric", "9", "10")]
    [InlineData("numeric(60, 2)", "9", "10")]
    [InlineData("bigint", "9", "NULL")]
    [InlineData("money", "9", "10")]
    [InlineData("pg_lsn", "'9/0'", "'10/0'")]
    [InlineData("interval", "'9 days'", "'10 days'")]
    [InlineData("inet", "'10.0.0.9'", "'10.0.0.10'")]
    [InlineData("timetz", "'23:00+10'", "'22:00-02'")]
    [InlineData("mood", "'z'", "'a'")]
    [InlineData("text COLLATE natural", "'b'", "'C'")]
    public async Task The_row_that_arrived_last_is_current(string type, string before, string after)
    {
        var database = await server.CreateDatabaseAsync();
        var column = type.Replace("natural", "\"natural\"", StringComparison.Ordinal);
        await database.ExecuteAsync(
            $"""
            CREATE TYPE mood AS ENUM ('z', 'a');
            CREATE COLLATION "natural" (provider = icu, locale = 'en');
            CREATE TABLE t (id int PRIMARY KEY, seq {column}, v text);
            INSERT INTO t VALUES (1, {before}, 'old'), (2, {before}, 'kept');
            CREATE TABLE u (id int, seq {column}, v text);
            INSERT INTO u VALUES (1, {after}, 'new'), (1, {before}, 'old'), (2, {before}, 'old'), (2, {after}, 'new')
            """);
        await database.GrantAsync();
        lake.Write("foz.yml", $$"""
            name: shop
            connections:
              shop: {type: postgresql, host: localhost, port: {{server.Port}}, database: {{database.Name}}, user: foz, password: '${SHOP_PASSWORD}'}
            """);
        lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        lake.Write(
            "sources/shop.yml",
            "connection: shop\nsilver: current\nstreams:\n"
                + "  t: {mode: incremental, cursor: seq, keys: [id]}\n"
                + "  u: {mode: incremental, cursor: seq, keys: [id]}\n");
        await lake.RunWellAsync();
        // Of two rows of one batch the database decides; a row without a cursor is older than one that has it.
        var last = after == "NULL" ? "old" : "new";
        Assert.Equal([$"1|{last}", $"2|{last}"], await lake.QueryAsync("SELECT id, v FROM silver.u ORDER BY id"));
        await database.ExecuteAsync($"UPDATE t SET seq = {after}, v = 'new' WHERE id = 1");
        await lake.RunWellAsync();
        Assert.Equal(["1|new", "2|kept"], await lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
    }
}

using Foz.Core.Journal;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Runs of a project whose source is a database.</summary>
public sealed class RunTests(PostgreSqlServer server) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_stream_that_was_a_snapshot_and_becomes_incremental_warns_that_rows_come_again()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 3) i");
        await database.GrantAsync();
        WriteSource(database, "{t: }");
        Assert.Empty((await lake.RunWellAsync()).Steps.Single().Warnings);

        WriteSource(database, "{t: {mode: incremental, cursor: id}}");
        const string Told = "bronze.t holds a snapshot, and its mode is now incremental: "
            + "all rows are appended to those that it has";
        Assert.Equal(Told, Assert.Single((await lake.PlanAsync()).Single().Warnings).Message);
        var changed = (await lake.RunWellAsync()).Steps.Single();
        Assert.Equal((Outcome.Warned, Told), (changed.Outcome, Assert.Single(changed.Warnings).Message));
        Assert.Contains("foz run bronze.t --full-refresh", changed.Warnings[0].Hint, StringComparison.Ordinal);
        Assert.Equal(["6"], await lake.QueryAsync("SELECT count(*) FROM bronze.t"));

        // As the hint says.
        Assert.Empty((await lake.RunAsync(isFullRefresh: true)).Steps.Single().Warnings);
        await database.ExecuteAsync("INSERT INTO t VALUES (4)");
        Assert.Empty((await lake.RunWellAsync()).Steps.Single().Warnings);
        Assert.Equal(["1", "2", "3", "4"], await lake.QueryAsync("SELECT id FROM bronze.t ORDER BY 1"));

        // What came between the cursor and the snapshot would come again.
        WriteSource(database, "{t: }");
        await database.ExecuteAsync("INSERT INTO t VALUES (5)");
        await lake.RunWellAsync();
        WriteSource(database, "{t: {mode: incremental, cursor: id}}");
        var warning = Assert.Single((await lake.PlanAsync()).Single().Warnings);
        Assert.Contains("the rows behind id = 4 are appended", warning.Message, StringComparison.Ordinal);
    }

    void WriteSource(PostgreSqlDatabase database, string streams)
    {
        lake.Write("foz.yml", $$"""
            name: shop
            lake: lake
            connections:
              shop:
                type: postgresql
                host: localhost
                port: {{database.Server.Port}}
                database: {{database.Name}}
                user: foz
                password: ${SHOP_PASSWORD}
            """);
        lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        lake.Write("sources/shop.yml", $"name: shop\nconnection: shop\nschema: bronze\nstreams: {streams}\n");
    }
}

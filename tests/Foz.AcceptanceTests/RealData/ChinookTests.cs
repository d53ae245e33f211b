using Foz.AcceptanceTests.Judge;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;
using Foz.Tests;

namespace Foz.AcceptanceTests.RealData;

/// <summary>The Chinook database in a real PostgreSQL, brought to bronze, silver and gold.</summary>
public sealed class ChinookTests(PostgreSqlServer server, JudgeProcess judge) : IDisposable
{
    static readonly string[] Tables =
    [
        "album", "artist", "customer", "employee", "genre", "invoice", "invoice_line", "media_type", "playlist",
        "playlist_track", "track",
    ];

    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Every_table_arrives_equal_to_its_source_in_bronze_silver_and_gold()
    {
        var database = await CreateChinookAsync();
        WriteProject(database);

        await lake.RunWellAsync();

        foreach (var table in Tables)
        {
            Assert.Equal(
                await database.ScalarAsync($"SELECT count(*) FROM {table}"),
                (await lake.QueryAsync($"SELECT count(*) FROM bronze.{table}"))[0]);
            // Row for row as texts, in the order of the source's columns.
            var columns = (await database.QueryAsync($"""
                SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position
                """)).Select(row => $"coalesce({row[0]}::{{0}}, '-')").ToList();
            var line = string.Join(" || '|' || ", columns);
            var expected = (await database.QueryAsync($"SELECT {string.Format(line, "text")} FROM {table}"))
                .Select(row => row[0]).Order(StringComparer.Ordinal);
            foreach (var layer in new[] { "bronze", "silver" })
            {
                var actual = await lake.QueryAsync($"SELECT {string.Format(line, "varchar")} FROM {layer}.{table}");
                Assert.Equal(expected, actual.Order(StringComparer.Ordinal));
            }
        }
        var sales = await database.QueryAsync("""
            SELECT c.country, count(DISTINCT i.invoice_id), sum(l.unit_price * l.quantity)
            FROM invoice_line l JOIN invoice i USING (invoice_id) JOIN customer c USING (customer_id)
            GROUP BY c.country ORDER BY c.country COLLATE "C"
            """);
        Assert.Equal(
            sales.Select(row => string.Join('|', row)),
            await lake.QueryAsync("SELECT country, invoices, revenue FROM gold.sales_by_country ORDER BY country"));

        using var session = lake.Open();
        foreach (var name in new[] { "bronze.track", "silver.invoice", "gold.sales_by_country" })
            await judge.AssertReadEquallyAsync(session, await lake.TableAsync(name));
    }

    [Fact]
    public async Task A_second_run_follows_what_changed_in_the_source()
    {
        var database = await CreateChinookAsync();
        WriteProject(database);
        await lake.RunWellAsync();

        await database.ExecuteAsync("""
            UPDATE customer SET country = 'Brazil' WHERE country = 'Chile';
            DELETE FROM invoice_line WHERE invoice_line_id % 10 = 0;
            INSERT INTO genre VALUES (1000, 'Forró');
            """);
        var second = await lake.RunWellAsync();

        Assert.Contains(second.Steps, step => step.Outcome is Outcome.Succeeded);
        Assert.Equal(["1000|Forró"], await lake.QueryAsync("SELECT * FROM silver.genre WHERE genre_id = 1000"));
        Assert.Equal(
            await database.ScalarAsync("SELECT sum(unit_price * quantity) FROM invoice_line"),
            (await lake.QueryAsync("SELECT sum(revenue) FROM gold.sales_by_country"))[0]);
        Assert.Empty(await lake.QueryAsync("SELECT 1 FROM gold.sales_by_country WHERE country = 'Chile'"));
    }

    async Task<PostgreSqlDatabase> CreateChinookAsync()
    {
        var script = await File.ReadAllLinesAsync(
            Path.Combine(Repository.SharedFolder("real"), "Chinook_PostgreSql.sql"),
            TestContext.Current.CancellationToken);
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(string.Join('\n', script.Where(line =>
            !line.StartsWith("DROP DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("CREATE DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("\\c ", StringComparison.Ordinal))));
        await database.GrantAsync();
        return database;
    }

    void WriteProject(PostgreSqlDatabase database)
    {
        lake.Write("foz.yml", $$"""
            name: chinook
            lake: lake
            connections:
              shop:
                type: postgresql
                host: localhost
                port: {{server.Port}}
                database: {{database.Name}}
                user: foz
                password: ${CHINOOK_PASSWORD}
            """);
        lake.Write(".env", $"CHINOOK_PASSWORD=\"{PostgreSqlServer.Password}\"\n");
        lake.Write("sources/shop.yml", """
            name: shop
            connection: shop
            schema: bronze
            streams: all
            silver: current
            """);
        lake.Write("models/gold/sales_by_country.sql", """
            /* @foz
            columns: [{name: country, checks: [not_null, unique]}]
            @foz */
            SELECT c.country, count(DISTINCT i.invoice_id) AS invoices, sum(l.unit_price * l.quantity) AS revenue
            FROM silver.invoice_line l JOIN silver.invoice i USING (invoice_id) JOIN silver.customer c USING (customer_id)
            GROUP BY ALL
            """);
    }
}

using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Journal;
using Foz.Pipelines.Lineage;

namespace Foz.Tests.Pipelines.Lineage;

public sealed class ProjectLineageTests : IDisposable
{
    readonly RunningProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    async Task<NodeLineage> FindAsync(string table)
    {
        using var lineage = new ProjectLineage(project.Load(), project.Lake);
        return await lineage.FindAsync(TableName.Parse(table), Cancel);
    }

    static string ToText(NodeLineage lineage) => string.Join("; ", lineage.Columns.Select(column =>
        $"{column.Field.Name} {column.Field.Type}: {string.Join(", ", column.Inputs.Select(ToText))}"));

    static string ToText(UpstreamColumn input) =>
        $"{input.Table}."
            + $"{input.Column}{(input.Transformation is Transformation.Identity ? "" : $" {input.Transformation}")}";

    [Fact]
    public async Task Columns_are_followed_through_views_and_models_before_any_of_them_is_made()
    {
        await project.AppendAsync(
            "bronze.orders", "SELECT 1::BIGINT AS id, 'a' AS customer, 2.5::DECIMAL(10,2) AS amount, 'new' AS status");
        project["models/silver/orders.sql"] = """
            /* @foz
            materialization: view
            @foz */
            SELECT id, upper(customer) AS customer, amount FROM bronze.orders WHERE status <> 'canceled'
            """;
        project["models/gold/totals.sql"] =
            "SELECT customer, sum(amount)::DECIMAL(18,2) AS total FROM silver.orders GROUP BY customer";

        Assert.Equal(
            "id long: bronze.orders.id; customer string: bronze.orders.customer Transformation; amount "
                + "decimal(10,2): bronze.orders.amount",
            ToText(await FindAsync("silver.orders")));
        var totals = await FindAsync("gold.totals");
        Assert.Equal(
            "customer string: silver.orders.customer; total decimal(18,2): silver.orders.amount Aggregation",
            ToText(totals));
        Assert.Equal(["silver.orders.customer GroupBy"], totals.Conditions.Select(ToText));
    }

    [Fact]
    public async Task What_does_not_bind_any_more_is_an_error_with_its_place()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id");
        project["models/silver/orders.sql"] = "SELECT id AS order_id FROM bronze.orders";
        project["models/gold/totals.sql"] = "-- how many\nSELECT count(id) AS n FROM silver.orders";

        var lineage = await FindAsync("gold.totals");

        Assert.Empty(lineage.Columns);
        Assert.Equal("models/gold/totals.sql:2:14", lineage.Error!.Place.ToString());
        Assert.Contains("id", lineage.Error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.NotFound, (await FindAsync("bronze.customers")).Error!.Kind);
    }

    [Fact]
    public async Task An_incremental_table_keeps_the_columns_that_its_SQL_no_longer_gives()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id, 2 AS price");
        project["models/silver/orders.sql"] =
            "/* @foz\nmaterialization: incremental\n@foz */\nSELECT id, price FROM STREAM(bronze.orders)";
        await project.RunAsync();
        project["models/silver/orders.sql"] =
            "/* @foz\nmaterialization: incremental\n@foz */\nSELECT id FROM STREAM(bronze.orders)";

        Assert.Equal("id integer: bronze.orders.id; price integer: ", ToText(await FindAsync("silver.orders")));
    }

    [Fact]
    public async Task A_run_records_the_columns_behind_each_pair_of_tables()
    {
        await project.AppendAsync("bronze.orders", "SELECT 1 AS id, 2 AS price");
        project["models/gold/totals.sql"] = "SELECT sum(price)::BIGINT AS total FROM bronze.orders WHERE id > 0";

        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);

        Assert.Equal(
            ["null|id|filter|0", "null|null|null|0", "total|price|aggregation|0"],
            await project.QueryAsync(
                """
                SELECT "column", upstream_column, transformation, upstream_version FROM foz.lineage
                WHERE table_name = 'gold.totals' AND upstream = 'bronze.orders' ORDER BY "column" NULLS FIRST, upstream_column
                """));
    }
}

using Foz.Lake.Catalog;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Catalogs;

public sealed class CatalogTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
    public async Task Columns_have_PostgreSQLs_types_and_comments() => Assert.Equal(
        [
            "id|bigint|True|NULL", "name|text|False|who", "amount|numeric(10,2)|False|NULL", "SELECT 3",
        ],
        await session.RunAsync(
            """
            SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_catalog.col_description(a.attrelid, a.attnum)
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'silver.orders'::pg_catalog.regclass AND a.attnum > 0
            ORDER BY a.attnum
            """));

    [Fact]
    public async Task The_standards_views_tell_of_tables_and_columns()
    {
        Assert.Equal(
            ["lake|silver|orders|BASE TABLE", "SELECT 1"],
            await session.RunAsync(
                """
                SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables
                WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
                """));
        Assert.Equal(
            ["id|1|NO|bigint|int8|64", "name|2|YES|text|text|NULL", "amount|3|YES|numeric|numeric|10", "SELECT 3"],
            await session.RunAsync(
                """
                SELECT column_name, ordinal_position, is_nullable, data_type, udt_name, numeric_precision
                FROM information_schema.columns WHERE table_name = 'orders' ORDER BY ordinal_position
                """));
    }

    [Fact]
    public async Task What_is_made_and_changed_is_seen_and_keeps_its_number()
    {
        var before = await session.RunAsync("SELECT 'silver.orders'::regclass::oid");
        await session.RunAsync("CREATE TABLE gold.sales (day date, total double) COMMENT 'by day'");
        await lake.Lake.Catalog.DefineAsync(
            new("gold", "latest"),
            _ => new()
            {
                Schema = "gold", Name = "latest", Kind = DefinitionKind.View, Sql = "SELECT day FROM gold.sales",
            },
            Cancel);
        await session.RunAsync("ALTER TABLE gold.sales ADD COLUMN note string");
        Assert.Equal(
            ["gold|latest|v|1|NULL", "gold|sales|r|3|by day", "SELECT 2"],
            await session.RunAsync(
                """
                SELECT n.nspname, c.relname, c.relkind, c.relnatts, obj_description(c.oid, 'pg_class')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'gold' ORDER BY 2
                """));
        Assert.Equal(before, await session.RunAsync("SELECT 'silver.orders'::regclass::oid"));
        Assert.Equal(
            ["SELECT day FROM gold.sales", "SELECT 1"],
            await session.RunAsync("SELECT pg_get_viewdef('gold.latest'::regclass, true)"));
    }

    [Fact]
    public async Task Catalogs_join_with_tables_of_the_lake() => Assert.Equal(
        ["orders|5", "SELECT 1"],
        await session.RunAsync(
            "SELECT c.relname, (SELECT count(*) FROM silver.orders) FROM "
                + "pg_catalog.pg_class c WHERE c.relname = 'orders'"));

    [Fact]
    public async Task Every_relation_can_be_read()
    {
        foreach (var schema in new[] { "pg_catalog", "information_schema" })
        {
            var relations = await session.RunAsync(
                $"SELECT quote_ident(relname) FROM pg_class c JOIN pg_namespace n ON n.oid = "
                    + $"relnamespace WHERE nspname = '{schema}'");
            Assert.True(relations.Count > 60, $"{schema} has {relations.Count} relations");
            foreach (var relation in relations.SkipLast(1))
                await session.PrepareAsync($"SELECT * FROM {schema}.{relation}", [], Cancel);
        }
    }

    [Theory]
    [InlineData("SELECT 'no.such'::regclass", "42P01")]
    [InlineData("SELECT 'nothing'::regtype", "42704")]
    [InlineData("SELECT * FROM pg_catalog.pg_nothing", "42P01")]
    [InlineData("SELECT * FROM information_schema.nothing", "42P01")]
    public async Task What_is_not_there_is_an_error(string sql, string state) =>
        Assert.Equal(state, await session.FailAsync(sql));
}

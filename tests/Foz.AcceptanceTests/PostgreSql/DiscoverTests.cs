using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>What a database offers, and how streams find their tables.</summary>
public sealed class DiscoverTests(PostgreSqlServer server)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tables_are_offered_with_names_keys_and_columns()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(""""
            CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
            COMMENT ON COLUMN customers.name IS 'as on the invoice';
            INSERT INTO customers SELECT i, 'x' FROM generate_series(1, 500) i;
            ANALYZE customers;
            CREATE SCHEMA sales;
            CREATE TABLE sales.orders (b int, a int, v text, PRIMARY KEY (a, b) INCLUDE (v));
            CREATE TABLE "Odd ""name"".with.dots" ("Column ☂ ""x""" int, "Order" int);
            CREATE TABLE events (at date, v int) PARTITION BY RANGE (at);
            CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            CREATE MATERIALIZED VIEW totals AS SELECT count(*) n FROM customers;
            CREATE VIEW hidden_view AS SELECT 1 AS one;
            CREATE TABLE clashing ("Id" int, "id" int, _cdc_op text);
            CREATE TABLE public.sales_orders (i int);
            CREATE TABLE unreadable (i int);
            """");
        await database.GrantAsync();
        await database.GrantAsync("sales");
        await database.ExecuteAsync("REVOKE ALL ON unreadable FROM foz");

        await using var source = database.Source();
        var streams = (await source.DiscoverAsync(Token)).ToDictionary(s => s.Definition.Name);

        Assert.Equal(
            ["Odd__name__with_dots", "clashing", "customers", "events", "sales_orders", "sales_orders_2", "totals"],
            streams.Keys.Order(StringComparer.Ordinal));
        var customers = streams["customers"];
        Assert.Equal(["id"], customers.Definition.Keys);
        Assert.Equal(StreamMode.Snapshot, customers.Definition.Mode);
        Assert.Equal("public.customers", customers.Definition.Settings.Text("table"));
        Assert.Equal(500, customers.RowCountEstimate);
        Assert.Equal(["id:long", "name:string"], customers.Fields.Select(f => $"{f.Name}:{f.Type}"));
        Assert.Equal("as on the invoice", customers.Fields[1].Metadata[Field.CommentKey]);
        Assert.Equal(["a", "b"], streams["sales_orders_2"].Definition.Keys);
        Assert.Equal("sales.orders", streams["sales_orders_2"].Definition.Settings.Text("table"));
        Assert.Equal(
            "public.\"Odd \"\"name\"\".with.dots\"", streams["Odd__name__with_dots"].Definition.Settings.Text("table"));
        Assert.Equal(["Column ☂ \"x\"", "Order"], streams["Odd__name__with_dots"].Fields.Select(f => f.Name));
        Assert.Equal(["Id", "id_2", "_cdc_op_3"], streams["clashing"].Fields.Select(f => f.Name));
        Assert.Equal(["at", "v", "_rescued_data"], streams["events"].Fields.Select(f => f.Name));

        foreach (var stream in streams.Values)
        {
            var read = await ReadRows.ReadAsync(source, stream.Definition, new StreamInputs.OfAll());
            Assert.Equal(stream.Fields, read.Fields);
        }
    }

    [Theory]
    [InlineData("customers", "1")]
    [InlineData("public.customers", "1")]
    [InlineData("PUBLIC.Customers", "1")]
    [InlineData("\"public\".\"customers\"", "1")]
    [InlineData("public.Camel", "2")]
    [InlineData("public.\"Camel\"", "2")]
    [InlineData("sales.one_view", "3")]
    public async Task Stream_finds_its_table(string table, string expected)
    {
        var database = await SmallDatabaseAsync();
        var read = await database.ReadAsync(PostgreSqlDatabase.Stream(table));
        Assert.Equal([expected], read.Column("v"));
    }

    [Fact]
    public async Task Stream_without_a_table_reads_the_one_of_its_name()
    {
        var database = await SmallDatabaseAsync();
        Assert.Equal(["1"], (await database.ReadAsync(new StreamDefinition { Name = "customers" })).Column("v"));
        Assert.Equal(["3"], (await database.ReadAsync(new StreamDefinition { Name = "sales_one_view" })).Column("v"));
    }

    [Theory]
    [InlineData("public.custmers", "there is no table public.custmers", "did you mean 'public.customers'?")]
    [InlineData("\"public\".\"CUSTOMERS\"", "there is no table", "")]
    [InlineData("a.b.c", "'table' must be schema.name", "")]
    [InlineData("secret", "permission denied for public.secret", "grant the connection's user SELECT")]
    [InlineData("closed.t", "permission denied for closed.t", "USAGE")]
    public async Task Table_that_cannot_be_read_is_said_so(string table, string message, string hint)
    {
        var database = await SmallDatabaseAsync();
        var error = await Assert.ThrowsAsync<FozException>(() => database.ReadAsync(PostgreSqlDatabase.Stream(table)));
        Assert.Contains(message, error.Message);
        Assert.Contains(hint, error.Hint ?? "");
    }

    [Fact]
    public async Task Check_looks_at_every_stream()
    {
        var database = await SmallDatabaseAsync();
        await using var good = database.Source([PostgreSqlDatabase.Stream("customers") with { Keys = ["v"] }]);
        Assert.Contains("2 tables to read", await good.CheckAsync(Token));
        await using var bad = database.Source([PostgreSqlDatabase.Stream("customers") with { Keys = ["w"] }]);
        var error = await Assert.ThrowsAsync<FozException>(() => bad.CheckAsync(Token));
        Assert.Contains("keys names the column 'w', which does not exist", error.Message);
        Assert.Equal("known: v", error.Hint);
    }

    [Fact]
    public async Task Column_that_may_not_be_read_is_left_out_and_said_so()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (a int, secret int, c int);
            INSERT INTO t SELECT i, i, i FROM generate_series(1, 10) i;
            GRANT SELECT (a, c) ON t TO foz;
            """);
        await using var source = database.Source();
        var plan = await source.PlanAsync(PostgreSqlDatabase.Stream("t"), [], Token);
        Assert.Equal(["public.t: foz may not read secret: left out"], plan.Warnings.Select(w => w.Message));
        var read = await ReadRows.ReadAsync(source, PostgreSqlDatabase.Stream("t"), plan.Inputs!);
        Assert.Equal(["a", "c"], read.Fields.Select(f => f.Name));
        Assert.Equal(10, read.Rows.Count);
    }

    [Fact]
    public async Task Rows_that_policies_hide_are_warned_of()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (a int);
            INSERT INTO t VALUES (1), (2);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY p ON t USING (a = 1);
            """);
        await database.GrantAsync();
        await using var source = database.Source();
        var plan = await source.PlanAsync(PostgreSqlDatabase.Stream("t"), [], Token);
        Assert.Contains("row security", Assert.Single(plan.Warnings).Message);
        Assert.Equal(["1"], (await database.ReadAsync(PostgreSqlDatabase.Stream("t"))).Column("a"));
    }

    [Theory]
    [InlineData("v", "money", "the type 'money' of column 'v' is not known")]
    [InlineData("w", "string", "columns names the column 'w', which does not exist")]
    public async Task Wrong_declaration_is_said_so(string column, string type, string message)
    {
        var database = await SmallDatabaseAsync();
        var stream = PostgreSqlDatabase.Stream("customers") with
        {
            Columns = new Dictionary<string, string> { [column] = type },
        };
        var error = await Assert.ThrowsAsync<FozException>(() => database.ReadAsync(stream));
        Assert.Contains(message, error.Message);
    }

    async Task<PostgreSqlDatabase> SmallDatabaseAsync()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE customers AS SELECT 1 AS v;
            CREATE TABLE "Camel" AS SELECT 2 AS v;
            CREATE SCHEMA sales;
            CREATE VIEW sales.one_view AS SELECT 3 AS v;
            """);
        await database.GrantAsync();
        await database.GrantAsync("sales");
        await database.ExecuteAsync("""
            CREATE TABLE secret (i int);
            CREATE SCHEMA closed;
            CREATE TABLE closed.t (i int);
            GRANT SELECT ON closed.t TO foz;
            """);
        return database;
    }
}

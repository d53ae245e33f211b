using System.Net;
using System.Text.Json;
using Foz.Serving.Governance;
using Foz.Serving.Trino;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

public sealed class TrinoSessionTests : IAsyncLifetime
{
    PgTestServer server = null!;
    TrinoTestClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync(isOpen: true);
        client = new(server, password: null);
        client.Headers["X-Trino-Catalog"] = "lake";
        client.Headers["X-Trino-Schema"] = "silver";
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Names_without_a_schema_are_of_the_sessions()
    {
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM orders"));
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM lake.silver.orders AS o WHERE o.id > 0"));
        client.Headers.Remove("X-Trino-Schema");
        Assert.Equal(
            "MISSING_SCHEMA_NAME: line 1:22: Schema must be specified when session schema is not set",
            (await client.RunAsync("SELECT count(*) FROM orders")).Error);
    }

    [Theory]
    [InlineData("SELECT * FROM silver.foobar", "TABLE_NOT_FOUND: line 1:15: Table 'lake.silver.foobar' does not exist")]
    [InlineData("SELECT * FROM nowhere.foobar", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nowhere' does not exist")]
    [InlineData("SELECT * FROM tpch.tiny.nation", "CATALOG_NOT_FOUND: line 1:15: Catalog 'tpch' not found")]
    [InlineData("SELECT foo FROM orders", "COLUMN_NOT_FOUND: line 1:8: Column 'foo' cannot be resolved")]
    [InlineData(
        "SELECT reduce(ARRAY[1], 0, (s, x) -> s + x, s -> s)",
        "NOT_SUPPORTED: line 1:8: the function reduce is not supported")]
    [InlineData("SELECT foz_any(1, 2)", "FUNCTION_NOT_FOUND: function foz_any does not exist")]
    [InlineData("SHOW TABLES FROM nowhere", "SCHEMA_NOT_FOUND: Schema 'nowhere' does not exist")]
    [InlineData("DESCRIBE foobar", "TABLE_NOT_FOUND: Table 'lake.silver.foobar' does not exist")]
    [InlineData("EXECUTE missing", "NOT_FOUND: Prepared statement not found: missing")]
    [InlineData(
        "SET SESSION query_max_run_tim = '1s'",
        "INVALID_SESSION_PROPERTY: Session property 'query_max_run_tim' does not exist (did you mean query_max_run_time?)")]
    public async Task What_is_not_there_is_told_in_Trinos_words(string sql, string error) =>
        Assert.Equal(error, (await client.RunAsync(sql)).Error);

    [Theory]
    [InlineData("SHOW CATALOGS", "\"lake\"|\"system\"")]
    [InlineData("SHOW SCHEMAS", "\"information_schema\"|\"silver\"")]
    [InlineData("SHOW SCHEMAS FROM lake LIKE 'sil%'", "\"silver\"")]
    [InlineData("SHOW SCHEMAS FROM system", "\"information_schema\"|\"jdbc\"|\"metadata\"|\"runtime\"")]
    [InlineData("SHOW TABLES", "\"orders\"")]
    [InlineData("SHOW TABLES IN lake.silver LIKE 'x%'", "")]
    [InlineData("SHOW TABLES FROM system.jdbc LIKE 'c%'", "\"catalogs\"|\"columns\"")]
    [InlineData(
        "SHOW COLUMNS FROM orders",
        "\"id\",\"bigint\",\"\",\"\"|\"name\",\"varchar\",\"\",\"who\"|\"amount\",\"decimal(10,2)\",\"\",\"\"")]
    [InlineData(
        "DESCRIBE lake.silver.orders",
        "\"id\",\"bigint\",\"\",\"\"|\"name\",\"varchar\",\"\",\"who\"|\"amount\",\"decimal(10,2)\",\"\",\"\"")]
    [InlineData(
        "SHOW CREATE TABLE orders",
        "\"CREATE TABLE lake.silver.orders (\\n   id bigint NOT NULL,\\n   name varchar COMMENT 'who',\\n   amount decimal(10,2)\\n)\"")]
    [InlineData("SHOW CREATE SCHEMA silver", "\"CREATE SCHEMA lake.silver\"")]
    [InlineData("SHOW SESSION LIKE 'query_priority'", "\"query_priority\",\"1\",\"1\",\"integer\",\"Has no effect\"")]
    [InlineData(
        "SHOW FUNCTIONS LIKE 'date_d%'",
        "\"date_diff\",\"\",\"\",\"\",\"date_diff('day', TIMESTAMP '2024-01-01 23:00:00', TIMESTAMP '2024-01-02 22:00:00')\",true")]
    [InlineData(
        "SHOW STATS FOR orders",
        "\"id\",null,null,null,null,null,null|\"name\",null,null,null,null,null,null|\"amount\",null,null,null,null,null,null|null,null,null,null,5.0,null,null")]
    [InlineData("SHOW ROLES", "\"foz\"")]
    [InlineData("SELECT table_cat FROM system.jdbc.catalogs ORDER BY 1", "\"lake\"|\"system\"")]
    [InlineData(
        "SELECT table_schem, table_catalog FROM system.jdbc.schemas WHERE table_catalog = 'lake' ORDER BY 1",
        "\"information_schema\",\"lake\"|\"silver\",\"lake\"")]
    [InlineData(
        "SELECT table_cat, table_schem, table_name, table_type FROM system.jdbc.tables WHERE table_schem LIKE 'sil%' ESCAPE '\\' AND table_type IN ('TABLE', 'VIEW')", "\"lake\",\"silver\",\"orders\",\"TABLE\"")]
    [InlineData(
        "SELECT column_name, data_type, type_name, column_size, decimal_digits, nullable, ordinal_position FROM system.jdbc.columns WHERE table_name = 'orders' ORDER BY 7", "\"id\",-5,\"bigint\",19,0,0,1|\"name\",12,\"varchar\",2147483647,null,2,2|\"amount\",3,\"decimal(10,2)\",10,2,2,3")]
    [InlineData("SELECT count(*) FROM system.jdbc.types WHERE data_type = 12", "1")]
    [InlineData(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'silver'",
        "\"orders\",\"BASE TABLE\"")]
    [InlineData(
        "SELECT column_name, data_type, is_nullable FROM lake.information_schema.columns WHERE table_name = 'orders' ORDER BY ordinal_position", "\"id\",\"bigint\",\"NO\"|\"name\",\"varchar\",\"YES\"|\"amount\",\"decimal(10,2)\",\"YES\"")]
    [InlineData("SELECT coordinator, state FROM system.runtime.nodes", "true,\"active\"")]
    [InlineData(
        "SELECT catalog_name, connector_name FROM system.metadata.catalogs ORDER BY 1",
        "\"lake\",\"delta_lake\"|\"system\",\"system\"")]
    [InlineData(
        "SELECT user, state FROM system.runtime.queries WHERE query LIKE '%runtime.queries%'", "\"ana\",\"PLANNING\"")]
    public async Task What_there_is_is_told(string sql, string rows) =>
        Assert.Equal(rows, string.Join('|', await client.RowsAsync(sql)));

    [Fact]
    public async Task The_client_is_told_what_to_keep_of_its_session()
    {
        Assert.Equal(
            ["X-Trino-Set-Catalog=lake", "X-Trino-Set-Schema=silver"],
            (await client.RunAsync("USE lake.silver")).Headers);
        Assert.Equal(
            ["X-Trino-Set-Session=query_max_run_time=10m"],
            (await client.RunAsync("SET SESSION query_max_run_time = '10m'")).Headers);
        Assert.Equal(
            ["X-Trino-Clear-Session=query_max_run_time"],
            (await client.RunAsync("RESET SESSION query_max_run_time")).Headers);
        Assert.Equal(
            ["X-Trino-Added-Prepare=q=SELECT+1+%2B+%3F"],
            (await client.RunAsync("PREPARE q FROM SELECT 1 + ?")).Headers);
        Assert.Equal(["true"], await client.RowsAsync("SET ROLE NONE"));
        var use = await client.RunAsync("USE silver");
        Assert.Equal("USE", use.Pages[^1].GetProperty("updateType").GetString());
        client.Headers["X-Presto-User"] = "ana";
        client.Headers.Remove("X-Trino-User");
        Assert.Equal(
            ["X-Presto-Set-Catalog=lake", "X-Presto-Set-Schema=silver"], (await client.RunAsync("USE silver")).Headers);
    }

    [Fact]
    public async Task A_name_that_no_header_can_tell_is_refused()
    {
        await server.Lake.ChangeAsync("CREATE TABLE `são`.t (x bigint)");
        Assert.StartsWith("NOT_SUPPORTED", (await client.RunAsync("USE lake.\"são\"")).Error, StringComparison.Ordinal);
        Assert.StartsWith(
            "SCHEMA_NOT_FOUND", (await client.RunAsync("USE lake.nowhere")).Error, StringComparison.Ordinal);
        Assert.StartsWith(
            "CATALOG_NOT_FOUND", (await client.RunAsync("USE tpch.tiny")).Error, StringComparison.Ordinal);
        foreach (var sql in new[] { "RESET SESSION lake.\"é\"", "SET SESSION lake.\"a=b\" = '1'" })
            Assert.StartsWith("INVALID_SESSION_PROPERTY", (await client.RunAsync(sql)).Error, StringComparison.Ordinal);
        Assert.Equal(
            ["X-Trino-Clear-Session=lake.compression_codec"],
            (await client.RunAsync("RESET SESSION lake.compression_codec")).Headers);
    }

    [Fact]
    public async Task Prepared_statements_come_with_each_request()
    {
        client.Headers["X-Trino-Prepared-Statement"] =
            $"q={WebUtility.UrlEncode("SELECT name, ? AS p FROM orders WHERE id = ?")}"
                + $",show={WebUtility.UrlEncode("SHOW TABLES")}";
        Assert.Equal(["\"b\",\"it's\""], await client.RowsAsync("EXECUTE q USING 'it''s', 2"));
        Assert.Equal(["\"orders\""], await client.RowsAsync("EXECUTE show"));
        Assert.Equal(
            ["\"a\""],
            await client.RowsAsync(
                "EXECUTE IMMEDIATE 'SELECT name FROM orders WHERE id = ? AND date_diff(''day'', ?, ?) = 1' USING 1, "
                    + "DATE '2024-01-01', DATE '2024-01-02'"));
        Assert.Equal(["0,\"varchar\"", "1,\"bigint\""], await client.RowsAsync("DESCRIBE INPUT q"));
        Assert.Equal(
            ["\"name\",\"\",\"\",\"\",\"varchar\",0,false", "\"p\",\"\",\"\",\"\",\"varchar\",0,false"],
            await client.RowsAsync("DESCRIBE OUTPUT q"));
        Assert.Equal(
            "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 2 but found 1",
            (await client.RunAsync("EXECUTE q USING 1")).Error);
        Assert.Equal(["X-Trino-Deallocated-Prepare=q"], (await client.RunAsync("DEALLOCATE PREPARE q")).Headers);
    }

    [Fact]
    public async Task A_transaction_reads_at_one_instant_and_is_named_by_the_client()
    {
        var begun = await client.RunAsync("START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        client.Headers["X-Trino-Transaction-Id"] = begun.Headers[0]["X-Trino-Started-Transaction-Id=".Length..];
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM orders"));
        await server.Lake.ChangeAsync("DELETE FROM silver.orders WHERE id = 1");
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM orders"));
        Assert.Equal(["X-Trino-Clear-Transaction-Id=true"], (await client.RunAsync("COMMIT")).Headers);
        Assert.StartsWith("UNKNOWN_TRANSACTION", (await client.RunAsync("SELECT 1")).Error, StringComparison.Ordinal);
        client.Headers["X-Trino-Transaction-Id"] = "NONE";
        Assert.Equal(["4"], await client.RowsAsync("SELECT count(*) FROM orders"));
        Assert.StartsWith("NOT_IN_TRANSACTION", (await client.RunAsync("ROLLBACK")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transaction_that_could_not_be_committed_is_over()
    {
        var begun = await client.RunAsync("START TRANSACTION");
        client.Headers["X-Trino-Transaction-Id"] = begun.Headers[0]["X-Trino-Started-Transaction-Id=".Length..];
        Assert.Null((await client.RunAsync("UPDATE silver.orders SET name = 'x' WHERE id = 1")).Error);
        await server.Lake.ChangeAsync("UPDATE silver.orders SET name = 'y' WHERE id = 1");
        Assert.StartsWith("TRANSACTION_CONFLICT", (await client.RunAsync("COMMIT")).Error, StringComparison.Ordinal);
        // It would commit by itself.
        Assert.StartsWith(
            "UNKNOWN_TRANSACTION", (await client.RunAsync("DELETE FROM silver.orders")).Error,
            StringComparison.Ordinal);
        client.Headers.Remove("X-Trino-Transaction-Id");
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task A_transaction_that_only_reads_changes_nothing()
    {
        var begun = await client.RunAsync("START TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE");
        client.Headers["X-Trino-Transaction-Id"] = begun.Headers[0]["X-Trino-Started-Transaction-Id=".Length..];
        Assert.StartsWith(
            "READ_ONLY_VIOLATION", (await client.RunAsync("DELETE FROM silver.orders")).Error,
            StringComparison.Ordinal);
        client.Headers.Remove("X-Trino-Transaction-Id");
        begun = await client.RunAsync("START TRANSACTION READ WRITE");
        client.Headers["X-Trino-Transaction-Id"] = begun.Headers[0]["X-Trino-Started-Transaction-Id=".Length..];
        Assert.Null((await client.RunAsync("DELETE FROM silver.orders WHERE id = 1")).Error);
        Assert.Null((await client.RunAsync("COMMIT")).Error);
        client.Headers.Remove("X-Trino-Transaction-Id");
        Assert.Equal(["4"], await client.RowsAsync("SELECT count(*) FROM orders"));
    }

    [Fact]
    public async Task A_transaction_is_of_who_began_it_with_the_same_rights()
    {
        await using var lake = await Foz.Tests.Serving.ServedLake.CreateAsync();
        var service = new TrinoService(lake.Service.Host);
        Foz.Serving.Governance.SessionUser full = new("ana", IsOwner: true),
            limited = new("ana", IsOwner: false) { Scope = ["analysts"] };
        string id;
        await using (var begun = await StartAsync(full, "START TRANSACTION", transaction: null))
            id = begun.Effects.StartedTransaction!;
        var error = await Assert.ThrowsAsync<Foz.Lake.FozException>(() =>
            StartAsync(limited, "SELECT count(*) FROM silver.orders", id));
        Assert.Equal("25000", error.SqlState);
        await using (await StartAsync(full, "ROLLBACK", id)) Assert.False(limited.MayKnowOf(full));

        Task<TrinoStatement> StartAsync(Foz.Serving.Governance.SessionUser user, string sql, string? transaction) =>
            service.StartAsync(
                user, new() { Sql = sql, TransactionId = transaction }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Who_may_less_knows_nothing_of_what_who_may_more_does()
    {
        Foz.Serving.Governance.SessionUser ana = new("ana", IsOwner: false), key = ana with { Scope = ["analysts"] },
            token = ana with { Roles = ["finance"] };
        Assert.True(ana.MayKnowOf(ana with { Roles = [] }));
        Assert.True(ana.MayKnowOf(key));
        Assert.False(key.MayKnowOf(ana));
        Assert.True(key.MayKnowOf(key with { Scope = ["analysts"] }));
        Assert.False(ana.MayKnowOf(token));
        Assert.True(token.MayKnowOf(ana));
        Assert.False(ana.MayKnowOf(new("ana", IsOwner: true)));
        Assert.False(ana.MayKnowOf(new("bia", IsOwner: false)));
        Assert.True(new Foz.Serving.Governance.SessionUser("bia", IsOwner: true).MayKnowOf(token));
    }

    [Fact]
    public async Task Tables_are_changed_by_who_may()
    {
        var inserted = await client.RunAsync("INSERT INTO silver.orders VALUES (6, 'f', 6.5), (7, 'g', 7)");
        Assert.Null(inserted.Error);
        Assert.Equal(["2"], inserted.Rows);
        Assert.Equal("INSERT", inserted.Pages[^1].GetProperty("updateType").GetString());
        Assert.Equal(2, inserted.Pages[^1].GetProperty("updateCount").GetInt64());
        Assert.Equal(["7"], await client.RowsAsync("SELECT count(*) FROM orders"));
        Assert.Equal(["5"], await client.RowsAsync("SELECT count(*) FROM orders FOR VERSION AS OF 1"));
        Assert.Equal(
            ["true"],
            await client.RowsAsync(
                "CREATE VIEW silver.big AS SELECT id, date_add('day', 1, DATE '2024-01-01') AS d FROM "
                    + "lake.silver.orders WHERE id > 5"));
        Assert.Equal(["6,\"2024-01-02\"", "7,\"2024-01-02\""], await client.RowsAsync("SELECT * FROM big ORDER BY id"));
        Assert.Equal(
            ["\"big\",\"VIEW\"", "\"orders\",\"BASE TABLE\""],
            await client.RowsAsync(
                "SELECT table_name, table_type FROM information_schema.tables WHERE "
                    + "table_schema = 'silver' ORDER BY 1"));
    }

    [Fact]
    public async Task Tables_are_made_in_Trinos_words_and_found_in_the_sessions_schema()
    {
        const string Made = """
            CREATE TABLE lake.silver.kinds (
               a boolean,
               b tinyint,
               c smallint,
               d integer NOT NULL,
               e bigint,
               f real,
               g double,
               h decimal(12,3),
               i varchar COMMENT 'words',
               j varbinary,
               k date,
               l timestamp(6),
               m timestamp(6) with time zone,
               n array(bigint),
               o map(varchar,array(double)),
               p row(x bigint, y row(z varchar, w decimal(5,2)))
            )
            """;
        Assert.Null((await client.RunAsync(Made.Replace("lake.silver.", "", StringComparison.Ordinal))).Error);
        client.Headers["X-Trino-Client-Capabilities"] = "PARAMETRIC_DATETIME";
        Assert.Equal(
            [Made.ReplaceLineEndings("\n")],
            (await client.RowsAsync("SHOW CREATE TABLE kinds")).Select(row => JsonSerializer.Deserialize<string>(row)));
        Assert.Null((await client.RunAsync(
            "INSERT INTO kinds (d, g, n, o, p, l) VALUES (1, 1e0, ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[ARRAY[0.5e0]]), "
                + "ROW(7, ROW('z', 1.25)), TIMESTAMP '2024-01-02 03:04:05.678901')")).Error);
        Assert.Null(
            (await client.RunAsync("UPDATE kinds SET e = cardinality(n), a = contains(n, 2) WHERE d = 1")).Error);
        Assert.Equal(["1,2,true,[1,2],\"z\""], await client.RowsAsync("SELECT d, e, a, n, p.y.z FROM kinds"));
        Assert.Null(
            (await client.RunAsync(
                "CREATE TABLE copies AS SELECT d, date_add('day', 1, DATE '2024-01-01') AS day FROM kinds")).Error);
        Assert.Null((await client.RunAsync("INSERT INTO copies SELECT d + 1, day FROM copies")).Error);
        Assert.Null((await client.RunAsync("DELETE FROM copies WHERE d = 1")).Error);
        Assert.Equal(["2,\"2024-01-02\""], await client.RowsAsync("SELECT * FROM copies"));
        Assert.Null((await client.RunAsync("ALTER TABLE copies ADD COLUMN words array(varchar(5))")).Error);
        Assert.Null((await client.RunAsync("DROP TABLE copies")).Error);
        Assert.Null((await client.RunAsync("CREATE SCHEMA IF NOT EXISTS lake.fresh")).Error);
        Assert.Contains(
            "names", (await client.RunAsync("CREATE TABLE bad (r row(bigint))")).Error, StringComparison.Ordinal);
        client.Headers.Remove("X-Trino-Schema");
        Assert.StartsWith(
            "MISSING_SCHEMA_NAME", (await client.RunAsync("INSERT INTO kinds (d) VALUES (1)")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queries_are_explained_validated_and_killed()
    {
        Assert.Equal(["true"], await client.RowsAsync("EXPLAIN (TYPE VALIDATE) SELECT id FROM orders"));
        Assert.StartsWith(
            "COLUMN_NOT_FOUND", (await client.RunAsync("EXPLAIN (TYPE VALIDATE) SELECT foo FROM orders")).Error,
            StringComparison.Ordinal);
        Assert.NotEmpty(await client.RowsAsync("EXPLAIN SELECT id FROM orders"));
        using var begun = await client.BeginAsync(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7");
        var id = (await TrinoTestClient.JsonAsync(begun)).GetProperty("id").GetString();
        Assert.Equal(
            ["true"],
            await client.RowsAsync($"CALL system.runtime.kill_query(query_id => '{id}', message => 'enough')"));
        Assert.StartsWith(
            "NOT_FOUND", (await client.RunAsync("CALL system.runtime.kill_query('none')")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_granted_little_sees_little()
    {
        var folder = Directory.CreateTempSubdirectory("foz-grants-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "policies"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "policies", "grants.yml"),
            "grants:\n  - to: ana\n    on: silver.orders\n    columns: [id, name]\n    where: id < 3\n",
            TestContext.Current.CancellationToken);
        var list = AccessList.Load(folder);
        await using var lake = await Foz.Tests.Serving.ServedLake.CreateAsync(() => list);
        await lake.ChangeAsync("CREATE TABLE gold.secret (x bigint)");
        var service = new TrinoService(lake.Service.Host);

        Assert.Equal(
            ["id", "name"],
            await ColumnAsync(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'silver' ORDER BY 1"));
        Assert.Equal(["1", "2"], await ColumnAsync("SELECT id FROM silver.orders ORDER BY 1"));
        Assert.Equal(["information_schema", "silver"], await ColumnAsync("SHOW SCHEMAS"));
        Assert.Equal(["0"], await ColumnAsync("SELECT count(*) FROM system.jdbc.tables WHERE table_name = 'secret'"));
        Assert.Equal(["0"], await ColumnAsync("SELECT count(*) FROM system.jdbc.columns WHERE column_name = 'amount'"));
        Assert.Equal("Schema 'gold' does not exist", await FailAsync("SELECT * FROM gold.secret"));
        Assert.Equal("Schema 'gold' does not exist", await FailAsync("SHOW COLUMNS FROM gold.secret"));
        Assert.Contains("amount", await FailAsync("SELECT amount FROM silver.orders"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "< 3", string.Join(' ', await ColumnAsync("EXPLAIN SELECT id FROM silver.orders")),
            StringComparison.Ordinal);
        Assert.Equal(
            ["CREATE TABLE lake.silver.orders (\n   id bigint NOT NULL,\n   name varchar COMMENT 'who'\n)"],
            await ColumnAsync("SHOW CREATE TABLE silver.orders"));
        Assert.StartsWith(
            "permission denied: delete", await FailAsync("DELETE FROM silver.orders"), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);

        async Task<List<string>> ColumnAsync(string sql)
        {
            await using var statement = await service.StartAsync(
                new("ana", IsOwner: false), new() { Sql = sql }, TestContext.Current.CancellationToken);
            return
            [
                .. (await Foz.Tests.Serving.ServedSessionExtensions.RowsOfAsync(statement.Rows))
                    .Select(row => row.Split('|')[0]),
            ];
        }

        async Task<string> FailAsync(string sql) =>
            (await Assert.ThrowsAsync<Foz.Lake.FozException>(() => ColumnAsync(sql))).Message;
    }
}

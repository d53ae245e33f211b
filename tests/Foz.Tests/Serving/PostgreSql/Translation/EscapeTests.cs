using Foz.Lake.Journal;
using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.PostgreSql.Translation;

/// <summary>Ways out of what a served statement may reach; each is refused.</summary>
public sealed class EscapeTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync(isAudited: true);
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM main.read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM \"read_blob\"('/etc/passwd')")]
    [InlineData("SELECT * FROM pg_catalog.read_text('/etc/passwd')")]
    [InlineData("WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x")]
    [InlineData("SELECT (SELECT content FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT * FROM silver.orders o, LATERAL (SELECT * FROM read_text('/etc/passwd')) t")]
    [InlineData("SELECT 1 WHERE EXISTS (SELECT * FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT * FROM silver.orders ORDER BY (SELECT count(*) FROM glob('/*'))")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM \"/etc/passwd\"")]
    [InlineData("SELECT * FROM \"/etc/passwd.csv\"")]
    [InlineData("FROM '/tmp/x.parquet'")]
    [InlineData("SELECT * FROM /* '/etc/passwd' */ read_text/**/('/etc/passwd')")]
    [InlineData("SELECT * FROM U&\"read\\005ftext\"('/etc/passwd')")]
    [InlineData("SELECT * FROM READ_TEXT(E'/etc/pas\\x73wd')")]
    [InlineData("SELECT * FROM parquet_metadata('x.parquet')")]
    [InlineData("SELECT * FROM sniff_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM delta_scan('/tmp/t')")]
    [InlineData("SELECT * FROM table_changes('/tmp/t', 0)")]
    [InlineData("SELECT * FROM query('SELECT 1')")]
    [InlineData("SELECT * FROM query_table('silver.orders')")]
    [InlineData("SELECT * FROM json_execute_serialized_sql('{}')")]
    [InlineData("SELECT json_serialize_plan('SELECT * FROM read_text(''/etc/passwd'')')")]
    [InlineData("SELECT getvariable('x')")]
    [InlineData("SELECT ('x').getvariable()")]
    [InlineData("SELECT \"getvariable\"('x')")]
    [InlineData("SELECT main.getvariable('x')")]
    [InlineData("SELECT getenv('HOME')")]
    [InlineData("SELECT stats(amount) FROM silver.orders")]
    [InlineData("SELECT o.amount.stats() FROM silver.orders o")]
    [InlineData("SELECT finalize('x'::blob)")]
    [InlineData("SELECT list_transform([1], lambda x: getvariable('x'))")]
    [InlineData("SELECT sum(getvariable('x')) OVER () FROM silver.orders")]
    [InlineData("SELECT * FROM histogram('silver.orders', 'amount')")]
    [InlineData("SELECT * FROM duckdb_logs_parsed('FileSystem')")]
    [InlineData("SELECT * FROM (SHOW ALL TABLES)")]
    [InlineData("SELECT * FROM (SHOW TABLES)")]
    [InlineData("FROM (DESCRIBE memory.main.x)")]
    [InlineData("SELECT * FROM test_all_types()")]
    [InlineData("SELECT * FROM repeat_row(1, num_rows=10)")]
    [InlineData("SELECT write_log('x')")]
    [InlineData("SELECT sleep_ms(1)")]
    [InlineData("SELECT foz_live(1, 'x', 1)")]
    [InlineData("SELECT main.foz_catalog_text(1, 'current_setting', 'port')")]
    [InlineData("SELECT \"Foz_Catalog_TEXT\"(1, 'x', 'y')")]
    [InlineData("SELECT foz_catalog_backend(1, 'pg_terminate_backend', 1)")]
    [InlineData("SELECT main.foz_catalog_backend(1, 'pg_terminate_backend', 1)")]
    [InlineData("SELECT * FROM foz_stream(1)")]
    [InlineData("SELECT * FROM foz_bound_0")]
    [InlineData("SELECT * FROM temp.foz_bound_0")]
    [InlineData("SELECT * FROM duckdb_settings()")]
    [InlineData("SELECT * FROM duckdb_secrets()")]
    [InlineData("SELECT * FROM duckdb_tables")]
    [InlineData("SELECT * FROM pragma_database_size()")]
    [InlineData("SELECT * FROM system.information_schema.tables")]
    [InlineData("SELECT * FROM memory.main.sqlite_master")]
    [InlineData("SELECT * FROM sqlite_master")]
    [InlineData("SELECT * FROM main.sqlite_master")]
    [InlineData("SELECT current_setting('memory_limit')")]
    [InlineData("SELECT current_setting('memory_' || 'limit') FROM silver.orders")]
    [InlineData("SET memory_limit = '1TB'")]
    [InlineData("SET GLOBAL threads = 100")]
    [InlineData("SET VARIABLE x = 1")]
    [InlineData("RESET memory_limit")]
    [InlineData("PRAGMA database_size")]
    [InlineData("PRAGMA threads = 1")]
    [InlineData("ATTACH '/tmp/x.db' AS x")]
    [InlineData("DETACH lake")]
    [InlineData("USE memory")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("EXPORT DATABASE '/tmp/x'")]
    [InlineData("IMPORT DATABASE '/tmp/x'")]
    [InlineData("COPY silver.orders TO '/tmp/x.csv'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x.csv' (FORMAT csv)")]
    [InlineData("COPY silver.orders TO PROGRAM 'cat'")]
    [InlineData("COPY (SELECT * FROM read_text('/etc/passwd')) TO STDOUT")]
    [InlineData("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("PREPARE p AS SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("EXPLAIN SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("EXPLAIN ANALYZE SELECT * FROM '/etc/passwd'")]
    [InlineData("DESCRIBE SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SUMMARIZE '/etc/passwd'")]
    [InlineData("CREATE MACRO m() AS TABLE SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("CREATE TEMP TABLE x AS SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("CREATE TABLE silver.x AS SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("INSERT INTO silver.orders SELECT 1, content, 1 FROM read_text('/etc/passwd')")]
    [InlineData("UPDATE silver.orders SET name = (SELECT content FROM read_text('/etc/passwd'))")]
    [InlineData("DELETE FROM silver.orders WHERE name IN (SELECT content FROM read_text('/etc/passwd'))")]
    [InlineData(
        "WITH RECURSIVE \"/etc/passwd.csv\" AS (SELECT * FROM \"/etc/passwd.csv\" UNION ALL SELECT * FROM \"/etc/passwd.csv\" WHERE false) SELECT * FROM \"/etc/passwd.csv\"")]
    [InlineData(
        "WITH RECURSIVE sqlite_master AS (SELECT * FROM sqlite_master UNION ALL SELECT * FROM sqlite_master WHERE false) SELECT * FROM sqlite_master")]
    [InlineData("WITH \"\u00c9.csv\" AS (SELECT 1) SELECT * FROM \"\u00e9.csv\"")]
    [InlineData(
        "CREATE TABLE silver.x AS WITH RECURSIVE \"/etc/passwd.csv\" AS (SELECT * FROM \"/etc/passwd.csv\" UNION ALL SELECT * FROM \"/etc/passwd.csv\" WHERE false) SELECT * FROM \"/etc/passwd.csv\"")]
    [InlineData(
        "INSERT INTO silver.orders REPLACE WHERE name IN (SELECT content FROM read_text('/etc/passwd')) SELECT * FROM silver.orders WHERE false")]
    [InlineData("UPDATE silver.orders SET name = (TABLE \"/etc/passwd.csv\")")]
    [InlineData("UPDATE silver.orders SET name = array_to_string(ARRAY(TABLE \"/etc/passwd.csv\"), '')")]
    [InlineData("UPDATE silver.orders SET name = (PIVOT \"/etc/passwd.csv\" USING count(*))")]
    [InlineData("DELETE FROM silver.orders WHERE EXISTS (TABLE \"/etc/passwd.csv\")")]
    [InlineData("DELETE FROM silver.orders WHERE (1, 'x') IN (TABLE \"/etc/passwd.csv\")")]
    [InlineData("MERGE INTO silver.orders t USING (TABLE \"/etc/passwd.csv\") s ON true WHEN MATCHED THEN DELETE")]
    [InlineData(
        "MERGE INTO silver.orders t USING (SELECT 1 AS id) s ON EXISTS (TABLE \"/etc/passwd.csv\") WHEN MATCHED THEN DELETE")]
    [InlineData("CALL pragma_version()")]
    [InlineData("CHECKPOINT")]
    public async Task A_way_out_is_refused_and_audited(string sql)
    {
        Assert.Matches("^(42|0A|22|F0|HV|3D)", await session.FailAsync(sql));
        // A statement that changes a table gets access to it before its query is read.
        var audited = Assert.Single(lake.Audited(), record => record.Decision is AuditDecision.Denied);
        Assert.Equal("ana", audited.User);
        Assert.NotEmpty(audited.Reason!);
        Assert.DoesNotContain("/etc/passwd'", audited.Statement, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_statements_where_one_belongs_are_refused() =>
        Assert.Equal("42601", await session.FailAsync("SELECT 1; SELECT 2"));

    [Fact]
    public async Task A_view_that_reads_a_file_is_refused_to_sessions()
    {
        await lake.Lake.Catalog.DefineAsync(
            new("silver", "v"), _ => new()
            {
                Schema = "silver", Name = "v", Kind = Foz.Lake.Catalog.DefinitionKind.View,
                Sql = "SELECT * FROM read_text('/etc/passwd')",
            },
            TestContext.Current.CancellationToken);
        Assert.Equal("42883", await session.FailAsync("SELECT * FROM silver.v"));
        // The catalogs do not fail with it.
        Assert.Equal(["v", "SELECT 1"], await session.RunAsync("SELECT viewname FROM pg_views"));
    }
}

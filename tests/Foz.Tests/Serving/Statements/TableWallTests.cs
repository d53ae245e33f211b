using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Tests.Serving.Statements;

/// <summary>
/// What the engines of a server reach when every other wall is gone: hostile SQL is given to the sessions of the engine
/// themselves.
/// </summary>
public sealed class TableWallTests : IDisposable
{
    readonly string outside = Directory.CreateTempSubdirectory("foz-outside-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// Paths: {lake}, {outside}, {system} as the lake's own folder, {link} as a link in a table's folder to all that is
    /// outside.
    /// </summary>
    public static TheoryData<string> Refused =>
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM glob('{lake}/*')",
        "SELECT * FROM glob('{system}/**')",
        "SELECT * FROM read_text('file:///etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM read_text('{system}/catalog/silver/orders.json')",
        "SELECT * FROM read_text('{lake}/silver/../_foz/catalog/silver/orders.json')",
        "SELECT * FROM read_text('{lake}/silver/orders/../../_foz/catalog/silver/orders.json')",
        "SELECT * FROM read_text('{lake}/silver2/secret.txt')",
        "SELECT * FROM read_text('{link}/secret.txt')",
        "SELECT * FROM read_text('{outside}/secret.txt')",
        "SELECT * FROM read_text('{outside}/project/foz.yml')",
        "SELECT * FROM '{outside}/secret.txt'",
        "COPY (SELECT 1) TO '{outside}/out.csv'",
        "COPY (SELECT 1) TO '{system}/out.csv'",
        "COPY (SELECT 1) TO '{lake}/out.csv'",
        "COPY (SELECT 1) TO '{link}/out.csv'",
        "COPY (SELECT 1 AS a) TO '{outside}/parts' (FORMAT parquet, PARTITION_BY (a))",
        "ATTACH '{outside}/other.db' AS other",
        "EXPORT DATABASE '{outside}/export'",
        "IMPORT DATABASE '{outside}'",
        "PRAGMA import_database('{outside}')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{lake}/silver/orders/x.duckdb_extension'",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
        "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
        "SELECT * FROM duckdb_secrets()",
        "SET GLOBAL enable_external_access = true",
        "RESET GLOBAL enable_external_access",
        "SET GLOBAL allowed_directories = ['/']",
        "SET GLOBAL allowed_paths = ['/etc/passwd']",
        "SET GLOBAL allowed_configs = ['threads']",
        "SET GLOBAL lock_configuration = false",
        "SET threads = 64",
        "PRAGMA threads = 64",
        "SET GLOBAL temp_directory = '{outside}'",
        "SET GLOBAL max_temp_directory_size = '1TB'",
        "SET GLOBAL extension_directory = '{outside}'",
        "SET GLOBAL secret_directory = '{outside}'",
        "SET GLOBAL allow_unsigned_extensions = true",
        "SET GLOBAL home_directory = '{outside}'",
        "SET GLOBAL autoload_known_extensions = true",
        "SET GLOBAL errors_as_json = false",
        "SET GLOBAL parquet_metadata_cache = false",
        "SET GLOBAL enable_logging = true",
        "SET GLOBAL log_query_path = '{outside}/log'",
        "SET GLOBAL profile_output = '{outside}/profile'",
        "SET GLOBAL preserve_insertion_order = false",
        "SET GLOBAL default_order = 'desc'",
    ];

    public void Dispose() => Directory.Delete(outside, recursive: true);

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task An_engine_that_serves_refuses(string sql)
    {
        await using var lake = await CreateAsync();
        sql = Filled(sql, lake);
        foreach (var instance in Serving(lake))
        {
            using var engine = instance.Open();
            var error = Assert.Throws<FozException>(() => Read(engine, sql));
            Assert.DoesNotContain("secret that nobody reads", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(
            ["project", "secret.txt"], Directory.EnumerateFileSystemEntries(outside).Select(Path.GetFileName).Order());
        Assert.False(File.Exists(Path.Combine(lake.Lake.Folder, "_foz", "out.csv")));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM glob('{lake}/silver/orders/*.parquet')")]
    [InlineData("COPY (SELECT 1 AS a) TO '{lake}/silver/orders/mine.parquet'")]
    [InlineData("SET TimeZone = 'Asia/Tokyo'")]
    [InlineData("SET memory_limit = '100MB'")]
    public async Task An_engine_that_serves_tables_may(string sql)
    {
        await using var lake = await CreateAsync();
        using var engine = lake.Service.Host.Workloads.All[0].Instance.Open();
        Read(engine, Filled(sql, lake));
    }

    [Theory]
    [InlineData("SELECT * FROM query('SELECT 42')")]
    [InlineData("SELECT * FROM duckdb_settings()")]
    [InlineData("SELECT * FROM duckdb_tables()")]
    [InlineData("PRAGMA database_list")]
    [InlineData("SET VARIABLE x = 1")]
    [InlineData("CALL enable_logging()")]
    public async Task This_wall_alone_does_not_stop(string sql)
    {
        await using var lake = await CreateAsync();
        using var engine = lake.Service.Host.Workloads.All[0].Instance.Open();
        Read(engine, sql);
    }

    [Fact]
    public async Task Tables_of_new_schemas_clones_and_tables_elsewhere_are_reached_by_the_statement_that_needs_them()
    {
        await using var lake = await CreateAsync();
        await using var session = lake.Open();
        var instance = lake.Service.Host.Workloads.All[0].Instance;
        using var before = instance.Open();
        Assert.Equal(1, before.QueryScalar<int>("SELECT 1", Cancel));
        Assert.Equal(
            ["CREATE TABLE"], [(await session.RunAsync("CREATE TABLE fresh.made AS SELECT * FROM silver.orders"))[^1]]);
        Assert.Equal(["5", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM fresh.made"));
        Assert.False(before.IsCurrent);
        Assert.Equal(1, before.QueryScalar<int>("SELECT 1", Cancel));
        // Parquet files of others, which become a table where they are.
        var elsewhere = Path.Combine(outside, "project", "elsewhere");
        Directory.CreateDirectory(Path.Combine(elsewhere, "part"));
        using (var open = lake.Lake.Engines.Open(Workload.Models))
            open.Execute($"COPY (SELECT 7 AS id, 'x' AS name) TO '{elsewhere}/data.parquet' (FORMAT parquet)", Cancel);
        await lake.ChangeAsync($"CONVERT TO DELTA parquet.`{elsewhere}`");
        await lake.ChangeAsync($"CREATE TABLE fresh.cloned SHALLOW CLONE delta.`{elsewhere}`");
        Assert.Equal(["7|x", "SELECT 1"], await session.RunAsync("SELECT * FROM fresh.cloned"));
        await session.RunAsync("UPDATE fresh.cloned SET name = 'y' WHERE id = 7");
        Assert.Equal(["7|y", "SELECT 1"], await session.RunAsync("SELECT * FROM fresh.cloned"));
        await session.RunAsync("INSERT INTO silver.orders (id, name) SELECT id, name FROM fresh.cloned");
        Assert.Equal(["6", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM silver.orders"));
        // The table's folder was added, and not the one above.
        using var engine = instance.Open();
        Assert.Throws<FozException>(() => Read(engine, $"SELECT * FROM read_text('{outside}/project/foz.yml')"));
        Read(engine, $"SELECT * FROM glob('{elsewhere}/*')");
    }

    [Fact]
    public async Task Tables_that_another_program_made_since_are_read_and_changed()
    {
        await using var lake = await CreateAsync();
        await using var session = lake.Open();
        // Without the service of this lake.
        using var engines = new EnginePool(new() { MemoryBytes = 1L << 30, Threads = 1 });
        var same = new Foz.Lake.Catalog.Lakehouse(lake.Lake.Folder, engines, TimeProvider.System);
        using (var open = engines.Open(Workload.Query))
            foreach (var sql in new[]
            {
                "CREATE TABLE late.a (id bigint)", "INSERT INTO late.a VALUES (1)", "CREATE TABLE later.b (id bigint)",
            })
                await new Foz.Lake.Statements.StatementRunner(
                    new(open, new(same, prefix: "", static _ => null), same.Tables))
                    .RunAsync(Foz.Lake.Statements.StatementReader.Read(sql)!, Cancel);
        Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT id FROM late.a"));
        Assert.Equal(["INSERT 0 1"], await session.RunAsync("INSERT INTO later.b SELECT id + 1 FROM late.a"));
        await session.RunAsync(
            "MERGE INTO later.b AS t USING late.a AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT *");
        Assert.Equal(["2", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM later.b"));
    }

    async Task<ServedLake> CreateAsync()
    {
        File.WriteAllText(Path.Combine(outside, "secret.txt"), "secret that nobody reads");
        Directory.CreateDirectory(Path.Combine(outside, "project"));
        File.WriteAllText(Path.Combine(outside, "project", "foz.yml"), "secret that nobody reads");
        var lake = await ServedLake.CreateAsync(
            choose: options => options with { ClosedFolders = [outside, Path.Combine(outside, "project")] },
            resultBytesMax: 0);
        Directory.CreateDirectory(Path.Combine(lake.Lake.Folder, "silver2"));
        File.WriteAllText(Path.Combine(lake.Lake.Folder, "silver2", "secret.txt"), "secret that nobody reads");
        Directory.CreateSymbolicLink(LinkOf(lake), outside);
        return lake;
    }

    string Filled(string sql, ServedLake lake) => sql
        .Replace("{lake}", lake.Lake.Folder, StringComparison.Ordinal)
        .Replace("{outside}", outside, StringComparison.Ordinal)
        .Replace("{system}", Path.Combine(lake.Lake.Folder, "_foz"), StringComparison.Ordinal)
        .Replace("{link}", LinkOf(lake), StringComparison.Ordinal);

    static string LinkOf(ServedLake lake) => Path.Combine(lake.Lake.Folder, "silver", "link");

    static IEnumerable<EngineInstance> Serving(ServedLake lake) =>
    [
        .. new[] { Workload.Serving, Workload.Binding, Workload.Query }.Select(lake.Lake.Engines.Find),
        .. lake.Service.Host.Workloads.All.Select(known => known.Instance),
    ];

    static void Read(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, Cancel);
        while (rows.Fetch(Cancel) is { } chunk) chunk.Dispose();
    }
}

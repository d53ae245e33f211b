using Foz.Lake.Engine;
using Foz.Serving.Governance;

namespace Foz.Tests.Serving.Catalogs;

public sealed class CatalogImageTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-images-").FullName;
    ServedLake lake = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        await File.WriteAllTextAsync(
            Path.Combine(project, "policies", "access.yml"),
            "grants: [{to: [bia], on: [silver]}]", Cancel);
        var directory = new AccessDirectory(project);
        lake = await ServedLake.CreateAsync(() => directory.Current);
    }

    public async ValueTask DisposeAsync()
    {
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_is_in_nobodys_way()
    {
        await lake.ChangeAsync("CREATE TABLE silver.broken (id bigint)");
        await File.WriteAllTextAsync(
            Path.Combine(lake.Lake.Folder, "silver", "broken", "_delta_log", "00000000000000000000.json"), "no log",
            Cancel);
        await using var session = lake.Open();
        Assert.Equal(
            ["broken", "orders", "SELECT 2"],
            await session.RunAsync(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'silver' ORDER BY 1"));
        Assert.Equal(
            ["SELECT 0"],
            await session.RunAsync("SELECT column_name FROM information_schema.columns WHERE table_name = 'broken'"));
        Assert.Equal(["INSERT 0 1"], await session.RunAsync("INSERT INTO silver.orders (id) VALUES (6)"));
        await session.FailAsync("SELECT * FROM silver.broken");
    }

    [Fact]
    public async Task A_tag_hides_its_column_from_the_catalogs_at_once()
    {
        await using var owner = lake.Open();
        await using var bia = lake.Open("bia", isOwner: false);
        const string columns =
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' ORDER BY ordinal_position";
        Assert.Equal(["id", "name", "amount", "SELECT 3"], await bia.RunAsync(columns));
        await owner.RunAsync("ALTER TABLE silver.orders ALTER COLUMN name SET TAGS ('pii' = 'name')");
        Assert.Equal(["id", "amount", "SELECT 2"], await bia.RunAsync(columns));
        await owner.RunAsync("ALTER TABLE silver.orders ALTER COLUMN name UNSET TAGS ('pii')");
        Assert.Equal(["id", "name", "amount", "SELECT 3"], await bia.RunAsync(columns));
    }

    [Fact]
    public async Task Images_of_many_users_are_let_go()
    {
        const int users = 80;
        for (var i = 0; i < users; i++)
        {
            await using var session = lake.Open($"user{i}", isOwner: false);
            Assert.Equal(["1", "SELECT 1"], await session.RunAsync("SELECT count(*) FROM pg_database"));
        }
        using var engine = lake.Lake.Engines.Open(Workload.Query);
        using var serving = lake.Lake.Engines.Open(Workload.Serving);
        Assert.InRange(SchemasOf(engine) + SchemasOf(serving), 1, users - 1);
    }

    static long SchemasOf(EngineSession engine) => Convert.ToInt64(
        engine.Query("SELECT count(*) FROM duckdb_schemas() WHERE schema_name LIKE 'foz_catalog%'", Cancel)
            .Fetch(Cancel)!.GetRow(0)[0],
        System.Globalization.CultureInfo.InvariantCulture);
}

using Foz.Storage.Addresses;

namespace Foz.AcceptanceTests.Stores;

/// <summary>Files in an object store as a source.</summary>
public sealed class StoredFilesTests : IAsyncLifetime
{
    readonly TestLake lake = new();
    NodeServer? server;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await NodeServer.StartAsync(
        "s3rver/bin/s3rver.js",
        static (folder, port) =>
            ["-d", folder, "-a", "127.0.0.1", "-p", $"{port}", "-s", "--configure-bucket", "landing"]);

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        lake.Dispose();
    }

    [Fact]
    public async Task Each_file_that_lands_arrives_once()
    {
        var store = ObjectStores.Open("s3://landing/topics", new()
        {
            Settings = new Dictionary<string, string>
            {
                ["endpoint"] = $"http://127.0.0.1:{server!.Port}", ["access_key_id"] = "S3RVER",
                ["secret_access_key"] = "not-to-be-shown",
            },
            Variable = _ => null,
        });
        lake.Write("foz.yml", $"""
            name: t
            connections:
              landing:
                type: files
                path: s3://landing/topics
                endpoint: http://127.0.0.1:{server.Port}
                access_key_id: S3RVER
                secret_access_key: $SECRET
            """.Replace("$SECRET", "${S3_SECRET}", StringComparison.Ordinal));
        lake.Write(".env", "S3_SECRET=not-to-be-shown\n");
        lake.Write(
            "sources/landing.yml",
            "connection: landing\nstreams:\n  orders: {path: 'orders/**/*.json'}\n  prices: {path: 'prices-*.csv', "
                + "columns: {price: double}}\n");
        await PutAsync("orders/partition=0/orders+0+0.json", "{\"id\":1}\n{\"id\":2}\n");
        await PutAsync("prices-1.csv", "sku,price\na,1.5\n");
        await PutAsync("other/x.json", "{\"id\":99}\n");
        await lake.RunWellAsync();
        await PutAsync("orders/partition=1/orders+1+0.json", "{\"id\":3,\"more\":true}\n");
        await lake.RunWellAsync();
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3"], await lake.QueryAsync("SELECT id FROM bronze.orders ORDER BY id"));
        Assert.Equal(
            ["a|1.5|s3://landing/topics/prices-1.csv"],
            await lake.QueryAsync("SELECT sku, price, _cdc_source FROM bronze.prices"));

        async Task PutAsync(string path, string text) =>
            await store.PutAsync(path, System.Text.Encoding.UTF8.GetBytes(text), Cancel);
    }

    [Theory]
    [InlineData("incremental")]
    [InlineData("snapshot")]
    public async Task An_object_of_the_same_size_and_time_with_other_content_is_read_again(string mode)
    {
        var store = ObjectStores.Open("s3://landing/same", new()
        {
            Settings = new Dictionary<string, string>
            {
                ["endpoint"] = $"http://127.0.0.1:{server!.Port}", ["access_key_id"] = "S3RVER",
                ["secret_access_key"] = "not-to-be-shown",
            },
            Variable = _ => null,
        });
        lake.Write("foz.yml", $"""
            name: t
            connections:
              landing:
                type: files
                path: s3://landing/same
                endpoint: http://127.0.0.1:{server.Port}
                access_key_id: S3RVER
                secret_access_key: $SECRET
            """.Replace("$SECRET", "${S3_SECRET}", StringComparison.Ordinal));
        lake.Write(".env", "S3_SECRET=not-to-be-shown\n");
        lake.Write(
            "sources/landing.yml", $"connection: landing\nstreams:\n  orders: {{path: '*.csv', mode: {mode}}}\n");
        // Services report times in whole seconds: some of these writes have the same.
        for (var i = 0; i < 6; i++)
        {
            await store.PutAsync("a.csv", System.Text.Encoding.UTF8.GetBytes($"id,v\n1,{i}\n"), Cancel);
            await lake.RunWellAsync();
            Assert.Equal([$"1|{i}"], await lake.QueryAsync("SELECT id, v FROM bronze.orders"));
        }
        Assert.Equal(Foz.Lake.Journal.Outcome.Skipped, (await lake.RunWellAsync()).Outcome);
    }

    [Fact]
    public async Task Delta_tables_of_another_lake_arrive_by_version()
    {
        var store = ObjectStores.Open("s3://landing/lake", new()
        {
            Settings = new Dictionary<string, string>
            {
                ["endpoint"] = $"http://127.0.0.1:{server!.Port}", ["access_key_id"] = "S3RVER",
                ["secret_access_key"] = "not-to-be-shown",
            },
            Variable = _ => null,
        });
        using var other = new TestLake();
        await other.AppendAsync("sales.orders", "SELECT i AS id, 'a' AS v FROM range(500) r(i)");
        await CopyAsync();
        lake.Write("foz.yml", $"""
            name: t
            connections:
              partner:
                type: delta
                path: s3://landing/lake
                endpoint: http://127.0.0.1:{server.Port}
                access_key_id: S3RVER
                secret_access_key: $SECRET
            """.Replace("$SECRET", "${S3_SECRET}", StringComparison.Ordinal));
        lake.Write(".env", "S3_SECRET=not-to-be-shown\n");
        lake.Write(
            "sources/partner.yml",
            "connection: partner\nsilver: current\nstreams:\n  orders: {table: sales/orders, "
                + "mode: incremental, keys: [id]}\n");
        await lake.RunWellAsync();
        using (var session = other.Open())
            await (await new Foz.Lake.Tables.Writing.TableWriter(session).DeleteAsync(
                await other.TableAsync("sales.orders"), "id % 2 = 0", new(), Cancel)).CommitAsync(Cancel);
        await CopyAsync();
        await lake.RunWellAsync();
        Assert.Equal(
            ["250|0"], await lake.QueryAsync("SELECT count(*), count(*) FILTER (id % 2 = 0) FROM silver.orders"));
        Assert.Equal(
            ["500|250"],
            await lake.QueryAsync(
                "SELECT count(*) FILTER (_cdc_op = 'r'), count(*) FILTER (_cdc_op = 'd') FROM bronze.orders"));

        async Task CopyAsync()
        {
            var folder = Path.Combine(other.Lake.Folder, "sales/orders");
            foreach (var file in Directory.GetFiles(
                folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                await store.PutAsync(
                    $"sales/orders/{Path.GetRelativePath(folder, file)}", await File.ReadAllBytesAsync(file, Cancel),
                    Cancel);
        }
    }
}

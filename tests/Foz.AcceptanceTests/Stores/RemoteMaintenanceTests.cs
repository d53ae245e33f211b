using Foz.Lake.Engine;
using Foz.Storage;
using Foz.Storage.Addresses;
using Foz.Tests;

namespace Foz.AcceptanceTests.Stores;

/// <summary>
/// Tables of an object store that are optimized, vacuumed and cloned, and a folder of Parquet files that becomes one.
/// </summary>
public sealed class RemoteMaintenanceTests(AzuriteServer azurite) : IDisposable
{
    readonly string project = Directory.CreateTempSubdirectory("foz-remote-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(project, recursive: true);

    [Fact]
    public async Task On_s3_that_fails_every_fourth_time()
    {
        var seed = Soak.Seed();
        await using var server = new S3Loopback(seed);
        await File.WriteAllTextAsync(Path.Combine(project, ".env"), "SECRET=secret\n", Cancel);
        await CheckAsync(
            "s3://lake/x",
            $$"""

              endpoint: {{server.Address}}
              access_key_id: id
              secret_access_key: ${SECRET}
            """,
            new Dictionary<string, string>
            {
                ["endpoint"] = server.Address, ["access_key_id"] = "id", ["secret_access_key"] = "secret",
            });
        Assert.True(server.Faults > 10, $"{server.Faults} faults");
    }

    [Fact]
    public async Task On_azure()
    {
        var container = await azurite.CreateContainerAsync();
        await File.WriteAllTextAsync(
            Path.Combine(project, ".env"), $"AZURE_STORAGE_CONNECTION_STRING={azurite.ConnectionString}\n", Cancel);
        await CheckAsync(
            $"az://{container}/x", "",
            new Dictionary<string, string> { ["connection_string"] = azurite.ConnectionString });
    }

    async Task CheckAsync(string url, string settings, Dictionary<string, string> options)
    {
        await File.WriteAllTextAsync(
            Path.Combine(project, "foz.yml"), $"name: remote\nlake:\n  url: {url}{settings}\ncache:\n  folder: cache\n",
            Cancel);
        var store = ObjectStores.Open(url, new() { Settings = options, Variable = _ => null });
        await RunAsync("query", "create table silver.t (id bigint, k string)");
        for (var i = 0; i < 3; i++)
            await RunAsync("query", $"insert into silver.t select i, 'a' from range({i * 100}, {i * 100 + 100}) r(i)");
        await RunAsync("query", "delete from silver.t where id % 10 = 3");

        await RunAsync("clone", "silver.t", "archive.t");
        Assert.Equal(
            3, (await DataAsync(store, "archive/t"))
                .Count(path => path.EndsWith(".parquet", StringComparison.Ordinal)));
        var shallow = await FozProcess.RunAsync(project, "clone", "silver.t", "archive.other", "--shallow");
        Assert.Contains("deep clone", shallow.Expect(2).Errors, StringComparison.Ordinal);

        await RunAsync("optimize", "silver.t");
        var before = await DataAsync(store, "silver/t");
        Assert.True(before.Count > 4, string.Join('\n', before));
        string[] vacuum = ["vacuum", "silver.t", "--retention", "0 hours", "--no-retention-check"];
        await RunAsync([.. vacuum, "--dry-run"]);
        Assert.Equal(before, await DataAsync(store, "silver/t"));
        await RunAsync(vacuum);
        Assert.Single(await DataAsync(store, "silver/t"));
        await RunAsync("query", "delete from archive.t where id < 100");

        // A machine without a cache reads what the store has.
        Directory.Delete(Path.Combine(project, "cache"), recursive: true);
        Assert.Equal("270,40410", await ValueAsync("select count(*) || ',' || sum(id) from silver.t"));
        Assert.Equal("180", await ValueAsync("select count(*) from archive.t"));
        await CheckConversionAsync(store, $"{url}/raw/events");
    }

    async Task CheckConversionAsync(IObjectStore store, string address)
    {
        using (var engines = new EnginePool(new EngineOptions { Workloads = [Workload.Query] }))
        using (var session = engines.Open(Workload.Query))
            for (var day = 1; day <= 2; day++)
            {
                var file = Path.Combine(project, $"{day}.parquet");
                session.Execute(
                    $"COPY (SELECT i AS id FROM range({day * 10}) r(i)) TO '{file}' (FORMAT parquet)", Cancel);
                await store.PutAsync(
                    $"raw/events/day=2026-01-0{day}/a.parquet", await File.ReadAllBytesAsync(file, Cancel), Cancel);
            }
        await RunAsync("convert", address, "--partitioned-by", "day date");
        await RunAsync("query", $"insert into delta.`{address}` values (99, date '2026-01-02')");
        Assert.Equal(
            "2026-01-01 10, 2026-01-02 21",
            await ValueAsync(
                $"select string_agg(day || ' ' || n, ', ' order by day) from (select day, count(*) as n from "
                    + $"delta_scan('{address}') group by day)"));
    }

    async Task<FozResult> RunAsync(params string[] arguments) =>
        (await FozProcess.RunAsync(project, arguments)).Expect(0);

    /// <summary>The only value of a query.</summary>
    async Task<string> ValueAsync(string sql) =>
        (await RunAsync("query", sql, "--output", "csv")).Output.Split('\n')[1].Trim().Trim('"');

    /// <summary>Returns the files of a table in a store, without its log.</summary>
    static async Task<List<string>> DataAsync(IObjectStore store, string table) =>
        await store.ListAsync(table, null, Cancel).Select(found => found.Path)
            .Where(path => !path.Contains("_delta_log/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ToListAsync(Cancel);
}

using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Writing;
using Foz.Storage.Addresses;
using Foz.Storage.Caching;

namespace Foz.Tests.Lake.Tables.ChangeFeed;

/// <summary>A feed in an object store.</summary>
public sealed class RemoteFeedTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-remote-feed-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 2 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Changes_are_told_and_read_by_who_has_no_copy_of_the_files()
    {
        await using var server = new S3Loopback(seed: null);
        using var session = engines.Open(Workload.Query);
        using (var cache = new FileCache(Path.Combine(folder, "writer"), 1L << 28, TimeProvider.System))
        {
            var table = Open(server, cache);
            var writer = new TableWriter(session);
            await CommitAsync(writer.AppendAsync(
                table, "SELECT i AS id, i % 2 AS p, 'a' AS k FROM range(10) r(i)", new() { PartitionBy = ["p"] },
                Cancel));
            await new TableAlterer(session).AlterAsync(
                table, new TableAlteration.SetProperties(
                    new Dictionary<string, string> { ["delta.enableChangeDataFeed"] = "true" }), Cancel);
            await CommitAsync(writer.UpdateAsync(
                table, new Dictionary<string, string> { ["k"] = "'b'" }, "id IN (2, 3)", new(), Cancel));
            await CommitAsync(writer.DeleteAsync(table, "id = 4", new(), Cancel));
        }
        Assert.Equal(2, server.Bucket.List("x/t/_change_data/", _ => true, 10).Count);

        using var reading = new FileCache(Path.Combine(folder, "reader"), 1L << 28, TimeProvider.System);
        var changes = await (await Open(server, reading).ChangesAsync(2, null, Cancel)).RowsAsync(Cancel);
        using var rows = await changes.OpenAsync(session, filter: null, Cancel);
        using var result = session.Query(
            $"SELECT * EXCLUDE (_commit_timestamp) FROM {rows.Sql} ORDER BY id, k", Cancel);
        Assert.Equal(
            [
                "2|0|a|update_preimage|2", "2|0|b|update_postimage|2", "3|1|a|update_preimage|2",
                "3|1|b|update_postimage|2",
                "4|0|a|delete|3",
            ],
            result.Rows(Cancel).Select(row => string.Join('|', row)));
    }

    LakeTable Open(S3Loopback server, FileCache cache) => new TableStore(
        ObjectStores.Open("s3://lake/x", new()
        {
            Settings = new Dictionary<string, string>
            {
                ["endpoint"] = $"{server.Address}", ["access_key_id"] = "id", ["secret_access_key"] = "secret",
            },
            Cache = cache,
            Variable = _ => null,
        }), engines, TimeProvider.System).Open("t");

    static async Task CommitAsync(Task<TableChange> change) => await (await change).CommitAsync(Cancel);
}

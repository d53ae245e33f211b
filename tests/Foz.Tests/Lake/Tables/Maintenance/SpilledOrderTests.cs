using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables.Maintenance;

/// <summary>Rows that are put into order although they do not fit into memory.</summary>
public sealed class SpilledOrderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-spilled-").FullName;
    readonly EnginePool engines = new(
        new EngineOptions { MemoryBytes = 160L << 20, Threads = 2, Workloads = [Workload.Query] });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_cube_of_clustering_that_is_larger_than_the_memory_is_ordered()
    {
        using var session = engines.Open(Workload.Query);
        var table = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open("t");
        // Texts that no compression makes small: 160 MB.
        for (var part = 0; part < 4; part++)
            await using (var change = await new TableWriter(session).AppendAsync(
                table,
                $"SELECT i AS id, (hash(i) % 100000)::INTEGER AS a, (hash(i + 1) % 100000)::INTEGER AS b, "
                + $"md5(i::VARCHAR) || md5((i + 1)::VARCHAR) || md5((i + 2)::VARCHAR) || md5((i + 3)::VARCHAR) AS text "
                + $"FROM range({part * 300_000}, {part * 300_000 + 300_000}) r(i)", new(), Cancel))
                await change.CommitAsync(Cancel);
        await new TableAlterer(session).AlterAsync(table, new TableAlteration.ClusterBy(["a", "b"]), Cancel);

        var result = await new TableOptimizer(session).OptimizeAsync(
            table, new() { FileBytes = 4L << 20 }, null, Cancel);

        Assert.Equal((1, 4), (result.Commits, result.Removed.Files));
        Assert.True(result.Added.Files > 4, $"{result.Added.Files} files");
        using var rows = await (await table.LatestAsync(Cancel)).OpenAsync(session, Cancel);
        Assert.Equal(
            "1200000|719999400000",
            session.QueryScalar<string>(
                $"SELECT count(*) || '|' || sum(id) FROM {rows.Sql} WHERE text = md5(id::VARCHAR) || text[33:]",
                Cancel));
    }
}

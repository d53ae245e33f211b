using System.Diagnostics;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Tests.Delta.Snapshots;

public sealed class LargeTableTests : IDisposable
{
    const string Name = "300k-add-files-100-col-partitioned";

    readonly TempFolder folder = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_table_of_300000_files_is_replayed_whole()
    {
        var archive = Path.Combine(Repository.SharedFolder("golden"), "_perf", $"{Name}.tar.zst");
        using var tar = Process.Start("tar", ["--zstd", "-xf", archive, "-C", folder.Path]);
        await tar.WaitForExitAsync(Ct);
        Assert.Equal(0, tar.ExitCode);
        var table = new DeltaTable(new LocalObjectStore(Path.Combine(folder.Path, Name)), null, TimeProvider.System);

        var snapshot = await table.LatestSnapshotAsync(Ct);

        Assert.Equal((4L, 300_000), (snapshot.Version, snapshot.FileCount));
        Assert.Equal(snapshot.TotalBytes, snapshot.Files.Sum(file => file.SizeBytes));
        Assert.Equal(300_000, snapshot.Files.Select(file => file.Path.Value).Distinct().Count());
        Assert.All(snapshot.Files, file =>
            Assert.StartsWith(file.PartitionValues["partition_col"]! + "/", file.Path.Value, StringComparison.Ordinal));
        var some = snapshot.Files.ElementAt(123_456);
        Assert.Same(some, snapshot.Files.Find(some.Key));
    }

    /// <summary>What keeps 10,000 commits in a row fast: the work of one does not grow with the table.</summary>
    [Fact]
    public async Task A_small_commit_on_a_large_table_allocates_little()
    {
        using var small = new LogTable();
        await small.CreateAsync(null, Enumerable.Range(0, 100_000).Select(i => LogTable.Add($"part-{i}")));
        var snapshot = await small.Open().LatestSnapshotAsync(Ct);
        var commits = new List<Commit>();
        for (var version = 1; version <= 1_000; version++)
            commits.Add(await small.CommitAsync(version, LogTable.Add($"f{version}"), small.Remove($"part-{version}")));
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var commit in commits) snapshot = snapshot.Advance(commit);
        var perCommit = (GC.GetAllocatedBytesForCurrentThread() - before) / commits.Count;
        Assert.InRange(perCommit, 0, 64_000);
        Assert.Equal((100_000, 1_000), (snapshot.FileCount, snapshot.Tombstones.Count));
    }
}

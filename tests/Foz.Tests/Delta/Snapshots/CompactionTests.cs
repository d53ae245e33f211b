using System.Text;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Tests.Delta.Snapshots;

/// <summary>Compactions of the log (PROTOCOL.md, "Log Compaction Files").</summary>
public sealed class CompactionTests : IDisposable
{
    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task A_compaction_is_read_in_place_of_larger_commits()
    {
        await WriteCommitsAsync();
        await table.WriteAsync(Name(1, 4), Json(LogTable.Add("only-in-compaction")));

        var snapshot = await table.Open().LatestSnapshotAsync(Ct);

        // The compaction lies here, to show that it is what was read.
        Assert.Equal(["only-in-compaction", "f5"], snapshot.Files.Select(file => file.Path.Value));
        Assert.Equal((5L, 6L), (snapshot.Version, snapshot.Tail.CommitCount));
    }

    [Fact]
    public async Task The_one_that_reaches_farthest_is_taken_but_never_beyond_the_version()
    {
        await WriteCommitsAsync();
        await table.WriteAsync(Name(1, 2), Json(LogTable.Add("short")));
        await table.WriteAsync(Name(1, 4), Json(LogTable.Add("long")));
        await table.WriteAsync(Name(1, 5), Json(LogTable.Add("whole")));

        Assert.Equal(["long", "f5"], await FilesAsync(5));
        Assert.Equal(["short", "f3"], await FilesAsync(3));
        Assert.Equal(["f1", "f2"], await FilesAsync(2));
    }

    [Fact]
    public async Task A_compaction_larger_than_its_commits_saves_nothing_and_is_left()
    {
        await WriteCommitsAsync();
        await table.WriteAsync(Name(1, 4), Json([.. Enumerable.Range(0, 100).Select(i => LogTable.Add($"x{i}"))]));

        Assert.Equal(["f1", "f2", "f3", "f4", "f5"], await FilesAsync(5));
    }

    [Fact]
    public async Task A_torn_compaction_is_passed_over()
    {
        await WriteCommitsAsync();
        await table.WriteAsync(Name(1, 4), """{"add":{"path":"x","partiti""");

        Assert.Equal(["f1", "f2", "f3", "f4", "f5"], await FilesAsync(5));
    }

    [Fact]
    public async Task Times_are_those_of_the_commits()
    {
        await WriteCommitsAsync();
        var without = await table.Open().LatestSnapshotAsync(Ct);
        await table.WriteAsync(Name(1, 4), Json(LogTable.Add("x")));

        var with = await table.Open().LatestSnapshotAsync(Ct);

        Assert.Equal((without.Timestamp, without.Tail), (with.Timestamp, with.Tail));
    }

    [Fact]
    public async Task The_table_of_another_writer_is_the_same_with_and_without_them()
    {
        using var copy = new TempFolder();
        var golden = GoldenTable.Find("kernel-data/compacted-log-files-table");
        var log = Directory.CreateDirectory(Path.Combine(copy.Path, LogFiles.Folder)).FullName;
        foreach (var name in golden.LogFiles().Where(name => !name.Contains("compacted", StringComparison.Ordinal)))
            File.Copy(Path.Combine(golden.Root, LogFiles.Folder, name), Path.Combine(log, name));
        for (var version = 0; version <= 25; version++)
        {
            var with = await Open(golden.Root).SnapshotAsync(version, Ct);
            var without = await Open(copy.Path).SnapshotAsync(version, Ct);
            Assert.Equal(
                without.Files.Select(file => file.Key).ToHashSet(), with.Files.Select(file => file.Key).ToHashSet());
            Assert.Equal(
                (without.TotalBytes, without.Metadata, without.Protocol),
                (with.TotalBytes, with.Metadata, with.Protocol));
            Assert.Equal(without.Transactions.Values.ToHashSet(), with.Transactions.Values.ToHashSet());
        }
    }

    async Task WriteCommitsAsync()
    {
        await table.CreateAsync();
        for (var version = 1; version <= 5; version++)
            await table.CommitAsync(version, new CommitInfo { Operation = "WRITE" }, LogTable.Add($"f{version}"));
    }

    async Task<IEnumerable<string>> FilesAsync(long version) =>
        (await table.Open().SnapshotAsync(version, Ct)).Files.Select(file => file.Path.Value);

    static DeltaTable Open(string root) => new(new LocalObjectStore(root), null, TimeProvider.System);

    static string Name(long first, long last) => $"{first:D20}.{last:D20}.compacted.json";

    static string Json(params IEnumerable<LogAction> actions) =>
        Encoding.UTF8.GetString(ActionWriter.Write(actions).Span);
}

using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Tests.Delta.Snapshots;

public sealed class ReplayTests : IDisposable
{
    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task Replay_keeps_the_last_action_on_a_path()
    {
        await table.CreateAsync(null, LogTable.Add("a", 1), LogTable.Add("b", 2));
        await table.CommitAsync(1, table.Remove("a"));
        await table.CommitAsync(2, LogTable.Add("a", 30), LogTable.Add("b", 40));
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal([40, 30], snapshot.Files.Select(f => f.SizeBytes).OrderDescending());
        Assert.Equal((2, 70, 2), (snapshot.FileCount, snapshot.TotalBytes, snapshot.Version));
        Assert.Empty(snapshot.Tombstones);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_deletion_vector_replaces_the_old_one_in_any_order(bool addFirst)
    {
        await table.CreateAsync(null, LogTable.Add("a", vector: "one"));
        LogAction[] actions = [LogTable.Add("a", vector: "two"), table.Remove("a", "one")];
        await table.CommitAsync(1, addFirst ? actions : actions.Reverse());
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal("two", Assert.Single(snapshot.Files).DeletionVector!.PathOrInlineDv);
        Assert.Equal("one", Assert.Single(snapshot.Tombstones).DeletionVector!.PathOrInlineDv);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_logical_file_that_one_commit_removes_and_adds_is_there(bool addFirst)
    {
        await table.CreateAsync(null, LogTable.Add("a", 1));
        LogAction[] actions = [LogTable.Add("a", 2), table.Remove("a")];
        await table.CommitAsync(1, addFirst ? actions : actions.Reverse());
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal(2, Assert.Single(snapshot.Files).SizeBytes);
        Assert.Empty(snapshot.Tombstones);
    }

    [Fact]
    public async Task Paths_that_are_spelled_differently_name_one_file()
    {
        await table.CreateAsync();
        await table.WriteAsync("00000000000000000001.json", """
            {"add":{"path":"a%20b","size":1}}
            {"add":{"path":"file:///abs/x","size":1}}
            """);
        await table.WriteAsync("00000000000000000002.json", """
            {"remove":{"path":"a b"}}
            {"remove":{"path":"/abs/x"}}
            """);
        Assert.Empty((await table.Open().LatestSnapshotAsync(Ct)).Files);
    }

    [Fact]
    public async Task Domains_and_transactions_keep_their_last_value()
    {
        await table.CreateAsync(null,
            new DomainMetadata { Domain = "x", Configuration = "1" },
            new DomainMetadata { Domain = "y", Configuration = "1" },
            new SetTransaction { AppId = "app", Version = 7 });
        await table.CommitAsync(1,
            new DomainMetadata { Domain = "x", Configuration = "1", IsRemoved = true },
            new DomainMetadata { Domain = "y", Configuration = "2" },
            new SetTransaction { AppId = "app", Version = 5 });
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal("2", Assert.Single(snapshot.Domains).Value.Configuration);
        Assert.Equal(5, snapshot.TransactionVersion("app"));
        Assert.Null(snapshot.TransactionVersion("other"));
    }

    [Fact]
    public async Task The_schema_is_parsed_once_for_all_versions_that_share_it()
    {
        await table.CreateAsync();
        var first = await table.Open().LatestSnapshotAsync(Ct);
        var commit = await table.CommitAsync(1, LogTable.Add("a"));
        Assert.Same(first.Schema, first.Advance(commit).Schema);
        Assert.Equal("id", Assert.Single(first.Schema.Fields).Name);
    }

    [Fact]
    public async Task Only_the_next_version_can_follow()
    {
        await table.CreateAsync();
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        var commit = await table.CommitAsync(2, LogTable.Add("a"));
        var error = Assert.Throws<DeltaException>(() => snapshot.Advance(commit));
        Assert.Contains("version 2 of memory: does not follow version 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_asks_readers_for_more_is_refused()
    {
        await table.CreateAsync();
        var reader = table.Open();
        await reader.LatestSnapshotAsync(Ct);
        await table.CommitAsync(1, new Protocol
        {
            MinReaderVersion = 3,
            MinWriterVersion = 7,
            ReaderFeatures = ["telepathy"],
            WriterFeatures = ["telepathy"],
        });
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await reader.LatestSnapshotAsync(Ct));
        Assert.Equal(DeltaErrorKind.Unsupported, error.Kind);
        Assert.Contains("telepathy", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await reader.SnapshotAsync(0, Ct)).Version);
    }

    /// <summary>
    /// Histories with deletion vectors, checkpoints at random versions and cleaned-up logs: each version, built from
    /// scratch or by advancing, must be what a dictionary per key makes of the same actions.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_version_of_a_random_history_is_what_a_naive_replay_makes_it(int run)
    {
        var seed = Soak.Seed(run);
        var random = new Random(seed);
        await table.CreateAsync();
        var reader = table.Open();
        var snapshot = await reader.LatestSnapshotAsync(Ct);
        Dictionary<FileKey, AddFile> files = [];
        Dictionary<FileKey, RemoveFile> tombstones = [];
        List<(Dictionary<FileKey, AddFile> Files, Dictionary<FileKey, RemoveFile> Tombstones)> versions =
            [(new(files), new(tombstones))];
        var (checkpoint, versionMax) = (0L, 60L);
        for (var version = 1L; version <= versionMax; version++)
        {
            var actions = RandomCommit(random, files);
            random.Shuffle(actions);
            var commit = await table.CommitAsync(version, actions);
            foreach (var remove in actions.OfType<RemoveFile>().Where(r => files.Remove(r.Key)))
                tombstones[remove.Key] = remove;
            foreach (var add in actions.OfType<AddFile>())
            {
                files[add.Key] = add;
                tombstones.Remove(add.Key);
            }
            versions.Add((new(files), new(tombstones)));
            snapshot = random.Next(2) == 0 ? reader.Advance(snapshot, commit) : await reader.LatestSnapshotAsync(Ct);
            Check(versions[(int)version], snapshot);
            if (random.Next(8) != 0) continue;
            Assert.IsType<Foz.Delta.Checkpoints.CheckpointResult.Written>(
                await reader.WriteCheckpointAsync(snapshot, Ct));
            checkpoint = version;
        }
        var first = run % 2 == 0 ? 0 : checkpoint;
        for (var version = 0L; version < first; version++) await table.DeleteAsync($"{version:D20}.json");
        for (var version = first; version <= versionMax; version++)
            Check(versions[(int)version], await table.Open().SnapshotAsync(version, Ct));
    }

    static LogAction[] RandomCommit(Random random, Dictionary<FileKey, AddFile> files)
    {
        var actions = new List<LogAction> { new CommitInfo { Operation = "WRITE" } };
        foreach (var file in files.Values.Where(_ => random.Next(6) == 0).ToList())
        {
            actions.Add(file.ToRemove(1_900_000_000_000));
            if (random.Next(2) == 0)
                actions.Add(LogTable.Add(file.Path.Value, random.Next(100), $"dv{random.Next(1_000_000)}"));
        }
        var paths = files.Keys.Select(key => key.Path).ToHashSet();
        for (var i = random.Next(5); i > 0; i--)
            if (paths.Add($"f{random.Next(200)}")) actions.Add(LogTable.Add(paths.Last(), random.Next(100)));
        return [.. actions];
    }

    static void Check(
        (Dictionary<FileKey, AddFile> Files, Dictionary<FileKey, RemoveFile> Tombstones) expected, Snapshot snapshot)
    {
        // What a checkpoint holds is no change any more.
        static AddFile Unchanged(AddFile file) => file with { DataChange = false };
        Assert.Equal(expected.Files.Values.Select(Unchanged).ToHashSet(), snapshot.Files.Select(Unchanged).ToHashSet());
        Assert.Equal(expected.Files.Count, snapshot.FileCount);
        Assert.Equal(expected.Files.Values.Sum(f => f.SizeBytes), snapshot.TotalBytes);
        Assert.Equal(expected.Tombstones.Keys.ToHashSet(), snapshot.Tombstones.Select(f => f.Key).ToHashSet());
    }
}

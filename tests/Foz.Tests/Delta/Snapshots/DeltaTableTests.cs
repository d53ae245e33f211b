using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Transactions;

namespace Foz.Tests.Delta.Snapshots;

public sealed class DeltaTableTests : IDisposable
{
    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task A_folder_without_a_log_is_no_table()
    {
        await table.Store.PutAsync("part-1.parquet", new byte[1], Ct);
        await table.WriteAsync("00000000000000000000.crc", "{}");
        await table.WriteAsync("notes.txt", "hello");
        var reader = table.Open();
        Assert.Null(await reader.FindLatestSnapshotAsync(Ct));
        foreach (var call in new Func<Task>[]
        {
            async () => await reader.LatestSnapshotAsync(Ct),
            async () => await reader.SnapshotAsync(0, Ct),
            async () => await reader.SnapshotAtAsync(table.Time.Now, Ct),
        })
        {
            var error = await Assert.ThrowsAsync<DeltaException>(call);
            Assert.Equal(DeltaErrorKind.TableNotFound, error.Kind);
            Assert.Contains("memory:", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Commits_of_others_are_seen_at_the_next_look()
    {
        await table.CreateAsync();
        var reader = table.Open();
        for (var version = 1; version <= 20; version++)
        {
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
            Assert.Equal(version, (await reader.LatestSnapshotAsync(Ct)).Version);
            Assert.Same(await reader.LatestSnapshotAsync(Ct), await reader.LatestSnapshotAsync(Ct));
        }
    }

    [Fact]
    public async Task A_commit_of_ones_own_is_remembered_without_reading_the_log()
    {
        await table.CreateAsync();
        var writer = table.Open();
        var snapshot = await writer.LatestSnapshotAsync(Ct);
        var advanced = writer.Advance(snapshot, await table.CommitAsync(1, LogTable.Add("a")));
        Assert.Same(advanced, await writer.LatestSnapshotAsync(Ct));
        Assert.Equal(0, snapshot.FileCount);
        Assert.Equal(1, advanced.FileCount);
    }

    [Fact]
    public async Task A_table_that_looks_each_second_sees_others_later_and_its_own_at_once()
    {
        await table.CreateAsync();
        var all = table.Open();
        var step = all.LookingEach(TimeSpan.FromSeconds(1));
        var first = await step.LatestSnapshotAsync(Ct);
        await CommitOfOtherAsync(1, "a");
        Assert.Same(first, await step.LatestSnapshotAsync(Ct));
        Assert.Same(first, await step.SnapshotAsync(0, Ct));
        table.Time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(1, (await step.LatestSnapshotAsync(Ct)).Version);
        var own = all.Advance(await step.LatestSnapshotAsync(Ct), await CommitOfOtherAsync(2, "b"));
        Assert.Same(own, await step.LatestSnapshotAsync(Ct));
        Assert.Equal("b", Assert.Single((await step.ReadCommitAsync(2, Ct))!.Actions.OfType<AddFile>()).Path.Value);
    }

    [Fact]
    public async Task A_table_that_looks_each_second_looks_at_once_where_another_writer_was_first()
    {
        await table.CreateAsync();
        var step = table.Open().LookingEach(TimeSpan.FromSeconds(1));
        var transaction = new Transaction(step, await step.LatestSnapshotAsync(Ct), new() { Operation = "WRITE" });
        transaction.ReadWholeTable();
        transaction.Add(LogTable.Add("own"));
        await CommitOfOtherAsync(1, "other");
        Assert.IsType<CommitResult.Conflicted>(await transaction.CommitAsync(Ct));
        Assert.Equal(1, (await step.LatestSnapshotAsync(Ct)).Version);
    }

    /// <summary>Commits a file, and lets no time pass.</summary>
    async Task<Commit> CommitOfOtherAsync(long version, string path)
    {
        var now = table.Time.Now;
        var commit = await table.CommitAsync(version, LogTable.Add(path));
        table.Time.Now = now;
        return commit;
    }

    [Fact]
    public async Task A_table_that_was_made_anew_is_read_anew()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("old"));
        var reader = table.Open();
        await reader.LatestSnapshotAsync(Ct);
        await table.DeleteAsync("00000000000000000000.json");
        await table.DeleteAsync("00000000000000000001.json");
        Assert.Null(await reader.FindLatestSnapshotAsync(Ct));
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("new"));
        Assert.Equal("new", Assert.Single((await reader.LatestSnapshotAsync(Ct)).Files).Path.Value);
    }

    [Fact]
    public async Task A_table_made_anew_with_as_many_versions_is_noticed()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("old"));
        var reader = table.Open();
        await reader.LatestSnapshotAsync(Ct);
        foreach (var version in new[] { 0, 1 }) await table.DeleteAsync($"{version:D20}.json");
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("new"));
        await table.CommitAsync(2, LogTable.Add("newer"));
        Assert.Equal(["new", "newer"], (await reader.LatestSnapshotAsync(Ct)).Files.Select(f => f.Path.Value));
    }

    [Fact]
    public async Task A_log_that_was_cleaned_up_behind_a_reader_is_read_from_its_checkpoint()
    {
        await table.CreateAsync();
        var reader = table.Open();
        var writer = table.Open();
        await reader.LatestSnapshotAsync(Ct);
        for (var version = 1; version <= 5; version++)
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(4, Ct), Ct);
        for (var version = 0; version < 4; version++) await table.DeleteAsync($"{version:D20}.json");
        var snapshot = await reader.LatestSnapshotAsync(Ct);
        Assert.Equal((5, 5), (snapshot.Version, snapshot.FileCount));
    }

    [Fact]
    public async Task A_version_that_never_was_names_the_newest()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("a"));
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().SnapshotAsync(9, Ct));
        Assert.Equal(DeltaErrorKind.VersionNotFound, error.Kind);
        Assert.Equal("memory: has no version 9: its newest version is 1", error.Message);
        Assert.Equal(9, error.Version);
    }

    [Fact]
    public async Task A_version_that_was_cleaned_up_names_the_earliest()
    {
        await CreateWithCheckpointAsync(versions: 8, checkpoint: 5);
        for (var version = 0; version < 5; version++) await table.DeleteAsync($"{version:D20}.json");
        foreach (var version in new[] { 0, 3, 4 })
        {
            var error = await Assert.ThrowsAsync<DeltaException>(
                async () => await table.Open().SnapshotAsync(version, Ct));
            Assert.Equal(DeltaErrorKind.VersionNotFound, error.Kind);
            Assert.Contains("earliest version available is 5", error.Message, StringComparison.Ordinal);
        }
        for (var version = 5; version <= 8; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
    }

    [Fact]
    public async Task Time_travel_uses_no_later_checkpoint()
    {
        await CreateWithCheckpointAsync(versions: 8, checkpoint: 5);
        var before = table.Parquet.ReadCount;
        for (var version = 0; version <= 8; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
        Assert.Equal(4, table.Parquet.ReadCount - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_missing_commit_is_an_error_that_names_it(long missing)
    {
        await table.CreateAsync();
        for (var version = 1; version <= 5; version++)
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
        await table.DeleteAsync($"{missing:D20}.json");
        foreach (var asked in new long?[] { null, 5, 4 })
        {
            var error = await Assert.ThrowsAsync<DeltaException>(async () => await (asked is { } version
                ? table.Open().SnapshotAsync(version, Ct)
                : table.Open().LatestSnapshotAsync(Ct)));
            Assert.Equal(DeltaErrorKind.Corrupt, error.Kind);
            Assert.Contains($"the commit of version {missing} is missing", error.Message, StringComparison.Ordinal);
            Assert.Equal(missing, error.Version);
        }
    }

    [Fact]
    public async Task A_corrupt_commit_is_an_error_that_names_the_file()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("a"));
        await table.WriteAsync("00000000000000000002.json", "{\"add\":{\"path\":\"b\",\"si");
        var error = await Assert.ThrowsAsync<DeltaException>(
            async () => await table.Open().LatestSnapshotAsync(Ct));
        Assert.Contains("memory:/_delta_log/00000000000000000002.json", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await table.Open().SnapshotAsync(1, Ct)).Version);
    }

    [Fact]
    public async Task Files_that_the_protocol_does_not_know_are_ignored()
    {
        await table.CreateAsync();
        await table.WriteAsync(".00000000000000000000.json.crc", "x");
        await table.WriteAsync("00000000000000000000.crc", "not json");
        await table.WriteAsync("00000000000000000007.json.tmp", "x");
        await table.WriteAsync("00000000000000000000.00000000000000000009.compacted.json", "x");
        await table.WriteAsync("_staged_commits/00000000000000000001.80a083e8-7026-4e79-81be-64bd76c43a11.json", "x");
        await table.WriteAsync("backup/00000000000000000001.json", "x");
        Assert.Equal(0, (await table.Open().LatestSnapshotAsync(Ct)).Version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"version\":\"five\"}")]
    [InlineData("{\"version\":-1}")]
    [InlineData("{\"size\":3}")]
    [InlineData("{\"version\":3}")]
    [InlineData("{\"version\":99,\"size\":3}")]
    [InlineData("{\"checksum\":\"x\",\"version\":5}")]
    public async Task A_wrong_hint_to_the_checkpoint_costs_nothing_but_time(string hint)
    {
        await CreateWithCheckpointAsync(versions: 8, checkpoint: 5);
        await table.WriteAsync("_last_checkpoint", hint);
        for (var version = 0; version <= 8; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
        Assert.Equal(8, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
    }

    [Fact]
    public async Task Of_old_and_new_commit_readers_see_one_while_a_writer_works()
    {
        await table.CreateAsync();
        var shared = table.Open();
        var writing = Task.Run(async () =>
        {
            for (var version = 1; version <= 200; version++)
                await table.CommitAsync(version, LogTable.Add($"f{version}"));
        }, Ct);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            var reader = i == 0 ? table.Open() : shared;
            for (var last = 0L; last < 200;)
            {
                var snapshot = await reader.LatestSnapshotAsync(Ct);
                Assert.Equal(snapshot.Version, snapshot.FileCount);
                Assert.True(snapshot.Version >= last, "versions never go back");
                last = snapshot.Version;
            }
        }, Ct)).Append(writing));
    }

    async Task CreateWithCheckpointAsync(int versions, int checkpoint)
    {
        await table.CreateAsync();
        for (var version = 1; version <= versions; version++)
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(checkpoint, Ct), Ct);
    }
}

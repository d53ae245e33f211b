using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;
using Foz.Tests.Delta.Checkpoints;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Snapshots;

public sealed class LogCleanupTests : IDisposable
{
    static readonly TimeSpan day = TimeSpan.FromDays(1);

    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task What_has_expired_goes_and_every_younger_version_stays()
    {
        // One commit a day, at half past midnight; checkpoints at 3, 6, 9 and so on.
        await CommitDailyAsync(last: 40, checkpointEvery: 3);

        var cleanup = await table.Open().CleanUpLogAsync(Ct);

        // At day 40, what was committed before day 10 has expired: the last such commit is 9.
        Assert.Null(cleanup!.Value.Error);
        Assert.Equal(Enumerable.Range(9, 32).Select(version => (long)version), await CommitsAsync());
        Assert.InRange(cleanup.Value.FilesDeleted, 9 + 2, 9 + 2 + 11);
        for (var version = 9; version <= 40; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().SnapshotAsync(8, Ct));
        Assert.Equal(DeltaErrorKind.VersionNotFound, error.Kind);
        Assert.Contains("earliest version available is 9", error.Message, StringComparison.Ordinal);
        Assert.Equal(9, (await table.Open().HistoryAsync(Ct).LastAsync(Ct)).Version);
    }

    [Fact]
    public async Task Nothing_goes_without_a_checkpoint_that_is_old_enough()
    {
        await CommitDailyAsync(last: 40, checkpointEvery: 11);
        Assert.Null((await table.Open().CleanUpLogAsync(Ct))!.Value.Error);
        Assert.Equal(41, (await CommitsAsync()).Count);
    }

    [Fact]
    public async Task A_torn_checkpoint_is_none_to_rely_on()
    {
        await CommitDailyAsync(last: 40, checkpointEvery: 3);
        await table.WriteAsync($"{9:D20}.checkpoint.parquet", "{\"add\"");

        await table.Open().CleanUpLogAsync(Ct);

        Assert.Equal(6, (await CommitsAsync())[0]);
        Assert.Equal(9, (await table.Open().SnapshotAsync(9, Ct)).FileCount);
    }

    [Theory]
    [InlineData("interval 10 days", 27)]
    [InlineData("interval 0 days", 36)]
    [InlineData("interval 1000 days", 0)]
    [InlineData("interval 2000000 days", 0)]
    public async Task The_retention_is_the_tables(string retention, long earliest)
    {
        await CommitDailyAsync(40, 3, ("delta.logRetentionDuration", retention));
        Assert.Null((await table.Open().CleanUpLogAsync(Ct))!.Value.Error);
        Assert.Equal(earliest, (await CommitsAsync())[0]);
    }

    [Fact]
    public async Task A_retention_that_is_no_interval_is_told_and_deletes_nothing()
    {
        await CommitDailyAsync(40, 3, ("delta.logRetentionDuration", "forever"));
        await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().CleanUpLogAsync(Ct));
        var writer = table.Open();
        var written = Assert.IsType<CheckpointResult.Written>(
            await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct));
        Assert.Contains("'forever', not an interval", written.Cleanup!.Value.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await CommitsAsync())[0]);
    }

    [Fact]
    public async Task A_table_that_wants_none_is_not_cleaned_up()
    {
        await CommitDailyAsync(40, 3, ("delta.enableExpiredLogCleanup", "false"));
        Assert.Null(await table.Open().CleanUpLogAsync(Ct));
        Assert.Equal(0, (await CommitsAsync())[0]);
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(10, 0)]
    public async Task Protected_checkpoints_go_all_or_none(int protectedBefore, long earliest)
    {
        await CommitDailyAsync(40, 3, ("delta.requireCheckpointProtectionBeforeVersion", $"{protectedBefore}"));
        Assert.Null((await table.Open().CleanUpLogAsync(Ct))!.Value.Error);
        Assert.Equal(earliest, (await CommitsAsync())[0]);
    }

    /// <summary>Later checkpoints may be all that is left of the versions before them.</summary>
    [Fact]
    public async Task A_first_checkpoint_that_is_torn_supersedes_none()
    {
        await CommitDailyAsync(40, 3, ("delta.logRetentionDuration", "interval 1000 days"));
        for (var version = 0; version < 3; version++) await table.DeleteAsync($"{version:D20}.json");
        await table.WriteAsync($"{3:D20}.checkpoint.parquet", "{\"add\"");

        Assert.Equal(0, (await table.Open().CleanUpLogAsync(Ct))!.Value.FilesDeleted);

        for (var version = 6; version <= 40; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
    }

    [Fact]
    public async Task A_checkpoint_that_is_written_cleans_up_once_a_day()
    {
        await CommitDailyAsync(last: 40, checkpointEvery: 3);
        var writer = table.Open();
        var first = await WriteAsync(writer);
        Assert.True(first.Cleanup!.Value.FilesDeleted > 0);
        await table.CommitAsync(41, LogTable.Add("f41"));
        Assert.Null((await WriteAsync(writer)).Cleanup);
        table.Time.Now += day;
        await table.CommitAsync(42, LogTable.Add("f42"));
        Assert.NotNull((await WriteAsync(writer)).Cleanup);
    }

    [Fact]
    public async Task Times_of_versions_stay_what_they_were()
    {
        // The clock that wrote 9 and 10 went wrong: their times come from the version before.
        await CommitDailyAsync(40, 3, clock: (version, time) => version is 9 or 10 ? time - 5 * day : time);
        var before = await table.Open().HistoryAsync(Ct).ToDictionaryAsync(e => e.Version, e => e.Timestamp, null, Ct);

        await table.Open().CleanUpLogAsync(Ct);

        Assert.Equal(6, (await CommitsAsync())[0]);
        await foreach (var entry in table.Open().HistoryAsync(Ct)) Assert.Equal(before[entry.Version], entry.Timestamp);
    }

    [Fact]
    public async Task In_commit_timestamps_say_what_has_expired()
    {
        var start = table.Time.Now;
        // The files look new: they were copied.
        await table.CreateAsync(
            new(["delta.enableInCommitTimestamps"], ["true"]), Stamp(start));
        for (var version = 1; version <= 40; version++)
            await table.CommitAsync(version, Stamp(start + version * day), LogTable.Add($"f{version}"));
        table.Time.Now = start + 40 * day + TimeSpan.FromHours(1);
        foreach (var version in new[] { 5, 8, 20 }) await CheckpointAsync(version);

        await table.Open().CleanUpLogAsync(Ct);

        Assert.Equal(8, (await CommitsAsync())[0]);
    }

    [Theory]
    [InlineData("classic")]
    [InlineData("v2")]
    public async Task Checkpoints_close_behind_others_go_and_every_version_stays(string policy)
    {
        await CommitDailyAsync(
            40, 1, ("delta.checkpointPolicy", policy),
            clock: (version, time) => table.Time.Now + TimeSpan.FromMinutes(3));
        Assert.Null((await table.Open().CleanUpLogAsync(Ct))!.Value.Error);

        var listing = await LogListing.ReadAsync(table.Store, "t", 0, Ct);
        Assert.Equal(Enumerable.Range(0, 41).Select(version => (long)version), await CommitsAsync());
        // Those of the last hour stay.
        Assert.InRange(listing.Checkpoints.Count(checkpoint => checkpoint.Version < 20), 1, 10);
        Assert.Equal(40, listing.Checkpoints[^1].Version);
        for (var version = 0; version <= 40; version++)
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
    }

    [Fact]
    public async Task Compactions_and_parts_of_checkpoints_go_with_what_they_stand_for()
    {
        await CommitDailyAsync(last: 40, checkpointEvery: 3);
        await table.WriteAsync($"{2:D20}.{5:D20}.compacted.json", "{}");
        await table.WriteAsync($"{9:D20}.{12:D20}.compacted.json", "{}");
        await table.WriteAsync($"{11:D20}.{12:D20}.compacted.json", "{}");
        await table.WriteAsync($"{4:D20}.checkpoint.0000000001.0000000002.parquet", "half");
        await table.WriteAsync("notes.txt", "mine");

        await table.Open().CleanUpLogAsync(Ct);

        var left = await table.Store.ListAsync(LogFiles.Folder, null, Ct).Select(info => info.Path).ToListAsync(Ct);
        Assert.Single(left, path => path.EndsWith("compacted.json", StringComparison.Ordinal));
        Assert.DoesNotContain(left, path => path.Contains("checkpoint.0000000001", StringComparison.Ordinal));
        Assert.Contains("_delta_log/notes.txt", left);
    }

    [Fact]
    public async Task Sidecars_stay_that_a_checkpoint_names_or_may_come_to_name()
    {
        await CommitDailyAsync(40, 3, ("delta.checkpointPolicy", "v2"));
        await table.WriteAsync("_sidecars/young.parquet", "x");
        Assert.Equal(13 + 1, await CountAsync(".parquet", folder: LogFiles.SidecarFolder));

        await table.Open().CleanUpLogAsync(Ct);

        var checkpoints = (await LogListing.ReadAsync(table.Store, "t", 0, Ct)).Checkpoints;
        Assert.InRange(checkpoints.Count, 2, 11);
        Assert.Equal(checkpoints.Count + 1, await CountAsync(".parquet", folder: LogFiles.SidecarFolder));
        table.Time.Now += 3 * day;
        await table.Open().CleanUpLogAsync(Ct);
        Assert.False(await table.Store.ListAsync(LogFiles.SidecarFolder, null, Ct)
            .AnyAsync(info => info.Path.EndsWith("young.parquet", StringComparison.Ordinal), Ct));
        Assert.Equal(40, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
    }

    [Fact]
    public async Task A_fault_at_any_step_harms_no_version_that_is_kept_and_the_next_clean_up_goes_on()
    {
        for (var step = 0; ; step++)
        {
            using var other = new LogCleanupTests();
            await other.CommitDailyAsync(40, 3, ("delta.checkpointPolicy", step % 2 == 0 ? "v2" : "classic"));
            var store = new FaultyStore(other.table.Store, seed: 0) { IsFaulty = false, CallsUntilFault = step };
            try
            {
                await new DeltaTable(store, new JsonCheckpointParquet(), other.table.Time).CleanUpLogAsync(Ct);
            }
            catch (StorageException error)
            {
                // The newest version could not be read.
                Assert.Equal(StorageErrorKind.Failed, error.Kind);
            }
            var ended = store.CallsUntilFault > 0;
            for (var version = 9; version <= 40; version += 5)
                Assert.Equal(version, (await other.table.Open().SnapshotAsync(version, Ct)).FileCount);
            for (var version = 0; version < 9; version++) await other.AssertWholeOrToldAsync(version);
            Assert.Null((await other.table.Open().CleanUpLogAsync(Ct))!.Value.Error);
            Assert.Equal(9, (await other.CommitsAsync())[0]);
            if (ended)
            {
                Assert.InRange(step, 15, 500);
                return;
            }
        }
    }

    async Task AssertWholeOrToldAsync(long version)
    {
        try
        {
            Assert.Equal(version, (await table.Open().SnapshotAsync(version, Ct)).FileCount);
        }
        catch (DeltaException error)
        {
            Assert.Equal((version, DeltaErrorKind.VersionNotFound), (version, error.Kind));
        }
    }

    static CommitInfo Stamp(DateTimeOffset time) => new() { InCommitTimestampMs = time.ToUnixTimeMilliseconds() };

    /// <summary>Version n is committed n days after the first, half an hour past midnight, and adds a file.</summary>
    async Task CommitDailyAsync(
        int last, int checkpointEvery, (string Key, string Value)? property = null,
        Func<int, DateTimeOffset, DateTimeOffset>? clock = null)
    {
        var start = table.Time.Now;
        for (var version = 0; version <= last; version++)
        {
            var time = start + version * day + TimeSpan.FromMinutes(29);
            table.Time.Now = clock?.Invoke(version, time) ?? time;
            LogAction[] actions = version > 0 ? [LogTable.Add($"f{version}")] :
            [
                new Protocol
                {
                    MinReaderVersion = 3, MinWriterVersion = 7, ReaderFeatures = ["v2Checkpoint"],
                    WriterFeatures = ["v2Checkpoint", "checkpointProtection"],
                },
                LogTable.Metadata(property is { } set ? StringMap.Empty.With(set.Key, set.Value) : null),
            ];
            await table.CommitAsync(version, actions);
            if (version > 0 && version % checkpointEvery == 0) await CheckpointAsync(version);
        }
    }

    /// <summary>Writes a checkpoint without cleaning up.</summary>
    async Task CheckpointAsync(long version)
    {
        var snapshot = await table.Open().SnapshotAsync(version, Ct);
        var result = await new CheckpointWriter(table.Store, table.Parquet).WriteAsync(
            snapshot.ToCheckpoint(table.Time.Now), TableProperties.HasV2Checkpoints(snapshot), Ct);
        Assert.IsType<CheckpointResult.Written>(result);
    }

    static async Task<CheckpointResult.Written> WriteAsync(DeltaTable writer) =>
        Assert.IsType<CheckpointResult.Written>(
            await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct));

    async Task<List<long>> CommitsAsync() =>
        [.. (await LogListing.ReadAsync(table.Store, "t", 0, Ct)).Commits.Select(commit => commit.Version)];

    async Task<int> CountAsync(string extension, string folder) => await table.Store.ListAsync(folder, null, Ct)
        .CountAsync(info => info.Path.EndsWith(extension, StringComparison.Ordinal), Ct);
}

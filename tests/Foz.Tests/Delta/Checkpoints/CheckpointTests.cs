using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    const string U = "80a083e8-7026-4e79-81be-64bd76c43a11";

    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task A_checkpoint_holds_what_the_protocol_asks_for()
    {
        var recent = table.Time.Now + TimeSpan.FromDays(29.5);
        await table.CreateAsync(
            StringMap.Empty.With("delta.deletedFileRetentionDuration", "interval 36 hours"),
            new CommitInfo { Operation = "CREATE" },
            new DomainMetadata { Domain = "kept", Configuration = "1" },
            new DomainMetadata { Domain = "gone", Configuration = "1" },
            new SetTransaction { AppId = "app", Version = 1 },
            LogTable.Add("a"), LogTable.Add("b"), LogTable.Add("c"), LogTable.Add("d"));
        await table.CommitAsync(1,
            new CommitInfo { Operation = "DELETE" },
            table.Remove("a"),
            LogTable.Add("b").ToRemove(recent.ToUnixTimeMilliseconds()),
            new RemoveFile { Path = FilePath.Relative("c") },
            new DomainMetadata { Domain = "gone", Configuration = "1", IsRemoved = true },
            new SetTransaction { AppId = "app", Version = 2 },
            new AddCdcFile { Path = FilePath.Relative("x"), PartitionValues = StringMap.Empty, SizeBytes = 1 });
        table.Time.Now = recent + TimeSpan.FromHours(12);
        var writer = table.Open();
        var snapshot = await writer.LatestSnapshotAsync(Ct);
        Assert.Equal(3, snapshot.Tombstones.Count);

        var written = Assert.IsType<CheckpointResult.Written>(await writer.WriteCheckpointAsync(snapshot, Ct));

        Assert.Equal(LogFiles.CheckpointPath(1), written.File.Path);
        var content = await table.Store.GetAsync(written.File.Path, Ct);
        var actions = ActionReader.Read(content!.Content, "checkpoint");
        Assert.Equal("d", Assert.Single(actions.OfType<AddFile>()).Path.Value);
        Assert.Equal("b", Assert.Single(actions.OfType<RemoveFile>()).Path.Value);
        Assert.Equal("kept", Assert.Single(actions.OfType<DomainMetadata>()).Domain);
        Assert.Equal(2, Assert.Single(actions.OfType<SetTransaction>()).Version);
        Assert.Equal(snapshot.Metadata, Assert.Single(actions.OfType<Metadata>()));
        Assert.Equal(snapshot.Protocol, Assert.Single(actions.OfType<Protocol>()));
        Assert.Equal(6, actions.Count);
        var hint = await table.Store.GetAsync(LogFiles.LastCheckpointPath, Ct);
        Assert.StartsWith(
            $$"""{"version":1,"size":6,"sizeInBytes":{{written.File.SizeBytes}},"numOfAddFiles":1,"checksum":""",
            System.Text.Encoding.UTF8.GetString(hint!.Content.Span), StringComparison.Ordinal);
        Assert.Equal(new CheckpointHint(1, written.SizeBytes), await LastCheckpoint.ReadAsync(table.Store, Ct));
    }

    [Fact]
    public async Task A_retention_that_is_no_interval_fails_the_checkpoint_and_nothing_else()
    {
        await table.CreateAsync(StringMap.Empty.With("delta.deletedFileRetentionDuration", "forever"));
        var writer = table.Open();
        var result = await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct);
        var failed = Assert.IsType<CheckpointResult.Failed>(result);
        Assert.Contains("is 'forever', not an interval", failed.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("interval 1 week", 7 * 24)]
    [InlineData("interval 30 days", 30 * 24)]
    [InlineData("INTERVAL 1 DAY 12 HOURS", 36)]
    [InlineData("2 hours", 2)]
    [InlineData("interval 0 seconds", 0)]
    [InlineData("forever", null)]
    [InlineData("interval", null)]
    [InlineData("interval 1", null)]
    [InlineData("interval one day", null)]
    [InlineData("interval 1 month", null)]
    [InlineData("interval 9999999999999 weeks", null)]
    public void Intervals_are_read_as_Spark_writes_them(string text, int? hours) =>
        Assert.Equal(hours is null ? null : TimeSpan.FromHours(hours.Value), TableProperties.Interval(text));

    [Fact]
    public async Task A_failing_writer_leaves_nothing_behind()
    {
        await table.CreateAsync();
        var writer = table.Open();
        table.Parquet.WriteFault = new IOException("disk full");
        var result = await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct);
        Assert.Equal("disk full", Assert.IsType<CheckpointResult.Failed>(result).Error.Message);
        Assert.Empty(Directory.EnumerateFiles(
            Path.GetDirectoryName(table.Store.StagingPath("_delta_log/x"))!, "*", SearchOption.AllDirectories));
        Assert.Single(await table.Store.ListAsync("", null, Ct).ToListAsync(Ct));
        Assert.Equal(0, (await table.Open().LatestSnapshotAsync(Ct)).Version);
    }

    [Fact]
    public async Task A_checkpoint_that_is_there_is_not_written_again()
    {
        await table.CreateAsync();
        var writer = table.Open();
        var snapshot = await writer.LatestSnapshotAsync(Ct);
        Assert.IsType<CheckpointResult.Written>(await writer.WriteCheckpointAsync(snapshot, Ct));
        Assert.IsType<CheckpointResult.AlreadyExists>(await writer.WriteCheckpointAsync(snapshot, Ct));
    }

    [Fact]
    public async Task An_older_checkpoint_does_not_turn_the_hint_back()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, LogTable.Add("a"));
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct);
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(0, Ct), Ct);
        Assert.Equal(1, (await LastCheckpoint.ReadAsync(table.Store, Ct))?.Version);
    }

    [Theory]
    [InlineData(null, new[] { 10, 20, 30 })]
    [InlineData("5", new[] { 5, 10, 15, 20, 25, 30 })]
    [InlineData("nonsense", new[] { 10, 20, 30 })]
    [InlineData("0", new[] { 10, 20, 30 })]
    public async Task Checkpoints_follow_the_commits(string? interval, int[] expected)
    {
        await table.CreateAsync(
            interval is null ? null : StringMap.Empty.With("delta.checkpointInterval", interval));
        var writer = table.Open();
        var snapshot = await writer.LatestSnapshotAsync(Ct);
        var written = new List<int>();
        for (var version = 1; version <= 30; version++)
        {
            // As much again as there is, so that the tail always weighs more than the checkpoint.
            var files = Enumerable.Range(0, 1 + snapshot.FileCount / 5).Select(i => LogTable.Add($"f{version}-{i}"));
            snapshot = writer.Advance(snapshot, await table.CommitAsync(version, files));
            if (await writer.WriteCheckpointIfDueAsync(snapshot, Ct) is CheckpointResult.Written) written.Add(version);
            snapshot = await writer.LatestSnapshotAsync(Ct);
        }
        // The first commit counts too.
        Assert.Equal(expected.Select(version => version - 1).Where(version => version <= 30), written);
    }

    [Fact]
    public async Task Small_commits_on_a_large_table_wait_until_they_weigh_enough()
    {
        await table.CreateAsync(null, Enumerable.Range(0, 5_000).Select(i => LogTable.Add($"part-{i}")));
        var writer = table.Open();
        var snapshot = await writer.LatestSnapshotAsync(Ct);
        Assert.IsType<CheckpointResult.Written>(await writer.WriteCheckpointAsync(snapshot, Ct));
        snapshot = await writer.LatestSnapshotAsync(Ct);
        var written = new List<int>();
        for (var version = 1; version <= 210; version++)
        {
            snapshot = writer.Advance(snapshot, await table.CommitAsync(version, LogTable.Add($"f{version}")));
            if (await writer.WriteCheckpointIfDueAsync(snapshot, Ct) is CheckpointResult.Written) written.Add(version);
            snapshot = await writer.LatestSnapshotAsync(Ct);
        }
        Assert.Equal([100, 200], written);
    }

    [Fact]
    public async Task A_checkpoint_of_another_writer_spares_ones_own()
    {
        await table.CreateAsync();
        var (one, other) = (table.Open(), table.Open());
        var snapshot = await one.LatestSnapshotAsync(Ct);
        for (var version = 1; version <= 12; version++)
            snapshot = one.Advance(snapshot, await table.CommitAsync(version, LogTable.Add($"f{version}")));
        await other.WriteCheckpointAsync(await other.SnapshotAsync(11, Ct), Ct);
        Assert.Null(await one.WriteCheckpointIfDueAsync(snapshot, Ct));
        Assert.Equal(11, (await one.LatestSnapshotAsync(Ct)).Tail.CheckpointVersion);
    }

    [Fact]
    public async Task A_torn_checkpoint_falls_back_to_what_is_left()
    {
        await CommitManyAsync(8);
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(3, Ct), Ct);
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(6, Ct), Ct);
        var whole = (await table.Store.GetAsync(LogFiles.CheckpointPath(6), Ct))!.Content;
        await table.Store.PutAsync(LogFiles.CheckpointPath(6), whole[..^40], Ct);
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal((8, 8, 3), (snapshot.Version, snapshot.FileCount, snapshot.Tail.CheckpointVersion));
        await table.Store.PutAsync(LogFiles.CheckpointPath(6), Array.Empty<byte>(), Ct);
        Assert.Equal(8, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
    }

    [Fact]
    public async Task A_torn_checkpoint_without_the_commits_before_it_is_an_error_that_names_it()
    {
        await CommitManyAsync(8);
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(6, Ct), Ct);
        for (var version = 0; version < 6; version++) await table.DeleteAsync($"{version:D20}.json");
        await table.Store.PutAsync(LogFiles.CheckpointPath(6), "{\"add\""u8.ToArray(), Ct);
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().LatestSnapshotAsync(Ct));
        Assert.Equal(DeltaErrorKind.Corrupt, error.Kind);
        Assert.DoesNotContain("gap", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incomplete_multi_part_checkpoint_is_ignored()
    {
        await CommitManyAsync(4);
        await table.WriteAsync("00000000000000000003.checkpoint.0000000001.0000000002.parquet", Part("wrong"));
        Assert.Equal(4, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
        await table.WriteAsync("00000000000000000003.checkpoint.0000000001.0000000003.parquet", Part("wrong"));
        Assert.Equal(4, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
    }

    [Fact]
    public async Task All_parts_make_a_checkpoint()
    {
        await CommitManyAsync(4);
        await table.WriteAsync("00000000000000000003.checkpoint.0000000001.0000000002.parquet",
            Part("p1", LogTable.Protocol));
        await table.WriteAsync("00000000000000000003.checkpoint.0000000002.0000000002.parquet",
            Part("p2", LogTable.Metadata()));
        for (var version = 0; version < 3; version++) await table.DeleteAsync($"{version:D20}.json");
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal(["p1", "p2", "f4"], snapshot.Files.Select(file => file.Path.Value));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("parquet")]
    public async Task A_V2_checkpoint_finds_its_sidecars(string extension)
    {
        await CommitManyAsync(4);
        await table.WriteAsync("_sidecars/one.parquet", Part("s1"));
        await table.WriteAsync("_sidecars/two three.parquet", Part("s2", table.Remove("old")));
        await table.WriteAsync($"00000000000000000003.checkpoint.{U}.{extension}", JsonCheckpointParquet.Encode(
            new CheckpointMetadata { Version = 3 }, LogTable.Protocol, LogTable.Metadata(),
            Sidecar("one.parquet"), Sidecar("s3://bucket/table/_delta_log/_sidecars/two%20three.parquet")));
        for (var version = 0; version < 3; version++) await table.DeleteAsync($"{version:D20}.json");
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal(["s1", "s2", "f4"], snapshot.Files.Select(file => file.Path.Value));
        Assert.Single(snapshot.Tombstones);
    }

    [Fact]
    public async Task A_table_with_the_policy_v2_gets_V2_checkpoints()
    {
        await CreateV2Async();
        await table.CommitAsync(
            1, new SetTransaction { AppId = "app", Version = 2 }, LogTable.Add("a"), LogTable.Add("b"));
        await table.CommitAsync(2, table.Remove("a"));
        var writer = table.Open();

        var written = Assert.IsType<CheckpointResult.Written>(
            await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct));

        Assert.Matches($"^_delta_log/{2:D20}\\.checkpoint\\.[0-9a-f-]{{36}}\\.json$", written.File.Path);
        var top = ActionReader.Read((await table.Store.GetAsync(written.File.Path, Ct))!.Content, "top");
        Assert.Equal(2, Assert.Single(top.OfType<CheckpointMetadata>()).Version);
        Assert.Empty(top.OfType<FileAction>());
        Assert.Single(top.OfType<Protocol>());
        Assert.Single(top.OfType<Metadata>());
        Assert.Single(top.OfType<SetTransaction>());
        var sidecar = Assert.Single(top.OfType<SidecarFile>());
        // Trino reads a V2 checkpoint only if the hint lists its files.
        using var hint = System.Text.Json.JsonDocument.Parse(
            (await table.Store.GetAsync(LogFiles.LastCheckpointPath, Ct))!.Content);
        var told = hint.RootElement.GetProperty("v2Checkpoint");
        Assert.Equal(Path.GetFileName(written.File.Path), told.GetProperty("path").GetString());
        Assert.Equal(written.File.SizeBytes, told.GetProperty("sizeInBytes").GetInt64());
        Assert.Equal(
            ["checkpointMetadata", "metaData", "protocol", "txn"],
            told.GetProperty("nonFileActions").EnumerateArray().Select(action => action.EnumerateObject().Single().Name)
                .Order());
        Assert.Equal(
            top.OfType<SidecarFile>().Select(sidecar => sidecar.Path.Value),
            told.GetProperty("sidecarFiles").EnumerateArray()
                .Select(sidecar => sidecar.GetProperty("path").GetString()));
        Assert.NotNull(await LastCheckpoint.ReadAsync(table.Store, Ct));
        var file = await table.Store.GetAsync($"{LogFiles.SidecarFolder}/{sidecar.Path}", Ct);
        Assert.Equal(sidecar.SizeBytes, file!.Info.SizeBytes);
        Assert.All(ActionReader.Read(file.Content, "sidecar"), action => Assert.False(((FileAction)action).DataChange));
        Assert.Equal(written.File.SizeBytes + sidecar.SizeBytes, written.SizeBytes);
        Assert.Equal(new CheckpointHint(2, written.SizeBytes), await LastCheckpoint.ReadAsync(table.Store, Ct));
        for (var version = 0; version < 2; version++) await table.DeleteAsync($"{version:D20}.json");
        var read = await table.Open().LatestSnapshotAsync(Ct);
        Assert.Equal(("b", "a", 2L), (
            Assert.Single(read.Files).Path.Value, Assert.Single(read.Tombstones).Path.Value,
            read.TransactionVersion("app")));
        Assert.Equal(written.SizeBytes, read.Tail.CheckpointBytes);
    }

    [Fact]
    public async Task Many_files_are_spread_over_sidecars()
    {
        const int files = 2 * CheckpointWriter.SidecarActionsMax + 1;
        await CreateV2Async();
        await table.CommitAsync(1, Enumerable.Range(0, files).Select(i => LogTable.Add($"f{i}")));
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct);
        await table.DeleteAsync($"{0:D20}.json");

        Assert.Equal(3, await table.Store.ListAsync(LogFiles.SidecarFolder, null, Ct).CountAsync(Ct));
        Assert.Equal(
            files, (await table.Open().LatestSnapshotAsync(Ct)).Files.Select(file => file.Path).Distinct().Count());
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("classic")]
    public async Task A_store_that_fails_while_a_checkpoint_is_written_harms_nothing(string policy)
    {
        await CreateV2Async(policy);
        for (var version = 1; version <= 4; version++) await table.CommitAsync(version, LogTable.Add($"f{version}"));
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);
        var failures = 0;
        for (var step = 1; ; step++)
        {
            var store = new FaultyStore(table.Store, seed: 0) { IsFaulty = false, CallsUntilFault = step };
            var result = await new DeltaTable(store, table.Parquet, table.Time).WriteCheckpointAsync(snapshot, Ct);
            Assert.Equal(4, (await table.Open().LatestSnapshotAsync(Ct)).FileCount);
            if (result is not CheckpointResult.Failed) break;
            failures++;
        }
        Assert.InRange(failures, 2, 10);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, true)]
    public async Task What_applications_recorded_stays_as_long_as_the_table_says(int minutes, bool stays)
    {
        await table.CreateAsync(StringMap.Empty.With("delta.setTransactionRetentionDuration", "interval 1 day"));
        var recorded = table.Time.Now - TimeSpan.FromDays(1) + TimeSpan.FromMinutes(minutes);
        var writer = table.Open();
        var snapshot = writer.Advance(
            await writer.LatestSnapshotAsync(Ct), await table.CommitAsync(1, new SetTransaction
            {
                AppId = "app", Version = 7,
                LastUpdatedMs = (recorded + TimeSpan.FromMinutes(1)).ToUnixTimeMilliseconds(),
            }));
        await writer.WriteCheckpointAsync(snapshot, Ct);
        Assert.Equal(stays ? 7 : null, (await table.Open().LatestSnapshotAsync(Ct)).TransactionVersion("app"));
    }

    [Fact]
    public async Task A_missing_sidecar_is_named()
    {
        await table.WriteAsync($"00000000000000000003.checkpoint.{U}.json", JsonCheckpointParquet.Encode(
            new CheckpointMetadata { Version = 3 }, LogTable.Protocol, LogTable.Metadata(), Sidecar("gone.parquet")));
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().LatestSnapshotAsync(Ct));
        Assert.Contains("_delta_log/_sidecars/gone.parquet", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_alone_makes_a_table()
    {
        await table.WriteAsync("00000000000000000003.checkpoint.parquet",
            Part("a", LogTable.Protocol, LogTable.Metadata()));
        var reader = table.Open();
        var snapshot = await reader.LatestSnapshotAsync(Ct);
        Assert.Equal((3, 1, table.Time.Now), (snapshot.Version, snapshot.FileCount, snapshot.Timestamp));
        await table.CommitAsync(4, LogTable.Add("b"));
        Assert.Equal(2, (await reader.LatestSnapshotAsync(Ct)).FileCount);
        Assert.Equal([4], await reader.HistoryAsync(Ct).Select(entry => entry.Version).ToListAsync(Ct));
    }

    [Fact]
    public async Task A_checkpoint_without_protocol_is_corrupt()
    {
        await table.WriteAsync("00000000000000000003.checkpoint.parquet", Part("a", LogTable.Metadata()));
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await table.Open().LatestSnapshotAsync(Ct));
        Assert.Contains("no action 'protocol'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_Parquet_reader_the_error_says_so()
    {
        await table.WriteAsync("00000000000000000003.checkpoint.parquet", Part("a"));
        var blind = new DeltaTable(table.Store, null, table.Time);
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await blind.LatestSnapshotAsync(Ct));
        Assert.Equal(DeltaErrorKind.Unsupported, error.Kind);
        Assert.Contains("00000000000000000003.checkpoint.parquet", error.Message, StringComparison.Ordinal);
    }

    async Task CommitManyAsync(int last)
    {
        await table.CreateAsync();
        for (var version = 1; version <= last; version++)
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
    }

    Task<Commit> CreateV2Async(string policy = "v2") => table.CommitAsync(0,
        new Protocol
        {
            MinReaderVersion = 3, MinWriterVersion = 7, ReaderFeatures = ["v2Checkpoint"],
            WriterFeatures = ["v2Checkpoint"],
        },
        LogTable.Metadata(StringMap.Empty.With("delta.checkpointPolicy", policy)));

    static byte[] Part(string path, params LogAction[] more) =>
        JsonCheckpointParquet.Encode(more.Append(LogTable.Add(path)));

    static SidecarFile Sidecar(string path) =>
        new() { Path = FilePath.FromLog(path), SizeBytes = 1, ModificationTimeMs = 1 };
}

using Foz.Delta;
using Foz.Delta.Log;

namespace Foz.Tests.Delta.Snapshots;

public sealed class TimeTravelTests : IDisposable
{
    static readonly TimeSpan minute = TimeSpan.FromMinutes(1);

    readonly LogTable table = new();
    readonly DateTimeOffset start;

    public TimeTravelTests() => start = table.Time.Now;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task An_instant_finds_the_last_version_at_or_before_it()
    {
        await CommitManyAsync(5);
        var reader = table.Open();
        for (var version = 0; version <= 5; version++)
        {
            var committed = start + minute * (version + 1);
            Assert.Equal(committed, (await table.Open().SnapshotAsync(version, Ct)).Timestamp);
            Assert.Equal(version, (await reader.SnapshotAtAsync(committed, Ct)).Version);
            Assert.Equal(version, (await table.Open().SnapshotAtAsync(committed + minute / 2, Ct)).Version);
        }
        Assert.Equal(5, (await reader.SnapshotAtAsync(DateTimeOffset.MaxValue, Ct)).Version);
        var error = await Assert.ThrowsAsync<DeltaException>(async () => await reader.SnapshotAtAsync(start, Ct));
        Assert.Equal(DeltaErrorKind.VersionNotFound, error.Kind);
        Assert.Contains("the earliest available is version 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_goes_back_does_not_turn_history_around()
    {
        await CommitManyAsync(2);
        table.Time.Now -= TimeSpan.FromHours(1);
        await table.CommitAsync(3, LogTable.Add("a"));
        await table.CommitAsync(4, LogTable.Add("b"));
        var times = await table.Open().HistoryAsync(Ct).Select(entry => entry.Timestamp).ToListAsync(Ct);
        var third = start + 3 * minute;
        Assert.Equal([third + Ms(2), third + Ms(1), third, start + 2 * minute, start + minute], times);
        var reader = table.Open();
        Assert.Equal(2, (await reader.SnapshotAtAsync(third, Ct)).Version);
        Assert.Equal(3, (await reader.SnapshotAtAsync(third + Ms(1), Ct)).Version);
        Assert.Equal(third + Ms(2), (await reader.LatestSnapshotAsync(Ct)).Timestamp);
    }

    [Fact]
    public async Task History_is_told_from_the_newest_commit_on()
    {
        await table.CreateAsync();
        await table.CommitAsync(1, new CommitInfo { Operation = "WRITE", EngineInfo = "x" }, LogTable.Add("a"));
        await table.CommitAsync(2, LogTable.Add("b"));
        var history = await table.Open().HistoryAsync(Ct).ToListAsync(Ct);
        Assert.Equal([2, 1, 0], history.Select(entry => entry.Version));
        Assert.Equal([null, "WRITE", null], history.Select(entry => entry.Info?.Operation));
    }

    [Fact]
    public async Task History_ends_where_commits_were_cleaned_up()
    {
        await CommitManyAsync(6);
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(4, Ct), Ct);
        foreach (var version in new[] { 0, 1, 3 }) await table.DeleteAsync($"{version:D20}.json");
        var reader = table.Open();
        Assert.Equal([6, 5, 4],
            await reader.HistoryAsync(Ct).Select(entry => entry.Version).ToListAsync(Ct));
        var error = await Assert.ThrowsAsync<DeltaException>(
            async () => await reader.SnapshotAtAsync(start + 2 * minute, Ct));
        Assert.Contains("version 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_that_carry_their_time_are_found_by_it()
    {
        var inCommit = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await table.CreateAsync(
            StringMap.Empty.With("delta.enableInCommitTimestamps", "true"), Stamp(inCommit));
        for (var version = 1; version <= 9; version++)
            await table.CommitAsync(version, Stamp(inCommit + version * minute), LogTable.Add($"f{version}"));
        var reader = table.Open();
        for (var version = 0; version <= 9; version++)
        {
            var time = inCommit + version * minute;
            Assert.Equal(time, (await table.Open().SnapshotAsync(version, Ct)).Timestamp);
            Assert.Equal(version, (await reader.SnapshotAtAsync(time, Ct)).Version);
            Assert.Equal(version, (await reader.SnapshotAtAsync(time + Ms(59_999), Ct)).Version);
        }
        await Assert.ThrowsAsync<DeltaException>(async () => await reader.SnapshotAtAsync(inCommit - Ms(1), Ct));
        Assert.Equal(inCommit + 9 * minute, (await reader.HistoryAsync(Ct).FirstAsync(Ct)).Timestamp);
    }

    [Fact]
    public async Task Before_the_times_in_commits_began_the_files_tell()
    {
        await CommitManyAsync(3);
        var enabled = start + TimeSpan.FromDays(1);
        var properties = StringMap.Empty.With("delta.enableInCommitTimestamps", "true")
            .With("delta.inCommitTimestampEnablementVersion", "4")
            .With("delta.inCommitTimestampEnablementTimestamp", $"{enabled.ToUnixTimeMilliseconds()}");
        await table.CommitAsync(4, Stamp(enabled), LogTable.Metadata(properties));
        await table.CommitAsync(5, Stamp(enabled + minute), LogTable.Add("x"));
        var reader = table.Open();
        (DateTimeOffset Instant, long Version)[] expected =
        [
            (start + minute, 0), (start + 2 * minute, 1), (start + 4 * minute, 3), (enabled - Ms(1), 3),
            (enabled, 4), (enabled + Ms(1), 4), (enabled + minute, 5), (enabled + 2 * minute, 5),
        ];
        foreach (var (instant, version) in expected)
            Assert.Equal((instant, version), (instant, (await reader.SnapshotAtAsync(instant, Ct)).Version));
        Assert.Equal([enabled + minute, enabled, start + 4 * minute],
            await reader.HistoryAsync(Ct).Select(entry => entry.Timestamp).Take(3).ToListAsync(Ct));
    }

    [Fact]
    public async Task Before_the_first_commit_that_is_left_there_is_nothing()
    {
        var enabled = start + TimeSpan.FromDays(1);
        await table.CreateAsync(
            StringMap.Empty.With("delta.enableInCommitTimestamps", "true")
                .With("delta.inCommitTimestampEnablementVersion", "0")
                .With("delta.inCommitTimestampEnablementTimestamp", $"{enabled.ToUnixTimeMilliseconds()}"),
            Stamp(enabled));
        var error = await Assert.ThrowsAsync<DeltaException>(
            async () => await table.Open().SnapshotAtAsync(enabled - minute, Ct));
        Assert.Equal(DeltaErrorKind.VersionNotFound, error.Kind);
    }

    [Fact]
    public async Task The_time_in_a_commit_survives_its_checkpoint()
    {
        var inCommit = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await table.CreateAsync(StringMap.Empty.With("delta.enableInCommitTimestamps", "true"), Stamp(inCommit));
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.LatestSnapshotAsync(Ct), Ct);
        var reader = table.Open();
        Assert.Equal(inCommit, (await reader.LatestSnapshotAsync(Ct)).Timestamp);
        Assert.Equal(1, table.Parquet.ReadCount);
    }

    async Task CommitManyAsync(int last)
    {
        await table.CreateAsync();
        for (var version = 1; version <= last; version++)
            await table.CommitAsync(version, LogTable.Add($"f{version}"));
    }

    static CommitInfo Stamp(DateTimeOffset time) => new() { InCommitTimestampMs = time.ToUnixTimeMilliseconds() };

    static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);
}

using System.Text.Json.Nodes;
using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class TableFsckTests : IDisposable
{
    readonly RulesTable table = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Log => Path.Combine(table.Table.Root, "_delta_log");

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task A_table_in_order_has_no_findings()
    {
        await CreateAsync();
        var result = await CheckAsync();
        Assert.Empty(result.Findings);
        Assert.Equal((16, 16), (result.Version, result.FilesChecked));
    }

    [Fact]
    public async Task Checksum_files_whose_lists_of_features_have_another_order_are_in_order_and_stay()
    {
        await CreateAsync();
        var turned = 0;
        foreach (var file in Directory.GetFiles(Log, "*.crc"))
        {
            var checksum = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancel))!;
            var features = checksum["protocol"]!["writerFeatures"]!.AsArray()
                .Select(feature => feature!.GetValue<string>()).ToList();
            checksum["protocol"]!["writerFeatures"] = new JsonArray(
                [.. features.AsEnumerable().Reverse().Select(feature => (JsonNode)feature)]);
            await File.WriteAllTextAsync(file, checksum.ToJsonString(), Cancel);
            if (features.Count > 1) turned++;
        }
        Assert.True(turned > 0);
        var found = await CheckAsync();
        Assert.Empty(found.Findings);
        await TableFsck.RepairAsync(table.Reopen(), found, Cancel);
        Assert.True(Directory.GetFiles(Log, "*.crc").Length >= turned);
    }

    [Fact]
    public async Task Files_that_are_gone_or_cut_are_named_with_their_rows_and_taken_out()
    {
        await CreateAsync();
        var files = (await table.LatestAsync()).State.Files.ToList();
        File.Delete(PathOf(files[3]));
        await using (var cut = new FileStream(PathOf(files[5]), FileMode.Open)) cut.SetLength(10);

        var found = await CheckAsync();
        Assert.Equal(
            [
                (files[3].Path.Value, "is missing", 10L),
                (files[5].Path.Value, $"has 10 bytes, the log says {files[5].SizeBytes}", 10L),
            ],
            found.Findings.Select(finding => (finding.Path, finding.Problem, finding.RowCount ?? 0)));
        var repaired = await TableFsck.RepairAsync(table.Reopen(), found, Cancel);

        Assert.Equal(2, repaired.FilesRemoved);
        Assert.Equal(129, (await table.RowsAsync()).Count);
        Assert.Empty((await CheckAsync()).Findings);
    }

    [Fact]
    public async Task A_file_that_was_removed_without_its_deletion_vector_stops_reads_and_is_taken_out()
    {
        await CreateAsync();
        var before = await table.RowsAsync();
        var present = await table.LatestAsync();
        var marked = present.State.Files.Single(file => file.DeletionVector is not null);
        // As Trino's OPTIMIZE: the rows go to another file, and the old one is removed by its path alone.
        using (var rows = await present.OpenAsync(table.Session, Cancel))
            table.Session.Execute(
                $"COPY (SELECT * FROM {rows.Sql}) TO "
                    + $"'{Path.Combine(table.Table.Root, "new.parquet")}' (FORMAT parquet)", Cancel);
        var removes = present.State.Files.Where(file => file != marked).Select(file =>
            $$$"""{"remove":{"path":"{{{file.Path.Value}}}","dataChange":false,"deletionTimestamp":1}}""");
        await File.WriteAllLinesAsync(Path.Combine(Log, "00000000000000000017.json"),
        [
            """{"commitInfo":{"operation":"OPTIMIZE"}}""",
            $$$"""{"add":{"path":"new.parquet","partitionValues":{},"size":{{{new FileInfo(Path.Combine(table.Table.Root, "new.parquet")).Length}}},"modificationTime":1,"dataChange":false}}""",
            $$$"""{"remove":{"path":"{{{marked.Path.Value}}}","dataChange":false,"deletionTimestamp":1}}""", .. removes,
        ], Cancel);

        var refused = await Assert.ThrowsAsync<FozException>(async () =>
        {
            using var rows = await (await table.Reopen().LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        });
        Assert.Contains(
            $"at version 17: {marked.Path.Value} was removed without its deletion vector", refused.Message,
            StringComparison.Ordinal);
        Assert.Contains("foz repair", refused.Hint, StringComparison.Ordinal);
        // Readers of a checkpoint would not know of it.
        Assert.IsType<CheckpointResult.Failed>(
            await table.Reopen().Delta.WriteCheckpointAsync((await table.Reopen().LatestAsync(Cancel)).State, Cancel));
        var found = await CheckAsync();
        Assert.Equal(
            (marked.Path.Value, true, 9L),
            Assert.Single(found.Findings) is var only ? (only.Path, only.IsLoss, only.RowCount) : default);
        Assert.Equal(1, (await TableFsck.RepairAsync(table.Reopen(), found, Cancel)).FilesRemoved);
        Assert.Empty((await CheckAsync()).Findings);
        using var left = await (await table.Reopen().LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        Assert.Equal(before.Count, table.Session.QueryScalar<long>($"SELECT count(*) FROM {left.Sql}", Cancel));
        // Nothing of it is a change to those who read changes.
        Assert.All(
            (await table.Reopen().Delta.ReadCommitAsync(18, Cancel))!.Actions.OfType<RemoveFile>(),
            remove => Assert.False(remove.DataChange));
    }

    [Fact]
    public async Task A_broken_deletion_vector_takes_its_file_along()
    {
        await CreateAsync();
        File.Delete(Directory.GetFiles(table.Table.Root, "deletion_vector_*").Single());

        var found = Assert.Single((await CheckAsync()).Findings);
        Assert.True(found.IsLoss);
        Assert.Equal(9, found.RowCount);
        await TableFsck.RepairAsync(table.Reopen(), await CheckAsync(), Cancel);
        Assert.Equal(140, (await table.RowsAsync()).Count);
    }

    [Fact]
    public async Task A_torn_checkpoint_and_a_broken_hint_are_made_anew()
    {
        await CreateAsync();
        var checkpoint = Directory.GetFiles(Log, "*.checkpoint.parquet").Single();
        await using (var cut = new FileStream(checkpoint, FileMode.Open)) cut.SetLength(100);
        await File.WriteAllTextAsync(Path.Combine(Log, "_last_checkpoint"), "{", Cancel);

        var found = await CheckAsync();
        Assert.Equal(2, found.Findings.Count);
        Assert.All(found.Findings, finding => Assert.False(finding.IsLoss));
        var repaired = await TableFsck.RepairAsync(table.Reopen(), found, Cancel);

        Assert.Equal((0, 2, true), (repaired.FilesRemoved, repaired.ObjectsDeleted, repaired.HasCheckpoint));
        Assert.Empty((await CheckAsync()).Findings);
        Assert.Equal(149, (await table.RowsAsync()).Count);
    }

    [Fact]
    public async Task A_checkpoint_that_says_something_else_than_the_commits_goes()
    {
        await CreateAsync();
        var checkpoint = Directory.GetFiles(Log, "*.checkpoint.parquet").Single();
        var version = long.Parse(Path.GetFileName(checkpoint)[..20], System.Globalization.CultureInfo.InvariantCulture);
        var other = (await table.Table.VersionAsync(version - 1, Cancel)).State.ToCheckpoint(
            TimeProvider.System.GetUtcNow()) with
        { Version = version };
        File.Delete(checkpoint);
        await table.Table.Delta.Parquet!.WriteAsync(
            checkpoint, other.TableActions.Concat(other.FileActions), isSidecar: false, Cancel);

        var found = Assert.Single((await CheckAsync()).Findings);
        Assert.Contains("lacks 1 files", found.Problem, StringComparison.Ordinal);
        await TableFsck.RepairAsync(table.Reopen(), await CheckAsync(), Cancel);
        Assert.Empty((await CheckAsync()).Findings);
        Assert.Equal(149, (await table.RowsAsync()).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newest_commit_that_was_cut_is_found_and_put_aside(bool isAtLineEnd)
    {
        await CreateAsync();
        var before = await table.RowsAsync();
        await table.AppendAsync("SELECT CAST(2000 + i AS INTEGER) AS id FROM range(10) AS r(i)");
        var path = Path.Combine(Log, $"{17:D20}.json");
        var text = await File.ReadAllTextAsync(path, Cancel);
        var cut = text[..(isAtLineEnd ? text.TrimEnd('\n').LastIndexOf('\n') + 1 : text.Length - 20)];
        await File.WriteAllTextAsync(path, cut, Cancel);

        var found = await CheckAsync();
        var finding = Assert.Single(found.Findings);
        Assert.Equal(($"_delta_log/{17:D20}.json", true), (finding.Path, finding.IsLoss));
        if (isAtLineEnd) Assert.Equal($"has {cut.Length} bytes, {text.Length} were committed", finding.Problem);
        var repaired = await TableFsck.RepairAsync(table.Reopen(), found, Cancel);

        Assert.Equal((16, 17L), (repaired.Version, repaired.PutAside?.Version));
        Assert.Equal(cut, await File.ReadAllTextAsync(path + ".broken", Cancel));
        Assert.Empty((await CheckAsync()).Findings);
        using var rows = await (await table.Reopen().LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        Assert.Equal(before.Count, table.Session.QueryScalar<long>($"SELECT count(*) FROM {rows.Sql}", Cancel));
    }

    [Fact]
    public async Task History_and_restore_work_where_the_newest_commit_is_broken()
    {
        await CreateAsync();
        await File.WriteAllTextAsync(Path.Combine(Log, $"{16:D20}.json"), "{", Cancel);

        var history = await table.Reopen().HistoryAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal(TableCommit.Unreadable, history[0].Operation);
        Assert.Contains("is corrupt", history[0].Parameters["error"], StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Range(0, 17).Reverse()], history.Select(commit => (int)commit.Version));

        var opened = table.Reopen();
        var target = await opened.VersionAsync(3, Cancel);
        Assert.Equal(16, (await TableFsck.PutBrokenAsideAsync(opened, Cancel))?.Version);
        Assert.Equal(16, (await opened.RestoreAsync(target, Cancel)).Version);
        Assert.Null(await TableFsck.PutBrokenAsideAsync(table.Reopen(), Cancel));
        Assert.Empty((await CheckAsync()).Findings);
        Assert.Equal(3, (await table.Reopen().LatestAsync(Cancel)).State.FileCount);
    }

    [Fact]
    public async Task Missing_and_broken_commits_cannot_be_repaired()
    {
        await CreateAsync();
        foreach (var file in Directory.GetFiles(
            Log, "*.checkpoint.parquet").Append(Path.Combine(Log, "_last_checkpoint")))
            File.Delete(file);
        File.Delete(Path.Combine(Log, $"{4:D20}.json"));

        var found = await CheckAsync();
        Assert.Contains(
            found.Findings, finding => finding.IsLoss && finding.Path.Contains($"{4:D20}", StringComparison.Ordinal));
        var error =
            await Assert.ThrowsAsync<DeltaException>(() => TableFsck.RepairAsync(table.Reopen(), found, Cancel));
        Assert.Contains("cannot be repaired", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checksum_that_differs_goes()
    {
        await CreateAsync();
        var path = Path.Combine(table.Table.Root, LogFiles.ChecksumPath(3));
        await File.WriteAllTextAsync(
            path, """{"tableSizeBytes":1,"numFiles":99,"numMetadata":1,"numProtocol":1}""", Cancel);

        var found = await CheckAsync();
        Assert.Contains("instead of 99", Assert.Single(found.Findings).Problem, StringComparison.Ordinal);
        await TableFsck.RepairAsync(table.Reopen(), found, Cancel);
        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("random bytes of the same size")]
    [InlineData("a flipped bit")]
    [InlineData("two swapped files")]
    public async Task Files_that_are_not_what_was_written_are_found_and_taken_out(string damage)
    {
        await CreateAsync();
        Assert.Empty((await CheckDeepAsync()).Findings);
        var random = Seeded();
        var files = (await table.LatestAsync()).State.Files.ToList();
        var damaged = Damage(damage, files, random);

        Assert.Empty((await CheckAsync()).Findings);
        var found = await CheckDeepAsync();
        Assert.Equal(
            damaged.Select(file => (file.Path.Value, "has other bytes than were written", true)),
            found.Findings.Select(finding => (finding.Path, finding.Problem, finding.IsLoss)));
        Assert.Equal(damaged.Count, (await TableFsck.RepairAsync(table.Reopen(), found, Cancel)).FilesRemoved);
        Assert.Empty((await CheckDeepAsync()).Findings);
    }

    [Fact]
    public async Task Files_of_others_are_decoded_and_compared_with_what_the_log_says()
    {
        await CreateAsync();
        await WithoutHashesAsync();
        Assert.Empty((await CheckDeepAsync()).Findings);
        var random = Seeded();
        var files = (await table.LatestAsync()).State.Files.ToList();
        var noise = Damage("random bytes of the same size", files, random).Single();
        var swapped = Damage("two swapped files", [.. files.Where(file => file != noise)], random);

        var found = (await CheckDeepAsync()).Findings.ToDictionary(finding => finding.Path);
        Assert.Equal([.. swapped.Append(noise).Select(file => file.Path.Value).Order()], found.Keys.Order());
        Assert.Contains("cannot be read", found[noise.Path.Value].Problem, StringComparison.Ordinal);
        Assert.All(
            swapped, file => Assert.Contains(" in id, ", found[file.Path.Value].Problem, StringComparison.Ordinal));
        // Wrong statistics are no reason to lose rows.
        Assert.Equal(1, (await TableFsck.RepairAsync(table.Reopen(), await CheckDeepAsync(), Cancel)).FilesRemoved);
    }

    [Theory]
    [InlineData(
        """{"numRecords":11,"minValues":{"id":0},"maxValues":{"id":9},"nullCount":{"id":0}}""",
        "has 10 rows, the log says 11")]
    [InlineData(
        """{"numRecords":10,"minValues":{"id":1},"maxValues":{"id":9},"nullCount":{"id":0}}""",
        "has 0 in id, less than the log says")]
    [InlineData(
        """{"numRecords":10,"minValues":{"id":0},"maxValues":{"id":8},"nullCount":{"id":0}}""",
        "has 9 in id, more than the log says")]
    [InlineData(
        """{"numRecords":10,"minValues":{"id":0},"maxValues":{"id":9},"nullCount":{"id":1}}""",
        "has 0 nulls in id, the log says 1")]
    [InlineData(
        """{"numRecords":10,"nullCount":{"id":10}}""",
        "has 0 nulls in id, the log says 10; has values in id, the log says none")]
    [InlineData("""{"numRecords":10,"minValues":{"id":-5},"maxValues":{"id":90},"nullCount":{"id":0}}""", null)]
    public async Task Statistics_that_are_not_true_are_named(string statistics, string? problem)
    {
        await table.CreateAsync([new("id", DeltaType.Integer)]);
        await table.AppendAsync("SELECT CAST(i AS INTEGER) AS id FROM range(10) AS r(i)");
        await WithoutHashesAsync(JsonText.FromString(statistics));

        var findings = (await CheckDeepAsync()).Findings;
        Assert.Equal(
            problem is null ? [] : [$"{problem}; foz analyze reads statistics again"],
            findings.Select(finding => finding.Problem));
    }

    [Fact]
    public async Task Files_keep_their_hashes_whatever_is_done_to_the_table()
    {
        await CreateAsync();
        await new TableOptimizer(table.Session).OptimizeAsync(table.Table, new() { ZOrderBy = ["id"] }, null, Cancel);
        await table.DeleteAsync("id = 70");
        await table.AppendAsync("SELECT CAST(1000 AS INTEGER) AS id");
        await table.Table.RestoreAsync(await table.Table.VersionAsync(10, Cancel), Cancel);
        await new TableAnalyzer(table.Session).AnalyzeAsync(table.Table, Cancel);
        (await table.Table.MaintainLogAsync(Cancel)).ToString();

        var files = (await table.Reopen().LatestAsync(Cancel)).State.Files.ToList();
        Assert.Equal(10, files.Count);
        Assert.All(files, file => Assert.Matches("^[0-9a-f]{16}$", file.Tags?.Find("foz.xxh64")));
        Assert.Empty((await CheckDeepAsync()).Findings);
    }

    [Fact]
    public async Task Change_data_files_are_decoded_as_long_as_they_are_there()
    {
        await table.CreateAsync(
            [new("id", DeltaType.Integer)],
            [("delta.enableChangeDataFeed", "true"), ("delta.enableDeletionVectors", "false")]);
        await table.AppendAsync("SELECT CAST(i AS INTEGER) AS id FROM range(1000) AS r(i)");
        await table.DeleteAsync("id % 3 = 0");
        Assert.Empty((await CheckDeepAsync()).Findings);
        var file = Assert.Single(Directory.GetFiles(Path.Combine(table.Table.Root, "_change_data"), "*.parquet"));
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes.AsSpan(4, bytes.Length / 4).Fill(0xA5);
        await File.WriteAllBytesAsync(file, bytes, Cancel);

        Assert.Empty((await CheckAsync()).Findings);
        var found = await CheckDeepAsync();
        var finding = Assert.Single(found.Findings);
        Assert.Equal(($"_change_data/{Path.GetFileName(file)}", true), (finding.Path, finding.IsLoss));
        Assert.StartsWith("cannot be read: ", finding.Problem, StringComparison.Ordinal);
        Assert.Equal(0, (await TableFsck.RepairAsync(table.Reopen(), found, Cancel)).FilesRemoved);

        File.Delete(file);
        Assert.Empty((await CheckDeepAsync()).Findings);
    }

    /// <summary>Numbers that a failed test prints the seed of.</summary>
    static Random Seeded() => new(Soak.Seed());

    /// <summary>Damages files without a change of their sizes, and returns them.</summary>
    List<AddFile> Damage(string damage, List<AddFile> files, Random random)
    {
        var first = files[random.Next(files.Count)];
        var bytes = File.ReadAllBytes(PathOf(first));
        switch (damage)
        {
            case "random bytes of the same size":
                random.NextBytes(bytes);
                break;
            case "a flipped bit":
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            default:
                var second =
                    files.Where(file => file != first && file.SizeBytes == first.SizeBytes).MinBy(_ => random.Next())!;
                File.WriteAllBytes(PathOf(first), File.ReadAllBytes(PathOf(second)));
                File.WriteAllBytes(PathOf(second), bytes);
                return [.. files.Where(file => file == first || file == second)];
        }
        File.WriteAllBytes(PathOf(first), bytes);
        return [first];
    }

    /// <summary>Writes the files' actions as other programs do, which note no hashes.</summary>
    async Task WithoutHashesAsync(JsonText? statistics = null)
    {
        var state = (await table.LatestAsync()).State;
        var transaction = new Transaction(table.Table.Delta, state, new() { Operation = "WRITE" });
        foreach (var file in state.Files)
            transaction.Add(file with { Tags = null, DataChange = false, Stats = statistics ?? file.Stats });
        (await transaction.CommitAsync(Cancel)).OrThrow();
    }

    Task<FsckResult> CheckDeepAsync() => TableFsck.CheckDeepAsync(table.Reopen(), table.Session, null, Cancel);

    Task<FsckResult> CheckAsync() => TableFsck.CheckAsync(table.Reopen(), Cancel);

    string PathOf(AddFile file) => Path.Combine(table.Table.Root, file.Path.Value);

    /// <summary>
    /// Fifteen files of ten rows, one of which has a deletion vector, and a checkpoint among the commits.
    /// </summary>
    async Task CreateAsync()
    {
        await table.CreateAsync([new("id", DeltaType.Integer)], [("delta.checkpointInterval", "12")]);
        for (var i = 0; i < 15; i++)
            await table.AppendAsync($"SELECT {i * 10} + CAST(i AS INTEGER) AS id FROM range(10) AS r(i)");
        await table.DeleteAsync("id = 7");
    }
}

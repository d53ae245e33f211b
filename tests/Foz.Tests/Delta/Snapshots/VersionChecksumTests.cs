using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;
using Foz.Tests.Delta.Transactions;

namespace Foz.Tests.Delta.Snapshots;

public sealed class VersionChecksumTests : IDisposable
{
    readonly LogTable table = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    /// <summary>What other writers noted of their versions is what our replay comes to.</summary>
    [Fact]
    public async Task Replays_come_to_what_other_writers_noted()
    {
        var compared = 0;
        // The note of crc-full was made up: its log adds no file.
        foreach (var golden in GoldenTable.All().Where(golden => golden.Name != "crc-full"))
        {
            var store = new LocalObjectStore(golden.Root);
            foreach (var name in golden.LogFiles().Where(name => name.EndsWith(".crc", StringComparison.Ordinal)))
            {
                var version = long.Parse(name[..20], null);
                if (await VersionChecksum.ReadAsync(store, version, Ct) is not { } noted) continue;
                try
                {
                    var snapshot = await new DeltaTable(store, null, TimeProvider.System).SnapshotAsync(version, Ct);
                    Assert.Equal(
                        (golden, version, ""), (golden, version, string.Join("; ", noted.Differences(snapshot))));
                    compared++;
                }
                catch (DeltaException error) when (error.Kind == DeltaErrorKind.Unsupported)
                {
                    // A checkpoint in Parquet, or a feature.
                }
            }
        }
        Assert.InRange(compared, 40, int.MaxValue);
    }

    [Fact]
    public async Task A_wrong_note_tells_in_what_and_changes_nothing()
    {
        await table.CreateAsync(null, LogTable.Add("a", size: 7));
        await table.WriteAsync($"{0:D20}.crc", """
            {"tableSizeBytes":8,"numFiles":2,"numMetadata":1,"numProtocol":1,"protocol":{"minReaderVersion":3,"minWriterVersion":7}}
            """);
        var snapshot = await table.Open().LatestSnapshotAsync(Ct);

        var noted = await VersionChecksum.ReadAsync(table.Store, 0, Ct);

        Assert.Equal(
            ["1 files instead of 2", "7 bytes instead of 8", "another protocol"], noted!.Differences(snapshot));
        Assert.Equal("a", Assert.Single(snapshot.Files).Path.Value);
    }

    [Fact]
    public async Task Every_version_is_noted_and_a_note_that_is_there_stays()
    {
        var written = new TransactionTable(table.Store, table.Time);
        await written.CreateAsync();
        await table.WriteAsync($"{20:D20}.crc", "another writer's");
        for (var version = 1; version <= 30; version++) await written.AppendAsync(TransactionTable.File($"f{version}"));

        foreach (var version in new[] { 0, 1, 10, 30 })
        {
            var noted = await VersionChecksum.ReadAsync(table.Store, version, Ct);
            Assert.Empty(noted!.Differences(await written.Table.SnapshotAsync(version, Ct)));
            Assert.NotNull(noted.Metadata);
            Assert.NotNull(noted.Protocol);
            var commit = await table.Store.GetAsync(LogFiles.CommitPath(version), Ct);
            Assert.Equal(CommitChecksum.Of(commit!.Content.Span), noted.Commit);
        }
        Assert.Null(await VersionChecksum.ReadAsync(table.Store, 20, Ct));
        Assert.Equal(31, await table.Store.ListAsync("_delta_log", null, Ct)
            .CountAsync(file => file.Path.EndsWith(".crc", StringComparison.Ordinal), Ct));
    }

    /// <summary>A checkpoint that lost a file on its way is whole to look at.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_checkpoint_that_differs_from_its_note_is_passed_over_for_the_commits(bool hasCommits)
    {
        await table.CreateAsync(null, LogTable.Add("a"), LogTable.Add("b"));
        await table.CommitAsync(1, LogTable.Add("c"));
        var writer = table.Open();
        await writer.WriteCheckpointAsync(await writer.SnapshotAsync(0, Ct), Ct);
        var checkpoint = LogFiles.CheckpointPath(0);
        var actions = ActionReader.Read((await table.Store.GetAsync(checkpoint, Ct))!.Content, "checkpoint");
        await table.Store.PutAsync(
            checkpoint, ActionWriter.Write(actions.Where(a => a is not AddFile { Path.Value: "a" })), Ct);
        if (!hasCommits) await table.DeleteAsync($"{0:D20}.json");

        var snapshot = await table.Open().LatestSnapshotAsync(Ct);

        // Without the commits no reader can know which of the two is wrong.
        Assert.Equal(hasCommits ? ["a", "b", "c"] : ["b", "c"], snapshot.Files.Select(file => file.Path.Value));
    }

    [Theory]
    [InlineData("malformed")]
    [InlineData("{}")]
    [InlineData("""{"tableSizeBytes":"8","numFiles":2}""")]
    public async Task A_note_that_cannot_be_read_is_none(string content)
    {
        await table.CreateAsync();
        await table.WriteAsync($"{0:D20}.crc", content);

        Assert.Null(await VersionChecksum.ReadAsync(table.Store, 0, Ct));
        Assert.Equal(0, (await table.Open().LatestSnapshotAsync(Ct)).Version);
    }
}

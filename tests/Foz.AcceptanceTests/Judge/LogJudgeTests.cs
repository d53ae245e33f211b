using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;

namespace Foz.AcceptanceTests.Judge;

/// <summary>Logs that Foz keeps, read by ClickHouse with delta-kernel, which commits between.</summary>
public sealed class LogJudgeTests(JudgeProcess judge) : IDisposable
{
    const string Name = "silver.kept";
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("classic")]
    [InlineData("v2")]
    public async Task A_table_is_read_from_its_checkpoint_alone(string policy)
    {
        await AppendAsync(0);
        await SetAsync("delta.checkpointPolicy", policy);
        await SetAsync("delta.checkpointInterval", "5");
        for (var i = 1; i <= 5; i++) await AppendAsync(i);
        await DeleteAsync();
        var table = await lake.TableAsync(Name);
        Assert.True((await table.MaintainLogAsync(Cancel)).HasNewCheckpoint);
        var log = Path.Combine(table.Root, "_delta_log");
        Assert.Equal(policy == "v2", Directory.Exists(Path.Combine(log, "_sidecars")));
        foreach (var commit in Directory.GetFiles(log, "*.json").Where(file => !file.Contains(".checkpoint."))
            .Order(StringComparer.Ordinal).SkipLast(1)) File.Delete(commit);

        using var session = lake.Open();
        Assert.Equal(599, await judge.AssertReadEquallyAsync(session, table));
        await judge.AppendAsync(table.Root, "SELECT 1000 AS id, 'theirs' AS text");
        Assert.Equal(600, await judge.AssertReadEquallyAsync(session, table));
        for (var i = 6; i <= 12; i++) await AppendAsync(i);
        Assert.Equal(1_300, await judge.AssertReadEquallyAsync(session, table));
    }

    [Fact]
    public async Task Both_commit_to_a_table_whose_commits_carry_their_time()
    {
        await AppendAsync(0);
        await SetAsync("delta.enableInCommitTimestamps", "true");
        await AppendAsync(1);
        var table = await lake.TableAsync(Name);
        using var session = lake.Open();

        Assert.Equal(200, await judge.AssertReadEquallyAsync(session, table));
        await judge.AppendAsync(table.Root, "SELECT 1000 AS id, 'theirs' AS text");
        await AppendAsync(2);

        Assert.Equal(301, await judge.AssertReadEquallyAsync(session, table));
        var history = await table.HistoryAsync(Cancel).ToListAsync(Cancel);
        Assert.Equal(
            history.OrderByDescending(commit => commit.Timestamp).DistinctBy(commit => commit.Timestamp), history);
        foreach (var commit in history)
            Assert.Equal(commit.Version, (await table.VersionAtAsync(commit.Timestamp, Cancel)).Version);
    }

    [Fact]
    public async Task A_table_that_gave_up_V2_checkpoints_is_read()
    {
        await AppendAsync(0);
        await SetAsync("delta.checkpointPolicy", "v2");
        await AppendAsync(1);
        await (await lake.TableAsync(Name)).MaintainLogAsync(Cancel);
        await AlterAsync(new TableAlteration.DropFeature("v2Checkpoint"));
        await AppendAsync(2);

        using var session = lake.Open();
        Assert.Equal(300, await judge.AssertReadEquallyAsync(session, await lake.TableAsync(Name)));
        Assert.Single(Directory.GetFiles(
            Path.Combine((await lake.TableAsync(Name)).Root, "_delta_log"), "*.checkpoint.parquet"));
    }

    Task AppendAsync(int number) => lake.AppendAsync(
        Name, $"SELECT 100 * {number} + i AS id, 'ours ' || i AS text FROM range(100) r(i)", new());

    async Task DeleteAsync()
    {
        using var session = lake.Open();
        await (await new TableWriter(session).DeleteAsync(await lake.TableAsync(Name), "id = 7", new(), Cancel))
            .CommitAsync(Cancel);
    }

    Task SetAsync(string property, string value) =>
        AlterAsync(new TableAlteration.SetProperties(new Dictionary<string, string> { [property] = value }));

    async Task AlterAsync(TableAlteration alteration)
    {
        using var session = lake.Open();
        Assert.NotNull(await new TableAlterer(session).AlterAsync(await lake.TableAsync(Name), alteration, Cancel));
    }
}

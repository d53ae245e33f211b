using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.AcceptanceTests.Judge;

/// <summary>Change data feeds that Foz writes, read by ClickHouse with delta-kernel.</summary>
public sealed class ChangeFeedJudgeTests(JudgeProcess judge) : IDisposable
{
    const string Name = "silver.fed";
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData(false, "true")]
    [InlineData(true, "true")]
    [InlineData(false, "false")]
    public async Task What_versions_changed_is_read_equally(bool isPartitioned, string deletionVectors)
    {
        await lake.AppendAsync(
            Name, "SELECT i AS id, 'v0' AS v, i % 3 AS p, {'a': i, 'b': ['x' || i]} AS s FROM range(100) r(i)",
            new() { PartitionBy = isPartitioned ? ["p"] : [] });
        if (isPartitioned) await AlterAsync("delta.enableRowTracking", "true");
        await AlterAsync("delta.enableChangeDataFeed", "true");
        await AlterAsync("delta.enableDeletionVectors", deletionVectors);
        await ChangeAsync((w, t) => w.UpdateAsync(
            t, new Dictionary<string, string> { ["v"] = "'updated ' || v" }, "id < 10", new(), Cancel));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id BETWEEN 5 AND 14", new(), Cancel));
        await ChangeAsync((w, t) => w.MergeAsync(t, new()
        {
            Source = "SELECT i * 3 AS id, 'merged' AS v, i % 3 AS p, {'a': -i, 'b': ['y']} AS s FROM range(50) r(i)",
            On = "target.id = source.id",
            Clauses =
            [
                new(MergeMatch.Matched, new MergeAction.Delete(), "target.id % 2 = 0"),
                new(MergeMatch.Matched, new MergeAction.UpdateAll()),
                new(MergeMatch.NotMatched, new MergeAction.InsertAll()),
            ],
        }, Cancel));
        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i AS id, 'upserted' AS v, i % 3 AS p, {'a': i, 'b': ['z']} AS s FROM range(90, 120) r(i)",
            new() { Keys = ["id"] }, Cancel));
        await lake.AppendAsync(Name, "SELECT 500 AS id, 'late' AS v, 1 AS p, {'a': 5, 'b': []::VARCHAR[]} AS s");
        await ChangeAsync((w, t) => w.ReplaceWhereAsync(
            t, "SELECT 20 AS id, 'replaced' AS v, 2 AS p, {'a': 1, 'b': ['r']} AS s", "id = 20", new(), Cancel));
        await ChangeAsync((w, t) => w.OverwriteAsync(
            t, "SELECT 1::BIGINT AS id, 'over' AS v, 1::BIGINT AS p, {'a': 1::BIGINT, 'b': ['o']} AS s",
            new() { PartitionBy = isPartitioned ? ["p"] : [] }, Cancel));

        var table = await lake.TableAsync(Name);
        var last = (await table.LatestAsync(Cancel)).Version;
        using var session = lake.Open();
        for (var version = 4L; version <= last; version++)
            Assert.True(await judge.AssertChangesEquallyAsync(session, table, version, version) > 0);
        Assert.True(await judge.AssertChangesEquallyAsync(session, table, 4, last) > 80);
        await judge.AssertReadEquallyAsync(session, table);
    }

    async Task AlterAsync(string property, string value)
    {
        using var session = lake.Open();
        await new TableAlterer(session).AlterAsync(
            await lake.TableAsync(Name),
            new TableAlteration.SetProperties(new Dictionary<string, string> { [property] = value }),
            Cancel);
    }

    async Task ChangeAsync(Func<TableWriter, LakeTable, Task<TableChange>> change)
    {
        using var session = lake.Open();
        await (await change(new TableWriter(session), await lake.TableAsync(Name))).CommitAsync(Cancel);
    }
}

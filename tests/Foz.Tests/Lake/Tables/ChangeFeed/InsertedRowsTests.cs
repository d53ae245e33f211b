using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;

namespace Foz.Tests.Lake.Tables.ChangeFeed;

/// <summary>What of a table is new, held against the difference of its versions.</summary>
public sealed class InsertedRowsTests : IDisposable
{
    readonly ChangedTable table = new();

    public static TheoryData<TableKind, string, int> Histories
    {
        get
        {
            var data = new TheoryData<TableKind, string, int>();
            foreach (var kind in Enum.GetValues<TableKind>())
                foreach (var more in (string[])["", "delta.enableChangeDataFeed", "delta.enableRowTracking"])
                    for (var seed = 1; seed <= 2; seed++) data.Add(kind, more, seed);
            return data;
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task New_rows_are_those_that_a_version_has_more_than_an_earlier_one(
        TableKind kind, string property, int seed)
    {
        var random = new Random(seed * 61 + (int)kind);
        await table.CreateAsync(kind, more: property.Length == 0 ? [] : [(property, "true")]);
        var history = new List<string> { "CREATE TABLE" };
        for (var step = 1; step <= 10; step++) history.Add(await RunAsync(random, step));
        var last = (await table.Table.LatestAsync(Cancel)).Version;
        for (var since = 0L; since < last; since++)
            for (var to = since + 1; to <= last; to += random.Next(1, 6))
                await AssertNewAsync(since, to, $"{kind}, {property}, seed {seed}: {string.Join("; ", history)}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("delta.enableChangeDataFeed")]
    [InlineData("delta.enableRowTracking")]
    public async Task Rows_that_are_only_copied_are_not_told(string property)
    {
        await table.CreateAsync(TableKind.CopyOnWrite, more: property.Length == 0 ? [] : [(property, "true")]);
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100) r(i)");
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id = 7", new(), Cancel));
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 8", new(), Cancel));
        Assert.Equal(["7|a|1|0"], await NewAsync(1, 2));
        Assert.Equal([], await NewAsync(2, 3));
        Assert.Equal(["7|a|1|0"], await NewAsync(1, 3));
        Assert.Equal(99, (await NewAsync(0, 3)).Count);
        await table.FeedAsync("feed", from: 2);
        Assert.Equal(
            property == "delta.enableChangeDataFeed"
                ? ["7|0|update_preimage|2", "7|1|update_postimage|2", "8|0|delete|3"]
                : ["7|0|delete|2", "7|1|insert|2", "8|0|delete|3"],
            table.Query("SELECT id, v, _change_type, _commit_version FROM feed ORDER BY ALL"));
    }

    [Fact]
    public async Task What_was_deleted_of_a_file_before_is_not_read()
    {
        await table.CreateAsync(TableKind.DeletionVectors);
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(100000) r(i)");
        await table.CommitAsync(
            await table.Writer.DeleteAsync(table.Table, "id % 37 = 1 AND id < 50000", new(), Cancel));
        var vectors = Directory.GetFiles(table.Table.Delta.Store.Root, "deletion_vector*", SearchOption.AllDirectories);
        await table.CommitAsync(
            await table.Writer.DeleteAsync(table.Table, "id % 41 = 1 AND id < 50000", new(), Cancel));
        await table.AppendAsync("SELECT -1 AS id, 'a' AS k, 0 AS v, 0 AS p");
        // As VACUUM would, once no version that is kept has them.
        foreach (var vector in vectors) File.Delete(vector);
        Assert.NotEmpty(vectors);
        Assert.Equal(["-1|a|0|0"], await NewAsync(2, 4));
    }

    [Fact]
    public async Task Columns_that_came_or_were_renamed_since_do_not_make_copies_new()
    {
        await table.CreateAsync(TableKind.CopyOnWrite, more: ("delta.columnMapping.mode", "name"));
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        var alterer = new TableAlterer(table.Session);
        await alterer.AlterAsync(table.Table, new TableAlteration.RenameColumn("k", "key"), Cancel);
        await alterer.AlterAsync(table.Table, new TableAlteration.DropColumns(["p"]), Cancel);
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT 20 AS id, 'b' AS key, 1 AS v, 'x' AS extra", new(), Cancel));
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["extra"] = "'y'" }, "id IN (3, 20)", new(), Cancel));
        Assert.Equal(["3|a|0|y", "20|b|1|y"], await NewAsync(1, 5));
    }

    [Fact]
    public async Task All_rows_are_new_after_an_overwrite_with_columns_of_other_types()
    {
        await table.CreateAsync(TableKind.CopyOnWrite);
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        await table.CommitAsync(await table.Writer.OverwriteAsync(
            table.Table, "SELECT 1::BIGINT AS id, 'a' AS k, 'text' AS v, 0 AS p", new(), Cancel));
        Assert.Equal(["1|a|text|0"], await NewAsync(1, 2));
    }

    async Task<string> RunAsync(Random random, int step)
    {
        var (low, high) = (random.Next(60), random.Next(40, 120));
        var where = $"id % 5 = {random.Next(5)} AND id BETWEEN {low} AND {high}";
        var source =
            $"SELECT i AS id, 's' AS k, {step} AS v, (i % 3)::INTEGER AS p FROM range({low}, "
                + $"{low + random.Next(1, 30)}) r(i)";
        switch (step == 1 ? 0 : random.Next(12))
        {
            case 0 or 1:
                var rows =
                    $"SELECT i // 2 AS id, 'a' AS k, {step} AS v, (i % 3)::INTEGER AS p FROM "
                        + $"range({low}, {low + 60}) r(i)";
                await table.CommitAsync(await table.Writer.AppendAsync(table.Table, rows, new(), Cancel));
                return "INSERT " + rows;
            case 2 or 3:
                await table.CommitAsync(await table.Writer.UpdateAsync(
                    table.Table, new Dictionary<string, string> { ["v"] = $"{step}" }, where, new(), Cancel));
                return "UPDATE " + where;
            case 4 or 5:
                await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, where, new(), Cancel));
                return "DELETE " + where;
            case 6:
                await table.CommitAsync(
                    await table.Writer.MergeAsync(table.Table, source, new() { Keys = ["id"] }, Cancel));
                return "UPSERT " + source;
            case 7 or 8:
                await table.CommitAsync(await table.Writer.MergeAsync(
                    table.Table,
                    new()
                    {
                        Source = source, On = "target.id = source.id",
                        Clauses =
                        [
                            new(MergeMatch.Matched, new MergeAction.Delete(), "target.id % 4 = 0"),
                            new(MergeMatch.Matched, new MergeAction.UpdateAll()),
                            new(MergeMatch.NotMatched, new MergeAction.InsertAll()),
                        ],
                    }, Cancel));
                return "MERGE " + source;
            case 9 or 10:
                await new TableOptimizer(table.Session).OptimizeAsync(
                    table.Table, new() { DeletedShareMax = 0 }, null, Cancel);
                return "OPTIMIZE";
            default:
                var version = random.NextInt64((await table.Table.LatestAsync(Cancel)).Version) + 1;
                await table.Table.RestoreAsync(await table.Table.VersionAsync(version, Cancel), Cancel);
                return $"RESTORE {version}";
        }
    }

    async Task AssertNewAsync(long since, long to, string history)
    {
        await NewAsync(since, to);
        using var before = await (await table.Table.VersionAsync(since, Cancel)).OpenAsync(table.Session, Cancel);
        using var after = await (await table.Table.VersionAsync(to, Cancel)).OpenAsync(table.Session, Cancel);
        table.Session.Execute(
            $"CREATE OR REPLACE TEMP TABLE more AS FROM {after.Sql} EXCEPT ALL FROM {before.Sql}", Cancel);
        foreach (var (left, right, what) in new[] { ("found", "more", "not new"), ("more", "found", "not told") })
            Assert.True(
                table.Query($"FROM {left} EXCEPT ALL FROM {right} LIMIT 3") is [],
                $"from {since} to {to}, rows are {what}: "
                    + $"{string.Join(", ", table.Query($"FROM {left} EXCEPT ALL FROM {right} LIMIT 3"))}\n{history}");
    }

    async Task<List<string>> NewAsync(long since, long to)
    {
        var changes = await table.Table.ChangesSinceAsync(since, to, Cancel);
        using var rows = await (await changes.NewRowsAsync(Cancel)).OpenAsync(table.Session, filter: null, Cancel);
        table.Session.Execute($"CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM {rows.Sql}", Cancel);
        return table.Query("FROM found ORDER BY ALL");
    }
}

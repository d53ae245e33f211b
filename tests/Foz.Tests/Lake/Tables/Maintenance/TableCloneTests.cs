using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class TableCloneTests : IDisposable
{
    readonly RulesTable table = new();
    readonly Foz.Tests.Delta.TempFolder folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        table.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(true, "none")]
    [InlineData(false, "none")]
    [InlineData(true, "name")]
    [InlineData(false, "name")]
    public async Task A_clone_has_the_rows_of_its_version_and_goes_its_own_way(bool isShallow, string mapping)
    {
        await CreateAsync(mapping);
        var rows = await table.RowsAsync();
        var version = await table.LatestAsync();
        await table.AppendAsync("SELECT 99 AS id, 'ü=ü' AS p");

        var clone = Target();
        var result = await new TableClone(table.Table, version).MakeAsync(clone, isShallow, null, Cancel);

        Assert.Equal(rows, await RowsAsync());
        Assert.Equal((version.FileCount, isShallow ? 0 : version.FileCount), (result.Files.Files, result.Copied.Files));
        Assert.Equal(version.Properties, result.Snapshot.Properties);
        Assert.NotEqual(version.State.Metadata.Id, result.Snapshot.State.Metadata.Id);
        await (await table.Writer.DeleteAsync(clone, "id < 5", new(), Cancel)).CommitAsync(Cancel);
        await (await table.Writer.AppendAsync(clone, "SELECT 100 AS id, 'a' AS p", new(), Cancel)).CommitAsync(Cancel);
        Assert.Equal(version.RowCount + 1, (await table.LatestAsync()).RowCount);
        Assert.Equal(rows.Count - 4 + 1, (await RowsAsync()).Count);
        // What a vacuum of the clone may delete is the clone's own.
        await TableVacuum.RunAsync(clone, new() { Retention = TimeSpan.Zero, ChecksRetention = false }, null, Cancel);
        Assert.Equal(rows.Count + 1, (await table.RowsAsync()).Count);
        Assert.Empty((await TableFsck.CheckAsync(Target(), Cancel)).Findings);
    }

    [Fact]
    public async Task A_clone_of_a_clone_and_of_an_older_version_can_be_made_and_none_over_a_table()
    {
        await CreateAsync("none");
        var first = new TableStore(new LocalObjectStore(folder.Path), table.Engines, TimeProvider.System).Open("first");
        await new TableClone(table.Table, await table.LatestAsync()).MakeAsync(first, isShallow: true, null, Cancel);
        await new TableClone(first, await first.LatestAsync(Cancel)).MakeAsync(
            Target(), isShallow: false, null, Cancel);
        Assert.Equal(await table.RowsAsync(), await RowsAsync());
        Assert.All((await Target().LatestAsync(Cancel)).State.Files, file => Assert.False(file.Path.IsAbsolute));

        var error = await Assert.ThrowsAsync<FozException>(async () =>
            await new TableClone(table.Table, await table.Table.VersionAsync(1, Cancel)).MakeAsync(
                first, isShallow: true, null, Cancel));
        Assert.Contains("already", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clustering_stays_and_rows_are_tracked_by_ids_of_the_clones_own(bool isShallow)
    {
        await table.CreateAsync(
            [new("id", DeltaType.Integer), new("v", DeltaType.Integer)], [("delta.enableRowTracking", "true")]);
        await table.AlterAsync(new TableAlteration.ClusterBy(["v"]));
        await table.AppendAsync("SELECT CAST(i AS INTEGER) AS id, 2 AS v FROM range(10) r(i)");
        await table.AppendAsync("SELECT CAST(i AS INTEGER) AS id, 2 AS v FROM range(10, 20) r(i)");
        // Files that carry ids of rows.
        await (await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "3" }, "id % 3 = 0", new(),
            Cancel)).CommitAsync(Cancel);

        await new TableClone(table.Table, await table.LatestAsync()).MakeAsync(Target(), isShallow, null, Cancel);

        var clone = await Target().LatestAsync(Cancel);
        Assert.Equal([["v"]], PropertyAlterations.ClusteringColumns(clone)!);
        Assert.Equal("true", clone.Properties["delta.enableRowTracking"]);
        var tracked = TrackedRows.Of(clone.State.Protocol, clone.State.Metadata)!;
        var source = (await table.LatestAsync()).State;
        Assert.DoesNotContain(tracked.IdColumn, TrackedRows.Of(source.Protocol, source.Metadata)!.Names);
        using var rows = await TableScan.OpenAsync(
            table.Session, clone, clone.State.Files, withAddresses: false, Cancel, new() { Tracked = tracked });
        using var result = table.Session.Query(
            $"SELECT count(*), count(DISTINCT {TrackedRows.RowId}), max({TrackedRows.RowVersion}) FROM {rows.Sql}",
            Cancel);
        Assert.Equal([20L, 20L, 0L], result.Rows(Cancel).Single());
    }

    LakeTable Target() =>
        new TableStore(new LocalObjectStore(folder.Path), table.Engines, TimeProvider.System).Open("a b/clone");

    async Task CreateAsync(string mapping)
    {
        await table.CreateAsync(
            [new("id", DeltaType.Integer), new("p", DeltaType.String)], [("delta.columnMapping.mode", mapping)], "p");
        for (var i = 0; i < 3; i++)
            await table.AppendAsync($"SELECT {i * 4} + CAST(i AS INTEGER) AS id, 'ä b%{i}' AS p FROM range(4) AS r(i)");
        await table.DeleteAsync("id = 2 OR id = 9");
    }

    async Task<List<string>> RowsAsync()
    {
        using var rows = await (await Target().LatestAsync(Cancel)).OpenAsync(table.Session, Cancel);
        using var result = table.Session.Query($"SELECT id || '|' || p FROM {rows.Sql} ORDER BY ALL", Cancel);
        return [.. result.Rows(Cancel).Select(row => (string)row[0]!)];
    }
}

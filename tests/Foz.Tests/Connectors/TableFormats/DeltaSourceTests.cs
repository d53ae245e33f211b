using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Tests.Connectors.TableFormats;

/// <summary>A Delta table of another lake as a source.</summary>
public sealed class DeltaSourceTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 1L << 30, Threads = 2 });
    readonly SourceProject project = new("elsewhere: {type: delta, path: elsewhere}");
    readonly Lakehouse other;

    public DeltaSourceTests() => other = new(Path.Combine(project.Folder, "elsewhere"), engines, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        project.Dispose();
        engines.Dispose();
    }

    [Fact]
    public async Task A_snapshot_replaces_the_table_when_the_other_has_changed()
    {
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders}\n");
        await AppendAsync("SELECT i AS id, 'a' AS v FROM range(3) r(i)");
        await project.RunWellAsync();
        Assert.Equal(
            ["0|a|r|0", "1|a|r|0", "2|a|r|0"],
            await project.RowsAsync("SELECT id, v, _cdc_op, _cdc_lsn FROM bronze.orders"));
        Assert.All((await project.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 1", new(), Cancel));
        await project.RunWellAsync();
        Assert.Equal(
            ["0|a|elsewhere/shop/orders", "2|a|elsewhere/shop/orders"],
            await project.RowsAsync("SELECT id, v, _cdc_source FROM bronze.orders"));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_versions_change_arrives_as_changes(bool hasFeed, bool hasVectors)
    {
        project.Write(
            "sources/e.yml",
            "connection: elsewhere\nsilver: current\nstreams:\n  orders: {table: shop/orders, "
                + "mode: incremental, keys: [id]}\n");
        await AppendAsync("SELECT i AS id, 'a' AS v FROM range(6) r(i)");
        await AlterAsync(("delta.enableChangeDataFeed", hasFeed), ("delta.enableDeletionVectors", hasVectors));
        await project.RunWellAsync();
        await ChangeAsync((w, t) =>
            w.UpdateAsync(t, new Dictionary<string, string> { ["v"] = "'b'" }, "id = 1", new(), Cancel));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 2", new(), Cancel));
        await ChangeAsync((w, t) =>
            w.UpdateAsync(t, new Dictionary<string, string> { ["id"] = "33" }, "id = 3", new(), Cancel));
        await AppendAsync("SELECT 7 AS id, 'new' AS v");
        await ChangeAsync((w, t) =>
            w.UpdateAsync(t, new Dictionary<string, string> { ["v"] = "'c'" }, "id = 1", new(), Cancel));
        await project.RunWellAsync();
        await project.RunWellAsync();

        Assert.Equal(
            ["0|a", "1|c", "33|a", "4|a", "5|a", "7|new"], await project.RowsAsync("SELECT * FROM silver.orders"));
        var changes = await project.RowsAsync(
            "SELECT _cdc_lsn, _cdc_op, id, v FROM bronze.orders WHERE _cdc_op <> 'r'");
        string[] expected = hasFeed
            ? ["2|u|1|b", "3|d|2|a", "4|d|3|a", "4|u|33|a", "5|c|7|new", "6|u|1|c"]
            : ["2|c|1|b", "3|d|2|a", "4|d|3|a", "4|c|33|a", "5|c|7|new", "6|c|1|c"];
        Assert.Superset(expected.ToHashSet(), changes.ToHashSet());
        // Rows of rewritten files arrive again, as nothing shows that they only moved.
        if (hasFeed || hasVectors) Assert.Equal(expected.Order(StringComparer.Ordinal), changes);
        Assert.Equal(
            ["true"], await project.RowsAsync("SELECT DISTINCT _cdc_commit_ts <= _cdc_synced_at FROM bronze.orders"));
    }

    [Fact]
    public async Task A_snapshot_goes_over_into_changes()
    {
        await AppendAsync("SELECT 1 AS id");
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders}\n");
        await project.RunWellAsync();
        project.Write(
            "sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders, mode: incremental}\n");
        await AppendAsync("SELECT 2 AS id");
        await project.RunWellAsync();
        Assert.Equal(["1|r", "2|c"], await project.RowsAsync("SELECT id, _cdc_op FROM bronze.orders"));
    }

    [Fact]
    public async Task Columns_of_a_bronze_table_elsewhere_get_names_of_their_own()
    {
        await AppendAsync("SELECT 1 AS id, 'x' AS _cdc_op, 5 AS _cdc_lsn");
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders}\n");
        await project.RunWellAsync();
        Assert.Equal(
            ["1|x|5|r|0"],
            await project.RowsAsync("SELECT id, _cdc_op_1, _cdc_lsn_1, _cdc_op, _cdc_lsn FROM bronze.orders"));
    }

    [Fact]
    public async Task A_table_that_was_made_anew_is_not_taken_for_the_one_before()
    {
        project.Write(
            "sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders, mode: incremental}\n");
        await AppendAsync("SELECT 1 AS id");
        await project.RunWellAsync();
        Directory.Delete(Path.Combine(other.Folder, "shop/orders"), recursive: true);
        await AppendAsync("SELECT 2 AS id", fresh: true);
        await AppendAsync("SELECT 3 AS id", fresh: true);
        Assert.Contains(
            "elsewhere/shop/orders was created again since it was read", await project.FailAsync(),
            StringComparison.Ordinal);
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["2", "3"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData("orders: {table: shop/nothing}", "elsewhere/shop/nothing is no Delta table")]
    [InlineData(
        "orders: {table: shop/orders, mode: incremental, keys: [idd]}", "has the key 'idd', which its table has not")]
    public async Task What_is_not_there_is_named(string stream, string expected)
    {
        project.Write("sources/e.yml", $"connection: elsewhere\nstreams:\n  {stream}\n");
        await AppendAsync("SELECT 1 AS id");
        var first = await project.RunAsync();
        await AppendAsync("SELECT 2 AS id");
        var errors = first.Steps.Concat((await project.RunAsync()).Steps).Select(step => step.Error?.Describe());
        Assert.Contains(errors, error => error?.Contains(expected, StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("orders: {table: ../x}", "'table' must be a folder below the connection's path")]
    [InlineData("orders: {mode: incremental, cursor: id}", "has a cursor, which its table's versions are already")]
    [InlineData("orders: {columns: {id: bigint}}", "declares types of columns, which its table has already")]
    public void What_a_stream_cannot_be_is_refused_with_the_project(string stream, string expected)
    {
        project.Write("sources/e.yml", $"connection: elsewhere\nstreams:\n  {stream}\n");
        var refused = Assert.IsType<ProjectResult.Refused>(project.TryLoad());
        Assert.Contains(refused.Errors, e => e.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tables_below_the_folder_are_found()
    {
        await AppendAsync("SELECT 1 AS id, 'x' AS v");
        project.Write("sources/e.yml", "connection: elsewhere\nstreams: all\n");
        await project.RunWellAsync();
        Assert.Equal(["1|x"], await project.RowsAsync("SELECT id, v FROM bronze.shop_orders"));
    }

    Task AlterAsync(params (string Name, bool Value)[] properties) => AlterAsync(new TableAlteration.SetProperties(
        properties.ToDictionary(p => p.Name, p => p.Value ? "true" : "false")));

    async Task AlterAsync(TableAlteration alteration)
    {
        using var session = engines.Open(Workload.Query);
        await new TableAlterer(session).AlterAsync(await TableAsync(), alteration, Cancel);
    }

    async Task<LakeTable> TableAsync(bool fresh = false) =>
        await (fresh ? new Lakehouse(other.Folder, engines, TimeProvider.System) : other).OpenTableAsync(
            TableName.Parse("shop.orders"), Cancel);

    async Task AppendAsync(string sql, bool fresh = false)
    {
        using var session = engines.Open(Workload.Query);
        await (await new TableWriter(session).AppendAsync(await TableAsync(fresh), sql, new(), Cancel))
            .CommitAsync(Cancel);
    }

    async Task ChangeAsync(Func<TableWriter, LakeTable, Task<TableChange>> change)
    {
        using var session = engines.Open(Workload.Query);
        await (await change(new TableWriter(session), await TableAsync())).CommitAsync(Cancel);
    }
}

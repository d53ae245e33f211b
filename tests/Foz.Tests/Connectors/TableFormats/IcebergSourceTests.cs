using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Connectors.TableFormats;

/// <summary>An Iceberg table as a source: the metadata that Foz writes beside a log of Delta.</summary>
public sealed class IcebergSourceTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 1L << 30, Threads = 2 });
    readonly SourceProject project = new("elsewhere: {type: iceberg, path: elsewhere}");
    readonly Lakehouse other;

    public IcebergSourceTests() => other = new(Path.Combine(project.Folder, "elsewhere"), engines, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        project.Dispose();
        engines.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_types_arrive_as_they_are_also_under_new_names(bool isPartitioned)
    {
        const string Rows = """
            SELECT i AS id, i::INTEGER AS n, i / 3.0::FLOAT AS f, i / 7.0::DOUBLE AS d, i % 2 = 0 AS flag, 'ação ' || i AS text, 'b'::BLOB AS bytes,
                DATE '1969-12-30' + i::INTEGER AS day, TIMESTAMPTZ '2024-02-29 23:59:59.123456+00' AS moment, (i * 1.01)::DECIMAL(9,2) AS price,
                [i, NULL] AS list, {'a': i, 'b': {'c': 'x' || i}} AS struct, MAP {'k': i} AS map, 'p' || i % 3 AS part FROM range(6) r(i)
            """;
        await CreateAsync(Rows, isPartitioned ? ["part"] : []);
        await AlterAsync(new TableAlteration.RenameColumn("text", "words"));
        await AlterAsync(new TableAlteration.RenameColumn("struct.b", "inner"));
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders}\n");
        await project.RunWellAsync();
        using var session = engines.Open(Workload.Query);
        using var theirs = await (await (await TableAsync()).LatestAsync(Cancel)).OpenAsync(session, Cancel);
        using var expected = session.Query($"SELECT to_json(t)::VARCHAR FROM {theirs.Sql} t", Cancel);
        var rows = expected.Rows(Cancel).Select(row => $"{row[0]}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(6, rows.Count);
        Assert.Equal(
            rows,
            await project.RowsAsync(
                "SELECT to_json(t)::VARCHAR FROM (SELECT * EXCLUDE (_cdc_op, _cdc_lsn, _cdc_seq, _cdc_tx, "
                    + "_cdc_commit_ts, _cdc_synced_at, _cdc_source) FROM bronze.orders) t"));
    }

    [Fact]
    public async Task What_is_appended_arrives_once_and_what_is_changed_is_an_error()
    {
        await CreateAsync("SELECT i AS id FROM range(3) r(i)", []);
        project.Write(
            "sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders, mode: incremental}\n");
        await project.RunWellAsync();
        await AppendAsync("SELECT 10 AS id");
        await AppendAsync("SELECT 11 AS id");
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(
            ["0|r", "10|c", "11|c", "1|r", "2|r"], await project.RowsAsync("SELECT id, _cdc_op FROM bronze.orders"));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 1", new(), Cancel));
        Assert.Contains(
            "incremental streams are for tables that are appended to", await project.FailAsync(),
            StringComparison.Ordinal);
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["0", "10", "11", "2"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Fact]
    public async Task A_snapshot_replaces_the_table_wherever_the_other_was_moved()
    {
        await CreateAsync("SELECT i AS id FROM range(3) r(i)", []);
        project.Write("sources/e.yml", "connection: elsewhere\nstreams: all\n");
        await project.RunWellAsync();
        Assert.Equal(["0", "1", "2"], await project.RowsAsync("SELECT id FROM bronze.shop_orders"));
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 1", new(), Cancel));
        Directory.Move(Path.Combine(other.Folder, "shop"), Path.Combine(other.Folder, "moved"));
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  shop_orders: {table: moved/orders}\n");
        await project.RunWellAsync();
        Assert.Equal(["0", "2"], await project.RowsAsync("SELECT id FROM bronze.shop_orders"));
    }

    [Theory]
    [InlineData("v1.metadata.json", "{}", "is no metadata of Iceberg")]
    [InlineData("v1.metadata.json", "no json", "is no metadata of Iceberg")]
    [InlineData(
        "v1.metadata.json", """{"format-version": 3}""", "is of Iceberg's format version 3; versions up to 2 are read")]
    [InlineData("readme.txt", "x", "elsewhere/shop/orders is no Iceberg table")]
    [InlineData("v1.metadata.json", """
        {"format-version": 2, "table-uuid": "u", "location": "/x", "current-snapshot-id": 1, "schema": {"fields": []},
        "snapshots": [{"snapshot-id": 1, "timestamp-ms": 0, "manifest-list": "/y/metadata/l.avro"}]}
        """, "/y/metadata/l.avro lies outside of")]
    public async Task What_cannot_be_read_is_named(string file, string text, string expected)
    {
        project.Write($"elsewhere/shop/orders/metadata/{file}", text);
        project.Write("sources/e.yml", "connection: elsewhere\nstreams:\n  orders: {table: shop/orders}\n");
        Assert.Contains(expected, await project.FailAsync(), StringComparison.Ordinal);
    }

    async Task CreateAsync(string sql, string[] partitionBy)
    {
        using var session = engines.Open(Workload.Query);
        await (await new TableWriter(session).AppendAsync(await TableAsync(), sql, new()
        {
            PartitionBy = partitionBy,
            Properties = new Dictionary<string, string?>
            {
                ["delta.universalFormat.enabledFormats"] = "iceberg", ["delta.enableIcebergCompatV2"] = "true",
                ["delta.columnMapping.mode"] = "name",
                ["delta.enableDeletionVectors"] = "false",
            },
        }, Cancel)).CommitAsync(Cancel);
    }

    async Task AlterAsync(TableAlteration alteration)
    {
        using var session = engines.Open(Workload.Query);
        await new TableAlterer(session).AlterAsync(await TableAsync(), alteration, Cancel);
    }

    async Task<LakeTable> TableAsync() => await other.OpenTableAsync(TableName.Parse("shop.orders"), Cancel);

    async Task AppendAsync(string sql)
    {
        using var session = engines.Open(Workload.Query);
        await (await new TableWriter(session).AppendAsync(await TableAsync(), sql, new(), Cancel)).CommitAsync(Cancel);
    }

    async Task ChangeAsync(Func<TableWriter, LakeTable, Task<TableChange>> change)
    {
        using var session = engines.Open(Workload.Query);
        await (await change(new TableWriter(session), await TableAsync())).CommitAsync(Cancel);
    }
}

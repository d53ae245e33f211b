using Foz.Delta.Log;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class ParquetConversionTests : IDisposable
{
    readonly Foz.Tests.Delta.TempFolder folder = new();
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 2 });
    readonly EngineSession session;

    public ParquetConversionTests() => session = engines.Open(Workload.Query);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    LakeTable Table => new TableStore(new LocalObjectStore(folder.Path), engines, TimeProvider.System).Open("t");

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Files_become_a_table_with_their_statistics_and_stay_as_they_are()
    {
        Write("t/a.parquet", "SELECT 1 AS id, 'x' AS k, {'d': 1.5::DOUBLE} AS s UNION ALL SELECT 7, NULL, NULL");
        Write("t/sub/b.parquet", "SELECT 3::BIGINT AS id, DATE '2026-01-02' AS day, {'d': 'nan'::DOUBLE} AS s");
        Write("t/_tmp/c.parquet", "SELECT 9 AS other");
        var before = Directory.GetFiles(folder.Path, "*.parquet", SearchOption.AllDirectories)
            .Select(File.GetLastWriteTimeUtc).ToList();

        var result = await new ParquetConversion(session).ConvertAsync(Table, partitionedBy: null, Cancel);

        Assert.Equal((0, 2, 3), (result.Snapshot.Version, result.Files.Files, result.Snapshot.RowCount));
        Assert.Equal(["1|x|{'d': 1.5}|", "3||{'d': nan}|2026-01-02", "7|||"], await RowsAsync());
        Assert.Equal(
            before,
            Directory.GetFiles(folder.Path, "*.parquet", SearchOption.AllDirectories).Select(File.GetLastWriteTimeUtc));
        Assert.Equal(
            """
            {"numRecords":2,"minValues":{"id":1,"k":"x","s":{"d":1.5}},"maxValues":{"id":7,"k":"x","s":{"d":1.5}},"nullCount":{"id":0,"k":1,"s":{"d":1},"day":2}}
            """,
            StatisticsOf(result.Snapshot, "a.parquet"));
        Assert.Contains("""
            "minValues":{"id":3,"day":"2026-01-02"},"maxValues":{"id":3,"day":"2026-01-02"}
            """, StatisticsOf(result.Snapshot, "sub/b.parquet"), StringComparison.Ordinal);

        var error = await Assert.ThrowsAsync<FozException>(() =>
            new ParquetConversion(session).ConvertAsync(Table, null, Cancel));
        Assert.Contains("already", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folders_are_the_values_of_partition_columns()
    {
        Write("t/day=2026-01-02/city=S%C3%A3o%20Paulo/a.parquet", "SELECT 1 AS id, 'wrong' AS city");
        Write("t/day=2026-01-03/city=__HIVE_DEFAULT_PARTITION__/a.parquet", "SELECT 2 AS id, 'wrong' AS city");

        await new ParquetConversion(session).ConvertAsync(Table, "day date, city varchar(20)", Cancel);

        Assert.Equal(["1|2026-01-02|São Paulo", "2|2026-01-03|"], await RowsAsync());
        Assert.Empty((await TableFsck.CheckAsync(Table, Cancel)).Findings);
        var error = await Assert.ThrowsAsync<FozException>(
            () => new ParquetConversion(session).ConvertAsync(Other("t"), "day date, city varchar(20)", Cancel));
        Assert.Contains("already", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "in folders of (day)")]
    [InlineData("city string", "in folders of (day)")]
    [InlineData("day int", "'2026-01-02' in day=2026-01-02/a.parquet is no int")]
    [InlineData("day", "'day' is no column with its type")]
    public async Task Other_folders_are_refused(string? partitionedBy, string told)
    {
        Write("t/day=2026-01-02/a.parquet", "SELECT 1 AS id");
        var error = await Assert.ThrowsAsync<FozException>(() =>
            new ParquetConversion(session).ConvertAsync(Table, partitionedBy, Cancel));
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "t", "_delta_log")));
    }

    [Fact]
    public async Task Statistics_can_be_read_anew()
    {
        Write("t/a.parquet", "SELECT i AS id, 'k' || i AS k FROM range(10) AS r(i)");
        await new ParquetConversion(session).ConvertAsync(Table, null, Cancel);
        await new TableAlterer(session).AlterAsync(
            Table,
            new TableAlteration.SetProperties(
                new Dictionary<string, string> { ["delta.enableDeletionVectors"] = "true" }), Cancel);
        await (await new TableWriter(session).DeleteAsync(Table, "id = 3", new(), Cancel)).CommitAsync(Cancel);
        var log = new LocalObjectStore(Path.Combine(folder.Path, "t"));
        var state = (await Table.LatestAsync(Cancel)).State;
        var bare =
            state.Files.Single() with { Stats = JsonText.FromString("""{"numRecords":10}"""), DataChange = false };
        await log.PutAsync(LogFiles.CommitPath(state.Version + 1), ActionWriter.Write([bare]), Cancel);

        var table = Table;
        var result = await new TableAnalyzer(session).AnalyzeAsync(table, Cancel);

        Assert.Equal((state.Version + 2, 1), (result.Version, result.Files));
        var after = await Table.LatestAsync(Cancel);
        Assert.Equal(
            """
            {"numRecords":10,"tightBounds":false,"minValues":{"id":0,"k":"k0"},"maxValues":{"id":9,"k":"k9"},"nullCount":{"id":0,"k":0}}
            """,
            StatisticsOf(after, "a.parquet"));
        Assert.Equal(9, after.RowCount);
        Assert.False(await table.HasChangesSinceAsync(state.Version, after.Version, Cancel));
        Assert.Equal(result.Version, (await new TableAnalyzer(session).AnalyzeAsync(table, Cancel)).Version);
    }

    [Fact]
    public async Task Statistics_of_files_that_others_rearranged_are_not_committed()
    {
        for (var i = 0; i < 3; i++) Write($"t/{i}.parquet", $"SELECT {i} AS id");
        await new ParquetConversion(session).ConvertAsync(Table, null, Cancel);
        var table = Table;
        var state = (await table.LatestAsync(Cancel)).State;
        var transaction = new Foz.Delta.Transactions.Transaction(
            table.Delta, state, new() { Operation = "COMPUTE STATS" });
        foreach (var file in state.Files) transaction.Add(file with { DataChange = false, Stats = JsonText.None });
        await new TableOptimizer(session).OptimizeAsync(Table, new(), null, Cancel);

        Assert.IsType<Foz.Delta.Transactions.CommitResult.Conflicted>(await transaction.CommitAsync(Cancel));
        Assert.Equal(3, (await Table.LatestAsync(Cancel)).RowCount);
    }

    LakeTable Other(string name) =>
        new TableStore(new LocalObjectStore(folder.Path), engines, TimeProvider.System).Open(name);

    void Write(string path, string select)
    {
        var file = Path.Combine(folder.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        session.Execute($"COPY ({select}) TO {SqlText.Literal(file)} (FORMAT parquet)", Cancel);
    }

    static string StatisticsOf(TableSnapshot table, string path) =>
        table.State.Files.Single(file => file.Path.Value == path).Stats.ToString()!;

    async Task<List<string>> RowsAsync()
    {
        var snapshot = await Table.LatestAsync(Cancel);
        using var rows = await snapshot.OpenAsync(session, Cancel);
        var text = string.Join(
            " || '|' || ", snapshot.Fields.Select(f => $"coalesce(CAST({SqlText.Identifier(f.Name)} AS VARCHAR), '')"));
        using var result = session.Query($"SELECT {text} FROM {rows.Sql} ORDER BY id", Cancel);
        return [.. result.Rows(Cancel).Select(row => (string)row[0]!)];
    }
}

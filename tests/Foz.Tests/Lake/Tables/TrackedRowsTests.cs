using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;

namespace Foz.Tests.Lake.Tables;

/// <summary>Rows that keep their ids, whatever is done with them and their files.</summary>
public sealed class TrackedRowsTests : IDisposable
{
    readonly ChangedTable table = new();

    public static TheoryData<TableKind, bool, int> Histories
    {
        get
        {
            var data = new TheoryData<TableKind, bool, int>();
            foreach (var kind in Enum.GetValues<TableKind>())
                for (var seed = 1; seed <= 2; seed++) data.Add(kind, seed == 1, seed);
            return data;
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Theory]
    [InlineData(TableKind.DeletionVectors, "none")]
    [InlineData(TableKind.CopyOnWrite, "none")]
    [InlineData(TableKind.Partitioned, "none")]
    [InlineData(TableKind.Mapped, "name")]
    [InlineData(TableKind.Mapped, "id")]
    [InlineData(TableKind.CopyOnWrite, "id")]
    public async Task A_row_keeps_its_id_when_it_is_updated_or_moved_and_gets_a_version_when_it_is_updated(
        TableKind kind, string mapping)
    {
        await table.CreateAsync(
            kind, more: [("delta.enableRowTracking", "true"), ("delta.columnMapping.mode", mapping)]);
        await table.AppendAsync("SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range(10) r(i)");
        var ids = await RowsAsync("id = 0 OR id = 1 OR id = 7");
        Assert.All(ids, row => Assert.EndsWith("|1", row, StringComparison.Ordinal));

        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id = 1", new(), Cancel));
        Assert.Equal([ids[0], Later(ids[1], 2), ids[2]], await RowsAsync("id = 0 OR id = 1 OR id = 7"));

        await table.CommitAsync(await table.Writer.MergeAsync(table.Table, new()
        {
            Source = "SELECT * FROM (VALUES (0), (20)) s(id)",
            On = "target.id = source.id",
            Clauses =
            [
                new(MergeMatch.Matched, new MergeAction.Update(new Dictionary<string, string> { ["v"] = "2" })),
                new(MergeMatch.NotMatched,
                    new MergeAction.Insert(new Dictionary<string, string> { ["id"] = "source.id" })),
            ],
        }, Cancel));
        await table.CommitAsync(await table.Writer.MergeAsync(
            table.Table, "SELECT 7 AS id, 'b' AS k, 3 AS v, 0 AS p UNION ALL SELECT 30, 'b', 3, 0",
            new() { Keys = ["id"] }, Cancel));
        // Most rows go, so that the others move, whatever kind of table it is.
        await table.CommitAsync(
            await table.Writer.DeleteAsync(table.Table, "id NOT IN (0, 1, 7, 20, 30)", new(), Cancel));
        Assert.Equal(
            [Later(ids[0], 3), Later(ids[1], 2), Later(ids[2], 4)], await RowsAsync("id IN (0, 1, 7)"));
        Assert.Equal(
            ["20|3", "30|4"],
            (await RowsAsync("id >= 20")).Select(row => string.Join('|', row.Split('|')[0], row.Split('|')[2])));
        for (var version = 1; version <= 5; version++)
        {
            var commit = await table.Table.Delta.ReadCommitAsync(version, Cancel);
            Assert.Equal("true", commit!.Info!.Tags!.Find("delta.rowTracking.preserved"));
        }
    }

    [Fact]
    public async Task Columns_are_found_by_their_ids_although_those_of_row_ids_have_none()
    {
        await table.CreateAsync(
            TableKind.CopyOnWrite,
            new StructType(new StructField("id", DeltaType.Long), new StructField("v", DeltaType.Long)),
            ("delta.enableRowTracking", "true"), ("delta.columnMapping.mode", "id"));
        var (id, v) = (
            (await table.Table.LatestAsync(Cancel)).Schema.Columns.Fields[0].PhysicalName(ColumnMappingMode.Id),
            (await table.Table.LatestAsync(Cancel)).Schema.Columns.Fields[1].PhysicalName(ColumnMappingMode.Id));
        // A file of another writer, whose columns have each other's names, and one that lacks a column.
        await AddAsync(
            "swapped.parquet", $"SELECT i AS \"{v}\", i + 100 AS \"{id}\" FROM range(3) r(i)",
            $"{{\"{v}\": 1, \"{id}\": 2}}");
        await AddAsync("one.parquet", $"SELECT i + 10 AS \"{v}\" FROM range(3) r(i)", $"{{\"{v}\": 1}}");
        await LoadAsync("before");
        Assert.Equal(
            ["0|100", "1|101", "2|102", "10|", "11|", "12|"], table.Query("SELECT id, v FROM before ORDER BY id"));

        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "7" }, "id IN (1, 11)", new(), Cancel));
        await new TableOptimizer(table.Session).OptimizeAsync(table.Table, new(), null, Cancel);

        await LoadAsync("now");
        Assert.Single((await table.Table.LatestAsync(Cancel)).State.Files);
        Assert.Equal(
            ["0|100", "1|7", "2|102", "10|", "11|7", "12|"], table.Query("SELECT id, v FROM now ORDER BY id"));
        Assert.Equal(
            ["6"], table.Query($"SELECT count(*) FROM now JOIN before USING (id, {TrackedRows.RowId})"));
    }

    async Task AddAsync(string name, string select, string ids)
    {
        table.Session.Execute(
            $"COPY ({select}) TO '{Path.Combine(table.Table.Root, name)}' (FORMAT parquet, FIELD_IDS {ids})", Cancel);
        var change = new Transaction(
            table.Table.Delta, (await table.Table.LatestAsync(Cancel)).State, new() { Operation = "WRITE" });
        change.Add(new()
        {
            Path = FilePath.Relative(name), PartitionValues = StringMap.Empty, ModificationTimeMs = 0,
            SizeBytes = new FileInfo(Path.Combine(table.Table.Root, name)).Length,
            Stats = JsonText.FromString("""{"numRecords":3}"""),
        });
        (await change.CommitAsync(Cancel)).OrThrow();
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task No_two_rows_ever_have_one_id(TableKind kind, bool isFed, int seed)
    {
        var random = new Random(seed * 53 + (int)kind);
        await table.CreateAsync(
            kind,
            more: [("delta.enableRowTracking", "true"), ("delta.enableChangeDataFeed", isFed ? "true" : "false")]);
        for (var file = 0; file < 3; file++)
            await table.AppendAsync(
                $"SELECT i AS id, 'k' || (i % 17) AS k, (i % 29)::INTEGER AS v, (i % 4)::INTEGER AS p "
                    + $"FROM range({file * 100}, {file * 100 + 100}) r(i)");
        for (var step = 0; step < 8; step++)
        {
            var what = $"{kind}, seed {seed}, step {step}: {await new RandomStatement(random, table).RunAsync()}";
            await table.AssertEqualAsync(what);
            await LoadAsync("now");
            Assert.Equal(
                (what, "0|0"),
                (what, table.Query(
                    $"SELECT count(*) - count(DISTINCT {TrackedRows.RowId}), count(*) FILTER "
                        + $"({TrackedRows.RowVersion} IS NULL) FROM now")[0]));
            // A row that has its id and version from before is the row that it was.
            if (step > 0)
                Assert.Equal(
                    (what, "0"),
                    (what, table.Query(
                        $"SELECT count(*) FROM now JOIN before USING ({TrackedRows.RowId}, {TrackedRows.RowVersion}) "
                        + "WHERE (now.id, now.k, now.v, now.p) IS DISTINCT FROM (before.id, "
                        + "before.k, before.v, before.p)")[0]));
            table.Session.Execute("CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM now", Cancel);
        }
        var version = (await table.Table.LatestAsync(Cancel)).Version;
        await new TableOptimizer(table.Session).OptimizeAsync(table.Table, new() { DeletedShareMax = 0 }, null, Cancel);
        await LoadAsync("now");
        Assert.Equal(["0"], table.Query("SELECT count(*) FROM (FROM now EXCEPT ALL FROM before)"));
        Assert.Equal(["0"], table.Query("SELECT count(*) FROM (FROM before EXCEPT ALL FROM now)"));
        Assert.False(
            await table.Table.HasChangesSinceAsync(version, (await table.Table.LatestAsync(Cancel)).Version, Cancel));
        await table.FeedAsync("feed", version);
        Assert.Equal(["0"], table.Query($"SELECT count(*) FROM feed WHERE _commit_version > {version}"));
    }

    async Task LoadAsync(string into)
    {
        var snapshot = await table.Table.LatestAsync(Cancel);
        using var rows = await TableScan.OpenAsync(
            table.Session, snapshot, snapshot.State.Files, withAddresses: false, Cancel,
            new() { Tracked = TrackedRows.Of(snapshot.State.Protocol, snapshot.State.Metadata) });
        table.Session.Execute($"CREATE OR REPLACE TEMP TABLE {into} AS SELECT * FROM {rows.Sql}", Cancel);
    }

    async Task<List<string>> RowsAsync(string condition)
    {
        await LoadAsync("now");
        return table.Query(
            $"SELECT id, {TrackedRows.RowId}, {TrackedRows.RowVersion} FROM now WHERE {condition} ORDER BY id");
    }

    static string Later(string row, int version) => $"{row[..(row.LastIndexOf('|') + 1)]}{version}";
}

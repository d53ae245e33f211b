using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.AcceptanceTests.Judge;

/// <summary>
/// The Iceberg metadata of tables that Foz changes, read by ClickHouse, which has its own reader of Iceberg.
/// </summary>
public sealed class IcebergJudgeTests(JudgeProcess judge) : IDisposable
{
    const string Name = "silver.uniform";
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_version_of_a_changed_table_is_read_equally(bool isPartitioned)
    {
        await CreateAsync("SELECT i AS id, 'v0' AS v, i % 3 AS p FROM range(1000) r(i)", isPartitioned ? ["p"] : []);
        Assert.Equal(1000, await AssertReadEquallyAsync());

        await lake.AppendAsync(Name, "SELECT 5000 + i AS id, 'v1' AS v, i % 4 AS p FROM range(100) r(i)");
        Assert.Equal(1100, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id % 10 = 0", new(), Cancel));
        Assert.Equal(990, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.UpdateAsync(
            t, new Dictionary<string, string> { ["v"] = "'changed ' || v" }, "id < 20", new(), Cancel));
        Assert.Equal(990, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i * 3 AS id, 'v4' AS v, i % 5 AS p FROM range(500) r(i)", new() { Keys = ["id"] }, Cancel));
        Assert.True(await AssertReadEquallyAsync() > 1000);
        await ChangeAsync((w, t) => w.DeleteAsync(t, "p = 1", new(), Cancel));
        await AssertReadEquallyAsync();
        await ChangeAsync((w, t) => w.DeleteAsync(t, "true", new(), Cancel));
        Assert.Equal(0, await AssertReadEquallyAsync());
        await lake.AppendAsync(Name, "SELECT 1 AS id, 'again' AS v, NULL AS p");
        Assert.Equal(1, await AssertReadEquallyAsync());
    }

    [Fact]
    public async Task All_types_are_read_equally()
    {
        const string Rows = """
                SELECT i AS id, i::TINYINT - 2 AS t, i::SMALLINT * 3000 AS s, i::INTEGER * -70000 AS i, i * 9000000000 AS b,
                    i / 3.0::FLOAT AS f, i / 7.0::DOUBLE AS d, i % 2 = 0 AS flag, 'ação "quoted" \' || i AS text,
                    ('\xFF\x00' || i)::BLOB AS bytes, DATE '1969-12-30' + i::INTEGER AS day,
                    TIMESTAMPTZ '2024-02-29 23:59:59.123456+00' + to_days(i::INTEGER) AS at,
                    (i * 1.01)::DECIMAL(9,2) AS small, (i * -12345678901234567890.00000001)::DECIMAL(38,8) AS large,
                    [i, NULL, i * 2] AS list, {'a': i, 'b': {'c': 'x' || i, 'd': [DATE '2024-01-01']}} AS struct,
                    [{'a': i, 'b': 'z'}] AS structs, MAP {'k' || i: i} AS map, MAP {i: [{'v': i * 1.5}]} AS maps
                FROM range(6) r(i)
            """;
        await CreateAsync($"{Rows} WHERE i < 3");
        await lake.AppendAsync(Name, $"{Rows} WHERE i >= 3");

        Assert.Equal(6, await AssertReadEquallyAsync());
        Assert.Equal("3\n", await judge.QueryAsync(
            $"SELECT count() FROM {JudgeProcess.IcebergTable((await TableAsync()).Root)} WHERE id >= 3 AND id <= 5"));
    }

    [Fact]
    public async Task Columns_that_are_renamed_added_dropped_and_widened_are_read_equally()
    {
        await CreateAsync(
            "SELECT i::INTEGER AS id, 'p' || i % 2 AS part, {'a': i::INTEGER, 'b': 'x' || i} AS s, i * "
                + "1.5 AS gone FROM range(10) r(i)",
            ["part"], ("delta.enableTypeWidening", "true"));
        await lake.AppendAsync(
            Name,
            "SELECT i::INTEGER AS id, 'p' || i % 2 AS part, {'a': i::INTEGER, 'b': 'x' || i} AS s, i * "
                + "1.5 AS gone FROM range(10) r(i)");
        await AlterAsync(new TableAlteration.RenameColumn("id", "number"));
        await AssertReadEquallyAsync();
        await AlterAsync(new TableAlteration.RenameColumn("s.a", "first"));
        await AlterAsync(new TableAlteration.DropColumns(["gone"]));
        await AssertReadEquallyAsync();
        await AlterAsync(
            new TableAlteration.AddColumns(new NewColumn("gone", "string"), new NewColumn("id", "array<bigint>")));
        await lake.AppendAsync(
            Name,
            "SELECT i::INTEGER AS number, 'p' || i AS part, {'first': i::INTEGER, 'b': 'y'} AS s, 'back' AS gone, [i] "
                + "AS id FROM range(4) r(i)");
        Assert.Equal(24, await AssertReadEquallyAsync());
        await AlterAsync(new TableAlteration.RenameColumn("part", "portion"));
        await lake.AppendAsync(
            Name, "SELECT 77 AS number, 'new' AS portion, NULL AS gone, {'first': 1, 'b': NULL} AS s");
        Assert.Equal(25, await AssertReadEquallyAsync());
        await AlterAsync(new TableAlteration.ChangeType("number", "bigint"));
        await lake.AppendAsync(Name, "SELECT 5000000000 AS number, 'new' AS portion, {'first': 2, 'b': ''} AS s");
        Assert.Equal(26, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.DeleteAsync(t, "number % 2 = 0", new(), Cancel));
        await AssertReadEquallyAsync();
    }

    [Fact]
    public async Task A_table_that_tracks_rows_and_tells_its_changes_is_read_equally()
    {
        await CreateAsync(
            "SELECT i AS id, 'v0' AS v, i % 3 AS p FROM range(100) r(i)", ["p"],
            ("delta.enableChangeDataFeed", "true"), ("delta.feature.rowTracking", "supported"));
        await AlterAsync(new TableAlteration.SetProperties(
            new Dictionary<string, string> { ["delta.enableRowTracking"] = "true" }));
        await ChangeAsync((w, t) => w.UpdateAsync(
            t, new Dictionary<string, string> { ["v"] = "'changed'" }, "id < 20", new(), Cancel));
        await ChangeAsync((w, t) => w.MergeAsync(
            t, "SELECT i * 3 AS id, 'v4' AS v, i % 5 AS p FROM range(50) r(i)", new() { Keys = ["id"] }, Cancel));

        Assert.True(await AssertReadEquallyAsync() > 100);
    }

    [Fact]
    public async Task A_table_that_is_maintained_restored_and_cloned_is_read_equally()
    {
        await CreateAsync("SELECT i AS id, 'v0' AS v, i % 3 AS p FROM range(100) r(i)", ["p"]);
        for (var i = 0; i < 8; i++) await lake.AppendAsync(Name, $"SELECT {i} AS id, 'small' AS v, {i % 3} AS p");
        var before = await TableAsync().ContinueWith(t => t.Result.LatestAsync(Cancel).AsTask(), Cancel).Unwrap();
        using (var session = lake.Open())
            Assert.True(
                (await new TableOptimizer(session).OptimizeAsync(await TableAsync(), new(), null, Cancel)).Commits > 0);
        Assert.Equal(108, await AssertReadEquallyAsync());
        await AlterAsync(new TableAlteration.SetProperties(
            new Dictionary<string, string> { ["delta.dataSkippingNumIndexedCols"] = "1" }));
        using (var session = lake.Open()) await new TableAnalyzer(session).AnalyzeAsync(await TableAsync(), Cancel);
        Assert.Equal(108, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.DeleteAsync(t, "p = 2", new(), Cancel));
        await AssertReadEquallyAsync();
        await (await TableAsync()).RestoreAsync(before, Cancel);
        Assert.Equal(108, await AssertReadEquallyAsync());
        await TableVacuum.RunAsync(
            await TableAsync(), new() { Retention = TimeSpan.Zero, ChecksRetention = false }, null, Cancel);
        Assert.Equal(108, await AssertReadEquallyAsync());

        foreach (var isShallow in new[] { true, false })
        {
            var source = await TableAsync();
            var folder = Path.Combine(lake.Folder, $"clone {isShallow}");
            var clone = lake.Lake.Tables.OpenFolder(folder);
            await new TableClone(source, await source.LatestAsync(Cancel)).MakeAsync(clone, isShallow, null, Cancel);
            using var session = lake.Open();
            await (await new TableWriter(session).AppendAsync(
                clone, "SELECT 1000 AS id, 'own' AS v, 7 AS p", new(), Cancel)).CommitAsync(Cancel);
            Assert.Equal(109, await judge.AssertIcebergReadEquallyAsync(session, clone));
        }
    }

    [Fact]
    public async Task Partitions_with_odd_values_are_read_equally()
    {
        await CreateAsync(
            "SELECT 'a' AS text, 0 AS n, DATE '2024-01-01' AS day, 1.5::DECIMAL(9,2) AS d, 0::BIGINT AS id",
            ["text", "n", "day", "d"]);
        await lake.AppendAsync(
            Name,
            """
            SELECT unnest(['a b', 'a/b', 'a%20b', 'ã:=?*', '', NULL, '{}', 'x''y"z', '__HIVE_DEFAULT_PARTITION__', 'a+b&c#d'])
                    AS text,
                unnest([1, -1, 0, NULL, 5, 6, 7, 8, 9, 10]) AS n,
                unnest([DATE '2024-02-29', NULL, DATE '1970-01-01', DATE '1969-12-31', DATE '2000-01-01', DATE '2001-01-01',
                    DATE '2002-01-01', DATE '2003-01-01', DATE '2004-01-01', DATE '2005-01-01']) AS day,
                unnest([1.25, -1.25, NULL, 0, 1, 2, 3, 4, 5, 6])::DECIMAL(9,2) AS d, unnest(range(10)) AS id
            """);
        await ChangeAsync((w, t) => w.DeleteAsync(t, "id = 3", new(), Cancel));

        Assert.Equal(10, await AssertReadEquallyAsync());
        Assert.Equal("1\n", await judge.QueryAsync(
            $"SELECT count() FROM {JudgeProcess.IcebergTable((await TableAsync()).Root)} WHERE n = -1"));
    }

    [Fact]
    public async Task Many_small_commits_keep_few_manifests_and_are_read_equally()
    {
        await CreateAsync("SELECT -1 AS c, i AS id FROM range(10) r(i)");
        for (var i = 0; i < 130; i++) await lake.AppendAsync(Name, $"SELECT {i} AS c, i AS id FROM range(3) r(i)");
        Assert.Equal(400, await AssertReadEquallyAsync());
        await ChangeAsync((w, t) => w.DeleteAsync(t, "c % 7 = 0", new(), Cancel));
        await AssertReadEquallyAsync();

        var folder = Path.Combine((await TableAsync()).Root, "metadata");
        Assert.InRange(Directory.GetFiles(folder, "v*.metadata.json").Length, 90, 102);
        Assert.InRange(Directory.GetFiles(folder, "snap-*.avro").Length, 90, 101);
        Assert.Equal("133", await File.ReadAllTextAsync(Path.Combine(folder, "version-hint.text"), Cancel));
    }

    /// <summary>
    /// Makes a table, lets it be read as Iceberg, and writes its rows again, so that files hold all columns.
    /// </summary>
    async Task CreateAsync(
        string select, IReadOnlyList<string>? partitionBy = null, params IEnumerable<(string Key, string Value)> more)
    {
        var options = new WriteOptions { PartitionBy = partitionBy ?? [] };
        await lake.AppendAsync(Name, select, options);
        await EnableAsync(more);
        await ChangeAsync((w, t) => w.OverwriteAsync(t, select, options, Cancel));
    }

    Task EnableAsync(IEnumerable<(string Key, string Value)> more) => AlterAsync(new TableAlteration.SetProperties(
        new Dictionary<string, string>
        {
            ["delta.columnMapping.mode"] = "name",
            ["delta.enableDeletionVectors"] = "false",
            ["delta.enableIcebergCompatV2"] = "true",
            ["delta.universalFormat.enabledFormats"] = "iceberg",
        }.Concat(more.Select(p => KeyValuePair.Create(p.Key, p.Value))).ToDictionary()));

    async Task<LakeTable> TableAsync() => await lake.TableAsync(Name);

    async Task<long> AssertReadEquallyAsync()
    {
        using var session = lake.Open();
        return await judge.AssertIcebergReadEquallyAsync(session, await TableAsync());
    }

    async Task ChangeAsync(Func<TableWriter, LakeTable, Task<TableChange>> change)
    {
        using var session = lake.Open();
        var committed = await (await change(new(session), await TableAsync())).CommitAsync(Cancel);
        Assert.Null(committed.Warning);
    }

    async Task AlterAsync(TableAlteration alteration)
    {
        using var session = lake.Open();
        var committed = await new TableAlterer(session).AlterAsync(await TableAsync(), alteration, Cancel);
        Assert.NotNull(committed);
    }
}

using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables.Maintenance;

public sealed class TableOptimizerTests : IDisposable
{
    readonly RulesTable table = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Theory]
    [InlineData(TableKind.DeletionVectors)]
    [InlineData(TableKind.CopyOnWrite)]
    [InlineData(TableKind.Partitioned)]
    [InlineData(TableKind.Mapped)]
    public async Task Rows_stay_statistics_are_right_and_files_become_few(TableKind kind)
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        using var changed = new ChangedTable();
        await changed.CreateAsync(kind);
        for (var i = 0; i < 12; i++)
        {
            await changed.AppendAsync(
                $"SELECT i AS id, chr(97 + CAST(i % 26 AS INTEGER)) || 'é' AS k, CAST(i % 7 AS INTEGER) AS v, CAST(i % "
                    + $"3 AS INTEGER) AS p FROM range({i * 100}, {i * 100 + random.Next(1, 100)}) AS r(i)");
            // A table without deletion vectors may have only one file after a deletion.
            if (i > 9 || random.Next(2) > 0) continue;
            var gone = $"id % {random.Next(3, 40)} = 1";
            await changed.CommitAsync(await changed.Writer.DeleteAsync(changed.Table, gone, new(), Cancel));
            changed.Session.Execute($"DELETE FROM model WHERE {gone}", Cancel);
        }
        var before = await changed.Table.LatestAsync(Cancel);
        var result = await new TableOptimizer(changed.Session).OptimizeAsync(
            changed.Table, new() { DeletedShareMax = 0 }, null, Cancel);

        await changed.AssertEqualAsync($"{kind} after OPTIMIZE");
        var after = await changed.Table.LatestAsync(Cancel);
        Assert.Equal((kind == TableKind.Partitioned ? 3 : 1, 1), (after.FileCount, result.Commits));
        Assert.Equal(before.FileCount, result.Removed.Files);
        Assert.Equal(before.RowCount, after.RowCount);
        Assert.All(after.State.Files, file => Assert.Null(file.DeletionVector));
        foreach (var file in after.State.Files) AssertStatistics(changed.Session, after, file);
        Assert.False(await changed.Table.HasChangesSinceAsync(before.Version, after.Version, Cancel));

        var again = await new TableOptimizer(changed.Session).OptimizeAsync(changed.Table, new(), null, Cancel);
        Assert.Equal((0, after.Version), (again.Commits, again.Version));
    }

    [Fact]
    public async Task Generated_identity_and_default_columns_keep_their_values_and_no_rule_is_asked()
    {
        await table.CreateAsync(
        [
            new IdentityColumn(1, 1, AllowsExplicit: false).ApplyTo(new("id", DeltaType.Long)),
            new("s",
                new StructType(
                    new StructField("x", DeltaType.Integer),
                    new StructField("l", new ArrayType(DeltaType.String, true)))),
            new("twice", DeltaType.Integer)
            {
                Metadata = FieldMetadata.Empty.With(FieldMetadata.GenerationExpressionKey, "s.x * 2"),
            },
        ]);
        await table.AppendAsync("SELECT {'x': 1, 'l': ['a', NULL]} AS s");
        await table.AppendAsync("SELECT {'x': 2, 'l': []} AS s UNION ALL SELECT NULL");
        await table.AppendAsync("SELECT CAST(NULL AS STRUCT(x INTEGER, l VARCHAR[])) AS s");
        // Rows that broke a rule before it came stay readable, and can be moved.
        await table.SetPropertyAsync("delta.constraints.large", "s.x > 100");
        var rows = await table.RowsAsync();

        var result = await OptimizeAsync(new());

        Assert.Equal((3, 1), (result.Removed.Files, result.Added.Files));
        Assert.Equal(rows, await table.RowsAsync());
    }

    [Fact]
    public async Task Partitions_are_chosen_by_conditions_on_their_columns_only()
    {
        await table.CreateAsync(
            [new("id", DeltaType.Integer), new("day", DeltaType.Date), new("b", DeltaType.Binary)], [], "day", "b");
        foreach (var day in new[] { "DATE '2026-01-01'", "DATE '2026-01-02'", "NULL" })
            for (var i = 0; i < 2; i++)
                await table.AppendAsync($"SELECT {i} AS id, CAST({day} AS DATE) AS day, 'x'::BLOB AS b");

        var result = await OptimizeAsync(new() { Where = "day IS NULL OR day > DATE '2026-01-01'" });
        Assert.Equal((4, 2), (result.Removed.Files, result.Added.Files));
        Assert.Equal(4, (await table.LatestAsync()).FileCount);
        Assert.Equal(6, (await table.RowsAsync()).Count);
        Assert.All(
            (await table.LatestAsync()).State.Files,
            file => Assert.StartsWith("day=", file.Path.Value, StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<FozException>(() => OptimizeAsync(new() { Where = "id = 1" }));
        Assert.Contains("day, b", error.Hint, StringComparison.Ordinal);
        await using var history = table.Table.HistoryAsync(Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await history.MoveNextAsync());
        Assert.Equal(
            ("OPTIMIZE", "day IS NULL OR day > DATE '2026-01-01'", "4", "2"),
            (history.Current.Operation,
                JsonSerializer.Deserialize<string[]>(history.Current.Parameters["predicate"]!)![0],
                history.Current.Metrics["numRemovedFiles"], history.Current.Metrics["numAddedFiles"]));
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_be_and_writes_nothing()
    {
        await table.CreateAsync([new("id", DeltaType.Integer)]);
        for (var i = 0; i < 3; i++) await table.AppendAsync($"SELECT {i} AS id");
        var files = Directory.GetFiles(table.Table.Root, "*", SearchOption.AllDirectories).Order().ToArray();

        var result = await OptimizeAsync(new() { IsDryRun = true });

        Assert.Equal((3, 1, 0), (result.Removed.Files, result.Added.Files, result.Commits));
        Assert.Equal(files, Directory.GetFiles(table.Table.Root, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public async Task Commits_are_bounded_and_files_that_are_large_enough_stay()
    {
        await table.CreateAsync([new("id", DeltaType.Integer)]);
        for (var i = 0; i < 9; i++) await table.AppendAsync($"SELECT {i} AS id");
        await table.AppendAsync("SELECT CAST(i AS INTEGER) AS id FROM range(20000) AS r(i)");
        var state = (await table.LatestAsync()).State;
        var small = state.Files.Min(file => file.SizeBytes);

        var result = await OptimizeAsync(new() { FileBytes = small * 3, CommitBytesMax = small * 4 });

        Assert.Equal((9, 3, 3), (result.Removed.Files, result.Added.Files, result.Commits));
        Assert.Equal(20009, (await table.RowsAsync()).Count);
        Assert.NotNull((await table.LatestAsync()).State.Files.Find(state.Files.MaxBy(file => file.SizeBytes)!.Key));
    }

    [Fact]
    public async Task Files_that_Iceberg_reads_hold_their_partition_columns()
    {
        var definition = new TableDefinition
        {
            Schema = new(new StructField("id", DeltaType.Integer), new StructField("p", DeltaType.String)),
            PartitionColumns = ["p"],
            Properties = new(
            [
                KeyValuePair.Create("delta.enableIcebergCompatV2", (string?)"true"),
                KeyValuePair.Create("delta.columnMapping.mode", (string?)"name"),
            ]),
        };
        (await Transaction.Create(
            table.Table.Delta, definition, new() { Operation = "CREATE TABLE" }).CommitAsync(Cancel)).OrThrow();
        for (var i = 0; i < 4; i++)
            await table.AppendAsync($"SELECT {i} AS id, CASE WHEN {i} % 2 = 0 THEN 'x' END AS p");

        var result = await OptimizeAsync(new());

        Assert.Equal((4, 2), (result.Removed.Files, result.Added.Files));
        Assert.Equal(["0|x", "1|", "2|x", "3|"], await table.RowsAsync());
        var snapshot = await table.LatestAsync();
        var name = SqlText.Identifier(snapshot.Schema.PartitionColumns[0].PhysicalName(snapshot.Schema.Mapping));
        Assert.All(snapshot.State.Files, file =>
        {
            Assert.Equal("2", file.Tags!["ICEBERG_COMPAT_VERSION"]);
            Assert.Equal(
                file.PartitionValues.Values.Single(),
                table.Session.QueryScalar<string?>(
                    $"SELECT max({name}) FROM read_parquet({SqlText.Literal(TableFiles.LocalPath(snapshot, file))}, "
                        + "hive_partitioning = false)",
                    Cancel));
        });
    }

    [Theory]
    [InlineData(TableKind.DeletionVectors)]
    [InlineData(TableKind.CopyOnWrite)]
    public async Task Writers_optimize_and_vacuum_at_once_lose_and_repeat_no_row(TableKind kind)
    {
        const int Writers = 2, Statements = 12;
        var seed = Soak.Seed();
        using var changed = new ChangedTable();
        await changed.CreateAsync(kind);
        using var done = new CancellationTokenSource();
        var looking = Task.Run(() => LookAfterAsync(changed, done.Token), Cancel);
        var models = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            () => WriteAsync(changed, writer, Statements, new Random(seed + writer)), Cancel)));
        await done.CancelAsync();
        var commits = await looking;

        Assert.Equal(
            models.SelectMany(ids => ids).Order(),
            (await changed.RowsAsync())
                .Select(row => long.Parse(row.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture))
                .Order());
        Assert.Empty((await TableFsck.CheckAsync(changed.Other(), Cancel)).Findings);
        TestContext.Current.TestOutputHelper!
            .WriteLine($"{commits} optimizations among {Writers * Statements} statements");
    }

    /// <summary>
    /// Appends and deletes rows of a writer's own, again where another was faster; gives those that are left.
    /// </summary>
    static async Task<HashSet<long>> WriteAsync(ChangedTable changed, int writer, int statements, Random random)
    {
        using var session = changed.Engines.Open(Workload.Query);
        var other = changed.Other();
        var ids = new HashSet<long>();
        for (var i = 0; i < statements; i++)
        {
            var first = (writer * 1_000_000) + (i * 100);
            var gone =
                $"id >= {writer * 1_000_000} AND id < {(writer + 1) * 1_000_000} AND id % {random.Next(3, 9)} = 1";
            var isAppend = i == 0 || random.Next(3) > 0;
            for (var isDone = false; !isDone;)
            {
                await using var change = isAppend
                    ? await new TableWriter(session).AppendAsync(
                        other, $"SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range({first}, {first + 20}) AS r(i)",
                        new(), Cancel)
                    : await new TableWriter(session).DeleteAsync(other, gone, new(), Cancel);
                try
                {
                    await change.CommitAsync(Cancel);
                    isDone = true;
                }
                catch (DeltaException e) when (e.Kind is DeltaErrorKind.Conflict && !isAppend)
                {
                    // Rows that it read moved to another file.
                }
            }
            if (isAppend) ids.UnionWith(Enumerable.Range(first, 20).Select(id => (long)id));
            else
            {
                var modulus = long.Parse(
                    gone.Split('%')[1].Split('=')[0], System.Globalization.CultureInfo.InvariantCulture);
                ids.RemoveWhere(id => id % modulus == 1);
            }
        }
        return ids;
    }

    static async Task<int> LookAfterAsync(ChangedTable changed, CancellationToken done)
    {
        using var session = changed.Engines.Open(Workload.Models);
        var other = changed.Other();
        var commits = 0;
        while (!done.IsCancellationRequested)
        {
            commits += (await new TableOptimizer(session).OptimizeAsync(
                other, new() { DeletedShareMax = 0 }, null, Cancel)).Commits;
            await TableVacuum.RunAsync(other, new(), null, Cancel);
        }
        return commits;
    }

    [Fact]
    public async Task Files_of_older_versions_and_of_the_log_are_counted_apart()
    {
        await table.CreateAsync([new("id", DeltaType.Integer)]);
        for (var i = 0; i < 3; i++) await table.AppendAsync($"SELECT {i} AS id FROM range(5)");
        await table.DeleteAsync("id = 0");
        var before = await table.LatestAsync();
        await OptimizeAsync(new());

        var sizes = await TableSizes.OfAsync(table.Table, await table.LatestAsync(), Cancel);

        Assert.Equal((1, 3), (sizes.Live.Files, sizes.Removed.Files));
        Assert.True(sizes.Removed.Bytes > before.TotalBytes && before.FileCount == 2, $"{sizes}");
        var log = new DirectoryInfo(Path.Combine(table.Table.Root, "_delta_log")).GetFiles();
        Assert.Equal(new FileTotal(log.Length, log.Sum(file => file.Length)), sizes.Log);
    }

    [Fact]
    public async Task Appends_do_not_disturb_and_changes_of_its_files_win()
    {
        await table.CreateAsync([new("id", DeltaType.Integer)]);
        for (var i = 0; i < 4; i++)
            await table.AppendAsync($"SELECT {i * 10} + CAST(i AS INTEGER) AS id FROM range(4) AS r(i)");
        var other = table.Reopen();

        var snapshot = await table.LatestAsync();
        var first = new OptimizeCommit(table.Session, table.Table, snapshot, new());
        await (await table.Writer.AppendAsync(other, "SELECT 99 AS id", new(), Cancel)).CommitAsync(Cancel);
        var some = new FileBin([.. snapshot.State.Files.Take(2)]);
        Assert.NotNull(await first.TryAsync([some], Cancel));

        snapshot = await table.LatestAsync();
        var second = new OptimizeCommit(table.Session, table.Table, snapshot, new());
        await (await table.Writer.DeleteAsync(other, "id = 99", new(), Cancel)).CommitAsync(Cancel);
        var files = Directory.GetFiles(table.Table.Root).Length;
        Assert.Null(await second.TryAsync([new([.. snapshot.State.Files])], Cancel));

        Assert.Equal(files, Directory.GetFiles(table.Table.Root).Length);
        Assert.Equal(16, (await table.RowsAsync()).Count);
        Assert.Equal(1, (await OptimizeAsync(new())).Added.Files);
        Assert.Equal(16, (await table.RowsAsync()).Count);
    }

    [Theory]
    [InlineData(TableKind.DeletionVectors, "none")]
    [InlineData(TableKind.Partitioned, "none")]
    [InlineData(TableKind.Mapped, "name")]
    [InlineData(TableKind.Mapped, "id")]
    public async Task Rows_keep_their_ids_and_no_change_is_told(TableKind kind, string mapping)
    {
        using var changed = new ChangedTable();
        await changed.CreateAsync(
            kind,
            more:
            [
                ("delta.enableRowTracking", "true"), ("delta.enableChangeDataFeed", "true"),
                ("delta.columnMapping.mode", mapping),
            ]);
        for (var i = 0; i < 3; i++)
            await changed.AppendAsync(
                $"SELECT i AS id, 'a' AS k, 0 AS v, 0 AS p FROM range({i * 10}, {i * 10 + 10}) AS r(i)");
        await changed.CommitAsync(await changed.Writer.UpdateAsync(
            changed.Table, new Dictionary<string, string> { ["v"] = "1" }, "id % 4 = 1", new(), Cancel));
        var before = await IdsAsync(changed);

        var result = await new TableOptimizer(changed.Session).OptimizeAsync(
            changed.Table, new() { DeletedShareMax = 0, ZOrderBy = ["id"] }, null, Cancel);

        Assert.Equal((1, 1), (result.Commits, result.Added.Files));
        Assert.Equal(before, await IdsAsync(changed));
        var commit = await changed.Table.Delta.ReadCommitAsync(result.Version, Cancel);
        Assert.Empty(commit!.Actions.OfType<AddCdcFile>());
        Assert.Equal("true", commit.Info!.Tags!.Find("delta.rowTracking.preserved"));
    }

    static async Task<List<string>> IdsAsync(ChangedTable changed)
    {
        var snapshot = await changed.Table.LatestAsync(Cancel);
        using var rows = await TableScan.OpenAsync(
            changed.Session, snapshot, snapshot.State.Files, withAddresses: false, Cancel,
            new() { Tracked = TrackedRows.Of(snapshot.State.Protocol, snapshot.State.Metadata) });
        return changed.Query(
            $"SELECT id, v, {TrackedRows.RowId}, {TrackedRows.RowVersion} FROM {rows.Sql} ORDER BY id");
    }

    Task<OptimizeResult> OptimizeAsync(OptimizeOptions options) =>
        new TableOptimizer(table.Session).OptimizeAsync(table.Table, options, null, Cancel);

    static void AssertStatistics(EngineSession session, TableSnapshot snapshot, AddFile file)
    {
        using var statistics = JsonDocument.Parse(file.Stats.Utf8);
        var path = SqlText.Literal(TableFiles.LocalPath(snapshot, file));
        foreach (var field in snapshot.Schema.DataColumns)
        {
            var name = field.PhysicalName(snapshot.Schema.Mapping);
            var column = SqlText.Identifier(name);
            var expected = session.QueryScalar<string>(
                $"SELECT min({column}) || '|' || max({column}) || '|' || (count(*) - count({column})) FROM "
                    + $"read_parquet({path}, hive_partitioning = false)",
                Cancel);
            string Of(string part) => statistics.RootElement.GetProperty(part).GetProperty(name).ToString();
            Assert.Equal(expected, $"{Of("minValues")}|{Of("maxValues")}|{Of("nullCount")}");
        }
        Assert.Equal(
            session.QueryScalar<long>($"SELECT count(*) FROM read_parquet({path}, hive_partitioning = false)", Cancel),
            FileStatistics.RecordCount(file));
    }
}

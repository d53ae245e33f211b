using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables;

/// <summary>
/// A table stays readable for the engines that it names: features, rows and files are what they read, or refused by
/// name.
/// </summary>
public sealed class HeldReadersTests : IDisposable
{
    readonly RulesTable t = new();

    public void Dispose() => t.Dispose();

    [Theory]
    [InlineData("delta-rs", 1)]
    [InlineData("spark,daft", 1)]
    [InlineData("spark,trino", 3)]
    public async Task Single_rows_are_marked_only_where_all_readers_know_that(string readers, int readerVersion)
    {
        await MakeAsync(readers);
        var change = await t.UpdateAsync("s", "'y'", "id = 7");
        Assert.Equal(readerVersion, change.Snapshot.State.Protocol.MinReaderVersion);
        Assert.Equal(readerVersion == 3, change.Snapshot.State.Files.Any(file => file.DeletionVector is not null));
        Assert.Equal(100, (await t.RowsAsync()).Count);
        Assert.Contains("7|y", await t.RowsAsync());
    }

    [Theory]
    [InlineData("delta-rs", "delta.columnMapping.mode", "name", "columnMapping")]
    [InlineData("delta-rs", "delta.enableDeletionVectors", "true", "deletionVectors")]
    [InlineData("trino", "delta.enableTypeWidening", "true", "typeWidening")]
    [InlineData("polars", "delta.checkpointPolicy", "v2", "v2Checkpoint")]
    [InlineData("snowflake", "delta.columnMapping.mode", "name", "columnMapping (not known)")]
    [InlineData("daft", "delta.feature.v2Checkpoint", "supported", "v2Checkpoint (not known)")]
    public async Task What_would_shut_a_reader_out_is_refused_by_name(
        string reader, string property, string value, string feature)
    {
        await MakeAsync($"spark,{reader}");
        var error = await Assert.ThrowsAsync<DeltaException>(() => t.AlterAsync(Set(property, value)));
        Assert.Equal(DeltaErrorKind.ShutsReaderOut, error.Kind);
        Assert.Contains(
            $"stays readable for spark, {reader}, and {reader} does not read {feature}", error.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, await t.VersionAsync());
        // What the others read is no obstacle where it is not among them.
        await t.AlterAsync(Set("foz.readers", "spark"));
        await t.AlterAsync(Set(property, value));
    }

    [Fact]
    public async Task A_table_that_a_reader_does_not_read_is_not_held_to_it_until_it_does()
    {
        await t.CreateAsync([new StructField("id", DeltaType.Long)]);
        var error =
            await Assert.ThrowsAsync<DeltaException>(() => t.AlterAsync(TableAlteration.HoldTo(["spark", "delta-rs"])));
        Assert.Contains("delta-rs does not read deletionVectors", error.Message, StringComparison.Ordinal);
        await t.AlterAsync(new TableAlteration.DropFeature("deletionVectors"));
        await t.AlterAsync(TableAlteration.HoldTo(["spark", "delta-rs"]));
        Assert.True((await t.LatestAsync()).IsHeldTo(["delta-rs", "spark"]));
        await t.AlterAsync(TableAlteration.HoldTo([]));
        Assert.True((await t.LatestAsync()).IsHeldTo([]));
    }

    [Fact]
    public async Task An_unknown_reader_gives_the_nearest_name()
    {
        await MakeAsync("spark");
        var error = await Assert.ThrowsAsync<FozException>(() => t.AlterAsync(Set("foz.readers", "spark, plars")));
        Assert.Equal(("unknown reader 'plars'", "did you mean 'polars'?"), (error.Message, error.Hint));
    }

    [Fact]
    public async Task Partition_folders_that_a_reader_does_not_find_are_not_written()
    {
        await MakeAsync("polars", "SELECT 1 AS id, 'south' AS s UNION ALL SELECT 2, NULL", "s");
        var error = await Assert.ThrowsAsync<FozException>(() =>
            t.AppendAsync("SELECT 3 AS id, 'east' AS s UNION ALL SELECT 4, 'São Paulo'"));
        Assert.Contains(
            "stays readable for polars, which does not find files in a partition folder such as s=S", error.Message,
            StringComparison.Ordinal);
        Assert.Equal(["1|south", "2|"], (await t.RowsAsync()).Order(StringComparer.Ordinal));
        Assert.Equal(2, Directory.GetFiles(t.Table.Root, "*.parquet", SearchOption.AllDirectories).Length);
        await t.AlterAsync(TableAlteration.HoldTo([]));
        await t.AppendAsync("SELECT 4 AS id, 'São Paulo' AS s");
        var late = await Assert.ThrowsAsync<DeltaException>(() => t.AlterAsync(TableAlteration.HoldTo(["polars"])));
        Assert.Contains("partition folders, whose names hold %", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_commit_that_takes_rows_away_has_change_files_for_a_reader_that_needs_them()
    {
        await MakeAsync(
            "spark,trino", "SELECT i AS id, 'x' AS s FROM range(100) AS r(i)",
            properties: "delta.enableChangeDataFeed");
        await t.DeleteAsync("id = 1");
        await CommitAsync(
            t.Writer.OverwriteAsync(
                t.Table, "SELECT i AS id, 'z' AS s FROM range(3) AS r(i)", new(), RulesTable.Cancel));
        await t.DeleteAsync("id < 3");
        for (var version = 1; version <= 3; version++)
        {
            var actions = (await t.Table.Delta.ReadCommitAsync(version, RulesTable.Cancel))!.Actions;
            Assert.True(actions.OfType<AddCdcFile>().Any(), $"version {version} has no change files");
        }
        using var session = t.Engines.Open(Foz.Lake.Engine.Workload.Query);
        var changes = await (await t.Table.ChangesAsync(1, null, RulesTable.Cancel)).RowsAsync(RulesTable.Cancel);
        using var rows = await changes.OpenAsync(session, filter: null, RulesTable.Cancel);
        using var found = session.Query(
            $"""
            SELECT _commit_version || '|' || s || '|' || _change_type || '|' || count(*) FROM {rows.Sql}
            GROUP BY _commit_version, s, _change_type ORDER BY 1
            """,
            RulesTable.Cancel);
        Assert.Equal(
            ["1|x|delete|1", "2|x|delete|99", "2|z|insert|3", "3|z|delete|3"],
            found.Rows(RulesTable.Cancel).Select(row => (string)row[0]!));
    }

    [Fact]
    public async Task Engines_are_told_apart_by_what_a_table_has()
    {
        await t.CreateAsync(
            [new StructField("id", DeltaType.Long), new StructField("at", DeltaType.TimestampNtz)],
            [("delta.enableTypeWidening", "true"), ("delta.constraints.positive", "id > 0")]);
        var engines = (await t.LatestAsync()).Engines.ToDictionary(engine => engine.Engine, StringComparer.Ordinal);
        Assert.Equal(("yes", "4.0", "yes", ""), Of("spark"));
        // From which version on it reads widened types is not known.
        Assert.Equal("", engines["duckdb"].From);
        Assert.Equal("wrong rows", engines["trino"].Reads);
        Assert.StartsWith("typeWidening (does not show a column", engines["trino"].Obstacles, StringComparison.Ordinal);
        Assert.Equal(("no", "", "no", "deletionVectors, typeWidening"), Of("delta-rs"));
        Assert.Equal(("yes", "", "no", "checkConstraints, typeWidening"), Of("delta-kernel"));

        (string, string, string, string) Of(string name) =>
            (engines[name].Reads, engines[name].From, engines[name].Writes, engines[name].Obstacles);
    }

    Task<CommittedChange> MakeAsync(
        string readers, string select = "SELECT i AS id, 'x' AS s FROM range(100) AS r(i)", string? partitionBy = null,
        string? properties = null) =>
        t.AppendAsync(select, new()
        {
            Readers = readers.Split(','), PartitionBy = partitionBy is null ? [] : [partitionBy],
            Properties = properties is null ? [] : [new(properties, "true")],
        });

    static TableAlteration.SetProperties Set(string property, string value) =>
        new(new Dictionary<string, string>(StringComparer.Ordinal) { [property] = value });

    static async Task CommitAsync(Task<TableChange> begun)
    {
        await using var change = await begun;
        await change.CommitAsync(RulesTable.Cancel);
    }
}

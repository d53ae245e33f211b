using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Transactions;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Tests.Lake.Tables.ChangeFeed;

/// <summary>What readers make of the versions of a range.</summary>
public sealed class TableChangesTests : IDisposable
{
    const string Order = "ORDER BY _commit_version, id, _change_type";

    readonly ChangedTable table = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task Rows_that_a_vector_marks_are_deleted_and_those_that_a_restore_gives_back_are_inserted()
    {
        await CreateAsync(TableKind.DeletionVectors);
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id IN (1, 2)", new(), Cancel));
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 3", new(), Cancel));
        await table.Table.RestoreAsync(await table.Table.VersionAsync(2, Cancel), Cancel);
        await table.FeedAsync("feed", from: 2);
        Assert.Equal(
            ["1|delete|2", "2|delete|2", "3|delete|3", "3|insert|4"],
            table.Query($"SELECT id, _change_type, _commit_version FROM feed {Order}"));

        // Whatever is asked of the changes is asked of these rows only.
        var changes = await (await table.Table.ChangesAsync(2, null, Cancel)).RowsAsync(Cancel);
        using var rows = await changes.OpenAsync(table.Session, filter: null, Cancel);
        Assert.Equal(["0"], table.Query($"SELECT count(*) FROM {rows.Sql} WHERE _commit_timestamp IS NULL"));
        Assert.Equal(
            ["1|2"], table.Query($"SELECT id, _commit_version FROM {rows.Sql} WHERE _commit_version < 3 AND id < 2"));
    }

    [Fact]
    public async Task Columns_are_those_of_the_last_version_and_NULL_where_a_version_lacked_them()
    {
        await CreateAsync(TableKind.Mapped);
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT 50 AS id, 'b' AS k, 1 AS v, 2 AS p, 'x' AS extra", new(), Cancel));
        await table.FeedAsync("feed", from: 0);
        Assert.Equal(
            ["0|a||insert|1", "50|b|x|insert|2"],
            table.Query($"SELECT id, k, extra, _change_type, _commit_version FROM feed WHERE id IN (0, 50) {Order}"));
        await table.FeedAsync("feed", from: 0, to: 1);
        Assert.DoesNotContain("extra", table.Query("SELECT column_name FROM (DESCRIBE feed)"));
    }

    [Theory]
    [InlineData("rename", "column k was renamed to key")]
    [InlineData("drop", "column k was dropped")]
    [InlineData("overwrite", "column v became string after it was integer")]
    public async Task A_range_without_common_columns_is_refused_and_the_error_tells_the_ranges_that_have_them(
        string change, string difference)
    {
        await CreateAsync(change == "overwrite" ? TableKind.DeletionVectors : TableKind.Mapped);
        var alterer = new TableAlterer(table.Session);
        if (change == "rename")
            await alterer.AlterAsync(table.Table, new TableAlteration.RenameColumn("k", "key"), Cancel);
        else if (change == "drop")
            await alterer.AlterAsync(table.Table, new TableAlteration.DropColumns(["k"]), Cancel);
        else
            await table.CommitAsync(await table.Writer.OverwriteAsync(
                table.Table, "SELECT 1::BIGINT AS id, 'a' AS k, 'text' AS v, 0 AS p", new(), Cancel));
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 1", new(), Cancel));

        var error = await Assert.ThrowsAsync<FozException>(() => table.FeedAsync("feed", from: 0));
        Assert.Contains($"in version 2, {difference}", error.Message, StringComparison.Ordinal);
        var next = change == "overwrite" ? 3 : 2;
        Assert.Contains($"up to version 1, and those from version {next} on", error.Hint, StringComparison.Ordinal);
        await table.FeedAsync("feed", from: 0, to: 1);
        Assert.Equal(["10"], table.Query("SELECT count(*) FROM feed"));
        await table.FeedAsync("feed", from: next);
        Assert.Equal(["1|delete|3"], table.Query("SELECT id, _change_type, _commit_version FROM feed"));
    }

    [Fact]
    public async Task Versions_are_found_by_instants_both_included()
    {
        await CreateAsync(TableKind.DeletionVectors);
        for (var id = 20; id < 23; id++) await table.AppendAsync($"SELECT {id} AS id, 'b' AS k, 0 AS v, 0 AS p");
        var start = new DateTime(2026, 1, 31, 8, 0, 0, DateTimeKind.Utc);
        for (var version = 0; version <= 4; version++)
            File.SetLastWriteTimeUtc(
                Path.Combine(table.Table.Root, "_delta_log", $"{version:D20}.json"), start.AddHours(version));
        var other = table.Other();

        await AssertVersionsAsync([1, 2, 3, 4], "2026-01-31 08:00:01", to: null);
        await AssertVersionsAsync([2, 3], "2026-01-31 10:00:00", "2026-01-31 11:00:00");
        await AssertVersionsAsync([0, 1], "2025-01-01", "2026-01-31T07:30:00-02:00");
        await AssertVersionsAsync([3], "3", "3");
        foreach (var (from, to, what) in new[]
        {
            ("2026-02-01", null, "no version between 2026-02-01 00:00:00Z and now"),
            ("2026-01-31 08:30:00", "2026-01-31 08:40:00", "no version between"),
            ("5", null, "has no version 5 yet: its newest is 4"), ("3", "2", "there are no versions from 3 to 2"),
            ("3", "2026-01-31", "one is a version, the other an instant"),
            ("soon", null, "neither a version nor an instant"),
        })
        {
            var error = await Assert.ThrowsAsync<FozException>(() => ReadAsync(from, to));
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
        }
        var changes = await (await ReadAsync("2", "2")).RowsAsync(Cancel);
        using var rows = await changes.OpenAsync(table.Session, filter: null, Cancel);
        Assert.Equal(
            [start.AddHours(2).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)],
            table.Query($"SELECT strftime(_commit_timestamp AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S') FROM {rows.Sql}"));

        Task<Foz.Lake.Tables.ChangeFeed.TableChanges> ReadAsync(string from, string? to) =>
            Task.Run(() => ChangeRange.Parse(from, to).ReadAsync(other, Cancel));

        async Task AssertVersionsAsync(long[] expected, string from, string? to) =>
            Assert.Equal(expected, (await ReadAsync(from, to)).Versions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task New_rows_are_told_once_though_files_were_put_together_and_changed_since(bool isChanged)
    {
        await CreateAsync(TableKind.DeletionVectors);
        await table.AppendAsync("SELECT i AS id, 'new' AS k, 0 AS v, 0 AS p FROM range(20, 25) r(i)");
        await CompactAsync();
        if (isChanged)
        {
            await table.CommitAsync(await table.Writer.UpdateAsync(
                table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id IN (3, 21)", new(), Cancel));
            await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 22", new(), Cancel));
            await CompactAsync();
        }
        await table.AppendAsync("SELECT 30 AS id, 'new' AS k, 0 AS v, 0 AS p");
        var latest = await table.Table.LatestAsync(Cancel);
        var changes = await table.Table.ChangesSinceAsync(1, latest.Version, Cancel);
        using var rows = await (await changes.NewRowsAsync(Cancel)).OpenAsync(table.Session, filter: null, Cancel);
        Assert.Equal(
            isChanged
                ? ["3|1", "20|0", "21|1", "23|0", "24|0", "30|0"]
                : ["20|0", "21|0", "22|0", "23|0", "24|0", "30|0"],
            table.Query($"SELECT id, v FROM {rows.Sql} ORDER BY id"));
        Assert.Equal(isChanged, changes.HasRemovals);
        // The rows of the feed are the same ones, step by step; putting files together changes none.
        await table.FeedAsync("feed", from: 2);
        Assert.Equal(
            [isChanged ? "8" : "6"], table.Query("SELECT count(*) FROM feed WHERE _change_type = 'insert'"));
    }

    [Fact]
    public async Task New_rows_stay_new_when_the_log_tells_more_of_their_files()
    {
        await CreateAsync(TableKind.DeletionVectors);
        await table.AppendAsync("SELECT 20 AS id, 'new' AS k, 0 AS v, 0 AS p");
        await new TableAlterer(table.Session).AlterAsync(
            table.Table, new TableAlteration.SetProperties(
                new Dictionary<string, string> { ["delta.enableRowTracking"] = "true" }), Cancel);
        Assert.Equal(2, (await table.Table.Delta.ReadCommitAsync(3, Cancel))!.Actions.OfType<AddFile>().Count());
        var changes = await table.Table.ChangesSinceAsync(1, 3, Cancel);
        using var rows = await (await changes.NewRowsAsync(Cancel)).OpenAsync(table.Session, filter: null, Cancel);
        Assert.Equal(["20"], table.Query($"SELECT id FROM {rows.Sql}"));
        await table.FeedAsync("feed", from: 2);
        Assert.Equal(["20|insert|2"], table.Query("SELECT id, _change_type, _commit_version FROM feed"));
    }

    [Fact]
    public async Task What_is_asked_of_rows_leaves_files_out_and_no_row_that_fulfils_it()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: ("delta.enableChangeDataFeed", "true"));
        for (var id = 0; id < 6; id++) await table.AppendAsync($"SELECT {id} AS id, 'a' AS k, 0 AS v, {id} AS p");
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "1" }, "id = 2", new(), Cancel));
        await table.CommitAsync(await table.Writer.DeleteAsync(table.Table, "id = 3", new(), Cancel));
        Assert.Equal(
            ["3|insert|4", "3|delete|8"],
            await RowsAsync(new FilterExpression.Compare(["id"], FilterComparison.Equal, "3"), "id = 3"));
        Assert.Equal(
            ["2|insert|3", "2|update_postimage|7", "2|update_preimage|7"],
            await RowsAsync(new FilterExpression.Compare(["id"], FilterComparison.Equal, "2"), "id = 2"));
        Assert.Equal(
            ["3|delete|8"],
            await RowsAsync(
                new FilterExpression.Compare(["_commit_version"], FilterComparison.Greater, "7"),
                "_commit_version > 7"));
        Assert.Equal(
            ["3|delete|8"],
            await RowsAsync(
                new FilterExpression.Compare(["_change_type"], FilterComparison.Equal, "delete"),
                "_change_type = 'delete'"));

        async Task<List<string>> RowsAsync(FilterExpression filter, string condition)
        {
            var changes = await (await table.Table.ChangesAsync(0, null, Cancel)).RowsAsync(Cancel);
            using var rows = await changes.OpenAsync(table.Session, filter, Cancel);
            return table.Query($"SELECT id, _change_type, _commit_version FROM {rows.Sql} WHERE {condition} {Order}");
        }
    }

    [Fact]
    public async Task Widened_columns_are_read_as_they_are_now()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: ("delta.enableTypeWidening", "true"));
        await table.AppendAsync("SELECT 1 AS id, 'a' AS k, 7 AS v, 0 AS p");
        await new TableAlterer(table.Session).AlterAsync(
            table.Table, new TableAlteration.ChangeType("v", "bigint"), Cancel);
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT 2 AS id, 'a' AS k, 5000000000 AS v, 0 AS p", new(), Cancel));
        await table.FeedAsync("feed", from: 0);
        Assert.Equal(["1|7", "2|5000000000"], table.Query("SELECT id, v FROM feed ORDER BY id"));
    }

    [Fact]
    public async Task The_time_of_a_change_is_that_of_its_commit_where_it_has_one()
    {
        await table.CreateAsync(TableKind.DeletionVectors, more: ("delta.enableInCommitTimestamps", "true"));
        await table.AppendAsync("SELECT 1 AS id, 'a' AS k, 0 AS v, 0 AS p");
        var commit = await table.Table.Delta.ReadCommitAsync(1, Cancel);
        File.SetLastWriteTimeUtc(
            Path.Combine(table.Table.Root, commit!.File.Path), new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var changes = await (await table.Other().ChangesAsync(1, null, Cancel)).RowsAsync(Cancel);
        using var rows = await changes.OpenAsync(table.Session, filter: null, Cancel);
        Assert.Equal(
            [$"{commit.Info!.InCommitTimestampMs}"],
            table.Query($"SELECT epoch_ms(_commit_timestamp) FROM {rows.Sql}"));
    }

    [Fact]
    public async Task What_the_log_or_the_folder_no_longer_has_is_an_error_that_names_it()
    {
        await CreateAsync(TableKind.CopyOnWrite);
        await table.CommitAsync(await table.Writer.UpdateAsync(
            table.Table, new Dictionary<string, string> { ["v"] = "7" }, "id = 1", new(), Cancel));
        var before = (await table.Table.VersionAsync(1, Cancel)).State.Files.Single().Path.Value;
        File.Delete(Path.Combine(table.Table.Root, before));
        var gone = await Assert.ThrowsAsync<FozException>(() => table.FeedAsync("feed", from: 2));
        Assert.Contains(before, gone.Message, StringComparison.Ordinal);

        var latest = await table.Table.LatestAsync(Cancel);
        await table.Table.Delta.WriteCheckpointAsync(latest.State, Cancel);
        await table.AppendAsync("SELECT 30 AS id, 'b' AS k, 0 AS v, 0 AS p");
        for (var version = 0; version <= 1; version++)
            File.Delete(Path.Combine(table.Table.Root, "_delta_log", $"{version:D20}.json"));
        await table.FeedAsync("feed", from: 3);
        Assert.Equal(["30|insert|3"], table.Query("SELECT id, _change_type, _commit_version FROM feed"));
        var error = await Assert.ThrowsAsync<FozException>(() => table.FeedAsync("feed", from: 1));
        Assert.Contains("no longer has version 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_with_columns_of_the_feeds_names_cannot_have_one()
    {
        await CreateAsync(TableKind.DeletionVectors);
        await table.CommitAsync(await table.Writer.AppendAsync(
            table.Table, "SELECT 50 AS id, 'b' AS k, 1 AS v, 2 AS p, 'x' AS _Change_Type", new(), Cancel));
        var on = new TableAlteration.SetProperties(
            new Dictionary<string, string> { ["delta.enableChangeDataFeed"] = "true" });
        var error = await Assert.ThrowsAsync<DeltaException>(
            () => new TableAlterer(table.Session).AlterAsync(table.Table, on, Cancel));
        Assert.Contains("cannot have a column _Change_Type", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FozException>(() => table.FeedAsync("feed", from: 0));
    }

    /// <summary>Puts all rows into one file.</summary>
    async Task CompactAsync()
    {
        var latest = await table.Table.LatestAsync(Cancel);
        var name = $"{Guid.NewGuid():N}.parquet";
        using (var rows = await latest.OpenAsync(table.Session, Cancel))
            table.Session.Execute(
                $"COPY (SELECT * FROM {rows.Sql}) TO '{Path.Combine(table.Table.Root, name)}' (FORMAT parquet)",
                Cancel);
        var transaction = new Transaction(table.Table.Delta, latest.State, new() { Operation = "OPTIMIZE" });
        foreach (var file in latest.State.Files) transaction.Remove(file, dataChange: false);
        transaction.Add(new()
        {
            Path = FilePath.Relative(name), PartitionValues = StringMap.Empty, DataChange = false,
            SizeBytes = new FileInfo(Path.Combine(table.Table.Root, name)).Length, ModificationTimeMs = 0,
            Stats = JsonText.FromString($$"""{"numRecords":{{latest.RowCount}}}"""),
        });
        (await transaction.CommitAsync(Cancel)).OrThrow();
    }

    async Task CreateAsync(TableKind kind)
    {
        await table.CreateAsync(kind);
        await table.AppendAsync("SELECT i AS id, 'a' AS k, i::INTEGER AS v, 0 AS p FROM range(10) r(i)");
    }
}

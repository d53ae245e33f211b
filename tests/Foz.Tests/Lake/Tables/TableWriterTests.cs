using System.Text.Json.Nodes;
using Foz.Delta.Checkpoints;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables;

public sealed class TableWriterTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-tables-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    readonly EngineSession session;
    readonly LakeTable table;

    public TableWriterTests()
    {
        session = engines.Open(Workload.Query);
        table = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System)
            .Open("silver/t", new("silver", "t"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    TableWriter Writer => new(session);

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_first_append_makes_the_table()
    {
        await AppendAsync("SELECT 1 AS id, 'á' AS name, DATE '2024-02-29' AS d");

        Assert.Equal(["1|á|2024-02-29"], await RowsAsync());
        Assert.Equal(0, (await table.LatestAsync(Cancel)).Version);
    }

    [Fact]
    public async Task Columns_are_matched_by_name_and_new_ones_are_added()
    {
        await AppendAsync("SELECT 1 AS id, 'a' AS name");
        await AppendAsync("SELECT 'b' AS NAME, 2.5::DECIMAL(9,2) AS price, 2 AS id");

        Assert.Equal(["1|a|", "2|b|2.50"], await RowsAsync());
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1::TINYINT")]
    [InlineData("'a'")]
    [InlineData("1.50::DECIMAL(9,2)")]
    [InlineData("DATE '2024-02-29'")]
    [InlineData("TIMESTAMPTZ '2024-02-29 12:00:00+00'")]
    [InlineData("'x'::BLOB")]
    [InlineData("['a']")]
    [InlineData("{'a': 1, 'b': ['x']}")]
    [InlineData("MAP {'k': 1}")]
    public async Task NULL_without_a_type_fits_any_column_of_the_table(string value)
    {
        await AppendAsync($"SELECT 1 AS id, {value} AS v");
        var fields = (await table.LatestAsync(Cancel)).Fields;

        await AppendAsync("SELECT 2 AS id, NULL AS V");
        await MergeAsync("SELECT 1 AS id, NULL AS v UNION ALL SELECT 3, NULL", "id");
        Assert.Equal(["1|", "2|", "3|"], await RowsAsync());
        await CommitAsync(await Writer.OverwriteAsync(table, "SELECT 4 AS id, NULL AS v", new(), Cancel));

        Assert.Equal(["4|"], await RowsAsync());
        Assert.Equal(fields, (await table.LatestAsync(Cancel)).Fields);
    }

    [Fact]
    public async Task NULL_without_a_type_takes_those_of_elements_and_fields()
    {
        await AppendAsync("SELECT 1 AS id, ['a'] AS list, {'a': 1, 'b': ['x']} AS struct, MAP {'k': 1.5} AS map");
        await AppendAsync("SELECT 2 AS id, [] AS list, {'a': NULL, 'b': [NULL]} AS struct, MAP {'k': NULL} AS map");

        using var relation = await (await table.LatestAsync(Cancel)).OpenAsync(session, Cancel);
        Assert.Equal(
            "[] {'a': NULL, 'b': [NULL]} {k=NULL}",
            session.QueryScalar<string>(
                $"SELECT concat_ws(' ', list::VARCHAR, struct::VARCHAR, map::VARCHAR) FROM {relation.Sql} WHERE id = 2",
                Cancel));
    }

    [Theory]
    [InlineData("NULL AS v", "v")]
    [InlineData("[] AS v", "v.element")]
    [InlineData("{'a': {'b': NULL}} AS v", "v.a.b")]
    public async Task A_new_column_needs_a_type(string column, string path)
    {
        var told = $"column {path} of silver.t is NULL in all rows and has no type";
        var first = await Assert.ThrowsAsync<FozException>(() => AppendAsync($"SELECT 1 AS id, {column}"));
        Assert.Equal((ErrorKind.Sql, told), (first.Kind, first.Message));
        Assert.Contains("CAST(NULL AS VARCHAR)", first.Hint, StringComparison.Ordinal);

        await AppendAsync("SELECT 1 AS id");
        var second = await Assert.ThrowsAsync<FozException>(() => AppendAsync($"SELECT 2 AS id, {column}"));
        Assert.Equal(told, second.Message);
        Assert.Equal(["1"], await RowsAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "silver", "t"), "*.tmp"));
    }

    [Fact]
    public async Task A_void_column_of_another_program_stays_out_of_the_files_and_gets_a_type_with_its_first_value()
    {
        await AppendAsync("SELECT 1 AS id, 'a' AS v");
        var log = Path.Combine(folder, "silver", "t", "_delta_log");
        var commit = File.ReadLines(Path.Combine(log, $"{0:D20}.json")).Select(line => JsonNode.Parse(line)!);
        var metadata = commit.Single(action => action["metaData"] is not null);
        var schema = JsonNode.Parse(metadata["metaData"]!["schemaString"]!.GetValue<string>())!;
        schema["fields"]!.AsArray().Insert(
            1, JsonNode.Parse("""{"name": "nothing", "type": "void", "nullable": true, "metadata": {}}"""));
        metadata["metaData"]!["schemaString"] = schema.ToJsonString();
        File.WriteAllText(Path.Combine(log, $"{1:D20}.json"), metadata.ToJsonString() + "\n");

        await AppendAsync("SELECT 2 AS id, NULL AS nothing, 'b' AS v");
        await MergeAsync("SELECT 1 AS id, 'c' AS v", "id");
        Assert.Equal(["1||c", "2||b"], await RowsAsync());
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "silver", "t"), "*.parquet"))
            Assert.Equal(["id", "v"], session.Describe($"FROM read_parquet('{file}')", Cancel).Select(c => c.Name));

        await AppendAsync("SELECT 3 AS id, 2.5::DOUBLE AS nothing, 'd' AS v");
        Assert.Equal(["1||c", "2||b", "3|2.5|d"], await RowsAsync());
    }

    [Fact]
    public async Task A_value_of_another_type_is_refused_and_nothing_changes()
    {
        await AppendAsync("SELECT 1 AS id");

        var error = await Assert.ThrowsAsync<FozException>(() => AppendAsync("SELECT 'x' AS id"));
        Assert.Contains("id", error.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], await RowsAsync());
    }

    [Fact]
    public async Task An_overwrite_has_its_own_columns()
    {
        await AppendAsync("SELECT 1 AS id, 'a' AS name");
        await CommitAsync(await Writer.OverwriteAsync(table, "SELECT 7 AS other", new(), Cancel));

        Assert.Equal(["7"], await RowsAsync());
        Assert.Equal(["1|a"], await RowsAsync(version: 0));
    }

    [Fact]
    public async Task A_merge_replaces_rows_with_equal_keys_and_adds_the_others()
    {
        await AppendAsync("SELECT i AS id, 'old' AS name FROM range(5) r(i)");
        var change = await MergeAsync("SELECT * FROM (VALUES (3, 'new'), (9, 'new')) v(id, name)", "id");

        Assert.Equal((2, 1), (change.RowsAdded, change.RowsDeleted));
        Assert.Equal(["0|old", "1|old", "2|old", "3|new", "4|old", "9|new"], await RowsAsync());
        Assert.Equal(6, (await table.LatestAsync(Cancel)).RowCount);
    }

    [Fact]
    public async Task A_merge_of_some_columns_leaves_the_others_as_they_were()
    {
        await AppendAsync("SELECT 1 AS id, 'a' AS name, 10 AS n");
        var change = await Writer.MergeAsync(
            table, "SELECT * FROM (VALUES (1, 'z', 99), (2, 'y', 98)) v(id, name, n)",
            new() { Keys = ["id"], UpdateColumns = ["n"] }, Cancel);
        await CommitAsync(change);

        Assert.Equal(["1|a|99", "2|y|98"], await RowsAsync());
    }

    [Fact]
    public async Task Two_rows_with_one_key_are_an_error_that_names_it()
    {
        await AppendAsync("SELECT 1 AS id, 'a' AS name");

        var error = await Assert.ThrowsAsync<FozException>(
            () => MergeAsync("SELECT * FROM (VALUES (4, 'x'), (4, 'y')) v(id, name)", "id"));
        Assert.Contains("id = 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_updated_and_deleted_by_a_condition()
    {
        await AppendAsync("SELECT i AS id, i * 10 AS n FROM range(6) r(i)");
        await CommitAsync(await Writer.UpdateAsync(
            table, new Dictionary<string, string> { ["n"] = "n + 1" }, "id % 2 = 0", new(), Cancel));
        await CommitAsync(await Writer.DeleteAsync(table, "id >= 4", new(), Cancel));

        Assert.Equal(["0|1", "1|10", "2|21", "3|30"], await RowsAsync());
    }

    [Fact]
    public async Task A_partitioned_table_keeps_values_that_are_hard_to_name_a_folder_by()
    {
        await CommitAsync(await Writer.AppendAsync(
            table, "SELECT * FROM (VALUES (1, 'a b/c%'), (2, NULL), (3, 'ç=1'), (4, '')) v(id, p)",
            new() { PartitionBy = ["p"] }, Cancel));
        await MergeAsync("SELECT 3 AS id, 'x' AS p", "id");

        // An empty partition value is null: Delta cannot tell them apart.
        Assert.Equal(["1|a b/c%", "2|", "3|x", "4|"], await RowsAsync());
    }

    [Fact]
    public async Task What_a_preview_shows_is_what_the_commit_makes()
    {
        await AppendAsync("SELECT i AS id FROM range(10) r(i)");
        var change = await Writer.DeleteAsync(table, "id < 5", new(), Cancel);

        using (var preview = await change.Preview().OpenAsync(session, Cancel))
            Assert.Equal(5, session.QueryScalar<long>($"SELECT count(*) FROM {preview.Sql}", Cancel));
        Assert.Equal(10, (await RowsAsync()).Count);
        await CommitAsync(change);
        Assert.Equal(5, (await RowsAsync()).Count);
    }

    [Fact]
    public async Task The_preview_of_a_new_table_has_its_rows()
    {
        var change = await Writer.AppendAsync(table, "SELECT 1 AS id", new(), Cancel);

        using var preview = await change.Preview().OpenAsync(session, Cancel);
        Assert.Equal(1, session.QueryScalar<long>($"SELECT count(*) FROM {preview.Sql}", Cancel));
        Assert.Null(await table.FindLatestAsync(Cancel));
    }

    [Fact]
    public async Task A_commit_carries_its_batch()
    {
        await CommitAsync(await Writer.AppendAsync(
            table, "SELECT 1 AS id", new() { Batch = new("bronze.t", 7) }, Cancel));

        Assert.Equal(7, (await table.LatestAsync(Cancel)).BatchOf("bronze.t"));
    }

    [Fact]
    public async Task A_checkpoint_is_written_and_a_reader_begins_with_it()
    {
        for (var i = 0; i < 30; i++) await AppendAsync($"SELECT {i} AS id, 'a' AS name");
        await CommitAsync(await Writer.DeleteAsync(table, "id = 7", new(), Cancel));
        var written = (await table.Delta.WriteCheckpointAsync((await table.LatestAsync(Cancel)).State, Cancel));
        Assert.IsNotType<CheckpointResult.Failed>(written);

        var log = Path.Combine(folder, "silver", "t", "_delta_log");
        Assert.True(Directory.GetFiles(log, "*.checkpoint.parquet").Length > 1, "only the one asked for was written");
        // Commits before the checkpoint are not needed to read the table.
        foreach (var commit in Directory.GetFiles(log, "*.json").Order().SkipLast(1)) File.Delete(commit);
        var fresh = new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open("silver/t");
        var snapshot = await fresh.LatestAsync(Cancel);
        Assert.Equal((30, 29), (snapshot.Version, snapshot.RowCount));
        using var relation = await snapshot.OpenAsync(session, Cancel);
        Assert.Equal(
            435 - 7, session.QueryScalar<long>($"SELECT sum(id)::BIGINT FROM {relation.Sql}", Cancel));
    }

    /// <summary>Random changes against the same changes of a DuckDB table.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_changes_give_what_a_native_table_gives(int seed)
    {
        var random = new Random(seed);
        session.Execute("CREATE TEMP TABLE model (id BIGINT PRIMARY KEY, v BIGINT)", Cancel);
        await AppendAsync("SELECT NULL::BIGINT AS id, NULL::BIGINT AS v WHERE false");
        for (var step = 0; step < 25; step++)
        {
            var (from, count, value) = (random.Next(200), random.Next(1, 60), random.Next(1000));
            var rows = $"SELECT (i * 7 + {from}) % 200 AS id, {value} + i AS v FROM range({count}) r(i)";
            switch (random.Next(4))
            {
                case 0 or 1:
                    session.Execute($"INSERT INTO model {rows} ON CONFLICT DO UPDATE SET v = excluded.v", Cancel);
                    await MergeAsync(rows, "id");
                    break;
                case 2:
                    session.Execute($"DELETE FROM model WHERE id % 10 = {value % 10}", Cancel);
                    await CommitAsync(await Writer.DeleteAsync(table, $"id % 10 = {value % 10}", new(), Cancel));
                    break;
                default:
                    session.Execute($"UPDATE model SET v = v + 1 WHERE id < {from}", Cancel);
                    await CommitAsync(await Writer.UpdateAsync(
                        table, new Dictionary<string, string> { ["v"] = "v + 1" }, $"id < {from}", new(), Cancel));
                    break;
            }
            using var model = session.Query("SELECT id || '|' || v FROM model ORDER BY id", Cancel);
            var expected = model.Rows(Cancel).Select(row => (string)row[0]!).ToList();
            Assert.Equal(expected, (await RowsAsync()).OrderBy(row => long.Parse(row.Split('|')[0])));
        }
    }

    async Task AppendAsync(string select) => await CommitAsync(await Writer.AppendAsync(table, select, new(), Cancel));

    async Task<TableChange> MergeAsync(string select, params string[] keys)
    {
        var change = await Writer.MergeAsync(table, select, new() { Keys = keys }, Cancel);
        await CommitAsync(change);
        return change;
    }

    static Task<CommittedChange> CommitAsync(TableChange change) => change.CommitAsync(Cancel);

    async Task<List<string>> RowsAsync(long? version = null)
    {
        var snapshot = version is { } v ? await table.VersionAsync(v, Cancel) : await table.LatestAsync(Cancel);
        using var relation = await snapshot.OpenAsync(session, Cancel);
        using var rows = session.Query($"SELECT * FROM {relation.Sql} ORDER BY ALL", Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row.Select(Text)))];
    }

    static string Text(object? value) => value switch
    {
        null => "",
        DateOnly date => date.ToString("yyyy-MM-dd"),
        _ => value.ToString()!,
    };
}

using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>How the rows of an incremental model come into its table; each strategy in one commit.</summary>
public sealed class StrategyTests : IDisposable
{
    const string Orders = "SELECT * FROM (VALUES (1, 'a', DATE '2026-01-01'), (2, 'b', DATE '2026-01-02')) v(id, v, d)";

    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Delete_insert_replaces_all_rows_of_a_key_however_many_come()
    {
        lake.Model("{type: incremental, strategy: delete+insert, unique_key: id}", "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c'), (NULL, 'n')) v(id, v)");
        await lake.RunWellAsync();
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'x'), (1, 'y'), (1, 'z'), (3, 'd'), (NULL, 'o')) v(id, v)");
        await lake.RunWellAsync();

        // NULL equals nothing, as in SQL.
        Assert.Equal(["1|x", "1|y", "1|z", "2|c", "3|d", "|n", "|o"], await lake.RowsAsync());
        Assert.Equal((1, 2), ((await lake.SnapshotAsync()).Version, (await lake.SnapshotAsync()).BatchOf("silver.m")));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Theory]
    [InlineData("")]
    [InlineData(", merge_update_columns: [v, d]")]
    [InlineData(", incremental_predicates: ['target.id > 0']")]
    public async Task An_older_row_that_arrives_late_changes_nothing(string others)
    {
        lake.Model(
            $"{{type: incremental, strategy: merge, unique_key: id, sequence_by: d{others}}}",
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        await lake.AppendAsync("""
            SELECT * FROM (VALUES
                (1, 'late', DATE '2025-12-31'), (2, 'x', DATE '2026-01-03'), (2, 'y', DATE '2026-01-04'), (2, 'y', DATE '2026-01-04'),
                (3, 'none', NULL), (1, 'no date', NULL)) v(id, v, d)
            """);
        await lake.RunWellAsync();
        Assert.Equal(["1|a|2026-01-01", "2|y|2026-01-04", "3|none|"], await lake.RowsAsync());

        await lake.AppendAsync(
            "SELECT * FROM (VALUES (1, 'same', DATE '2026-01-01'), (2, 'older', DATE '2026-01-03'), (3, 'dated', DATE "
                + "'2020-01-01')) v(id, v, d)");
        await lake.RunWellAsync();
        Assert.Equal(["1|same|2026-01-01", "2|y|2026-01-04", "3|dated|2020-01-01"], await lake.RowsAsync());
    }

    [Fact]
    public async Task Of_rows_that_a_sequence_orders_only_the_newest_can_be_one_too_many()
    {
        lake.Model(
            """
            {type: incremental, strategy: merge, unique_key: id, sequence_by: d}
            columns:
              - {name: id, checks: [{unique: {on_violation: quarantine}}]}
              - {name: v, checks: [{accepted_values: {values: [a, b, c, d], on_violation: drop}}, {unique: {on_violation: quarantine}}]}
            """,
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("""
            SELECT * FROM (VALUES
                (1, 'b', 1), (1, 'a', 2), (1, 'a', 2), (2, 'b', 1), (2, 'bad', 2), (3, 'c', 5), (3, 'd', 5), (NULL, NULL, 1)) v(id, v, d)
            """);
        await lake.RunWellAsync();

        // Of key 2 the newest that may stay; of key 3 two claim to be the newest.
        var rows = await lake.RowsAsync();
        Assert.Equal(["1|a|2", "2|b|1"], rows.Take(2));
        Assert.Contains(rows[2], (string[])["3|c|5", "3|d|5"]);
        Assert.Equal(3, rows.Count);
        Assert.Equal(["3|unique(id)", "|not_null(id)"], await lake.QueryAsync(
            "SELECT id, array_to_string(_quarantine_checks, ', ') FROM silver.m__quarantine ORDER BY 1 NULLS LAST"));
    }

    [Fact]
    public async Task A_merge_leaves_the_columns_that_it_excludes_in_rows_that_are_there()
    {
        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, merge_exclude_columns: [made]}",
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a', 1), (2, 'b', 1)) v(id, v, made)");
        await lake.RunWellAsync();
        await lake.AppendAsync("SELECT * FROM (VALUES (2, 'c', 2, 'x'), (3, 'd', 2, 'y')) v(id, v, made, more)");
        await lake.RunWellAsync();
        Assert.Equal(["1|a|1|", "2|c|1|x", "3|d|2|y"], await lake.RowsAsync());

        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, merge_update_columns: [v]}",
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync(
            "SELECT * FROM (VALUES (3, 'e', 3, 'z', 'new'), (4, 'f', 3, 'z', 'new')) v(id, v, made, more, last)");
        await lake.RunWellAsync();
        Assert.Equal(["1|a|1||", "2|c|1|x|", "3|e|2|y|", "4|f|3|z|new"], await lake.RowsAsync());

        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, merge_exclude_columns: [maid]}",
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 2 AS id, 'e' AS v, 3 AS made, 'z' AS more");
        Assert.Contains("maid", (await lake.FailAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "(1, 'a', 1), (2, 'b', 5)", "(1, 'late', 0), (2, 'c', 6), (2, 'd', 7)",
        "(NULL, 'x', 1), (1, 'none', NULL), (3, 'e', 1)")]
    [InlineData("(1, 'a', 9)", "(1, 'b', 8)", "(1, 'c', 7)")]
    public async Task A_full_refresh_of_sequenced_rows_gives_the_same_table_as_runs(params string[] batches)
    {
        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, sequence_by: d}", "SELECT * FROM STREAM(bronze.t)");
        foreach (var batch in batches)
        {
            await lake.AppendAsync($"SELECT * FROM (VALUES {batch}) v(id, v, d)");
            await lake.RunWellAsync();
        }
        var rows = await lake.RowsAsync();
        await lake.RunWellAsync(isFullRefresh: true);
        Assert.Equal(rows, await lake.RowsAsync());
    }

    [Fact]
    public async Task A_column_that_orders_rows_may_come_later_than_the_rows()
    {
        lake.Model("{type: incremental, strategy: merge, unique_key: id}", "SELECT id, v FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT * FROM (VALUES (1, 'a', 5), (2, 'b', 5)) v(id, v, d)");
        await lake.RunWellAsync();
        lake.Model(
            "{type: incremental, strategy: merge, unique_key: id, sequence_by: d}",
            "SELECT id, v, d FROM STREAM(bronze.t)");
        foreach (var row in (string[])["1, 'c', 4", "1, 'd', 3", "2, 'e', 6"])
        {
            await lake.AppendAsync($"SELECT * FROM (VALUES ({row})) v(id, v, d)");
            await lake.RunWellAsync();
        }
        Assert.Equal(["1|c|4", "2|e|6"], await lake.RowsAsync());
    }

    [Fact]
    public async Task Any_order_and_batching_of_sequenced_rows_gives_one_table()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var changes = Enumerable.Range(0, 300).Select(i => (Key: random.Next(12), Sequence: i)).ToArray();
        random.Shuffle(changes);
        lake.Model(
            "{type: incremental, strategy: merge, unique_key: k, sequence_by: s}", "SELECT * FROM STREAM(bronze.t)");
        // Enough rows of other keys, so that from the second merge on keys are found by indexes.
        await lake.AppendAsync("SELECT 1000 + i AS k, 0 AS s FROM range(5000) r(i)");
        await lake.RunWellAsync();
        foreach (var batch in changes.Chunk(1 + random.Next(60)))
        {
            await lake.AppendAsync(
                $"SELECT * FROM (VALUES {string.Join(", ", batch.Select(c => $"({c.Key}, {c.Sequence})"))}) v(k, s)");
            await lake.RunWellAsync();
        }

        var expected = changes.GroupBy(c => c.Key).OrderBy(g => g.Key).Select(g => $"{g.Key}|{g.Max(c => c.Sequence)}");
        Assert.Equal(expected, (await lake.QueryAsync("SELECT * FROM silver.m WHERE k < 1000 ORDER BY k")));
    }

    [Theory]
    [InlineData("merge", "1|x|2026-01-01;2|b|2026-01-02;2|y|2026-01-02;3|z|2026-01-02")]
    [InlineData("delete+insert", "1|x|2026-01-01;2|b|2026-01-02;2|y|2026-01-02;3|z|2026-01-02")]
    public async Task Incremental_predicates_say_which_rows_can_be_replaced(string strategy, string expected)
    {
        lake.Model(
            "{type: incremental, strategy: " + strategy + """
            , unique_key: id, incremental_predicates: ["DBT_INTERNAL_DEST.d < DATE '2026-01-02'"]}
            """,
            "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        await lake.AppendAsync("""
            SELECT * FROM (VALUES
                (1, 'x', DATE '2026-01-01'), (2, 'y', DATE '2026-01-02'), (3, 'z', DATE '2026-01-02')) v(id, v, d)
            """);
        await lake.RunWellAsync();

        Assert.Equal(expected.Split(';'), await lake.RowsAsync());
    }

    [Fact]
    public async Task Insert_overwrite_replaces_the_partitions_that_rows_come_for_and_no_other()
    {
        lake.Model(
            "{type: incremental, strategy: insert_overwrite, partition_by: [d, r]}",
            "SELECT id, v, d, r FROM STREAM(bronze.t)");
        await lake.AppendAsync("""
            SELECT * FROM (VALUES (1, 'a', DATE '2026-01-01', 'n'), (2, 'b', DATE '2026-01-01', 's'), (3, 'c', NULL, 'n'),
                (4, 'e', NULL, NULL)) v(id, v, d, r)
            """);
        await lake.RunWellAsync();
        await lake.AppendAsync("""
            SELECT * FROM (VALUES (7, 'x', DATE '2026-01-01', 'n'), (8, 'y', DATE '2026-01-03', 'n'), (9, 'z', NULL, 'n')) v(id, v, d, r)
            """);
        await lake.RunWellAsync();

        Assert.Equal(
            ["2|b|2026-01-01|s", "4|e||", "7|x|2026-01-01|n", "8|y|2026-01-03|n", "9|z||n"], await lake.RowsAsync());
        Assert.Equal(["d", "r"], (await lake.SnapshotAsync()).PartitionColumns);
        await lake.AppendAsync("SELECT * FROM bronze_none LIMIT 0".Replace(
            "bronze_none", "(SELECT 1 AS id, 'q' AS v, DATE '2026-01-01' AS d, 'n' AS r)", StringComparison.Ordinal));
        await lake.RunWellAsync();
        Assert.Equal(5, (await lake.RowsAsync()).Count);
    }

    [Fact]
    public async Task Truncate_insert_replaces_all_rows_and_leaves_the_tables_columns()
    {
        lake.Model("{type: incremental, strategy: truncate+insert}", "SELECT id, v FROM bronze.t");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        lake.Model("{type: incremental, strategy: truncate+insert}", "SELECT id + 10 AS id FROM bronze.t");
        await lake.RunWellAsync();

        Assert.Equal(["11|", "12|"], await lake.RowsAsync());
        Assert.Equal(1, (await lake.SnapshotAsync()).Version);
    }

    [Fact]
    public async Task Create_replace_gives_the_table_the_columns_of_the_SELECT()
    {
        lake.Model("{type: incremental, strategy: create+replace}", "SELECT id, v FROM bronze.t");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        lake.Model("{type: table, strategy: create+replace}", "SELECT id + 10 AS id FROM bronze.t");
        await lake.RunWellAsync();

        Assert.Equal(["11", "12"], await lake.RowsAsync());
    }

    [Theory]
    [InlineData("append", "1|a|;2|b|;3|c|new")]
    [InlineData("append_new_columns", "1|a|;2|b|;3|c|new")]
    [InlineData("ignore", "1|a;2|b;3|c")]
    public async Task On_schema_change_says_what_becomes_of_new_columns(string policy, string expected)
    {
        var materialization = $"{{type: incremental, strategy: append, on_schema_change: {policy}}}";
        lake.Model(materialization, "SELECT id, v FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        lake.Model(materialization, "SELECT 'new' AS w, id, v FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 3 AS id, 'c' AS v, DATE '2026-01-03' AS d");
        await lake.RunWellAsync();

        Assert.Equal(expected.Split(';'), await lake.RowsAsync());
    }

    [Theory]
    [InlineData("append", "")]
    [InlineData("merge", ", unique_key: id")]
    [InlineData("delete+insert", ", unique_key: id")]
    [InlineData("truncate+insert", "")]
    public async Task Sync_gives_the_table_the_columns_of_the_SELECT_in_the_same_commit(string strategy, string more)
    {
        var materialization = $"{{type: incremental, strategy: {strategy}, on_schema_change: sync_all_columns{more}}}";
        lake.Model(materialization, "SELECT id, v FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        lake.Model(materialization, "SELECT id, 'new' AS w FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 3 AS id, 'c' AS v, DATE '2026-01-03' AS d");
        await lake.RunWellAsync();

        Assert.Equal(strategy == "truncate+insert" ? ["3|new"] : ["1|", "2|", "3|new"], await lake.RowsAsync());
        Assert.Equal(1, (await lake.SnapshotAsync()).Version);
        // A column that comes back does not show what it held before it went.
        lake.Model(materialization, "SELECT id, 'new' AS w, v FROM STREAM(bronze.t)");
        await lake.AppendAsync("SELECT 4 AS id, 'd' AS v, DATE '2026-01-03' AS d");
        await lake.RunWellAsync();
        Assert.Equal(
            strategy == "truncate+insert" ? ["4|new|d"] : ["1||", "2||", "3|new|", "4|new|d"], await lake.RowsAsync());
    }

    [Theory]
    [InlineData("append", "")]
    [InlineData("merge", ", unique_key: id")]
    [InlineData("delete+insert", ", unique_key: id")]
    [InlineData("insert_overwrite", ", partition_by: [id]")]
    public async Task Sync_widens_types_and_what_was_written_before_stays(string strategy, string more)
    {
        lake.Model(
            $"{{type: incremental, strategy: {strategy}, on_schema_change: sync{more}}}", "SELECT * FROM bronze.t");
        await lake.AppendAsync("SELECT 1 AS id, 2::INTEGER AS n, 1.5::DECIMAL(3,1) AS d");
        await lake.RunWellAsync();
        await lake.AppendAsync("SELECT 2 AS id, 5000000000::BIGINT AS n, 120.55::DECIMAL(5,2) AS d", "bronze.u");
        lake.Model(
            $"{{type: incremental, strategy: {strategy}, on_schema_change: sync{more}}}", "SELECT * FROM bronze.u");
        await lake.RunWellAsync();

        Assert.Equal(["1|2|1.50", "2|5000000000|120.55"], await lake.RowsAsync());
        var fields = (await lake.SnapshotAsync()).Fields;
        Assert.Equal(["integer", "long", "decimal(5,2)"], fields.Select(field => $"{field.Type}"));
    }

    [Fact]
    public async Task A_type_that_the_table_cannot_hold_is_told_with_a_way_out()
    {
        lake.Model("{type: incremental, strategy: append, on_schema_change: sync}", "SELECT 1 AS id");
        await lake.RunWellAsync();
        lake.Model("{type: incremental, strategy: append, on_schema_change: sync}", "SELECT 'x' AS id");

        var error = await lake.FailAsync();
        Assert.EndsWith(
            "column id is integer in the table but string in the data, which it cannot hold", error.Message,
            StringComparison.Ordinal);
        Assert.Equal("models/silver/m.sql", error.Place!.Value.File);
        Assert.Equal(
            "cast the column to the table's type in the SELECT; foz run silver.m --full-refresh rebuilds the table",
            error.Hint);
    }

    [Fact]
    public async Task Fail_names_the_columns_that_changed_and_leaves_the_table()
    {
        const string Materialization = "{type: incremental, strategy: append, on_schema_change: fail}";
        lake.Model(Materialization, "SELECT id, v FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        lake.Model(Materialization, "SELECT id, 'new' AS w FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);

        var error = await lake.FailAsync();

        Assert.Equal(
            "the columns of silver.m changed: the SELECT has w, which the table lacks; the table "
                + "has v, which the SELECT lacks",
            error.Message);
        Assert.Equal("models/silver/m.sql", error.Place!.Value.File);
        Assert.Equal(0, (await lake.SnapshotAsync()).Version);
    }

    [Fact]
    public async Task A_restricted_model_is_not_made_anew()
    {
        lake.Model(
            "{type: incremental, strategy: append, full_refresh_restricted: true}", "SELECT id FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        var run = await lake.RunWellAsync(isFullRefresh: true);

        Assert.Equal(["1", "2"], await lake.RowsAsync());
        Assert.Equal(
            "silver.m is not rebuilt: 'full_refresh_restricted' forbids it",
            Assert.Single(run.Steps.Single().Warnings).Message);
    }

    [Fact]
    public async Task Cluster_by_clusters_the_table_once()
    {
        lake.Model("{type: incremental, strategy: append, cluster_by: [d, id]}", "SELECT * FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();

        var domain = (await lake.SnapshotAsync()).State.Domains["delta.clustering"].Configuration;
        Assert.Contains("""[["d"],["id"]]""", domain, StringComparison.Ordinal);
        var commit = File.ReadAllText(Path.Combine(lake.Lake.Folder, "silver", "m", "_delta_log", $"{1:D20}.json"));
        Assert.DoesNotContain("domainMetadata", commit, StringComparison.Ordinal);
    }
}

using Foz.Core.Journal;

namespace Foz.Tests.Core.Pipelines.Materializations;

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
            "{type: incremental, strategy: insert_overwrite, partition_by: [d, r]}", "SELECT id, v, d, r FROM STREAM(bronze.t)");
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
            "the columns of silver.m changed: the SELECT has w, which the table lacks; the table has v, which the SELECT lacks",
            error.Message);
        Assert.Equal("models/silver/m.sql", error.Place!.Value.File);
        Assert.Equal(0, (await lake.SnapshotAsync()).Version);
    }

    [Fact]
    public async Task A_restricted_model_is_not_made_anew()
    {
        lake.Model("{type: incremental, strategy: append, full_refresh_restricted: true}", "SELECT id FROM STREAM(bronze.t)");
        await lake.AppendAsync(Orders);
        await lake.RunWellAsync();
        var run = await lake.RunWellAsync(isFullRefresh: true);

        Assert.Equal(["1", "2"], await lake.RowsAsync());
        Assert.Equal(
            "silver.m is not made anew: 'full_refresh_restricted' forbids it",
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

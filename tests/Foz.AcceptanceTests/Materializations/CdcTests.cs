using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>Tables of events of changes: the words of the strategy <c>cdc</c>.</summary>
public sealed class CdcTests : IDisposable
{
    readonly CdcProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Events_are_applied_by_their_sequence_in_whichever_order_they_arrive()
    {
        project.Model();
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 10, 'u'), (1, 'a2', 'x', 12, 'u'), (3, 'c', 'x', 10, 'u')");
        Assert.Equal(["1|a2|x|12", "2|b|x|10", "3|c|x|10"], await project.RowsAsync());

        await project.ApplyAsync("(1, 'late', 'x', 11, 'u'), (2, NULL, NULL, 12, 'd'), (3, 'c2', NULL, 13, 'u')");
        Assert.Equal(["1|a2|x|12", "3|c2||13"], await project.RowsAsync());

        // A deleted row is not brought back by what came before it.
        await project.ApplyAsync("(2, 'late', 'x', 11, 'u'), (4, NULL, NULL, 20, 'd')");
        await project.ApplyAsync("(4, 'late', 'x', 19, 'u'), (2, 'new', 'x', 13, 'u')");
        Assert.Equal(["1|a2|x|12", "2|new|x|13", "3|c2||13"], await project.RowsAsync());
        Assert.All((await project.Lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task Of_events_of_one_sequence_the_last_to_arrive_counts()
    {
        project.Model();
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u')");
        await project.ApplyAsync("(1, 'b', 'x', 10, 'u')");
        Assert.Equal(["1|b|x|10"], await project.RowsAsync());
        await project.ApplyAsync("(1, NULL, NULL, 10, 'd')");
        Assert.Empty(await project.RowsAsync());
        var run = await project.ApplyAsync("(1, 'c', 'x', 10, 'u'), (2, 'd', 'x', 1, 'u'), (2, 'd', 'x', 1, 'u')");
        Assert.Equal(["1|c|x|10", "2|d|x|1"], await project.RowsAsync());
        Assert.Contains("1 events of silver.m have the sequence of another", Assert.Single(run.Steps.Single(s => !s.IsStream).Warnings).Message);
    }

    [Fact]
    public async Task A_truncation_deletes_what_is_before_it_and_keeps_it_away()
    {
        project.Model("keys: id, sequence_by: n, apply_as_truncate_when: op = 't', apply_as_delete_when: op = 'd', columns: [id, v]");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 20, 'u')");
        await project.ApplyAsync("(NULL, NULL, NULL, 15, 't'), (3, 'c', 'x', 14, 'u'), (4, 'd', 'x', 16, 'u')");
        Assert.Equal(["2|b", "4|d"], await project.RowsAsync());
        await project.ApplyAsync("(1, 'late', 'x', 12, 'u'), (5, 'e', 'x', 15, 'u')");
        Assert.Equal(["2|b", "4|d", "5|e"], await project.RowsAsync());
        await project.ApplyAsync("(NULL, NULL, NULL, 30, 't')");
        Assert.Empty(await project.RowsAsync());
        await project.ApplyAsync("(2, 'b', 'x', 29, 'u'), (1, 'again', 'x', 31, 'u')");
        Assert.Equal(["1|again"], await project.RowsAsync());
    }

    [Fact]
    public async Task Nulls_leave_columns_as_they_are_where_they_are_ignored()
    {
        project.Model("keys: id, sequence_by: n, ignore_null_updates: true, apply_as_delete_when: op = 'd', columns: [id, v, w]");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (1, NULL, 'y', 12, 'u'), (2, NULL, 'z', 10, 'u')");
        Assert.Equal(["1|a|y", "2||z"], await project.RowsAsync());
        // The late value is newer than the one of v, and older than the one of w.
        await project.ApplyAsync("(1, 'b', 'late', 11, 'u'), (2, 'first', 'late', 5, 'u')");
        Assert.Equal(["1|b|y", "2|first|z"], await project.RowsAsync());
        // A late delete takes what was before it, and leaves what came after.
        await project.ApplyAsync("(2, NULL, NULL, 7, 'd')");
        Assert.Equal(["1|b|y", "2||z"], await project.RowsAsync());
        await project.ApplyAsync("(2, 'before', NULL, 6, 'u'), (1, NULL, NULL, 20, 'd'), (1, 'c', NULL, 21, 'u')");
        Assert.Equal(["1|c|", "2||z"], await project.RowsAsync());
    }

    [Fact]
    public async Task Events_without_key_or_sequence_are_quarantined()
    {
        project.Model();
        var run = await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (NULL, 'b', 'x', 10, 'u'), (2, 'c', 'x', NULL, 'u')");
        Assert.Equal(["1|a|x|10"], await project.RowsAsync());
        Assert.Equal(2, run.Steps.Single(step => !step.IsStream).RowsQuarantined);
        Assert.Equal(
            ["|b|not_null(id)", "2|c|not_null(n)"],
            await project.Lake.QueryAsync("SELECT id, v, array_to_string(_quarantine_checks, ',') FROM silver.m__quarantine ORDER BY v"));
    }

    [Fact]
    public async Task A_full_refresh_makes_table_and_state_again()
    {
        project.Model();
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 10, 'u')");
        await project.ApplyAsync("(1, NULL, NULL, 12, 'd')");
        var rows = await project.RowsAsync();
        var state = await project.Lake.QueryAsync("SELECT id, __sequence, __deleted FROM silver.m__cdc ORDER BY id");
        await project.Lake.RunAsync(isFullRefresh: true);
        Assert.Equal(rows, await project.RowsAsync());
        Assert.Equal(state, await project.Lake.QueryAsync("SELECT id, __sequence, __deleted FROM silver.m__cdc ORDER BY id"));
    }

    [Fact]
    public async Task A_new_column_of_events_becomes_one_of_the_table()
    {
        project.Model();
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (2, 'b', 'x', 10, 'u')");
        await project.Lake.AppendAsync(
            "bronze.t", "SELECT 1 AS id, 'n' AS v, 'x' AS w, 11 AS n, 'u' AS op, 7 AS extra");
        await project.Lake.RunWellAsync();
        Assert.Equal(["1|n|x|11|7", "2|b|x|10|"], await project.RowsAsync());
    }

    [Fact]
    public async Task A_history_has_each_version_from_its_sequence_to_the_next_one()
    {
        project.Model("keys: id, sequence_by: n, apply_as_delete_when: op = 'd', columns: [id, v, w], stored_as_scd_type: 2");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u'), (1, 'c', 'x', 30, 'u'), (2, 'b', 'x', 10, 'u'), (2, NULL, NULL, 15, 'd')");
        Assert.Equal(["1|a|x|10|30", "1|c|x|30|", "2|b|x|10|15"], await project.RowsAsync());

        // A late event splits a version; one that changes nothing begins none.
        await project.ApplyAsync("(1, 'b', 'x', 20, 'u'), (1, 'c', 'x', 40, 'u'), (2, 'z', 'x', 20, 'u')");
        Assert.Equal(["1|a|x|10|20", "1|b|x|20|30", "1|c|x|30|", "2|b|x|10|15", "2|z|x|20|"], await project.RowsAsync());

        // What changed nothing does so once another event comes before it.
        await project.ApplyAsync("(1, 'd', 'x', 35, 'u'), (2, NULL, NULL, 17, 'd'), (3, 'late', 'x', 5, 'u')");
        Assert.Equal(
            ["1|a|x|10|20", "1|b|x|20|30", "1|c|x|30|35", "1|c|x|40|", "1|d|x|35|40", "2|b|x|10|15", "2|z|x|20|", "3|late|x|5|"],
            await project.RowsAsync());
        // A delete that hit nothing ends a version that comes late.
        await project.ApplyAsync("(2, 'y', 'x', 16, 'u')");
        Assert.Contains("2|y|x|16|17", await project.RowsAsync());
    }

    [Fact]
    public async Task Untracked_columns_change_in_their_version()
    {
        project.Model(
            "keys: id, sequence_by: n, apply_as_delete_when: op = 'd', columns: [id, v, w], stored_as_scd_type: 2, track_history_except_columns: [w]");
        await project.ApplyAsync("(1, 'a', 'x', 10, 'u')");
        await project.ApplyAsync("(1, 'a', 'y', 20, 'u'), (1, 'b', 'y', 30, 'u')");
        Assert.Equal(["1|a|y|10|30", "1|b|y|30|"], await project.RowsAsync());
        await project.ApplyAsync("(1, 'late', 'z', 15, 'u')");
        Assert.Equal(["1|a|x|10|15", "1|a|y|20|30", "1|b|y|30|", "1|late|z|15|20"], await project.RowsAsync());
    }

    [Fact]
    public async Task The_ends_of_versions_have_the_type_of_the_sequence()
    {
        project.Model("keys: id, sequence_by: [at, n], columns: [id, v], stored_as_scd_type: 2");
        await project.Lake.AppendAsync(
            "bronze.t", "SELECT * FROM (VALUES (1, 'a', TIMESTAMP '2026-01-01 10:00:00', 1), (1, 'b', TIMESTAMP '2026-01-01 10:00:00', 2)) AS t(id, v, \"at\", n)");
        await project.Lake.RunWellAsync();
        Assert.Equal(
            ["a|2026-01-01 10:00:00|1|2026-01-01 10:00:00|2", "b|2026-01-01 10:00:00|2||"],
            await project.Lake.QueryAsync(
                "SELECT v, __START_AT.\"at\"::VARCHAR, __START_AT.n, __END_AT.\"at\"::VARCHAR, __END_AT.n FROM silver.m ORDER BY v"));
    }

    [Fact]
    public async Task Snapshots_change_and_delete_rows()
    {
        project.Model("keys: id, from_snapshot: true, columns: [id, v]", "SELECT * FROM bronze.t");
        await SnapshotAsync("(1, 'a', 'x', 1, 'u'), (2, 'b', 'x', 1, 'u'), (3, NULL, 'x', 1, 'u')");
        Assert.Equal(["1|a", "2|b", "3|"], await project.RowsAsync());
        await SnapshotAsync("(1, 'a', 'other', 1, 'u'), (2, 'b2', 'x', 1, 'u'), (4, 'd', 'x', 1, 'u')");
        Assert.Equal(["1|a", "2|b2", "4|d"], await project.RowsAsync());
        Assert.Equal(["0"], await project.Lake.QueryAsync("SELECT count(*) FROM silver.m WHERE v IS NULL"));
    }

    [Fact]
    public async Task Snapshots_make_a_history()
    {
        project.Model(
            "keys: id, from_snapshot: true, columns: [id, v, w], stored_as_scd_type: 2, track_history_columns: [v]",
            "SELECT * FROM bronze.t");
        await SnapshotAsync("(1, 'a', 'x', 1, 'u'), (2, 'b', 'x', 1, 'u'), (3, 'c', 'x', 1, 'u')");
        await SnapshotAsync("(1, 'a', 'y', 1, 'u'), (2, 'b2', 'x', 1, 'u'), (4, 'd', 'x', 1, 'u')");
        const string Query = """
            SELECT id, v, w, dense_rank() OVER (ORDER BY __START_AT), __END_AT IS NULL,
                __END_AT IN (SELECT __START_AT FROM silver.m)
            FROM silver.m ORDER BY id, __START_AT
            """;
        Assert.Equal(
            ["1|a|y|1|True|", "2|b|x|1|False|True", "2|b2|x|2|True|", "3|c|x|1|False|True", "4|d|x|2|True|"],
            await project.Lake.QueryAsync(Query));
        await SnapshotAsync("(1, 'a', 'y', 1, 'u'), (2, 'b2', 'x', 1, 'u'), (3, 'c', 'x', 1, 'u'), (4, 'd', 'x', 2, 'u')");
        Assert.Contains("3|c|x|3|True|", await project.Lake.QueryAsync(Query));
        Assert.Equal(6, (await project.RowsAsync()).Count);
    }

    [Fact]
    public async Task A_snapshot_has_one_row_of_each_key()
    {
        project.Model("keys: id, from_snapshot: true", "SELECT * FROM bronze.t");
        await project.Lake.OverwriteAsync("bronze.t", "SELECT * FROM (VALUES (1, 'a'), (1, 'b')) AS t(id, v)");
        var run = await project.Lake.RunAsync();
        Assert.Contains("2 rows of silver.m have the key id = 1", run.Steps.Single().Error!.Message);
    }

    async Task SnapshotAsync(string values)
    {
        await project.Lake.OverwriteAsync(
            "bronze.t", $"SELECT * FROM (VALUES {values}) AS t{CdcProject.Columns}");
        await project.Lake.RunWellAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_delete_is_remembered_for_its_retention(int type)
    {
        var clock = new LaterTime();
        using var later = new CdcProject(clock).Model(
            $"keys: id, sequence_by: n, apply_as_delete_when: op = 'd', columns: [id, v], tombstone_retention: 2 days, stored_as_scd_type: {type}");
        await later.ApplyAsync("(1, NULL, NULL, 10, 'd'), (2, NULL, NULL, 10, 'd'), (3, 'c', 'x', 1, 'u')");
        clock.Offset = TimeSpan.FromDays(1);
        await later.ApplyAsync("(1, 'late', 'x', 9, 'u')");
        Assert.Equal(type == 1 ? ["3|c"] : ["1|late|9|10", "3|c|1|"], await later.RowsAsync());

        clock.Offset = TimeSpan.FromDays(3);
        await later.ApplyAsync("(2, 'forgotten', 'x', 9, 'u'), (4, 'd', 'x', 1, 'u')");
        Assert.Contains(type == 1 ? "2|forgotten" : "2|forgotten|9|", await later.RowsAsync());
        Assert.Equal(
            ["0"],
            await later.Lake.QueryAsync(
                $"SELECT count(*) FROM silver.m__cdc WHERE {(type == 1 ? "__deleted" : "__operation = 'd'")}"));
    }

    sealed class LaterTime : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}

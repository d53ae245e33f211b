namespace Foz.Tests.Pipelines.Materializations;

/// <summary>Slowly changing dimensions of type 2.</summary>
public sealed class HistoryTests : IDisposable
{
    const string ByTime = "{type: incremental, strategy: scd2_by_time, unique_key: id, updated_at: ts}";
    const string ByColumn =
        "{type: snapshot, strategy: check, unique_key: id, check_cols: [v], hard_deletes: invalidate}";

    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_version_lasts_until_the_next_one_begins()
    {
        lake.Model(ByTime, "SELECT id, v, ts FROM STREAM(bronze.t)");
        await lake.AppendAsync(Rows("(1, 'a', '2026-01-01'), (1, 'b', '2026-01-05'), (2, 'x', '2026-01-02')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(1, 'c', '2026-01-09'), (3, 'y', '2026-01-03')"));
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|a|2026-01-01|2026-01-05|false", "1|b|2026-01-05|2026-01-09|false", "1|c|2026-01-09||true",
                "2|x|2026-01-02||true", "3|y|2026-01-03||true"],
            await VersionsAsync());
        Assert.Equal((1, 2), ((await lake.SnapshotAsync()).Version, (await lake.SnapshotAsync()).BatchOf("silver.m")));
    }

    [Fact]
    public async Task A_version_that_comes_late_takes_its_place_between_the_others()
    {
        lake.Model(ByTime, "SELECT id, v, ts FROM STREAM(bronze.t)");
        await lake.AppendAsync(Rows("(1, 'a', '2026-01-01'), (1, 'c', '2026-01-09')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(1, 'b', '2026-01-05'), (1, 'c', '2026-01-09')"));
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|a|2026-01-01|2026-01-05|false", "1|b|2026-01-05|2026-01-09|false", "1|c|2026-01-09||true"],
            await VersionsAsync());
    }

    [Theory]
    [InlineData("quarantine")]
    [InlineData("drop")]
    public async Task A_key_whose_row_is_taken_out_is_not_gone(string onViolation)
    {
        lake.Model(
            $"{ByColumn}\ncolumns: [{{name: v, checks: [{{accepted_values: {{values: [a, b], "
                + $"on_violation: {onViolation}}}}}]}}]", "SELECT id, v FROM bronze.t");
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a'), (2, 'a')) v(id, v)");
        await lake.RunWellAsync();
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'bad')) v(id, v)");
        await lake.RunWellAsync();
        Assert.Equal(
            ["1|a|true", "2|a|false"], await lake.QueryAsync("SELECT id, v, is_current FROM silver.m ORDER BY ALL"));
    }

    [Fact]
    public async Task Columns_are_compared_and_what_is_gone_ends()
    {
        lake.Model(ByColumn, "SELECT id, v, w FROM bronze.t");
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a', 0), (2, 'b', 0), (3, NULL, 0)) v(id, v, w)");
        await lake.RunWellAsync();
        // The history does not track w.
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a', 1), (2, 'c', 1), (4, 'd', 1)) v(id, v, w)");
        await lake.RunWellAsync();
        await lake.ReplaceAsync(
            "SELECT * FROM (VALUES (1, 'a', 2), (2, 'c', 2), (3, NULL, 2), (4, 'd', 2)) v(id, v, w)");
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|a|12:00:01||true", "2|b|12:00:01|12:00:02|false", "2|c|12:00:02||true", "3||12:00:01|12:00:02|false",
                "3||12:00:03||true", "4|d|12:00:02||true"],
            await lake.QueryAsync("""
                SELECT id, v, strftime(valid_from, '%H:%M:%S'), strftime(valid_to, '%H:%M:%S'), is_current
                FROM silver.m ORDER BY ALL
                """));
    }

    [Fact]
    public async Task Versions_have_ids_of_their_own_that_stay()
    {
        const string Ids =
            "{type: snapshot, strategy: check, unique_key: [id, w], check_cols: [v], hard_deletes: invalidate, "
                + "version_id: scd_id, version_at: seen_at}";
        const string Query = "SELECT id, v, scd_id, seen_at = valid_from FROM silver.m ORDER BY id, valid_from";
        lake.Model(
            ByColumn.Replace("unique_key: id", "unique_key: [id, w]", StringComparison.Ordinal),
            "SELECT id, v, w FROM bronze.t");
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a', 0), (2, 'b', 0)) v(id, v, w)");
        await lake.RunWellAsync();
        // The columns may come later than the history; versions from before have no id until they end.
        lake.Model(Ids, "SELECT id, v, w FROM bronze.t");
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'b', 0), (2, 'b', 0), (3, 'c', 0)) v(id, v, w)");
        await lake.RunWellAsync();
        var before = (await lake.QueryAsync(Query)).ConvertAll(row => row.Split('|'));
        Assert.Equal(["1 a true", "1 b true", "2 b ", "3 c true"], before.Select(row => $"{row[0]} {row[1]} {row[3]}"));
        Assert.Equal(["", ""], before.Where(row => row[0] == "2").SelectMany(row => row[2..]));
        Assert.Equal(3, before.Select(row => row[2]).Where(id => id.Length == 32).Distinct().Count());

        await lake.ReplaceAsync("SELECT * FROM (VALUES (2, 'b', 0), (3, 'd', 0)) v(id, v, w)");
        await lake.RunWellAsync();
        var after = (await lake.QueryAsync(Query)).ConvertAll(row => row.Split('|'));
        Assert.Equal(
            before.Where(row => row[2].Length > 0).Select(row => row[2]),
            after.Where(row => row[2].Length > 0).Select(row => row[2]).Take(3));
        Assert.Equal(["1 a", "1 b", "2 b", "3 c", "3 d"], after.Select(row => $"{row[0]} {row[1]}"));
    }

    [Fact]
    public async Task A_row_that_comes_again_as_it_was_begins_again()
    {
        lake.Model(
            "{type: snapshot, strategy: timestamp, unique_key: id, updated_at: ts, hard_deletes: invalidate}",
            "SELECT id, v, ts FROM bronze.t");
        await lake.ReplaceAsync(Rows("(1, 'a', '2026-01-01'), (2, 'b', '2026-01-01')"));
        await lake.RunWellAsync();
        await lake.ReplaceAsync(Rows("(2, 'b', '2026-01-01')"));
        await lake.RunWellAsync();
        lake.Clock.Now += TimeSpan.FromDays(1);
        for (var i = 0; i < 2; i++)
        {
            await lake.ReplaceAsync(Rows("(1, 'a', '2026-01-01'), (2, 'b', '2026-01-01')"));
            await lake.RunWellAsync();
        }

        Assert.Equal(
            ["1|a|2026-01-01|2026-03-10|false", "1|a|2026-03-11||true", "2|b|2026-01-01||true"], await VersionsAsync());
        // Its own change ends it as any other.
        await lake.ReplaceAsync(Rows("(1, 'z', '2026-04-01'), (2, 'b', '2026-01-01')"));
        await lake.RunWellAsync();
        Assert.Equal(
            ["1|a|2026-01-01|2026-03-10|false", "1|a|2026-03-11|2026-04-01|false", "1|z|2026-04-01||true",
                "2|b|2026-01-01||true"],
            await VersionsAsync());
    }

    [Fact]
    public async Task Its_columns_have_other_names_where_the_model_says_so()
    {
        lake.Model(
            "{type: incremental, strategy: scd2_by_column, unique_key: [id], valid_from: since, "
                + "valid_to: until, is_current: now}",
            "SELECT id FROM bronze.t");
        await lake.ReplaceAsync("SELECT 1 AS id");
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|2026-03-10 12:00:01+00||true"], await lake.QueryAsync("SELECT id, since, until, now FROM silver.m"));
    }

    [Fact]
    public async Task A_new_column_makes_new_versions_and_the_old_ones_keep_theirs()
    {
        lake.Model(ByTime, "SELECT id, v, ts FROM STREAM(bronze.t)");
        await lake.AppendAsync(Rows("(1, 'a', '2026-01-01')"));
        await lake.RunWellAsync();
        lake.Model(ByTime, "SELECT id, 'n' AS w, ts FROM STREAM(bronze.t)");
        await lake.AppendAsync(Rows("(1, 'b', '2026-01-02')"));
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|a||2026-01-02", "1||n|"],
            await lake.QueryAsync("SELECT id, v, w, valid_to::DATE FROM silver.m ORDER BY valid_from"));
    }

    [Fact]
    public async Task What_is_gone_gets_a_version_of_its_own_and_what_comes_again_one_more()
    {
        lake.Model(
            "{type: snapshot, strategy: check, unique_key: id, check_cols: [v], hard_deletes: "
                + "new_record, version_id: scd_id}",
            "SELECT id, v FROM bronze.t");
        foreach (var rows in new[] { "(1, 'a'), (2, 'b')", "(2, 'b')", "(2, 'b')", "(1, 'a'), (2, 'b')", "(1, 'c')" })
        {
            await lake.ReplaceAsync($"SELECT * FROM (VALUES {rows}) v(id, v)");
            await lake.RunWellAsync();
        }

        Assert.Equal(
            ["1|a|12:00:01|12:00:02|false|False", "1|a|12:00:02|12:00:04|false|True",
                "1|a|12:00:04|12:00:05|false|False", "1|c|12:00:05||true|False",
                "2|b|12:00:01|12:00:05|false|False", "2|b|12:00:05||true|True"],
            await lake.QueryAsync("""
                SELECT id, v, strftime(valid_from, '%H:%M:%S'), strftime(valid_to, '%H:%M:%S'), is_current, is_deleted
                FROM silver.m ORDER BY id, valid_from
                """));
        Assert.Equal(["6"], await lake.QueryAsync("SELECT count(DISTINCT scd_id) FROM silver.m"));
    }

    [Fact]
    public async Task By_time_too_what_is_gone_gets_a_version_from_when_that_was_seen()
    {
        lake.Model(
            "{type: snapshot, strategy: timestamp, unique_key: id, updated_at: ts, hard_deletes: new_record, "
                + "is_deleted: gone, version_id: scd_id, version_at: begun}",
            "SELECT id, v, ts FROM bronze.t");
        string[] batches =
        [
            "(1, 'a', '2026-01-01'), (2, 'b', '2026-01-01'), (3, 'c', '2027-01-01')",
            // The third was changed in the future, so that it did not last at all.
            "(9, 'z', '2026-01-01')",
            // The first comes as it was, the second with a change from before it was seen to be gone.
            "(1, 'a', '2026-01-01'), (2, 'd', '2026-02-01'), (9, 'z', '2026-01-01')",
            "(1, 'a', '2026-01-01'), (2, 'd', '2026-02-01'), (3, 'c', '2027-01-01'), (9, 'z', '2026-01-01')",
            "(1, 'e', '2026-04-01'), (2, 'd', '2026-02-01'), (3, 'c', '2027-01-01'), (9, 'z', '2026-01-01')",
        ];
        foreach (var batch in batches)
        {
            await lake.ReplaceAsync(Rows(batch));
            await lake.RunWellAsync();
            lake.Clock.Now += TimeSpan.FromDays(1);
        }

        Assert.Equal(
            ["1|a|2026-01-01|2026-03-11|False", "1|a|2026-03-11|2026-03-12|True", "1|a|2026-03-12|2026-04-01|False",
                "1|e|2026-04-01||False",
                "2|b|2026-01-01|2026-03-11|False", "2|b|2026-03-11|2026-03-12|True", "2|d|2026-03-12||False",
                "3|c|2027-01-01||False", "9|z|2026-01-01||False"],
            await lake.QueryAsync(
                "SELECT id, v, valid_from::DATE, valid_to::DATE, gone FROM silver.m ORDER BY id, valid_from"));
        Assert.Equal(
            ["9|true"],
            await lake.QueryAsync("SELECT count(DISTINCT scd_id), bool_and(begun = valid_from) FROM silver.m"));
    }

    [Fact]
    public async Task A_history_may_begin_to_tell_what_is_gone()
    {
        const string Select = "SELECT id, v FROM bronze.t";
        lake.Model(ByColumn, Select);
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c')) v(id, v)");
        await lake.RunWellAsync();
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, v)");
        await lake.RunWellAsync();
        lake.Model(ByColumn.Replace("invalidate", "new_record", StringComparison.Ordinal), Select);
        await lake.ReplaceAsync("SELECT * FROM (VALUES (1, 'a')) v(id, v)");
        await lake.RunWellAsync();

        Assert.Equal(
            ["1|a|true|", "2|b|false|False", "2|b|true|True", "3|c|false|"],
            await lake.QueryAsync("SELECT id, v, is_current, is_deleted FROM silver.m ORDER BY id, valid_from"));
    }

    [Theory]
    [InlineData("strategy: timestamp, updated_at: ts")]
    [InlineData("strategy: check, check_cols: [v]")]
    public async Task What_lasts_may_end_at_a_time_that_is_far_away(string strategy)
    {
        lake.Model(
            $"{{type: snapshot, {strategy}, unique_key: id, hard_deletes: new_record, valid_to_current: "
                + $"\"CAST('9999-12-31' AS TIMESTAMP)\"}}",
            "SELECT id, v, ts FROM bronze.t");
        foreach (var batch in new[]
        {
            "(1, 'a', '2026-01-01'), (2, 'b', '2026-01-01')", "(1, 'c', '2026-01-05')", "(1, 'c', '2026-01-05')",
        })
        {
            await lake.ReplaceAsync(Rows(batch));
            await lake.RunWellAsync();
        }

        Assert.Equal(
            ["1|a|true|false", "1|c|false|true", "2|b|true|false", "2|b|false|true"],
            await lake.QueryAsync(
                "SELECT id, v, valid_to < '2026-12-01', is_current FROM silver.m ORDER BY id, valid_from"));
        Assert.Equal(
            ["2|9999-12-31"],
            await lake.QueryAsync("SELECT count(*), max(valid_to)::DATE FROM silver.m WHERE is_current"));
    }

    [Fact]
    public async Task What_is_no_time_cannot_be_the_end_of_what_lasts()
    {
        lake.Model(
            "{type: snapshot, strategy: timestamp, unique_key: id, updated_at: ts, "
                + "valid_to_current: to_dat('9999-12-31')}", "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, 'a', '2026-01-01')"));

        var error = await lake.FailAsync();
        Assert.StartsWith(
            "the end of versions that last, 'to_dat('9999-12-31')', is no value of type TIMESTAMP: ", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("CAST('9999-12-31' AS TIMESTAMP)", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "SELECT id, ts, 1 AS valid_from FROM bronze.t",
        "silver.m has a column 'valid_from', which its strategy scd2_by_time fills itself")]
    [InlineData(
        "SELECT id, ts AS updated FROM bronze.t", "silver.m has no column 'ts', which its updated_at names")]
    [InlineData(
        "SELECT NULLIF(id, 1) AS id, ts FROM bronze.t", "1 row of silver.m have no id, which tells versions apart")]
    [InlineData(
        "SELECT id, 'x' AS ts FROM bronze.t",
        "'updated_at' of silver.m is the column 'ts' of type VARCHAR, which is no date or timestamp")]
    public async Task What_does_not_fit_a_history_is_an_error(string select, string message)
    {
        lake.Model(ByTime, select);
        await lake.AppendAsync(Rows("(1, 'a', '2026-01-01')"));

        Assert.Equal(message, (await lake.FailAsync()).Message);
    }

    [Fact]
    public async Task A_snapshot_is_never_made_anew()
    {
        lake.Model(ByColumn, "SELECT id, v FROM bronze.t");
        await lake.ReplaceAsync("SELECT 1 AS id, 'a' AS v");
        await lake.RunWellAsync();
        await lake.ReplaceAsync("SELECT 1 AS id, 'b' AS v");
        var run = await lake.RunWellAsync(isFullRefresh: true);

        Assert.Equal(["a", "b"], await lake.QueryAsync("SELECT v FROM silver.m ORDER BY 1"));
        Assert.StartsWith(
            "silver.m is a snapshot", Assert.Single(run.Steps.Single().Warnings).Message, StringComparison.Ordinal);
    }

    static string Rows(string values) =>
        $"SELECT id, v, CAST(ts AS TIMESTAMP) AS ts FROM (VALUES {values}) v(id, v, ts)";

    Task<List<string>> VersionsAsync() => lake.QueryAsync(
        "SELECT id, v, valid_from::DATE, valid_to::DATE, is_current FROM silver.m ORDER BY id, valid_from");
}

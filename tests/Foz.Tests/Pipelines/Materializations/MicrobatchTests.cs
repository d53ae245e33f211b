using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;

namespace Foz.Tests.Pipelines.Materializations;

/// <summary>Models whose rows come an interval of time after the other.</summary>
public sealed class MicrobatchTests : IDisposable
{
    const string Daily =
        "{type: incremental, strategy: microbatch, event_time: ts, begin: '2026-03-07', batch_size: day}";

    readonly ModelLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Each_interval_up_to_now_is_a_batch_that_says_its_interval()
    {
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(
            Rows("(0, '2026-03-06 23:59'), (1, '2026-03-07 00:00'), (2, '2026-03-09 23:59'), (3, '2026-03-10 01:00')"));
        var run = await lake.RunWellAsync();

        // What was before 'begin' does not come.
        Assert.Equal(["1", "2", "3"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        Assert.Equal(3, run.Steps.Single().RowsWritten);
        var manifests = await ManifestsAsync();
        Assert.Equal(
            ["1 [2026-03-07, 2026-03-08)", "2 [2026-03-09, 2026-03-10)", "3 [2026-03-10, 2026-03-11)"],
            manifests.Select(manifest => $"{manifest.Batch} {manifest.Interval}"));
        Assert.Equal([new(Day("2026-03-08"), Day("2026-03-09"))], manifests[1].Filled);
        Assert.Equal(3, (await lake.SnapshotAsync()).BatchOf("silver.m"));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task Intervals_without_rows_are_filled_without_commits_of_their_own()
    {
        lake.Model(
            "{type: incremental, strategy: microbatch, event_time: ts, begin: '2026-01-01', batch_size: day}",
            "SELECT batch_start() AS ts, count(*) AS n FROM bronze.t WHERE ts >= batch_start() AND ts < "
                + "batch_end() HAVING count(*) > 0");
        await lake.AppendAsync(Rows("(1, '2026-01-03 05:00'), (2, '2026-02-20 05:00'), (3, '2026-02-20 06:00')"));
        await lake.RunWellAsync();

        Assert.Equal(
            ["2026-01-03|1", "2026-02-20|2"],
            await lake.QueryAsync("SELECT ts::DATE::VARCHAR, n FROM silver.m ORDER BY 1"));
        // The two days with rows, and the present one.
        Assert.Equal(2, (await lake.SnapshotAsync()).Version);
        Assert.Equal([new(Day("2026-01-01"), lake.Clock.Now)], new IntervalLedger(await ManifestsAsync()).All.Items);
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        await lake.AppendAsync(Rows("(4, '2026-02-20 07:00'), (5, '2026-03-10 07:00')"));
        await lake.RunWellAsync();
        Assert.Equal(
            ["2026-01-03|1", "2026-02-20|2", "2026-03-10|1"],
            await lake.QueryAsync("SELECT ts::DATE::VARCHAR, n FROM silver.m ORDER BY 1"));
        // A day whose rows are gone is no empty one.
        await lake.RunAsync(intervals: new() { Start = Day("2026-02-19"), End = Day("2026-02-22") });
        Assert.Equal(
            ["2026-01-03|1", "2026-02-20|3", "2026-03-10|1"],
            await lake.QueryAsync("SELECT ts::DATE::VARCHAR, n FROM silver.m ORDER BY 1"));
        lake.Model(
            "{type: incremental, strategy: microbatch, event_time: ts, begin: '2026-01-01', batch_size: day}",
            "SELECT batch_start() AS ts, count(*) AS n FROM bronze.t WHERE id <> 1 AND ts >= batch_start() AND ts < "
                + "batch_end() HAVING count(*) > 0");
        await lake.RunAsync(intervals: new() { Start = Day("2026-01-01"), End = Day("2026-01-10") });
        Assert.Equal(
            ["2026-02-20|3", "2026-03-10|1"],
            await lake.QueryAsync("SELECT ts::DATE::VARCHAR, n FROM silver.m ORDER BY 1"));
    }

    [Fact]
    public async Task Intervals_without_rows_make_no_commits_where_a_check_quarantines()
    {
        lake.Write("models/silver/m.sql", """
            /* @foz
            materialization: {type: incremental, strategy: microbatch, event_time: ts, begin: '2026-01-01', batch_size: day, lookback: 100}
            checks: [{expression: {value: id > 0, on_violation: quarantine}}]
            @foz */
            SELECT * FROM bronze.t
            """);
        await lake.AppendAsync(Rows("(1, '2026-01-03 05:00'), (-2, '2026-01-05 05:00'), (3, '2026-02-20 06:00')"));
        await lake.RunWellAsync();
        // Days with rows, one whose row is quarantined, and the present one.
        Assert.Equal(3, (await lake.SnapshotAsync()).Version);
        Assert.Equal(["-2"], await lake.QueryAsync("SELECT id FROM silver.m__quarantine"));

        // The day is processed again, with the same row, and its quarantine is rebuilt.
        await lake.AppendAsync(Rows("(4, '2026-02-20 07:00')"));
        await lake.RunWellAsync();
        Assert.Equal(["-2"], await lake.QueryAsync("SELECT id FROM silver.m__quarantine"));
        Assert.Equal(["1", "3", "4"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
    }

    [Fact]
    public async Task New_rows_reach_the_last_interval_and_those_that_look_back()
    {
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, '2026-03-07 05:00'), (2, '2026-03-09 05:00')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(3, '2026-03-07 06:00'), (4, '2026-03-09 06:00'), (5, '2026-03-10 06:00')"));
        await lake.RunWellAsync();

        Assert.Equal(["1", "2", "4", "5"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        Assert.Equal(
            ["[2026-03-09, 2026-03-10)", "[2026-03-10, 2026-03-11)"],
            (await ManifestsAsync()).Skip(3).Select(manifest => $"{manifest.Interval}"));
        // The day went on when it was filled first.
        lake.Clock.Now += TimeSpan.FromDays(3);
        await lake.AppendAsync(Rows("(6, '2026-03-10 23:00'), (7, '2026-03-12 01:00')"));
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "4", "5", "6", "7"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        Assert.Equal(
            ["[2026-03-10, 2026-03-11)", "[2026-03-12, 2026-03-13)", "[2026-03-13, 2026-03-14)"],
            (await ManifestsAsync()).Skip(5).Select(manifest => $"{manifest.Interval}"));
    }

    [Theory]
    [InlineData("hour", "TIMESTAMP", "2026-03-10 10:00:00", 3)]
    [InlineData("day", "DATE", "2026-03-08", 3)]
    [InlineData("day", "TIMESTAMPTZ", "2026-03-08 00:00:00+00", 3)]
    [InlineData("month", "TIMESTAMP", "2026-01-01", 3)]
    [InlineData("year", "DATE", "2024-06-01", 3)]
    public async Task Intervals_are_hours_days_months_or_years_of_dates_and_timestamps(
        string size, string type, string begin, int batches)
    {
        lake.Model(
            $"{{type: incremental, strategy: time_interval, event_time: ts, begin: '{begin}', batch_size: {size}}}",
            $"SELECT id, CAST(ts AS {type}) AS ts FROM bronze.t");
        await lake.AppendAsync(
            "SELECT row_number() OVER () AS id, ts FROM generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2026-03-10 "
                + "12:30', INTERVAL 30 MINUTE) r(ts)");
        await lake.RunWellAsync();

        var manifests = await ManifestsAsync();
        Assert.Equal(batches, manifests.Count);
        var first = manifests[0].Interval!.Value.Start;
        Assert.Equal(
            await lake.QueryAsync($"SELECT count(*) FROM bronze.t WHERE ts >= TIMESTAMP '{first:yyyy-MM-dd HH:mm:ss}'"),
            await lake.QueryAsync("SELECT count(*) FROM silver.m"));
    }

    [Fact]
    public async Task A_backfill_fills_its_range_in_windows_and_goes_on_where_it_was_cut_off()
    {
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, '2026-03-07 05:00')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(2, '2026-03-08 05:00'), (3, '2026-02-01 05:00')"));
        var request = new IntervalRequest
        {
            Start = Day("2026-02-01"), End = Day("2026-02-10"), Window = TimeSpan.FromDays(4), IsBackfill = true,
        };
        // Its second window fails.
        lake.Model(
            Daily,
            "SELECT CASE WHEN batch_start() = TIMESTAMP '2026-02-05' THEN error('stop') ELSE "
                + "id END AS id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(9, '2026-02-05 05:00')"));
        Assert.NotNull((await lake.RunAsync(intervals: request)).Steps.Single().Error);
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.RunAsync(intervals: request);

        var backfilled = (await ManifestsAsync()).Where(manifest => manifest.Backfill is not null).ToList();
        Assert.Equal(
            ["[2026-02-01, 2026-02-05)", "[2026-02-05, 2026-02-09)", "[2026-02-09, 2026-02-10)"],
            backfilled.Select(manifest => $"{manifest.Interval}"));
        Assert.Single(backfilled.Select(manifest => manifest.Backfill).Distinct());
        Assert.Equal(["1", "3", "9"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        // Asked for once more, it is another one.
        await lake.RunAsync(intervals: request);
        Assert.Equal(
            2, (await ManifestsAsync()).Select(manifest => manifest.Backfill).OfType<string>().Distinct().Count());
    }

    /// <summary>The next run has no new inputs, and intervals that the one before it did not come to.</summary>
    [Fact]
    public async Task Intervals_that_a_run_did_not_come_to_are_filled_by_the_next()
    {
        const string LooksBack =
            "{type: incremental, strategy: microbatch, event_time: ts, begin: '2026-03-07', "
                + "batch_size: day, lookback: 3}";
        lake.Model(LooksBack, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, '2026-03-07 05:00'), (2, '2026-03-08 05:00'), (3, '2026-03-09 05:00')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(4, '2026-03-07 06:00'), (5, '2026-03-08 06:00'), (6, '2026-03-09 06:00')"));
        lake.Model(
            LooksBack,
            "SELECT CASE WHEN batch_start() = TIMESTAMP '2026-03-08' THEN error('stop') ELSE "
                + "id END AS id, ts FROM bronze.t");
        Assert.NotNull((await lake.RunAsync()).Steps.Single().Error);
        Assert.Equal(["1", "2", "3", "4"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        lake.Model(LooksBack, "SELECT id, ts FROM bronze.t");
        // A day that is asked for is filled, and owed no more.
        await lake.RunAsync(intervals: new() { Start = Day("2026-03-09"), End = Day("2026-03-10") });
        Assert.Equal(["1", "2", "3", "4", "6"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        await lake.RunWellAsync();

        Assert.Equal(["1", "2", "3", "4", "5", "6"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        Assert.Equal(
            [
                "[2026-03-07, 2026-03-08)", "[2026-03-09, 2026-03-10)", "[2026-03-08, 2026-03-09)",
                "[2026-03-10, 2026-03-11)",
            ],
            (await ManifestsAsync()).TakeLast(4).Select(manifest => $"{manifest.Interval}"));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task New_rows_reach_the_last_interval_although_a_backfill_read_their_version()
    {
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, '2026-03-10 05:00')"));
        await lake.RunWellAsync();
        await lake.AppendAsync(Rows("(2, '2026-02-01 05:00'), (3, '2026-03-10 05:30')"));
        await lake.RunAsync(intervals: new() { Start = Day("2026-02-01"), End = Day("2026-02-02"), IsBackfill = true });
        await lake.RunWellAsync();

        Assert.Equal(["1", "2", "3"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
    }

    [Fact]
    public async Task A_full_refresh_is_one_commit_and_the_ledger_begins_anew()
    {
        lake.Model(Daily, "SELECT id, ts FROM bronze.t");
        await lake.AppendAsync(Rows("(1, '2026-03-07 05:00'), (2, '2026-03-10 05:00')"));
        await lake.RunWellAsync();
        lake.Model(Daily, "SELECT id * 10 AS id, ts FROM bronze.t");
        var unchanged = await lake.RunWellAsync();
        Assert.Contains(
            "the rows that it has are as the old one made them", unchanged.Steps[0].Warnings.Single().Message,
            StringComparison.Ordinal);
        await lake.RunWellAsync(isFullRefresh: true);

        Assert.Equal(["10", "20"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
        Assert.Equal(2, (await lake.SnapshotAsync()).Version);
        var ledger = new IntervalLedger(await ManifestsAsync());
        Assert.Equal(Day("2026-03-07"), Assert.Single(ledger.All.Items).Start);
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task What_is_filled_is_known_when_manifests_are_folded()
    {
        lake.Model(
            "{type: incremental, strategy: microbatch, event_time: ts, begin: '2026-03-08', batch_size: hour}",
            "SELECT id, ts FROM bronze.t WHERE ts >= batch_start() AND ts < batch_end()");
        await lake.AppendAsync(Rows("(1, '2026-03-08 05:00'), (2, '2026-03-10 12:00')"));
        await lake.RunWellAsync();
        var manifests = await ManifestsAsync();
        Assert.True(manifests.Count < 61, $"{manifests.Count} manifests of 61 batches");

        Assert.Equal([new(Day("2026-03-08"), lake.Clock.Now)], new IntervalLedger(manifests).All.Items);
        await lake.AppendAsync(Rows("(3, '2026-03-08 05:30'), (4, '2026-03-10 11:30')"));
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "4"], await lake.QueryAsync("SELECT id FROM silver.m ORDER BY 1"));
    }

    [Theory]
    [InlineData("SELECT id FROM bronze.t", "silver.m has no column 'ts', which its event_time names")]
    [InlineData(
        "SELECT id, 'x' AS ts FROM bronze.t",
        "'event_time' of silver.m is the column 'ts', which is no date or timestamp")]
    public async Task A_wrong_event_time_is_an_error(string select, string message)
    {
        lake.Model(Daily, select);
        await lake.AppendAsync(Rows("(1, '2026-03-07 05:00')"));

        Assert.Equal(message, (await lake.FailAsync()).Message);
    }

    static DateTimeOffset Day(string day) =>
        new(DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);

    static string Rows(string values) => $"SELECT id, CAST(ts AS TIMESTAMP) AS ts FROM (VALUES {values}) v(id, ts)";

    async Task<IReadOnlyList<StepManifest>> ManifestsAsync() =>
        await new StepLog(lake.Lake.Store, "silver.m").ReadAllAsync(Cancel);
}

using System.Diagnostics;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>
/// A day of a table of changes: small commits in a row, files put together as a host does it, and a log that is kept
/// for a day. Then a process that has not seen the table opens it, and two days later its log is what is left.
/// </summary>
sealed class DayBenchmark(int commits) : IBenchmark
{
    const int RowsPerCommit = 10, CommitsOfUpkeep = 1_000, SmallFiles = 50, Opens = 5;

    static readonly TimeSpan day = TimeSpan.FromDays(1);

    public string Name => "a day of commits";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        var clock = new LogSizeBenchmark.MovedClock();
        var lake = folder.Sub("day");
        LakeTable Open() => new TableStore(new LocalObjectStore(lake), engines, clock).Open("t");
        var table = Open();
        using var session = engines.Open(Workload.Ingestion);
        var (times, moving) = (new List<double>(commits), new Stopwatch());
        for (var i = 0; i < commits; i++)
        {
            clock.Ahead += day / commits;
            times.Add(await Pair.TimeAsync(() => AppendAsync(session, table, i)));
            if (i % CommitsOfUpkeep != CommitsOfUpkeep - 1) continue;
            moving.Start();
            await new TableOptimizer(session).OptimizeAsync(
                table, new() { IsAuto = true, FilesMin = SmallFiles }, null, default);
            await table.MaintainLogAsync(default);
            moving.Stop();
        }
        var opened = new List<double>();
        for (var i = 0; i < Opens; i++) opened.Add(await Pair.TimeAsync(async () => await Open().LatestAsync(default)));
        clock.Ahead += 2 * day;
        await AppendAsync(session, table, commits);
        await TableVacuum.RunAsync(table, new(), null, default);
        await table.MaintainLogAsync(default);
        var (log, data) = await LogSizeBenchmark.SizesAsync(lake, table);
        var sorted = times.Order().ToList();
        var work = Pair.Text($"{commits:#,0} commits of {RowsPerCommit} rows in a row");
        return
        [
            new($"{work}: one commit", "a limit", $"p50 {Pair.Ms(sorted[commits / 2])}", "–",
                $"p99 {Pair.Ms(sorted[(int)(commits * 0.99)])}", "p99 ≤ 50 ms"),
            new($"the same, its upkeep", "writing them", Pair.Ms(moving.Elapsed.TotalMilliseconds), Pair.Ms(times.Sum()),
                Pair.Times(moving.Elapsed.TotalMilliseconds / times.Sum()), "–"),
            new("the same, a snapshot opened by a process that has not seen the table", "a limit",
                Pair.Ms(Pair.Median(opened)), "300 ms", Pair.Times(Pair.Median(opened) / 300), "≤ 0.3 s"),
            new("the same, its log past the retention", "live data", LogSizeBenchmark.Megabytes(log),
                LogSizeBenchmark.Megabytes(data), LogSizeBenchmark.Percent(log, data), "≤ 15 %"),
        ];
    }

    static async Task AppendAsync(EngineSession session, LakeTable table, int number)
    {
        var sql = Pair.Text(
            $"""
            SELECT i AS id, 'u' AS _cdc_op, {number}::BIGINT AS _cdc_lsn, i % 10 AS _cdc_seq, i * 7 AS amount,
                'text ' || i AS note
            FROM range({(long)number * RowsPerCommit}, {(number + 1L) * RowsPerCommit}) r(i)
            """);
        var options = new WriteOptions { Properties = [new("delta.logRetentionDuration", "interval 1 days")] };
        var change = await new TableWriter(session).AppendAsync(table, sql, options, default);
        await change.CommitAsync(default);
    }
}

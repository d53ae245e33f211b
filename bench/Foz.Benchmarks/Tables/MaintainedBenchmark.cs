using System.Diagnostics;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>
/// A table after many small commits that was looked after as runs do it: what its log weighs, what the work cost, and
/// how much slower it is read than when it is all optimized.
/// </summary>
sealed class MaintainedBenchmark(int commits) : IBenchmark
{
    const int SmallFiles = 50;
    const int CommitsOfRun = 10;
    const int Rounds = 7;

    public string Name => "maintained";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        var clock = new LogSizeBenchmark.MovedClock();
        var lake = folder.Sub(Name);
        var table = new TableStore(new LocalObjectStore(lake), engines, clock).Open("t");
        using var session = engines.Open(Workload.Query);
        var (writing, moving) = (new Stopwatch(), new Stopwatch());
        var moved = default(FileTotal);
        for (var i = 0; i < commits; i++)
        {
            clock.Ahead += TimeSpan.FromMinutes(1);
            writing.Start();
            await LogSizeBenchmark.AppendAsync(session, table, i);
            writing.Stop();
            if (i % CommitsOfRun > 0) continue;
            moving.Start();
            moved += (await new TableOptimizer(session).OptimizeAsync(
                table, new() { IsAuto = true, FilesMin = SmallFiles }, null, default)).Removed;
            moving.Stop();
        }
        var maintained = await table.LatestAsync(default);
        var (log, data) = await LogSizeBenchmark.SizesAsync(lake, table);
        await new TableOptimizer(session).OptimizeAsync(table, new(), null, default);
        var optimized = await table.LatestAsync(default);
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => ScanAsync(session, maintained), () => ScanAsync(session, optimized));
        clock.Ahead += TimeSpan.FromDays(32);
        await LogSizeBenchmark.AppendAsync(session, table, commits);
        await TableVacuum.RunAsync(table, new(), null, default);
        await table.MaintainLogAsync(default);
        var (logAfter, dataAfter) = await LogSizeBenchmark.SizesAsync(lake, table);
        var work = Pair.Text($"{commits:#,0} commits of 100 rows, maintenance on");
        return
        [
            new($"log of {work}", "live data", LogSizeBenchmark.Megabytes(log), LogSizeBenchmark.Megabytes(data),
                LogSizeBenchmark.Percent(log, data), "≤ 100 %"),
            new($"log of {work}, past the retention", "live data", LogSizeBenchmark.Megabytes(logAfter),
                LogSizeBenchmark.Megabytes(dataAfter), LogSizeBenchmark.Percent(logAfter, dataAfter), "≤ 15 %"),
            new($"scan after {work} ({maintained.FileCount} files)", "the same table, optimized", Pair.Ms(ours),
                Pair.Ms(theirs),
                Pair.Times(ratio), "≤ 1.3×"),
            new($"putting small files together, {work}", "writing them", Pair.Ms(moving.Elapsed.TotalMilliseconds),
                Pair.Ms(writing.Elapsed.TotalMilliseconds),
                Pair.Text($"each row moves {(double)moved.Bytes / data:0.0} times"), "–"),
        ];
    }

    static async Task ScanAsync(EngineSession session, TableSnapshot table)
    {
        using var rows = await table.OpenAsync(session, default);
        _ = session.QueryScalar<double>(
            $"SELECT sum(amount) + count(DISTINCT customer) + sum(length(reference)) FROM {rows.Sql}", default);
    }
}

using Foz.Benchmarks;
using Foz.Benchmarks.Hosts;
using Foz.Benchmarks.Memory;
using Foz.Benchmarks.Projects;
using Foz.Benchmarks.Queries;
using Foz.Benchmarks.Schedules;
using Foz.Benchmarks.Serving;
using Foz.Benchmarks.Snapshots;
using Foz.Benchmarks.Sources;
using Foz.Benchmarks.Startup;
using Foz.Benchmarks.Tables;

IReadOnlyList<IBenchmark> all =
[
    new LoadBenchmark(isCsv: false),
    new LoadBenchmark(isCsv: true),
    new SnapshotBenchmark(),
    new ChangesBenchmark(),
    new LandingBenchmark(),
    new StreamLatencyBenchmark(tables: 1),
    new StreamLatencyBenchmark(tables: 20),
    new StreamLatencyBenchmark(tables: 200),
    new StreamLatencyBenchmark(tables: 1, storeDelayMs: 20),
    new StreamScanBenchmark(minutes: 60),
    new BinlogBenchmark(),
    new MariaDbBenchmark(),
    new ApiBenchmark(),
    new SilverBenchmark(),
    new QueryBenchmark(),
    new ServingBenchmark(rows: 5_000_000),
    new RoundTripBenchmark(),
    new ServedQueriesBenchmark(),
    new ConnectionsBenchmark(),
    new DashboardBenchmark(),
    new SpillBenchmark(),
    new MergeBenchmark(rows: 100_000, MergeStart.Process),
    new MergeBenchmark(rows: 100_000, MergeStart.Cold),
    new MergeBenchmark(rows: 1_000, MergeStart.Cold),
    new MergeBenchmark(rows: 100_000, MergeStart.Warm),
    new MergeBenchmark(rows: 1_000, MergeStart.Warm),
    new LargeMergeBenchmark(),
    new VectorScanBenchmark(),
    new CommitBenchmark(writers: 1),
    new CommitBenchmark(writers: 4),
    new MemoryBenchmark(),
    new ReplayBenchmark(fromCheckpoint: false),
    new ReplayBenchmark(fromCheckpoint: true),
    new PruneBenchmark(),
    new LogSizeBenchmark(commits: 10_000),
    new MaintainedBenchmark(commits: 10_000),
    new DayBenchmark(commits: 250_000),
    new StartupBenchmark(),
    new PlanBenchmark(),
    new FastReaderBenchmark(),
    new ScheduleBenchmark(schedules: 10_000),
    new DueMinuteBenchmark(schedules: 10_000),
    new AlertBenchmark(),
    new IdleHostBenchmark(),
    new BackupBenchmark(),
    new IncrementalBenchmark("merge", "≤ 1.3×"),
    new IncrementalBenchmark("delete+insert", "–"),
    new IncrementalBenchmark("scd2_by_time", "–"),
];

// Work that a benchmark wants done in a process of its own comes back here.
if (args is ["child", var child, .. var rest]) return await Child.WorkAsync(child, rest);

const string Write = "--write";
var unknown = args.Where(arg => arg != Write && (arg.StartsWith('-') || !all.Any(benchmark => IsNamed(benchmark, arg))))
    .ToList();
if (unknown.Count > 0)
{
    Console.Error.WriteLine($"unknown: {string.Join(", ", unknown)}; write {Write}, or a part of one of these names:");
    foreach (var benchmark in all) Console.Error.WriteLine($"  {benchmark.Name}");
    return 2;
}
var write = args.Contains(Write);
var chosen = all.Where(benchmark => args.All(arg => arg == Write) || args.Any(arg => IsNamed(benchmark, arg)));
using var folder = new WorkFolder();
var report = new Report();
foreach (var benchmark in chosen)
{
    Console.Error.WriteLine($"— {benchmark.Name}");
    try
    {
        foreach (var figure in await benchmark.RunAsync(folder)) report.Add(figure);
    }
    catch (SkippedException e)
    {
        Console.Error.WriteLine($"  skipped: {e.Message}");
    }
}
Console.WriteLine(report.ToMarkdown());
if (write) report.Write();
return 0;

static bool IsNamed(IBenchmark benchmark, string name) =>
    benchmark.Name.Contains(name, StringComparison.OrdinalIgnoreCase);

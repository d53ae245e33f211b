using System.Globalization;
using Foz.Benchmarks.Tables;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Writing;

namespace Foz.Benchmarks.Memory;

/// <summary>The highest resident memory of processes that work under <c>memory: 512MB</c>, each with one job.</summary>
sealed class MemoryBenchmark : IBenchmark
{
    const int Rounds = 2;
    const int Files = 50;

    static readonly (string Job, string Work, double Goal)[] Jobs =
    [
        ("load-parquet", "10 M rows × 8 from Parquet into a new table", 1.5),
        ("load-csv", "the same from CSV", 1.5),
        ("merge-100k", "merge of 100,000 keys into 10 M rows", 1.5),
        ("merge-1m", "merge of 1 M keys into 10 M rows", 1.5),
        ("commits", "2,000 commits of 1,000 rows", 1.5),
        ("groups", "10 M groups", 3),
        ("distinct", "two distinct counts over 10 M rows", 3),
        ("sort", "10 M rows joined with 10 M, and sorted", 3),
    ];

    public string Name => "memory";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        if (!OperatingSystem.IsLinux())
            throw new SkippedException("only Linux tells the highest resident memory of a process");
        await WriteInputsAsync(folder);
        var figures = new List<Figure>();
        foreach (var (job, work, goal) in Jobs)
        {
            var (peaks, times) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                var lake = job.StartsWith("load", StringComparison.Ordinal) || job == "commits"
                    ? folder.Sub("memory-new")
                    : folder.Sub("memory-lake");
                if (job.StartsWith("merge", StringComparison.Ordinal))
                {
                    lake = folder.File("memory-copy");
                    if (Directory.Exists(lake)) Directory.Delete(lake, recursive: true);
                    WorkFolder.Copy(folder.Sub("memory-lake"), lake);
                }
                else if (lake.EndsWith("new", StringComparison.Ordinal)) WorkFolder.Empty(lake);
                var output = (await Child.StartAsync("memory", job, lake, folder.Path)).Split(' ');
                peaks.Add(double.Parse(output[0], CultureInfo.InvariantCulture));
                times.Add(double.Parse(output[1], CultureInfo.InvariantCulture));
            }
            var (peak, ms) = (peaks.Max(), Pair.Median(times));
            figures.Add(new(
                $"`memory: 512MB`: {work}", "the budget", Pair.Text($"peak {peak / 1e6:0} MB in {ms:0} ms"), "512 MB",
                Pair.Times(peak / MemoryJob.BudgetBytes), Pair.Text($"≤ {goal}×")));
        }
        return figures;
    }

    static async Task WriteInputsAsync(WorkFolder folder)
    {
        using var engines = Engines.Open();
        using var session = engines.Open(Workload.Query);
        session.Execute(
            $"""
            COPY ({Rows.TenMillion}) TO '{folder.Path}/memory.parquet' (FORMAT parquet, COMPRESSION zstd);
            COPY (FROM read_parquet('{folder.Path}/memory.parquet')) TO '{folder.Path}/memory.csv' (FORMAT csv, HEADER);
            COPY ({MergeBenchmark.ChangesOf(100_000)}) TO '{folder.Path}/merge-100k.parquet' (FORMAT parquet);
            COPY ({MergeBenchmark.ChangesOf(1_000_000)}) TO '{folder.Path}/merge-1m.parquet' (FORMAT parquet);
            """, default);
        var lake = new Lakehouse(folder.Sub("memory-lake"), engines, TimeProvider.System);
        var table = await lake.DefineTableAsync(MemoryJob.Table, null, null, default);
        for (var file = 0; file < Files; file++)
        {
            var (from, to) = (10_000_000L * file / Files, 10_000_000L * (file + 1) / Files);
            var change = await new TableWriter(session).AppendAsync(
                table, $"FROM read_parquet('{folder.Path}/memory.parquet') WHERE id >= {from} AND id < {to}", new(),
                default);
            await change.CommitAsync(default);
        }
    }
}

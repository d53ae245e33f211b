using System.Globalization;
using Foz.Benchmarks.Tables;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Benchmarks.Memory;

/// <summary>One job of the <see cref="MemoryBenchmark"/>, in a process of its own.</summary>
static class MemoryJob
{
    const int Commits = 2_000;

    /// <summary>What <c>memory: 512MB</c> gives.</summary>
    public const long BudgetBytes = 512_000_000;

    /// <summary>The table of 10 M rows, and the one that is made.</summary>
    public static TableName Table { get; } = new("memory", "t");

    /// <summary>Does it; prints the highest resident memory of the process in bytes and the milliseconds.</summary>
    public static async Task RunAsync(string job, string folder, string inputs)
    {
        var isQuery = job is "groups" or "distinct" or "sort";
        // As `foz run` and `foz query` open them.
        using (var engines = new EnginePool(new EngineOptions
        {
            MemoryBytes = BudgetBytes, Workloads = isQuery ? [Workload.Query] : [Workload.Ingestion, Workload.Models],
        }))
        {
            var lake = new Lakehouse(folder, engines, TimeProvider.System);
            using var session = engines.Open(
                isQuery
                    ? Workload.Query
                    : job.StartsWith("merge", StringComparison.Ordinal) ? Workload.Models : Workload.Ingestion);
            var ms = await Pair.TimeAsync(() =>
                isQuery ? QueryAsync(job, lake, session) : ChangeAsync(job, inputs, lake, session));
            Console.WriteLine(Pair.Text($"{PeakBytes()} {ms:0}"));
        }
    }

    static async Task QueryAsync(string job, Lakehouse lake, EngineSession session)
    {
        var sql = job switch
        {
            "groups" => "SELECT id, sum(price), max(name), count(*) FROM memory.t GROUP BY id",
            "distinct" => "SELECT count(DISTINCT id), count(DISTINCT note) FROM memory.t",
            _ => "SELECT a.id, a.name, b.note FROM memory.t a JOIN memory.t b ON a.id = "
                + "b.id ORDER BY b.weight, a.price",
        };
        var names = new LakeNameResolver(lake, lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, default);
        using var rows = session.Query(bound.Sql, default);
        while (rows.Fetch(default) is { } chunk) chunk.Dispose();
    }

    static async Task ChangeAsync(string job, string inputs, Lakehouse lake, EngineSession session)
    {
        var table = await lake.DefineTableAsync(Table, null, null, default);
        if (job == "commits")
        {
            for (var number = 0; number < Commits; number++) await CommitBenchmark.CommitAsync(session, table, number);
            return;
        }
        var writer = new TableWriter(session);
        var change = job switch
        {
            "load-parquet" =>
                await writer.AppendAsync(table, $"FROM read_parquet('{inputs}/memory.parquet')", new(), default),
            "load-csv" => await writer.AppendAsync(
                table, $"FROM read_csv('{inputs}/memory.csv', header = true, columns = {Rows.CsvColumns})", new(),
                default),
            _ => await writer.MergeAsync(
                table, $"FROM read_parquet('{inputs}/{job}.parquet')", new() { Keys = ["id"] }, default),
        };
        await change.CommitAsync(default);
    }

    static long PeakBytes() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line =>
            1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .First();
}

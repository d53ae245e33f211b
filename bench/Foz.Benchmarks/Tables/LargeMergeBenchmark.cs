using System.Diagnostics;
using System.Globalization;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Benchmarks.Tables;

/// <summary>600,000 rows merged into 60 M in a process of its own, against the public figure of another tool.</summary>
sealed class LargeMergeBenchmark : IBenchmark
{
    const long Target = 60_000_000;
    const long Source = 600_000;
    const long MemoryBytes = 1L << 30;
    const int Rounds = 3;

    public string Name => "merge-60m";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var lake = folder.Sub("large");
        using (var engines = Engines.Open())
        using (var session = engines.Open(Workload.Query))
        {
            var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t");
            var change = await new TableWriter(session).AppendAsync(
                table, Select($"range({Target}) r(i)"), new(), default);
            await change.CommitAsync(default);
        }
        var (seconds, bytes) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var output = (await Child.StartAsync("merge-60m", lake, $"{round}")).Split(' ');
            seconds.Add(double.Parse(output[0], CultureInfo.InvariantCulture) / 1000);
            bytes.Add(double.Parse(output[1], CultureInfo.InvariantCulture) / (1 << 20));
        }
        return
        [
            new("merge of 600,000 rows into 60 M, process included: time",
                "DuckDB + delta-rs tool on 16 GB, as published",
                Pair.Text($"{Pair.Median(seconds):0.0} s"), "255 s", Pair.Text($"{Pair.Median(seconds):0.0} s"),
                "≤ 30 s"),
            new("the same: memory at its peak", "the same",
                Pair.Text($"{Pair.Median(bytes):#,0} MB"), "4.4 GB", Pair.Text($"{Pair.Median(bytes):#,0} MB"),
                "≤ 2 GB"),
        ];
    }

    /// <summary>
    /// The work of the child: one merge; prints its milliseconds and the process's most memory in bytes.
    /// </summary>
    public static async Task ChildAsync(string lake, string round)
    {
        using var engines = new EnginePool(
            new EngineOptions { MemoryBytes = MemoryBytes, Workloads = [Workload.Query] });
        using var session = engines.Open(Workload.Query);
        var ms = await Pair.TimeAsync(async () =>
        {
            var table = new TableStore(new LocalObjectStore(lake), engines, TimeProvider.System).Open("t");
            var change = await new TableWriter(session).MergeAsync(table, new()
            {
                Source = Select(
                    $"(SELECT (hash(n + {round}) % {Target + Target / 100})::BIGINT AS i FROM range({Source}) r(n) "
                        + "QUALIFY row_number() OVER (PARTITION BY i) = 1)"),
                On = "target.id = source.id",
                Clauses =
                [
                    new(MergeMatch.Matched, new MergeAction.UpdateAll()),
                    new(MergeMatch.NotMatched, new MergeAction.InsertAll()),
                ],
            }, default);
            await change.CommitAsync(default);
        });
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(Pair.Text($"{ms:0.0} {process.PeakWorkingSet64}"));
    }

    static string Select(string from) =>
        $"""
        SELECT i::BIGINT AS id, (hash(i) % 1000000)::INTEGER AS customer, (hash(i + 1) % 100000) / 7.0 AS weight,
            'customer ' || (i % 50000) AS name, TIMESTAMP '2024-01-01' + INTERVAL (i % 31536000) SECOND AS sold_at,
            ((hash(i + 2) % 1000000) / 100.0)::DECIMAL(12, 2) AS price
        FROM {from}
        """;
}

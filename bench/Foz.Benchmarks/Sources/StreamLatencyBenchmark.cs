using System.Diagnostics;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// How long after its commit in PostgreSQL a row is in silver, by SQL on the PostgreSQL port of <c>foz serve</c>, while
/// 1,000 changes a second are written, and how long after its start a host that was killed has one there. The probe
/// repeats its query, as a client would.
/// </summary>
/// <param name="tables">Over how many tables the changes are spread.</param>
/// <param name="storeDelayMs">How much longer each answer of the object store takes; 0 for a lake in a folder.</param>
sealed class StreamLatencyBenchmark(int tables, int storeDelayMs = 0) : IBenchmark
{
    const int RowsPerTable = 1_000;

    static readonly TimeSpan warmUp = TimeSpan.FromSeconds(15), time = TimeSpan.FromMinutes(1);

    public string Name => $"latency of streams, {tables} tables" + (storeDelayMs > 0 ? ", object store" : "");

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        await using var shop = await FollowedShop.StartAsync(folder, tables, RowsPerTable, storeDelayMs);
        using var ending = new CancellationTokenSource();
        var writing = shop.WriteAsync(ending.Token);
        await Task.Delay(warmUp);
        await using var server = await shop.ServerAsync();
        var (latencies, watch) = (new List<double>(), Stopwatch.StartNew());
        await using (var lake = await shop.LakeAsync())
            for (var mark = 1; watch.Elapsed < time; mark++)
                latencies.Add(await FollowedShop.ProbeAsync(lake, server, mark % tables, $"mark {mark}"));
        await ending.CancelAsync();
        var rate = await writing / (warmUp + watch.Elapsed).TotalSeconds;
        watch.Restart();
        shop.Restart();
        await using (var lake = await shop.LakeAsync())
            await FollowedShop.ProbeAsync(lake, server, tables - 1, "after the start");
        var start = watch.Elapsed;
        var sorted = latencies.Order().ToList();
        var place = storeDelayMs > 0 ? Pair.Text($", an S3 store whose answers take {storeDelayMs} ms more") : "";
        return
        [
            new(
                Pair.Text(
                    $"commit in PostgreSQL → row in silver by SQL, {rate:#,0} changes/s over {tables} tables{place}"),
                "a limit", $"p50 {Pair.Ms(sorted[sorted.Count / 2])}", "–",
                $"p99 {Pair.Ms(sorted[(int)(sorted.Count * 0.99)])}, {sorted.Count} probes in a minute",
                storeDelayMs > 0 ? "p50 ≤ 1 s" : tables < 200 ? "p50 ≤ 300 ms, p99 ≤ 1 s" : "p99 ≤ 3 s"),
            new(
                "the same: start after kill -9 → a change in silver", "a limit", Pair.Ms(start.TotalMilliseconds),
                "10 s", Pair.Times(start.TotalSeconds / 10), "≤ 10 s"),
        ];
    }
}

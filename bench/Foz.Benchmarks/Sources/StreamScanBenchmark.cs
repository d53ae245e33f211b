using System.Diagnostics;
using Npgsql;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// A dashboard's scan of a silver table of 1 M rows that takes 1,000 changes a second, against the same table before
/// them. Upkeep runs as the host does it by itself.
/// </summary>
/// <param name="minutes">How long changes are written.</param>
sealed class StreamScanBenchmark(int minutes) : IBenchmark
{
    const int Rows = 1_000_000, ScansAtRest = 20;

    const string Scan = "SELECT n % 10, count(*), sum(length(v)) FROM silver.t0 GROUP BY 1";

    static readonly TimeSpan interval = TimeSpan.FromSeconds(2);

    public string Name => "scans of streams";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        await using var shop = await FollowedShop.StartAsync(folder, tables: 1, Rows);
        await using var lake = await shop.LakeAsync();
        await ScanAsync(lake);
        var atRest = new List<double>();
        for (var i = 0; i < ScansAtRest; i++) atRest.Add(await ScanAsync(lake));
        using var ending = new CancellationTokenSource();
        var writing = shop.WriteAsync(ending.Token);
        var (scans, watch) = (new List<(int Minute, double Ms)>(), Stopwatch.StartNew());
        while (watch.Elapsed < TimeSpan.FromMinutes(minutes))
        {
            scans.Add(((int)watch.Elapsed.TotalMinutes, await ScanAsync(lake)));
            await Task.Delay(interval);
        }
        await ending.CancelAsync();
        await writing;
        var byMinute = scans.GroupBy(scan => scan.Minute, scan => scan.Ms)
            .Select(each => Pair.Median([.. each])).ToList();
        var (rest, all) = (Pair.Median(atRest), Pair.Median([.. scans.Select(scan => scan.Ms)]));
        return
        [
            new(
                Pair.Text(
                    $"scan of a silver table of {Rows:#,0} rows that takes 1,000 changes/s, over {minutes} minutes"),
                "the same table at rest", Pair.Ms(all), Pair.Ms(rest), Pair.Times(all / rest), "≤ 1.5×"),
            new("the same, its worst minute", "the same", Pair.Ms(byMinute.Max()), Pair.Ms(rest),
                Pair.Times(byMinute.Max() / rest), "–"),
        ];
    }

    static Task<double> ScanAsync(NpgsqlConnection lake) => Pair.TimeAsync(async () =>
    {
        await using var command = new NpgsqlCommand(Scan, lake);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) { }
    });
}

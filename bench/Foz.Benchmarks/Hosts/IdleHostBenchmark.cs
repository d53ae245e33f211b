using System.Globalization;
using Foz.Benchmarks.Serving;

namespace Foz.Benchmarks.Hosts;

/// <summary>A host without streams and clients that waits for its schedules: memory, processor time.</summary>
sealed class IdleHostBenchmark : IBenchmark
{
    const int Tables = 20, MemoryMax = 250;
    const double ShareMax = 0.5;

    static readonly TimeSpan settling = TimeSpan.FromSeconds(60), length = TimeSpan.FromMinutes(4);

    public string Name => "idle-host";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var foz = await PublishedFoz.PathAsync();
        var project = folder.Sub("idle");
        Directory.CreateDirectory(Path.Combine(project, "models", "gold"));
        for (var i = 0; i < Tables; i++)
            await File.WriteAllTextAsync(
                Path.Combine(project, "models", "gold", string.Create(CultureInfo.InvariantCulture, $"t{i}.sql")),
                "select i, md5(i::varchar) as text from range(10000) r(i)");
        await File.WriteAllTextAsync(Path.Combine(project, "foz.yml"), "name: serving\nlake: lake\n");
        await PublishedFoz.RunAsync(foz, project, ["run", "--here"]);
        using var host = ServeProcess.Start(
            project,
            "lake: lake\nschedules:\n  nightly: {cron: '30 3 1 1 *'}\n  monthly: {cron: '0 7 1 * *', select: gold.t1}",
            foz);
        await Task.Delay(settling);
        var (from, before) = (TimeProvider.System.GetTimestamp(), ServeProcess.CpuSeconds(host.Id));
        var peak = 0L;
        while (TimeProvider.System.GetElapsedTime(from) < length)
        {
            await Task.Delay(5000);
            peak = Math.Max(peak, host.ResidentBytes);
        }
        var share = 100 * (ServeProcess.CpuSeconds(host.Id) - before)
            / TimeProvider.System.GetElapsedTime(from).TotalSeconds;
        var megabytes = peak / 1e6;
        return
        [
            new(Pair.Text($"idle host, {Tables} tables, two schedules, {length.TotalMinutes:0} minutes: memory"),
                "a limit", Pair.Text($"{megabytes:0} MB"), Pair.Text($"{MemoryMax} MB"),
                Pair.Text($"{megabytes:0} MB"), Pair.Text($"≤ {MemoryMax} MB")),
            new("the same: processor time", "a limit, of one processor", Pair.Text($"{share:0.00} %"),
                Pair.Text($"{ShareMax} %"), Pair.Text($"{share:0.00} %"), Pair.Text($"≤ {ShareMax} %")),
        ];
    }
}

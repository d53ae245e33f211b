using System.Globalization;
using System.Text;
using System.Text.Json;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Hosting;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Benchmarks.Schedules;

/// <summary>
/// Schedules that are due in one minute, as many at each of its seconds: how long after its time each firing is written
/// to the lake.
/// </summary>
sealed class DueMinuteBenchmark(int schedules) : IBenchmark
{
    const int Rounds = 3, SecondsOfMinute = 60;

    static readonly TimeSpan ahead = TimeSpan.FromSeconds(20), lookInterval = TimeSpan.FromMilliseconds(20);

    public string Name => "schedules-minute";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = new EnginePool(
            new() { MemoryBytes = 256L << 20, Threads = 1, Workloads = [Workload.Query] });
        var late = new List<double>();
        for (var round = 0; round < Rounds; round++)
            late.AddRange(await FireAsync(engines, folder.Sub(Pair.Text($"due-minute-{round}"))));
        late.Sort();
        return
        [
            new(Pair.Text($"{schedules:N0} schedules due in one minute, as many at each second: ")
                    + "a firing durable and queued, with the id of its run",
                "the limit", Pair.Text($"median {Pair.Median(late) / 1000:0.00} s"),
                Pair.Text($"worst of {late.Count:N0}: {late[^1] / 1000:0.00} s"),
                Pair.Text($"p99 {late[(int)(late.Count * 0.99)] / 1000:0.00} s"), "≤ 2 s"),
        ];
    }

    async Task<List<double>> FireAsync(EnginePool engines, string folder)
    {
        var first = TimeProvider.System.GetUtcNow() + ahead;
        first = first.AddTicks(-(first.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
        var text = new StringBuilder("name: s\nlake: lake\nschedules:\n");
        for (var i = 0; i < schedules; i++)
            text.Append(
                CultureInfo.InvariantCulture,
                $"  s{i}: {{every: 1d, start: '{first.AddSeconds(i % SecondsOfMinute):yyyy-MM-dd HH:mm:ss}'}}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "foz.yml"), text.ToString());
        var file = ProjectLoader.LoadFile(folder, new());
        var errors = new ErrorList();
        var read = ScheduleService.Read(file, errors);
        errors.ThrowIfAny();
        var lake = new Lakehouse(file.LakePath, engines, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var job = new ScheduleService(lake, file).CreateJob(
            () => read, static () => null,
            new()
            {
                Query = static (_, _) => throw new NotSupportedException(),
                Leads = static _ => ValueTask.FromResult(true),
            },
            static _ => { });
        var running = new HostLoop(TimeProvider.System, static _ => { }).RunAsync(job, stop.Token);
        var versions = await WatchAsync(Path.Combine(file.LakePath, "_foz", "firings"), first.AddSeconds(75));
        await stop.CancelAsync();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        lake.Close();
        return LatenessOf(versions);
    }

    /// <summary>The versions of the object that has the minute's firings, with when each was there.</summary>
    static async Task<List<(DateTimeOffset At, byte[] Content)>> WatchAsync(string firings, DateTimeOffset until)
    {
        var versions = new List<(DateTimeOffset, byte[])>();
        var seen = DateTime.MinValue;
        while (TimeProvider.System.GetUtcNow() < until)
        {
            await Task.Delay(lookInterval);
            if (!Directory.Exists(firings)
                || Directory.EnumerateFiles(firings, "*.json", SearchOption.AllDirectories).FirstOrDefault()
                    is not { } path
                || File.GetLastWriteTimeUtc(path) is var written && written == seen) continue;
            seen = written;
            // By the clock of this process: what a look finds may have been there for a while.
            versions.Add((TimeProvider.System.GetUtcNow(), await File.ReadAllBytesAsync(path)));
        }
        return versions;
    }

    List<double> LatenessOf(List<(DateTimeOffset At, byte[] Content)> versions)
    {
        var late = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (at, content) in versions)
        {
            using var firings = JsonDocument.Parse(content);
            foreach (var firing in firings.RootElement.EnumerateArray())
                late.TryAdd(
                    firing.GetProperty("schedule").GetString()!,
                    (at - firing.GetProperty("due").GetDateTimeOffset()).TotalMilliseconds);
        }
        return late.Count == schedules
            ? [.. late.Values]
            : throw new InvalidOperationException($"{late.Count} of {schedules} firings were made");
    }
}

using System.Globalization;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Hosting;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Benchmarks.Schedules;

/// <summary>
/// Schedules that are due at the same moment: how long after it the last of their firings is written to the lake, with
/// the id of its run.
/// </summary>
sealed class ScheduleBenchmark(int schedules) : IBenchmark
{
    const int Rounds = 7;

    static readonly TimeSpan ahead = TimeSpan.FromSeconds(6);

    public string Name => "schedules";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var engines = new EnginePool(new() { MemoryBytes = 256L << 20, Threads = 1, Workloads = [Workload.Query] });
        var late = new List<double>();
        var bare = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            var (milliseconds, content) = await FireAsync(engines, folder.Sub(Pair.Text($"schedules-{round}")));
            // In the first round the runtime compiles.
            if (round == 0) continue;
            late.Add(milliseconds);
            var store = new Foz.Storage.LocalObjectStore(folder.Sub(Pair.Text($"schedules-{round}-bare")));
            bare.Add(await Pair.TimeAsync(async () => await store.PutIfAbsentAsync("firings", content, default)));
        }
        return
        [
            new(Pair.Text($"{schedules:N0} schedules due at one moment: all firings durable, with the ids of their runs"),
                "the limit: writing and syncing the same bytes alone",
                Pair.Text($"worst of {Rounds}: {late.Max():0} ms"), Pair.Text($"{Pair.Median(bare):0} ms"),
                Pair.Text($"{late.Max() / 1000:0.00} s"), "≤ 2 s"),
        ];
    }

    async Task<(double Milliseconds, byte[] Content)> FireAsync(EnginePool engines, string folder)
    {
        var due = TimeProvider.System.GetUtcNow() + ahead;
        due = due.AddTicks(-(due.Ticks % TimeSpan.TicksPerSecond));
        var text = new StringBuilder("name: s\nlake: lake\nschedules:\n");
        for (var i = 0; i < schedules; i++)
            text.Append(
                CultureInfo.InvariantCulture, $"  s{i}: {{every: 1d, start: '{due:yyyy-MM-dd HH:mm:ss}'}}\n");
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
        var firings = Path.Combine(file.LakePath, "_foz", "firings");
        FileInfo? written;
        do
        {
            await Task.Delay(5);
            written = Directory.Exists(firings)
                ? new DirectoryInfo(firings).EnumerateFiles("*.json", SearchOption.AllDirectories).FirstOrDefault()
                : null;
        }
        while (written is null);
        var milliseconds = (written.CreationTimeUtc - due.UtcDateTime).TotalMilliseconds;
        var content = await File.ReadAllBytesAsync(written.FullName);
        await stop.CancelAsync();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        lake.Close();
        return (milliseconds, content);
    }
}

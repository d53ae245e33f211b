using System.Diagnostics;

namespace Foz.Benchmarks.Projects;

/// <summary>
/// A published <c>foz</c> on a project of 10,000 models, from start to end: a plan without and with what it parsed
/// before, on a lake with nothing and with everything made, and a run with nothing to do.
/// </summary>
sealed class PlanBenchmark : IBenchmark
{
    const int Models = 10_000;
    const int Rounds = 5;

    public string Name => "plan-10000";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        await RunAsync("make", ["--silent", "-C", Checkout.Root, "publish"], folder.Path, folder.Path);
        var (project, cache) = (folder.Sub("many-models"), folder.Sub("many-models-cache"));
        ManyModels.Write(project, Models);
        var cold = await TimeAsync(project, cache, "plan", isCold: true);
        var warm = await TimeAsync(project, cache, "plan", isCold: false);
        await FozAsync(project, cache, "run");
        var planned = await TimeAsync(project, cache, "plan", isCold: false);
        var run = await TimeAsync(project, cache, "run", isCold: false);
        return
        [
            Of("plan of 10,000 models, nothing parsed before", cold, "≤ 2 s"),
            Of("the same, parsed before", warm, "≤ 1 s"),
            Of("the same, all of them made", planned, "≤ 2 s"),
            Of("run of 10,000 models with nothing to do", run, "≤ 3 s"),
        ];
    }

    static Figure Of(string work, double ms, string goal) =>
        new(work, "the limit", Pair.Ms(ms), "", Pair.Text($"{ms / 1000:0.0} s"), goal);

    static async Task<double> TimeAsync(string project, string cache, string command, bool isCold)
    {
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            if (isCold) WorkFolder.Empty(cache);
            times.Add(await Pair.TimeAsync(() => FozAsync(project, cache, command)));
        }
        return Pair.Median(times);
    }

    static Task FozAsync(string project, string cache, string command) =>
        RunAsync(Path.Combine(Checkout.Root, "artifacts", "publish", "foz", "foz"), [command], project, cache);

    static async Task RunAsync(string file, string[] arguments, string folder, string cache)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = folder,
            Environment = { ["XDG_CACHE_HOME"] = cache },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {output}");
    }
}

using System.Diagnostics;
using Foz.Benchmarks.Memory;
using Foz.Benchmarks.Snapshots;
using Foz.Benchmarks.Tables;

namespace Foz.Benchmarks;

/// <summary>Work in a process of its own.</summary>
static class Child
{
    /// <summary>Runs a part of a benchmark in a new process of this program.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["child", .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    /// <summary>What the new process does.</summary>
    public static async Task<int> RunAsync(string name, string[] arguments)
    {
        switch (name)
        {
            case "merge": await MergeBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            case "memory": await MemoryJob.RunAsync(arguments[0], arguments[1], arguments[2]); return 0;
            case "merge-60m": await LargeMergeBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            case "snapshot": await ReplayBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            default: throw new ArgumentOutOfRangeException(nameof(name), name, "no such child");
        }
    }
}

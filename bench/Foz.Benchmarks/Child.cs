using System.Diagnostics;
using System.Globalization;
using Foz.Benchmarks.Memory;
using Foz.Benchmarks.Projects;
using Foz.Benchmarks.Snapshots;
using Foz.Benchmarks.Tables;

namespace Foz.Benchmarks;

/// <summary>Work in a process of its own.</summary>
static class Child
{
    /// <summary>Runs a part of a benchmark in a new process of this program.</summary>
    /// <returns>What it printed.</returns>
    public static Task<string> StartAsync(params string[] arguments) => RunAsync(Environment.ProcessPath!, arguments);

    /// <summary>Runs a part of a benchmark in a new process of this program, compiled ahead of time as foz is
    /// published: a process that starts for one short work would spend half of it compiling.</summary>
    /// <returns>What it printed.</returns>
    public static Task<string> StartPublishedAsync(params string[] arguments) =>
        RunAsync(Path.Combine(PublishFolder, "Foz.Benchmarks"), arguments);

    /// <summary>Publishes this program for <see cref="StartPublishedAsync"/>.</summary>
    public static async Task PublishAsync()
    {
        using var publish = System.Diagnostics.Process.Start(
            "dotnet",
            [
                "publish", Path.Combine(Checkout.Root, "bench", "Foz.Benchmarks"), "-c", "Release", "-r",
                System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier, "--self-contained", "false",
                "-p:FAST=1", "-o", PublishFolder, "--nologo", "-v", "quiet",
            ]);
        await publish.WaitForExitAsync();
        if (publish.ExitCode != 0) throw new InvalidOperationException("the benchmarks could not be published");
    }

    static string PublishFolder => Path.Combine(Checkout.Root, "artifacts", "publish", "bench");

    static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, ["child", .. arguments])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    /// <summary>What the new process does.</summary>
    public static async Task<int> WorkAsync(string name, string[] arguments)
    {
        switch (name)
        {
            case "merge": await MergeBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            case "memory": await MemoryJob.RunAsync(arguments[0], arguments[1], arguments[2]); return 0;
            case "merge-60m": await LargeMergeBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            case "many-models":
                ManyModels.Write(
                arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)); return 0;
            case "snapshot": await ReplayBenchmark.ChildAsync(arguments[0], arguments[1]); return 0;
            default: throw new ArgumentOutOfRangeException(nameof(name), name, "no such child");
        }
    }
}

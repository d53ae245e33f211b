using System.Diagnostics;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary><c>make publish</c>.</summary>
public sealed class PublishTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_published_runs_and_no_lock_file_is_rewritten()
    {
        var before = await LocksAsync();
        await RunAsync("make", "-C", Repository.Root, "publish", "FAST=1");
        Assert.Equal(before, await LocksAsync());
        var foz = Path.Combine(Repository.Root, "artifacts", "publish", "foz", "foz");
        Assert.StartsWith("foz ", await RunAsync(foz, "version"), StringComparison.Ordinal);
        Assert.Equal("a\n1\n", await RunAsync(foz, "query", "select 1 as a", "--output", "csv"));
    }

    static async Task<SortedDictionary<string, string>> LocksAsync()
    {
        var locks = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")))
            locks[folder] = await File.ReadAllTextAsync(Path.Combine(folder, "packages.lock.json"), Cancel);
        return locks;
    }

    static async Task<string> RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = Path.GetTempPath(),
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{file} ended with {process.ExitCode}\n{output}");
        return output;
    }
}

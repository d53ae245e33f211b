using System.Diagnostics;

namespace Foz.Benchmarks.Hosts;

/// <summary>The command <c>foz</c> as users install it: published, for this machine.</summary>
static class PublishedFoz
{
    static readonly Lazy<Task<string>> published = new(PublishAsync);

    /// <summary>The published program, which is made once.</summary>
    public static Task<string> PathAsync() => published.Value;

    /// <summary>Runs it in a folder; an error where it does not end well.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string folder, params string[] arguments) =>
        await RunAsync(await PathAsync(), folder, arguments);

    /// <summary>Runs a program in a folder; an error where it does not end well.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(string program, string folder, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = folder,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }

    static async Task<string> PublishAsync()
    {
        await RunAsync("make", Checkout.Root, ["--silent", "publish", "FAST=1"]);
        return Path.Combine(Checkout.Root, "artifacts", "publish", "foz", "foz");
    }
}

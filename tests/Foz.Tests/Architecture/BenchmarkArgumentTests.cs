using System.Diagnostics;

namespace Foz.Tests.Architecture;

/// <summary>What <c>make bench</c> takes.</summary>
public sealed class BenchmarkArgumentTests
{
    [Theory]
    [InlineData("--wirte")]
    [InlineData("no-such-benchmark")]
    public async Task An_argument_that_is_not_known_is_an_error(string argument)
    {
        var program = Path.Combine(
            Repository.Root, "artifacts", "bin", "Foz.Benchmarks", Configuration, "Foz.Benchmarks");
        Assert.SkipUnless(File.Exists(program), "the benchmarks were not built");
        var start = new ProcessStartInfo(program, [argument])
        {
            RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith(
            $"unknown: {argument}; write --write, or a part of one of these names:", error, StringComparison.Ordinal);
    }

    static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Name;
}

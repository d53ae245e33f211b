using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The real process: what only shows at its edges.</summary>
public sealed class ProcessTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-process-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Results_go_to_the_standard_output_and_errors_to_the_standard_error()
    {
        Assert.Equal((0, "a\n1\n", ""), await RunAsync("query", "select 1 as a", "--output", "csv"));
        var (exitCode, output, error) = await RunAsync("query", "selec");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal("error: sql:1:1: syntax error at or near \"selec\"\n", error);
        Assert.Equal(2, (await RunAsync("nothing")).ExitCode);
    }

    [Fact]
    public async Task Off_a_terminal_nothing_is_coloured()
    {
        Assert.Equal(0, (await RunAsync("init", ".", "--template", "empty")).ExitCode);
        foreach (var command in new[] { "run", "ls", "plan", "test", "doctor" })
        {
            var (exitCode, output, error) = await RunAsync(command);
            Assert.Equal((0, ""), (exitCode, error));
            Assert.DoesNotContain('\e', output);
        }
    }

    [Fact]
    public async Task A_query_comes_through_a_pipe()
    {
        using var process = Start("query", "-o", "json");
        await process.StandardInput.WriteAsync("select 'ação' as a");
        process.StandardInput.Close();
        Assert.Equal("[\n{\"a\":\"ação\"}\n]\n", await process.StandardOutput.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Rows_arrive_while_the_query_works()
    {
        // The statement never ends in this test's time: only a stream lets its first rows be seen.
        using var process = Start("query", "select i from range(100000000000) t(i)", "-o", "csv");
        for (var line = 0; line < 10_000; line++) Assert.NotNull(await process.StandardOutput.ReadLineAsync(Cancel));
        process.Kill();
        await process.WaitForExitAsync(Cancel);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task A_signal_stops_a_query_with_exit_code_2(int signal)
    {
        // Shells without job control let what runs in the background ignore Ctrl-C, and programs keep to that.
        Assert.SkipWhen(
            IsIgnored(signal), $"whoever runs the tests ignores signal {signal}, and so do programs started by them");
        using var process = Start("query", "select i from range(100000000000) t(i)", "-o", "csv");
        for (var line = 0; line < 100; line++) Assert.NotNull(await process.StandardOutput.ReadLineAsync(Cancel));
        var rest = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, Cancel);
        Assert.Equal(0, Kill(process.Id, signal));
        await rest;
        Assert.Equal("stopped\n", await process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        Assert.Equal(2, process.ExitCode);
    }

    /// <summary>Whether a signal does nothing to this process, and so to those that it starts.</summary>
    internal static bool IsIgnored(int signal)
    {
        const string Field = "SigIgn:";
        const string Status = "/proc/self/status";
        if (!File.Exists(Status)) return false;
        var mask = File.ReadLines(Status)
            .First(line => line.StartsWith(Field, StringComparison.Ordinal))[Field.Length..].Trim();
        return (ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) == 1;
    }

    async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] args)
    {
        using var process = Start(args);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output, await error);
    }

    Process Start(params string[] args) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "foz.dll"), .. args])
    {
        WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
        RedirectStandardError = true, UseShellExecute = false,
    })!;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Kill(int processId, int signal);
}

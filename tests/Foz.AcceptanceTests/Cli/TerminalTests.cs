using System.Diagnostics;
using Foz.AcceptanceTests.Documents;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>The command on a real terminal: a pseudo terminal that <c>script</c> of bsdutils makes.</summary>
public sealed class TerminalTests : IDisposable
{
    const string Script = "/usr/bin/script";
    const int Width = 64;

    readonly string folder = Directory.CreateTempSubdirectory("foz-terminal-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_run_is_shown_live_and_leaves_its_lines_and_nothing_else()
    {
        using var screen = await RunAsync("foz init . --template empty && foz run && foz run");

        Expect.File("terminal.txt", StillText.Of(screen.Picture));
        Assert.Contains(screen.Styles, style => style == "32");
        Assert.Contains(screen.Frames, frame => frame.Contains("of 3 steps", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_run_says_for_whom_it_waits()
    {
        using var screen = await RunAsync(
            """
            foz init . --template empty > /dev/null
            cat > models/bronze/slow.sql <<'END'
            select count(*) as n from range(100000000000) where random() < 0
            END
            foz run bronze.slow > first.txt 2>&1 & first=$!
            while ! ls lake/_foz/leases/*/bronze.slow.json > /dev/null 2>&1; do sleep 0.05; done
            foz run bronze.slow --wait 1s; echo "exit code $?"
            kill -TERM $first; wait $first; echo "exit code $?"
            """);

        Assert.Matches(
            @"^bronze.slow: waiting for run [0-9]{17}-[0-9a-f]{4} of \S+", screen.Picture.ReplaceLineEndings(" "));
        Assert.Contains("exit code 1\nexit code 2\n", screen.Picture, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NO_COLOR=1", true)]
    [InlineData("TERM=dumb", false)]
    public async Task Who_wants_no_colours_sees_none(string setting, bool isLive)
    {
        using var screen = await RunAsync($"foz init . --template empty > /dev/null; {setting} foz run");

        Assert.Empty(screen.Styles);
        Assert.Equal(isLive, screen.Picture.Contains("✓ silver.sales", StringComparison.Ordinal));
        Assert.Equal(isLive, screen.Frames.Any(frame => frame.Contains("of 3 steps", StringComparison.Ordinal)));
    }

    /// <summary>Does commands of a shell on a terminal.</summary>
    async Task<Screen> RunAsync(string commands)
    {
        Assert.SkipUnless(File.Exists(Script), $"no {Script} (Debian has it in bsdutils)");
        DemoCheckout.WriteCommand(Path.Combine(folder, "bin"));
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        var file = Path.Combine(folder, "commands.sh");
        await File.WriteAllTextAsync(
            file, $"stty cols {Width} rows 30\n{commands}\n", TestContext.Current.CancellationToken);
        using var process = Process.Start(new ProcessStartInfo(Script, ["-q", "-c", $"sh '{file}'", "/dev/null"])
        {
            WorkingDirectory = work, UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["PATH"] = $"{Path.Combine(folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}",
                ["TERM"] = "xterm-256color", ["NO_COLOR"] = null, ["LC_ALL"] = "C.UTF-8",
            },
        })!;
        var screen = new Screen(Width);
        var buffer = new char[4096];
        while (await process.StandardOutput.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0
            and var length)
        {
            await screen.WriteAsync(buffer, 0, length);
            await screen.FlushAsync(TestContext.Current.CancellationToken);
        }
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return screen;
    }
}

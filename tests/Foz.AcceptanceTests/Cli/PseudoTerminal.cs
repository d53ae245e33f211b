using System.Diagnostics;
using System.Text;
using Foz.AcceptanceTests.Documents;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>A shell on a pseudo terminal, which <c>script</c> of bsdutils makes, with a user who types.</summary>
sealed class PseudoTerminal : IAsyncDisposable
{
    const string Script = "/usr/bin/script";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly Screen screen;
    readonly StringBuilder written = new();
    readonly Task reading;
    readonly Lock gate = new();
    TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int seen;

    PseudoTerminal(Process process, int width)
    {
        (this.process, screen) = (process, new(width));
        reading = ReadAsync();
    }

    /// <summary>Gets what the terminal shows.</summary>
    public string Picture
    {
        get
        {
            lock (gate) return screen.Picture;
        }
    }

    /// <summary>Gets everything that was written to it, with all codes.</summary>
    public string Written
    {
        get
        {
            lock (gate) return written.ToString();
        }
    }

    /// <summary>Starts commands of a shell.</summary>
    /// <param name="folder">A folder for it; the commands work in <c>work</c> there.</param>
    /// <param name="commands">The commands.</param>
    /// <param name="width">The terminal's columns.</param>
    /// <param name="environment">Environment variables; a null removes one.</param>
    public static async Task<PseudoTerminal> StartAsync(
        string folder, string commands, int width = 80, params (string Name, string? Value)[] environment)
    {
        Assert.SkipUnless(File.Exists(Script), $"no {Script} (Debian has it in bsdutils)");
        DemoCheckout.WriteCommand(Path.Combine(folder, "bin"));
        var file = Path.Combine(folder, "commands.sh");
        await File.WriteAllTextAsync(
            file, $"stty cols {width} rows 30\n{commands}\n", TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(Script, ["-q", "-c", $"sh '{file}'", "/dev/null"])
        {
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName,
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(false),
            Environment =
            {
                ["PATH"] = $"{Path.Combine(folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}",
                ["TERM"] = "xterm-256color", ["NO_COLOR"] = null, ["LC_ALL"] = "C.UTF-8", ["PAGER"] = "cat",
                ["XDG_STATE_HOME"] = Path.Combine(folder, "state"),
            },
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(Process.Start(start)!, width);
    }

    /// <summary>Waits until a text is written after the last one that was waited for, and then types.</summary>
    /// <param name="expected">The text.</param>
    /// <param name="typed">What is typed; a line end is Enter.</param>
    public async Task TypeAsync(string expected, string typed)
    {
        await SeeAsync(expected);
        await process.StandardInput.WriteAsync(typed.Replace('\n', '\r'));
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a text is written after the last one that was waited for.</summary>
    public async Task SeeAsync(string expected)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            Task next;
            lock (gate)
            {
                var at = written.ToString().IndexOf(expected, seen, StringComparison.Ordinal);
                if (at >= 0)
                {
                    seen = at + expected.Length;
                    return;
                }
                next = more.Task;
            }
            Assert.False(reading.IsCompleted, $"ended without '{expected}':\n{Picture}");
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"no '{expected}':\n{Picture}");
            await Task.WhenAny(next, reading, Task.Delay(Patience, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Waits for the end of the commands; returns what the terminal shows then.</summary>
    public async Task<string> EndAsync()
    {
        await reading.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return Picture;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await reading;
        process.Dispose();
        await screen.DisposeAsync();
    }

    async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await process.StandardOutput.ReadAsync(buffer, CancellationToken.None) is > 0 and var length)
        {
            lock (gate)
            {
                written.Append(buffer, 0, length);
                screen.Write(buffer, 0, length);
                screen.Flush();
                more.TrySetResult();
                more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}

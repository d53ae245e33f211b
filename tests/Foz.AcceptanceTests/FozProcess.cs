using System.Diagnostics;

namespace Foz.AcceptanceTests;

/// <summary>The command <c>foz</c> in a process of its own, from the build of the tests.</summary>
public sealed class FozProcess : IDisposable
{
    readonly Process process;
    readonly Task<string> errors;

    FozProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    /// <summary>The exit code of a process that SIGKILL ended.</summary>
    public const int KilledExitCode = 128 + 9;

    /// <summary>Starts the command.</summary>
    /// <param name="folder">Where it works; its temporary files are left in <c>temp</c> there.</param>
    /// <param name="failpoint">The failpoint to die at, as <c>FOZ_FAILPOINT</c> has it; null for none.</param>
    /// <param name="arguments">Its arguments.</param>
    public static FozProcess Start(string folder, string? failpoint, params IEnumerable<string> arguments)
    {
        var start = Command(folder, arguments);
        if (failpoint is not null) start.Environment["FOZ_FAILPOINT"] = failpoint;
        return new(Process.Start(start)!);
    }

    /// <summary>Starts a prepared command.</summary>
    public static FozProcess Start(ProcessStartInfo command) => new(Process.Start(command)!);

    /// <summary>The command, ready to be started.</summary>
    /// <param name="folder">Where it works; its temporary files are left in <c>temp</c> there.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ProcessStartInfo Command(string folder, params IEnumerable<string> arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "foz.dll"), .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = Directory.CreateDirectory(Path.Combine(folder, "temp")).FullName },
        };

    /// <summary>Runs the command to its end.</summary>
    public static async Task<FozResult> RunAsync(string folder, params IEnumerable<string> arguments)
    {
        using var foz = Start(folder, failpoint: null, arguments);
        return await foz.WaitAsync();
    }

    /// <summary>The next line of its output; null at the end.</summary>
    public async Task<string?> ReadLineAsync() =>
        await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

    /// <summary>Writes a line to its input, where the command was made ready with one.</summary>
    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line.AsMemory(), TestContext.Current.CancellationToken);
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends its input.</summary>
    public void CloseInput() => process.StandardInput.Close();

    /// <summary>The most bytes of memory that it has taken, on Linux.</summary>
    public long PeakBytes =>
        File.ReadLines($"/proc/{process.Id}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(line =>
                long.Parse(
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                    System.Globalization.CultureInfo.InvariantCulture) * 1024).Single();

    /// <summary>Waits until it is stopped, as SIGSTOP does.</summary>
    public async Task WaitUntilStoppedAsync() =>
        Assert.True(await TryWaitUntilStoppedAsync(), "it ended, and was to be stopped");

    /// <summary>Waits until it is stopped, as SIGSTOP does, or ends.</summary>
    /// <returns>Whether it is stopped.</returns>
    public async Task<bool> TryWaitUntilStoppedAsync()
    {
        while (!process.HasExited)
        {
            if (await StatAsync() is { } stat && stat.Contains(") T ", StringComparison.Ordinal)) return true;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        return false;
    }

    async Task<string?> StatAsync()
    {
        try
        {
            return await File.ReadAllTextAsync($"/proc/{process.Id}/stat", TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }

    /// <summary>Its number.</summary>
    public int Id => process.Id;

    /// <summary>Stops it with SIGSTOP.</summary>
    public void Pause() => Process.Start("kill", ["-STOP", $"{process.Id}"]).WaitForExit();

    /// <summary>Resumes it.</summary>
    public void Continue() => Process.Start("kill", ["-CONT", $"{process.Id}"]).WaitForExit();

    /// <summary>Ends it with SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code and the rest of its output.</returns>
    public async Task<FozResult> WaitAsync()
    {
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, output, await errors);
    }

    /// <summary>Ends it if it still works.</summary>
    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to its standard output.</param>
/// <param name="Errors">What it wrote to its standard error.</param>
public sealed record FozResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Asserts how it ended.</summary>
    public FozResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, not {exitCode}\n{Output}\n{Errors}");
        return this;
    }
}

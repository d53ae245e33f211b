using System.Diagnostics;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>What <c>make publish</c> makes, once for all tests of it.</summary>
public sealed class PublishedFoz : IAsyncLifetime
{
    /// <summary>The folder with the program.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "artifacts", "publish", "foz");

    DirectoryInfo? packages;

    /// <summary>The lock files before it was made, by project.</summary>
    public SortedDictionary<string, string> LocksBefore { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        LocksBefore = await LocksAsync();
        await RunAsync(Repository.Root, new("make", ["publish", "FAST=1"]));
    }

    public ValueTask DisposeAsync()
    {
        if (packages is { } made) Directory.Delete(made.FullName, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The packages of it for this machine, packed once for all tests.</summary>
    public async Task<DirectoryInfo> PackAsync()
    {
        if (packages is null)
        {
            packages = Directory.CreateTempSubdirectory("foz-packages-");
            await PackAsync(Folder, packages.FullName, "UTC");
        }
        return packages;
    }

    /// <summary>Packs quickly: how small the packages are is a matter of releases.</summary>
    public static Task PackAsync(string program, string output, string zone)
    {
        var start = new ProcessStartInfo(
            Path.Combine(Repository.Root, "deploy", "release", "package"), ["linux-x64", program, output]);
        start.Environment["FOZ_LEVEL"] = "1";
        start.Environment["TZ"] = zone;
        return RunAsync(Repository.Root, start);
    }

    /// <summary>The lock files of all projects.</summary>
    public static async Task<SortedDictionary<string, string>> LocksAsync()
    {
        var locks = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var project in Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")))
            locks[project] = await File.ReadAllTextAsync(
                Path.Combine(project, "packages.lock.json"), TestContext.Current.CancellationToken);
        return locks;
    }

    /// <summary>Runs a command, which must succeed, and returns its output.</summary>
    public static async Task<string> RunAsync(string folder, ProcessStartInfo command)
    {
        var (exitCode, output) = await TryRunAsync(folder, command);
        Assert.True(exitCode == 0, $"{command.FileName} {string.Join(' ', command.ArgumentList)}: {exitCode}\n{output}");
        return output;
    }

    /// <summary>Runs a command and returns its exit code, and its output with its errors.</summary>
    public static async Task<(int ExitCode, string Output)> TryRunAsync(string folder, ProcessStartInfo command)
    {
        var ct = TestContext.Current.CancellationToken;
        command.RedirectStandardOutput = command.RedirectStandardError = true;
        command.UseShellExecute = false;
        command.WorkingDirectory = folder;
        using var process = Process.Start(command)!;
        var errors = process.StandardError.ReadToEndAsync(ct);
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, output + await errors);
    }
}

[CollectionDefinition]
public sealed class PublishCollection : ICollectionFixture<PublishedFoz>;

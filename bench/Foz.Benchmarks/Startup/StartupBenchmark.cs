using System.Diagnostics;

namespace Foz.Benchmarks.Startup;

/// <summary>A published <c>foz</c> from start to end, against an empty .NET program published the same way.</summary>
sealed class StartupBenchmark(string command) : IBenchmark
{
    const int Rounds = 21;

    public string Name => $"startup-{command}";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var foz = await PublishAsync(Path.Combine(Checkout.Root, "src", "Foz.Cli"), folder.Sub("publish-foz"), "foz");
        var hello = await PublishAsync(WriteHello(folder.Sub("hello")), folder.Sub("publish-hello"), "hello");
        string[] arguments = command == "version" ? ["version"] : ["query", "select 1"];
        var (ours, theirs, _) = await Pair.RunAsync(Rounds, () => RunAsync(foz, arguments), () => RunAsync(hello, []));
        return
        [
            new($"published `foz {string.Join(' ', arguments)}`, start to end", "a .NET hello world",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Text($"+ {ours - theirs:0} ms"),
                command == "version" ? "+ 30 ms" : "+ 90 ms"),
        ];
    }

    static string WriteHello(string folder)
    {
        File.WriteAllText(
            Path.Combine(folder, "hello.csproj"),
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "System.Console.WriteLine(\"hello\");");
        return folder;
    }

    static async Task<string> PublishAsync(string project, string folder, string name)
    {
        await RunAsync("dotnet", [
            "publish", project, "-c", "Release", "-v", "quiet", "--nologo", "-p:FAST=1",
            "-p:RestorePackagesWithLockFile=false",
            "-r", System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier.Replace("debian.12", "linux", StringComparison.Ordinal),
            "--self-contained", "false", "-o", folder,
        ]);
        return Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
    }

    static async Task RunAsync(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = Path.GetTempPath(),
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {output}");
    }
}

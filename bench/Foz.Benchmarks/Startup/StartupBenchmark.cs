using System.Diagnostics;
using Foz.Benchmarks.Hosts;

namespace Foz.Benchmarks.Startup;

/// <summary>
/// A published <c>foz</c> from start to end, in turns with a published .NET program that prints one line.
/// </summary>
sealed class StartupBenchmark : IBenchmark
{
    const int Rounds = 41;

    static readonly (string[] Arguments, int GoalMs)[] Commands = [(["version"], 30), (["query", "select 1"], 90)];

    public string Name => "startup";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var foz = await PublishedFoz.PathAsync();
        var hello = await PublishHelloAsync(folder.Sub("hello"));
        var helloMs = new List<double>();
        var ms = Commands.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < Rounds; round++)
        {
            var floor = await Pair.TimeAsync(() => RunAsync(hello, []));
            if (round >= 0) helloMs.Add(floor);
            for (var i = 0; i < Commands.Length; i++)
            {
                var time = await Pair.TimeAsync(() => RunAsync(foz, Commands[i].Arguments));
                if (round >= 0) ms[i].Add(time);
            }
        }
        return [.. Commands.Select((command, i) => Compare(command.Arguments, command.GoalMs, ms[i], helloMs))];
    }

    static Figure Compare(string[] arguments, int goalMs, List<double> ours, List<double> theirs)
    {
        var more = Pair.Median([.. ours.Zip(theirs, (a, b) => a - b)]);
        var command = string.Join(
            ' ', arguments.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"\"{a}\"" : a));
        return new(
            $"published `foz {command}`, start to end", "a published .NET hello world", Pair.Ms(Pair.Median(ours)),
            Pair.Ms(Pair.Median(theirs)), Pair.Text($"{more:+ 0;− 0} ms"), $"+ {goalMs} ms");
    }

    static async Task<string> PublishHelloAsync(string folder)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "hello.csproj"),
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), "System.Console.WriteLine(\"hello\");");
        var published = Path.Combine(folder, "published");
        await RunAsync("dotnet", ["publish", folder, "-c", "Release", "-v", "quiet", "--nologo", "-o", published]);
        return Path.Combine(published, "hello");
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
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {output}");
    }
}

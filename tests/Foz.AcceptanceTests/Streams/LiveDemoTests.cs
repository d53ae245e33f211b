using System.Diagnostics;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>What <c>make demo-live</c> shows.</summary>
public sealed class LiveDemoTests
{
    [Fact]
    public async Task Silver_follows_a_server_on_the_screen()
    {
        var folder = Directory.CreateTempSubdirectory("foz-live-");
        try
        {
            var foz = Path.Combine(folder.FullName, "foz");
            await File.WriteAllTextAsync(
                foz, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "foz.dll")}' \"$@\"\n",
                TestContext.Current.CancellationToken);
            using (var made = Process.Start("chmod", ["+x", foz])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            using var demo = FozProcess.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "examples/live/demo"))
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
                Environment = { ["FOZ"] = foz, ["SECONDS_MAX"] = "3" },
            });
            var shown = (await demo.WaitAsync()).Expect(0).Output;
            Assert.Matches("was in silver, by SQL, after [0-9]+ ms", shown);
            Assert.Matches(@" paid +\| +[0-9]+ \| ", shown);
            Assert.Matches(@" u +\| +[1-9]", shown);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

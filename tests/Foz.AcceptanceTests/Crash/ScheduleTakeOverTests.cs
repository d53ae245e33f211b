using System.Diagnostics;
using System.Text.Json;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Two hosts with a schedule of every two seconds. The one that leads stands still, and is killed later: the other goes
/// on in its place, and each time is run once.
/// </summary>
public sealed class ScheduleTakeOverTests : IDisposable
{
    // The goal is 15 seconds; the machine of the tests may be busy.
    static readonly TimeSpan takeOverMax = TimeSpan.FromSeconds(45);

    readonly string folder = Directory.CreateTempSubdirectory("foz-schedules-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Lake => Path.Combine(folder, "lake", "_foz");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Another_host_goes_on_when_the_leader_stands_still_or_dies()
    {
        Directory.CreateDirectory(Path.Combine(folder, "models", "gold"));
        await File.WriteAllTextAsync(Path.Combine(folder, "models", "gold", "a.sql"), "select 1 as n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "foz.yml"),
            "name: s\nlake: lake\nschedules:\n  often: {every: 2s, select: gold.a, catch_up: all, catch_up_max: 1000}\n",
            Cancel);
        using var first = Serve();
        await WaitAsync(() => Leader == first.Id && Firings().Count > 0);
        using var second = Serve();
        for (var i = 0; i < 3; i++) Assert.NotNull(await second.ReadLineAsync());

        first.Pause();
        await TakeOverAsync(second.Id, "stands still");
        first.Continue();
        await Task.Delay(3000, Cancel);

        second.Kill();
        await TakeOverAsync(first.Id, "is killed");
        first.Kill();

        var firings = Firings();
        var due = firings.Select(firing => firing.GetProperty("due").GetDateTimeOffset()).Order().ToList();
        Assert.All(due.Zip(due.Skip(1)), pair => Assert.Equal(TimeSpan.FromSeconds(2), pair.Second - pair.First));
        Assert.All(firings, firing => Assert.InRange(firing.GetProperty("attempts").GetInt32(), 0, 1));
        Assert.DoesNotContain(firings, firing => firing.GetProperty("state").GetString() is "failed" or "missed");
    }

    int? Leader
    {
        get
        {
            try
            {
                var path = Path.Combine(Lake, "leaders", "s.default.json");
                using var leader = JsonDocument.Parse(File.ReadAllBytes(path));
                return leader.RootElement.GetProperty("processId").GetInt32();
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Waits until another process leads, and has run what became due since.</summary>
    async Task TakeOverAsync(int successor, string how)
    {
        var watch = Stopwatch.StartNew();
        var before = Firings().Count;
        await WaitAsync(() => Leader == successor && Firings().Count > before);
        TestContext.Current.TestOutputHelper?.WriteLine($"the leader {how}: {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, takeOverMax);
    }

    List<JsonElement> Firings()
    {
        var folderOf = Path.Combine(Lake, "firings", "s.default");
        if (!Directory.Exists(folderOf)) return [];
        return [.. Directory.EnumerateFiles(folderOf, "*.json").SelectMany(
            file => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.EnumerateArray())];
    }

    FozProcess Serve() => FozProcess.Start(
        folder, failpoint: null, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");

    static async Task WaitAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!isSo()) await Task.Delay(100, limit.Token);
    }
}

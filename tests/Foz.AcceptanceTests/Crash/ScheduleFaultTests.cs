using System.Diagnostics;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Two hosts with a lake in an object store. The one that leads is killed, stopped (SIGSTOP), or cut from the store, in
/// a random order: the other takes its place in time, no firing is missed, and none runs twice. A soak has 200 faults.
/// </summary>
public sealed class ScheduleFaultTests : IDisposable
{
    // The goal is 15 seconds; the machine of the tests may be busy.
    static readonly TimeSpan takeOverMax = TimeSpan.FromSeconds(45);

    readonly string folder = Directory.CreateTempSubdirectory("foz-schedule-faults-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Another_host_goes_on_whatever_happens_to_the_leader()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        await using var store = new S3Loopback();
        Directory.CreateDirectory(Path.Combine(folder, "models", "gold"));
        await File.WriteAllTextAsync(Path.Combine(folder, "models", "gold", "a.sql"), "select 1 as n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, ".env"), "SECRET=very-hidden-key\n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "foz.yml"),
            """
            name: s
            lake: {url: s3://lake/s, endpoint: 'http://127.0.0.1:${PORT}', access_key_id: id, secret_access_key: '${SECRET}'}
            schedules: {often: {every: 3s, select: gold.a, catch_up: all, catch_up_max: 10000}}
            """, Cancel);
        var hosts = new List<Host> { new(folder, store.Port), new(folder, store.Port) };
        try
        {
            await WaitAsync(() => Firings(store).Count > 1 && LeaderOf(store, hosts) is not null);
            var faults = Soak.Is ? 200 : 3;
            var worst = TimeSpan.Zero;
            for (var i = 0; i < faults; i++)
            {
                var kind = Soak.Is ? (Fault)random.Next(3) : (Fault)i;
                var leader = LeaderOf(store, hosts)!;
                var taken = await TakeOverAsync(store, hosts, leader, kind);
                if (taken > worst) worst = taken;
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"fault {i}, {kind}: taken over after {taken.TotalSeconds:0.0} s; worst {worst.TotalSeconds:0.0} s");
                Assert.InRange(taken, TimeSpan.Zero, takeOverMax);
                if (leader.Mend()) continue;
                hosts.Remove(leader);
                leader.Dispose();
                hosts.Add(new(folder, store.Port));
                // A second host must be there before the next fault.
                await Task.Delay(TimeSpan.FromSeconds(8), Cancel);
            }
            await Task.Delay(TimeSpan.FromSeconds(10), Cancel);
        }
        finally
        {
            foreach (var host in hosts) host.Dispose();
        }
        var firings = Firings(store);
        var due = firings.Select(firing => firing.GetProperty("due").GetDateTimeOffset()).Order().ToList();
        Assert.All(due.Zip(due.Skip(1)), pair => Assert.Equal(TimeSpan.FromSeconds(3), pair.Second - pair.First));
        Assert.All(firings, firing => Assert.InRange(firing.GetProperty("attempts").GetInt32(), 0, 1));
        Assert.DoesNotContain(firings, firing => firing.GetProperty("state").GetString() is "failed" or "missed");
        Assert.Contains(firings, firing => firing.GetProperty("state").GetString() is "succeeded");
    }

    static async Task<TimeSpan> TakeOverAsync(S3Loopback store, List<Host> hosts, Host leader, Fault kind)
    {
        var watch = Stopwatch.StartNew();
        leader.Harm(kind);
        var before = Firings(store).Count;
        await WaitAsync(() =>
            LeaderOf(store, hosts) is { } next && next != leader && Firings(store).Count > before);
        return watch.Elapsed;
    }

    static Host? LeaderOf(S3Loopback store, List<Host> hosts) =>
        store.Bucket.Find("s/_foz/leaders/s.default.json") is { } leader
            && JsonDocument.Parse(leader.Content).RootElement is var holder
            && !(holder.TryGetProperty("isReleased", out var released) && released.GetBoolean())
                ? hosts.Find(host => host.Id == holder.GetProperty("processId").GetInt32())
                : null;

    static List<JsonElement> Firings(S3Loopback store) =>
    [
        .. store.Bucket.List("s/_foz/firings/s.default/", _ => true, int.MaxValue).SelectMany(
            batch => JsonDocument.Parse(batch.Value.Content).RootElement.EnumerateArray()),
    ];

    static async Task WaitAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        while (!isSo()) await Task.Delay(100, limit.Token);
    }

    /// <summary>What happens to a host.</summary>
    enum Fault
    {
        Killed,
        Stopped,
        Cut,
    }

    /// <summary>A host, with a way to the store of its own.</summary>
    sealed class Host : IDisposable
    {
        readonly CutProxy proxy;
        readonly FozProcess process;
        Fault? harm;

        public Host(string folder, int port)
        {
            proxy = new(port);
            var start = FozProcess.Command(
                folder, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");
            start.Environment["PORT"] = $"{proxy.Port}";
            process = FozProcess.Start(start);
        }

        public int Id => process.Id;

        public void Harm(Fault kind)
        {
            harm = kind;
            if (kind is Fault.Killed) process.Kill();
            else if (kind is Fault.Stopped) process.Pause();
            else proxy.Cut();
        }

        /// <summary>Ends the fault; false where the host has ended.</summary>
        public bool Mend()
        {
            if (harm is Fault.Stopped) process.Continue();
            else if (harm is Fault.Cut) proxy.Mend();
            return harm is not Fault.Killed;
        }

        public void Dispose()
        {
            process.Kill();
            process.Dispose();
            proxy.Dispose();
        }
    }
}

using System.Diagnostics;
using Foz.Lake.Engine;
using Foz.Tests.Serving;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>
/// What the process holds: memory of .NET, handles, and connections to the engine's instances that serve statements.
/// </summary>
/// <param name="lake">The lake that is served.</param>
sealed class ProcessUsage(ServedLake lake)
{
    const int HandlesMore = 40;
    const int ConnectionsMore = 40;
    const long BytesMore = 64L << 20;

    long bytes;
    int handles;
    long connections;
    bool hasBegun;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Notes what it holds now.</summary>
    public void Begin() =>
        (bytes, handles, connections, hasBegun) =
            (GC.GetTotalMemory(forceFullCollection: true), Handles(), Connections(), true);

    /// <summary>Waits until it holds little more than before: releases lag behind the end of what held them.</summary>
    public async Task CheckAsync()
    {
        Assert.True(hasBegun, "nothing was sent");
        var watch = Stopwatch.StartNew();
        var (bytesNow, handlesNow, connectionsNow) = (0L, 0, 0L);
        do
        {
            (bytesNow, handlesNow, connectionsNow) =
                (GC.GetTotalMemory(forceFullCollection: true), Handles(), Connections());
            if (bytesNow <= bytes + BytesMore && handlesNow <= handles + HandlesMore
                && connectionsNow <= connections + ConnectionsMore)
                break;
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
        }
        while (watch.Elapsed < Soak.HangAfter);
        var text =
            $"heap {bytes >> 10} to {bytesNow >> 10} KiB, handles {handles} to {handlesNow}, connections "
                + $"{connections} to {connectionsNow}";
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Assert.True(watch.Elapsed < Soak.HangAfter, text);
    }

    static int Handles() => OperatingSystem.IsLinux()
        ? Directory.GetFileSystemEntries("/proc/self/fd").Length
        : Process.GetCurrentProcess().HandleCount;

    long Connections()
    {
        var engines = lake.Lake.Engines;
        return lake.Service.Host.Workloads.All.Select(w => w.Instance)
            .Concat([engines.Find(Workload.Query), engines.Find(Workload.Serving), engines.Find(Workload.Binding)])
            .Sum(Count);

        static long Count(EngineInstance instance)
        {
            using var session = instance.Open();
            // Idle connections have no owner, and their number is limited.
            return session.QueryScalar<long>("SELECT count FROM duckdb_connection_count()", Cancel)
                - instance.IdleCount;
        }
    }
}

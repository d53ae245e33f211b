using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

/// <summary>Instances that an error of the engine ended.</summary>
public sealed class EngineGenerationTests : IDisposable
{
    /// <summary>DuckDB 1.5 ends its database where the field of a date with a time zone comes from a column.</summary>
    public const string Killer = "SELECT date_part(f, t) FROM (VALUES ('epoch', now()), ('julian', now())) v(f, t)";

    readonly EnginePool pool = new(new() { MemoryBytes = 1L << 30, Threads = 1 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<Workload> Workloads => [.. Enum.GetValues<Workload>()];

    public void Dispose() => pool.Dispose();

    [Theory]
    [MemberData(nameof(Workloads))]
    public async Task The_instance_that_an_error_ended_is_replaced(Workload workload)
    {
        var instance = pool.Find(workload);
        instance.Define(static engine => engine.Execute("CREATE MACRO twice(x) AS 2 * x", Cancel));
        using var other = instance.Open();
        Assert.Equal(1, other.QueryScalar<int>("SELECT 1", Cancel));
        using (var waiting = instance.Borrow("UTC", Cancel)) Read(waiting, "SELECT 1");
        Assert.Equal(1, instance.IdleCount);
        using (var dying = instance.Open())
        {
            var error = Assert.Throws<FozException>(() => Read(dying, Killer));
            Assert.Equal(("XX000", false), (error.SqlState, error.IsTransient));
            Assert.True(EngineErrors.IsFatal(error));
        }
        // A session of the dead one fails, as one of another's statement.
        var late = Assert.Throws<FozException>(() => Read(other, "SELECT 1"));
        Assert.Equal(("XX000", true), (late.SqlState, late.IsTransient));
        Assert.False(EngineErrors.IsFatal(late));
        Assert.False(other.IsCurrent);
        // No connection of it is lent, and what was defined is there again.
        using var next = instance.Borrow("UTC", Cancel);
        Assert.True(next.IsCurrent);
        Assert.Equal(42, next.QueryScalar<int>("SELECT twice(21)", Cancel));
        while (!pool.IsReady) await Task.Yield();
    }

    [Fact]
    public async Task An_instance_is_opened_again_although_nobody_asks_for_a_session()
    {
        using (var dying = pool.Open(Workload.Query)) Assert.Throws<FozException>(() => Read(dying, Killer));
        while (!pool.IsReady) await Task.Yield();
        Assert.NotNull(pool.Find(Workload.Query).OpenCurrent());
    }

    [Fact]
    public async Task A_pool_is_not_ready_while_an_instance_cannot_be_opened_again()
    {
        var fails = false;
        pool.Find(Workload.Query).Define(_ =>
        {
            if (Volatile.Read(ref fails)) throw new FozException(ErrorKind.Resource, "no room");
        });
        using (var dying = pool.Open(Workload.Query))
        {
            Volatile.Write(ref fails, true);
            Assert.Throws<FozException>(() => Read(dying, Killer));
        }
        for (var look = 0; look < 3; look++) Assert.False(pool.IsReady);
        Assert.Equal("no room", Assert.Throws<FozException>(() => pool.Open(Workload.Query)).Message);
        Volatile.Write(ref fails, false);
        while (!pool.IsReady) await Task.Yield();
        using var next = pool.Open(Workload.Query);
        Assert.Equal(1, next.QueryScalar<int>("SELECT 1", Cancel));
    }

    [Fact]
    public void Sessions_of_a_dead_instance_are_not_planned_in()
    {
        PlanSession planner;
        using (planner = pool.BorrowPlanner())
        {
        }
        using (var again = pool.BorrowPlanner()) Assert.Same(planner, again);
        using (var held = pool.BorrowPlanner())
        {
            using var dying = pool.Open(Workload.Binding);
            Assert.Throws<FozException>(() => Read(dying, Killer));
        }
        using var next = pool.BorrowPlanner();
        Assert.NotSame(planner, next);
        Assert.Equal(1, next.Session.QueryScalar<int>("SELECT 1", Cancel));
    }

    [Fact]
    public void What_another_session_reads_goes_on_or_fails_and_never_ends_early()
    {
        using var reading = pool.Open(Workload.Query);
        using var rows = reading.Query("SELECT i FROM range(1000000) t(i)", Cancel);
        long count = 0;
        using (var first = rows.Fetch(Cancel)!) count += first.RowCount;
        using (var dying = pool.Open(Workload.Query)) Assert.Throws<FozException>(() => Read(dying, Killer));
        try
        {
            while (rows.Fetch(Cancel) is { } chunk)
                using (chunk) count += chunk.RowCount;
            Assert.Equal(1_000_000, count);
        }
        catch (FozException e)
        {
            Assert.Equal("XX000", e.SqlState);
        }
    }

    [Fact]
    public void Threads_that_kill_and_ask_at_once_all_get_a_live_instance_in_the_end()
    {
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel }, turn =>
        {
            using var session = pool.Find(Workload.Query).Borrow("UTC", Cancel);
            if (turn % 4 == 0) Assert.Throws<FozException>(() => Read(session, Killer));
            else
                try
                {
                    Read(session, "SELECT 1");
                }
                catch (FozException e)
                {
                    Assert.Equal("XX000", e.SqlState);
                }
        });
        using var last = pool.Open(Workload.Query);
        Assert.Equal(1, last.QueryScalar<int>("SELECT 1", Cancel));
    }

    static void Read(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, Cancel);
        while (rows.Fetch(Cancel) is { } chunk) chunk.Dispose();
    }
}

using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

/// <summary>How far a piece of work is, as counted and as the engine says.</summary>
public sealed class WorkMeterTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 512 << 20, Threads = 2 });
    readonly EngineSession session;

    public WorkMeterTests() => session = engines.Open(Workload.Query);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        session.Dispose();
        engines.Dispose();
    }

    [Fact]
    public void Nothing_is_known_of_work_that_counts_nothing()
    {
        var meter = new WorkMeter();
        Assert.False(meter.Progress.IsKnown);
        meter.Begin("checks", bytesTotal: 10);
        Assert.False(meter.Progress.IsKnown);
    }

    [Fact]
    public void A_part_that_begins_forgets_what_was_counted()
    {
        var meter = new WorkMeter();
        meter.Begin(rowsTotal: 4);
        meter.AddRows(3);
        Assert.Equal(new() { Rows = 3, RowsTotal = 4, Share = 0.75 }, meter.Progress);
        meter.Begin("scanning", bytesTotal: 8);
        meter.AddBytes(4);
        Assert.Equal(new() { Doing = "scanning", Bytes = 4, BytesTotal = 8, Share = 0.5 }, meter.Progress);
        // A file may be read again from its start.
        meter.AddBytes(6);
        Assert.Equal(new() { Doing = "scanning", Bytes = 8, BytesTotal = 8, Share = 1 }, meter.Progress);
    }

    [Fact]
    public void More_rows_than_the_estimate_have_no_share()
    {
        var meter = new WorkMeter();
        meter.Begin(rowsTotal: 4);
        meter.AddRows(5);
        Assert.Equal(new() { Rows = 5 }, meter.Progress);
    }

    [Fact]
    public async Task The_engine_says_how_far_a_statement_is_until_its_session_is_let_go()
    {
        var meter = new WorkMeter();
        session.Execute("CREATE TEMP TABLE t AS SELECT i FROM range(3000000) t(i)", Token);
        using (meter.Watch(session))
        {
            var running = Task.Run(() => session.Execute("SELECT max(md5(md5(md5(i::VARCHAR)))) FROM t", Token), Token);
            var highest = 0.0;
            while (!running.IsCompleted)
            {
                highest = Math.Max(highest, meter.Progress.Share ?? 0);
                await Task.Yield();
            }
            await running;
            Assert.InRange(highest, 0.001, 1);
        }
        session.Dispose();
        Assert.Null(meter.Progress.Share);
    }
}

using Foz.Lake;
using Foz.Serving;
using Foz.Serving.Workloads;

namespace Foz.Tests.Serving.Workloads;

/// <summary>Which statement is ended before the process takes too much memory.</summary>
public sealed class MemoryWatchTests
{
    const string Endless = "SELECT count(*) FROM silver.orders o, range(1000000000000) r WHERE o.id + r.range < 0";

    const long Given = 1_000_000_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_statement_with_which_the_process_grew_most_is_ended()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var large = lake.Open("ana", isOwner: true);
        await using var small = lake.Open("bia", isOwner: true);
        var resident = 100_000_000L;
        var watch = new MemoryWatch(
            Given, Given * 9 / 10, lake.Service.Host.Workloads, () => resident, TimeProvider.System);
        watch.Look();
        var growing = Task.Run(() => large.RunAsync(Endless), Token);
        await UntilWorkingAsync(lake.Service, 1);
        Grow(400_000_000);
        var innocent = Task.Run(() => small.RunAsync(Endless), Token);
        await UntilWorkingAsync(lake.Service, 2);
        Assert.False(growing.IsCompleted || innocent.IsCompleted);

        Grow(Given * 3 / 2);

        var error = await Assert.ThrowsAsync<FozException>(() => growing);
        Assert.Equal("53200", error.SqlState);
        Assert.Contains("out of memory: the process takes 1500MB of 1GB", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
        // What takes its memory and grows no more is left alone.
        watch.Look();
        Assert.False(innocent.IsCompleted);
        small.Work.Cancel();
        Assert.Equal(ErrorKind.Canceled, (await Assert.ThrowsAsync<FozException>(() => innocent)).Kind);

        void Grow(long bytes)
        {
            resident = bytes;
            watch.Look();
        }
    }

    [Fact]
    public async Task A_statement_with_a_small_part_of_the_memory_is_not_ended()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var session = lake.Open("ana", isOwner: true);
        var resident = Given * 3 / 2;
        var watch = new MemoryWatch(
            Given, Given * 9 / 10, lake.Service.Host.Workloads, () => resident, TimeProvider.System);
        watch.Look();
        var statement = Task.Run(() => session.RunAsync(Endless), Token);
        await UntilWorkingAsync(lake.Service, 1);

        resident += 20_000_000;
        watch.Look();
        Assert.False(statement.IsCompleted);
        resident += 100_000_000;
        watch.Look();

        Assert.Equal("53200", (await Assert.ThrowsAsync<FozException>(() => statement)).SqlState);
    }

    [Fact]
    public async Task Of_two_that_grew_alike_the_newer_one_is_ended()
    {
        await using var lake = await ServedLake.CreateAsync(resultBytesMax: 0);
        await using var older = lake.Open("ana", isOwner: true);
        await using var newer = lake.Open("bia", isOwner: true);
        var resident = 100_000_000L;
        var watch = new MemoryWatch(
            Given, Given * 9 / 10, lake.Service.Host.Workloads, () => resident, TimeProvider.System);
        watch.Look();
        var first = Task.Run(() => older.RunAsync(Endless), Token);
        await UntilWorkingAsync(lake.Service, 1);
        await Task.Delay(TimeSpan.FromMilliseconds(20), Token);
        var second = Task.Run(() => newer.RunAsync(Endless), Token);
        await UntilWorkingAsync(lake.Service, 2);

        resident = Given * 3 / 2;
        watch.Look();

        Assert.Equal("53200", (await Assert.ThrowsAsync<FozException>(() => second)).SqlState);
        Assert.False(first.IsCompleted);
        older.Work.Cancel();
        await Assert.ThrowsAsync<FozException>(() => first);
    }

    [Fact]
    public void The_memory_of_the_process_is_known() => Assert.InRange(MemoryWatcher.Resident(), 1_000_000, 1L << 40);

    static async Task UntilWorkingAsync(SqlService service, int count)
    {
        while (service.Host.Workloads.All.Sum(known => known.Working.Count()) != count)
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
    }
}

using Foz.Storage.Usage;

namespace Foz.Tests.Storage.Usage;

/// <summary>What pieces of work get of the process's time.</summary>
public sealed class ProcessSharesTests
{
    TimeSpan processor = TimeSpan.FromSeconds(100);
    long memory = 10;

    [Fact]
    public void Parts_of_work_that_overlaps_add_up_to_what_the_process_took()
    {
        using var shares = new ProcessShares(TimeProvider.System, () => processor, () => memory);
        var first = shares.Begin(() => 3);
        processor += TimeSpan.FromSeconds(4);
        var second = shares.Begin(() => 7);
        processor += TimeSpan.FromSeconds(2);
        memory = 50;
        shares.End(first);
        memory = 20;
        processor += TimeSpan.FromSeconds(1);
        shares.End(second);
        processor += TimeSpan.FromSeconds(9);

        Assert.Equal(5, first.Processor.TotalSeconds);
        Assert.Equal(2, second.Processor.TotalSeconds);
        Assert.Equal((50, 50), (first.MemoryPeakBytes, second.MemoryPeakBytes));
        Assert.Equal((3, 7), (first.SpillPeakBytes, second.SpillPeakBytes));
    }

    [Fact]
    public async Task Bytes_are_counted_for_the_work_of_the_calling_flow_alone()
    {
        using var shares = new ProcessShares(TimeProvider.System, () => processor, () => memory);
        var one = shares.Begin(() => 0);
        var other = shares.Begin(() => 0);

        var cancel = TestContext.Current.CancellationToken;
        await Task.WhenAll(Task.Run(() => Work(one, 5), cancel), Task.Run(() => Work(other, 11), cancel));
        ResourceUse.AddRead(1000);

        Assert.Equal((5, 10), (one.BytesRead, one.BytesWritten));
        Assert.Equal((11, 22), (other.BytesRead, other.BytesWritten));
        Assert.Null(ResourceUse.Current);
        shares.End(one);
        shares.End(other);

        static async Task Work(ResourceUse use, long bytes)
        {
            ResourceUse.Current = use;
            await Task.Yield();
            ResourceUse.AddRead(bytes);
            await Task.Run(() => ResourceUse.AddWritten(2 * bytes));
        }
    }
}

using Foz.Lake;
using Foz.Serving.Workloads;
using Foz.Tests.Delta;

namespace Foz.Tests.Serving.Workloads;

public sealed class SlotQueueTests
{
    readonly ManualTime time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    SlotQueue Queue(int slots, int queueMax = 10) =>
        new(new() { Name = "analysts", QueueMax = queueMax, QueueTimeout = TimeSpan.FromSeconds(30) }, slots, time);

    [Fact]
    public async Task Who_comes_first_gets_the_next_slot()
    {
        var queue = Queue(slots: 1);
        var first = await queue.EnterAsync(1, Cancel);
        var second = queue.EnterAsync(2, Cancel);
        var third = queue.EnterAsync(3, Cancel);
        Assert.Equal((1, 2), (queue.Held, queue.Waiting));
        Assert.False(second.IsCompleted);
        queue.Pause(first);
        queue.Leave(first);
        var slot = await second;
        Assert.False(third.IsCompleted);
        queue.Pause(slot);
        queue.Leave(slot);
        queue.Leave(await third);
        Assert.Equal((0, 0), (queue.Held, queue.Waiting));
    }

    [Fact]
    public async Task A_session_has_one_slot_for_all_of_its_statements()
    {
        var queue = Queue(slots: 1);
        var first = await queue.EnterAsync(1, Cancel);
        queue.Pause(first);
        var second = await queue.EnterAsync(1, Cancel);
        Assert.Same(first, second);
        queue.Pause(second);
        queue.Leave(second);
        Assert.Equal(1, queue.Held);
        queue.Leave(first);
        Assert.Equal(0, queue.Held);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused()
    {
        var queue = Queue(slots: 1, queueMax: 1);
        var first = await queue.EnterAsync(1, Cancel);
        var second = queue.EnterAsync(2, Cancel);
        var error = await Assert.ThrowsAsync<FozException>(() => queue.EnterAsync(3, Cancel));
        Assert.Equal(("53300", true), (error.SqlState, error.IsTransient));
        Assert.Contains("analysts", error.Message, StringComparison.Ordinal);
        queue.Leave(first);
        queue.Leave(await second);
        Assert.Equal((0, 0), (queue.Held, queue.Waiting));
    }

    [Fact]
    public async Task Who_waits_too_long_is_given_up()
    {
        var queue = Queue(slots: 1);
        var first = await queue.EnterAsync(1, Cancel);
        var second = queue.EnterAsync(2, Cancel);
        time.Now += TimeSpan.FromSeconds(29);
        queue.Look();
        var third = queue.EnterAsync(3, Cancel);
        time.Now += TimeSpan.FromSeconds(1);
        queue.Look();
        var error = await Assert.ThrowsAsync<FozException>(() => second);
        Assert.Equal("57014", error.SqlState);
        Assert.Equal(1, queue.Waiting);
        queue.Leave(first);
        queue.Leave(await third);
        Assert.Equal((0, 0), (queue.Held, queue.Waiting));
    }

    [Fact]
    public async Task Who_is_canceled_does_not_wait_any_more()
    {
        var queue = Queue(slots: 1);
        var first = await queue.EnterAsync(1, Cancel);
        using var source = new CancellationTokenSource();
        var second = queue.EnterAsync(2, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal((1, 0), (queue.Held, queue.Waiting));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.EnterAsync(2, source.Token));
        queue.Leave(first);
        Assert.Equal(0, queue.Held);
    }

    [Fact]
    public async Task A_slot_that_nobody_works_with_is_lent_and_who_goes_on_is_the_next()
    {
        var queue = Queue(slots: 1);
        var idle = await queue.EnterAsync(1, Cancel);
        queue.Pause(idle);
        var second = queue.EnterAsync(2, Cancel);
        queue.Look();
        Assert.False(second.IsCompleted);
        time.Now += SlotQueue.IdleMax;
        queue.Look();
        var working = await second;
        var third = queue.EnterAsync(3, Cancel);
        Assert.False(queue.TryResume(idle));
        var resumed = queue.ResumeAsync(idle, Cancel);
        time.Now += SlotQueue.IdleMax;
        queue.Look();
        // Who works keeps its slot, however long.
        Assert.False(resumed.IsCompleted || third.IsCompleted);
        queue.Pause(working);
        queue.Leave(working);
        await resumed;
        Assert.False(third.IsCompleted);
        queue.Pause(idle);
        queue.Leave(idle);
        queue.Leave(await third);
        Assert.Equal((0, 0), (queue.Held, queue.Waiting));
    }

    [Fact]
    public async Task Never_more_than_the_slots_work_and_all_are_given_back()
    {
        var queue = new SlotQueue(new() { Name = "all", QueueMax = 1000 }, 3, TimeProvider.System);
        var (working, most) = (0, 0);
        await Parallel.ForAsync(
            0, 500, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (i, token) =>
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(token);
            if (i % 7 == 0) source.CancelAfter(TimeSpan.FromTicks(i * 100));
            try
            {
                var slot = await queue.EnterAsync(i, source.Token);
                InterlockedMax(ref most, Interlocked.Increment(ref working));
                await Task.Yield();
                Interlocked.Decrement(ref working);
                queue.Pause(slot);
                queue.Leave(slot);
            }
            catch (OperationCanceledException)
            {
                // It was to be.
            }
        });
        Assert.InRange(most, 1, 3);
        Assert.Equal((0, 0), (queue.Held, queue.Waiting));
    }

    static void InterlockedMax(ref int target, int value)
    {
        for (var known = Volatile.Read(ref target); known < value;)
        {
            var before = Interlocked.CompareExchange(ref target, value, known);
            if (before == known) return;
            known = before;
        }
    }
}

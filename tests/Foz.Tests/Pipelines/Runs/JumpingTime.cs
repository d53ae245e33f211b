namespace Foz.Tests.Pipelines.Runs;

/// <summary>
/// A clock on which every wait is over at once. What it counts goes on by each wait; what time it says jumps at each by
/// the next of some hours.
/// </summary>
sealed class JumpingTime(params int[] hours) : TimeProvider
{
    readonly Lock gate = new();
    DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    long counted;
    int waits;

    /// <summary>Called at each wait.</summary>
    public Action OnWait { get; set; } = static () => { };

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    public override long GetTimestamp()
    {
        lock (gate) return counted;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan) return System.CreateTimer(callback, state, dueTime, period);
        lock (gate)
        {
            Advance(dueTime);
            if (hours.Length > 0) now = now.AddHours(hours[waits++ % hours.Length]);
        }
        OnWait();
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    /// <summary>Lets time pass without a wait.</summary>
    public void Advance(TimeSpan time)
    {
        lock (gate)
        {
            counted += time.Ticks;
            now += time;
        }
    }
}

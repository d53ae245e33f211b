namespace Foz.Tests.Connectors.Http;

/// <summary>A clock on which every wait is over at once, and counted.</summary>
public sealed class SkippingTime : TimeProvider
{
    readonly Lock gate = new();
    DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public List<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    public void Advance(TimeSpan time)
    {
        lock (gate) now += time;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (gate)
        {
            Waits.Add(dueTime);
            now += dueTime;
        }
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}

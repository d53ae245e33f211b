namespace Foz.Tests.Server.Trino;

/// <summary>A clock that can be put ahead; its timers stay real.</summary>
sealed class AheadTime : TimeProvider
{
    long ticks;

    /// <summary>By how much.</summary>
    public TimeSpan Ahead
    {
        set => Volatile.Write(ref ticks, value.Ticks);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref ticks));

    public override long GetTimestamp() => GetUtcNow().Ticks;
}

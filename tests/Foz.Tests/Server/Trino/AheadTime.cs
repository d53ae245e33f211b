namespace Foz.Tests.Server.Trino;

/// <summary>A clock that can be put ahead; its timers stay real.</summary>
sealed class AheadTime : TimeProvider
{
    long ticks;

    /// <summary>Puts it ahead.</summary>
    public void Advance(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref ticks));

    public override long GetTimestamp() => GetUtcNow().Ticks;
}

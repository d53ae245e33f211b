using System.Net;
using Foz.Server.Auth;

namespace Foz.Tests.Server.Auth;

public sealed class LogInThrottleTests
{
    static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    readonly Clock clock = new();

    [Fact]
    public void Each_further_failure_waits_longer_up_to_a_limit()
    {
        var throttle = new LogInThrottle(clock);
        var delays = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            delays.Add(throttle.DelayOf(Address).TotalMilliseconds);
            throttle.Failed(Address);
        }
        Assert.Equal([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000], delays);
        Assert.Equal(TimeSpan.Zero, throttle.DelayOf(IPAddress.Loopback));
    }

    [Fact]
    public void Success_or_time_forgives()
    {
        var throttle = new LogInThrottle(clock);
        for (var i = 0; i < 5; i++) throttle.Failed(Address);
        Assert.NotEqual(TimeSpan.Zero, throttle.DelayOf(Address));
        clock.Now += TimeSpan.FromMinutes(11);
        Assert.Equal(TimeSpan.Zero, throttle.DelayOf(Address));
        for (var i = 0; i < 5; i++) throttle.Failed(Address);
        throttle.Succeeded(Address);
        Assert.Equal(TimeSpan.Zero, throttle.DelayOf(Address));
    }

    [Fact]
    public void Many_addresses_are_forgotten_from_the_oldest_on()
    {
        var throttle = new LogInThrottle(clock);
        for (var i = 0; i < 10_001; i++)
        {
            clock.Now += TimeSpan.FromMilliseconds(1);
            for (var failures = 0; failures < 4; failures++) throttle.Failed(new IPAddress(i + 1L));
        }
        Assert.Equal(TimeSpan.Zero, throttle.DelayOf(new IPAddress(1L)));
        Assert.NotEqual(TimeSpan.Zero, throttle.DelayOf(new IPAddress(10_001L)));
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

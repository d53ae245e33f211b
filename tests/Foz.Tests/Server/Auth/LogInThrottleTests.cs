using System.Net;
using Foz.Server.Auth;

namespace Foz.Tests.Server.Auth;

public sealed class LogInThrottleTests
{
    static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    readonly Clock clock = new();
    readonly LogInThrottle throttle;

    public LogInThrottleTests() => throttle = new(clock);

    double Fail(IPAddress address, string name)
    {
        var delay = throttle.Begin(address, name).TotalMilliseconds;
        throttle.Failed(address, name);
        return delay;
    }

    double Look(IPAddress address, string name)
    {
        var delay = throttle.Begin(address, name).TotalMilliseconds;
        throttle.GivenUp(address, name);
        return delay;
    }

    [Fact]
    public void Each_further_failure_from_an_address_waits_longer_up_to_a_limit()
    {
        var delays = Enumerable.Range(0, 12).Select(i => Fail(Address, $"user{i}"));
        Assert.Equal([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000], delays);
        Assert.Equal(0, Look(IPAddress.Loopback, "user0"));
    }

    [Fact]
    public void Each_further_failure_under_a_name_waits_longer_wherever_it_comes_from()
    {
        var delays = Enumerable.Range(1, 17).Select(i => Fail(new IPAddress(i), "ana")).ToList();
        Assert.Equal([.. Enumerable.Repeat(0.0, 10), 250, 500, 1000, 2000, 4000, 5000, 5000], delays);
        Assert.Equal(0, Look(new IPAddress(99), "bia"));
    }

    [Fact]
    public void Success_or_time_forgives()
    {
        for (var i = 0; i < 5; i++) Fail(Address, "ana");
        Assert.NotEqual(0, Look(Address, "ana"));
        clock.Now += TimeSpan.FromMinutes(11);
        Assert.Equal(0, Look(Address, "ana"));
        for (var i = 0; i < 5; i++) Fail(Address, "ana");
        throttle.Succeeded(Address, "ana");
        Assert.Equal(0, Look(Address, "ana"));
    }

    [Fact]
    public void Who_tries_at_the_same_time_gets_no_more_tries()
    {
        Fail(Address, "ana");
        var delays = Enumerable.Range(0, 6).Select(_ => throttle.Begin(Address, "ana").TotalMilliseconds);
        Assert.Equal([0, 0, 250, 500, 1000, 2000], delays);
    }

    [Fact]
    public void Who_never_failed_connects_as_often_as_wanted() =>
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, throttle.Begin(Address, "ana")));

    [Fact]
    public void Addresses_of_one_network_of_IPv6_count_as_one()
    {
        var delays = Enumerable.Range(1, 5).Select(i => Fail(IPAddress.Parse($"2001:db8:0:1::{i}"), $"user{i}"));
        Assert.Equal([0, 0, 0, 250, 500], delays);
        Assert.Equal(0, Look(IPAddress.Parse("2001:db8:0:2::1"), "other"));
        for (var i = 0; i < 5; i++) Fail(IPAddress.Parse("::ffff:192.0.2.1"), $"u{i}");
        Assert.NotEqual(0, Look(Address, "other"));
    }

    [Fact]
    public void Many_addresses_are_forgotten_from_the_oldest_on()
    {
        for (var i = 0; i < 10_001; i++)
        {
            clock.Now += TimeSpan.FromMilliseconds(1);
            for (var failures = 0; failures < 4; failures++) Fail(new IPAddress(i + 1L), $"user{i}");
        }
        Assert.Equal(0, Look(new IPAddress(1L), "other"));
        Assert.NotEqual(0, Look(new IPAddress(10_001L), "other"));
    }

    /// <summary>The model: how often each address and name failed within ten minutes and was not forgiven since.</summary>
    [Fact]
    public void Delays_follow_the_failures_of_address_and_name()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var failures = new Dictionary<string, (int Count, DateTimeOffset Last)>();
        for (var round = 0; round < 5000; round++)
        {
            clock.Now += TimeSpan.FromSeconds(random.Next(40));
            var (address, name) = (new IPAddress(random.Next(1, 5)), $"user{random.Next(4)}");
            var expected = Math.Max(DelayOf($"{address}", 3, 10_000), DelayOf(name, 10, 5_000));
            Assert.True(expected == throttle.Begin(address, name).TotalMilliseconds, $"seed {seed}, round {round}");
            switch (random.Next(8))
            {
                case 0:
                    throttle.Succeeded(address, name);
                    failures.Remove($"{address}");
                    failures.Remove(name);
                    break;
                case 1:
                    throttle.GivenUp(address, name);
                    break;
                default:
                    throttle.Failed(address, name);
                    failures[$"{address}"] = (CountOf($"{address}") + 1, clock.Now);
                    failures[name] = (CountOf(name) + 1, clock.Now);
                    break;
            }
        }

        int CountOf(string key) => failures.TryGetValue(key, out var known) && clock.Now - known.Last <= TimeSpan.FromMinutes(10) ? known.Count : 0;

        double DelayOf(string key, int free, double most) =>
            CountOf(key) is var count && count >= free ? Math.Min(250 * Math.Pow(2, Math.Min(count - free, 16)), most) : 0;
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

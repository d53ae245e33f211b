using System.Net;
using Foz.Server.Auth;

namespace Foz.Tests.Server.Auth;

public sealed class LoginRateLimiterTests
{
    static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    readonly Clock clock = new();
    readonly LoginRateLimiter throttle;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public LoginRateLimiterTests() => throttle = new(clock);

    double Fail(IPAddress address, string name)
    {
        var delay = Look(address, name);
        throttle.Failed(address, name);
        return delay;
    }

    double Look(IPAddress address, string name) => throttle.DelayOf(address, name).TotalMilliseconds;

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
    public void Success_forgives_what_failed_under_the_name_and_nothing_else()
    {
        for (var i = 0; i < 4; i++) Fail(Address, "ana");
        for (var i = 0; i < 4; i++) Fail(Address, "bia");
        throttle.Succeeded(Address, "eva");
        Assert.Equal(8000, Look(Address, "ana"));
        // A user who is known at the address does not wait for others, until a log-in under the name fails.
        Assert.Equal(0, Look(Address, "eva"));
        Fail(Address, "eva");
        Assert.Equal(10_000, Look(Address, "eva"));
        throttle.Succeeded(Address, "ana");
        Assert.Equal(500 * 2, Look(Address, "bia"));
        // A success without a name forgives no user.
        throttle.Succeeded(Address, "");
        Assert.Equal(1000, Look(Address, "bia"));
    }

    [Fact]
    public async Task Of_an_address_few_are_looked_at_at_the_same_time()
    {
        var turns = new List<IDisposable>();
        for (var i = 0; i < 8; i++) turns.Add((await throttle.TakeAsync(Address, $"user{i}", Cancel))!);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var ninth = throttle.TakeAsync(Address, "ana", stop.Token);
        var tenth = throttle.TakeAsync(Address, "ana", Cancel);
        Assert.False(ninth.IsCompleted);
        using (await throttle.TakeAsync(IPAddress.Loopback, "ana", Cancel)) await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ninth);
        turns[0].Dispose();
        turns[0].Dispose();
        (await tenth)!.Dispose();
        foreach (var turn in turns) turn.Dispose();
    }

    [Fact]
    public async Task Who_guesses_does_not_even_wait_with_many()
    {
        for (var i = 0; i < 4; i++) Fail(Address, "ana");
        var waiting = Enumerable.Range(0, 8).Select(i => throttle.TakeAsync(Address, $"user{i}", Cancel)).ToList();
        Assert.Null(await throttle.TakeAsync(Address, "ana", Cancel));
        Assert.All(waiting, turn => Assert.False(turn.IsCompleted));
        clock.Pass(TimeSpan.FromSeconds(1));
        foreach (var turn in waiting) (await turn)!.Dispose();
    }

    [Fact]
    public async Task Who_never_failed_connects_as_often_as_wanted()
    {
        var turns = Enumerable.Range(0, 100).Select(_ => throttle.TakeAsync(Address, "ana", Cancel)).ToList();
        foreach (var turn in turns) (await turn)!.Dispose();
    }

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

    /// <summary>
    /// The model: how often each address and name failed within ten minutes and was not forgiven since.
    /// </summary>
    [Fact]
    public void Delays_follow_the_failures_of_address_and_name()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var failures = new Dictionary<string, (int Count, DateTimeOffset Last)>();
        var known = new Dictionary<(IPAddress, string), DateTimeOffset>();
        for (var round = 0; round < 5000; round++)
        {
            clock.Now += TimeSpan.FromSeconds(random.Next(40));
            var (address, name) = (new IPAddress(random.Next(1, 5)), $"user{random.Next(4)}");
            var expected = Math.Max(DelayOf($"{address}", 3, 10_000), DelayOf(name, 10, 5_000));
            if (known.TryGetValue((address, name), out var since) && clock.Now - since <= TimeSpan.FromMinutes(10))
                expected = DelayOf(name, 10, 5_000);
            Assert.True(expected == Look(address, name), $"seed {seed}, round {round}");
            switch (random.Next(8))
            {
                case 0:
                    throttle.Succeeded(address, name);
                    failures.Remove(name);
                    var own = CountOf($"{address} {name}");
                    if (failures.TryGetValue($"{address}", out var all))
                        failures[$"{address}"] = (Math.Max(0, all.Count - own), all.Last);
                    failures.Remove($"{address} {name}");
                    known[(address, name)] = clock.Now;
                    break;
                case 1:
                    break;
                default:
                    throttle.Failed(address, name);
                    failures[$"{address}"] = (CountOf($"{address}") + 1, clock.Now);
                    failures[name] = (CountOf(name) + 1, clock.Now);
                    failures[$"{address} {name}"] = (CountOf($"{address} {name}") + 1, clock.Now);
                    known.Remove((address, name));
                    break;
            }
        }

        int CountOf(string key) =>
            failures.TryGetValue(key, out var known) && clock.Now - known.Last <= TimeSpan.FromMinutes(10)
                ? known.Count
                : 0;

        double DelayOf(string key, int free, double most) =>
            CountOf(key) is var count && count >= free
                ? Math.Min(250 * Math.Pow(2, Math.Min(count - free, 16)), most)
                : 0;
    }

    sealed class Clock : TimeProvider
    {
        readonly List<(Timer Timer, DateTimeOffset Due)> timers = [];

        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state));
            if (dueTime >= TimeSpan.Zero) timers.Add((timer, Now + dueTime));
            return timer;
        }

        public void Pass(TimeSpan time)
        {
            Now += time;
            foreach (var (timer, _) in timers.Where(t => t.Due <= Now).ToList()) timer.Ring();
        }

        sealed class Timer(Action ring) : ITimer
        {
            public void Ring() => ring();

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}

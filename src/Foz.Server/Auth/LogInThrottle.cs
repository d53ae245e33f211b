using System.Net;
using System.Net.Sockets;

namespace Foz.Server.Auth;

/// <summary>
/// Slows down who guesses passwords: after some failures from an address, or under a name, each further attempt waits longer,
/// whether there is somebody of the name or not. Safe for use by many threads.
/// </summary>
/// <param name="clock">The time.</param>
sealed class LogInThrottle(TimeProvider clock)
{
    const int KeysMax = 10_000;
    const int NameLengthMax = 128;

    /// <summary>Of an address few are forgiven; under a name more, since anybody can fail under it, and who it is waits too.</summary>
    static readonly Limit ofAddress = new(FailuresFree: 3, TimeSpan.FromSeconds(10));
    static readonly Limit ofName = new(FailuresFree: 10, TimeSpan.FromSeconds(5));
    static readonly TimeSpan memory = TimeSpan.FromMinutes(10);

    readonly Lock gate = new();
    readonly Dictionary<IPAddress, Failures> addresses = [];
    readonly Dictionary<string, Failures> names = new(StringComparer.Ordinal);

    /// <summary>Begins an attempt.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="name">The name that is given.</param>
    /// <returns>How long it has to wait before it is looked at.</returns>
    public TimeSpan Begin(IPAddress address, string name)
    {
        lock (gate)
        {
            var (first, second) = (Begin(addresses, Network(address), ofAddress), Begin(names, Shortened(name), ofName));
            return first > second ? first : second;
        }
    }

    /// <summary>Ends an attempt that failed.</summary>
    public void Failed(IPAddress address, string name)
    {
        lock (gate)
        {
            Fail(addresses, Network(address));
            Fail(names, Shortened(name));
        }
    }

    /// <summary>Ends an attempt that succeeded: what failed before is forgiven.</summary>
    public void Succeeded(IPAddress address, string name)
    {
        lock (gate)
        {
            addresses.Remove(Network(address));
            names.Remove(Shortened(name));
        }
    }

    /// <summary>Ends an attempt of which nothing came.</summary>
    public void GivenUp(IPAddress address, string name)
    {
        lock (gate)
        {
            Leave(addresses, Network(address));
            Leave(names, Shortened(name));
        }
    }

    TimeSpan Begin<T>(Dictionary<T, Failures> all, T key, Limit limit)
        where T : notnull
    {
        if (!all.TryGetValue(key, out var known)) return TimeSpan.Zero;
        if (clock.GetUtcNow() - known.Last > memory)
        {
            all.Remove(key);
            return TimeSpan.Zero;
        }
        all[key] = known with { Pending = known.Pending + 1 };
        // Who tries at the same time gets no more tries than who waits for each.
        var count = known.Count + known.Pending - limit.FailuresFree;
        return count < 0
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Min(250 * Math.Pow(2, Math.Min(count, 16)), limit.DelayMax.TotalMilliseconds));
    }

    void Fail<T>(Dictionary<T, Failures> all, T key)
        where T : notnull
    {
        if (all.Count >= KeysMax && !all.ContainsKey(key)) Forget(all);
        var known = all.GetValueOrDefault(key);
        all[key] = new(known.Count + 1, Math.Max(0, known.Pending - 1), clock.GetUtcNow());
    }

    static void Leave<T>(Dictionary<T, Failures> all, T key)
        where T : notnull
    {
        if (all.TryGetValue(key, out var known)) all[key] = known with { Pending = Math.Max(0, known.Pending - 1) };
    }

    /// <summary>Forgets the oldest half.</summary>
    static void Forget<T>(Dictionary<T, Failures> all)
        where T : notnull
    {
        foreach (var (key, _) in all.OrderBy(a => a.Value.Last).Take(KeysMax / 2).ToList()) all.Remove(key);
    }

    /// <summary>Whoever has one address of IPv6 has the 64 bits behind it too.</summary>
    static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }

    static string Shortened(string name) => name.Length <= NameLengthMax ? name : name[..NameLengthMax];

    /// <summary>What failed.</summary>
    /// <param name="Count">How often.</param>
    /// <param name="Pending">How many attempts are under way.</param>
    /// <param name="Last">When the last failed.</param>
    readonly record struct Failures(int Count, int Pending, DateTimeOffset Last);

    /// <summary>How slow it gets.</summary>
    /// <param name="FailuresFree">How many failures cost nothing.</param>
    /// <param name="DelayMax">The longest delay.</param>
    readonly record struct Limit(int FailuresFree, TimeSpan DelayMax);
}

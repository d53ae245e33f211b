using System.Net;

namespace Foz.Server.Auth;

/// <summary>
/// Slows down who guesses passwords: after some failures from an address, each further attempt waits longer. Safe for use by
/// many threads.
/// </summary>
/// <param name="clock">The time.</param>
sealed class LogInThrottle(TimeProvider clock)
{
    const int FailuresFree = 3;
    const int AddressesMax = 10_000;

    static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    readonly Lock gate = new();
    readonly Dictionary<IPAddress, (int Failures, DateTimeOffset Last)> addresses = [];

    /// <summary>How long an attempt from an address has to wait.</summary>
    public TimeSpan DelayOf(IPAddress address)
    {
        lock (gate)
        {
            if (!addresses.TryGetValue(address, out var known)) return TimeSpan.Zero;
            if (clock.GetUtcNow() - known.Last > Memory) addresses.Remove(address);
            else if (known.Failures >= FailuresFree)
                return TimeSpan.FromMilliseconds(
                    Math.Min(250 * Math.Pow(2, Math.Min(known.Failures - FailuresFree, 16)), DelayMax.TotalMilliseconds));
            return TimeSpan.Zero;
        }
    }

    /// <summary>Notes that an attempt failed.</summary>
    public void Failed(IPAddress address)
    {
        lock (gate)
        {
            if (addresses.Count >= AddressesMax) Forget();
            var failures = addresses.TryGetValue(address, out var known) ? known.Failures : 0;
            addresses[address] = (failures + 1, clock.GetUtcNow());
        }
    }

    /// <summary>Notes that an attempt succeeded.</summary>
    public void Succeeded(IPAddress address)
    {
        lock (gate) addresses.Remove(address);
    }

    /// <summary>Forgets the oldest half.</summary>
    void Forget()
    {
        foreach (var (address, _) in addresses.OrderBy(a => a.Value.Last).Take(AddressesMax / 2).ToList())
            addresses.Remove(address);
    }
}

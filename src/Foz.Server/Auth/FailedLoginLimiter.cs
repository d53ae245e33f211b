using System.Net;

namespace Foz.Server.Auth;

/// <summary>
/// Bounds what refused log-ins can write: of each address some a minute are written, and of the others how many there
/// were. Safe for use by many threads.
/// </summary>
/// <param name="clock">The time.</param>
sealed class FailedLoginLimiter(TimeProvider clock)
{
    const int RefusalsMax = 20, AddressesMax = 10_000;

    static readonly TimeSpan window = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    readonly Dictionary<IPAddress, (DateTimeOffset Begun, int Count)> counts = [];

    /// <summary>Counts a refusal.</summary>
    /// <returns>Whether it is to be written.</returns>
    public bool Admits(IPAddress address)
    {
        var network = LoginRateLimiter.NetworkOf(address);
        lock (gate)
        {
            // More addresses at a time count as one.
            if (counts.Count >= AddressesMax && !counts.ContainsKey(network)) network = IPAddress.None;
            var (begun, count) = counts.GetValueOrDefault(network, (clock.GetUtcNow(), 0));
            counts[network] = (begun, count + 1);
            return count < RefusalsMax;
        }
    }

    /// <summary>Returns and resets how many refusals were left out, of addresses whose minute is over.</summary>
    /// <param name="isEnd">Whether to return those of all addresses, as no more follow.</param>
    public IReadOnlyList<(IPAddress Address, int Count)> TakeLeftOut(bool isEnd)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var over = counts.Where(c => isEnd || now - c.Value.Begun >= window).ToList();
            foreach (var (address, _) in over) counts.Remove(address);
            return [.. over.Where(c => c.Value.Count > RefusalsMax).Select(c => (c.Key, c.Value.Count - RefusalsMax))];
        }
    }
}

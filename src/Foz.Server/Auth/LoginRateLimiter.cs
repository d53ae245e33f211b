using System.Net;
using System.Net.Sockets;

namespace Foz.Server.Auth;

/// <summary>
/// Slows down clients that guess passwords: after some failures from an address, or under a name, each further attempt
/// waits longer, whether or not a user has the name, and few attempts are checked at the same time. Safe for use by
/// many threads.
/// </summary>
/// <param name="clock">The time.</param>
sealed class LoginRateLimiter(TimeProvider clock)
{
    const int KeysMax = 10_000;

    /// <summary>
    /// The maximum number of attempts of an address that are checked, or wait out their delay, at the same time.
    /// </summary>
    const int PendingMax = 8;

    /// <summary>The maximum number of attempts that wait for their check.</summary>
    const int WaitingMax = 1000;

    /// <summary>
    /// Few failures are free for an address, more for a name: anybody can fail under it, and its user waits too.
    /// </summary>
    static readonly Limit ofAddress = new(FailuresFree: 3, TimeSpan.FromSeconds(10));
    static readonly Limit ofName = new(FailuresFree: 10, TimeSpan.FromSeconds(5));
    static readonly TimeSpan memory = TimeSpan.FromMinutes(10);

    readonly Lock gate = new();
    readonly Dictionary<IPAddress, Failures> addresses = [];
    readonly Dictionary<string, Failures> names = new(StringComparer.Ordinal);
    readonly Dictionary<(IPAddress Address, string Name), Failures> pairs = [];
    readonly Dictionary<(IPAddress Address, string Name), Lane> lanes = [];

    /// <summary>Waits until an attempt may be checked; its proof must not be checked earlier.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="name">
    /// The name whose secret the client claims to know; empty where it gives none, as with a token.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The attempt's turn, to be disposed; null where too many wait already.</returns>
    public async Task<IDisposable?> TakeAsync(IPAddress address, string name, CancellationToken cancellationToken)
    {
        Lane? lane;
        lock (gate) lane = Enter(NetworkOf(address), LogInAttempt.Shortened(name));
        if (lane is null) return null;
        var hasTurn = false;
        try
        {
            await lane.Turns.WaitAsync(cancellationToken);
            hasTurn = true;
            // Those that it waited for may have failed.
            await Task.Delay(DelayOf(address, name), clock, cancellationToken);
            return new Turn(this, lane);
        }
        catch
        {
            Leave(lane, hasTurn);
            throw;
        }
    }

    /// <summary>How long an attempt has to wait.</summary>
    public TimeSpan DelayOf(IPAddress address, string name)
    {
        lock (gate) return DelayOfKeys(NetworkOf(address), LogInAttempt.Shortened(name));
    }

    /// <summary>Notes an attempt that failed.</summary>
    public void Failed(IPAddress address, string name)
    {
        var (network, key) = (NetworkOf(address), LogInAttempt.Shortened(name));
        lock (gate)
        {
            Fail(addresses, network);
            if (key.Length == 0) return;
            Fail(names, key);
            Fail(pairs, (network, key));
        }
    }

    /// <summary>
    /// Notes an attempt that succeeded: what failed before under the name is forgiven, to the address as well; what
    /// failed there under other names is not.
    /// </summary>
    public void Succeeded(IPAddress address, string name)
    {
        var (network, key) = (NetworkOf(address), LogInAttempt.Shortened(name));
        if (key.Length == 0) return;
        lock (gate)
        {
            names.Remove(key);
            var own = Known(pairs, (network, key)).Count;
            if (addresses.TryGetValue(network, out var all))
            {
                if (all.Count <= own) addresses.Remove(network);
                else addresses[network] = all with { Count = all.Count - own };
            }
            if (pairs.Count >= KeysMax && !pairs.ContainsKey((network, key))) Forget(pairs);
            pairs[(network, key)] = new(Count: 0, clock.GetUtcNow());
        }
    }

    /// <summary>Returns the network of an address: a client with one IPv6 address has its last 64 bits too.</summary>
    public static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }

    /// <summary>
    /// Whether the name has logged in from there lately, without a failure under it since: failures of other clients do
    /// not count.
    /// </summary>
    bool IsKnown(IPAddress network, string name) =>
        name.Length > 0 && pairs.TryGetValue((network, name), out var pair) && pair.Count == 0
            && clock.GetUtcNow() - pair.Last <= memory;

    TimeSpan DelayOfKeys(IPAddress network, string name)
    {
        var first = IsKnown(network, name) ? TimeSpan.Zero : DelayOf(Known(addresses, network), ofAddress);
        var second = name.Length == 0 ? TimeSpan.Zero : DelayOf(Known(names, name), ofName);
        return first > second ? first : second;
    }

    static TimeSpan DelayOf(Failures known, Limit limit) => known.Count < limit.FailuresFree
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(
            Math.Min(
                250 * Math.Pow(2, Math.Min(known.Count - limit.FailuresFree, 16)), limit.DelayMax.TotalMilliseconds));

    /// <summary>A place in the lane of an address, or of a name that is known there; null where it is full.</summary>
    Lane? Enter(IPAddress network, string name)
    {
        var key = (network, IsKnown(network, name) ? name : "");
        if (!lanes.TryGetValue(key, out var lane)) lanes[key] = lane = new(key, new(PendingMax));
        // Only few attempts of a client that guesses may wait; any other attempt is checked in a moment.
        if (lane.Count >= (DelayOfKeys(network, name) > TimeSpan.Zero ? PendingMax : WaitingMax)) return null;
        lane.Count++;
        return lane;
    }

    void Leave(Lane lane, bool hadTurn)
    {
        lock (gate)
        {
            if (hadTurn) lane.Turns.Release();
            if (--lane.Count > 0) return;
            lanes.Remove(lane.Key);
            lane.Turns.Dispose();
        }
    }

    Failures Known<T>(Dictionary<T, Failures> all, T key)
        where T : notnull
    {
        if (!all.TryGetValue(key, out var known)) return default;
        if (clock.GetUtcNow() - known.Last <= memory) return known;
        all.Remove(key);
        return default;
    }

    void Fail<T>(Dictionary<T, Failures> all, T key)
        where T : notnull
    {
        if (all.Count >= KeysMax && !all.ContainsKey(key)) Forget(all);
        all[key] = new(Known(all, key).Count + 1, clock.GetUtcNow());
    }

    /// <summary>Forgets the oldest half.</summary>
    static void Forget<T>(Dictionary<T, Failures> all)
        where T : notnull
    {
        foreach (var (key, _) in all.OrderBy(a => a.Value.Last).Take(KeysMax / 2).ToList()) all.Remove(key);
    }

    /// <summary>What failed.</summary>
    /// <param name="Count">How often.</param>
    /// <param name="Last">When the last failed, or, where none did, when it succeeded.</param>
    readonly record struct Failures(int Count, DateTimeOffset Last);

    /// <summary>How slow it gets.</summary>
    /// <param name="FailuresFree">How many failures cost nothing.</param>
    /// <param name="DelayMax">The longest delay.</param>
    readonly record struct Limit(int FailuresFree, TimeSpan DelayMax);

    /// <summary>Attempts of which few are checked at a time.</summary>
    sealed class Lane((IPAddress Address, string Name) key, SemaphoreSlim turns)
    {
        public (IPAddress Address, string Name) Key => key;

        public SemaphoreSlim Turns => turns;

        /// <summary>How many are there.</summary>
        public int Count { get; set; }
    }

    sealed class Turn(LoginRateLimiter throttle, Lane lane) : IDisposable
    {
        bool isOver;

        public void Dispose()
        {
            if (isOver) return;
            isOver = true;
            throttle.Leave(lane, hadTurn: true);
        }
    }
}

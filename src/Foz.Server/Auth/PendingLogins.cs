using System.Net;

namespace Foz.Server.Auth;

/// <summary>
/// The connections that have not logged in yet: few of one address, and few in all. Where all places are taken, the
/// address with most of them loses its oldest, so that connections that do not log in never shut out a client that logs
/// in at once. Safe for use by many threads.
/// </summary>
/// <param name="ofAddressMax">The maximum of one address.</param>
sealed class PendingLogins(int ofAddressMax)
{
    /// <summary>How many addresses can have all of their places.</summary>
    const int AddressesFull = 4;

    readonly Lock gate = new();
    readonly Dictionary<IPAddress, LinkedList<Place>> places = [];
    int count;

    /// <summary>The most in all.</summary>
    public int Max => ofAddressMax * AddressesFull;

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate) return count;
        }
    }

    /// <summary>Takes a place until the connection has logged in, or ends.</summary>
    /// <param name="address">Where the client is.</param>
    /// <param name="close">Ends the connection, where its place is given to another.</param>
    /// <returns>The place, to be disposed; null where the address has too many.</returns>
    public IDisposable? Take(IPAddress address, Action close)
    {
        var network = LoginRateLimiter.NetworkOf(address);
        Place place;
        Place? loser = null;
        lock (gate)
        {
            if (!places.TryGetValue(network, out var own)) places[network] = own = [];
            if (own.Count >= ofAddressMax) return null;
            if (count >= Max) loser = places.Values.MaxBy(list => list.Count)!.First!.Value;
            if (loser is not null) Leave(loser);
            // It may have been the last one of the address that is about to have another.
            if (!places.TryGetValue(network, out own)) places[network] = own = [];
            place = new(this, network, close);
            own.AddLast(place);
            count++;
        }
        loser?.Close();
        return place;
    }

    void Leave(Place place)
    {
        lock (gate)
        {
            if (!places.TryGetValue(place.Network, out var own) || !own.Remove(place)) return;
            count--;
            if (own.Count == 0) places.Remove(place.Network);
        }
    }

    sealed class Place(PendingLogins all, IPAddress network, Action close) : IDisposable
    {
        public IPAddress Network => network;

        public void Close() => close();

        public void Dispose() => all.Leave(this);
    }
}

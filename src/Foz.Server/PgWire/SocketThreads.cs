namespace Foz.Server.PgWire;

/// <summary>
/// The few threads that wait for what clients send, for the connections that worked last: a connection that finds all
/// taken gets one the next time. For many threads.
/// </summary>
/// <param name="most">How many there are.</param>
sealed class SocketThreads(int most = SocketThreads.MostDefault)
{
    const int MostDefault = 8;

    int taken;
    int wanted;

    /// <summary>How many wait.</summary>
    public int Taken => Volatile.Read(ref taken);

    /// <summary>Takes a thread; if all are taken, one of the connections that have one must give it up.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref taken) <= most) return true;
        Interlocked.Decrement(ref taken);
        Volatile.Write(ref wanted, 1);
        return false;
    }

    /// <summary>Whether the caller must give its thread up; no other caller then gets true.</summary>
    public bool TakeWish() => Volatile.Read(ref wanted) != 0 && Interlocked.Exchange(ref wanted, 0) != 0;

    /// <summary>Gives a thread back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref taken);
}

using System.Net.Sockets;

namespace Foz.Server.PgWire;

/// <summary>
/// Waits on the caller's thread for what a client sends: a thread that is there has it sooner than one that has to be
/// waked through others.
/// </summary>
/// <param name="socket">The client's connection.</param>
/// <param name="threads">How many may wait so.</param>
sealed class SocketWait(Socket socket, SocketThreads threads)
{
    /// <summary>How often it checks whether to continue waiting: 10 seconds in all.</summary>
    const int TurnsMax = 200;

    static readonly TimeSpan turn = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits while a thread is available.</summary>
    /// <param name="cancellationToken">Ends it within a turn.</param>
    /// <returns>
    /// Whether there are bytes to read; otherwise they can still come, and the caller must wait without a thread.
    /// </returns>
    public bool HasArrived(CancellationToken cancellationToken)
    {
        if (!threads.TryTake()) return false;
        try
        {
            for (var turns = 0; turns < TurnsMax && !cancellationToken.IsCancellationRequested; turns++)
            {
                if (socket.Poll(turn, SelectMode.SelectRead)) return true;
                if (threads.TakeWish()) return false;
            }
            return false;
        }
        finally
        {
            threads.GiveBack();
        }
    }
}

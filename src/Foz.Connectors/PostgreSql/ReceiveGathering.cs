using System.Net.Sockets;

namespace Foz.Connectors.PostgreSql;

/// <summary>
/// Lets rows gather in the socket before they wake their reader: the server sends 8 KiB at a time, and to be woken for
/// each costs more than to read it. Begins once a COPY proves long, and pauses where nothing comes for a moment, so
/// that the last rows never wait for more. On Linux over TCP only; elsewhere it does nothing.
/// </summary>
sealed class ReceiveGathering : IDisposable
{
    const int SolSocket = 1;
    const int SoRcvLowat = 18;
    const int CopyBytes = 256 * 1024;

    /// <summary>
    /// Of changes: so many must come within <see cref="changesWaitMax"/>, or gathering pauses again and again. Small
    /// transactions come at a few megabytes a second from a server that has not a core of its own.
    /// </summary>
    const int ChangesBytes = 32 * 1024;

    static readonly TimeSpan copyWaitMax = TimeSpan.FromMilliseconds(4);
    static readonly TimeSpan changesWaitMax = TimeSpan.FromMilliseconds(16);

    readonly Socket socket;
    readonly int gatherBytes;
    readonly TimeSpan waitMax;
    readonly Lock changing = new();
    readonly ITimer timer;
    bool isGathering;
    bool hasArrived;
    long bytesSincePause;

    ReceiveGathering(Socket socket, int gatherBytes, TimeSpan waitMax)
    {
        (this.socket, this.gatherBytes, this.waitMax) = (socket, gatherBytes, waitMax);
        timer = TimeProvider.System.CreateTimer(
            static self => ((ReceiveGathering)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Makes a socket ready for it; null where the system cannot do it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="isOfChanges">Whether changes come, and not rows of a COPY.</param>
    public static ReceiveGathering? Of(Socket socket, bool isOfChanges) =>
        OperatingSystem.IsLinux() && socket.AddressFamily != AddressFamily.Unix
            ? isOfChanges
                ? new ReceiveGathering(socket, ChangesBytes, changesWaitMax)
                : new ReceiveGathering(socket, CopyBytes, copyWaitMax)
            : null;

    /// <summary>Counts bytes of rows that have arrived.</summary>
    public void Note(int bytes)
    {
        lock (changing)
        {
            hasArrived = true;
            bytesSincePause += bytes;
            if (isGathering || bytesSincePause < 2 * gatherBytes) return;
            isGathering = TrySet(gatherBytes);
            if (isGathering) timer.Change(waitMax, waitMax);
        }
    }

    /// <summary>Wakes the reader for any byte again.</summary>
    public void Pause()
    {
        lock (changing)
        {
            bytesSincePause = 0;
            if (!isGathering) return;
            isGathering = false;
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            // To lower the mark also wakes a reader that waits for what has arrived below the old one.
            TrySet(1);
        }
    }

    public void Dispose() => timer.Dispose();

    void Tick()
    {
        lock (changing)
        {
            if (!hasArrived) Pause();
            hasArrived = false;
        }
    }

    bool TrySet(int bytes)
    {
        try
        {
            socket.SetRawSocketOption(SolSocket, SoRcvLowat, BitConverter.GetBytes(bytes));
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection broke: its reader gets the error.
            return false;
        }
    }
}

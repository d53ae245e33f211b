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

    /// <summary>Of changes, which come at a lower rate: so many must come within <see cref="WaitMax"/>.</summary>
    const int ChangesBytes = 64 * 1024;

    static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(4);

    readonly Socket socket;
    readonly int gatherBytes;
    readonly Lock changing = new();
    readonly ITimer timer;
    bool isGathering;
    bool hasArrived;
    long bytesSincePause;

    ReceiveGathering(Socket socket, int gatherBytes)
    {
        this.socket = socket;
        this.gatherBytes = gatherBytes;
        timer = TimeProvider.System.CreateTimer(
            static self => ((ReceiveGathering)self!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Makes a socket ready for it; null where the system cannot do it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="isOfChanges">Whether changes come, and not rows of a COPY.</param>
    public static ReceiveGathering? Of(Socket socket, bool isOfChanges) =>
        OperatingSystem.IsLinux() && socket.AddressFamily != AddressFamily.Unix
            ? new ReceiveGathering(socket, isOfChanges ? ChangesBytes : CopyBytes)
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
            if (isGathering) timer.Change(WaitMax, WaitMax);
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

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Foz.AcceptanceTests.Crash;

/// <summary>The wire between a process and a server of this machine, which can be cut, or pass nothing on.</summary>
sealed class CutProxy : IDisposable
{
    const int BufferBytes = 65536;

    static readonly TimeSpan lookInterval = TimeSpan.FromMilliseconds(50);

    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentDictionary<TcpClient, bool> open = new();
    readonly int to;
    volatile bool isCut, isSilent, isOver;

    /// <summary>Begins to pass connections on.</summary>
    /// <param name="to">The server's port.</param>
    public CutProxy(int to)
    {
        this.to = to;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Breaks all connections, and lets none through until the wire is mended.</summary>
    public void Cut()
    {
        isCut = true;
        foreach (var client in open.Keys) client.Dispose();
    }

    /// <summary>Keeps what is sent in both directions until the wire is mended.</summary>
    public void Silence() => isSilent = true;

    /// <summary>Lets connections through, and what was kept.</summary>
    public void Mend() => isCut = isSilent = false;

    public void Dispose()
    {
        isOver = true;
        listener.Dispose();
        Cut();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PassAsync(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
            try
            {
                open[client] = open[server] = true;
                if (isCut) return;
                await server.ConnectAsync(IPAddress.Loopback, to);
                var (near, far) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Cut, or ended by one of the two.
            }
            finally
            {
                open.TryRemove(client, out _);
                open.TryRemove(server, out _);
            }
    }

    async Task CopyAsync(NetworkStream from, NetworkStream into)
    {
        var buffer = new byte[BufferBytes];
        while (await from.ReadAsync(buffer) is > 0 and var count)
        {
            while (isSilent && !isOver) await Task.Delay(lookInterval);
            await into.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}

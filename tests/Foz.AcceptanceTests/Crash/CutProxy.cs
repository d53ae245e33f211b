using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Foz.AcceptanceTests.Crash;

/// <summary>Stands between a process and a server of this machine, and cuts it off.</summary>
sealed class CutProxy : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentDictionary<TcpClient, bool> open = new();
    readonly int to;
    volatile bool isCut;

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

    /// <summary>Breaks all connections, and lets none through until it is mended.</summary>
    public void Cut()
    {
        isCut = true;
        foreach (var client in open.Keys) client.Dispose();
    }

    /// <summary>Lets connections through.</summary>
    public void Mend() => isCut = false;

    public void Dispose()
    {
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
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
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
}

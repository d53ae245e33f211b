using System.Net;
using System.Net.Sockets;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Passes on what client and server say, and cuts the wire once the server has said enough.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Task accepting;

    public CuttingProxy(int serverPort, long bytesMax)
    {
        listener.Start();
        accepting = AcceptAsync(serverPort, bytesMax);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    static async Task PassAsync(Stream from, Stream to, long bytesMax, CancellationToken token)
    {
        var buffer = new byte[65536];
        try
        {
            for (var passed = 0L; passed < bytesMax;)
            {
                var count = await from.ReadAsync(buffer, token);
                if (count == 0) return;
                passed += count;
                await to.WriteAsync(buffer.AsMemory(0, count), token);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction was cut.
        }
    }

    async Task AcceptAsync(int serverPort, long bytesMax)
    {
        var passing = new List<Task>();
        try
        {
            while (true)
                passing.Add(PassAsync(await listener.AcceptTcpClientAsync(stop.Token), serverPort, bytesMax));
        }
        catch (Exception error) when (error is OperationCanceledException or InvalidOperationException or SocketException)
        {
            // The test is over.
        }

        await Task.WhenAll(passing);
    }

    async Task PassAsync(TcpClient client, int serverPort, long bytesMax)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, serverPort, CancellationToken.None);
            await Task.WhenAny(
                PassAsync(client.GetStream(), server.GetStream(), long.MaxValue, stop.Token),
                PassAsync(server.GetStream(), client.GetStream(), bytesMax, stop.Token));
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>Stands between clients and a server, and keeps what the clients send.</summary>
sealed class ConversationRecorder : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentQueue<MemoryStream> recorded = [];
    readonly ConcurrentQueue<Task> passing = [];
    readonly IPEndPoint server;
    readonly Task accepting;

    public ConversationRecorder(IPEndPoint server)
    {
        this.server = server;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Ends it; what each connection was sent.</summary>
    public async Task<List<byte[]>> EndAsync()
    {
        listener.Stop();
        await accepting;
        await Task.WhenAll(passing);
        return [.. recorded.Select(r => r.ToArray())];
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        listener.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) passing.Enqueue(PassAsync(await listener.AcceptTcpClientAsync(Cancel)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It ends.
        }
    }

    async Task PassAsync(TcpClient client)
    {
        using var taken = client;
        using var beyond = new TcpClient();
        await beyond.ConnectAsync(server, Cancel);
        var kept = new MemoryStream();
        recorded.Enqueue(kept);
        await Task.WhenAll(
            CopyAsync(client.GetStream(), beyond, kept),
            CopyAsync(beyond.GetStream(), client, Stream.Null));
    }

    static async Task CopyAsync(NetworkStream from, TcpClient to, Stream kept)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (await from.ReadAsync(buffer, Cancel) is > 0 and var count)
            {
                await kept.WriteAsync(buffer.AsMemory(0, count), Cancel);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), Cancel);
            }
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            to.Close();
        }
    }
}

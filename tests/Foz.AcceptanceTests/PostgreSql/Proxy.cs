using System.Net;
using System.Net.Sockets;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Stands between client and server, and does what a network or an old server may do.</summary>
public sealed class Proxy : IAsyncDisposable
{
    const int SslRequestBytes = 8;

    readonly int serverPort;
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Task accepting;
    int connections;

    public Proxy(int serverPort)
    {
        this.serverPort = serverPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Cuts the wire once the server has said so much.</summary>
    public long BytesMax { get; set; } = long.MaxValue;

    /// <summary>Whether it then stops sending, but leaves the connection open.</summary>
    public bool Stalls { get; init; }

    /// <summary>How many connections it does that to, from the first on.</summary>
    public int CutsMax { get; init; } = int.MaxValue;

    /// <summary>Says in the server's name that it takes no TLS.</summary>
    public bool RefusesTls { get; init; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    async Task PassAsync(Stream from, Stream to, long bytesMax, CancellationToken token)
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

            if (Stalls) await Task.Delay(Timeout.Infinite, token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction was cut.
        }
    }

    async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true) passing.Add(PassAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (Exception error)
            when (error is OperationCanceledException or InvalidOperationException or SocketException)
        {
            // The test is over.
        }

        await Task.WhenAll(passing);
    }

    async Task PassAsync(TcpClient client)
    {
        var isCut = Interlocked.Increment(ref connections) <= CutsMax;
        using var server = new TcpClient();
        using (client)
        {
            var stream = client.GetStream();
            if (RefusesTls)
            {
                var request = new byte[SslRequestBytes];
                await stream.ReadExactlyAsync(request);
                if (!request.AsSpan(4).SequenceEqual((byte[])[4, 210, 22, 47])) return;
                await stream.WriteAsync("N"u8.ToArray());
            }

            await server.ConnectAsync(IPAddress.Loopback, serverPort, CancellationToken.None);
            await Task.WhenAny(
                PassAsync(stream, server.GetStream(), long.MaxValue, stop.Token),
                PassAsync(server.GetStream(), stream, isCut ? BytesMax : long.MaxValue, stop.Token));
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Foz.Server.PgWire;

namespace Foz.Tests.Server.PgWire;

public sealed class SocketWaitTests
{
    [Fact]
    public async Task What_has_arrived_is_told_and_nobody_waits_for_what_is_canceled()
    {
        var threads = new SocketThreads();
        using var pair = await SocketPair.ConnectAsync();
        var wait = new SocketWait(pair.Server, threads);
        Assert.False(wait.HasArrived(new(canceled: true)));
        pair.Client.Send("x"u8);
        while (!wait.HasArrived(TestContext.Current.CancellationToken))
            Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested);
        Assert.Equal(0, threads.Taken);
    }

    [Fact]
    public async Task A_connection_gives_up_its_thread_for_one_that_wants_it()
    {
        var threads = new SocketThreads(1);
        using var first = await SocketPair.ConnectAsync();
        using var second = await SocketPair.ConnectAsync();
        var waiting =
            Task.Run(() => new SocketWait(first.Server, threads).HasArrived(TestContext.Current.CancellationToken));
        while (threads.Taken == 0) await Task.Yield();
        Assert.False(new SocketWait(second.Server, threads).HasArrived(TestContext.Current.CancellationToken));
        Assert.False(await waiting);
        // It was the wish that ended it, and not its time.
        Assert.False(threads.TakeWish());
        Assert.Equal(0, threads.Taken);
    }

    [Fact]
    public async Task The_end_of_a_connection_has_arrived_too()
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.Client.Dispose();
        var wait = new SocketWait(pair.Server, new());
        while (!wait.HasArrived(TestContext.Current.CancellationToken))
            Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested);
        Assert.Equal(0, pair.Server.Receive(new byte[1]));
    }

    sealed record SocketPair(Socket Client, Socket Server) : IDisposable
    {
        public static async Task<SocketPair> ConnectAsync()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
            return new(client, await listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Foz.Server.PgWire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Foz.Tests.Server.PgWire;

public sealed class PgConnectionTests
{
    [Fact]
    public async Task A_connection_that_has_ended_by_itself_can_still_be_told_to_end()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        var host = new PgHost(null!, null!, new(), null, RequiresTls: false, TimeProvider.System, NullLogger.Instance)
        {
            Starting = new(1),
        };
        var connection = new PgConnection(
            await listener.AcceptSocketAsync(TestContext.Current.CancellationToken), host);
        connection.Dispose();
        connection.End();
        connection.Abort();
        connection.Close();
        Assert.True(connection.IsGone(connection.Activity));
    }

    [Fact]
    public async Task A_client_is_not_gone_whose_bytes_were_read_meanwhile()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        var host = new PgHost(null!, null!, new(), null, RequiresTls: false, TimeProvider.System, NullLogger.Instance)
        {
            Starting = new(1),
        };
        var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        using var connection = new PgConnection(socket, host);
        using var input = new PgInput(new NetworkStream(socket, ownsSocket: false));
        var before = connection.Activity;
        // A Sync, and then the end: there is something to be read of which nothing is there, as between a look and the
        // next.
        await client.GetStream().WriteAsync(
            new byte[] { (byte)'S', 0, 0, 0, 4 }, TestContext.Current.CancellationToken);
        Assert.True(await connection.ReadAsync(input, PgPhase.Idle, limit: null));
        client.Dispose();
        while (!connection.IsGone(connection.Activity)) await Task.Yield();
        Assert.False(connection.IsGone(before));
    }
}

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
        var host = new PgHost(null!, null!, new(), null, RequiresTls: false, TimeProvider.System, NullLogger.Instance);
        var connection = new PgConnection(await listener.AcceptSocketAsync(TestContext.Current.CancellationToken), host);
        connection.Dispose();
        connection.End();
        connection.Abort();
        connection.Close();
        Assert.True(connection.IsGone());
    }
}

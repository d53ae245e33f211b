using System.Net;
using System.Net.Sockets;
using Foz.Connectors.Databases;
using Microsoft.Data.SqlClient;

namespace Foz.Tests.Connectors.Databases;

public sealed class BuiltInProviderTests
{
    /// <summary>Its own check would refuse before anything is sent, as .NET has no cultures in Foz.</summary>
    [Fact]
    public async Task SqlClient_speaks_to_the_server_although_there_are_no_cultures()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var factory = BuiltInProviders.Find("Microsoft.Data.SqlClient")!;
        await using var connection = factory.CreateConnection()!;
        connection.ConnectionString =
            $"Server=tcp:127.0.0.1,{((IPEndPoint)listener.LocalEndpoint).Port};User ID=a;Password=b;Connect Timeout=10;"
            + "Pooling=false;Encrypt=false;ConnectRetryCount=0";
        var opening = connection.OpenAsync(TestContext.Current.CancellationToken);

        using (var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
            var first = new byte[1];
            await client.GetStream().ReadExactlyAsync(first, TestContext.Current.CancellationToken);
            // A message of the kind pre-login.
            Assert.Equal(0x12, first[0]);
        }
        await Assert.ThrowsAsync<SqlException>(() => opening);
    }
}

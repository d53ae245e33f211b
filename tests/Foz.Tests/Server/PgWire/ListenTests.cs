using System.Net;
using System.Net.Sockets;
using Foz.Lake;

namespace Foz.Tests.Server.PgWire;

/// <summary>Ports that are listened on.</summary>
public sealed class ListenTests
{
    [Theory]
    [InlineData("pg_port", "--pg-port")]
    [InlineData("trino_port", "--trino-port")]
    [InlineData("http_port", "--http-port")]
    public async Task One_in_use_is_said_in_words(string setting, string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<FozException>(() => PgTestServer.StartAsync(options => setting switch
        {
            "pg_port" => options with { PgPort = port },
            "trino_port" => options with { TrinoPort = port },
            _ => options with { HttpPort = port },
        }));
        Assert.Equal(
            $"127.0.0.1:{port} cannot be listened on: the port is in use, perhaps by "
                + (setting == "pg_port" ? "PostgreSQL or another foz serve" : "another foz serve"),
            error.Message);
        Assert.Equal(
            $"choose another port: foz serve {option} {(port < 65535 ? port + 1 : port - 1)}, "
                + $"or '{setting}' under 'serve:' in foz.yml",
            error.Hint);
    }

    [Fact]
    public async Task A_server_that_is_started_again_at_once_listens_though_clients_were_connected()
    {
        var first = await PgTestServer.StartAsync();
        using var client = await first.ConnectAsync();
        using var browser = new TcpClient();
        await browser.ConnectAsync(
            IPAddress.Loopback, first.Server.HttpAddress.Port, TestContext.Current.CancellationToken);
        var (pg, http) = (first.EndPoint.Port, first.Server.HttpAddress.Port);
        await first.DisposeAsync();
        await using var second =
            await PgTestServer.StartAsync(options => options with { PgPort = pg, HttpPort = http });
        Assert.Equal(pg, second.EndPoint.Port);
    }
}

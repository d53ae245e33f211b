using System.Net;
using System.Net.Sockets;
using Foz.Server.Auth;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Auth;

/// <summary>Connections that have not logged in: they keep no others out.</summary>
public sealed class PendingLoginsTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void An_address_has_its_own_places_and_gives_them_back()
    {
        var places = new PendingLogins(2);
        var (one, other) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        var first = places.Take(one, static () => { });
        Assert.NotNull(places.Take(IPAddress.Parse("::ffff:10.0.0.1"), static () => { }));
        Assert.Null(places.Take(one, static () => { }));
        Assert.NotNull(places.Take(other, static () => { }));
        first!.Dispose();
        first.Dispose();
        Assert.Equal(2, places.Count);
        Assert.NotNull(places.Take(one, static () => { }));
        // A client with one IPv6 address has the whole network of it.
        Assert.NotNull(places.Take(IPAddress.Parse("2001:db8::1"), static () => { }));
        Assert.NotNull(places.Take(IPAddress.Parse("2001:db8::2"), static () => { }));
        Assert.Null(places.Take(IPAddress.Parse("2001:db8::3"), static () => { }));
    }

    [Fact]
    public void Where_all_places_are_taken_who_has_most_of_them_loses_the_oldest()
    {
        var places = new PendingLogins(3);
        var closed = new List<string>();
        for (var host = 1; host <= 4; host++)
            for (var i = 1; i <= 3; i++)
            {
                var name = $"{host}.{i}";
                Assert.NotNull(places.Take(IPAddress.Parse($"10.0.0.{host}"), () => closed.Add(name)));
            }
        Assert.Equal(places.Max, places.Count);
        Assert.NotNull(places.Take(IPAddress.Parse("10.0.0.9"), static () => { }));
        Assert.EndsWith(".1", Assert.Single(closed), StringComparison.Ordinal);
        Assert.Equal(places.Max, places.Count);
    }

    [Fact]
    public async Task Idle_connections_shut_nobody_out()
    {
        await using var server = await PgTestServer.StartAsync(options => options with { StartingMax = 8 });
        using var before = await server.ConnectAsync();
        var idle = new List<PgTestClient>();
        for (var i = 0; i < 8; i++) idle.Add(await PgTestClient.OpenAsync(server.EndPoint));
        // One more client of the address gets the reason why it is refused.
        using (var refused = await PgTestClient.OpenAsync(server.EndPoint))
            Assert.Contains("53300", string.Join(' ', await refused.AnswersAsync()), StringComparison.Ordinal);
        // Another address is not concerned, nor who has logged in.
        using var other = new TcpClient(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await other.ConnectAsync(server.EndPoint, Cancel);
        await other.GetStream().WriteAsync(new byte[] { 0, 0, 0, 8, 4, 210, 22, 47 }, Cancel);
        Assert.Equal('N', other.GetStream().ReadByte());
        foreach (var client in idle) client.Dispose();
        using var again = await ConnectAgainAsync(server);
    }

    /// <summary>Connects once the server has noticed that the idle ones are gone.</summary>
    static async Task<PgTestClient> ConnectAgainAsync(PgTestServer server)
    {
        while (true)
        {
            var client = await PgTestClient.OpenAsync(server.EndPoint);
            var answers = await client.StartAsync("ana", PgTestServer.Password);
            if (answers[^1] == "Z I") return client;
            client.Dispose();
            await Task.Delay(20, Cancel);
        }
    }

    [Fact]
    public async Task Idle_connections_of_Trinos_protocol_are_limited_too()
    {
        await using var server = await PgTestServer.StartAsync(options => options with { StartingMax = 4 });
        var address = server.Server.TrinoAddress;
        var idle = new List<TcpClient>();
        for (var i = 0; i < 4; i++)
        {
            idle.Add(new TcpClient());
            await idle[^1].ConnectAsync(address.Host, address.Port, Cancel);
            // It is counted once the server has taken it.
            await idle[^1].GetStream().WriteAsync("GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancel);
            Assert.Equal('H', idle[^1].GetStream().ReadByte());
        }
        using (var refused = new TcpClient())
        {
            await refused.ConnectAsync(address.Host, address.Port, Cancel);
            Assert.True(await IsClosedAsync(refused));
        }
        foreach (var client in idle) client.Dispose();
    }

    static async Task<bool> IsClosedAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().WriteAsync("GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancel);
            return await client.GetStream().ReadAsync(new byte[1], Cancel) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

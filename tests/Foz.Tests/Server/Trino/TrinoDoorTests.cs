using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

/// <summary>Requests of other machines, and statements that no client asks for any more.</summary>
public sealed class TrinoDoorTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Passwords_of_other_machines_are_refused_without_TLS()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily is AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(address is null, "this machine has no address but its own");
        await using var server = await PgTestServer.StartAsync(options => options with { Address = IPAddress.Any });
        using var client = new TrinoTestClient(server);

        using var refused = await client.SendAsync(
            HttpMethod.Post, $"http://{address}:{server.Server.TrinoAddress.Port}/v1/statement", "SELECT 1");
        using var taken = await client.SendAsync(
            HttpMethod.Post, $"http://127.0.0.1:{server.Server.TrinoAddress.Port}/v1/statement", "SELECT 1");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("TLS only", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task A_statement_that_nobody_asks_for_any_more_is_given_up()
    {
        var clock = new AheadTime();
        await using var server = await PgTestServer.StartAsync(clock: clock);
        using var client = new TrinoTestClient(server);
        using var begun = await client.BeginAsync("SELECT range, repeat('x', 1000) FROM range(10000000)");
        var id = (await TrinoTestClient.JsonAsync(begun)).GetProperty("id").GetString();
        while (server.Lake.Service.Sessions.Count == 0) await Task.Delay(20, Cancel);

        clock.Advance(TimeSpan.FromMinutes(6));

        await server.WaitUntilIdleAsync();
        using var info = await client.SendAsync(HttpMethod.Get, $"/v1/query/{id}");
        Assert.Contains("ABANDONED_QUERY", await info.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }
}

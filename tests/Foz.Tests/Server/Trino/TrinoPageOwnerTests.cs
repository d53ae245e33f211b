using System.Net;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

/// <summary>Pages of statements are given to who began them.</summary>
public sealed class TrinoPageOwnerTests
{
    [Fact]
    public async Task Who_knows_the_address_of_a_page_has_to_be_who_began_the_statement()
    {
        await using var server = await PgTestServer.StartAsync();
        using var ana = new TrinoTestClient(server);
        using var bi = new TrinoTestClient(server, "bi");
        using var nobody = new TrinoTestClient(server, password: null);
        using var guessing = new TrinoTestClient(server, password: "other");
        using var begun = await ana.BeginAsync("SELECT id FROM silver.orders");
        var next = (await TrinoTestClient.JsonAsync(begun)).GetProperty("nextUri").GetString()!;

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nobody, method));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(guessing, method));
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(bi, method));
        }
        // Ana's password with another's name.
        bi.Authorization = new(
            "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"ana:{PgTestServer.Password}")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(bi, HttpMethod.Get));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(ana, HttpMethod.Get));

        async Task<HttpStatusCode> StatusAsync(TrinoTestClient client, HttpMethod method)
        {
            using var answer = await client.SendAsync(method, next);
            return answer.StatusCode;
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Foz.Server.Pages;
using Foz.Tests.Server.PgWire;
using Microsoft.AspNetCore.Http;

namespace Foz.Tests.Server.Pages;

/// <summary>Pages of the HTTP port, and who may see them.</summary>
public sealed class HttpPageTests
{
    const string Text = "rows 3";

    static readonly HttpPage closed = new("GET", "/figures/{name}", WriteAsync) { NeedsLogIn = true };

    static readonly HttpPage signed = new("POST", "/hooks/{name}", EchoAsync) { NeedsLogIn = false, BodyBytesMax = 4 };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_that_needs_a_log_in_is_shown_to_users_only()
    {
        await using var server = await PgTestServer.StartAsync(pages: closed);
        using var client = new HttpClient { BaseAddress = server.Server.HttpAddress };

        using var unknown = await client.GetAsync(new Uri("/figures/a", UriKind.Relative), Cancel);
        using var wrong = await GetAsync(client, "ana", "wrong");
        using var right = await GetAsync(client, "bi", PgTestServer.Password);

        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal("Basic", unknown.Headers.WwwAuthenticate.Single().Scheme);
        Assert.DoesNotContain(Text, await unknown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(Text, await right.Content.ReadAsStringAsync(Cancel));
        Assert.True(right.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_page_without_a_log_in_takes_bodies_up_to_its_size()
    {
        await using var server = await PgTestServer.StartAsync(pages: signed);
        using var client = new HttpClient { BaseAddress = server.Server.HttpAddress };
        using var small = new StringContent("1234");
        using var large = new StringContent("12345");

        using var taken = await client.PostAsync(new Uri("/hooks/a", UriKind.Relative), small, Cancel);
        using var refused = await client.PostAsync(new Uri("/hooks/a", UriKind.Relative), large, Cancel);
        using var other = await client.GetAsync(new Uri("/hooks/a", UriKind.Relative), Cancel);

        Assert.Equal("1234", await taken.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, other.StatusCode);
    }

    static Task WriteAsync(HttpContext context) => context.Response.WriteAsync(Text, Cancel);

    static async Task EchoAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync(await reader.ReadToEndAsync(context.RequestAborted), context.RequestAborted);
    }

    static Task<HttpResponseMessage> GetAsync(HttpClient client, string user, string password)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/figures/a");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return client.SendAsync(request, Cancel);
    }
}

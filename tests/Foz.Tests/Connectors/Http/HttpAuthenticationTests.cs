using System.Text;
using Foz.Lake;

namespace Foz.Tests.Connectors.Http;

public sealed class HttpAuthenticationTests
{
    [Theory]
    [InlineData("{type: bearer, token: '${TOKEN}'}", "Authorization", "Bearer t0k3n")]
    [InlineData("{type: header, name: X-Api-Key, value: '${TOKEN}'}", "X-Api-Key", "t0k3n")]
    [InlineData("{type: basic, user: ana, password: '${PASSWORD}'}", "Authorization", "Basic YW5hOnDDpHNzd29yZA==")]
    public async Task Requests_carry_the_credentials(string auth, string header, string value)
    {
        using var server = new ApiServer(_ => "[]");
        await using var project = HttpProject.Open(server.Url, "rows:", $"auth: {auth}\nheaders: {{X-Version: '2'}}");
        await project.ReadAsync("rows");
        Assert.Equal(
            (value, "2"), (server.Requests.Single().Headers[header], server.Requests.Single().Headers["X-Version"]));
    }

    [Fact]
    public async Task A_key_in_the_query_is_in_no_error()
    {
        using var server = new ApiServer(request => request["key"] == "t0k3n" ? new ApiAnswer(403, "no") : "[]");
        await using var project = HttpProject.Open(
            server.Url, "rows:", "auth: {type: query, name: key, value: '${TOKEN}'}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.DoesNotContain("t0k3n", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "client_credentials", "client_secret: '${CLIENT_SECRET}', scope: read", "grant_type=client_credentials",
        "scope=read")]
    [InlineData("refresh_token", "refresh_token: '${REFRESH}'", "grant_type=refresh_token", "refresh_token=r1")]
    public async Task A_token_that_expires_is_renewed(string grant, string keys, string form, string other)
    {
        var (issued, expiring) = (0, "");
        using var server = new ApiServer(request =>
        {
            if (request.Path == "/token")
                return $"{{\"access_token\":\"a{++issued}\",\"expires_in\":3600,\"refresh_token\":\"r{issued + 1}\"}}";
            // The server forgets the first token after one page, whatever it said.
            if (request.Headers["Authorization"] == $"Bearer {expiring}") return new(401, "expired a1");
            if (request["page"] == "1") expiring = "a1";
            return request["page"] == "3" ? "[]" : $"[{{\"id\":{request["page"]}}}]";
        });
        await using var project = HttpProject.Open(
            server.Url, "rows:\n  paging: {type: page}",
            $"auth: {{type: oauth2, token_url: '{server.Url}/token', grant: {grant}, client_id: me, {keys}}}");
        Assert.Equal(["1", "2"], (await project.ReadAsync("rows")).Lines);
        Assert.Equal(2, issued);
        var tokens = server.Requests.Where(r => r.Path == "/token").ToList();
        Assert.All(tokens, t => Assert.Contains(form, t.Body, StringComparison.Ordinal));
        Assert.Contains(other, tokens[0].Body, StringComparison.Ordinal);
        if (grant == "refresh_token") Assert.Contains("refresh_token=r2", tokens[1].Body, StringComparison.Ordinal);

        project.Clock.Advance(TimeSpan.FromHours(2));
        await project.ReadAsync("rows");
        Assert.Equal(3, issued);
    }

    [Fact]
    public async Task A_token_that_is_refused_again_is_an_error_without_it()
    {
        using var server = new ApiServer(request => request.Path == "/token"
            ? "{\"access_token\":\"s3cr3t\",\"expires_in\":\"60\"}"
            : new ApiAnswer(401, $"bad {request.Headers["Authorization"]}"));
        await using var project = HttpProject.Open(
            server.Url, "rows:",
            $"auth: {{type: oauth2, client_auth: basic, token_url: '{server.Url}/token', client_id: me, "
                + $"client_secret: '${{CLIENT_SECRET}}'}}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.EndsWith("401 Unauthorized: bad Bearer *** (tried 2 times)", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count(r => r.Path == "/rows"));
        Assert.Equal(
            $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("me:c1ient"))}",
            server.Requests.First(r => r.Path == "/token").Headers["Authorization"]);
    }

    [Fact]
    public async Task A_redirect_to_another_host_carries_no_credentials()
    {
        using var other = new ApiServer(_ => "[{\"id\":1}]");
        using var server = new ApiServer(request => request.Path == "/rows"
            ? new ApiAnswer(302) { Headers = [("Location", "/here")] }
            : new ApiAnswer(302) { Headers = [("Location", $"{other.Url}/there?x=1")] });
        await using var project = HttpProject.Open(
            server.Url, "rows:\n  headers: {X-Own: a}",
            "auth: {type: bearer, token: '${TOKEN}'}\nheaders: {X-Tenant: t}");
        Assert.Single((await project.ReadAsync("rows")).Rows);
        Assert.All(
            server.Requests,
            r => Assert.Equal(
                ("Bearer t0k3n", "t", "a"), (r.Headers["Authorization"], r.Headers["X-Tenant"], r.Headers["X-Own"])));
        Assert.Equal(
            (null, null, null, "1"),
            (other.Requests.Single().Headers["Authorization"], other.Requests.Single().Headers["X-Tenant"],
                other.Requests.Single().Headers["X-Own"], other.Requests.Single()["x"]));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    public async Task A_redirect_to_what_is_not_HTTP_is_not_followed(string location)
    {
        using var server = new ApiServer(_ => new(302) { Headers = [("Location", location)] });
        await using var project = HttpProject.Open(server.Url, "rows:");
        Assert.Contains(
            "is not followed", (await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"))).Message,
            StringComparison.Ordinal);
    }
}

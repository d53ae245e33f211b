using Foz.Lake;

namespace Foz.Tests.Connectors.Http;

/// <summary>A server that fails, and what is done about it.</summary>
public sealed class HttpFaultTests
{
    static readonly ApiAnswer Rows = "[{\"id\":1},{\"id\":2}]";

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    public async Task What_may_pass_is_tried_again(int status)
    {
        var tries = 0;
        using var server = new ApiServer(_ => Interlocked.Increment(ref tries) < 4 ? new(status, "busy") : Rows);
        await using var project = HttpProject.Open(server.Url, "rows:");
        Assert.Equal(["1", "2"], (await project.ReadAsync("rows")).Lines);
        Assert.Equal(4, tries);
        Assert.Equal(3, project.Clock.Waits.Count);
        Assert.All(
            project.Clock.Waits.Zip([0.5, 1, 2]), w => Assert.InRange(w.First.TotalSeconds, w.Second / 2, w.Second));
    }

    [Theory]
    [InlineData("Retry-After", "7", 7)]
    [InlineData("Retry-After", "Thu, 01 Jan 2026 00:02:00 GMT", 120)]
    [InlineData("X-RateLimit-Reset", "1767225660", 60)]
    [InlineData("RateLimit-Reset", "3", 3)]
    public async Task The_server_says_how_long_to_wait(string header, string value, int seconds)
    {
        var tries = 0;
        using var server =
            new ApiServer(_ => Interlocked.Increment(ref tries) == 1 ? new(429) { Headers = [(header, value)] } : Rows);
        await using var project = HttpProject.Open(server.Url, "rows:");
        Assert.Equal(2, (await project.ReadAsync("rows")).Rows.Count);
        Assert.Equal([TimeSpan.FromSeconds(seconds)], project.Clock.Waits);
    }

    [Theory]
    [InlineData("retries: 2", null, "(tried 3 times)", 3)]
    [InlineData("retry_budget: 1s", null, "retry_budget is used up", 0)]
    [InlineData("retry_budget: 1m", "3600", "it asks to wait 3,600 s, and 60 s are left of retry_budget", 1)]
    public async Task Tries_have_an_end(string setting, string? retryAfter, string expected, int requests)
    {
        using var server =
            new ApiServer(_ => new(503, "down") { Headers = retryAfter is null ? [] : [("Retry-After", retryAfter)] });
        await using var project = HttpProject.Open(server.Url, "rows:", setting);
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Contains(
            $"GET {server.Url}/rows: the server answers 503 Service Unavailable: down", error.Message,
            StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        if (requests > 0) Assert.Equal(requests, server.Requests.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task What_stays_wrong_fails_at_once_with_the_answer(int status)
    {
        using var server = new ApiServer(_ => new(status, "{\"why\":\n \"so\"}"));
        await using var project = HttpProject.Open(server.Url, "rows:\n  params: {key: '${TOKEN}'}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.EndsWith(": {\"why\": \"so\"}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("t0k3n", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_made_again_and_no_row_comes_twice()
    {
        var tries = 0;
        using var server = new ApiServer(request => Interlocked.Increment(ref tries) % 2 == 1
            ? Page(request) with { IsCut = true }
            : Page(request));
        await using var project = HttpProject.Open(server.Url, "rows:\n  paging: {type: page}");
        Assert.Equal(["1", "2", "3"], (await project.ReadAsync("rows")).Lines);
        Assert.Equal(8, tries);
    }

    static ApiAnswer Page(ApiRequest request) => request["page"] is "4" ? "[]" : $"[{{\"id\":{request["page"]}}}]";

    [Fact]
    public async Task An_answer_that_falls_silent_is_asked_for_again()
    {
        var tries = 0;
        using var server = new ApiServer(_ => Rows with { Hangs = Interlocked.Increment(ref tries) == 1 });
        await using var project = HttpProject.Open(server.Url, "rows:", "timeout: 10s");
        Assert.Equal(["1", "2"], (await project.ReadAsync("rows")).Lines);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task An_answer_without_end_is_an_error()
    {
        using var server = new ApiServer(_ => new string(' ', 1 << 20));
        await using var project = HttpProject.Open(server.Url, "rows:", "answer_max: 100KB");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Contains(
            "the answer is longer than 100,000 bytes (answer_max)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":", "is not JSON")]
    [InlineData("<html>login</html>", "is not JSON")]
    [InlineData("[{\"id\":1}] trailing", "is not JSON")]
    public async Task An_answer_that_is_not_what_it_says_fails_the_batch(string body, string expected)
    {
        using var server = new ApiServer(_ => body);
        await using var project = HttpProject.Open(server.Url, "rows:");
        Assert.Contains(
            expected, (await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_after_the_tries()
    {
        await using var project = HttpProject.Open("http://127.0.0.1:1", "rows:", "retries: 1");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.StartsWith(
            "GET http://127.0.0.1:1/rows: the server cannot be reached or read: ", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_keep_to_the_rate()
    {
        using var server = new ApiServer(Page);
        await using var project = HttpProject.Open(server.Url, "rows:\n  paging: {type: page}", "rate_limit: 2/s");
        await project.ReadAsync("rows");
        Assert.Equal(4, server.Requests.Count);
        Assert.Equal(1.5, project.Clock.Waits.Sum(w => w.TotalSeconds), 2);
    }
}

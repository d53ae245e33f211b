using Foz.Lake;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Servers that fail.</summary>
public sealed class MongoDbFaultTests
{
    static MongoCommands Thousand =>
        new MongoCommands().Add("c", Enumerable.Range(0, 1000).Select(i => $"{{_id: {i}}}"));

    [Theory]
    [InlineData("cut")]
    [InlineData("not primary")]
    [InlineData("cursor lost")]
    public async Task A_cut_in_the_middle_loses_and_doubles_nothing(string kind)
    {
        using var server = new MongoServer(Thousand);
        var left = 4;
        server.Fault = command => command.GetElement(0).Name != "getMore" || Interlocked.Decrement(ref left) < 0 ? null
            : kind == "cut" ? MongoFault.Cut
            : new()
            {
                Error = kind == "cursor lost"
                    ? new(43, "CursorNotFound", "cursor id 1 not found")
                    : new(10107, "NotWritablePrimary", "not primary"),
            };
        await using var project = new MongoProject(
            server, MongoProject.Of("c"), o => o with { BatchSize = 50 });
        var rows = await project.ReadAsync();
        Assert.True(left < 0);
        Assert.Equal(Enumerable.Range(0, 1000), rows.Select(r => int.Parse((string)r[0]!)).Order());
    }

    [Fact]
    public async Task A_cut_in_an_incremental_read_fails_the_batch()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("c", Enumerable.Range(0, 1000).Select(i => $"{{_id: {i}, at: {i}}}")));
        server.Fault = command => command.GetElement(0).Name == "getMore" ? MongoFault.Cut : null;
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "at"));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Contains("reading c", error.Message, StringComparison.Ordinal);
        Assert.Empty(project.History);
    }

    [Fact]
    public async Task Tries_have_an_end()
    {
        using var server = new MongoServer(Thousand);
        server.Fault = command => command.GetElement(0).Name == "getMore" ? MongoFault.Cut : null;
        await using var project = new MongoProject(server, MongoProject.Of("c"), null, ("retries", "1"));
        // Every try brings a first batch; only what the last document brings is no progress.
        server.Fault = command => command.GetElement(0).Name is "getMore" or "find" && command.Contains("hint")
            ? new() { Error = new(10107, "NotWritablePrimary", "not primary") }
            : null;
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Contains("reading c (tried 2 times): not primary (NotWritablePrimary, 10107)", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_fails_in_time()
    {
        using var server = new MongoServer(Thousand)
        {
            Fault = command => command.GetElement(0).Name == "getMore" ? new() { Hangs = true } : null,
        };
        await using var project = new MongoProject(
            server, MongoProject.Of("c", cursor: "_id"), null, ("read_timeout", "300ms"));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Contains("the server sent nothing for 0.3 s (read_timeout)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        var server = new MongoServer(new());
        await using var project = new MongoProject(server, MongoProject.Of("c"), null, ("timeout", "500ms"));
        server.Dispose();
        var error = await Assert.ThrowsAsync<FozException>(
            () => project.Source.CheckAsync(TestContext.Current.CancellationToken));
        Assert.Contains("/shop: connecting: no server answers within 0.5 s: Connection refused", error.Message,
            StringComparison.Ordinal);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Users_log_in_and_a_wrong_password_is_not_shown()
    {
        var ct = TestContext.Current.CancellationToken;
        using var server = new MongoServer(Thousand) { LogIn = ("foz", "s3cret p@ss") };
        await using var right = new MongoProject(
            server, MongoProject.Of("c"), null, ("url", $"mongodb://foz:s3cret%20p%40ss@127.0.0.1:{server.Port}/shop"));
        Assert.Equal($"127.0.0.1:{server.Port}/shop, MongoDB 7.0.99", await right.Source.CheckAsync(ct));
        await using var wrong = new MongoProject(
            server, MongoProject.Of("c"), null, ("url", $"mongodb://foz:wr0ng@127.0.0.1:{server.Port}/shop"));
        var error = await Assert.ThrowsAsync<FozException>(() => wrong.Source.CheckAsync(ct));
        Assert.Contains("the server refuses user or password", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", $"{error}", StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        await using var none = new MongoProject(server, MongoProject.Of("c"));
        Assert.Equal("grant the user of url: the role read on the database",
            (await Assert.ThrowsAsync<FozException>(() => none.Source.CheckAsync(ct))).Hint);
    }

    [Fact]
    public async Task A_filter_that_the_server_does_not_know_fails()
    {
        using var server = new MongoServer(Thousand);
        await using var project = new MongoProject(
            server, MongoProject.Of("c", settings: ("filter", """{"a": {"$nope": 1}}""")));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Contains("unknown operator: $nope (BadValue, 2)", error.Message, StringComparison.Ordinal);
        Assert.Equal("check filter of the stream: it goes to the server unchanged", error.Hint);
    }
}

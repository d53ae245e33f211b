using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Foz.Server.Trino;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

public sealed class TrinoProtocolTests : IAsyncLifetime
{
    PgTestServer server = null!;
    TrinoTestClient client = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync();
        client = new(server);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_gives_columns_and_rows_on_pages_that_follow_each_other()
    {
        var result = await client.RunAsync("SELECT id, name, amount FROM silver.orders ORDER BY id");

        Assert.Null(result.Error);
        Assert.Equal(["id bigint", "name varchar", "amount decimal(10,2)"], result.Columns);
        Assert.Equal(
            ["1,\"a\",\"1.50\"", "2,\"b\",\"2.50\"", "3,null,null", "4,\"d\",\"4.00\"", "5,\"e\",\"5.00\""],
            result.Rows);
        // Some clients lose rows of the first answer.
        Assert.False(result.Pages[0].TryGetProperty("data", out _));
        Assert.Equal("FINISHED", result.Pages[^1].GetProperty("stats").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Many_rows_come_on_many_pages_and_the_server_runs_ahead_by_few()
    {
        using var begun = await client.BeginAsync("SELECT range, repeat('x', 1000) FROM range(100000)");
        var page = await TrinoTestClient.JsonAsync(begun);
        var id = page.GetProperty("id").GetString()!;
        var next = page.GetProperty("nextUri").GetString()!;
        while (!page.TryGetProperty("data", out _)) page = await GetAsync(next);
        var rowsFirst = page.GetProperty("data").GetArrayLength();
        Assert.InRange(rowsFirst, 64, 2000);
        // No client asks, so that it waits: its progress stays the same.
        var done = 0L;
        for (var before = -1L; done != before;)
        {
            before = done;
            await Task.Delay(200, Cancel);
            done = (await InfoAsync(id)).GetProperty("queryStats").GetProperty("outputPositions").GetInt64();
        }
        Assert.InRange(done, rowsFirst, 10 * 2000);
        var rows = (long)rowsFirst;
        while (page.TryGetProperty("nextUri", out var uri))
        {
            page = await GetAsync(uri.GetString()!);
            if (page.TryGetProperty("data", out var data)) rows += data.GetArrayLength();
        }
        Assert.Equal(100_000, rows);
        Assert.Equal("FINISHED", (await InfoAsync(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_page_that_is_asked_for_again_is_given_again_until_the_next_is()
    {
        using var begun = await client.BeginAsync("SELECT range, repeat('x', 1000) FROM range(3000)");
        var first = (await TrinoTestClient.JsonAsync(begun)).GetProperty("nextUri").GetString()!;
        var page = await GetAsync(first);
        while (!page.TryGetProperty("data", out _)) page = await GetAsync(first);
        Assert.Equal(page.GetProperty("data").GetRawText(), (await GetAsync(first)).GetProperty("data").GetRawText());

        // Until there are rows of the next page it is not asked for in vain.
        var next = await GetAsync(page.GetProperty("nextUri").GetString()!);
        while (!next.TryGetProperty("data", out _)) next = await GetAsync(page.GetProperty("nextUri").GetString()!);
        using var gone = await client.SendAsync(HttpMethod.Get, first);
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
    }

    [Fact]
    public async Task Who_does_not_know_the_slug_gets_nothing()
    {
        using var begun = await client.BeginAsync("SELECT 1");
        var next = (await TrinoTestClient.JsonAsync(begun)).GetProperty("nextUri").GetString()!;
        var parts = next.Split('/');
        parts[^2] = new string('0', parts[^2].Length);
        using var answer = await client.SendAsync(HttpMethod.Get, string.Join('/', parts));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_statement_is_canceled_by_its_page_or_by_its_name(bool byPage)
    {
        using var begun = await client.BeginAsync(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7");
        var page = await TrinoTestClient.JsonAsync(begun);
        var (id, next) = (page.GetProperty("id").GetString()!, page.GetProperty("nextUri").GetString()!);
        using var canceled = await client.SendAsync(HttpMethod.Delete, byPage ? next : $"/v1/query/{id}");
        Assert.Equal(HttpStatusCode.NoContent, canceled.StatusCode);

        page = await GetAsync(next);
        Assert.Equal("USER_CANCELED", page.GetProperty("error").GetProperty("errorName").GetString());
        Assert.Equal("FAILED", (await InfoAsync(id)).GetProperty("state").GetString());
        await server.WaitUntilIdleAsync();
    }

    [Fact]
    public async Task A_statement_that_takes_longer_than_its_session_lets_it_ends()
    {
        client.Headers["X-Trino-Session"] = "query_max_run_time=100ms";
        var result = await client.RunAsync(
            "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7");
        Assert.StartsWith("EXCEEDED_TIME_LIMIT", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELEC 1", "SYNTAX_ERROR", 1, 1)]
    [InlineData("SELECT *\nFROM silver.nothing", "TABLE_NOT_FOUND", 2, 6)]
    [InlineData("SELECT nothing FROM silver.orders", "COLUMN_NOT_FOUND", 1, 8)]
    [InlineData("SELECT nothing(1)", "FUNCTION_NOT_FOUND", 0, 0)]
    [InlineData("SELECT CAST(name AS INTEGER) FROM silver.orders", "INVALID_CAST_ARGUMENT", 0, 0)]
    public async Task Errors_have_their_names_and_places(string sql, string name, int line, int column)
    {
        var result = await client.RunAsync(sql);
        var error = result.Pages[^1].GetProperty("error");
        Assert.Equal(name, error.GetProperty("errorName").GetString());
        Assert.Equal("USER_ERROR", error.GetProperty("errorType").GetString());
        if (line == 0) return;
        Assert.Equal(line, error.GetProperty("errorLocation").GetProperty("lineNumber").GetInt32());
        Assert.Equal(column, error.GetProperty("errorLocation").GetProperty("columnNumber").GetInt32());
    }

    [Fact]
    public async Task Addresses_are_those_by_which_a_proxy_is_reached()
    {
        client.Headers["X-Forwarded-Proto"] = "https";
        client.Headers["X-Forwarded-Host"] = "trino.example.com:8443";
        using var begun = await client.BeginAsync("SELECT 1");
        var next = (await TrinoTestClient.JsonAsync(begun)).GetProperty("nextUri").GetString();
        Assert.StartsWith("https://trino.example.com:8443/v1/statement/executing/", next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_compressed_for_who_asks()
    {
        client.Headers["Accept-Encoding"] = "gzip";
        using var answer = await client.SendAsync(HttpMethod.Get, "/v1/info");
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        await using var stream = new GZipStream(
            await answer.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var info = await JsonDocument.ParseAsync(stream, cancellationToken: Cancel);
        Assert.False(info.RootElement.GetProperty("starting").GetBoolean());
    }

    [Fact]
    public async Task Nobody_is_served_without_the_password_or_as_somebody_else()
    {
        using var wrong = new TrinoTestClient(server, "ana", "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(wrong));
        using var nobody = new TrinoTestClient(server, "nobody", "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(nobody));
        using var without = new TrinoTestClient(server, "ana", password: null);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(without));
        without.Authorization = new("Bearer", "a.b.c");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(without));
        client.Headers["X-Trino-User"] = "bob";
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client));
        Assert.Contains("The user ana at ", server.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_of_clients_that_are_open_to_all_are_the_owners()
    {
        await using var open = await PgTestServer.StartAsync(isOpen: true);
        using var anybody = new TrinoTestClient(open, "anybody", password: null);
        Assert.Equal(["5"], await anybody.RowsAsync("SELECT count(*) FROM silver.orders"));
        anybody.Headers.Remove("X-Trino-User");
        anybody.Headers["X-Presto-User"] = "former";
        Assert.Equal(["1"], await anybody.RowsAsync("SELECT 1"));
    }

    [Theory]
    [InlineData("evil.example", null, false)]
    [InlineData("localhost.evil.example:8090", null, false)]
    [InlineData("localhost", null, true)]
    [InlineData("127.0.0.1:8090", null, true)]
    [InlineData("[::1]:8090", null, true)]
    [InlineData("localhost:8090", "http://localhost:8090", true)]
    [InlineData("localhost:8090", "http://localhost:3000", false)]
    [InlineData("localhost:8090", "https://evil.example", false)]
    [InlineData("localhost:8090", "null", false)]
    public async Task Web_pages_are_not_let_in_where_nobody_has_to_log_in(string host, string? origin, bool isLetIn)
    {
        await using var open = await PgTestServer.StartAsync(isOpen: true);
        using var page = new TrinoTestClient(open, "ana", password: null);
        page.Headers["Host"] = host;
        if (origin is not null) page.Headers["Origin"] = origin;
        Assert.Equal(isLetIn ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await StatusAsync(page));
        using var answer = await page.SendAsync(HttpMethod.Get, "/v1/info");
        Assert.Equal(isLetIn ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_statement_that_was_stopped_stays_failed_and_keeps_little()
    {
        var log = new StringBuilder();
        using var writer = new StringWriter(log);
        using var logs = new Foz.Server.Logging.TextLoggerProvider(TextWriter.Synchronized(writer));
        var host = new TrinoHost(
            new(server.Lake.Service.Host), LogIn: null!, TimeProvider.System, logs.CreateLogger("test"))
        { QueriesMax = 10, PageBytes = 1000, Starting = new(10) };

        // Stopped before it has begun.
        await using var early = new TrinoQuery(host, "early", new("ana", IsOwner: true), new() { Sql = "SELECT 1" });
        early.Stop(TrinoError.Canceled);
        early.Start();
        await early.EndAsync();
        Assert.Equal(TrinoState.Failed, early.State);

        // Stopped while a page waits after another one.
        await using var waiting = new TrinoQuery(
            host, "waiting", new("ana", IsOwner: true),
            new()
            {
                Sql = $"SELECT range, repeat('x', 100) FROM range(100000) --{new string('x', 100_000)}",
                Prepared = new Dictionary<string, string> { ["q"] = "SELECT 1" },
            });
        waiting.Start();
        while (waiting.Bytes < 2000) await Task.Yield();
        waiting.Stop(TrinoError.Canceled);
        await waiting.EndAsync();
        Assert.Equal(TrinoState.Failed, waiting.State);
        Assert.Equal("", log.ToString());
        Assert.InRange(waiting.Request.Sql.Length, 1, 10_001);
        Assert.Empty(waiting.Request.Prepared);
    }

    async Task<HttpStatusCode> StatusAsync(TrinoTestClient who)
    {
        using var answer = await who.BeginAsync("SELECT 1");
        return answer.StatusCode;
    }

    async Task<JsonElement> GetAsync(string address)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, address);
        return await TrinoTestClient.JsonAsync(answer);
    }

    Task<JsonElement> InfoAsync(string id) => GetAsync($"/v1/query/{id}");
}

using System.Globalization;
using Foz.Lake.Journal;

namespace Foz.Tests.Connectors.Http;

/// <summary>Runs of a project that reads an API.</summary>
public sealed class HttpRunTests
{
    [Fact]
    public async Task Batches_go_on_where_the_last_one_ended_and_nothing_new_writes_nothing()
    {
        var rows = "[]";
        using var server = new ApiServer(_ => rows);
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write("sources/api.yml", """
            connection: api
            silver: current
            streams:
              orders: {mode: incremental, cursor: at, cursor_param: since, keys: [id]}
            """);
        Assert.Equal(Outcome.Skipped, (await project.RunAsync()).Steps.Single(s => s.IsStream).Outcome);
        Assert.Equal(
            [
                "bronze.orders has no rows yet, and no columns: the first rows make it",
                "bronze.orders has no rows yet: silver.orders waits for the first",
            ],
            project.Warnings);
        rows = "[{\"id\":1,\"at\":5,\"s\":\"a\"},{\"id\":2,\"at\":6,\"s\":\"b\"}]";
        Assert.Equal(2, (await project.RunWellAsync()).Steps.Single(s => s.IsStream).RowsWritten);
        var idle = await project.RunWellAsync();
        Assert.All(idle.Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        rows = "[{\"id\":2,\"at\":6,\"s\":\"b\"},{\"id\":1,\"at\":7,\"s\":\"c\",\"more\":[1]}]";
        Assert.Equal(1, (await project.RunWellAsync()).Steps.Single(s => s.IsStream).RowsWritten);
        Assert.Equal(["1|5|a", "1|7|c", "2|6|b"], await project.RowsAsync("SELECT id, \"at\", s FROM bronze.orders"));
        Assert.Equal(["1|c", "2|b"], await project.RowsAsync("SELECT id, s FROM silver.orders"));
        Assert.Equal([null, null, "6", "6"], server.Requests.Select(r => r["since"]));
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData(new[] { 5, 4, 3, 2, 1 }, new[] { 6, 5, 4, 3, 2, 1 })]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, new[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(new[] { 3, 5, 1, 2, 4 }, new[] { 2, 6, 1, 5, 4, 3 })]
    public async Task Rows_of_the_last_cursor_come_once_in_whatever_order_a_server_sends_rows(int[] first, int[] then)
    {
        const int Size = 3;
        var rows = first;
        using var server = new ApiServer(request =>
        {
            var page = rows.Skip((int.Parse(request["page"]!, CultureInfo.InvariantCulture) - 1) * Size).Take(Size);
            return $"{{\"data\":[{string.Join(',', page.Select(up => $"{{\"id\":{up},\"up\":{up}}}"))}]}}";
        });
        using var project = Incremental(server, $"up, keys: [id], records: data, paging: {{type: page, size: {Size}}}");
        await project.RunWellAsync();
        rows = then;
        Assert.Equal(1, (await project.RunWellAsync()).Steps.Single().RowsWritten);
        for (var run = 0; run < 3; run++)
            Assert.Equal(Outcome.Skipped, (await project.RunWellAsync()).Steps.Single().Outcome);
        rows = [7, .. then];
        await project.RunWellAsync();
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], await project.RowsAsync("SELECT up FROM bronze.orders"));
    }

    [Theory]
    [InlineData("""{"id":3,"up":"x"}""", "the text 'x' in one row and the number '5' in another")]
    [InlineData("""{"id":3,"up":"2026-01-01"}""", "the time '2026-01-01' in one row and the number '5' in another")]
    public async Task Cursors_that_cannot_be_compared_are_refused(string odd, string expected)
    {
        var rows = """{"id":1,"up":4},{"id":2,"up":5}""";
        using var server = new ApiServer(_ => $"[{rows}]");
        using var project = Incremental(server, "up, keys: [id]");
        await project.RunWellAsync();
        var before = rows;
        foreach (var sent in new[] { $"{before},{odd}", $"{odd},{before}" })
        {
            rows = sent;
            var error = await project.FailAsync();
            Assert.StartsWith("sources/api.yml:3:", error, StringComparison.Ordinal);
            Assert.Contains($"the cursor 'up' is {expected}", error, StringComparison.Ordinal);
        }
        rows = before;
        await project.RunWellAsync();
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData("\"at\":5,\"n\":{\"a\":1}", "\"at\":5,\"n\":{\"a\":1},\"new\":null")]
    [InlineData("\"at\":5,\"n\":{\"a\":1}", "\"at\":5,\"n\":{\"a\":1},\"new\":7")]
    [InlineData("\"at\":5,\"n\":{\"a\":1}", "\"at\":5,\"n\":{\"a\":1,\"b\":null}")]
    [InlineData("\"at\":5,\"n\":{\"a\":1}", "\"at\":5,\"n\":{\"a\":1,\"b\":{\"c\":[2]}}")]
    [InlineData("\"at\":5,\"n\":[{\"a\":1}]", "\"n\":[{\"b\":2,\"a\":1}], \"at\":5")]
    [InlineData("\"at\":\"2026-01-02T10:00:00Z\"", "\"at\":\"2026-01-02T10:00:00Z\",\"new\":true")]
    [InlineData("\"at\":\"b\"", "\"at\":\"b\",\"new\":[]")]
    public async Task Rows_of_the_last_cursor_come_once_though_their_server_writes_them_in_another_way(
        string before, string after)
    {
        string[] rows = [$"{{\"id\":1,{before}}}", $"{{\"id\":2,{before}}}"];
        using var server = new ApiServer(_ => $"[{string.Join(',', rows)}]");
        using var project = Incremental(server, "at, keys: [id]");
        await project.RunWellAsync();
        rows = [$"{{\"id\":1,{after}}}", $"{{\"id\":2,{after}}}", $"{{\"id\":3,{after}}}"];
        await project.RunWellAsync();
        Assert.Equal(Outcome.Skipped, (await project.RunWellAsync()).Steps.Single().Outcome);
        Assert.Equal(["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData("id, keys: [id]", "id of orders")]
    [InlineData("at, keys: [id], path: v2", "at of v2")]
    public async Task Another_cursor_begins_again_and_leaves_out_what_arrived(string then, string of)
    {
        var rows = """{"id":1,"at":500},{"id":2,"at":600}""";
        using var server = new ApiServer(_ => $"[{rows}]");
        using var project = Incremental(server, "at, keys: [id]");
        await project.RunWellAsync();
        rows += """,{"id":3,"at":400}""";
        project.Write("sources/api.yml", Stream(then));
        var run = (await project.RunWellAsync()).Steps.Single();
        Assert.Equal((Outcome.Warned, 1), (run.Outcome, run.RowsWritten));
        Assert.Equal(
            $"bronze.orders was read by the cursor at of orders, and its cursor is now {of}: "
                + "it is read from the beginning; "
            + "rows that the table has are left out, and its other rows stay", Assert.Single(project.Warnings));
        Assert.Equal(Outcome.Skipped, (await project.RunWellAsync()).Steps.Single().Outcome);
        Assert.Equal(["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    static SourceProject Incremental(ApiServer server, string cursor) =>
        new SourceProject($"api: {{type: http, url: '{server.Url}'}}").Write("sources/api.yml", Stream(cursor));

    static string Stream(string cursor) =>
        $"connection: api\nstreams:\n  orders: {{mode: incremental, cursor: {cursor}}}\n";

    [Fact]
    public async Task Children_are_asked_of_parents_that_are_new_or_changed()
    {
        var orders = "[{\"id\":1,\"at\":5},{\"id\":2,\"at\":6}]";
        var fails = false;
        using var server = new ApiServer(request => request.Path switch
        {
            "/orders" => orders,
            _ when fails => new ApiAnswer(400),
            _ => $"[{{\"line\":\"{request.Path}\"}}]",
        });
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write("sources/api.yml", """
            connection: api
            streams:
              orders: {mode: incremental, cursor: at, cursor_param: since, keys: [id]}
              lines: {mode: incremental, path: 'orders/{parent.id}/lines', parent: orders, parent_mode: incremental}
            """);
        await project.RunWellAsync();
        Assert.Equal(["/orders/1/lines", "/orders/2/lines"], Asked());
        await project.RunWellAsync();
        Assert.Empty(Asked());
        // One is new, one changed, and one is of the last cursor and not yet known.
        orders = "[{\"id\":2,\"at\":6},{\"id\":4,\"at\":6},{\"id\":3,\"at\":7},{\"id\":1,\"at\":8}]";
        fails = true;
        await project.RunAsync();
        fails = false;
        server.Requests.Clear();
        await project.RunWellAsync();
        Assert.Contains("6", server.Requests.Where(r => r.Path == "/orders").Select(r => r["since"]));
        Assert.Equal(["/orders/1/lines", "/orders/3/lines", "/orders/4/lines"], Asked());
        Assert.Equal(
            ["1|/orders/1/lines", "1|/orders/1/lines", "2|/orders/2/lines", "3|/orders/3/lines", "4|/orders/4/lines"],
            await project.RowsAsync("SELECT _parent_id, line FROM bronze.lines"));
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(4, Asked().Count);

        List<string> Asked()
        {
            var asked = server.Requests.Select(r => r.Path).Where(p => p != "/orders").Order(StringComparer.Ordinal)
                .ToList();
            server.Requests.Clear();
            return asked;
        }
    }

    [Fact]
    public async Task A_batch_that_a_check_stops_is_fetched_again()
    {
        var rows = "[{\"id\":1,\"at\":5},{\"id\":null,\"at\":6}]";
        using var server = new ApiServer(_ => rows);
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write(
            "sources/api.yml",
            "connection: api\nstreams:\n  orders:\n    mode: incremental\n    cursor: at\n    columns: "
                + "[{name: id, checks: [not_null]}]\n");
        Assert.Contains("not_null", await project.FailAsync(), StringComparison.Ordinal);
        rows = "[{\"id\":1,\"at\":5},{\"id\":2,\"at\":6}]";
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData("mode: incremental, cursor: v, ", new[] { "1|0|a|1", "1|1|b|", "2|0|d|4", "3|0|e|5" })]
    [InlineData("", new[] { "3|0|e|5" })]
    public async Task Elements_of_lists_get_tables_of_their_own(string mode, string[] expected)
    {
        var rows = """
            [{"id":1,"v":1,"items":[{"sku":"a","n":1},{"sku":"b"}],"o":{"tags":["x","y"]}},{"id":2,"v":2,"items":[{"sku":"d","n":4}],"o":{"tags":[]}},{"id":9,"v":2,"items":null,"o":null}]
            """;
        using var server = new ApiServer(_ => rows);
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write(
            "sources/api.yml", $"connection: api\nstreams:\n  orders: {{{mode}keys: [id], lists: [items, o.tags]}}\n");
        await project.RunWellAsync();
        Assert.Equal(
            ["1|0|x", "1|1|y"], await project.RowsAsync("SELECT _parent_id, _index, value FROM bronze.orders__o_tags"));
        rows = "[{\"id\":3,\"v\":3,\"items\":[{\"sku\":\"e\",\"n\":5}],\"o\":{\"tags\":[\"z\"]}}]";
        await project.RunWellAsync();
        Assert.Equal(expected, await project.RowsAsync("SELECT _parent_id, _index, sku, n FROM bronze.orders__items"));
        Assert.Single(await project.RowsAsync("SELECT DISTINCT _cdc_source FROM bronze.orders__items"));
    }

    [Fact]
    public async Task What_a_server_says_of_secrets_is_told_nowhere()
    {
        const string Header = "Basic YW5hOnMzY3IzdC1rM3k=";
        using var server = new ApiServer(request =>
            new(401, $"{new string('x', 280)} {request.Headers["Authorization"]} s3cr3t-k3y {request["token"]}"));
        using var project = new SourceProject("");
        project.Variables["KEY"] = "s3cr3t-k3y";
        project.Write("foz.yml", $"""
            name: t
            lake: lake
            openlineage: (file: logs/events.jsonl)
            connections:
              api: (type: http, url: '{server.Url}?token=$(KEY)', auth: (type: basic, user: ana, password: '$(KEY)'))
            """.Replace('(', '{').Replace(')', '}'));
        project.Write("sources/api.yml", "connection: api\nstreams: {orders: }\n");
        var error = await project.FailAsync();
        Assert.Equal(Header, server.Requests.Single().Headers["Authorization"]);
        var rows = await project.RowsAsync("SELECT error FROM foz.steps");
        var events = await File.ReadAllTextAsync(
            Path.Combine(project.Folder, "logs/events.jsonl"), TestContext.Current.CancellationToken);
        foreach (var text in new[] { error, Assert.Single(rows), events })
        {
            Assert.Contains("401 Unauthorized", text, StringComparison.Ordinal);
            Assert.Contains("***", text, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cr3t", text, StringComparison.Ordinal);
            Assert.DoesNotContain("YW5h", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_answer_is_no_empty_list()
    {
        ApiAnswer answer = "[{\"id\":1}]";
        using var server = new ApiServer(_ => answer);
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write("sources/api.yml", "connection: api\nstreams: {orders: }\n");
        await project.RunWellAsync();
        answer = "";
        Assert.Contains(
            "/orders: the answer is empty, which is not JSON\n  a server that has no rows says so",
            await project.FailAsync(), StringComparison.Ordinal);
        answer = new(200, " \n") { Type = "application/xml" };
        Assert.Contains("which is not XML", await project.FailAsync(), StringComparison.Ordinal);
        answer = new(200, "<html><body>Log in,\n please</body></html>") { Type = "text/html" };
        Assert.Contains(
            ": <html><body>Log in, please</body></html>", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["1"], await project.RowsAsync("SELECT id FROM bronze.orders"));
        answer = new(204);
        await project.RunWellAsync();
        Assert.Empty(await project.RowsAsync("SELECT id FROM bronze.orders"));
    }

    [Theory]
    [InlineData("/v1/?api_version=2&x=a%20b", "rows", "/v1/rows?api_version=2&x=a b")]
    [InlineData("/v1?api_version=2", "rows?y=1", "/v1/rows?api_version=2&y=1")]
    [InlineData("/v1?api_version=2", "{path: /rows, params: {api_version: 3}}", "/v1/rows?api_version=3")]
    [InlineData("/v1?api_version=2", "{graphql: '{x}'}", "/v1?api_version=2")]
    [InlineData("/v1", "rows", "/v1/rows")]
    public async Task All_requests_have_the_query_of_the_connections_url(string url, string stream, string expected)
    {
        using var server = new ApiServer(_ => "[{\"id\":1}]");
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}{url}'}}");
        project.Write(
            "sources/api.yml",
            $"connection: api\nstreams: {{s: {(stream[0] == '{' ? stream : $"{{path: '{stream}'}}")}}}\n");
        await project.RunWellAsync();
        Assert.Equal([expected], server.Targets);
    }

    [Fact]
    public async Task A_server_that_fails_fails_the_step_and_leaves_the_table()
    {
        var isDown = false;
        using var server = new ApiServer(request =>
            isDown && request["page"] == "2"
                ? new ApiAnswer(400, "broken")
                : request["page"] == "3" ? "[]" : "[{\"id\":" + request["page"] + "}]");
        using var project = new SourceProject($"api: {{type: http, url: '{server.Url}'}}");
        project.Write("sources/api.yml", "connection: api\nstreams:\n  orders: {paging: {type: page}}\n");
        await project.RunWellAsync();
        isDown = true;
        Assert.Contains(
            "the server answers 400 Bad Request: broken", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.orders"));
    }
}

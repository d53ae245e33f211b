using System.Globalization;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.Http;

public sealed class HttpSourceTests
{
    const int RowsMax = 25;

    [Theory]
    [InlineData("paging: {type: page, size: 10, size_param: per_page}", "")]
    [InlineData("paging: {type: page, param: p, start: 0}", "")]
    [InlineData("paging: {type: page, total: pages}", "")]
    [InlineData("paging: {type: page, end_status: 404}", "end")]
    [InlineData("paging: {type: offset, size: 10}", "")]
    [InlineData("paging: {type: offset, param: skip, total: total}", "")]
    [InlineData("paging: {type: cursor, param: after, token: next}", "")]
    [InlineData("paging: {type: cursor, param: after, token_header: X-Next}", "")]
    [InlineData("paging: {type: cursor, param: after, last: id, has_more: more}", "")]
    [InlineData("paging: {type: link}", "")]
    [InlineData("paging: {type: next_url, url: url}", "")]
    public async Task Every_way_of_paging_reads_every_row_once(string paging, string end)
    {
        ApiServer? server = null;
        server = new ApiServer(request =>
        {
            var first = (request["page"], request["p"], request["offset"] ?? request["skip"], request["after"]) switch
            {
                ({ } page, _, _, _) => (int.Parse(page, CultureInfo.InvariantCulture) - 1) * 10,
                (_, { } page, _, _) => int.Parse(page, CultureInfo.InvariantCulture) * 10,
                (_, _, { } offset, _) => int.Parse(offset, CultureInfo.InvariantCulture),
                (_, _, _, { } after) => int.Parse(after, CultureInfo.InvariantCulture),
                _ => 0,
            };
            if (end.Length > 0 && first >= RowsMax) return new ApiAnswer(404);
            var next = Math.Min(first + 10, RowsMax);
            return Page(first, next) with
            {
                Headers = next == RowsMax
                    ? []
                    : [
                        ("X-Next", $"{next}"),
                        ("Link", $"<{server!.Url}/rows?after=0>; rel=\"prev\", </rows?after={next}>; rel=\"next\""),
                    ],
            };
        });
        using var serving = server;
        await using var project = HttpProject.Open(server.Url, $"rows:\n  records: data.items\n  {paging}");
        var batch = await project.ReadAsync("rows");
        Assert.Equal(
            Enumerable.Range(1, RowsMax).Select(id => (object?)(long)id), batch.Rows.Select(r => r[0]).Order());
        Assert.Equal("id,name", batch.Names);
        Assert.All(batch.Rows, row => Assert.Equal((null, "api.rows"), (row[^2], (string)row[^1]!)));
    }

    static ApiAnswer Page(int first, int next) => JsonSerializer.Serialize(new
    {
        data = new
        {
            items = Enumerable.Range(first, Math.Max(next - first, 0)).Select(i => new { id = i + 1, name = $"n{i}" }),
        },
        next = next < RowsMax ? $"{next}" : null,
        url = next < RowsMax ? $"/rows?after={next}" : null,
        more = next < RowsMax, pages = 3, total = RowsMax,
    });

    [Theory]
    [InlineData(
        "{type: page}", "[{\"id\":1}]", "the answer for page 2 is the one before: the server does not heed 'page'")]
    [InlineData("{type: cursor, token: t}", "{\"t\":\"a\",\"id\":1}", "a page leads to one that was read before")]
    [InlineData("{type: next_url, url: t}", "{\"t\":\"/rows\",\"id\":1}", "a page leads to one that was read before")]
    [InlineData("{type: page, pages_max: 5}", null, "there are more than 5 pages")]
    public async Task Pages_without_an_end_are_an_error(string paging, string? body, string expected)
    {
        var count = 0;
        using var server = new ApiServer(_ => body ?? $"[{{\"id\":{Interlocked.Increment(ref count)}}}]");
        await using var project = HttpProject.Open(server.Url, $"rows:\n  paging: {paging}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count, 2, 6);
    }

    [Theory]
    [InlineData("'@odata.nextLink'")]
    [InlineData("'\"@odata.nextLink\"'")]
    public async Task A_field_whose_name_has_dots_leads_to_the_next_page(string url)
    {
        using var server = new ApiServer(request => request["skip"] is { } skip
            ? $$"""{"value":[{"id":{{skip}}}]}"""
            : """{"@odata.nextLink":"/rows?skip=2","value":[{"id":1}]}""");
        await using var project = HttpProject.Open(
            server.Url, $"rows:\n  records: value\n  paging: {{type: next_url, url: {url}}}");
        Assert.Equal([1L, 2L], (await project.ReadAsync("rows")).Rows.Select(row => row[0]).Order());
    }

    [Theory]
    [InlineData("{type: next_url, url: nextLink}", "{\"@odata.nextLink\":\"/rows?s=2\",\"value\":[{\"id\":1}]}",
        "rows would be missing: the answer has no 'nextLink', but '@odata.nextLink'")]
    [InlineData("{type: cursor, token: meta.after}", "{\"meta\":{\"next_cursor\":\"a\"},\"value\":[{\"id\":1}]}",
        "rows would be missing: the answer has no 'meta.after', but 'meta.next_cursor'")]
    [InlineData("{type: cursor, token: after, has_more: more}", "{\"more\":true,\"value\":[{\"id\":1}]}",
        "rows would be missing: 'more' says that there are more rows, but the answer has no 'after'")]
    [InlineData("{type: next_url, url: next, total: count}", "{\"count\":1000,\"next\":null,\"value\":[{\"id\":1}]}",
        "rows would be missing: the pages end after 1 rows, and 'count' says 1,000")]
    public async Task A_first_page_is_never_taken_for_all_of_more(string paging, string body, string expected)
    {
        using var server = new ApiServer(_ => body);
        await using var project = HttpProject.Open(server.Url, $"rows:\n  records: value\n  paging: {paging}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_page_is_never_asked_of_another_host()
    {
        using var other = new ApiServer(_ => "[]");
        using var server = new ApiServer(_ => $"{{\"rows\":[],\"next\":\"{other.Url}/rows\"}}");
        await using var project = HttpProject.Open(
            server.Url, "rows:\n  records: rows\n  paging: {type: next_url, url: next}",
            "auth: {type: bearer, token: '${TOKEN}'}");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Contains("the next page is at another host", error.Message, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Values_keep_the_types_of_JSON_and_nested_ones_their_shape()
    {
        using var server = new ApiServer(_ => """
            {"rows": [
              {"id": 1, "postcode": "01310100", "price": 10.50, "ok": true, "items": [{"sku": "a", "n": 1}, {"sku": "b"}], "at": {"x": null}},
              {"id": 2,
               "price": 3}
            ]}
            """);
        await using var project = HttpProject.Open(
            server.Url, "rows:\n  records: rows\n  columns: {price: 'decimal(10,2)'}");
        var batch = await project.ReadAsync("rows");
        Assert.Equal("price,id,postcode,ok,items,at", batch.Names);
        Assert.Equal("decimal(10,2),long,string,boolean,array<struct<sku:string,n:long>>,string", batch.Types);
        Assert.Equal("01310100", batch.Rows.Single(r => Equals(r[1], 1L))[2]);
    }

    [Theory]
    [InlineData("text/csv", "id;name;n\n01;\"a;\"\"b\"\"\";\n2;é;5\n", "delimiter: ';'", "01|a;\"b\"|∅;2|é|5")]
    [InlineData(
        "application/xml",
        "<r><row id=\"01\"><name>a</name><n>1</n></row><!-- x --><row id=\"2\"><name>é</name><n/></row></r>", "",
        "01|a|1;2|é|")]
    [InlineData(
        "application/x-ndjson", "{\"id\":\"1\",\"name\":\"a\"}\n\n{\"id\":\"2\",\"name\":\"é\"}\n", "", "1|a;2|é")]
    [InlineData("text/plain", "[[1,2],3,null,\"x\"]", "format: json", "\"x\";3;[1,2];∅")]
    public async Task Answers_of_other_formats_become_rows(string type, string body, string setting, string expected)
    {
        using var server = new ApiServer(_ => new(200, body) { Type = $"{type}; charset=utf-8" });
        await using var project = HttpProject.Open(server.Url, $"rows:\n  path: rows\n  {setting}");
        Assert.Equal(
            expected.Split(';').Length > 2 && type == "text/csv" ? ["01|a;\"b\"|∅", "2|é|5"] : expected.Split(';'),
            (await project.ReadAsync("rows")).Lines);
    }

    [Theory]
    [InlineData("text/csv", "id,name,name\n1,a,b\n", "id:string,name:string,name_1:string", "1|a|b")]
    [InlineData(
        "application/xml", "<r><row><id>1</id><tag>a</tag></row><row><id>2</id><tag>b</tag><tag>c</tag></row></r>",
        "id:string,tag:array<string>", "1|[a];2|[b, c]")]
    public async Task Names_that_stand_twice_take_nothing_from_each_other(
        string type, string answer, string columns, string lines)
    {
        using var server = new ApiServer(_ => new(200, answer) { Type = type });
        await using var project = HttpProject.Open(server.Url, "rows:");
        var batch = await project.ReadAsync("rows");
        Assert.Equal(columns, string.Join(',', batch.Fields.Select(f => $"{f.Name}:{f.Type}")));
        Assert.Equal(lines.Split(';'), batch.Rows.Select(row => string.Join('|', row.SkipLast(2).Select(
            value =>
                value is System.Collections.IList list ? $"[{string.Join(", ", list.Cast<object>())}]" : $"{value}"))));
    }

    [Fact]
    public async Task Rows_of_CSV_that_cannot_be_read_are_rejected_and_the_others_arrive()
    {
        using var server = new ApiServer(_ => new(200, "id,name\n1,a\n5\n3,c\n") { Type = "text/csv" });
        await using var project = HttpProject.Open(server.Url, "rows:");
        var batch = await project.ReadAsync("rows");
        Assert.Equal(["1|a", "3|c"], batch.Lines);
        Assert.Equal(("api.rows", "5"), (batch.Rejected.Single().File, batch.Rejected.Single().Text));
    }

    [Fact]
    public async Task An_incremental_stream_asks_from_its_last_cursor_on_and_takes_each_row_once()
    {
        var rows = new List<(int Id, string At)>
        {
            (1, "2026-01-01T10:00:00Z"), (2, "2026-01-02T10:00:00Z"), (3, "2026-01-02T12:00:00+02:00"),
        };
        using var server = new ApiServer(request => JsonSerializer.Serialize(rows
            .Where(r => string.CompareOrdinal(r.At, request["since"]) >= 0 || request["since"] is null)
            .Select(r => new { id = r.Id, at = r.At })));
        await using var project = HttpProject.Open(
            server.Url, "rows:\n  mode: incremental\n  cursor: at\n  cursor_param: since\n  cursor_start: 2025-01-01");
        Assert.Equal(3, (await project.ReadAsync("rows")).Rows.Count);
        Assert.Empty((await project.ReadAsync("rows")).Rows);
        rows.AddRange([(4, "2026-01-02T10:00:00Z"), (5, "2026-01-03T00:00:00Z")]);
        Assert.Equal([4L, 5L], (await project.ReadAsync("rows")).Rows.Select(r => r[0]).Order());
        Assert.Empty((await project.ReadAsync("rows")).Rows);
        Assert.Equal(
            [
                "/rows?since=2025-01-01", "/rows?since=2026-01-02T10:00:00Z", "/rows?since=2026-01-02T10:00:00Z",
                "/rows?since=2026-01-03T00:00:00Z",
            ],
            server.Targets);
    }

    [Theory]
    [InlineData("lookback: 1h", "\"2026-01-02T10:00:00Z\"", "2026-01-02T09:00:00Z")]
    [InlineData("lookback: 1 day", "\"2026-01-02\"", "2026-01-01")]
    [InlineData("lookback: 5", "100", "95")]
    [InlineData("cursor_format: epoch", "\"1970-01-02T00:00:00Z\"", "86400")]
    [InlineData("cursor_format: date", "\"2026-01-02T10:00:00-05:00\"", "2026-01-02")]
    [InlineData("", "\"abc\"", "abc")]
    public async Task A_cursor_is_sent_as_the_stream_says(string setting, string value, string expected)
    {
        using var server = new ApiServer(_ => $"[{{\"at\":{value}}}]");
        await using var project = HttpProject.Open(
            server.Url,
            $"rows:\n  mode: incremental\n  cursor: at\n  params: {{from: '{{cursor}}'}}\n  "
                + $"cursor_start: 1970-01-01\n  {setting}");
        await project.ReadAsync("rows");
        await project.ReadAsync("rows");
        Assert.Equal(expected, server.Requests.Last()["from"]);
    }

    [Fact]
    public async Task A_parent_feeds_its_child_one_request_a_row()
    {
        using var server = new ApiServer(request => request.Path switch
        {
            "/customers" when request["page"] == "1" =>
                "[{\"id\":1,\"n\":{\"x\":\"a/b\"}},{\"id\":2,\"n\":{\"x\":\"..c\"}},{\"id\":3,\"n\":{\"x\":\"d\"}}]",
            "/customers" => "[]",
            "/customers/1/orders" => "[{\"o\":10},{\"o\":11}]",
            "/customers/2/orders" => new ApiAnswer(404),
            "/customers/3/orders" => "[]",
            _ => "[{\"line\":true}]",
        });
        await using var project = HttpProject.Open(server.Url, """
            customers:
              paging: {type: page}
            orders:
              path: customers/{parent.id}/orders
              parent: customers
              parent_fields: {customer: id, x: n.x}
              skip_status: 404
            lines:
              path: lines/{parent.o}
              parent: orders
            """);
        var orders = await project.ReadAsync("orders");
        Assert.Equal("customer,x,o", orders.Names);
        Assert.Equal(["1|a/b|10", "1|a/b|11"], orders.Lines);
        Assert.Equal(["10|True", "11|True"], (await project.ReadAsync("lines")).Lines);
        Assert.Equal("/lines/11", server.Requests.Select(r => r.Path).Max());
    }

    [Fact]
    public async Task GraphQL_pages_by_its_variables_and_its_errors_fail()
    {
        using var server = new ApiServer(request =>
        {
            using var document = JsonDocument.Parse(request.Body);
            var variables = document.RootElement.GetProperty("variables");
            if (!variables.TryGetProperty("after", out var after)) return Edges(1, "c1", more: true);
            return after.GetString() == "c1"
                ? Edges(2, "c2", more: false)
                : "{\"errors\":[{\"message\":\"no such cursor\"}]}";
        });
        await using var project = HttpProject.Open(server.Url + "/graphql", """
            orders: &orders
              graphql: 'query($first: Int, $after: String) { orders(first: $first, after: $after) { edges { node { id } } } }'
              variables: {kind: '5', name: x}
              records: data.orders.edges.node
              paging: {type: cursor, param: after, size: 1, size_param: first, token: data.orders.page.end, has_more: data.orders.page.more}
            """);
        Assert.Equal([1L, 2L], (await project.ReadAsync("orders")).Rows.Select(r => r[0]).Order());
        Assert.All(server.Requests, r => Assert.Equal(("POST", "/graphql"), (r.Method, r.Path)));
        Assert.Contains(
            "\"variables\":{\"kind\":5,\"name\":\"x\",\"first\":1}", server.Requests.First().Body,
            StringComparison.Ordinal);

        using var failing = new ApiServer(_ => "{\"data\":null,\"errors\":[{\"message\":\"no such field\"}]}");
        await using var wrong = HttpProject.Open(failing.Url, "orders:\n  graphql: '{ x }'\n  records: data.x");
        Assert.Contains(
            "no such field", (await Assert.ThrowsAsync<FozException>(() => wrong.ReadAsync("orders"))).Message,
            StringComparison.Ordinal);
    }

    static ApiAnswer Edges(int id, string end, bool more) => JsonSerializer.Serialize(new
    {
        data = new { orders = new { edges = new[] { new { node = new { id } } }, page = new { end, more } } },
    });

    [Fact]
    public async Task A_POST_carries_the_page_in_its_body()
    {
        using var server = new ApiServer(request =>
            request.Body.Contains("\"from\":0", StringComparison.Ordinal) ? "[{\"id\":1}]" : "[]");
        await using var project = HttpProject.Open(server.Url, """
            rows:
              path: search
              body: '{"filter": {"all": true}}'
              paging: {type: offset, param: filter.from, into: body}
            """);
        Assert.Single((await project.ReadAsync("rows")).Rows);
        Assert.Equal(
            ["{\"filter\":{\"all\":true,\"from\":0}}", "{\"filter\":{\"all\":true,\"from\":1}}"],
            server.Requests.Select(r => r.Body));
    }

    [Fact]
    public async Task A_wrong_path_to_rows_is_told_with_the_nearest_name()
    {
        using var server = new ApiServer(_ => "{\"data\":{\"items\":[]}}");
        await using var project = HttpProject.Open(server.Url, "rows:\n  records: data.itms");
        var error = await Assert.ThrowsAsync<FozException>(() => project.ReadAsync("rows"));
        Assert.Equal(
            $"sources/api.yml:4:14: GET {server.Url}/rows: the answer has no 'data.itms'\n"
            + "  did you mean 'items'? where it leaves an empty list out, set records_missing: empty",
            error.Describe());
        await using var lenient = HttpProject.Open(server.Url, "rows:\n  records: data.itms\n  records_missing: empty");
        Assert.Empty((await lenient.ReadAsync("rows")).Rows);
    }

    [Fact]
    public async Task Check_and_discover_ask_for_the_first_page()
    {
        using var server = new ApiServer(_ => "[{\"id\":1,\"tags\":[\"a\"]}]");
        await using var project = HttpProject.Open(server.Url, "rows:\n  paging: {type: page}");
        Assert.Equal(
            $"{server.Url}, 1 rows in the first page of rows",
            await project.Source.CheckAsync(TestContext.Current.CancellationToken));
        var stream = Assert.Single(await project.Source.DiscoverAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            [("id", DataType.Long), ("tags", new DataType.Array(DataType.String))],
            stream.Fields.Select(f => (f.Name, f.Type)));
        Assert.Equal(2, server.Requests.Count);
    }
}

using System.Text.Json.Nodes;

namespace Foz.Tests.Cli.Commands;

/// <summary>The messages of Airbyte's platform to a destination, and what it makes of them.</summary>
public sealed class AirbyteDestinationCommandTests : IDisposable
{
    readonly CommandRunner runner = new();

    public AirbyteDestinationCommandTests()
    {
        runner.Write("foz.yml", "name: t\nlake: lake\n");
        runner.Write("config.json", """{"batch_rows": 2}""");
    }

    public void Dispose() => runner.Dispose();

    [Fact]
    public async Task It_tells_its_configuration_as_a_schema_and_checks_the_project()
    {
        var spec = JsonNode.Parse((await runner.RunAsync("airbyte-destination", "spec")).Out)!;
        Assert.Equal("SPEC", $"{spec["type"]}");
        Assert.Equal(
            "overwrite append append_dedup",
            string.Join(' ', spec["spec"]!["supported_destination_sync_modes"]!.AsArray()));
        Assert.Equal(
            ["project", "target", "schema", "batch_rows", "batch_seconds"],
            spec["spec"]!["connectionSpecification"]!["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal(
            """{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}""",
            (await CheckAsync("{}")).Trim());
        Assert.Contains(
            "\"status\":\"FAILED\",\"message\":\"the configuration has no key 'shema'",
            await CheckAsync("""{"shema":"x"}"""));
        Assert.Contains("did you mean 'schema'?", await CheckAsync("""{"shema":"x"}"""));
        Assert.Contains(
            "'batch_rows' of the configuration must be a whole number above 0",
            await CheckAsync("""{"batch_rows":0}"""));
        Assert.Contains("the configuration is no JSON", await CheckAsync("{"));
        Assert.Contains("\"FAILED\"", await CheckAsync("""{"project":"elsewhere"}"""));

        async Task<string> CheckAsync(string config)
        {
            runner.Write("config.json", config);
            var output = await runner.RunAsync("airbyte-destination", "check", "--config", "config.json");
            Assert.Equal(0, output.ExitCode);
            return output.Out;
        }
    }

    [Fact]
    public async Task Appended_records_have_the_types_of_the_catalog_and_others_are_rejected()
    {
        Catalog(
            Stream("users", "append",
                """{"id":{"type":"integer"},"born":{"type":["null","string"],"format":"date"},"price":{"type":"number"},"tags":{"type":"array"}}"""));
        var output = await WriteAsync(
            Record("users", """{"id":1,"born":"2001-02-03","price":1.5,"tags":["a"]}"""),
            Record("users", """{"id":"x"}"""),
            """{"type":"LOG","log":{"level":"INFO","message":"hello"}}""",
            State("users", 1),
            Record("users", """{"id":2,"more":true}"""),
            State("users", 2));
        Assert.Equal(0, output.ExitCode);
        Assert.Equal(
            [
                """{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"at":1}},"destinationStats":{"recordCount":2}}}""",
                """{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"at":2}},"destinationStats":{"recordCount":1}}}""",
            ], States(output));
        Assert.Equal(
            "id,born,price,tags,more,at\n1,2001-02-03,1.5,\"[\"\"a\"\"]\",,2023-11-14\n2,,,,true,2023-11-14\n",
            await QueryAsync(
                "select id, born, price, tags, more, _airbyte_extracted_at::date as at from bronze.users order by id"));
        Assert.Equal("n\n1\n", await QueryAsync("select count(*) as n from bronze.users__rejected"));
    }

    [Fact]
    public async Task Of_each_key_the_last_record_stays_and_deleted_ones_go()
    {
        const string properties =
            """{"id":{"type":"integer"},"v":{"type":"string"},"at":{"type":"integer"},"_ab_cdc_deleted_at":{"type":["null","string"]}}""";
        Catalog(Stream("users", "append_dedup", properties, ""","primary_key":[["id"]],"cursor_field":["at"]"""));
        (await WriteAsync(
            Record("users", """{"id":1,"v":"late","at":5}"""), Record("users", """{"id":1,"v":"early","at":3}"""),
            Record("users", """{"id":2,"v":"a","at":1}"""), Record("users", """{"id":2,"v":"b","at":1}"""),
            Record("users", """{"id":3,"v":"x","at":1}"""),
            Record("users", """{"id":4,"v":"gone","at":1,"_ab_cdc_deleted_at":"2024"}"""))).ExpectOk();
        Assert.Equal("id,v\n1,late\n2,b\n3,x\n", await QueryAsync("select id, v from bronze.users order by id"));
        (await WriteAsync(
            Record("users", """{"id":1,"v":"too late","at":4}"""),
            Record("users", """{"id":2,"v":"c","at":2,"more":1}"""),
            Record("users", """{"id":3,"v":"x","at":9,"_ab_cdc_deleted_at":"2024"}"""),
            Record("users", """{"id":5,"v":"new","at":1}"""))).ExpectOk();
        Assert.Equal(
            "id,v,more\n1,late,\n2,c,1\n5,new,\n",
            await QueryAsync("select id, v, more from bronze.users order by id"));
    }

    [Fact]
    public async Task An_overwritten_table_is_replaced_at_once_when_its_stream_is_complete()
    {
        Catalog(Stream("users", "overwrite", """{"id":{"type":"integer"}}"""), Stream("other", "append", "{}"));
        (await WriteAsync(Record("users", """{"id":1}"""), Record("users", """{"id":2}"""))).ExpectOk();
        var cut = await WriteAsync(
            Status("users", "STARTED"), Record("users", """{"id":3}"""), State("users", 3),
            Record("other", """{"x":1}"""), State("other", 1),
            Status("users", "INCOMPLETE"));
        Assert.Equal(1, cut.ExitCode);
        Assert.Contains("\"at\":1", Assert.Single(States(cut)));
        Assert.Contains("stream 'users' did not complete: bronze.users stays as it was", cut.Out);
        Assert.Equal("id\n1\n2\n", await QueryAsync("select id from bronze.users order by id"));
        var whole = await WriteAsync(Record("users", """{"id":4}"""), State("users", 4), Status("users", "COMPLETE"));
        Assert.Contains("\"at\":4", Assert.Single(States(whole)));
        Assert.Equal("id\n4\n", await QueryAsync("select id from bronze.users"));
        (await WriteAsync(Status("users", "COMPLETE"))).ExpectOk();
        Assert.Equal("n\n0\n", await QueryAsync("select count(*) as n from bronze.users"));
    }

    [Fact]
    public async Task A_stream_that_is_complete_twice_keeps_its_rows_and_late_records_fail_the_sync()
    {
        Catalog(Stream("users", "overwrite", """{"id":{"type":"integer"}}"""));
        (await WriteAsync(Record("users", """{"id":1}"""), Status("users", "COMPLETE"), Status("users", "COMPLETE")))
            .ExpectOk();
        Assert.Equal("id\n1\n", await QueryAsync("select id from bronze.users"));
        var late = await WriteAsync(
            Record("users", """{"id":2}"""), Status("users", "COMPLETE"), Record("users", """{"id":3}"""),
            State("users", 3), Status("users", "COMPLETE"));
        Assert.Equal(1, late.ExitCode);
        Assert.Contains(
            "1 record of stream 'users' came after it was complete: bronze.users has those before", late.Out);
        Assert.Empty(States(late));
        Assert.Equal("id\n2\n", await QueryAsync("select id from bronze.users"));
    }

    [Fact]
    public async Task Keys_that_are_null_are_one_key()
    {
        Catalog(
            Stream("users", "append_dedup", """{"id":{"type":"integer"},"v":{"type":"string"}}""",
                ""","primary_key":[["id"]]"""));
        foreach (var v in (string[])["a", "b", "c"])
            (await WriteAsync(
                Record("users", $$"""{"id":null,"v":"{{v}}"}"""),
                Record("users", $$"""{"id":1,"v":"{{v}}"}"""))).ExpectOk();
        Assert.Equal("id,v\n1,c\n,c\n", await QueryAsync("select id, v from bronze.users order by id nulls last"));
    }

    [Fact]
    public async Task Long_lines_and_many_short_ones_pass()
    {
        Catalog(Stream("users", "append", "{}"));
        var text = new string('x', 3 << 20);
        (await WriteAsync([
            .. Enumerable.Range(0, 12).Select(_ => Record("users", $$"""{"v":"{{text}}"}""")),
            .. Enumerable.Range(0, 3000).Select(_ => Record("users", """{"v":"a"}""")),
        ])).ExpectOk();
        Assert.Equal(
            $"n,l\n3012,{12 * text.Length + 3000}\n",
            await QueryAsync("select count(*) as n, sum(length(v)) as l from bronze.users"));
    }

    [Fact]
    public async Task A_table_of_a_project_that_cannot_be_read_now_is_not_written()
    {
        runner.Write("models/silver/users.sql", "select 1 as id");
        (await runner.RunAsync("run")).ExpectOk();
        runner.Write("config.json", """{"schema": "silver"}""");
        Catalog(Stream("others", "append", "{}"));
        runner.Write("models/silver/broken.sql", "/* @foz\nmaterialisation: table\n@foz */\nselect 1 as id");
        for (var i = 0; i < 2; i++) (await WriteAsync(Record("others", "{}"))).ExpectOk();
        Catalog(Stream("users", "append", "{}"));
        var refused = await WriteAsync(Record("users", """{"id":2}"""));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("silver.users was made by a project, which cannot be read now", refused.Out);
        Assert.Equal("id\n1\n", await QueryAsync("select id from silver.users"));
    }

    [Fact]
    public async Task Rows_of_a_generation_that_is_tried_again_stay()
    {
        Catalog(
            Stream("users", "overwrite", """{"id":{"type":"integer"}}""",
                ""","generation_id":1,"minimum_generation_id":1"""));
        (await WriteAsync(Record("users", """{"id":1}"""), Status("users", "COMPLETE"))).ExpectOk();
        // Another stream of the sync failed: the source resumes after its state, and has nothing more.
        (await WriteAsync(Status("users", "COMPLETE"))).ExpectOk();
        Assert.Equal("id\n1\n", await QueryAsync("select id from bronze.users"));
        Catalog(
            Stream("users", "append", """{"id":{"type":"integer"}}""",
                ""","generation_id":2,"minimum_generation_id":2"""));
        (await WriteAsync(
            Record("users", """{"id":2}"""), State("users", 2), Record("users", """{"id":3}"""),
            Record("users", """{"id":4}"""), State("users", 4))).ExpectOk();
        (await WriteAsync(Record("users", """{"id":5}"""))).ExpectOk();
        Assert.Equal("id\n2\n3\n4\n5\n", await QueryAsync("select id from bronze.users order by id"));
    }

    [Fact]
    public async Task What_is_no_message_or_no_stream_of_the_catalog_ends_with_a_trace()
    {
        Catalog(Stream("users", "append", "{}"));
        await FailAsync("line 1 of the input is no message of Airbyte", "what?");
        await FailAsync("line 1 of the input is no message of Airbyte", "[1]");
        await FailAsync("line 1 of the input is no message of Airbyte", """{"type":"RECORD"}""");
        await FailAsync("a message is of stream 'user', which the catalog does not have", Record("user", "{}"));
        Catalog(Stream("users", "append_dedup", "{}"));
        await FailAsync("stream 'users' of the catalog has no primary key");
        Catalog(Stream("users", "merge", "{}"));
        await FailAsync("stream 'users' of the catalog has destination_sync_mode 'merge'");
        Catalog(Stream("a b", "append", "{}"), Stream("a_b", "append", "{}"));
        await FailAsync("streams 'a b' and 'a_b' would go to one table: bronze.a_b");
        Catalog(Stream("users__rejected", "append", "{}"));
        await FailAsync("the name 'users__rejected' is reserved");
        foreach (var schema in (string[])["foz", "_foz", "information_schema", "main"])
        {
            Catalog(Fill("""{"stream":{"name":"users","namespace":"$1"},"destination_sync_mode":"append"}""", schema));
            await FailAsync(
                schema == "_foz" ? "'_foz' is not a name for a schema" : $"the schema '{schema}' is reserved");
        }
        Catalog(Stream("users", "append", "{}"));
        await FailAsync(
            "'emitted_at' of a record is 1700000000000000000",
            """{"type":"RECORD","record":{"stream":"users","emitted_at":1700000000000000000,"data":{}}}""");
        runner.Write("models/silver/users.sql", "select 1 as id");
        runner.Write("config.json", """{"schema": "silver"}""");
        Catalog(Stream("users", "append", "{}"));
        await FailAsync("silver.users is made by the project itself");
        Catalog("""{"stream":{"name":"users","namespace":"crm"},"destination_sync_mode":"append"}""");
        (await WriteAsync(
            """{"type":"RECORD","record":{"stream":"users","namespace":"crm","emitted_at":1,"data":{"id":1}}}"""))
            .ExpectOk();
        Assert.Equal("id\n1\n", await QueryAsync("select id from crm.users"));

        async Task FailAsync(string message, params string[] lines)
        {
            var output = await WriteAsync(lines);
            Assert.NotEqual(0, output.ExitCode);
            var trace = JsonNode.Parse(output.Out.Trim().Split('\n')[^1])!;
            Assert.Equal("TRACE", $"{trace["type"]}");
            Assert.StartsWith(message, $"{trace["trace"]!["error"]!["message"]}");
        }
    }

    static string Stream(string name, string mode, string properties, string more = "") => Fill(
        """{"stream":{"name":"$1","json_schema":{"properties":$2}},"destination_sync_mode":"$3"$4}""", name, properties,
        mode, more);

    static string Record(string stream, string data) => Fill(
        """{"type":"RECORD","record":{"stream":"$1","emitted_at":1700000000000,"data":$2}}""", stream, data);

    static string State(string stream, int at) => Fill(
        """{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"$1"},"stream_state":{"at":$2}}}}""", stream, $"{at}");

    static string Status(string stream, string status) => Fill(
        """{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"$1"},"status":"$2"}}}""",
        stream, status);

    static string Fill(string template, params string[] values)
    {
        for (var i = 0; i < values.Length; i++)
            template = template.Replace($"${i + 1}", values[i], StringComparison.Ordinal);
        return template;
    }

    static IEnumerable<string> States(CommandOutput output) =>
        output.Out.Split('\n').Where(l => l.StartsWith("""{"type":"STATE""", StringComparison.Ordinal));

    void Catalog(params string[] streams) =>
        runner.Write("catalog.json", Fill("""{"streams":[$1]}""", string.Join(',', streams)));

    Task<CommandOutput> WriteAsync(params string[] lines)
    {
        runner.Input = string.Concat(lines.Select(l => l + "\n"));
        return runner.RunAsync("airbyte-destination", "write", "--config", "config.json", "--catalog", "catalog.json");
    }

    async Task<string> QueryAsync(string sql)
    {
        var output = await runner.RunAsync("query", sql, "--output", "csv");
        output.ExpectOk();
        return output.Out;
    }
}

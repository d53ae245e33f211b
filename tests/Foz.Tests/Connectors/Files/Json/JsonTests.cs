using Foz.Connectors;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.Files.Json;

public sealed class JsonTests
{
    [Fact]
    public async Task The_bytes_that_are_read_are_metered_as_they_lie_on_the_disk()
    {
        await using var project = new FilesProject().Write("a.json.gz", "{\"id\":1}\n{\"id\":2}")
            .Write("b.json", "{\"id\":3}").Define("*");
        var plan = await project.PlanAsync();
        var context = new ReadContext { Engine = FilesProject.Engine, WorkFolder = project.Folder };
        await using var rows = await project.Source.ReadAsync(
            project.Stream, plan.Inputs!, context, TestContext.Current.CancellationToken);
        var bytes = plan.Files().Sum(file => file.SizeBytes);
        Assert.Equal(
            new() { Doing = "scanning", Bytes = bytes, BytesTotal = bytes, Share = 1 }, context.Meter.Progress);
    }

    [Theory]
    [InlineData("a.jsonl", "{\"id\":1,\"s\":\"é\\u00e9\"}\n\n{\"id\":2,\"s\":null}\n{\"id\":3}")]
    [InlineData("a.ndjson", "\uFEFF{\"id\":1,\"s\":\"éé\"}\r\n{\"id\":2}\r\n{\"id\":3,\"s\":null}\r\n")]
    [InlineData("a.json", "[{\"id\":1,\"s\":\"éé\"},{\"id\":2},\n{\"id\":3}]")]
    [InlineData(
        "a.json",
        "\uFEFF[\n  {\n    \"id\": 1,\n    \"s\": \"éé\"\n  },\n  {\n    \"id\": 2\n  },\n  {\"id\": 3}\n]\n")]
    [InlineData("a.json", "{\"id\":1,\"s\":\"éé\"}\n{\"id\":2}{\"id\":3}")]
    [InlineData("a.json.gz", "{\"id\":1,\"s\":\"éé\"} {\"id\":2}\n\n{\n\"id\":3}")]
    public async Task Arrays_lines_and_values_one_after_the_other_read_alike(string name, string text)
    {
        await using var project = new FilesProject().Write(name, text).Define("a.*");
        var batch = await project.ReadAsync();
        Assert.Equal("id,s", batch.Names);
        Assert.Equal("long,string", batch.Types);
        Assert.Equal(["1|éé", "2|∅", "3|∅"], batch.Lines);
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Types_are_those_of_JSON_over_all_rows()
    {
        await using var project = new FilesProject().Write("a.jsonl",
            """
            {"i":1,"d":1,"b":true,"s":"2024-01-01","n":null,"o":{"x":1,"y":{"z":"a"}},"l":[1,2],"lo":[{"k":1},{"v":2.5}]}
            {"i":-5,"d":2.5,"b":false,"s":"01310100","n":null,"o":{"y":{"z":null,"w":true}},"l":[],"lo":null}
            """).Define("*.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal("i,d,b,s,o,l,lo", batch.Names);
        Assert.Equal(
            "long,double,boolean,string,struct<x:long,y:struct<z:string,w:boolean>>,array<long>,array<struct<k:long,v:double>>",
            batch.Types);
        Assert.All(batch.Fields, f => Assert.Equal("json", f.Metadata[Field.SourceTypeKey]));
        Assert.Equal(1L, batch.Rows.Single(r => (string?)r[3] == "2024-01-01")[0]);
    }

    [Theory]
    [InlineData("[1,\"a\",1.50,{\"a\": 1.0},[1, 2],true]", "json:mixed", "1;\"a\";1.50;{\"a\": 1.0};[1, 2];true")]
    [InlineData(
        "[123456789012345678901234567890.12,1,0.10]", "json:number", "123456789012345678901234567890.12;1;0.10")]
    [InlineData("[9223372036854775808,1]", "json:number", "9223372036854775808;1")]
    [InlineData("[9007199254740993,1.5]", "json:number", "9007199254740993;1.5")]
    [InlineData("[1e400,1]", "json:number", "1e400;1")]
    [InlineData("[[],[]]", "json:mixed", "[];[]")]
    [InlineData("[{},{\"a\":null}]", "json:mixed", "{};{\"a\":null}")]
    [InlineData("[[1,\"a\"],[]]", "json:array<mixed>", null)]
    [InlineData("[0.30000000000000004,0.1,123456789.123456]", "json", null)]
    public async Task What_no_one_type_holds_is_kept_as_text(string values, string sourceType, string? texts)
    {
        using var document = System.Text.Json.JsonDocument.Parse(values);
        var lines = document.RootElement.EnumerateArray().Select(v => $"{{\"v\":{v.GetRawText()}}}");
        await using var project = new FilesProject().Write("1.jsonl", string.Join('\n', lines)).Define("*.jsonl");
        var batch = await project.ReadAsync();
        Assert.Empty(batch.Rejected);
        Assert.Equal(sourceType, batch.Fields[0].Metadata[Field.SourceTypeKey]);
        if (texts is not null) Assert.Equal(texts.Split(';').Order(StringComparer.Ordinal), batch.Lines);

        project.Write("2.jsonl", string.Join('\n', lines));
        var next = await project.ReadAsync();
        Assert.Equal(batch.Types, next.Types);
        Assert.Equal(batch.Lines, next.Lines);
        Assert.Empty(next.Rejected);
    }

    [Fact]
    public async Task Rows_that_cannot_be_read_are_set_aside_with_line_text_and_reason()
    {
        string[] lines =
        [
            "{\"id\":1,\"s\":\"a\"}",
            "{\"id\":2,\"s\":\"a\"",
            "{\"id\":3 \"s\":\"a\"}",
            "{'id':4}",
            "{\"id\":5,\"s\":\"a\",}",
            "{\"id\":6}{\"id\":66}",
            "[7]",
            "8",
            "{\"id\":9,\"id\":99}",
            "{\"id\":10,\"o\":{\"x\":1,\"X\":2}}",
            "{\"id\":011}",
            "{\"id\":NaN}",
            "{\"s\":\"\\ud800\"}",
            "{\"s\":\"tab\there\"}",
            "{\"id\":12,\"s\":\"\\u0000\"}",
            "{\"id\":13,\"s\":\"cut",
        ];
        await using var project = new FilesProject().Write("a.jsonl", string.Join('\n', lines)).Define("a.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal("id,s", batch.Names);
        // Of a name that stands twice the last value counts; two that differ in case only are two fields of one column.
        Assert.Equal(["12|\0", "1|a", "99|∅"], batch.Lines);
        Assert.Equal(
            Enumerable.Range(2, 13).Append(16).Except([9]).Select(line => ((long)line, lines[line - 1])),
            batch.Rejected.Select(r => (r.Line, r.Text)));
        Assert.Equal("not a JSON object", batch.Rejected[6].Reason);
        Assert.Equal("o: field 'x' stands twice", batch.Rejected[7].Reason);
        Assert.All(
            batch.Rejected.Take(5), r => Assert.StartsWith("malformed JSON: ", r.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_name_that_stands_twice_the_last_value_counts_and_numbers_keep_their_digits()
    {
        await using var project = new FilesProject().Write("a.json", """
            [{"id": 1, "o": {"x": 1, "x": 12345678901234567890.123456789}, "l": [{"y": "a", "y": "b"}], "id": 2},
             {"id": 3, "o": {"x": 0.5}, "l": []}]
            """).Define("a.json");
        var batch = await project.ReadAsync();
        Assert.Empty(batch.Rejected);
        Assert.Equal([2L, 3L], batch.Rows.Select(row => row[0]).Order());
        Assert.Contains("12345678901234567890.123456789", string.Concat(batch.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_set_aside()
    {
        await using var project = new FilesProject()
            .Write("a.jsonl", [.. "{\"s\":\"caf"u8, 0xE9, .. "\"}\n{\"s\":\"b\"}"u8]).Define("a.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal(["b"], batch.Lines);
        Assert.Equal(
            [new RejectedRow("a.jsonl", 1, "{\"s\":\"caf\uFFFD\"}", "bytes that are not UTF-8: set encoding: latin1")],
            batch.Rejected);
    }

    [Fact]
    public async Task An_array_goes_on_behind_an_element_without_an_end()
    {
        await using var project = new FilesProject().Write("a.json",
            """
            [
              {
                "id": 1,
                "list": [{"a": 1}]
              },
              {
                "id": 2,
                "list": [
                  {"a": 1}
              ,
              {
                "id": 3,
                "s": "open
              },
              {"id": 4},
              5,
              {
                "id": 6
              }
            ]
            """).Define("a.json");
        var batch = await project.ReadAsync();
        Assert.Equal([1L, 4L, 6L], batch.Rows.Select(r => (long)r[0]!).Order());
        Assert.Equal([6L, 11L, 16L], batch.Rejected.Select(r => r.Line));
    }

    [Fact]
    public async Task Columns_of_the_table_keep_their_type_and_what_does_not_fit_is_set_aside()
    {
        await using var project = new FilesProject()
            .Write("1.jsonl", "{\"id\":1,\"d\":1.5,\"s\":\"a\",\"b\":true,\"o\":{\"x\":1},\"l\":[1]}")
            .Define("*.jsonl");
        var first = await project.ReadAsync();
        project.Write("2.jsonl",
            """
            {"id":"2"}
            {"id":1.5}
            {"d":"x"}
            {"d":123456789.123456789123}
            {"s":5}
            {"b":0}
            {"o":{"x":"a"}}
            {"o":[1]}
            {"l":[1,"a"]}
            {"id":3,"d":2,"coupon":"X"}
            {"coupon":"Y","o":{"x":2,"y":"new"}}
            """);
        var batch = await project.ReadAsync();
        Assert.Equal("id,d,s,b,o,l,coupon", batch.Names);
        Assert.Equal(
            first.Types.Replace("struct<x:long>", "struct<x:long,y:string>") + ",string", batch.Types);
        Assert.Equal(2, batch.Rows.Count);
        Assert.Equal(
            [
                "id: '2' does not fit long", "id: 1.5 does not fit long", "d: 'x' does not fit double",
                "d: 123456789.123456789123 does not fit double", "s: 5 does not fit string",
                "b: 0 does not fit boolean",
                "o.x: 'a' does not fit long", "o: an array does not fit struct", "l[]: 'a' does not fit long",
            ],
            batch.Rejected.Select(r => r.Reason));
    }

    [Fact]
    public async Task What_a_rejected_row_holds_makes_no_column()
    {
        await using var project = new FilesProject()
            .Write("a.jsonl", "{\"id\":1}\n{\"id\":\"x\",\"odd\":{\"a\":1}\n").Define("a.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal("id", batch.Names);
        Assert.Equal("long", batch.Types);
    }

    [Fact]
    public async Task A_field_in_another_case_is_the_same_field()
    {
        await using var project = new FilesProject()
            .Write("a.jsonl", "{\"Id\":1}\n{\"id\":2}\n{\"ID\":3,\"Id\":4}").Define("a.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal("Id", batch.Names);
        Assert.Equal(["1", "2"], batch.Lines);
        Assert.Equal(3, Assert.Single(batch.Rejected).Line);
    }

    [Fact]
    public async Task Declared_types_are_made_of_the_text_and_lose_nothing()
    {
        var columns = new Dictionary<string, string>
        {
            ["price"] = "decimal(20,4)", ["at"] = "timestamptz", ["tags"] = "varchar", ["later"] = "date",
        };
        await using var project = new FilesProject().Write("a.jsonl",
            """
            {"price":1234567890123456.1234,"at":"2024-01-01T00:00:00-03:00","tags":["a", 1]}
            {"price":"1.5","at":null,"tags":"plain"}
            {"price":1.23456,"tags":1}
            {"price":1,"at":"tomorrow"}
            """).Define("*.jsonl", columns: columns);
        var batch = await project.ReadAsync();
        Assert.True(project.HasRecovered);
        Assert.Equal("price,at,tags,later", batch.Names);
        Assert.Equal("decimal(20,4),timestamp,string,date", batch.Types);
        Assert.Equal(["1.5000", "1234567890123456.1234"], batch.Rows.Select(r => $"{r[0]}").Order());
        Assert.Equal(["[\"a\", 1]", "plain"], batch.Rows.Select(r => (string)r[2]!).Order(StringComparer.Ordinal));
        Assert.Equal([3L, 4L], batch.Rejected.Select(r => r.Line));
        Assert.StartsWith(
            "price: '1.23456' does not fit decimal(20,4)", batch.Rejected[0].Reason, StringComparison.Ordinal);
        project.Write("b.jsonl", "{\"price\":2,\"later\":\"2024-02-29\"}");
        Assert.Equal(["2.0000|∅|∅|2024-02-29"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_set_aside()
    {
        await using var project = new FilesProject()
            .Write("a.jsonl",
                $"{{\"s\":\"{new string('x', 9_000_000)}"
                    + $"\"}}\n{{\"s\":\"{new string('y', 5_000_000)}\"}}\n{{\"s\":\"z\"}}")
            .Define("a.jsonl");
        var batch = await project.ReadAsync();
        Assert.Equal([1, 5_000_000], batch.Rows.Select(r => ((string)r[0]!).Length).Order());
        Assert.Equal((1L, 1 << 20), (Assert.Single(batch.Rejected).Line, batch.Rejected[0].Text.Length));
    }

    [Theory]
    [InlineData("a.jsonl", " ")]
    [InlineData("a.json", " ")]
    [InlineData("a.json", "[]")]
    [InlineData("a.json", " \n")]
    public async Task A_file_without_values_brings_no_rows(string name, string text)
    {
        await using var project = new FilesProject().Write(name, text).Define("a.*");
        var batch = await project.ReadAsync();
        Assert.Empty(batch.Rows);
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Many_rows_of_nested_values_come_through_as_they_are()
    {
        var random = new Random(7);
        var lines = Enumerable.Range(0, 30_000).Select(i => string.Concat(
            $"{{\"id\":{i},\"o\":", random.Next(4) == 0 ? "null" : $"{{\"a\":\"{new string('é', random.Next(20))}\"}}",
            ",\"l\":",
            random.Next(4) == 0
                ? "null"
                : $"[{string.Join(',', Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(9) == 0 ? "null" : $"{i}"))}]",
            "}")).ToList();
        await using var project = new FilesProject()
            .Write("a.jsonl", string.Join('\n', lines.Take(20_000)))
            .Write("b.json", $"[{string.Join(',', lines.Skip(20_000))}]")
            .Write("c.jsonl.gz", string.Join('\n', lines.Take(5)))
            .Define("{a,c}.jsonl*");
        var batch = await project.ReadAsync();
        Assert.Equal(20_005, batch.Rows.Count);
        foreach (var row in batch.Rows.Skip(3).Where((_, i) => i % 97 == 0))
            Assert.Equal(lines[(int)(long)row[0]!], Json(row));
        project.Define("b.json");
        var array = await project.ReadAsync();
        Assert.Equal(lines.Skip(20_000), array.Rows.OrderBy(r => r[0]).Select(Json));

        static string Json(object?[] row) =>
            $"{{\"id\":{row[0]},\"o\":{Value(row[1])},\"l\":{Value(row[2])}}}";
    }

    static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        IEnumerable<KeyValuePair<string, object?>> s =>
            $"{{{string.Join(',', s.Select(f => $"\"{f.Key}\":{Value(f.Value)}"))}}}",
        IEnumerable<object?> list => $"[{string.Join(',', list.Select(Value))}]",
        var v => $"{v}",
    };
}

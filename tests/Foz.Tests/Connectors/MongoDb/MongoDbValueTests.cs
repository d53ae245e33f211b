using System.Text;
using MongoDB.Bson;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>What values become, and which are refused.</summary>
public sealed class MongoDbValueTests
{
    [Theory]
    [InlineData("bigint", "NumberLong('9223372036854775807')", "9223372036854775807")]
    [InlineData("bigint", "NumberDecimal('12.00')", "12")]
    [InlineData("bigint", "1152921504606846976.0", "1152921504606846976")]
    [InlineData("bigint", "'42'", "42")]
    [InlineData("bigint", "1.5", null)]
    [InlineData("bigint", "9223372036854775808.0", null)]
    [InlineData("bigint", "NaN", null)]
    [InlineData("bigint", "'4x'", null)]
    [InlineData("bigint", "ISODate('2024-01-01T00:00:00Z')", null)]
    [InlineData("bigint", "{a: 1}", null)]
    [InlineData("smallint", "32768", null)]
    [InlineData("smallint", "-32768", "-32768")]
    [InlineData("double", "NaN", "NaN")]
    [InlineData("double", "-Infinity", "-Infinity")]
    [InlineData("double", "NumberDecimal('NaN')", "NaN")]
    [InlineData("double", "NumberDecimal('0.1')", "0.1")]
    [InlineData("double", "NumberDecimal('0.1000000000000000000001')", null)]
    [InlineData("double", "NumberLong('9007199254740993')", null)]
    [InlineData("real", "0.5", "0.5")]
    [InlineData("real", "0.1", null)]
    [InlineData("decimal(38,4)", "NumberDecimal('1234567890123456789012345678901234')",
        "1234567890123456789012345678901234.0000")]
    [InlineData("decimal(6,2)", "NumberDecimal('1E+3')", "1000.00")]
    [InlineData("decimal(6,2)", "1234.5", "1234.50")]
    [InlineData("decimal(6,2)", "12345", null)]
    [InlineData("decimal(6,2)", "NumberDecimal('0.005')", null)]
    [InlineData("decimal(6,2)", "NumberDecimal('Infinity')", null)]
    [InlineData("boolean", "true", "true")]
    [InlineData("boolean", "1", null)]
    [InlineData("date", "ISODate('2024-05-01T00:00:00Z')", "2024-05-01")]
    [InlineData("date", "ISODate('2024-05-01T00:00:00.001Z')", null)]
    [InlineData("date", "'2024-02-30'", null)]
    [InlineData("timestamp", "ISODate('2024-05-01T10:20:30.123Z')", "2024-05-01 10:20:30.123")]
    [InlineData("timestamptz", "NumberLong(5)", null)]
    [InlineData("varchar", "NumberDecimal('1.50')", "1.50")]
    [InlineData("varchar", "1.0", "1.0")]
    [InlineData("varchar", "ISODate('2024-05-01T10:20:30.007Z')", "2024-05-01T10:20:30.007Z")]
    [InlineData("varchar", "UUID('73ffd264-44b3-4c69-90e8-e7d1dfc035d4')", "73ffd264-44b3-4c69-90e8-e7d1dfc035d4")]
    [InlineData("varchar", "BinData(0, '/wA=')", "ff00")]
    [InlineData("varchar", "[1, 'a', {b: null}]", """[1,"a",{"b":null}]""")]
    [InlineData("varchar", "null", "NULL")]
    [InlineData("blob", "BinData(0, '/wA=')", "ff00")]
    [InlineData("blob", "'ff00'", null)]
    [InlineData("json", "null", "null")]
    [InlineData("json", "'a'", "\"a\"")]
    [InlineData("json", "NumberLong(5)", "5")]
    [InlineData("json", "NaN", """{"$numberDouble":"NaN"}""")]
    [InlineData("json", "NumberDecimal('1.50')", """{"$numberDecimal":"1.50"}""")]
    [InlineData("json", "ISODate('2024-05-01T10:20:30.007Z')", """{"$date":"2024-05-01T10:20:30.007Z"}""")]
    [InlineData("json", "/a\"b/i", """{"$regularExpression":{"pattern":"a\"b","options":"i"}}""")]
    [InlineData("json", "Timestamp(5, 6)", """{"$timestamp":{"t":5,"i":6}}""")]
    [InlineData("json", "MinKey", """{"$minKey":1}""")]
    public async Task A_value_is_held_exactly_or_its_row_is_rejected(string type, string value, string? expected)
    {
        using var server = new MongoServer(new MongoCommands().Add("c", $"{{_id: 1, v: {value}}}", "{_id: 2}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", new() { ["v"] = type }));
        var lines = await project.LinesAsync();
        Assert.Equal(expected is null ? ["2|NULL"] : [$"1|{expected}", "2|NULL"], lines);
        Assert.Equal(expected is null ? 1 : 0, project.RejectedCount);
        if (expected is not null) return;
        Assert.Contains("v: ", project.Rejected.Single().Reason, StringComparison.Ordinal);
        Assert.Contains(" does not fit ", project.Rejected.Single().Reason, StringComparison.Ordinal);
        Assert.StartsWith("{\"_id\":1,", project.Rejected.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canonical_json_keeps_all_types()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("c", "{_id: 1, l: NumberLong(1), d: 1.0, t: ISODate('2024-05-01')}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", settings: ("json", "canonical")));
        Assert.Equal(
            """1|{"_id":{"$numberInt":"1"},"l":{"$numberLong":"1"},"d":{"$numberDouble":"1.0"},"t":"""
                + """{"$date":{"$numberLong":"1714521600000"}}}""",
            (await project.LinesAsync()).Single());
    }

    [Fact]
    public async Task Paths_lead_into_documents_and_arrays_and_are_not_guessed()
    {
        using var server = new MongoServer(new MongoCommands().Add(
            "c", "{_id: 1, a: {b: 'x'}, items: [{s: 1}, {s: 2}]}", "{_id: 2, a: null, items: []}", "{_id: 3}",
            "{_id: 4, a: 'no document'}", "{_id: 5, items: {s: 1}}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", settings:
            ("fields", new Dictionary<string, string> { ["b"] = "a.b", ["second"] = "items.1.s" })));
        Assert.Equal(["1|x|2", "2|NULL|NULL", "3|NULL|NULL", "5|NULL|NULL"], await project.LinesAsync());
        Assert.Equal("'a' is of the type String, and has no fields", project.Rejected.Single().Reason);
        await using var other = new MongoProject(server, MongoProject.Of("c", settings:
            ("fields", new Dictionary<string, string> { ["s"] = "items.s" })));
        Assert.Equal(["3|NULL", "4|NULL", "5|1"], await other.LinesAsync());
        Assert.All(other.Rejected, r =>
            Assert.StartsWith("'s' is asked of an array", r.Reason, StringComparison.Ordinal));
        Assert.Equal(2, other.Rejected.Count);
    }

    [Fact]
    public async Task Names_with_dots_dollars_and_nothing_in_them()
    {
        var document = new BsonDocument
        {
            ["_id"] = 1, ["a.b"] = 2, ["$x"] = 3, [""] = 4,
            ["a"] = new BsonDocument("b", 5)
        };
        using var server = new MongoServer(new MongoCommands().Add("c", document.ToBson()));
        await using var project = new MongoProject(server, MongoProject.Of("c", settings:
        [
            ("fields", new Dictionary<string, string>
            {
                ["dots"] = "\"a.b\"", ["dollar"] = "$x", ["empty"] = "\"\"", ["nested"] = "a.b",
            }),
            ("document", "true"),
        ]));
        Assert.Equal(
            ["""1|2|3|4|5|{"_id":1,"a.b":2,"$x":3,"":4,"a":{"b":5}}"""], await project.LinesAsync());
    }

    [Fact]
    public async Task A_name_that_comes_twice_is_not_chosen_from()
    {
        var document = MongoCommands.Document(writer =>
        {
            foreach (var (name, value) in new[] { ("_id", 1), ("a", 2), ("a", 3) })
            {
                writer.Write((byte)BsonType.Int32);
                writer.Write(Encoding.UTF8.GetBytes($"{name}\0"));
                writer.Write(value);
            }
        });
        using var server = new MongoServer(new MongoCommands().Add("c", document));
        await using var whole = new MongoProject(server, MongoProject.Of("c"));
        Assert.Equal(["""1|{"_id":1,"a":2,"a":3}"""], await whole.LinesAsync());
        await using var typed = new MongoProject(server, MongoProject.Of("c", new() { ["a"] = "bigint" }));
        Assert.Empty(await typed.LinesAsync());
        Assert.Equal("the field 'a' comes twice", typed.Rejected.Single().Reason);
        Assert.Equal("""{"_id":1,"a":2,"a":3}""", typed.Rejected.Single().Text);
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_rejected_with_its_reason()
    {
        var document = MongoCommands.Document(writer =>
        {
            writer.Write((byte)BsonType.Int32);
            writer.Write("_id\0"u8);
            writer.Write(1);
            writer.Write((byte)BsonType.String);
            writer.Write("t\0"u8);
            writer.Write(3);
            writer.Write([0xff, 0x41, 0]);
        });
        using var server = new MongoServer(new MongoCommands().Add("c", document, new BsonDocument("_id", 2).ToBson()));
        await using var project = new MongoProject(server, MongoProject.Of("c"));
        Assert.Equal(["""2|{"_id":2}"""], await project.LinesAsync());
        Assert.Equal(("{\"_id\":1,\"t\":\"\ufffdA\"}", "the document has a text that is not UTF-8"),
            project.Rejected.Single());
        await using var typed = new MongoProject(server, MongoProject.Of("c", new() { ["t"] = "varchar" }));
        Assert.Equal(["2|NULL"], await typed.LinesAsync());
        Assert.Equal("t: a text that is not UTF-8", typed.Rejected.Single().Reason);
    }

    [Fact]
    public async Task Large_wide_and_deep_documents_arrive()
    {
        var large = new BsonDocument { ["_id"] = 1, ["t"] = new string('x', (16 << 20) - 100) };
        var wide = new BsonDocument { ["_id"] = 2 };
        for (var i = 0; i < 10_000; i++) wide[$"f{i}"] = i;
        var deep = new BsonDocument("v", 1);
        for (var i = 0; i < 99; i++) deep = new BsonDocument("d", deep);
        deep["_id"] = 3;
        var many = Enumerable.Range(10, 6).Select(i =>
            new BsonDocument { ["_id"] = i, ["t"] = new string('y', 15 << 20) }.ToBson());
        using var server = new MongoServer(
            new MongoCommands().Add("c", [large.ToBson(), wide.ToBson(), deep.ToBson(), .. many]));
        await using var project = new MongoProject(server, MongoProject.Of("c"));
        var rows = (await project.ReadAsync()).ToDictionary(r => (string)r[0]!, r => (string)r[1]!);
        Assert.Equal(9, rows.Count);
        Assert.Equal(large["t"].AsString, BsonDocument.Parse(rows["1"])["t"].AsString);
        Assert.Equal(wide, BsonDocument.Parse(rows["2"]));
        Assert.Equal(100, rows["3"].Split("\"d\":").Length);
        await using var typed = new MongoProject(server, MongoProject.Of("c", new() { ["f9999"] = "bigint" }));
        Assert.Equal(9999L, (await typed.ReadAsync()).Single(r => Equals(r[0], "2"))[1]);
    }

    [Fact]
    public async Task Documents_deeper_than_any_server_takes_are_rejected()
    {
        var deep = MongoCommands.Document(_ => { });
        for (var i = 0; i < 300; i++)
        {
            var inner = deep;
            deep = MongoCommands.Document(writer =>
            {
                writer.Write((byte)BsonType.Document);
                writer.Write("d\0"u8);
                writer.Write(inner);
            });
        }
        using var server = new MongoServer(new MongoCommands().Add("c", deep));
        await using var project = new MongoProject(server, MongoProject.Of("c"));
        Assert.Empty(await project.LinesAsync());
        Assert.Equal("the document has documents in documents, 200 deep", project.Rejected.Single().Reason);
    }
}

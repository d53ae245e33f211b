using Foz.Lake;
using MongoDB.Bson;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Snapshots of collections.</summary>
public sealed class MongoDbSnapshotTests
{
    [Fact]
    public async Task Documents_are_rows_of_their_id_and_their_json()
    {
        using var server = new MongoServer(new MongoCommands().Add(
            "orders", "{_id: ObjectId('507f1f77bcf86cd799439011'), a: 1, b: {c: [1, null]}}", "{_id: 'x', a: null}"));
        await using var project = new MongoProject(server, MongoProject.Of("orders"));
        Assert.Equal(
            [
                """507f1f77bcf86cd799439011|{"_id":{"$oid":"507f1f77bcf86cd799439011"},"a":1,"b":{"c":[1,null]}}""",
                """x|{"_id":"x","a":null}""",
            ], await project.LinesAsync());
        Assert.Equal("_id string, document string",
            string.Join(", ", project.Fields.Select(f => $"{f.Name} {f.Type}")));
    }

    /// <summary>
    /// Conditions such as $gte compare values of one type only: ranges of them would lose the ids of all other types.
    /// </summary>
    [Fact]
    public async Task Every_document_arrives_once_whatever_the_types_of_ids()
    {
        for (var part = 0; part < 12 * Soak.Factor; part++)
        {
            var random = new Random(Soak.Seed(part));
            var ids = new SortedSet<BsonValue>(Comparer<BsonValue>.Create(MongoOrder.Compare));
            var count = random.Next(1, 900);
            for (var i = 0; i < count; i++) ids.Add(RandomId(random));
            var commands = new MongoCommands().Add("mixed", ids
                .OrderBy(_ => random.Next()).Select((id, i) => new BsonDocument { ["_id"] = id, ["n"] = i }.ToBson()));
            using var server = new MongoServer(commands);
            var cuts = part % 2 == 0 ? 0 : 10;
            server.Fault = command => command.GetElement(0).Name is "find" or "getMore"
                && command.Contains("batchSize") && random.Next(4) == 0 && Interlocked.Decrement(ref cuts) >= 0
                ? random.Next(2) == 0 ? MongoFault.Cut : new() { Error = new(43, "CursorNotFound", "gone") }
                : null;
            await using var project = new MongoProject(
                server, MongoProject.Of("mixed", new() { ["n"] = "bigint", ["_id"] = "json" }),
                options => options with
                {
                    SplitMin = 2,
                    ConnectionsMax = 3,
                    BatchSize = random.Next(2, 40),
                    Retries = 20
                });
            var rows = await project.ReadAsync();
            Assert.Equal(
                Enumerable.Range(0, ids.Count).Select(i => (long)i),
                rows.Select(row => (long)row[Array.FindIndex([.. project.Fields], f => f.Name == "n")]!).Order());
            Assert.Empty(project.Rejected);
            Assert.Equal(ids.Count,
                rows.Select(row => row[Array.FindIndex([.. project.Fields], f => f.Name == "_id")]).Distinct().Count());
            if (ids.Count > 300)
                Assert.Contains(server.Commands, c => c.Contains("min") && c.Contains("max"));
        }
    }

    static BsonValue RandomId(Random random) => random.Next(11) switch
    {
        0 => random.Next(-50, 50),
        1 => random.NextInt64() - (1L << 62),
        2 => Math.Round(random.NextDouble() * 100 - 50, 2),
        3 => random.Next(3) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => double.NegativeInfinity },
        4 => $"{(char)random.Next('a', 'g')}{random.Next(40)}",
        5 => ObjectId.Parse($"{random.Next(100):x8}00000000{random.Next(100):x8}"),
        6 => new BsonDocument { ["a"] = random.Next(9), ["b"] = $"{random.Next(9)}" },
        7 => random.Next(2) == 0,
        8 => new BsonDateTime(random.NextInt64(0, 1L << 40)),
        9 => new BsonBinaryData(BitConverter.GetBytes(random.Next(500)), BsonBinarySubType.Binary),
        _ => random.Next(4) switch
        {
            0 => BsonMinKey.Value,
            1 => BsonMaxKey.Value,
            2 => BsonNull.Value,
            _ =>
                new BsonTimestamp(random.Next(9), 1),
        },
    };

    [Fact]
    public async Task A_view_is_read_without_ranges()
    {
        var commands = new MongoCommands().Add("v", Enumerable.Range(0, 300).Select(i => $"{{_id: {i}}}"));
        commands.Views.Add("v");
        using var server = new MongoServer(commands);
        await using var project = new MongoProject(server, MongoProject.Of("v"), o => o with { SplitMin = 2 });
        Assert.Equal(300, (await project.ReadAsync()).Count);
        Assert.DoesNotContain(server.Commands, c => c.Contains("hint"));
        Assert.Empty(await project.Source.FindKeysAsync(project.Stream, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_filter_goes_to_the_server()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("o", "{_id: 1, s: 'open'}", "{_id: 2, s: 'closed'}"));
        await using var project = new MongoProject(
            server, MongoProject.Of("o", settings: ("filter", """{"s": "open"}""")));
        Assert.Equal(["""1|{"_id":1,"s":"open"}"""], await project.LinesAsync());
    }

    [Fact]
    public async Task Only_the_fields_of_columns_are_asked_for()
    {
        using var server = new MongoServer(new MongoCommands().Add("o", "{_id: 1, a: {b: 2, c: 3}, d: 4}"));
        await using var project = new MongoProject(
            server, MongoProject.Of("o", settings: ("fields", new Dictionary<string, string> { ["b"] = "a.b" })));
        Assert.Equal(["1|2"], await project.LinesAsync());
        Assert.Equal(
            "{ \"_id\" : 1, \"a\" : 1 }", server.Commands.Single(c => c.Contains("hint"))["projection"].ToString());
    }

    [Fact]
    public async Task A_collection_that_does_not_exist_has_nearest_names()
    {
        using var server = new MongoServer(new MongoCommands().Add("orders", "{_id: 1}"));
        await using var project = new MongoProject(server, MongoProject.Of("order"));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal("stream 'order': the database shop has no collection 'order'", error.Message);
        Assert.Equal("did you mean 'orders'?", error.Hint);
    }

    [Fact]
    public async Task Ids_of_several_types_are_no_key_as_texts()
    {
        var ct = TestContext.Current.CancellationToken;
        using var server = new MongoServer(new MongoCommands().Add("same", "{_id: 1}", "{_id: 2.5}")
            .Add("mixed", "{_id: 1}", "{_id: '1'}"));
        await using var same = new MongoProject(server, MongoProject.Of("same"));
        Assert.Equal(["_id"], await same.Source.FindKeysAsync(same.Stream, ct));
        await using var mixed = new MongoProject(server, MongoProject.Of("mixed") with { Keys = ["_id"] });
        Assert.Empty(await mixed.Source.FindKeysAsync(mixed.Stream, ct));
        await mixed.ReadAsync();
        Assert.Contains("the ids are of several types (Int32, String)", mixed.Warnings.Single().Message,
            StringComparison.Ordinal);
        await using var json = new MongoProject(server, MongoProject.Of("mixed", new() { ["_id"] = "json" }));
        Assert.Equal(["_id"], await json.Source.FindKeysAsync(json.Stream, ct));
        Assert.Equal(["\"1\"", "1"], (await json.LinesAsync()).Select(line => line.Split('|')[0]));
    }
}

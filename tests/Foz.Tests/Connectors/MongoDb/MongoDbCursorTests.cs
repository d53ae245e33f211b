using Foz.Connectors;
using Foz.Lake;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Incremental streams.</summary>
public sealed class MongoDbCursorTests
{
    [Theory]
    [InlineData("1", "NumberLong(2)", "3.5", "2")]
    [InlineData("ISODate('2024-05-01T10:00:00.001Z')", "ISODate('2024-05-01T10:00:00.002Z')", "ISODate('2024-05-02')",
        "2024-05-01T10:00:00.002Z")]
    [InlineData("'a'", "'b'", "'c'", "b")]
    [InlineData("ObjectId('507f1f77bcf86cd799439011')", "ObjectId('507f1f77bcf86cd799439012')",
        "ObjectId('507f1f77bcf86cd799439013')", "507f1f77bcf86cd799439012")]
    [InlineData("1", "NumberDecimal('2.50')", "NumberDecimal('2.51')", "250E-2")]
    [InlineData("0.1", "1e-7", "0.2", "0.1")]
    public async Task Each_batch_reads_what_grew(string first, string second, string third, string cursor)
    {
        var commands = new MongoCommands().Add("c", $"{{_id: 1, at: {first}}}", $"{{_id: 2, at: {second}}}",
            "{_id: 3}");
        using var server = new MongoServer(commands);
        await using var project = new MongoProject(server, MongoProject.Of("c", new() { ["n"] = "bigint" }, "at"));
        Assert.Equal(["1|NULL", "2|NULL", "3|NULL"], await project.LinesAsync());
        Assert.Equal(cursor, ((StreamInputs.OfCursor)project.History[^1]).To);
        Assert.Empty(await project.LinesAsync());
        commands.Add("c", $"{{_id: 4, at: {third}}}");
        Assert.Equal(["4|NULL"], await project.LinesAsync());
        commands.Add("c", "{_id: 5}");
        Assert.Equal(["3|NULL", "4|NULL", "5|NULL"], await project.LinesAsync());
        Assert.True(((StreamInputs.OfCursor)project.History[^1]).ReadsNulls);
        Assert.Empty(await project.LinesAsync());
    }

    [Fact]
    public async Task Documents_that_come_later_with_the_last_cursor_are_read_with_those_that_have_it()
    {
        var commands = new MongoCommands().Add("c", "{_id: 1, at: 5}", "{_id: 2, at: 6}");
        using var server = new MongoServer(commands);
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "at"));
        Assert.Equal(2, (await project.ReadAsync()).Count);
        commands.Add("c", "{_id: 3, at: 6}");
        Assert.Equal(["2", "3"], (await project.LinesAsync()).Select(l => l.Split('|')[0]));
        Assert.True(((StreamInputs.OfCursor)project.History[^1]).Rereads);
        Assert.Empty(await project.LinesAsync());
    }

    [Theory]
    [InlineData("'x'", "the number '1' in one document and the string 'x' in another")]
    [InlineData("ISODate('2024-05-01')",
        "the number '1' in one document and the date '2024-05-01T00:00:00Z' in another")]
    [InlineData("NaN", "the cursor 'at' is NaN or infinite in some document")]
    [InlineData("Infinity", "the cursor 'at' is NaN or infinite in some document")]
    [InlineData("[5, 6]", "the cursor 'at' is an array in some document")]
    [InlineData("[]", "the cursor 'at' is an array in some document")]
    [InlineData("{a: 1}", "the cursor 'at' is of the type Document in some document")]
    [InlineData("true", "the cursor 'at' is of the type Boolean in some document")]
    public async Task Cursors_that_queries_cannot_follow_fail(string value, string expected)
    {
        using var server = new MongoServer(new MongoCommands().Add("c", "{_id: 1, at: 1}", $"{{_id: 2, at: {value}}}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "at"));
        Assert.Contains(
            expected, (await Assert.ThrowsAsync<FozException>(project.ReadAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_array_between_the_ends_fails_when_it_is_read()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("c", "{_id: 1, at: 1}", "{_id: 2, at: [3, 4]}", "{_id: 3, at: 9}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "at"));
        Assert.Contains("the cursor 'at' is an array in some document",
            (await Assert.ThrowsAsync<FozException>(project.ReadAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_that_no_document_has_is_misspelt()
    {
        using var server = new MongoServer(new MongoCommands().Add("c", "{_id: 1, changed_at: 1}"));
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "changd_at"));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal("stream 'c': no document of c has the cursor 'changd_at'", error.Message);
        Assert.Equal("did you mean 'changed_at'?", error.Hint);
    }

    [Fact]
    public async Task A_cursor_of_another_kind_begins_again()
    {
        var commands = new MongoCommands().Add("c", "{_id: 1, at: 1}");
        using var server = new MongoServer(commands);
        await using var project = new MongoProject(server, MongoProject.Of("c", cursor: "at"));
        await project.ReadAsync();
        commands.Drop("c");
        commands.Add("c", "{_id: 1, at: ISODate('2024-05-01')}");
        Assert.Single(await project.ReadAsync());
        Assert.Equal("at (date) of c", ((StreamInputs.OfCursor)project.History[^1]).Of);
        Assert.True(((StreamInputs.OfCursor)project.History[^1]).Rereads);
    }

    /// <summary>Documents come and change between batches at random: the last state of each arrives.</summary>
    [Fact]
    public async Task No_change_is_missed()
    {
        for (var part = 0; part < 4 * Soak.Factor; part++)
        {
            var random = new Random(Soak.Seed(part));
            var commands = new MongoCommands().Add("c", "{_id: -1, at: 0, n: 0}");
            using var server = new MongoServer(commands);
            await using var project = new MongoProject(
                server, MongoProject.Of("c", new() { ["at"] = "bigint", ["n"] = "bigint" }, "at"));
            var (now, number) = (0, 0);
            var (expected, arrived) = (new Dictionary<string, long> { ["-1"] = 0 }, new Dictionary<string, long>());
            for (var step = 0; step < 30; step++)
            {
                for (var change = random.Next(4); change > 0; change--)
                {
                    var id = random.Next(8);
                    now += random.Next(2);
                    commands.Delete("c", $"{{_id: {id}}}");
                    commands.Add("c", $"{{_id: {id}, at: {now}, n: {++number}}}");
                    expected[$"{id}"] = number;
                }
                now += random.Next(2);
                foreach (var row in await project.ReadAsync())
                    arrived[(string)row[0]!] = Math.Max(arrived.GetValueOrDefault((string)row[0]!), (long)row[2]!);
            }
            Assert.Equal(expected.OrderBy(p => p.Key), arrived.OrderBy(p => p.Key));
        }
    }
}

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>Collections that runs bring into tables.</summary>
public sealed class MongoDbRunTests
{
    static SourceProject Project(MongoServer server, string streams)
    {
        var project = new SourceProject("shop:\n  type: mongodb\n  url: ${SHOP_URL}\n  timeout: 5s");
        project.Variables["SHOP_URL"] = server.Url;
        project.Write("sources/shop.yml",
            $"connection: shop\nstreams:\n{string.Concat(streams.Split('\n').Select(l => $"  {l}\n"))}");
        return project;
    }

    [Fact]
    public async Task A_snapshot_shows_deletions_and_keeps_rejected_rows()
    {
        var commands = new MongoCommands().Add("orders", "{_id: 1, total: NumberDecimal('1.50')}",
            "{_id: 2, total: 'many'}", "{_id: 3}");
        using var server = new MongoServer(commands);
        using var project = Project(server, "orders:\n  columns: {total: 'decimal(10,2)'}\n  max_rejected: 50%");
        await project.RunWellAsync();
        Assert.Equal(["1|1.50", "3|"], await project.RowsAsync("select _id, total from bronze.orders"));
        Assert.Equal(
            ["""shop.orders|{"_id":2,"total":"many"}|total: String "many" does not fit DECIMAL(10,2)"""],
            await project.RowsAsync("select file, text, reason from bronze.orders__rejected"));
        commands.Delete("orders", "{_id: 3}");
        await project.RunWellAsync();
        Assert.Equal(["1|1.50"], await project.RowsAsync("select _id, total from bronze.orders"));
    }

    [Fact]
    public async Task Too_many_rejected_rows_leave_the_table_as_it_was()
    {
        var commands = new MongoCommands().Add("c", Enumerable.Range(0, 100).Select(i => $"{{_id: {i}, n: 1}}"));
        using var server = new MongoServer(commands);
        using var project = Project(server, "c:\n  columns: {n: bigint}\n  max_rejected: 0.5%");
        await project.RunWellAsync();
        commands.Add("c", "{_id: 200, n: 'x'}");
        Assert.Contains("1 of 101 rows could not be read", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["100"], await project.RowsAsync("select count(*) from bronze.c"));
    }

    /// <summary>Rows of the last cursor that arrived before are left out, whatever type their column has.</summary>
    [Theory]
    [InlineData("", "ISODate('2024-05-01T10:00:00.5Z')")]
    [InlineData("columns: {at: timestamptz}", "ISODate('2024-05-01T10:00:00.5Z')")]
    [InlineData("columns: {at: timestamp}", "ISODate('2024-05-01T10:00:00.5Z')")]
    [InlineData("columns: {at: varchar}", "ISODate('2024-05-01T10:00:00.5Z')")]
    [InlineData("columns: {at: json}", "ISODate('2024-05-01T10:00:00.5Z')")]
    [InlineData("columns: {at: varchar}", "ObjectId('507f1f77bcf86cd799439011')")]
    [InlineData("columns: {at: varchar}", "'text'")]
    [InlineData("columns: {at: varchar}", "NumberDecimal('2.50')")]
    [InlineData("columns: {at: json}", "NumberDecimal('2.50')")]
    [InlineData("columns: {at: 'decimal(9,3)'}", "NumberDecimal('2.50')")]
    [InlineData("columns: {at: double}", "1e22")]
    [InlineData("columns: {at: bigint}", "NumberLong(7)")]
    public async Task An_incremental_stream_has_each_document_once(string columns, string at)
    {
        var commands = new MongoCommands().Add("c", $"{{_id: 1, at: {at}}}");
        using var server = new MongoServer(commands);
        using var project = Project(server, $"c:\n  mode: incremental\n  cursor: at\n  {columns}");
        await project.RunWellAsync();
        Assert.Empty(project.Warnings);
        commands.Add("c", $"{{_id: 2, at: {at}}}");
        await project.RunWellAsync();
        await project.RunWellAsync();
        Assert.Equal(["1", "2"], await project.RowsAsync("select _id from bronze.c"));
    }

    [Fact]
    public async Task Silver_has_the_current_documents_by_the_key_that_the_source_tells()
    {
        var commands = new MongoCommands().Add("c", "{_id: 'a', at: 1, n: 1}", "{_id: 'b', at: 2, n: 1}");
        using var server = new MongoServer(commands);
        using var project = Project(server,
            "c:\n  mode: incremental\n  cursor: at\n  columns: {at: bigint, n: bigint}");
        project.Write("sources/shop.yml", "silver: current\n" + await File.ReadAllTextAsync(
            Path.Combine(project.Folder, "sources/shop.yml"), TestContext.Current.CancellationToken));
        await project.RunWellAsync();
        commands.Delete("c", "{_id: 'a'}");
        commands.Add("c", "{_id: 'a', at: 3, n: 2}");
        await project.RunWellAsync();
        Assert.Equal(["a|2", "b|1"], await project.RowsAsync("select _id, n from silver.c"));
    }

    [Fact]
    public async Task An_empty_collection_makes_an_empty_table_and_that_of_its_current_rows()
    {
        var commands = new MongoCommands().Add("c", "{_id: 'a', at: 1}");
        commands.Delete("c", "{_id: 'a'}");
        using var server = new MongoServer(commands);
        using var project = Project(server, "c: {mode: incremental, cursor: at, columns: {at: bigint}}");
        project.Write("sources/shop.yml", "silver: current\n" + await File.ReadAllTextAsync(
            Path.Combine(project.Folder, "sources/shop.yml"), TestContext.Current.CancellationToken));
        await project.RunWellAsync();
        Assert.Equal(["0"], await project.RowsAsync("select count(*) from silver.c"));
        commands.Add("c", "{_id: 'b', at: 1}", "{_id: 'c'}");
        await project.RunWellAsync();
        Assert.Equal(["b", "c"], await project.RowsAsync("select _id from silver.c"));
    }

    [Fact]
    public async Task All_collections_can_be_taken()
    {
        using var server = new MongoServer(
            new MongoCommands().Add("a", "{_id: 1}").Add("b.c", "{_id: 2}").Add("system.x", "{_id: 3}"));
        using var project = Project(server, "");
        project.Write("sources/shop.yml", "connection: shop\nstreams: all\n");
        Assert.Equal(2, (await project.RunWellAsync()).Steps.Count);
        Assert.Equal(["2"], await project.RowsAsync("select _id from bronze.b_c"));
    }

    [Fact]
    public async Task A_failed_read_commits_nothing_and_the_next_run_has_all()
    {
        var commands = new MongoCommands().Add("c", Enumerable.Range(0, 300).Select(i => $"{{_id: {i}, at: {i}}}"));
        using var server = new MongoServer(commands);
        server.Fault = command => command.GetElement(0).Name == "getMore" ? MongoFault.Cut : null;
        using var project = Project(server, "c: {mode: incremental, cursor: at}");
        Assert.Contains("reading c", await project.FailAsync(), StringComparison.Ordinal);
        server.Fault = _ => null;
        await project.RunWellAsync();
        Assert.Equal(["300|300"], await project.RowsAsync("select count(*), count(distinct _id) from bronze.c"));
    }

    [Fact]
    public async Task Discovery_proposes_columns_by_a_sample()
    {
        using var server = new MongoServer(new MongoCommands().Add(
            "c", "{_id: ObjectId('507f1f77bcf86cd799439011'), n: 1, m: 1, d: NumberDecimal('1.25'), a: {b: true}, "
                + "l: [1], 'x.y': 1}",
            "{_id: ObjectId('507f1f77bcf86cd799439012'), n: NumberLong(2), m: 'x', at: ISODate('2024-05-01')}"));
        await using var project = new MongoProject(server, MongoProject.Of("c"));
        var stream = (await project.Source.DiscoverAsync(TestContext.Current.CancellationToken)).Single();
        var proposal = stream.Propose!(TestContext.Current.CancellationToken);
        Assert.Equal(
            "fields: {_id: _id, n: n, m: m, d: d, a_b: a.b, l: l, x_y: '\"x.y\"', at: at}; "
                + "columns: {_id: varchar, n: bigint, m: json, d: 'decimal(38,2)', a_b: boolean, l: json, "
                + "x_y: bigint, at: timestamptz}",
            string.Join("; ", proposal.Settings.Select(s => $"{s.Name}: {s.Value}")));
        Assert.Equal(["m is of several types: String, Int32"], proposal.Notes);
        Assert.Equal(2, stream.RowCountEstimate);
        Assert.Equal(["_id"], stream.Definition.Keys);
    }
}

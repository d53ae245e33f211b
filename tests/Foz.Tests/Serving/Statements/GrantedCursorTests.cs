using Foz.Lake;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.Statements;

/// <summary>Open cursors when rights change, and reports about hidden data.</summary>
public sealed class GrantedCursorTests : IAsyncLifetime
{
    readonly string project = Directory.CreateTempSubdirectory("foz-cursor-").FullName;
    AccessList access = AccessList.Empty;
    ServedLake lake = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Grant("grants: [{to: [ana], on: [silver, gold]}]");
        lake = await ServedLake.CreateAsync(
            () => access, choose: static options => options with { SessionsMax = 10, SessionsOfOwners = 2 });
    }

    public async ValueTask DisposeAsync()
    {
        await lake.DisposeAsync();
        Directory.Delete(project, recursive: true);
    }

    void Grant(string policies)
    {
        Directory.CreateDirectory(Path.Combine(project, "policies"));
        File.WriteAllText(Path.Combine(project, "policies", "a.yml"), policies);
        access = AccessList.Load(project);
    }

    [Theory]
    [InlineData("grants: []")]
    [InlineData("grants: [{to: [bi], on: [silver, gold]}]")]
    [InlineData("grants: [{to: [ana], on: [silver, gold], where: id = 1}]")]
    [InlineData("grants: [{to: [ana], on: [silver, gold], masks: {name: redact}}]")]
    [InlineData("grants: [{to: [ana], on: [silver], columns: [id]}, {to: [ana], on: [gold]}]")]
    public async Task A_cursor_ends_with_the_right_to_read(string after)
    {
        await using var session = lake.Open("ana", isOwner: false);
        foreach (var sql in new[] { "SELECT id, name FROM silver.orders", "SELECT id FROM silver.orders WHERE id > 1" })
        {
            Grant("grants: [{to: [ana], on: [silver, gold]}]");
            // The second time the rows come from those that are kept.
            for (var round = 0; round < 2; round++)
            {
                Grant("grants: [{to: [ana], on: [silver, gold]}]");
                await using var cursor = await OpenAsync(session, sql);
                Assert.NotNull(await cursor.FetchAsync(1, Cancel));
                Grant(after);
                var error = await Assert.ThrowsAsync<FozException>(async () => await cursor.FetchAsync(1, Cancel));
                Assert.Equal("42501", error.SqlState ?? error.Kind.SqlState);
            }
        }
        Grant("grants: [{to: [ana], on: [silver, gold]}]");
        await session.RunAsync("BEGIN");
        await session.RunAsync("DECLARE c CURSOR FOR SELECT id FROM silver.orders");
        Grant(after);
        Assert.Equal("42501", await session.FailAsync("FETCH 1 FROM c"));
    }

    [Fact]
    public async Task A_cursor_goes_on_where_its_own_rights_stay_and_an_owners_always_does()
    {
        await using var owner = lake.Open();
        await owner.RunAsync("CREATE VIEW gold.ids AS SELECT id FROM silver.orders");
        await using var session = lake.Open("ana", isOwner: false);
        await using var cursor = await OpenAsync(session, "SELECT id FROM silver.orders");
        await using var ownersCursor = await OpenAsync(owner, "SELECT id FROM silver.orders");
        await using var viewed = await OpenAsync(session, "SELECT id FROM gold.ids");
        Assert.NotNull(await cursor.FetchAsync(1, Cancel));
        Grant("grants: [{to: [bi, ana], on: [gold, silver, bronze]}, {to: [bi], on: [silver], privileges: [insert]}]");
        Assert.NotNull(await cursor.FetchAsync(1, Cancel));
        Assert.NotNull(await viewed.FetchAsync(1, Cancel));
        Grant("grants: []");
        Assert.NotNull(await ownersCursor.FetchAsync(1, Cancel));
        Assert.Equal(
            ErrorKind.Denied,
            (await Assert.ThrowsAsync<FozException>(async () => await viewed.FetchAsync(1, Cancel))).Kind);
    }

    static async Task<SqlCursor> OpenAsync(SqlSession session, string sql) =>
        await (await session.PrepareAsync(sql, [], Cancel)).ExecuteAsync([], Cancel);

    [Theory]
    [InlineData("grants: [{to: [ana], on: [silver]}]", true)]
    [InlineData("grants: [{to: [ana], on: [silver], where: id = 1}]", false)]
    [InlineData("grants: [{to: [ana], on: [silver], masks: {amount: null}}]", false)]
    [InlineData("grants: [{to: [ana], on: [silver], columns: [id]}]", false)]
    public async Task How_long_a_statement_takes_is_told_only_where_nothing_is_hidden(string policies, bool isTold)
    {
        Grant(policies);
        await using var session = lake.Open("ana", isOwner: false);
        var plan = string.Join('\n', await session.RunAsync("EXPLAIN ANALYZE SELECT id FROM silver.orders"));
        Assert.Equal(isTold, plan.Contains(" ms", StringComparison.Ordinal));
        Assert.Contains(
            policies.Contains("where", StringComparison.Ordinal) ? "Rows: 1" : "Rows: 5", plan,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_of_owners_are_theirs()
    {
        var open = new List<SqlSession>();
        for (var i = 0; i < 8; i++) open.Add(lake.Open("ana", isOwner: false));
        var error = Assert.Throws<FozException>(() => lake.Open("ana", isOwner: false));
        Assert.Equal(("53300", "remaining connection slots are reserved for owners"), (error.SqlState, error.Message));
        for (var i = 0; i < 2; i++) open.Add(lake.Open());
        Assert.Equal("sorry, too many clients already", Assert.Throws<FozException>(() => lake.Open()).Message);
        foreach (var session in open) await session.DisposeAsync();
    }

    [Theory]
    [InlineData(
        "cannot open \"/srv/lake/silver/orders/part-1.parquet\": gone", "cannot open \"(a file of the server)\": gone")]
    [InlineData("cannot open '/srv/my lake/a b.parquet'", "cannot open '(a file of the server)'")]
    [InlineData("IO Error: /tmp/foz-1/spill.tmp: no space", "IO Error: (a file of the server) no space")]
    [InlineData("at s3://bucket/lake/_delta_log/0.json (404)", "at (a file of the server) (404)")]
    [InlineData("file:///srv/lake/x of azure://c/d/e", "(a file of the server) of (a file of the server)")]
    [InlineData("C:\\lake\\silver\\x.parquet is missing", "(a file of the server) is missing")]
    [InlineData("relation \"/etc/passwd\" does not exist", "relation \"/etc/passwd\" does not exist")]
    [InlineData("1/2/3 and/or a/b: 'MM/DD/YYYY', x / y / z", "1/2/3 and/or a/b: 'MM/DD/YYYY', x / y / z")]
    public void Messages_name_no_files_of_the_server(string message, string told) =>
        Assert.Equal(told, ServedText.WithoutPaths(message, "SELECT * FROM \"/etc/passwd\""));

    [Fact]
    public async Task A_file_that_is_missing_is_not_told_where_it_was()
    {
        await using var session = lake.Open();
        lake.DeleteDataFiles();
        var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync("SELECT * FROM silver.orders"));
        var told = ServedText.WithoutPaths(error.Message, "SELECT * FROM silver.orders");
        Assert.Contains("silver.orders", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), told, StringComparison.Ordinal);
    }
}

using Foz.Tests.Serving;
using Foz.Wire.PostgreSql;

namespace Foz.Tests.Server.PgWire;

/// <summary>
/// Statements of one text, and those up to one Sync, as PostgreSQL's documentation of "Multiple Statements in a Simple
/// Query" has them.
/// </summary>
public sealed class ImplicitTransactionTests : IAsyncLifetime
{
    PgTestServer server = null!;
    PgTestClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync();
        client = await server.ConnectAsync();
        await server.Lake.ChangeAsync("CREATE TABLE silver.notes (id bigint)");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("insert into silver.notes values (1); insert into silver.notes values ('x')", "0")]
    [InlineData("insert into silver.notes values (1); select nope; insert into silver.notes values (2)", "0")]
    [InlineData("insert into silver.notes values (1); insert into silver.notes values (2); select 3", "2")]
    [InlineData("select 1; insert into silver.notes values (1)", "1")]
    [InlineData("insert into silver.notes values (1); begin; insert into silver.notes values (2); rollback", "0")]
    [InlineData(
        "begin; insert into silver.notes values (1); commit; insert into silver.notes values (2); select nope", "1")]
    [InlineData("insert into silver.notes values (1); commit; insert into silver.notes values (2); select nope", "1")]
    [InlineData("insert into silver.notes values (1); rollback; insert into silver.notes values (2); select 1", "1")]
    [InlineData(
        "create table silver.more (id bigint); insert into silver.notes values (1); insert into silver.more values ('x')", "0")]
    public async Task Statements_of_one_text_are_one_transaction(string sql, string count)
    {
        var answers = await client.QueryAsync(sql);
        Assert.Equal("Z I", answers[^1]);
        Assert.Equal(count, await CountAsync());
    }

    [Fact]
    public async Task What_one_text_creates_is_gone_when_it_fails()
    {
        await client.QueryAsync(
            "create table silver.more (id bigint); insert into silver.more values (1); select nope");
        Assert.StartsWith(
            "E ERROR 42P01", (await client.QueryAsync("select * from silver.more"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_of_several_tables_commit_table_by_table_with_a_warning()
    {
        var answers = await client.QueryAsync(
            "insert into silver.notes values (1); insert into silver.notes values (2); delete from "
                + "silver.orders where id < 3; select nope");
        Assert.Equal(["C INSERT 0 1", "C INSERT 0 1", "N", "N", "C DELETE 2"], answers[..5]);
        Assert.Equal("2", await CountAsync());
        Assert.Equal("D 5", (await client.QueryAsync("select count(*) from silver.orders"))[1]);
    }

    [Fact]
    public async Task What_no_transaction_takes_commits_what_came_before()
    {
        var answers = await client.QueryAsync(
            "insert into silver.notes values (1); alter table silver.notes set tblproperties ('a.b' = 'c'); insert "
                + "into silver.notes values (2); select nope");
        Assert.Equal(["C INSERT 0 1", "N", "C ALTER TABLE", "C INSERT 0 1"], answers[..4]);
        Assert.Equal("1", await CountAsync());
        Assert.Equal(
            ["C DROP TABLE", "N", "C CREATE TABLE", "C INSERT 0 1", "Z I"],
            await client.QueryAsync(
                "drop table silver.notes; create table silver.notes (id bigint); insert into silver.notes values (7)"));
    }

    [Theory]
    [InlineData(
        "insert into silver.notes values (1); alter table silver.notes add column name text; insert into silver.notes values (2, 'b')")]
    [InlineData("comment on table silver.notes is 'x'; drop table silver.notes")]
    [InlineData("create view silver.more as select 1 as a; insert into silver.notes select a from silver.more")]
    public async Task What_one_text_alters_and_drops_is_as_it_was_when_it_fails(string sql)
    {
        var answers = await client.QueryAsync(sql + "; select nope");
        Assert.DoesNotContain("N", answers);
        Assert.StartsWith("E ERROR 42703", answers[^2], StringComparison.Ordinal);
        Assert.Equal("0", await CountAsync());
        Assert.Equal("T id:20", (await client.QueryAsync("select * from silver.notes"))[0]);
        Assert.StartsWith(
            "E ERROR 42P01", (await client.QueryAsync("select * from silver.more"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_tells_of_each_change_takes_several_statements_of_one_text()
    {
        await client.QueryAsync("alter table silver.notes set tblproperties ('delta.enableChangeDataFeed' = 'true')");
        var answers = await client.QueryAsync(
            "insert into silver.notes values (1); insert into silver.notes values (2); update silver.notes set id = id "
                + "+ 1; update silver.notes set id = id + 1");
        Assert.Equal(["C INSERT 0 1", "C INSERT 0 1", "N", "C UPDATE 2", "N", "C UPDATE 2", "Z I"], answers);
    }

    [Fact]
    public async Task Statements_up_to_one_Sync_are_one_transaction()
    {
        var answers = await client.ExtendedAsync(w =>
        {
            Write(w, "insert into silver.notes values (1)");
            Write(w, "insert into silver.notes values (2)");
            Write(w, "insert into silver.notes values ('x')");
        });
        Assert.Equal("Z I", answers[^1]);
        Assert.Equal("0", await CountAsync());
        answers = await client.ExtendedAsync(w =>
        {
            Write(w, "insert into silver.notes values (1)");
            Write(w, "insert into silver.notes values (2)");
        });
        Assert.Equal(["1", "2", "C INSERT 0 1", "1", "2", "C INSERT 0 1", "Z I"], answers);
        Assert.Equal("2", await CountAsync());
        Assert.Equal(
            ["TRANSACTION", "CREATE TABLE"],
            (await client.QueryAsync("describe history silver.notes")).Where(a => a[0] is 'D')
                .Select(a => a.Split('|')[2]));
        await client.ExtendedAsync(w => Write(w, "insert into silver.notes values (3)"));
        Assert.Equal("3", await CountAsync());
    }

    [Fact]
    public async Task A_savepoint_and_SET_LOCAL_belong_to_transactions()
    {
        Assert.Equal(["N", "C SET", "Z I"], await client.QueryAsync("set local application_name = 'x'"));
        Assert.Equal("D ", (await client.QueryAsync("show application_name"))[1]);
        Assert.Equal("D x", (await client.QueryAsync("set local application_name = 'x'; show application_name"))[2]);
        Assert.Equal("D ", (await client.QueryAsync("show application_name"))[1]);
        Assert.StartsWith(
            "E ERROR 25P01", (await client.QueryAsync("insert into silver.notes values (1); savepoint a"))[1],
            StringComparison.Ordinal);
        Assert.Equal(
            ["C DECLARE CURSOR", "T id:20", "D 1", "C FETCH 1", "Z I"],
            await client.QueryAsync("declare c cursor for select id from silver.orders order by id; fetch 1 from c"));
    }

    static void Write(MessageWriter writer, string sql)
    {
        new ParseMessage("", sql, []).Write(writer);
        new BindMessage("", "", [], [], []).Write(writer);
        new ExecuteMessage("", 0).Write(writer);
    }

    async Task<string> CountAsync()
    {
        await using var other = server.Lake.Open("bia");
        return (await other.RunAsync("SELECT count(*) FROM silver.notes"))[0];
    }
}

using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Keys of tables, and of their streams, by which changes find rows.</summary>
public sealed class ChangeKeyTests(PostgreSqlServer server)
{
    const string Rows = "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5) i; ";

    [Theory]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v text); ALTER TABLE t REPLICA IDENTITY FULL", "",
        "its key t_pkey is DEFERRABLE", "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"t_pkey\"")]
    [InlineData(
        "CREATE TABLE t (id int NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED, v text PRIMARY KEY); "
            + "ALTER TABLE t REPLICA IDENTITY FULL", ", keys: [id]",
        "its key t_id_key is DEFERRABLE", "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"t_id_key\"")]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL UNIQUE)", ", keys: [v]",
        "the log has only id of rows of t that are deleted, not v, which 'keys' names", "ALTER TABLE t REPLICA IDENTITY FULL")]
    [InlineData(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_v_key",
        ", keys: [id]", "the log has only v of rows of t that are deleted, not id", "or keys: [v]")]
    [InlineData(
        "CREATE TABLE whole (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE t PARTITION OF whole "
            + "FOR VALUES FROM (1) TO (6); ALTER TABLE whole OWNER TO foz", "}\n  whole: {mode: cdc",
        "public.t is a partition of public.whole, and its changes arrive in the stream 'whole'", "mode: snapshot")]
    public async Task A_key_that_the_log_cannot_be_followed_by_is_refused(
        string make, string setting, string message, string hint)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, $"{make}; {Rows} CREATE TABLE a (id int PRIMARY KEY)", "t", "a");
        logged.WriteStreams($"  t: {{mode: cdc{setting}}}\n  a: {{mode: cdc}}\n");
        for (var run = 0; run < 2; run++)
        {
            await logged.Database.ExecuteAsync($"INSERT INTO a VALUES ({run})");
            var error = (await logged.Lake.RunAsync()).Steps.Single(step => step.Error is not null).Error!;
            Assert.Contains($"stream 't': {message}", error.Message, StringComparison.Ordinal);
            Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
            Assert.Equal("sources/shop.yml", error.Place?.File);
            await logged.AssertSameAsync("a", "id", "id");
        }
    }

    [Theory]
    [InlineData("id int NOT NULL, v text", "id")]
    [InlineData("id int NOT NULL, v text PRIMARY KEY", "id")]
    public async Task A_change_of_a_key_of_the_stream_leaves_no_row_of_the_old_one(string columns, string keys)
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            $"CREATE TABLE t ({columns}); ALTER TABLE t REPLICA IDENTITY FULL; {Rows} DELETE FROM t WHERE id > 2", "t");
        logged.WriteStreams($"  t: {{mode: cdc, keys: [{keys}]}}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET id = 10 WHERE id = 1");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["2", "10"], await logged.Lake.QueryAsync("SELECT id FROM silver.t ORDER BY id"));
        Assert.Equal(
            ["c|10", "d|1"],
            await logged.Lake.QueryAsync("SELECT _cdc_op, id FROM bronze.t WHERE _cdc_op <> 'r' ORDER BY ALL"));
    }

    [Fact]
    public async Task A_key_that_is_deferrable_does_not_matter_beside_one_that_is_not()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v text NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY FULL; "
                + Rows,
            "t");
        logged.WriteStreams("  t: {mode: cdc, keys: [v]}\nsilver: current\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE t SET id = id + 1; UPDATE t SET v = 'w5' WHERE id = 6");
        await logged.Lake.RunWellAsync();
        Assert.Equal(
            ["2|v1", "3|v2", "4|v3", "5|v4", "6|w5"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY id"));
    }
}

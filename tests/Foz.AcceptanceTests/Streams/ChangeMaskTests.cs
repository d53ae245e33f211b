using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Masks of columns that change while their table has rows.</summary>
public sealed class ChangeMaskTests(PostgreSqlServer server)
{
    const string Table = """
        CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t SELECT 'k' || i, 'v' || i FROM generate_series(1, 4) i;
        CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b VALUES (1, 'one');
        """;

    [Theory]
    [InlineData("id: {mask: hash}", "v: {tags: [name]}")]
    [InlineData("id: {mask: hash}, v: {mask: redact}", "id: {mask: hash}, v: {mask: last_four}")]
    public async Task A_table_with_another_mask_is_copied_again_and_its_current_rows_are_right(string one, string two)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Table, "t", "b");
        logged.Lake.Write("models/silver/history.sql", """
            /* @foz
            materialization: {type: incremental, strategy: cdc, stored_as_scd_type: 2}
            @foz */
            SELECT * FROM STREAM(bronze.t)
            """);
        var wanted = 4;
        var copies = 1L;
        foreach (var columns in (string[])["v: {tags: [name]}", one, two, one, one])
        {
            var isSame = Write(logged, columns, key: "first");
            await logged.Database.ExecuteAsync(
                $"UPDATE t SET v = v || '!' WHERE id = 'k1'; DELETE FROM t WHERE id = 'k{wanted}'; INSERT INTO t VALUES ('k{++wanted}', 'new')");
            var run = await logged.Lake.RunWellAsync();
            Assert.Equal(!isSame, run.Steps.Any(step => step.Warnings.Any(warning =>
                warning.Message.Contains("changed: bronze.t is copied again", StringComparison.Ordinal))));
            if (!isSame) copies++;
            await AssertRightAsync(logged, copies);
        }
        // Another key is another mask.
        Write(logged, one, key: "second");
        await logged.Lake.RunWellAsync();
        await AssertRightAsync(logged, ++copies);
    }

    [Theory]
    [InlineData("redact")]
    [InlineData("last_four")]
    public async Task A_mask_that_gives_rows_one_key_is_refused(string mask)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, Table, "t", "b");
        Write(logged, $"id: {{mask: {mask}}}", key: "first");
        var error = await Assert.ThrowsAsync<FozException>(() => logged.Lake.RunAsync());
        Assert.Contains("the mask of 'id', a key of the stream 't', gives different rows one key", error.Message, StringComparison.Ordinal);
        Assert.Equal("mask: hash keeps different keys different", error.Hint);
    }

    /// <summary>A mask whose values have another type than those that the table has.</summary>
    [Fact]
    public async Task A_mask_of_another_type_waits_for_a_copy_that_takes_the_place_of_the_rows()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server, "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 4) i", "t");
        Write(logged, "v: {tags: [name]}", key: "first", hasOther: false);
        await logged.Lake.RunWellAsync();
        Write(logged, "id: {mask: hash}", key: "first", hasOther: false);
        for (var run = 0; run < 2; run++)
        {
            var step = Assert.Single((await logged.Lake.RunAsync()).Steps, step => step.Outcome is Outcome.Failed);
            Assert.StartsWith("foz stream snapshot bronze.t copies the table again with its new types", step.Error!.Hint, StringComparison.Ordinal);
            await logged.Database.ExecuteAsync("DELETE FROM t WHERE id = 2; UPDATE t SET v = v || '!'");
        }
        (await FozProcess.RunAsync(logged.Lake.Folder, "stream", "snapshot", "bronze.t")).Expect(0);
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("DELETE FROM t WHERE id = 3");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["64|v1!!", "64|v4!!"], await logged.Lake.QueryAsync("SELECT length(id), v FROM silver.t ORDER BY v"));
    }

    string? written;

    /// <summary>Writes the project; returns whether it is as before, or the first one.</summary>
    bool Write(LoggedDatabase logged, string columns, string key, bool hasOther = true)
    {
        logged.WriteStreams(
            $"  t: {{mode: cdc, columns: {{{columns}}}}}\n{(hasOther ? "  b: {mode: cdc}\n" : "")}"
                + "mask_key: '${MASK_KEY}'\nsilver: current\n");
        logged.Lake.Write(".env", $"SHOP_PASSWORD=\"{PostgreSqlServer.Password}\"\nMASK_KEY={key}-secret-of-the-test\n");
        var isSame = written is null || written == columns;
        written = columns;
        return isSame;
    }

    static async Task AssertRightAsync(LoggedDatabase logged, long copies)
    {
        var compared = await FozProcess.RunAsync(logged.Lake.Folder, "stream", "compare", "t");
        Assert.True(compared.ExitCode == 0, compared.Output + compared.Errors);
        Assert.Equal(
            await logged.Lake.QueryAsync("SELECT id, v FROM silver.t ORDER BY ALL"),
            await logged.Lake.QueryAsync("SELECT id, v FROM silver.history WHERE __END_AT IS NULL ORDER BY ALL"));
        Assert.Equal(["4"], await logged.Lake.QueryAsync("SELECT count(DISTINCT id) FROM silver.t"));
        Assert.Equal([$"{copies}"], await logged.Lake.QueryAsync(
            "SELECT count(DISTINCT _cdc_lsn) FROM bronze.t WHERE _cdc_op = 'r'"));
        Assert.Equal(["1"], await logged.Lake.QueryAsync(
            "SELECT count(DISTINCT _cdc_lsn) FROM bronze.b WHERE _cdc_op = 'r'"));
    }
}

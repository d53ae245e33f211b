using Foz.AcceptanceTests.PostgreSql;
using Foz.AcceptanceTests.Streams;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>Tables of the events of one log, which come in its order.</summary>
public sealed class CdcOrderTests(PostgreSqlServer server)
{
    const string Union = """
        /* @foz
        materialization: {type: incremental, strategy: cdc, keys: [id], apply_as_truncate_when: false}
        @foz */
        SELECT id, v, _cdc_op, _cdc_lsn, _cdc_seq, _cdc_unchanged FROM STREAM(bronze.t)
        UNION ALL SELECT id + 100, v, _cdc_op, _cdc_lsn, _cdc_seq, _cdc_unchanged FROM STREAM(bronze.u)
        """;

    const string One = """
        /* @foz
        materialization: {type: incremental, strategy: cdc, keys: [id]}
        @foz */
        SELECT id, v, _cdc_op, _cdc_lsn, _cdc_seq, _cdc_unchanged FROM STREAM(bronze.t)
        """;

    [Fact]
    public async Task They_need_no_state_and_know_how_far_the_log_was_read()
    {
        using var logged = await MakeAsync(One);
        await logged.Lake.RunWellAsync();
        await ChangeAsync(logged);
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|b", "4|d"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
        Assert.Null(await (await logged.Lake.TableAsync("silver.now__cdc")).FindLatestAsync(Cancel));
        var last = (await logged.Lake.QueryAsync("SELECT max(_cdc_lsn) FROM bronze.t"))[0];
        var table = await (await logged.Lake.TableAsync("silver.now")).LatestAsync(Cancel);
        Assert.Equal(last, $"{table.BatchOf("silver.now._cdc_lsn")}");
    }

    [Fact]
    public async Task The_history_of_a_table_counts_rows_that_came_changed_and_went()
    {
        using var logged = await MakeAsync(One);
        await logged.Lake.RunWellAsync();
        await ChangeAsync(logged);
        await logged.Lake.RunWellAsync();
        var last = await (await logged.Lake.TableAsync("silver.now")).HistoryAsync(Cancel).FirstAsync(Cancel);
        Assert.Equal(
            ("1", "1", "2"),
            (
                last.Metrics["numTargetRowsInserted"], last.Metrics["numTargetRowsUpdated"],
                last.Metrics["numTargetRowsDeleted"]));
    }

    [Fact]
    public async Task An_event_that_comes_too_late_is_an_error_and_a_full_refresh_puts_it_in_its_place()
    {
        using var logged = await MakeAsync(One);
        await logged.Lake.RunWellAsync();
        await ChangeAsync(logged);
        await logged.Lake.RunWellAsync();
        var copied = (await logged.Lake.QueryAsync("SELECT min(_cdc_lsn) FROM bronze.t"))[0];
        await logged.Lake.AppendAsync(
            "bronze.t",
            $"SELECT 1 AS id, 'late' AS v, 'u' AS _cdc_op, {copied} + 1::BIGINT AS _cdc_lsn, 0::BIGINT AS _cdc_seq");
        var step = (await logged.Lake.RunAsync()).Steps.Single(step => step.Step.ToString() == "silver.now");
        Assert.Contains("out of order", step.Error!.Message, StringComparison.Ordinal);
        Assert.Equal("foz run silver.now --full-refresh makes it again", step.Error.Hint);
        await logged.Lake.RunAsync(isFullRefresh: true);
        Assert.Equal(["1|b", "4|d"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
    }

    [Fact]
    public async Task A_table_keeps_the_state_that_it_was_made_with()
    {
        using var logged = await MakeAsync(Union);
        await logged.Lake.RunWellAsync();
        logged.Lake.Write("models/silver/now.sql", Union[..Union.IndexOf("UNION", StringComparison.Ordinal)]);
        await ChangeAsync(logged);
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|b", "4|d", "101|u"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
        Assert.NotNull(await (await logged.Lake.TableAsync("silver.now__cdc")).FindLatestAsync(Cancel));
    }

    [Fact]
    public async Task Other_events_need_a_full_refresh()
    {
        using var logged = await MakeAsync(One);
        await logged.Lake.RunWellAsync();
        logged.Lake.Write("models/silver/now.sql", Union);
        await ChangeAsync(logged);
        var step = (await logged.Lake.RunAsync()).Steps.Single(step => step.Step.ToString() == "silver.now");
        Assert.Equal(Outcome.Failed, step.Outcome);
        Assert.Contains("the log of one table", step.Error!.Message, StringComparison.Ordinal);
        await logged.Lake.RunAsync(isFullRefresh: true);
        await logged.Database.ExecuteAsync("UPDATE u SET v = 'w'; UPDATE t SET v = 'e' WHERE id = 4");
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|b", "4|e", "101|w"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
    }

    [Fact]
    public async Task A_key_that_takes_a_wider_type_finds_its_rows()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE k (id numeric(6, 2) PRIMARY KEY, v text); INSERT INTO k SELECT i, 'a' FROM generate_series(1, 100) i",
            "k");
        logged.Lake.Write("sources/shop.yml", "connection: shop\nsilver: current\nstreams:\n  k: {mode: cdc}\n");
        await logged.Lake.RunWellAsync();
        // Indexes of keys are made from the second merge on.
        for (var id = 1; id <= 3; id++)
        {
            await logged.Database.ExecuteAsync($"UPDATE k SET v = 'b' WHERE id = {id}");
            await logged.Lake.RunWellAsync();
        }
        await logged.Database.ExecuteAsync(
            "ALTER TABLE k ALTER id TYPE numeric(10, 4); UPDATE k SET v = 'c' WHERE id = 4; DELETE FROM k WHERE id = 5");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE k SET v = 'd' WHERE id = 4");
        await logged.Lake.RunWellAsync();
        Assert.Equal(
            ["99|99"], await logged.Lake.QueryAsync("SELECT count(*), count(DISTINCT id) FROM silver.k"));
        Assert.Equal(["d"], await logged.Lake.QueryAsync("SELECT v FROM silver.k WHERE id = 4"));
    }

    [Fact]
    public async Task A_feed_of_changes_tells_what_rows_were()
    {
        using var logged = await MakeAsync(One);
        await logged.Lake.RunWellAsync();
        (await FozProcess.RunAsync(
            logged.Lake.Folder, "alter", "silver.now", "set", "delta.enableChangeDataFeed=true")).Expect(0);
        await ChangeAsync(logged);
        await logged.Lake.RunWellAsync();
        Assert.Equal(["1|b", "4|d"], await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
        Assert.Equal(
            ["1|a|update_preimage", "1|b|update_postimage", "2|a|delete", "3|a|delete", "4|d|insert"],
            await logged.Lake.QueryAsync(
                "SELECT id, v, _change_type FROM table_changes('silver.now', 2) ORDER BY id, _change_type DESC"));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    async Task<LoggedDatabase> MakeAsync(string model)
    {
        var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'a' FROM generate_series(1, 3) i;
            CREATE TABLE u (id int PRIMARY KEY, v text); INSERT INTO u VALUES (1, 'u');
            """,
            "t", "u");
        logged.Lake.Write("models/silver/now.sql", model);
        return logged;
    }

    static Task ChangeAsync(LoggedDatabase logged) => logged.Database.ExecuteAsync(
        "UPDATE t SET v = 'b' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET id = 4, v = 'd' WHERE id = 3");
}

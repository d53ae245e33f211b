using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Models that read changes of a table whose log was cleaned up meanwhile.</summary>
public sealed class LateReaderTests(PostgreSqlServer server)
{
    const string News = "SELECT id, v, _cdc_op AS op, _cdc_lsn AS lsn, _cdc_seq AS seq FROM ";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_whose_place_in_the_log_is_gone_reads_all_changes_again()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'v' || i FROM generate_series(1, 9) i",
            "a");
        Model(logged, "now", "strategy: cdc", "SELECT * FROM STREAM(bronze.a)");
        Model(logged, "history", "strategy: cdc, stored_as_scd_type: 2", "SELECT * FROM STREAM(bronze.a)");
        Model(logged, "news", "strategy: append", $"{News} STREAM(bronze.a)");
        Model(logged, "kept", "strategy: append, full_refresh_restricted: true", $"{News} STREAM(bronze.a)");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'seen' WHERE id = 1");
        await logged.Lake.RunWellAsync();

        await logged.Database.ExecuteAsync("UPDATE a SET v = 'missed' WHERE id = 2");
        await BronzeAsync(logged);
        await logged.Database.ExecuteAsync("DELETE FROM a WHERE id = 3");
        await BronzeAsync(logged);
        await AgeAsync(logged);
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (10, 'late')");
        await BronzeAsync(logged);

        var run = await logged.Lake.RunAsync();
        foreach (var name in new[] { "now", "history", "news" })
        {
            var step = run.Steps.Single(step => step.Step.Name == name);
            Assert.Null(step.Error);
            Assert.Contains(
                step.Warnings,
                warning => warning.Message.Contains(
                    $"the log of bronze.a no longer has what came since silver.{name} read it", StringComparison.Ordinal));
        }
        // What must not be made again says so.
        var kept = run.Steps.Single(step => step.Step.Name == "kept");
        Assert.Equal(Outcome.Failed, kept.Outcome);
        Assert.Contains("the log of bronze.a no longer has version", kept.Error!.Message, StringComparison.Ordinal);
        await AssertWholeAsync(logged);

        // From here on only what is new is read.
        await logged.Database.ExecuteAsync("UPDATE a SET v = 'after' WHERE id = 4");
        run = await logged.Lake.RunAsync();
        Assert.All(run.Steps.Where(step => step.Step.Name is "now" or "history" or "news"), step =>
        {
            Assert.Null(step.Error);
            Assert.Empty(step.Warnings);
            Assert.InRange(step.RowsChanged, 1, 2);
        });
        await AssertWholeAsync(logged);
        var state = await (await logged.Lake.TableAsync("silver.history__cdc")).LatestAsync(Cancel);
        Assert.Equal("interval 1 days", state.Properties["delta.logRetentionDuration"]);
    }

    static void Model(LoggedDatabase logged, string name, string words, string select) => logged.Lake.Write(
        $"models/silver/{name}.sql",
        $$"""
        /* @foz
        materialization: {type: incremental, {{words}}}
        @foz */
        {{select}}
        """);

    /// <summary>Reads changes into bronze, while no model runs.</summary>
    static async Task BronzeAsync(LoggedDatabase logged) =>
        (await FozProcess.RunAsync(logged.Lake.Folder, "run", "--select", "bronze.a")).Expect(0);

    /// <summary>Lets all that the log of the table has be three days old, and cleans it up.</summary>
    static async Task AgeAsync(LoggedDatabase logged)
    {
        var log = Path.Combine(logged.Lake.Lake.Folder, "bronze", "a", "_delta_log");
        await MaintainAsync();
        foreach (var file in Directory.GetFiles(log))
            File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddDays(-3));
        await MaintainAsync();
        Assert.False(File.Exists(Path.Combine(log, $"{2:D20}.json")), "the log was not cleaned up");

        async Task MaintainAsync()
        {
            using var other = new TestLake(logged.Lake.Folder);
            await (await other.TableAsync("bronze.a")).MaintainLogAsync(Cancel);
        }
    }

    /// <summary>Asserts that models have each change once, as those made from the beginning do.</summary>
    static async Task AssertWholeAsync(LoggedDatabase logged)
    {
        var rows = (await logged.Database.QueryAsync("SELECT id, v FROM a ORDER BY id"))
            .Select(row => string.Join('|', row));
        Assert.Equal(rows, await logged.Lake.QueryAsync("SELECT id, v FROM silver.now ORDER BY id"));
        Assert.Equal(
            rows, await logged.Lake.QueryAsync("SELECT id, v FROM silver.history WHERE __END_AT IS NULL ORDER BY id"));
        Assert.Equal(
            await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a WHERE _cdc_op <> 'd'"),
            await logged.Lake.QueryAsync("SELECT count(*) FROM silver.history"));
        Assert.Equal(
            await logged.Lake.QueryAsync($"{News} bronze.a ORDER BY ALL"), await logged.Lake.RowsAsync("silver.news"));
    }
}

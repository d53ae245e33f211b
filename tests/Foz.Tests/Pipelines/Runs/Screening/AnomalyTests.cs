using Foz.Pipelines.Runs;

namespace Foz.Tests.Pipelines.Runs.Screening;

/// <summary>What is out of the ordinary of a table, as its own past has it.</summary>
public sealed class AnomalyTests : IDisposable
{
    const int Past = 5;

    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Rows_nulls_and_means_that_were_never_so_are_found_and_usual_ones_are_not()
    {
        WriteModel("SELECT id, amount FROM STREAM(bronze.orders)", "volume, distribution");
        for (var day = 0; day < Past; day++)
            Assert.Equal(["anomaly: passed"], await FindingsAsync(AppendAsync(100 + day, "10.0 + i % 3")));

        Assert.Equal(["anomaly: passed"], await FindingsAsync(AppendAsync(103, "10.0 + i % 3")));
        Assert.Equal(
            ["anomaly: volume: 1,000 rows, and most often about 102 (82 to 123)"],
            await FindingsAsync(AppendAsync(1_000, "10.0 + i % 3")));
        Assert.Equal(
            ["anomaly: distribution: null_ratio of amount is 0.5, and most often about 0 (-0.08 to 0.08)"],
            await FindingsAsync(AppendAsync(100, "CASE WHEN i % 2 = 0 THEN 11.0 END")));
        Assert.StartsWith(
            "anomaly: distribution: mean of amount is 99, and most often about 1",
            Assert.Single(await FindingsAsync(AppendAsync(100, "99.0"))), StringComparison.Ordinal);
        Assert.Equal(
            ["id|mean", "id|null_ratio", "amount|mean", "amount|null_ratio"],
            (await project.QueryAsync(
                "SELECT DISTINCT \"column\", metric FROM foz.metrics WHERE \"column\" = 'id' ORDER BY 2"))
                .Concat(
                    await project.QueryAsync(
                        "SELECT DISTINCT \"column\", metric FROM foz.metrics WHERE \"column\" = 'amount' ORDER BY 2")));
    }

    [Fact]
    public async Task Columns_and_inputs_that_come_or_go_are_told_once()
    {
        await AppendAsync(10, "1.5");
        WriteModel("SELECT id, amount FROM bronze.orders", "schema, lineage", materialization: "table");
        Assert.Equal(["anomaly: passed"], await FindingsAsync());
        await project.AppendAsync("bronze.other", "SELECT 1 AS id");
        WriteModel(
            "SELECT id, amount::DOUBLE AS amount, 1 AS n FROM bronze.orders SEMI JOIN bronze.other USING (id)",
            "schema, lineage", materialization: "table");
        Assert.Equal(
            [
                "anomaly: schema: the column n (int) is new; schema: amount was decimal(2,1) and is double; lineage: "
                    + "bronze.other is read for the first time",
            ],
            (await FindingsAsync()).Select(finding => finding.Replace("integer", "int", StringComparison.Ordinal)));
        await AppendAsync(1, "1.5");
        Assert.Equal(["anomaly: passed"], await FindingsAsync());
    }

    [Fact]
    public async Task Rows_that_stay_away_longer_than_usual_are_found_by_a_test()
    {
        var time = new SteppedTime();
        using var other = new LakeProject(time);
        other.Write(
            "models/silver/orders.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: append}\nchecks: [anomaly: {value: freshness, "
                + "history: 3}]\n@foz */\nSELECT id FROM STREAM(bronze.orders)");
        for (var day = 0; day < Past; day++)
        {
            await other.AppendAsync("bronze.orders", "SELECT 1 AS id");
            await other.RunAsync();
            // A commit is of the time of its file.
            var log = Path.Combine(other.Lake.Folder, "silver", "orders", "_delta_log", $"{day:D20}.json");
            File.SetLastWriteTimeUtc(log, time.GetUtcNow().UtcDateTime);
            time.Step(TimeSpan.FromDays(1));
        }
        Assert.True((await TestAsync()).Passed);
        time.Step(TimeSpan.FromDays(4));
        Assert.StartsWith(
            "anomaly: freshness: the last rows came 5 days", (await TestAsync()).Describe(), StringComparison.Ordinal);

        async Task<Foz.Pipelines.Quality.CheckResult> TestAsync() => (await new ProjectChecks(other.Lake).RunAsync(
            other.Load(), new(), TestContext.Current.CancellationToken)).Single().Checks.Single();
    }

    [Fact]
    public async Task A_column_that_is_not_there_gets_the_nearest()
    {
        await AppendAsync(10, "1.5");
        project.Write(
            "models/silver/orders.sql",
            "/* @foz\nchecks: [anomaly: {column: amont}]\n@foz */\nSELECT id, amount FROM bronze.orders");
        Assert.Equal(
            "models/silver/orders.sql:2:10: the check anomaly(amont) names an unknown column "
                + "'amont'\n  did you mean 'amount'?",
            (await project.RunAsync()).Steps.Single().Error!.Describe());
    }

    void WriteModel(string sql, string pillars, string materialization = "{type: incremental, strategy: append}") =>
        project.Write(
            "models/silver/orders.sql",
            $"/* @foz\nmaterialization: {materialization}\nchecks: [anomaly: {{value: [{pillars}], history: "
                + $"{Past}}}]\n@foz */\n{sql}");

    Task AppendAsync(int rows, string amount) =>
        project.AppendAsync("bronze.orders", $"SELECT i % 10 AS id, {amount} AS amount FROM range({rows}) r(i)");

    async Task<IEnumerable<string>> FindingsAsync(Task? before = null)
    {
        if (before is not null) await before;
        var step = (await project.RunAsync()).Steps.Single();
        Assert.Null(step.Error);
        return step.Checks.Select(check => check.Describe());
    }

    /// <summary>The time of the machine, a while later.</summary>
    sealed class SteppedTime : TimeProvider
    {
        TimeSpan ahead;

        public void Step(TimeSpan time) => ahead += time;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}

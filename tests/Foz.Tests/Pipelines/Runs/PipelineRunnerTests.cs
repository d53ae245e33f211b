using System.Text.Json.Nodes;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;
using Foz.Pipelines.Runs.State;
using Foz.Tests.Server.Trino;

namespace Foz.Tests.Pipelines.Runs;

/// <summary>Models over tables that another program wrote into the lake.</summary>
public sealed class PipelineRunnerTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-project-").FullName;
    readonly EnginePool engines = new(new EngineOptions
    {
        MemoryBytes = 1L << 30, Threads = 2, Workloads = [Workload.Ingestion, Workload.Models],
    });

    readonly Lakehouse lake;
    readonly List<RunEvent> events = [];

    public PipelineRunnerTests()
    {
        lake = new(Path.Combine(folder, "lake"), engines, TimeProvider.System);
        Write("foz.yml", "name: t\nlake: lake\n");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_table_a_view_and_a_merge_follow_their_input()
    {
        await AppendAsync(
            "bronze.orders", "SELECT * FROM (VALUES (1, 'new', 10.0), (2, 'new', 20.0)) v(id, status, price)");
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            columns:
              - {name: id, description: "the order", checks: [not_null, unique]}
            @foz */
            SELECT id, status, price FROM STREAM(bronze.orders)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY status DESC) = 1
            """);
        Write("models/silver/paid.sql",
            "/* @foz\nmaterialization: view\n@foz */\nSELECT * FROM silver.orders WHERE status = 'paid'");
        Write("models/gold/total.sql", "SELECT count(*) AS orders, sum(price) AS price FROM silver.paid");

        Assert.Equal(Outcome.Succeeded, (await RunAsync()).Outcome);
        Assert.Equal(["0|"], await RowsAsync("gold.total"));

        await AppendAsync("bronze.orders", "SELECT 2 AS id, 'paid' AS status, 20.0 AS price");
        var second = await RunAsync();
        Assert.Equal(["1|20.0"], await RowsAsync("gold.total"));
        Assert.Equal(1, second.Steps.Single(s => s.Step.Name == "orders").RowsWritten);

        var third = await RunAsync();
        Assert.All(third.Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task A_failed_check_leaves_the_table_as_it_was_and_what_needs_it_alone()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        Write("models/silver/orders.sql",
            "/* @foz\ncolumns: [{name: id, checks: [unique]}]\n@foz */\nSELECT id FROM bronze.orders");
        Write("models/gold/total.sql", "SELECT count(*) AS n FROM silver.orders");
        await RunAsync();

        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        var run = await RunAsync();

        Assert.Equal(Outcome.Failed, run.Outcome);
        var failed = run.Steps.Single(s => s.Step.Name == "orders");
        Assert.Contains("unique(id): 1 of 2 rows", failed.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(Outcome.Canceled, run.Steps.Single(s => s.Step.Name == "total").Outcome);
        Assert.Equal(["1"], await RowsAsync("silver.orders"));
        Assert.Equal(["1"], await RowsAsync("gold.total"));
    }

    [Theory]
    [InlineData("append", "fail", "decimal(12,2)", true)]
    [InlineData("append", "sync", "decimal(12,2)", true)]
    [InlineData("append", "sync", "bigint", false)]
    [InlineData("merge, unique_key: [k]", "append", "bigint", true)]
    [InlineData("merge, unique_key: [k]", "append", "smallint", false)]
    public async Task A_plan_says_that_a_table_will_not_take_the_type_of_a_column(
        string strategy, string onChange, string type, bool isRefused)
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS k, 2 AS price");
        WriteModel("price");
        await RunAsync();
        await AppendAsync("bronze.orders", "SELECT 3 AS k, 4 AS price");
        WriteModel($"price::{type}");

        var told =
            $"column price is integer in the table but {type.Replace("bigint", "long", StringComparison.Ordinal)} in "
                + "the data, which it cannot hold";
        var warnings = (await PlanAsync())
            .Single().Warnings.Where(w => w.Message.Contains(told, StringComparison.Ordinal)).ToList();
        var error = (await RunAsync()).Steps.Single().Error;
        Assert.Equal(isRefused, error?.Message.Contains(told, StringComparison.Ordinal) == true);
        Assert.Equal(isRefused ? [$"silver.orders will not be made: {told}"] : [], warnings.Select(w => w.Message));
        Assert.All(warnings, warning => Assert.Equal(error!.Hint, warning.Hint));
        Assert.DoesNotContain(
            (await PlanAsync(isFullRefresh: true)).Single().Warnings,
            w => w.Message.Contains(told, StringComparison.Ordinal));

        void WriteModel(string price) => Write("models/silver/orders.sql", $$"""
            /* @foz
            materialization: {type: incremental, strategy: {{strategy}}, on_schema_change: {{onChange}}}
            @foz */
            SELECT k, {{price}} AS price FROM STREAM(bronze.orders)
            """);
    }

    [Fact]
    public async Task A_run_that_is_stopped_is_canceled_and_one_of_which_a_step_failed_failed()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        Write("models/silver/orders.sql", "SELECT id FROM bronze.orders");
        Write("models/gold/total.sql", "SELECT count(*) AS n FROM silver.orders");
        Assert.Equal(Outcome.Canceled, await StopAsync());
        Write("models/silver/orders.sql", "SELECT error('no') AS id FROM bronze.orders");
        Assert.Equal(Outcome.Failed, await StopAsync());
        Assert.Equal(["Canceled", "Failed"], await QueryAsync("SELECT outcome FROM foz.runs ORDER BY started_at"));

        async Task<Outcome> StopAsync()
        {
            using var stop = new CancellationTokenSource();
            return (await new RunService(lake).Start(
                new() { Project = Load() },
                what =>
                {
                    if (what is RunEvent.StepFinished) stop.Cancel();
                }, stop.Token).Result).Outcome;
        }
    }

    [Fact]
    public async Task Small_files_are_put_together_behind_the_steps_and_nothing_is_made_anew_for_it()
    {
        Write("foz.yml", "name: t\nlake: lake\nmaintenance: {small_files: 4, tables: {gold: {optimize: off}}}\n");
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            SELECT id FROM STREAM(bronze.orders)
            """);
        Write("models/silver/all.sql", "SELECT id FROM silver.orders");
        Write("models/gold/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            SELECT id FROM STREAM(silver.orders)
            """);
        for (var i = 0; i < 4; i++)
        {
            await AppendAsync("bronze.orders", $"SELECT {i} AS id");
            Assert.Equal(Outcome.Succeeded, (await RunAsync()).Outcome);
        }

        Assert.All((await RunAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
        Assert.Equal(["0", "1", "2", "3"], await RowsAsync("gold.orders"));
        Assert.Equal((1, 4), (await FilesAsync("silver.orders"), await FilesAsync("gold.orders")));
        Assert.Equal(
            ["silver.orders|Succeeded|4|[OPTIMIZE put 4 files together to 1]"],
            await QueryAsync(
                "SELECT step, outcome, table_version, warnings::VARCHAR FROM foz.steps WHERE kind = 'maintenance'"));

        await AppendAsync("bronze.orders", "SELECT 4 AS id");
        await RunAsync();
        Assert.Equal(["0", "1", "2", "3", "4"], await RowsAsync("gold.orders"));
    }

    [Theory]
    [InlineData("DATE")]
    [InlineData("TIMESTAMP")]
    [InlineData("TIMESTAMPTZ")]
    public async Task Rows_go_when_their_retention_is_over_and_what_reads_on_from_them_is_not_disturbed(string type)
    {
        Write("models/silver/events.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            columns: [{name: seen, retention: 10 days}]
            @foz */
            SELECT id, seen FROM STREAM(bronze.events)
            """);
        Write("models/gold/events.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            SELECT id FROM STREAM(silver.events)
            """);
        // Most rows of the file are old, all rows of the next one.
        await AppendAsync(
            "bronze.events",
            $"SELECT i AS id, CASE WHEN i < 8 THEN CAST(now() - INTERVAL 11 DAY AS {type}) WHEN i = 8 THEN CAST(now() "
                + $"AS {type}) END AS seen FROM range(10) AS r(i)");
        await RunAsync();
        Assert.Equal(["8", "9"], await QueryAsync("SELECT id FROM silver.events ORDER BY id"));
        await AppendAsync("bronze.events", $"SELECT 20 AS id, CAST(now() - INTERVAL 11 DAY AS {type}) AS seen");
        await RunAsync();
        await AppendAsync("bronze.events", $"SELECT 30 AS id, CAST(now() AS {type}) AS seen");
        Assert.Equal(Outcome.Succeeded, (await RunAsync()).Outcome);

        Assert.Equal(["8", "9", "30"], await QueryAsync("SELECT id FROM silver.events ORDER BY id"));
        Assert.Equal(
            ["8", "9", "30"], (await QueryAsync("SELECT id FROM gold.events WHERE id > 7 AND id <> 20 ORDER BY id")));
        Assert.Equal(
            ["[the retention of seen was over for 8 rows]", "[the retention of seen was over for 1 rows]"],
            await QueryAsync("SELECT warnings::VARCHAR FROM foz.steps WHERE kind = 'maintenance' ORDER BY started_at"));
        Assert.All((await RunAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    async Task<int> FilesAsync(string table) =>
        (await (await lake.OpenTableAsync(TableName.Parse(table), Cancel)).LatestAsync(Cancel)).FileCount;

    [Fact]
    public async Task A_warning_check_is_told_and_the_table_written()
    {
        await AppendAsync("bronze.orders", "SELECT NULL::INT AS id");
        Write("models/silver/orders.sql", """
            /* @foz
            columns: [{name: id, checks: [{name: not_null, on_violation: warn}]}]
            @foz */
            SELECT id FROM bronze.orders
            """);

        var run = await RunAsync();
        Assert.Equal(Outcome.Warned, run.Outcome);
        Assert.Equal([""], await RowsAsync("silver.orders"));
        Assert.Equal(
            ["not_null|warn|false|1"],
            await QueryAsync("SELECT \"check\", on_violation, passed, violations FROM foz.checks"));
    }

    [Fact]
    public async Task Runs_steps_and_lineage_are_tables_of_the_lake()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        Write("models/silver/orders.sql", "SELECT id FROM bronze.orders");
        var run = await RunAsync();

        Assert.Equal(
            [$"{run.RunId}|Succeeded|1"], await QueryAsync("SELECT run_id, outcome, steps_succeeded FROM foz.runs"));
        Assert.Equal(
            ["silver.orders|0|bronze.orders|0"],
            await QueryAsync(
                "SELECT table_name, table_version, upstream, upstream_version FROM foz.lineage "
                    + "WHERE upstream_column IS NULL"));
        Assert.Empty(Directory.GetFiles(lake.JournalFolder));
    }

    [Fact]
    public async Task Every_one_of_20_runs_that_wait_for_each_other_is_in_the_table_of_runs()
    {
        Write("models/silver/orders.sql", "SELECT 1 AS id");
        // The clock of each says an earlier time than that of the one before.
        var runs = Enumerable.Range(0, 20).Select(hours => Task.Run(async () =>
        {
            var clock = new AheadTime();
            clock.Advance(TimeSpan.FromHours(-hours));
            var request = new RunRequest { Project = Load(), Wait = TimeSpan.FromMinutes(5) };
            return await new RunService(new(Path.Combine(folder, "lake"), engines, clock)).Start(
                request, static _ => { }, Cancel).Result;
        })).ToList();

        var ids = (await Task.WhenAll(runs)).Select(run => run.RunId).Order().ToList();

        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(ids, await QueryAsync("SELECT run_id FROM foz.runs ORDER BY run_id"));
        Assert.Empty(Directory.GetFiles(lake.JournalFolder));
    }

    [Fact]
    public async Task A_full_refresh_makes_an_incremental_table_anew()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id, 'a' AS v");
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            SELECT id, v FROM STREAM(bronze.orders)
            """);
        await RunAsync();
        await AppendAsync("bronze.orders", "SELECT 2 AS id, 'b' AS v");
        await RunAsync();
        Assert.Equal(["1|a", "2|b"], await RowsAsync("silver.orders"));

        await RunAsync(isFullRefresh: true);
        Assert.Equal(["1|a", "2|b"], await RowsAsync("silver.orders"));
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_written_is_a_warning_of_the_step()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        Write("models/silver/orders.sql", "SELECT id FROM bronze.orders");
        await RunAsync();
        var log = Path.Combine(lake.Folder, "silver", "orders", "_delta_log");
        LetNextCommitWriteCheckpoint(log);
        // A folder stands where the checkpoint should.
        Directory.CreateDirectory(Path.Combine(log, $"{2:D20}.checkpoint.parquet"));
        await AppendAsync("bronze.orders", "SELECT 2 AS id");

        var run = await RunAsync();

        Assert.Equal(Outcome.Warned, run.Outcome);
        Assert.Equal(["1", "2"], await RowsAsync("silver.orders"));
        var warning = Assert.Single(run.Steps.Single().Warnings);
        Assert.StartsWith(
            "the checkpoint of silver.orders at version 2 could not be written: ", warning.Message,
            StringComparison.Ordinal);
        Assert.Contains(new RunEvent.Warned(new("silver", "orders"), warning), events);
        Assert.Equal(
            [$"Warned|{warning.Describe()}"],
            await QueryAsync(
                $"SELECT outcome, warnings[1] FROM foz.steps WHERE run_id = '{run.RunId}' AND len(warnings) = 1"));
    }

    [Fact]
    public async Task A_STREAM_model_whose_SQL_changed_warns_of_the_rows_that_it_keeps()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id");
        WriteModel("id AS v", checks: "");
        await RunAsync();

        // A check makes no other rows.
        WriteModel("id AS v", checks: "checks: [unique]");
        Assert.Empty((await RunAsync()).Steps.Single().Warnings);

        WriteModel("id * 10 AS v", checks: "");
        const string Told = "the definition of silver.orders changed since batch 1: "
            + "the rows that it has are as the old one made them";
        Assert.Equal(Told, Assert.Single((await PlanAsync()).Single().Warnings).Message);
        var unchanged = (await RunAsync()).Steps.Single();
        Assert.Equal((Outcome.Skipped, Told), (unchanged.Outcome, Assert.Single(unchanged.Warnings).Message));
        Assert.Contains("foz run silver.orders --full-refresh", unchanged.Warnings[0].Hint, StringComparison.Ordinal);
        Assert.Equal(["Skipped"], await QueryAsync("SELECT outcome FROM foz.steps WHERE len(warnings) > 0"));

        await AppendAsync("bronze.orders", "SELECT 2 AS id");
        Assert.Equal(Told, Assert.Single((await RunAsync()).Steps.Single().Warnings).Message);
        Assert.Equal(["1", "20"], await RowsAsync("silver.orders"));
        Assert.Empty((await RunAsync()).Steps.Single().Warnings);

        WriteModel("id * 100 AS v", checks: "");
        Assert.Empty((await RunAsync(isFullRefresh: true)).Steps.Single().Warnings);
        Assert.Equal(["100", "200"], await RowsAsync("silver.orders"));

        void WriteModel(string select, string checks) => Write("models/silver/orders.sql", $$"""
            /* @foz
            materialization: {type: incremental, strategy: append}
            columns: [{name: v, {{checks}}}]
            @foz */
            SELECT {{select}} FROM STREAM(bronze.orders)
            """);
    }

    [Fact]
    public async Task Errors_of_a_step_say_the_name_of_the_table_and_not_its_folder()
    {
        await AppendAsync("bronze.orders", "SELECT 1 AS id, 'a' AS v");
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            @foz */
            SELECT id, v FROM STREAM(bronze.orders)
            """);
        await RunAsync();

        await AppendAsync("bronze.orders", "SELECT 2 AS id, 'b' AS v FROM range(2)");
        AssertNamed("2 rows to merge into silver.orders have the key id = 2", await RunAsync());

        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            @foz */
            SELECT id::VARCHAR || 'x' AS id, v FROM STREAM(bronze.orders)
            """);
        AssertNamed("silver.orders: column id is integer in the table but string in the data", await RunAsync());

        var log = Path.Combine(lake.Folder, "silver", "orders", "_delta_log");
        File.WriteAllText(
            Path.Combine(log, $"{1:D20}.json"),
            """{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}""" + "\n");
        AssertNamed("cannot read silver.orders: ", await RunAsync());

        void AssertNamed(string message, RunResult run)
        {
            var error = run.Steps.Single().Error!;
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(lake.Folder, error.Describe(), StringComparison.Ordinal);
        }
    }

    async Task<IReadOnlyList<PlannedStep>> PlanAsync(bool isFullRefresh = false) =>
        (await new RunPlanner(lake).PlanAsync(new() { Project = Load(), IsFullRefresh = isFullRefresh }, Cancel)).Steps;

    /// <summary>Sets a table, as another program could, to get a checkpoint with every commit.</summary>
    static void LetNextCommitWriteCheckpoint(string log)
    {
        var commits = Directory.GetFiles(log, "*.json").Order(StringComparer.Ordinal).ToList();
        var metadata = commits.SelectMany(File.ReadLines)
            .Last(line => line.StartsWith("{\"metaData\"", StringComparison.Ordinal));
        var changed = JsonNode.Parse(metadata)!;
        changed["metaData"]!["configuration"]!["delta.checkpointInterval"] = "1";
        File.WriteAllText(Path.Combine(log, $"{commits.Count:D20}.json"), changed.ToJsonString() + "\n");
    }

    Project Load() => ProjectLoader.Load(
        folder,
        new() { ExistsInLake = name => Directory.Exists(Path.Combine(lake.Folder, name.Schema, name.Name)) },
        engines, Cancel);

    async Task<RunResult> RunAsync(bool isFullRefresh = false)
    {
        return await new RunService(lake).Start(
            new() { Project = Load(), IsFullRefresh = isFullRefresh }, events.Add, Cancel).Result;
    }

    async Task AppendAsync(string name, string select)
    {
        using var session = engines.Open(Workload.Models);
        var table = await lake.DefineTableAsync(TableName.Parse(name), null, null, Cancel);
        var change = await new TableWriter(session).AppendAsync(table, select, new(), Cancel);
        await change.CommitAsync(Cancel);
    }

    Task<List<string>> RowsAsync(string name) => QueryAsync($"SELECT * FROM {name} ORDER BY ALL");

    async Task<List<string>> QueryAsync(string sql)
    {
        using var session = engines.Open(Workload.Models);
        var names = new LakeNameResolver(lake, lake.Tables, _ => null);
        using var bound = await new StatementBinder(session, names).BindAsync(sql, Cancel);
        using var rows = session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row.Select(Text)))];
    }

    static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => value.ToString()!,
    };

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

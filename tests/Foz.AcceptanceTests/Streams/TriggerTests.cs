using Foz.Pipelines.Batches;
using Foz.Pipelines.Runs;
using Foz.Streams;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Models that follow tables which other programs write.</summary>
public sealed class TriggerTests : IDisposable
{
    const string Rows = "bronze.events";

    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TriggerTests() => lake.Write("foz.yml", "name: p\n");

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Each_model_is_made_as_its_trigger_says_and_what_reads_it_follows()
    {
        await lake.AppendAsync(Rows, "SELECT 0 AS id");
        Write("now", "trigger: available_now");
        Write("always", "trigger: continuous");
        Write("seldom", "trigger: {interval: 1h}");
        Write("after", "", "silver.always");
        lake.Write("models/gold/alone.sql", Model("", Rows));
        await lake.RunWellAsync();
        await FollowAsync(async () =>
        {
            for (var id = 1; id < 4; id++)
            {
                await lake.AppendAsync(Rows, $"SELECT {id} AS id");
                await WaitAsync("silver.always", id + 1);
                await WaitAsync("silver.after", id + 1);
            }
        });
        foreach (var (model, rows) in new[] { ("silver.now", 1), ("silver.seldom", 1), ("gold.alone", 1) })
            Assert.Equal(rows, (await lake.RowsAsync(model)).Count);
        await lake.RunWellAsync();
        foreach (var model in new[] { "silver.now", "silver.seldom", "silver.always", "gold.alone" })
            Assert.Equal(["0", "1", "2", "3"], await lake.RowsAsync(model));
    }

    [Fact]
    public async Task An_interval_passes_between_two_batches_whatever_run_made_the_last_one()
    {
        await lake.AppendAsync(Rows, "SELECT 0 AS id");
        Write("often", "trigger: {interval: 3s}");
        await lake.RunWellAsync();
        for (var run = 0; run < 2; run++)
            await FollowAsync(async () =>
            {
                for (var id = 0; id < 30; id++)
                {
                    await lake.AppendAsync(Rows, "SELECT 1 AS id");
                    await Task.Delay(100, Cancel);
                }
            }, TimeSpan.FromSeconds(4));
        var made = await MadeAsync("silver.often");
        Assert.True(made.Count > 1);
        foreach (var (before, after) in made.Zip(made.Skip(1)))
            Assert.True(
                after.CreatedAt - before.CreatedAt >= TimeSpan.FromSeconds(3),
                $"{before.CreatedAt:O} {after.CreatedAt:O}");
    }

    [Fact]
    public async Task A_model_waits_for_a_table_that_another_program_makes_later()
    {
        Write("early", "trigger: {interval: 1s}");
        Write("after", "", "silver.early");
        lake.Write("models/gold/whole.sql", "/* @foz\nmaterialization: table\n@foz */\nSELECT count(*) AS n FROM silver.after\n");
        (await FozProcess.RunAsync(lake.Folder, "validate")).Expect(0);
        (await FozProcess.RunAsync(lake.Folder, "plan")).Expect(0);
        var run = (await FozProcess.RunAsync(lake.Folder, "run")).Expect(0);
        Assert.Contains("bronze.events has no rows yet: silver.early waits for the first", run.Output + run.Errors, StringComparison.Ordinal);
        using (var host = FozProcess.Start(
            lake.Folder, failpoint: null, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"))
        {
            await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
            await lake.AppendAsync(Rows, "SELECT 0 AS id");
            await WaitAsync("silver.after", 1);
            await lake.AppendAsync(Rows, "SELECT 1 AS id");
            await WaitAsync("silver.after", 2);
            host.Kill();
            var output = await host.WaitAsync();
            Assert.DoesNotContain("error", output.Output + output.Errors, StringComparison.OrdinalIgnoreCase);
        }
        await lake.RunWellAsync();
        Assert.Equal(["2"], await lake.RowsAsync("gold.whole"));

        // A name that is nearly known is an error of writing.
        Write("near", "trigger: {interval: 1s}", "silver.earli");
        Assert.Contains("did you mean 'silver.early'", (await FozProcess.RunAsync(lake.Folder, "validate")).Expect(2).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_waits_for_a_table_that_is_not_there_and_follows_a_view()
    {
        await lake.AppendAsync("bronze.base", "SELECT 0 AS id");
        lake.Write("models/bronze/seen.sql", "/* @foz\nmaterialization: view\n@foz */\nSELECT id FROM bronze.base\n");
        lake.Write("models/bronze/later.sql", Model("trigger: available_now", "bronze.base"));
        lake.Write(
            "models/silver/ofView.sql",
            Model("trigger: continuous", "bronze.base").TrimEnd() + " WHERE id IN (SELECT id FROM bronze.seen)\n");
        Write("early", "trigger: continuous", "bronze.later");
        await FollowAsync(async () =>
        {
            await new RunService(lake.Lake).Start(
                new() { Project = lake.Load(), Selection = new() { Select = ["bronze.seen"] } }, _ => { }, Cancel).Result;
            await WaitAsync("silver.ofView", 1);
            await lake.AppendAsync("bronze.base", "SELECT 1 AS id");
            await WaitAsync("silver.ofView", 2);
            await new RunService(lake.Lake).Start(
                new() { Project = lake.Load(), Selection = new() { Select = ["bronze.later"] } }, _ => { }, Cancel).Result;
            await WaitAsync("silver.early", 2);
        });
    }

    [Theory]
    [InlineData("max_rows: 25", 3)]
    [InlineData("max_rows: 5", 1)]
    [InlineData("max_bytes: 1B", 1)]
    [InlineData("max_rows: 1000000, max_bytes: 1GB", 12)]
    public async Task A_backlog_is_read_in_batches_that_fit(string limit, int versions)
    {
        await lake.AppendAsync(Rows, "SELECT -1 AS id");
        Write("slices", $"trigger: {{continuous: true, {limit}}}");
        Write("whole", "trigger: continuous");
        await lake.RunWellAsync();
        var first = (await MadeAsync("silver.slices")).Max(batch => batch.Batch);
        for (var i = 0; i < 12; i++) await lake.AppendAsync(Rows, $"SELECT {i} * 10 + i::INT AS id FROM range(8) AS r(i)");
        await FollowAsync(async () => await WaitAsync("silver.slices", 97));
        var batches = (await MadeAsync("silver.slices")).Where(batch => batch.Batch > first).ToList();
        Assert.Equal((12 + versions - 1) / versions, batches.Count);
        foreach (var batch in batches)
            Assert.InRange(batch.Tables[Rows].Version - batch.Tables[Rows].FromVersion!.Value, 1, versions);
        Assert.Equal(await lake.RowsAsync(Rows), await lake.RowsAsync("silver.slices"));

        // A run that is asked for reads all of it, in the same batches.
        for (var i = 0; i < 4; i++) await lake.AppendAsync(Rows, $"SELECT 1000 + {i} * 10 + i::INT AS id FROM range(8) AS r(i)");
        await lake.RunWellAsync();
        Assert.Equal(await lake.RowsAsync(Rows), await lake.RowsAsync("silver.slices"));
    }

    [Fact]
    public async Task A_model_with_a_large_backlog_takes_turns_with_the_others()
    {
        await lake.AppendAsync(Rows, "SELECT -1 AS id");
        await lake.AppendAsync("bronze.small", "SELECT -1 AS id");
        string[] large = ["a", "b", "c", "d"];
        foreach (var name in large) Write(name, "trigger: {continuous: true, max_rows: 1}");
        Write("small", "trigger: continuous", "bronze.small");
        await lake.RunWellAsync();
        for (var i = 0; i < 40; i++) await lake.AppendAsync(Rows, $"SELECT {i} AS id");
        await FollowAsync(async () =>
        {
            for (var i = 0; i < 3; i++)
            {
                await lake.AppendAsync("bronze.small", $"SELECT {i} AS id");
                await WaitAsync("silver.small", i + 2);
                Assert.True((await lake.RowsAsync("silver.d")).Count < 41, "nothing was left to take turns with");
            }
            foreach (var name in large) await WaitAsync($"silver.{name}", 41);
        });
    }

    [Fact]
    public async Task A_model_that_fails_ends_the_run_soon_and_others_go_on()
    {
        await lake.AppendAsync(Rows, "SELECT 0 AS id");
        Write("good", "trigger: continuous");
        lake.Write(
            "models/silver/bad.sql",
            "/* @foz\nmaterialization: incremental\ntrigger: continuous\n@foz */\n"
                + $"SELECT CASE WHEN id = 1 THEN error('no') ELSE id END AS id FROM STREAM({Rows})\n");
        await lake.RunWellAsync();
        var run = Start(TimeSpan.FromMinutes(2));
        await lake.AppendAsync(Rows, "SELECT 1 AS id");
        await WaitAsync("silver.good", 2);
        var result = await run.Result.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal("silver.bad", $"{Assert.Single(result.Steps, step => step.Error is not null).Step}");
    }

    [Fact]
    public async Task A_host_follows_them()
    {
        await lake.AppendAsync(Rows, "SELECT 0 AS id");
        Write("always", "");
        lake.Write("foz.yml", "name: p\ntrigger: continuous\n");
        using var host = FozProcess.Start(
            lake.Folder, failpoint: null, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0",
            "--http-port", "0");
        await WaitAsync("silver.always", 1);
        await lake.AppendAsync(Rows, "SELECT 1 AS id");
        await WaitAsync("silver.always", 2);
    }

    [Fact]
    public async Task A_model_is_shown_and_only_runs_make_it_while_it_is_stopped()
    {
        await lake.AppendAsync(Rows, "SELECT 0 AS id");
        Write("always", "trigger: continuous");
        Write("after", "", "silver.always");
        Write("other", "trigger: {interval: 1s}");
        await lake.RunWellAsync();
        Assert.Contains("silver.always is stopped", await StreamAsync("stop", "silver.always"), StringComparison.Ordinal);
        Assert.Contains("Silver.Always was stopped before", await StreamAsync("stop", "Silver.Always"), StringComparison.Ordinal);
        Assert.Equal(
            [",silver.after,idle,", ",silver.always,stopped,continuous", ",silver.other,idle,interval: 1 second"],
            (await StreamAsync("ls", "-o", "csv")).Split('\n').Skip(1).Where(line => line.Length > 0)
                .Select(line => string.Join(',', line.Split(',')[..4])).Order(StringComparer.Ordinal));
        Assert.Contains("(trigger: continuous)", (await FozProcess.RunAsync(lake.Folder, "plan")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("silver.always is stopped", (await FozProcess.RunAsync(lake.Folder, "status")).Expect(0).Output, StringComparison.Ordinal);
        var unknown = await FozProcess.RunAsync(lake.Folder, "stream", "stop", "silver.alwys");
        Assert.Contains("no model 'silver.alwys' follows its input", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("silver.always", unknown.Errors, StringComparison.Ordinal);

        using var host = FozProcess.Start(
            lake.Folder, failpoint: null, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0",
            "--http-port", "0");
        await lake.AppendAsync(Rows, "SELECT 1 AS id");
        await WaitAsync("silver.other", 2);
        Assert.Equal(["0"], await lake.RowsAsync("silver.always"));
        await StreamAsync("start", "silver.always");
        await WaitAsync("silver.always", 2);
        await WaitAsync("silver.after", 2);
        // The host sees within seconds that it is stopped again, and runs make it.
        await StreamAsync("stop", "silver.always");
        await Task.Delay(TimeSpan.FromSeconds(20), Cancel);
        await lake.AppendAsync(Rows, "SELECT 2 AS id");
        await WaitAsync("silver.other", 3);
        Assert.Equal(["0", "1"], await lake.RowsAsync("silver.always"));
        (await FozProcess.RunAsync(lake.Folder, "run", "silver.always")).Expect(0);
        Assert.Equal(["0", "1", "2"], await lake.RowsAsync("silver.always"));
    }

    async Task<string> StreamAsync(params string[] arguments) =>
        (await FozProcess.RunAsync(lake.Folder, ["stream", .. arguments])).Expect(0).Output;

    static string Model(string settings, string table) =>
        $"/* @foz\nmaterialization: incremental\n{settings}\n@foz */\nSELECT id FROM STREAM({table})\n";

    void Write(string name, string settings, string table = Rows) =>
        lake.Write($"models/silver/{name}.sql", Model(settings, table));

    ActiveRun Start(TimeSpan time)
    {
        var project = lake.Load();
        return new RunService(lake.Lake).Start(
            TriggeredModels.Request(project, TriggeredModels.Of(project, FollowedSource.Of(project)), time), _ => { },
            Cancel);
    }

    async Task FollowAsync(Func<Task> work, TimeSpan? time = null)
    {
        var run = Start(time ?? TimeSpan.FromMinutes(2));
        var working = work();
        if (await Task.WhenAny(working, run.Result) == working) await working;
        if (time is null) run.Cancel();
        var result = await run.Result;
        Assert.Null(result.Error);
        Assert.Equal([], result.Steps.Select(step => step.Error?.Describe()).OfType<string>());
    }

    async Task WaitAsync(string table, int rows)
    {
        for (var since = TimeProvider.System.GetTimestamp(); ; await Task.Delay(100, Cancel))
        {
            if (await (await lake.TableAsync(table)).FindLatestAsync(Cancel) is not null
                && (await lake.RowsAsync(table)).Count == rows) return;
            Assert.True(
                TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMinutes(1),
                $"{table} does not have {rows} rows");
        }
    }

    async Task<IReadOnlyList<StepManifest>> MadeAsync(string table) =>
        await new StepLog(lake.Lake.Store, table).ReadEachAsync(Cancel);
}

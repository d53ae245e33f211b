using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>Schedules that <c>foz serve</c> fires, and the commands for them.</summary>
public sealed class HostedScheduleTests : IAsyncLifetime
{
    readonly CommandRunner foz = new();
    readonly CancellationTokenSource stop = new();
    Task<CommandOutput>? host;

    static string[] ServeArguments =>
        ["serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"];

    public ValueTask InitializeAsync()
    {
        foz.Write("models/gold/total.sql", "select 1 as n");
        foz.Write("models/gold/broken.sql", "select cast('x' as int) as n");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        if (host is not null) await host;
        stop.Dispose();
        foz.Dispose();
    }

    [Fact]
    public async Task Schedules_run_by_themselves_and_what_follows_them()
    {
        Write("""
            often: {every: 1s, command: run, select: gold.total}
            then: {after: often, command: test}
            fails: {select: gold.broken}
            never: {cron: '@yearly'}
            """);
        Start();
        await WaitAsync(async () =>
            (await StatusAsync()).Any(
                run => State(run) == "succeeded" && Run(run).StartsWith("then", StringComparison.Ordinal)));

        var list = await foz.RunAsync("schedule", "ls");
        list.ExpectOk();
        Assert.Contains("after often", list.Out, StringComparison.Ordinal);
        var query = await foz.RunAsync("query", "select n from gold.total", "-o", "csv");
        Assert.Equal("n\n1\n", query.Out);
        (await foz.RunAsync("schedule", "pause", "often")).ExpectOk();
        var logs = await foz.RunAsync("logs", "often", "--follow");
        Assert.Contains("gold.total", logs.Out, StringComparison.Ordinal);

        var made = await foz.RunAsync("schedule", "run", "fails");
        made.ExpectOk();
        Assert.StartsWith("fails@", made.Out, StringComparison.Ordinal);
        await WaitAsync(async () => (await StatusAsync()).Any(
            run => Run(run) == made.Out.Trim() && State(run) == "failed"));
        Assert.Contains(
            "Could not convert string 'x'", (await foz.RunAsync("logs", made.Out.Trim())).Out,
                StringComparison.Ordinal);
        var status = await foz.RunAsync("status");
        Assert.Contains("runs shop in default", status.Out, StringComparison.Ordinal);
        Assert.Contains($"foz logs {made.Out.Trim()}", status.Out, StringComparison.Ordinal);
        Assert.Contains("paused by", (await foz.RunAsync("schedule", "ls")).Out, StringComparison.Ordinal);
        (await foz.RunAsync("schedule", "resume", "--all")).ExpectOk();
        var before = (await StatusAsync()).Count;
        await WaitAsync(async () => (await StatusAsync()).Count > before);
    }

    [Fact]
    public async Task A_run_that_works_is_canceled_and_a_changed_file_is_taken_up()
    {
        foz.Write(
            "models/gold/total.sql",
            "select sum(hash(a.range, b.range)) as n from range(10000000) a, range(10000000) b");
        Write("endless: {command: run, select: gold.total}");
        await StartAsync();
        (await foz.RunAsync("schedule", "run", "endless")).ExpectOk();
        await WaitAsync(async () => (await StatusAsync()).Any(run => State(run) == "running"));
        Write("endless: {command: run, select: gold.total}\nwrong: {crno: '* * * * *'}\nnew: {every: 1s, select: gold.broken, retries: 1, retry_delay: 1s}");
        (await foz.RunAsync("cancel", "endless")).ExpectOk();
        await WaitAsync(async () => (await StatusAsync()).Any(
            run => State(run) == "canceled" && Run(run).StartsWith("endless", StringComparison.Ordinal)));
        await WaitAsync(async () => (await StatusAsync()).Any(
            run => State(run) == "failed" && Run(run).StartsWith("new", StringComparison.Ordinal)));
        var status = await foz.RunAsync("status");
        Assert.Equal(2, status.ExitCode);
        Assert.Contains("unknown key 'crno'", status.Error, StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Contains("unknown key 'crno'", (await host!).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_host_it_is_said_and_what_was_asked_waits()
    {
        Write("a: {command: run, select: gold.total}");
        foreach (var asked in new[] { "run", "pause" })
        {
            var refused = await foz.RunAsync("schedule", asked, "a");
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("there is no lake in", refused.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Path.Combine(foz.Folder, "lake")));
        }
        Assert.Contains("there is no lake in", (await foz.RunAsync("status")).Error, StringComparison.Ordinal);
        (await foz.RunAsync("run", "gold.total")).ExpectOk();
        Assert.Equal(
            "no host runs the project now: nothing is started (foz serve)\n", (await foz.RunAsync("status")).Out);
        var made = await foz.RunAsync("schedule", "run", "a");
        made.ExpectOk();
        Assert.Contains("foz serve starts what waits", made.Error, StringComparison.Ordinal);
        Assert.Contains("has not begun yet", (await foz.RunAsync("logs", "a")).Error, StringComparison.Ordinal);
        Start();
        await WaitAsync(async () => (await StatusAsync()).Any(run => State(run) == "succeeded"));
    }

    [Fact]
    public async Task A_run_whose_host_is_gone_is_not_shown_as_running()
    {
        Write("endless: {command: run, select: gold.total}");
        foz.Write(
            "models/gold/total.sql",
            "select sum(hash(a.range, b.range)) as n from range(10000000) a, range(10000000) b");
        await StartAsync();
        (await foz.RunAsync("schedule", "run", "endless")).ExpectOk();
        await WaitAsync(async () => (await StatusAsync()).Any(run => State(run) == "running"));
        await stop.CancelAsync();
        await host!;
        Assert.Equal("interrupted", State(Assert.Single(await StatusAsync())));
        var list = (await foz.RunAsync("schedule", "ls")).Out;
        Assert.Contains("interrupted for", list, StringComparison.Ordinal);
        Assert.DoesNotContain("working", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_may_leave_schedules_to_others()
    {
        Write("a: {every: 1s, select: gold.total}");
        Start("--runs", "--no-schedules");
        var leaders = Path.Combine(foz.Folder, "lake", "_foz", "leaders");
        await WaitAsync(() => Task.FromResult(
            Directory.Exists(leaders) && Directory.EnumerateFiles(leaders).Any()));
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "lake", "_foz", "firings")));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_or_names_another_lake_is_not_taken_and_runs_continue()
    {
        Write("a: {every: 1s, select: gold.total}");
        await StartAsync();
        await WaitAsync(async () => (await StatusAsync()).Any(run => State(run) == "succeeded"));
        var path = Path.Combine(foz.Folder, "foz.yml");
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        // Taken by another process: to its readers, as a file that they may not read.
        await using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            var before = Asked();
            await WaitAsync(() => Task.FromResult(Asked() > before + 2));
        }
        foz.Write("foz.yml", text.Replace("lake: lake", "lake: other", StringComparison.Ordinal));
        await Task.Delay(6000, TestContext.Current.CancellationToken);
        var changed = Asked();
        await WaitAsync(() => Task.FromResult(Asked() > changed + 2));
        Write("a: {every: 1s, select: gold.total}");
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "other", "gold")));
        Assert.DoesNotContain(await StatusAsync(), run => State(run) == "failed");
        await stop.CancelAsync();
        Assert.Contains("the lake was changed from", (await host!).Error, StringComparison.Ordinal);

        int Asked() => Directory.GetFiles(
            Path.Combine(foz.Folder, "lake", "_foz", "requests"), "*.json").Length;
    }

    [Theory]
    [InlineData("a: {command: run --selct x}", "--selct")]
    [InlineData("a: {command: run --target dev}", "--target belongs to the process that was given it")]
    [InlineData("a: {cron: 'x'}", "'x' is not a cron expression")]
    [InlineData("a: {select: gold.totl}", "'gold.totl' selects nothing")]
    [InlineData("a: {select: 'tag:none'}", "'tag:none' selects nothing of the project")]
    [InlineData("a: {on_tables: gold.totl, select: gold.broken}", "which neither the project nor the lake has")]
    [InlineData("a: {on_tables: gold.seen, select: gold.total}", "gold.seen, which is a view")]
    [InlineData("a: {on_tables: gold.total}", "schedule 'a' makes gold.total, whose new versions start it")]
    public async Task Validate_finds_mistakes_of_schedules(string schedule, string message)
    {
        Write(schedule);
        foz.Write("models/gold/broken.sql", "select 1 as n");
        foz.Write("models/gold/seen.sql", "/* @foz\nmaterialization: view\n@foz */\nselect 1 as n");
        var output = await foz.RunAsync("validate");
        Assert.Equal(2, output.ExitCode);
        Assert.Contains(message, output.Error, StringComparison.Ordinal);
        Assert.Contains("foz.yml:4", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("schedule pause", "foz schedule pause needs schedules, or --all")]
    [InlineData("schedule run nightli", "there is no schedule 'nightli'")]
    [InlineData("schedule next --count 0", "--count cannot be '0'")]
    [InlineData("cancel x", "nothing that works or waits is 'x'")]
    [InlineData("logs x", "the lake has no output of 'x'")]
    public async Task Mistakes_of_commands_are_named(string command, string message)
    {
        Write("nightly: {cron: '0 3 * * *'}");
        var output = await foz.RunAsync(command.Split(' '));
        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains(message, output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_times_are_shown_in_both_times()
    {
        Write("nightly: {cron: '0 3 * * *', time_zone: America/Sao_Paulo}");
        var output = await foz.RunAsync("schedule", "next", "--count", "3", "-o", "csv");
        output.ExpectOk();
        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines.Skip(1), line => Assert.Matches("06:00:00.*03:00 -03:00,nightly", line));
    }

    void Write(string schedules) => foz.Write(
        "foz.yml", $"name: shop\nlake: lake\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n");

    void Start(params string[] options) => host = foz.RunAsync(stop.Token, [.. ServeArguments, .. options]);

    /// <summary>Starts a host, and waits until it leads.</summary>
    async Task StartAsync()
    {
        Start();
        await WaitAsync(async () =>
            !(await foz.RunAsync("status")).Out.Contains("no host", StringComparison.Ordinal));
    }

    async Task<List<JsonElement>> StatusAsync()
    {
        var output = await foz.RunAsync("status", "--count", "1000", "-o", "json");
        return [.. JsonDocument.Parse(output.Out).RootElement.EnumerateArray()];
    }

    static string Run(JsonElement row) => row.GetProperty("run").GetString()!;

    static string State(JsonElement row) => row.GetProperty("state").GetString()!;

    static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!await isSo()) await Task.Delay(200, limit.Token);
    }
}

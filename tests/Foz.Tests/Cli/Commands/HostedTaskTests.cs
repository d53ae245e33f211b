using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Cli.Commands;

/// <summary>Tasks of schedules that <c>foz serve</c> runs, and the commands for them.</summary>
public sealed class HostedTaskTests : IAsyncLifetime
{
    readonly CommandRunner foz = new();
    CancellationTokenSource stop = new();
    readonly TaskServer server = new();
    StringWriter output = new();
    Task<int>? host;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        foz.Write("models/gold/total.sql", "select range as n from range(5)");
        foz.Write(".env", "TOKEN=hunter2hunter2\n");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
        await server.DisposeAsync();
        await output.DisposeAsync();
        foz.Dispose();
    }

    [Fact]
    public async Task All_kinds_of_tasks_work_in_one_graph_and_a_person_approves_on_the_page()
    {
        Write($$$"""
            nightly:
              parameters: {day: '{{ due | date }}', lot: 7 o'clock}
              tasks:
                arrived: {wait_for: {file: in/*.csv}, every: 1s}
                load: {run: build --select gold.total, after: arrived}
                built: {wait_for: {table: gold.total, since: '{{ due }}'}, every: 1s, after: load}
                totals:
                  sql: select sum(n) as n, $lot as lot, $x::int + 1 as x from gold.total where n < $x::int
                  values: {x: '4'}
                  after: built
                check: {approval: {by: [ana], within: 1h}, after: totals}
                publish:
                  http:
                    url: http://127.0.0.1:{{{server.Port}}}/in/{{ tasks.totals.lot }}
                    method: POST
                    headers: {Authorization: 'Bearer ${TOKEN}'}
                    json: {n: '{{ tasks.totals.n }}'}
                    outputs: {id: reply.0.id}
                  after: check
                upload:
                  shell: echo "$DAY $ID"; echo hunter2hunter2; test "$FOZ_FIRING" && echo "size=12" >> "$FOZ_OUTPUT"
                  environment: {DAY: '{{ day }}', ID: '{{ tasks.publish.id }}'}
                  after: [publish, totals]
                tidy: {shell: exit 3, after: upload, when: failure}
            """);
        await StartAsync();
        var run = await AskAsync("nightly");
        await WaitAsync(async () => await StateAsync(run, "arrived") == "waiting for it");
        Assert.Equal("waiting", (await StatusAsync(run)).GetProperty("state").GetString());
        foz.Write("in/a.csv", "n\n1\n");
        await WaitAsync(async () => await StateAsync(run, "check") == "waiting for approval");
        var refused = await foz.RunAsync("schedule", "approve", "nightly", "check");
        Assert.Contains("may not decide on check: ana may", refused.Error, StringComparison.Ordinal);
        await DecideOnPageAsync(run);
        await WaitAsync(async () => (await StatusAsync(run)).GetProperty("state").GetString() == "succeeded");

        var request = Assert.Single(server.Seen, seen => seen.Method == "POST");
        Assert.Equal("/in/7%20o%27clock", request.Path);
        Assert.Equal("Bearer hunter2hunter2", request.Headers["Authorization"]);
        Assert.Equal("""{"n":"6"}""", System.Text.Encoding.UTF8.GetString(request.Body));
        var day = (await TaskAsync(run, "totals")).GetProperty("ended").GetString()![..10];
        var log = await foz.RunAsync("logs", run, "upload");
        Assert.Equal($"{day} 41\n***\n", log.Out);
        Assert.Contains("gold.total", (await foz.RunAsync("logs", "nightly", "load")).Out, StringComparison.Ordinal);
        foz.Width = 80;
        var shown = await foz.RunAsync("schedule", "show", "nightly");
        foz.Width = 0;
        shown.ExpectOk();
        Assert.Contains("skipped", shown.Out, StringComparison.Ordinal);
        Assert.All(Plain(shown.Out).Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("lot=7 o'clock", (await foz.RunAsync("schedule", "show", run)).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_shown_and_the_run_goes_on_from_there()
    {
        Write("""
            job:
              tasks:
                first: {shell: echo one}
                second: {shell: test -f ready, after: first}
                third: {shell: echo three, after: second}
                alarm: {shell: echo alarm, after: second, when: failure}
            """);
        await StartAsync();
        var run = await AskAsync("job");
        await WaitAsync(async () => (await StatusAsync(run)).GetProperty("state").GetString() == "failed");
        var shown = await foz.RunAsync("schedule", "show", "job");
        Assert.Equal(1, shown.ExitCode);
        Assert.Contains("it ended with code 1", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"foz schedule run {run} --from second", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"foz schedule show {run}", (await foz.RunAsync("status")).Out, StringComparison.Ordinal);
        Assert.Contains(
            "third is after second, which did not succeed",
            (await foz.RunAsync("schedule", "run", "job", "--from", "third")).Error, StringComparison.Ordinal);
        Assert.Contains(
            "has no task 'secnd'", (await foz.RunAsync("schedule", "run", "job", "--from", "secnd")).Error,
            StringComparison.Ordinal);

        foz.Write("ready", "");
        var again = (await foz.RunAsync("schedule", "run", "job", "--from", "second")).Out.Trim();
        await WaitAsync(async () => (await StatusAsync(again)).GetProperty("state").GetString() == "succeeded");
        Assert.Contains("as before", (await foz.RunAsync("schedule", "show", again)).Out, StringComparison.Ordinal);
        Assert.Equal("was skipped", await StateAsync(again, "alarm"));
        Assert.Contains("three", (await foz.RunAsync("logs", again)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_whose_host_ended_is_unknown_until_a_person_says_how_it_ended()
    {
        Write("""
            job:
              tasks:
                long: {shell: echo x >> starts; sleep 1000}
                twice: {shell: echo x >> twice; test -f go, retry_on_takeover: true}
                next: {shell: echo next, after: long}
            """);
        await StartAsync();
        var run = await AskAsync("job");
        await WaitAsync(() => Task.FromResult(File.Exists(Path.Combine(foz.Folder, "starts"))));
        await StopAsync();
        foz.Write("go", "");
        await StartAsync();
        await WaitAsync(async () => await StateAsync(run, "long") == "unknown");
        // The run is unknown once no other task of it runs.
        await WaitAsync(async () => (await StatusAsync(run)).GetProperty("state").GetString() == "unknown");
        Assert.Contains($"job unknown: long: foz schedule show {run}", (await foz.RunAsync("status")).Out, StringComparison.Ordinal);
        Assert.Equal(1, (await foz.RunAsync("schedule", "show", run)).ExitCode);
        Assert.Contains("needs one of", (await foz.RunAsync("schedule", "resolve", run, "long")).Error, StringComparison.Ordinal);
        (await foz.RunAsync("schedule", "resolve", run, "long", "--succeeded", "--comment", "seen")).ExpectOk();
        await WaitAsync(async () => (await StatusAsync(run)).GetProperty("state").GetString() is "succeeded" or "failed");
        Assert.Contains("noted as succeeded by", (await TaskAsync(run, "long")).GetProperty("remark").GetString()!, StringComparison.Ordinal);
        Assert.Equal("succeeded", await StateAsync(run, "next"));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(foz.Folder, "starts"), Cancel));
    }

    [Fact]
    public async Task A_run_that_uses_up_its_budget_is_stopped_and_says_so()
    {
        foz.Write("models/gold/after.sql", "select * from gold.total");
        Write("job: {tasks: {load: {run: run --budget-rows 3}, more: {shell: echo more, after: load}}}");
        await StartAsync();
        var run = await AskAsync("job");
        await WaitAsync(async () => (await StatusAsync(run)).GetProperty("state").GetString() == "failed");
        Assert.Equal("was skipped", await StateAsync(run, "more"));
        Assert.Contains(
            "the run was stopped: its budget is 3 rows, and it came to ",
            (await foz.RunAsync("logs", run, "load")).Out, StringComparison.Ordinal);
        Assert.Contains(
            "its budget is 3 rows", (await TaskAsync(run, "load")).GetProperty("remark").GetString()!,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_finds_what_cannot_run()
    {
        Write("""
            a: {tasks: {x: {run: serve}, y: {python: tasks/no.py}, z: {shell: ./no.sh}}}
            b: {tasks: {x: {run: 'build --selec gold'}}}
            """);
        var found = await foz.RunAsync("validate");
        Assert.Equal(2, found.ExitCode);
        Assert.Contains("task 'x' cannot run: a host runs", found.Error, StringComparison.Ordinal);
        Assert.Contains("there is no file tasks/no.py in the project", found.Error, StringComparison.Ordinal);
        Assert.Contains("there is no file ./no.sh in the project", found.Error, StringComparison.Ordinal);
        Assert.Contains("--select", found.Error, StringComparison.Ordinal);
    }

    async Task DecideOnPageAsync(string run)
    {
        var http = Regex.Match(output.ToString(), @"HTTP on (\S+)").Groups[1].Value;
        var made = await foz.RunAsync("schedule", "link", run, "check", "--to", "ana", "--url", http);
        made.ExpectOk();
        var link = new Uri(made.Out.Trim());
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("Accept-Language", "pt-BR,pt;q=0.9");
        var page = await client.GetStringAsync(link, Cancel);
        Assert.Contains("Aprovar", page, StringComparison.Ordinal);
        Assert.Contains("7 o&#39;clock", page, StringComparison.Ordinal);
        Assert.Equal("waiting for approval", await StateAsync(run, "check"));
        using var form = new FormUrlEncodedContent(
            [new("verdict", "approved"), new("comment", "<b>bem</b>")]);
        using var answer = await client.PostAsync(link, form, Cancel);
        Assert.Contains("Aprovado", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        await WaitAsync(async () => await StateAsync(run, "check") == "succeeded");
        Assert.Contains("&lt;b&gt;bem", await client.GetStringAsync(link, Cancel), StringComparison.Ordinal);
        using var second = await client.PostAsync(link, form, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        using var forged = await client.GetAsync(new Uri(link + "x"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, forged.StatusCode);
    }

    void Start()
    {
        output = new();
        var shell = new Foz.Cli.Terminal.Shell
        {
            Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(output), Folder = foz.Folder,
            In = () => TextReader.Null,
        };
        host = Task.Run(() => Foz.Cli.FozCommand.RunAsync(
            ["serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0"], shell, stop.Token));
    }

    async Task StopAsync()
    {
        await stop.CancelAsync();
        if (host is not null) await host;
        host = null;
        stop.Dispose();
        stop = new();
    }

    /// <summary>Starts a host, and waits until it made the lake: without one nothing can be asked of it.</summary>
    async Task StartAsync()
    {
        Start();
        await WaitAsync(() => Task.FromResult(
            File.Exists(Path.Combine(foz.Folder, "lake", "_foz", "format.json")) || host is { IsCompleted: true }));
    }

    void Write(string schedules) => foz.Write(
        "foz.yml", $"name: shop\nlake: lake\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n");

    async Task<string> AskAsync(string schedule)
    {
        var asked = await foz.RunAsync("schedule", "run", schedule);
        asked.ExpectOk();
        return asked.Out.Trim();
    }

    async Task<JsonElement> TaskAsync(string run, string task)
    {
        var shown = await foz.RunAsync("schedule", "show", run, "-o", "json");
        return shown.Out.Length == 0
            ? default
            : JsonDocument.Parse(shown.Out).RootElement.EnumerateArray()
                .FirstOrDefault(row => row.GetProperty("task").GetString() == task);
    }

    async Task<string?> StateAsync(string run, string task) =>
        await TaskAsync(run, task) is { ValueKind: JsonValueKind.Object } row ? row.GetProperty("state").GetString() : null;

    async Task<JsonElement> StatusAsync(string run)
    {
        var status = await foz.RunAsync("status", "-o", "json");
        return JsonDocument.Parse(status.Out).RootElement.EnumerateArray()
            .First(row => row.GetProperty("run").GetString() == run);
    }

    static string Plain(string text) => Regex.Replace(text, "\e\\[[0-9;]*m", "");

    async Task WaitAsync(Func<Task<bool>> isSo)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(startedAt) > TimeSpan.FromMinutes(3))
                Assert.Fail($"""
                    it did not come to pass; the host (ended: {host?.IsCompleted}) wrote:
                    {output}
                    status:
                    {(await foz.RunAsync("status")).Out}
                    """);
            await Task.Delay(200, Cancel);
        }
    }

    sealed class TaskServer() : LoopbackServer(seed: null)
    {
        public List<LoopbackRequest> Seen { get; } = [];

        protected override LoopbackAnswer Answer(LoopbackRequest request)
        {
            lock (Seen) Seen.Add(request);
            return LoopbackAnswer.Of(200, """{"reply": [{"id": 41}]}""", "application/json");
        }

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}

using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Work;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Tasks.Work;

/// <summary>What sensors see, and requests of tasks.</summary>
public sealed class SensorTests : IAsyncDisposable
{
    readonly TaskProject project = new();
    readonly EnginePool engines = new(new() { MemoryBytes = 128L << 20, Threads = 1 });
    readonly ManualTime clock = new();
    readonly HttpTasks http = new();
    readonly Server server = new();
    TaskRows rows = new(["x"], First: null, HasMore: false, "");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        engines.Dispose();
        await server.DisposeAsync();
        project.Dispose();
    }

    [Fact]
    public async Task A_file_is_found_by_its_name_or_a_pattern()
    {
        Assert.False((await LookAsync("{file: in/a_*.csv}")).IsThere);
        Directory.CreateDirectory(Path.Combine(project.Folder, "in", "a_1.csv.d"));
        Assert.False((await LookAsync("{file: in/a_*.csv}")).IsThere);
        await File.WriteAllTextAsync(Path.Combine(project.Folder, "in", "a_2.csv"), "12345", Cancel);
        Assert.Equal(new(true, "a_2.csv, 5 bytes"), await LookAsync("{file: in/a_*.csv}"));
        Assert.True((await LookAsync($"{{file: {project.Folder}/in/a_2.csv}}")).IsThere);
        Assert.False((await LookAsync("{file: in/a_3.csv}")).IsThere);
    }

    [Fact]
    public async Task A_time_is_of_the_due_day()
    {
        clock.Now = new(2026, 1, 1, 8, 29, 59, TimeSpan.Zero);
        Assert.False((await LookAsync("{time: '08:30'}")).IsThere);
        clock.Now = new(2026, 1, 1, 8, 30, 0, TimeSpan.Zero);
        Assert.Equal(new(true, "2026-01-01 08:30:00 +00:00"), await LookAsync("{time: '08:30'}"));
        Assert.False((await LookAsync("{time: '{{ due | add 1d }}'}")).IsThere);
        clock.Now = new(2026, 1, 2, 8, 0, 0, TimeSpan.Zero);
        Assert.True((await LookAsync("{time: '{{ due | add 1d }}'}")).IsThere);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        // Clocks pass over half past two on that day.
        Assert.Equal(
            new DateTimeOffset(2026, 3, 8, 3, 0, 0, TimeSpan.FromHours(-4)),
            MomentText.Parse("02:30", new(2026, 3, 8, 0, 0, 0, TimeSpan.FromHours(-5)), zone));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("0", false)]
    [InlineData("false", false)]
    [InlineData("7", true)]
    [InlineData("true", true)]
    public async Task A_value_of_SQL_is_there_unless_it_is_null_false_or_zero(string? value, bool isThere)
    {
        rows = rows with { First = [value] };
        Assert.Equal(isThere, (await LookAsync("{sql: select 1}")).IsThere);
        rows = rows with { First = null };
        Assert.False((await LookAsync("{sql: select 1}")).IsThere);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_waited_for() =>
        Assert.Equal(new(false, "there is no table silver.orders"), await LookAsync("{table: silver.orders}"));

    [Fact]
    public async Task An_answer_of_HTTP_must_succeed()
    {
        server.Status = 503;
        var look = await LookAsync($"{{http: '{server.Address}/ready'}}");
        Assert.Equal(new(false, "the answer was 503: {\"a\": {\"b\": [1, \"x\"]}, \"n\": 5.10}"), look);
        server.Status = 200;
        Assert.True((await LookAsync($"{{http: '{server.Address}/ready'}}")).IsThere);
        Assert.Contains(
            "cannot be reached", (await LookAsync("{http: 'http://127.0.0.1:1/'}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_of_the_answer_are_outputs()
    {
        var end = await SendAsync($"{{url: '{server.Address}', outputs: {{x: a.b.1, n: n, all: a}}}}");
        Assert.Equal(
            (TaskState.Succeeded, 200, "x", "5.10", "{\"b\": [1, \"x\"]}"),
            (end.State, end.Code, end.Outputs["x"], end.Outputs["n"], end.Outputs["all"]));
        end = await SendAsync($"{{url: '{server.Address}', outputs: {{x: a.b.2}}}}");
        Assert.Equal((TaskState.Failed, "the answer has no field 'a.b.2'"), (end.State, end.Reason));
        end = await SendAsync($"{{url: '{server.Address}', expect: [404]}}");
        Assert.Equal((TaskState.Failed, 200), (end.State, end.Code));
        server.Status = 302;
        end = await SendAsync($"{{url: '{server.Address}'}}");
        Assert.Equal((TaskState.Failed, 302), (end.State, end.Code));
        var error = await Assert.ThrowsAsync<FozException>(
            () => SendAsync($"{{url: '{server.Address}', headers: {{X: \"a\\r\\nY: b\"}}}}"));
        Assert.Equal("the header X has a line end in it", error.Message);
    }

    Task<SensorLook> LookAsync(string target)
    {
        var sensors = new Sensors(
            new Lakehouse(project.File.LakePath, engines, clock), project.File, new((_, _) => Task.FromResult(rows)),
            http, static text => text);
        return sensors.LookAsync(TaskProject.Attempt($"{{wait_for: {target}}}"), Cancel);
    }

    Task<TaskEnd> SendAsync(string request)
    {
        var attempt = TaskProject.Attempt($"{{http: {request}}}");
        return http.SendAsync(((TaskAction.Http)attempt.Task.Action).Request, attempt.Scope, Cancel);
    }

    sealed class Server() : LoopbackServer(seed: null)
    {
        public int Status { get; set; } = 200;

        protected override LoopbackAnswer Answer(LoopbackRequest request) =>
            LoopbackAnswer.Of(Status, """{"a": {"b": [1, "x"]}, "n": 5.10}""", "application/json");

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}

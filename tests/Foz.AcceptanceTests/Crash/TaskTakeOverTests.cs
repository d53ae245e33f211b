using System.Diagnostics;
using System.Text.Json;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// Hosts that are killed by <c>kill -9</c> around the start and in the middle of tasks: no task starts twice, its
/// processes end with the host, and the next host shows what no host saw.
/// </summary>
public sealed class TaskTakeOverTests : IDisposable
{
    // The goal is 15 seconds; the machine of the tests may be busy.
    static readonly TimeSpan takeOverMax = TimeSpan.FromSeconds(60);

    readonly string folder = Directory.CreateTempSubdirectory("foz-tasks-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_task_of_a_killed_host_is_unknown_and_its_processes_are_gone()
    {
        Write("""
            job:
              tasks:
                long: {shell: 'echo $$ >> long; sleep 1000 & echo $! >> long; wait'}
                twice: {shell: 'echo x >> twice; test -f go || sleep 1000', retry_on_takeover: true}
                load: {run: 'run --select gold.a'}
                next: {shell: echo next >> next, after: [long, twice, load]}
            """);
        using var first = Serve(failpoint: null);
        var run = await FireAsync();
        await WaitAsync(() => Lines("long").Length == 2 && Lines("twice").Length == 1);
        first.Kill();
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "", Cancel);
        // They end without any host: their input was a pipe of it.
        await WaitAsync(() => Lines("long").All(line => !Lives(line)));

        var watch = Stopwatch.StartNew();
        using var second = Serve(failpoint: null);
        await WaitAsync(() => State(run, "long") == "unknown" && State(run, "twice") == "succeeded"
            && State(run, "load") == "succeeded");
        TestContext.Current.TestOutputHelper?.WriteLine($"taken over after {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, takeOverMax);
        Assert.Equal("waiting", State(run, "next"));
        Assert.Equal(1, await RunAsync("schedule", "show", run));
        Assert.Equal(2, Lines("long").Length);
        Assert.Equal(2, Lines("twice").Length);

        Assert.Equal(0, await RunAsync("schedule", "resolve", run, "long", "--succeeded"));
        await WaitAsync(() => State(run, "next") == "succeeded");
        Assert.Equal(["next"], Lines("next"));
        Assert.Equal(0, await RunAsync("schedule", "show", run));
        second.Kill();
    }

    [Fact]
    public async Task A_task_whose_host_died_between_its_note_and_its_start_is_unknown_too()
    {
        Write("job: {tasks: {only: {shell: echo x >> only}}}");
        using (var first = Serve("task.intended"))
        {
            await FireAsync();
            Assert.Equal(FozProcess.KilledExitCode, (await first.WaitAsync()).ExitCode);
        }
        using var second = Serve(failpoint: null);
        var run = Path.GetFileNameWithoutExtension(
            Directory.EnumerateFiles(Path.Combine(folder, "lake", "_foz", "tasks", "s.default"), "*.json").Single());
        await WaitAsync(() => State(run, "only") == "unknown");
        Assert.Empty(Lines("only"));
        Assert.Equal(0, await RunAsync("schedule", "resolve", run, "only", "--again"));
        await WaitAsync(() => State(run, "only") == "succeeded");
        Assert.Equal(["x"], Lines("only"));
        second.Kill();
    }

    void Write(string schedules)
    {
        Directory.CreateDirectory(Path.Combine(folder, "models", "gold"));
        File.WriteAllText(Path.Combine(folder, "models", "gold", "a.sql"), "select 1 as n");
        File.WriteAllText(
            Path.Combine(folder, "foz.yml"),
            $"name: s\nlake: lake\nschedules:\n  {schedules.ReplaceLineEndings("\n  ")}\n");
    }

    async Task<string> FireAsync()
    {
        // The host makes the lake.
        await WaitAsync(() => File.Exists(Path.Combine(folder, "lake", "_foz", "leaders", "s.default.json")));
        Assert.Equal(0, await RunAsync("schedule", "run", "job"));
        var tasks = Path.Combine(folder, "lake", "_foz", "tasks", "s.default");
        await WaitAsync(() => Directory.Exists(tasks) && Directory.EnumerateFiles(tasks, "*.json").Any());
        return Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(tasks, "*.json").Single());
    }

    async Task<int> RunAsync(params string[] arguments) =>
        (await FozProcess.RunAsync(folder, arguments)).ExitCode;

    string? State(string run, string task)
    {
        try
        {
            using var tasks = JsonDocument.Parse(File.ReadAllBytes(
                Path.Combine(folder, "lake", "_foz", "tasks", "s.default", $"{run}.json")));
            return tasks.RootElement.GetProperty("tasks").EnumerateArray()
                .First(other => other.GetProperty("name").GetString() == task).GetProperty("state").GetString();
        }
        catch (IOException)
        {
            return null;
        }
    }

    string[] Lines(string name) =>
        File.Exists(Path.Combine(folder, name)) ? File.ReadAllLines(Path.Combine(folder, name)) : [];

    static bool Lives(string process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    FozProcess Serve(string? failpoint) => FozProcess.Start(
        folder, failpoint, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");

    static async Task WaitAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (!isSo()) await Task.Delay(100, limit.Token);
    }
}

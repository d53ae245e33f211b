using System.Diagnostics;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Work;

namespace Foz.Tests.Operations.Tasks.Work;

public sealed class ProcessTaskTests : IDisposable
{
    readonly TaskProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_command_has_its_variables_and_gives_outputs()
    {
        var end = await project.ShellAsync(
            """echo "$DAY $OF_FILE $FOZ_FIRING"; echo "n=5" >> "$FOZ_OUTPUT"; echo "t=a=b c" >> "$FOZ_OUTPUT"; pwd""",
            ", environment: {DAY: '{{ day }}'}",
            new Dictionary<string, string> { ["day"] = "$(touch hacked) '\"" }, Cancel);
        Assert.Equal((TaskState.Succeeded, 0), (end.State, end.Code));
        Assert.Equal(("5", "a=b c"), (end.Outputs["n"], end.Outputs["t"]));
        Assert.Equal($"$(touch hacked) '\" dotenv a@20260101T000000\n{project.Folder}\n", await project.LogAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(project.Folder));
    }

    [Fact]
    public async Task An_exit_code_and_the_last_line_say_why_it_failed_without_secrets()
    {
        var end = await project.ShellAsync("echo out; echo 'no hunter2' >&2; exit 7", cancellationToken: Cancel);
        Assert.Equal((TaskState.Failed, 7, "it ended with code 7: no ***"), (end.State, end.Code, end.Reason));
        Assert.DoesNotContain("hunter2", await project.LogAsync(), StringComparison.Ordinal);
        end = await project.ShellAsync("kill -TERM $$", cancellationToken: Cancel);
        Assert.Equal((TaskState.Failed, 143), (end.State, end.Code));
    }

    [Fact]
    public async Task One_that_hangs_is_stopped_with_all_that_it_started()
    {
        var mark = Path.Combine(project.Folder, "pids");
        var watch = Stopwatch.StartNew();
        // One child leaves the process group, and one ignores signals.
        var end = await project.ShellAsync(
            """
            setsid sh -c 'echo $$ >> pids; sleep 1000' & (trap "" TERM HUP INT; sleep 1001) & echo $! >> pids; sleep 1002
            """, ", timeout: 2s", cancellationToken: Cancel);
        Assert.Equal(TaskState.TimedOut, end.State);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1, 60);
        var processes = (await File.ReadAllLinesAsync(mark, Cancel)).Select(int.Parse).ToList();
        Assert.Equal(2, processes.Count);
        Assert.All(processes, process => Assert.False(Lives(process), $"{process} lives"));
    }

    [Fact]
    public async Task One_that_is_stopped_is_gone_with_its_children()
    {
        using var stop = new CancellationTokenSource();
        var run = project.ShellAsync("echo $$ >> pids; sleep 1000 & echo $! >> pids; wait", cancellationToken: stop.Token);
        var mark = Path.Combine(project.Folder, "pids");
        while (!File.Exists(mark) || (await File.ReadAllLinesAsync(mark, Cancel)).Length < 2) await Task.Delay(50, Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.All(
            (await File.ReadAllLinesAsync(mark, Cancel)).Select(int.Parse), process => Assert.False(Lives(process)));
    }

    [Fact]
    public async Task What_it_leaves_running_does_not_survive_it()
    {
        var end = await project.ShellAsync(
            "(setsid sleep 1000 >/dev/null 2>&1 & echo $! > pids)", cancellationToken: Cancel);
        Assert.Equal(TaskState.Succeeded, end.State);
        Assert.False(Lives(int.Parse(
            await File.ReadAllTextAsync(Path.Combine(project.Folder, "pids"), Cancel), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task One_that_floods_its_log_is_cut_with_a_note_and_its_last_lines()
    {
        var end = await project.ShellAsync(
            "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); echo \"line $i of many\"; done; echo the end",
            cancellationToken: Cancel);
        Assert.Equal(TaskState.Succeeded, end.State);
        var log = await project.LogAsync();
        Assert.InRange(log.Length, 1 << 20, (1 << 20) + 10_000);
        Assert.StartsWith("line 1 of many\nline 2 of many\n", log, StringComparison.Ordinal);
        Assert.Contains("lines are not kept; the last ones:\n", log, StringComparison.Ordinal);
        Assert.EndsWith("line 200000 of many\nthe end\n", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'no equals' > \"$FOZ_OUTPUT\"", "line 1 of its outputs is not name=value")]
    [InlineData("echo 'a b=1' > \"$FOZ_OUTPUT\"", "line 1 of its outputs is not name=value")]
    [InlineData("head -c 70000 /dev/zero > \"$FOZ_OUTPUT\"", "its outputs are larger than 65,536 bytes")]
    [InlineData("rm \"$FOZ_OUTPUT\"; ln -s /etc/passwd \"$FOZ_OUTPUT\"", "the file of its outputs is gone")]
    public async Task Outputs_are_checked(string line, string reason)
    {
        var end = await project.ShellAsync(line, cancellationToken: Cancel);
        Assert.Equal((TaskState.Failed, reason), (end.State, end.Reason));
    }

    [Fact]
    public async Task Python_has_arguments_and_outputs()
    {
        await File.WriteAllTextAsync(
            Path.Combine(project.Folder, "t.py"),
            "import os, sys\nprint(sys.argv[1:])\nopen(os.environ['FOZ_OUTPUT'], 'a').write(f'n={len(sys.argv)}\\n')\n",
            Cancel);
        var attempt = TaskProject.Attempt(
            "{python: t.py, arguments: ['{{ day }}', -x]}", new Dictionary<string, string> { ["day"] = "a b" });
        var end = await project.Processes.RunAsync(attempt, (TaskAction.Python)attempt.Task.Action, Cancel);
        Assert.Equal((TaskState.Succeeded, "3"), (end.State, end.Outputs.GetValueOrDefault("n")));
        Assert.Equal("['a b', '-x']\n", await project.LogAsync());
    }

    [Fact]
    public void A_container_has_the_name_of_its_attempt_and_its_values_are_no_part_of_the_command_line()
    {
        var attempt = TaskProject.Attempt(
            "{container: 'busybox:1', arguments: [sh, -c, 'echo \"$A\"', '{{ day }}'], environment: {A: secret}, "
                + "volumes: ['/data:/data:ro']}",
            new Dictionary<string, string> { ["day"] = "--rm" });
        var container = (TaskAction.Container)attempt.Task.Action;
        var arguments = ContainerTasks.ArgumentsOf(attempt, container, container.Variables.Keys, "/tmp/out");
        Assert.Equal(
            [
                "run", "--rm", "--name", ContainerTasks.NameOf(attempt), "--volume", "/tmp/out:/foz-output", "--env",
                "FOZ_OUTPUT=/foz-output", "--env", "A", "--volume", "/data:/data:ro", "busybox:1", "sh", "-c",
                "echo \"$A\"", "--rm",
            ],
            arguments);
        Assert.Equal(
            ContainerTasks.NameOf(attempt), ContainerTasks.NameOf(attempt with { Leaving = Cancel }));
        Assert.NotEqual(ContainerTasks.NameOf(attempt), ContainerTasks.NameOf(attempt with { Number = 2 }));
    }

    static bool Lives(int process)
    {
        try
        {
            // One that ended and whose end no process took is no process any more.
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Work;

namespace Foz.Tests.Operations.Tasks.Work;

/// <summary>
/// Containers, with a program in the place of <c>podman</c> that notes its arguments and keeps a container as a file.
/// </summary>
public sealed class ContainerTaskTests : IDisposable
{
    readonly TaskProject project = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Calls => File.ReadAllText(Path.Combine(project.Folder, "calls"));

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_container_runs_with_its_variables_and_is_removed()
    {
        var end = await Tasks().RunAsync(Attempt, (TaskAction.Container)Attempt.Task.Action, Cancel);
        Assert.Equal((TaskState.Succeeded, 0, "5"), (end.State, end.Code, end.Outputs["n"]));
        Assert.Contains($"run --rm --name {ContainerTasks.NameOf(Attempt)} ", Calls, StringComparison.Ordinal);
        Assert.DoesNotContain("value-of-a", Calls, StringComparison.Ordinal);
        Assert.Contains($"rm --force {ContainerTasks.NameOf(Attempt)}", Calls, StringComparison.Ordinal);
        Assert.Equal("A=value-of-a\n", await project.LogAsync());
    }

    [Fact]
    public async Task One_that_another_host_started_is_waited_for_where_it_runs_and_unknown_where_it_does_not()
    {
        Assert.Equal(TaskState.Unknown, (await Tasks().ResumeAsync(Attempt, Cancel)).State);
        File.WriteAllText(Path.Combine(project.Folder, ContainerTasks.NameOf(Attempt)), "0");
        Assert.Equal(TaskState.Succeeded, (await Tasks().ResumeAsync(Attempt, Cancel)).State);
        File.WriteAllText(Path.Combine(project.Folder, ContainerTasks.NameOf(Attempt)), "7");
        var end = await Tasks().ResumeAsync(Attempt, Cancel);
        Assert.Equal((TaskState.Failed, 7), (end.State, end.Code));
        Assert.DoesNotContain("run", Calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_program_for_containers_the_task_says_so()
    {
        var tasks = new ContainerTasks(project.Processes, project.Folder, "/nowhere", TimeProvider.System);
        var end = await tasks.RunAsync(Attempt, (TaskAction.Container)Attempt.Task.Action, Cancel);
        Assert.Equal(
            (TaskState.Failed, "this machine has neither podman nor docker, which run containers"),
            (end.State, end.Reason));
    }

    static TaskAttempt Attempt => TaskProject.Attempt("{container: busybox, environment: {A: value-of-a}}");

    ContainerTasks Tasks()
    {
        var bin = Directory.CreateDirectory(Path.Combine(project.Folder, "bin")).FullName;
        var program = Path.Combine(bin, "podman");
        File.WriteAllText(
            program,
            $$"""
            #!/bin/sh
            cd '{{project.Folder}}'
            echo "$@" >> calls
            case "$1" in
            run) echo "A=$A"; echo n=5 >> "${6%%:*}" ;;
            inspect) test -f "$4" && echo true ;;
            wait) cat "$2"; echo ;;
            esac
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new(project.Processes, project.Folder, bin, TimeProvider.System);
    }
}

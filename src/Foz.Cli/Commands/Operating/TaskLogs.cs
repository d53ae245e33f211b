using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Tasks;

namespace Foz.Cli.Commands.Operating;

/// <summary>What the tasks of a run wrote.</summary>
static class TaskLogs
{
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Shows what a task wrote, or all of a run.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="workspace">The project.</param>
    /// <param name="asked">The run or its schedule, and a task; null for all of them.</param>
    /// <param name="follows">Whether to go on until the task has ended.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// Null where the run has no tasks; the request whose output is to be shown where the task is a command of Foz;
    /// empty where all is shown.
    /// </returns>
    /// <exception cref="FozException">There is no such run or task.</exception>
    public static async Task<string?> ShowAsync(
        CommandContext context, Workspace workspace, (string Run, string? Task) asked, bool follows,
        CancellationToken cancellationToken)
    {
        var found = await new ScheduleService(workspace.Lake, workspace.File).FindFiringsAsync(
            firing => firing.Id == asked.Run || firing.Schedule == asked.Run, int.MaxValue, cancellationToken);
        var service = new TaskService(workspace.Lake, workspace.File);
        if (found.FirstOrDefault(firing => firing.Attempts > 0) is not { HasTasks: true } run)
            return asked.Task is null ? null : throw Missing(asked.Run);
        if (asked.Task is { } name)
        {
            var task = await service.GetAsync(run.Id, name, cancellationToken);
            if (service.RequestOf(run.Id, task) is { } request && task.Attempts > 0) return request;
            await FollowAsync(context, service, run, task, follows, cancellationToken);
            return "";
        }
        foreach (var task in (await service.FindAsync(run.Id, cancellationToken))?.Tasks ?? [])
        {
            context.Shell.Out.WriteLine(context.Shell.Styled(
                Style.Bold, $"── {task.Name}: {TaskService.Words(task.State)} "));
            if (service.RequestOf(run.Id, task) is not null && task.Attempts > 0)
                context.Shell.Out.WriteLine($"foz logs {run.Id} {task.Name}");
            else await FollowAsync(context, service, run, task, follows: false, cancellationToken);
        }
        return "";
    }

    static FozException Missing(string run) => new(ErrorKind.NotFound, $"'{run}' has no tasks that began")
    {
        Hint = "foz status shows the runs of schedules",
    };

    static async Task FollowAsync(
        CommandContext context, TaskService service, Firing run, TaskRecord task, bool follows,
        CancellationToken cancellationToken)
    {
        var shown = 0;
        while (true)
        {
            if (await service.ReadLogAsync(run.Id, task, cancellationToken) is { } text && text.Length > shown)
            {
                context.Shell.Out.Write(text[shown..]);
                context.Shell.Out.Flush();
                shown = text.Length;
            }
            if (!follows || task.HasEnded || task.State is TaskState.Unknown)
            {
                if (task.Reason is { } reason)
                    context.Shell.Out.WriteLine(context.Shell.Styled(Style.Dim, $"({reason})"));
                return;
            }
            await Task.Delay(interval, context.Shell.Clock, cancellationToken);
            var next = await service.GetAsync(run.Id, task.Name, cancellationToken);
            if (next.Attempts != task.Attempts) shown = 0;
            task = next;
        }
    }
}

using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Pipelines.Runs.Requests;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz logs</c>: what a run of a schedule wrote.</summary>
static class LogsCommand
{
    public const string Name = "logs";

    public static Command Create(CommandContext context)
    {
        var what = new Argument<string>("run")
        {
            Description = "A schedule (its newest run that began), one of its runs, or a request",
        };
        var task = new Argument<string?>("task")
        {
            Description = "One of its tasks", Arity = ArgumentArity.ZeroOrOne,
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run has ended" };
        var command = new ExampleCommand(
            Name, "Show what a run of a schedule wrote; kept for seven days",
            [
                "foz logs nightly", "foz logs nightly@20261124T060000", "foz logs nightly --follow",
                "foz logs nightly load",
            ])
        {
            what, task, follow,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            if (await TaskLogs.ShowAsync(
                context, workspace, (arguments.GetRequiredValue(what), arguments.GetValue(task)),
                arguments.GetValue(follow), cancellationToken) is { } ofTask)
            {
                if (ofTask.Length > 0)
                    await ShowAsync(
                        context, new(workspace.Lake), ofTask, arguments.GetValue(follow), cancellationToken);
                return;
            }
            var request = await RequestAsync(
                workspace, arguments.GetRequiredValue(what), arguments.GetValue(follow), cancellationToken);
            await ShowAsync(
                context, new(workspace.Lake), request, arguments.GetValue(follow), cancellationToken);
        });
        return command;
    }

    /// <summary>The request that ran what is asked for; a run that only waits is waited for.</summary>
    static async Task<string> RequestAsync(
        Workspace workspace, string asked, bool waits, CancellationToken cancellationToken)
    {
        var service = new ScheduleService(workspace.Lake, workspace.File);
        while (true)
        {
            var found = await service.FindFiringsAsync(
                firing => firing.Id == asked || firing.Schedule == asked, int.MaxValue, cancellationToken);
            if (found.FirstOrDefault(firing => firing.Attempts > 0) is { } begun) return service.RequestOf(begun);
            if (found.FirstOrDefault(firing => firing.HasEnded) is { Reason: var reason } ended)
                throw new FozException(
                    ErrorKind.NotFound, $"{ended.Id} never began: it was {FiringText.Of(ended.State)}, {reason}");
            if (found.Count == 0) return asked;
            if (!waits)
                throw new FozException(ErrorKind.NotFound, $"{found[0].Id} has not begun yet")
                {
                    Hint = "--follow waits for it",
                };
            await Task.Delay(TimeSpan.FromSeconds(1), workspace.Lake.Clock, cancellationToken);
        }
    }

    static async Task ShowAsync(
        CommandContext context, HostRequests requests, string id, bool follows, CancellationToken cancellationToken)
    {
        var shown = 0;
        while (true)
        {
            var request = await requests.FindAsync(id, cancellationToken);
            foreach (var piece in await requests.ReadOutputAsync(id, shown, cancellationToken))
            {
                shown++;
                context.Shell.Out.Write(piece.Text);
            }
            context.Shell.Out.Flush();
            if (request is null && shown == 0)
                throw new FozException(ErrorKind.NotFound, $"the lake has no output of '{id}'")
                {
                    Hint = "foz schedule ls lists schedules, and foz status their runs; output is kept for seven days",
                };
            if (!follows || request is null or { HasEnded: true })
            {
                if (request is { HasEnded: false })
                    context.Shell.Error.WriteLine(
                        context.Shell.Styled(Style.Dim, "it still works; --follow shows the rest"));
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(500), context.Shell.Clock, cancellationToken);
        }
    }
}

using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Pipelines.Runs.Requests;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz cancel</c>: stops what a host runs, or would run.</summary>
static class CancelCommand
{
    public const string Name = "cancel";

    public static Command Create(CommandContext context)
    {
        var what = new Argument<string>("run")
        {
            Description =
                "A schedule (all of its runs that work or wait), one of its runs (foz status shows them), a "
                    + "backfill, or a request",
        };
        var command = new ExampleCommand(
            Name, "Cancel a run that the host of the project works on, or that waits there",
            ["foz cancel nightly", "foz cancel nightly@20261124T060000"]) { what };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var asked = arguments.GetRequiredValue(what);
            var service = new ScheduleService(workspace.Lake, workspace.File);
            if (await service.ChangeBackfillAsync(asked, BackfillChange.Cancel, cancellationToken))
            {
                context.Shell.Out.WriteLine($"{asked} is being canceled; foz schedule resume {asked} continues it");
                return;
            }
            var open = await service.FindFiringsAsync(
                firing => !firing.HasEnded && (firing.Id == asked || firing.Schedule == asked), int.MaxValue,
                cancellationToken);
            if (open.Count == 0)
            {
                if (await new HostRequests(workspace.Lake).CancelAsync(asked, cancellationToken))
                    context.Shell.Out.WriteLine($"{asked} is being canceled");
                else throw Missing(asked);
                return;
            }
            await service.CancelAsync(open, cancellationToken);
            foreach (var firing in open) context.Shell.Out.WriteLine($"{firing.Id} is being canceled");
            if (await HostNote.FindAsync(workspace, cancellationToken) is null)
                context.Warn(new(HostNote.Missing, "the next one cancels them before it starts anything"));
        });
        return command;
    }

    static FozException Missing(string asked) =>
        new(ErrorKind.NotFound, $"nothing that works or waits is '{asked}'") { Hint = "foz status shows what does" };
}

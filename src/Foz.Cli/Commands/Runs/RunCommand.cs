using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz run</c>: brings new data from the sources to gold.</summary>
static class RunCommand
{
    public const string Name = "run";

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var defer = new DeferOption();
        var options = new RunOptions(context);
        var fullRefresh = IntervalOptions.FullRefresh();
        var isContinued = new Option<bool>("--continue")
        {
            Description = "Run only failed and skipped steps of the last run, as foz retry does",
        };
        var intervals = new IntervalOptions();
        var command = new ExampleCommand(
            Name,
            "Load new data, build the models that read it, and check them",
            [
                "foz run",
                "foz run gold.daily_sales --target prod",
                "foz run --select +silver.orders+ --full-refresh",
                "foz run --select tag:daily,gold --exclude gold.archive",
                "foz run silver.events --start 2026-01-01 --end 2026-01-08",
                "foz run --target dev --select state:modified+ --defer --state prod",
                "foz run --log-format json --wait 30m",
            ])
        { fullRefresh, isContinued };
        options.AddTo(command);
        selection.AddTo(command);
        defer.AddTo(command);
        intervals.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            if (await options.HandOverAsync(arguments, workspace, cancellationToken) is { } exitCode) return exitCode;
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            await SourceWarnings.WriteAsync(context, workspace, project, cancellationToken);
            var selected = selection.Read(context, workspace, arguments, cancellationToken);
            var asked = IntervalOptions.Of(intervals.Read(arguments), arguments.GetValue(fullRefresh));
            if (arguments.GetValue(isContinued)
                && (!selected.IsEmpty || asked is not null || arguments.GetValue(fullRefresh)))
                throw new FozException(ErrorKind.Usage, "--continue stands alone: the last run says what it takes");
            var run = arguments.GetValue(isContinued)
                ? await options.RetryAsync(arguments, workspace, project, cancellationToken)
                : await options.RunAsync(
                    arguments, workspace,
                    new()
                    {
                        Project = project, Selection = selected, Intervals = asked,
                        Defer = defer.Read(arguments, workspace, selected),
                        IsFullRefresh = arguments.GetValue(fullRefresh),
                    },
                    cancellationToken);
            return options.ReportTests(arguments, project, Name, run, cancellationToken);
        });
        return command;
    }
}

using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Core;
using Foz.Core.Configuration;
using Foz.Core.Engine;
using Foz.Core.Journal;
using Foz.Core.Pipelines.Intervals;
using Foz.Core.Pipelines.Runs;

namespace Foz.Cli.Commands;

/// <summary><c>foz run</c>: brings what is new from the sources to gold.</summary>
static class RunCommand
{
    public const string Name = "run";

    const int FailedExitCode = 1;

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var fullRefresh = new Option<bool>("--full-refresh")
        {
            Description = "Make incremental tables anew from the beginning of their inputs",
        };
        var intervals = new IntervalOptions();
        var wait = WaitOption();
        var logFormat = LogFormatOption();
        var command = new ExampleCommand(
            Name,
            "Load what is new in the sources, make the models that read it, and check them",
            [
                "foz run",
                "foz run gold.daily_sales --target prod",
                "foz run --select +silver.orders+ --full-refresh",
                "foz run --select tag:daily,gold --exclude gold.archive",
                "foz run silver.events --start 2026-01-01 --end 2026-01-08",
                "foz run --log-format json --wait 30m",
            ])
        { fullRefresh, wait, logFormat };
        selection.AddTo(command);
        intervals.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            var display = RunDisplay.For(context.Shell, arguments.GetValue(logFormat) is "json", context.ErrorsOf(arguments));
            var request = new RunRequest
            {
                Project = workspace.LoadProject(context, cancellationToken),
                Selection = selection.Read(context, workspace, arguments, cancellationToken),
                IsFullRefresh = arguments.GetValue(fullRefresh),
                Intervals = IntervalsOf(intervals.Read(arguments), arguments.GetValue(fullRefresh)),
                Wait = WaitOf(arguments.GetValue(wait)!),
                OnEvent = display.Show,
            };
            var run = await display.WatchAsync(
                () => new PipelineRunner(workspace.Lake).RunAsync(request, cancellationToken));
            return ExitCodeOf(run, cancellationToken);
        });
        return command;
    }

    /// <summary>The exit code of a run.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static int ExitCodeOf(RunResult run, CancellationToken cancellationToken)
    {
        if (run.Outcome is not Outcome.Failed) return 0;
        cancellationToken.ThrowIfCancellationRequested();
        return FailedExitCode;
    }

    /// <summary>How long to wait for another run.</summary>
    public static Option<string> WaitOption() => new("--wait")
    {
        Description = "How long to wait for another run on the same lake", HelpName = "time",
        DefaultValueFactory = _ => "5m",
    };

    /// <summary>How progress is written.</summary>
    public static Option<string> LogFormatOption()
    {
        var option = new Option<string>("--log-format")
        {
            Description = "How progress is written: text, or json with one object a line", HelpName = "format",
            DefaultValueFactory = _ => "text",
        };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    static IntervalRequest? IntervalsOf(IntervalRequest? intervals, bool isFullRefresh) =>
        intervals is not null && isFullRefresh
            ? throw new FozException(ErrorKind.Usage, "--full-refresh makes tables anew with all of their time")
            {
                Hint = "leave --start and --end out, or --full-refresh",
            }
            : intervals;

    /// <summary>The time that an option says.</summary>
    /// <exception cref="FozException">It cannot be read.</exception>
    public static TimeSpan WaitOf(string text) => Duration.TryParse(text, out var wait)
        ? wait
        : throw CommandContext.Unreadable("--wait", text, "write 30s, 5m or 1h30m");
}

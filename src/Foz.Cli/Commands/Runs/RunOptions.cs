using System.CommandLine;
using System.Text.Json;
using Foz.Cli.Terminal;
using Foz.Dbt;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs;
using Foz.Streams;

namespace Foz.Cli.Commands.Runs;

/// <summary>The options of commands that run steps.</summary>
/// <param name="context">The context of all commands.</param>
sealed class RunOptions(CommandContext context)
{
    const int FailedExitCode = 1;

    readonly Option<bool> failFast = new("--fail-fast", "-x")
    {
        Description = "Start no more steps after one has failed",
    };

    readonly Option<bool> here = new(HandOver.HereOption)
    {
        Description = "Run in this process also where foz serve --runs runs the project",
    };

    readonly Option<string> wait = WaitOption();
    readonly Option<string> logFormat = LogFormatOption();
    readonly BudgetOptions budget = new();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(failFast);
        command.Add(wait);
        command.Add(logFormat);
        command.Add(here);
        budget.AddTo(command);
    }

    /// <summary>
    /// Lets the host that runs the project run the command, and shows what it writes; not with <c>--here</c>.
    /// </summary>
    /// <returns>The exit code; null where the command is to be run in this process.</returns>
    public async Task<int?> HandOverAsync(
        ParseResult arguments, Workspace workspace, CancellationToken cancellationToken) =>
        arguments.GetValue(here) || context.Engines is not null
            ? null
            : await new HandOver(context, workspace, IsJson(arguments)).TryAsync(arguments, cancellationToken);

    /// <summary>Whether progress is written as JSON.</summary>
    public bool IsJson(ParseResult arguments) => arguments.GetValue(logFormat) is "json";

    /// <summary>Runs, and shows how it goes.</summary>
    public async Task<RunResult> RunAsync(
        ParseResult arguments, Workspace workspace, RunRequest request, CancellationToken cancellationToken)
    {
        var display = RunDisplay.For(context.Shell, IsJson(arguments), context.ErrorsOf(arguments));
        using var limits = budget.Read(arguments, context.Shell.Clock);
        request = request with
        {
            Budget = limits,
            Changes = ChangeReader.OfProcess,
            FailsFast = arguments.GetValue(failFast),
            Wait = WaitOf(arguments.GetValue(wait)!),
            // What is made beside a base is looked at before it counts.
            SettlesFiles = workspace.File.Base is null,
            LocksSchemas = workspace.File.Base is not null,
        };
        using var observer = context.Observe(workspace.File);
        var run = await display.WatchAsync(
            () => new RunService(workspace.Lake).Start(
                request, observer.After(display.Show), cancellationToken).Result);
        if (limits?.Error is { } passed) context.Shell.EndedBy(passed.Message);
        DbtArtifacts.WriteResults(request.Project, RunCommand.Name, run, []);
        cancellationToken.ThrowIfCancellationRequested();
        return run;
    }

    /// <summary>Runs what failed in the last run, and what was not tried in it.</summary>
    /// <returns>How it ended; null where nothing was to be tried again.</returns>
    /// <exception cref="FozException">The project was not run yet.</exception>
    public async Task<RunResult?> RetryAsync(
        ParseResult arguments, Workspace workspace, Project project, CancellationToken cancellationToken)
    {
        var last = await new RunService(workspace.Lake).FindResumedAsync(
            project, name => DeferOption.Of(StateOption.Read(context, workspace, name, cancellationToken)),
            cancellationToken);
        if (last.Request is { } request) return await RunAsync(arguments, workspace, request, cancellationToken);
        context.Shell.Out.WriteLine($"nothing to try again: no step of run {last.RunId} failed");
        return null;
    }

    /// <summary>Shows what the SQL tests of a run came to.</summary>
    /// <param name="arguments">The command's.</param>
    /// <param name="project">The project.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="run">The run; null where nothing was to be run.</param>
    /// <param name="cancellationToken">The run's.</param>
    /// <returns>The exit code of the run and its tests.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public int ReportTests(
        ParseResult arguments, Project project, string command, RunResult? run, CancellationToken cancellationToken)
    {
        var exitCode = ExitCodeOf(run, cancellationToken);
        if (run is not { Tests: { Count: > 0 } tests }) return exitCode;
        DbtArtifacts.WriteResults(project, command, run, tests);
        if (!IsJson(arguments)) TestCommand.Report(context, tests);
        else foreach (var test in tests)
            ReportTest(test.Name, !test.IsFailure, test.Checks.Sum(check => check.Violations), test.Error);
        return tests.Any(test => test.IsFailure) ? FailedExitCode : exitCode;
    }

    /// <summary>Writes what a test came to as a line of JSON.</summary>
    public void ReportTest(string name, bool passed, long violations, FozException? error) =>
        context.Shell.Out.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["event"] = "test",
            ["test"] = name,
            ["passed"] = passed,
            ["violations"] = violations,
            ["error"] = error is null ? null : context.Mask(error.Describe()),
        }));

    /// <summary>The exit code of a run.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static int ExitCodeOf(RunResult? run, CancellationToken cancellationToken)
    {
        if (run?.Outcome is not (Outcome.Failed or Outcome.Canceled)) return 0;
        cancellationToken.ThrowIfCancellationRequested();
        return FailedExitCode;
    }

    /// <summary>How long to wait for another run.</summary>
    public static Option<string> WaitOption() => new("--wait")
    {
        Description = "How long to wait for other runs on the lake", HelpName = "time",
        DefaultValueFactory = _ => "5m",
    };

    /// <summary>How progress is written.</summary>
    public static Option<string> LogFormatOption()
    {
        var format = new Option<string>("--log-format")
        {
            Description = "Format of progress: text, or json with one object a line", HelpName = "format",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    /// <summary>The time that an option says.</summary>
    /// <exception cref="FozException">It cannot be read.</exception>
    public static TimeSpan WaitOf(string text) => Duration.TryParse(text, out var wait)
        ? wait
        : throw CommandContext.Unreadable("--wait", text, "write 30s, 5m or 1h30m");
}

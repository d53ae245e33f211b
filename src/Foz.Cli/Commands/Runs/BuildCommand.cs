using System.CommandLine;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs;
using Foz.Pipelines.UnitTests;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz build</c>: a run, and the tests of what it made.</summary>
static class BuildCommand
{
    public const string Name = "build";

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var defer = new DeferOption();
        var options = new RunOptions(context);
        var fullRefresh = IntervalOptions.FullRefresh();
        var command = new ExampleCommand(
            Name, "Run unit tests, models and SQL tests of the selection",
            ["foz build", "foz build +gold.daily_sales", "foz build --select state:modified+ --fail-fast"])
        { fullRefresh };
        options.AddTo(command);
        selection.AddTo(command);
        defer.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            if (await options.HandOverAsync(arguments, workspace, cancellationToken) is { } exitCode) return exitCode;
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            // What changed is what had changed before the run.
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            var selected = await new SelectionFinder(workspace.Lake).FindAsync(project, request, cancellationToken);
            var units = await new UnitTestRunner(workspace.Lake, project).RunAsync(
                selected.UnitTests, cancellationToken);
            if (units.Count > 0 && !options.IsJson(arguments)) UnitTestDisplay.Report(context, units);
            foreach (var unit in options.IsJson(arguments) ? units : [])
                options.ReportTest(unit.Test.Name, unit.Passed, unit.Missing.Count + unit.Unexpected.Count, unit.Error);
            if (units.Any(unit => !unit.Passed)) return 1;
            var run = await options.RunAsync(
                arguments, workspace,
                new()
                {
                    Project = project, IsFullRefresh = arguments.GetValue(fullRefresh),
                    Selection = request, Defer = defer.Read(arguments, workspace, request),
                    Tests = selected.SqlTests.Select(test => test.Name).ToHashSet(),
                    Inlined = selected.Checks,
                },
                cancellationToken);
            return options.ReportTests(arguments, project, Name, run, cancellationToken);
        });
        return command;
    }
}

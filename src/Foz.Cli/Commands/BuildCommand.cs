using System.CommandLine;
using System.Text.Json;
using Foz.Core;
using Foz.Core.Engine;
using Foz.Core.Journal;
using Foz.Core.Pipelines.Dbt;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Pipelines.Runs;
using Foz.Core.Pipelines.UnitTests;

namespace Foz.Cli.Commands;

/// <summary><c>foz build</c>: a run, and the tests of what it made.</summary>
static class BuildCommand
{
    public const string Name = "build";

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var defer = new DeferOption();
        var options = new RunOptions(context);
        var fullRefresh = RunCommand.FullRefresh();
        var command = new ExampleCommand(
            Name, "Run unit tests, then run, then make the SQL tests of what was selected",
            ["foz build", "foz build +gold.daily_sales", "foz build --select state:modified+ --fail-fast"])
        { fullRefresh };
        options.AddTo(command);
        selection.AddTo(command);
        defer.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            var project = workspace.LoadProject(context, cancellationToken);
            // What changed is what had changed before the run.
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            var selected = await new SelectionFinder(workspace.Lake).FindAsync(project, request, cancellationToken);
            var units = await new UnitTestRunner(workspace.Lake, project).RunAsync(selected.UnitTests, cancellationToken);
            if (units.Count > 0 && !options.IsJson(arguments)) UnitTestDisplay.Tell(context, units);
            foreach (var unit in options.IsJson(arguments) ? units : [])
                context.Shell.Out.WriteLine(LineOf(
                    context, unit.Test.Name, unit.Passed, unit.Missing.Count + unit.Unexpected.Count, unit.Error));
            if (units.Any(unit => !unit.Passed)) return 1;
            var run = await options.RunAsync(
                arguments, workspace,
                new()
                {
                    Project = project, IsFullRefresh = arguments.GetValue(fullRefresh),
                    Selection = request, Defer = defer.Read(arguments, request), Tests = selected.SqlTests.Select(test => test.Name).ToHashSet(),
                },
                cancellationToken);
            var exitCode = RunOptions.ExitCodeOf(run, cancellationToken);
            var rest = selected.SqlTests.Where(test => run.Tests.All(made => made.Name != test.Name) && IsMade(project, run, test)).ToList();
            if (run.Tests.Count + rest.Count == 0) return exitCode;
            var made = await new ProjectChecks(workspace.Lake).RunTestsAsync(project, rest, cancellationToken);
            IReadOnlyList<ChecksOutcome> outcomes = [.. run.Tests.Concat(made).OrderBy(outcome => outcome.Name, StringComparer.Ordinal)];
            DbtArtifacts.WriteResults(project, Name, run, outcomes);
            if (!options.IsJson(arguments)) TestCommand.Tell(context, outcomes);
            else foreach (var outcome in outcomes) context.Shell.Out.WriteLine(LineOf(context, outcome));
            return outcomes.Any(outcome => outcome.IsFailure) ? 1 : exitCode;
        });
        return command;
    }

    /// <summary>Whether all that a test looks at is made: of what is not, it would tell what was there before.</summary>
    static bool IsMade(Project project, RunResult run, SqlTest test)
    {
        var missing = run.Steps.Where(step => step.Outcome is Outcome.Failed or Outcome.Canceled).Select(step => step.Step).ToHashSet();
        return test.References.All(reference => !missing.Contains(project.TableOf(reference.Name)));
    }

    static string LineOf(CommandContext context, ChecksOutcome outcome) => LineOf(
        context, outcome.Name, !outcome.IsFailure, outcome.Checks.Sum(check => check.Violations), outcome.Error);

    static string LineOf(CommandContext context, string name, bool passed, long violations, FozException? error) =>
        JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["event"] = "test",
            ["test"] = name,
            ["passed"] = passed,
            ["violations"] = violations,
            ["error"] = error is null ? null : context.Mask(error.Describe()),
        });
}

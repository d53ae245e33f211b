using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Dbt;
using Foz.Lake.Engine;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Runs;
using Foz.Pipelines.UnitTests;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz test</c>: runs checks and SQL tests on the current tables.</summary>
static class TestCommand
{
    public const string Name = "test";

    /// <summary>The room that the word before a name takes.</summary>
    static readonly string Indent = new(' ', 9);

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("name"), new("check"), new("passed"), new("violations", IsNumber: true),
        new("rows_checked", IsNumber: true), new("on_violation"), new("sample"), new("error"),
    ];

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var command = new ExampleCommand(
            Name, "Run checks on the present tables, and SQL tests",
            [
                "foz test", "foz test silver.orders", "foz test no_orders_in_the_future --output json",
                "foz test --unit gold.daily_sales", "foz test --store-failures",
            ]);
        var isUnit = new Option<bool>("--unit")
        {
            Description = "Run only unit tests, which read no rows of the lake",
        };
        var storesFailures = new Option<bool>("--store-failures")
        {
            Description = "Store the rows that SQL tests find in tables, unless a test says otherwise",
        };
        command.Add(isUnit);
        command.Add(storesFailures);
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = await workspace.LoadProjectAsync(
                context, cancellationToken, arguments.GetValue(storesFailures));
            if (arguments.GetValue(isUnit))
            {
                var selected = await new SelectionFinder(workspace.Lake).FindAsync(
                    project, selection.Read(context, workspace, arguments, cancellationToken), cancellationToken);
                return UnitTestDisplay.Write(
                    context, arguments,
                    await new UnitTestRunner(workspace.Lake, project).RunAsync(selected.UnitTests, cancellationToken));
            }
            var outcomes = await new ProjectChecks(workspace.Lake).RunAsync(
                project, selection.Read(context, workspace, arguments, cancellationToken), cancellationToken);
            DbtArtifacts.WriteResults(project, Name, run: null, outcomes);
            if (context.IsTable(arguments)) Report(context, outcomes);
            else context.WriteRows(arguments, Columns, outcomes.SelectMany(o => RowsOf(context, o)));
            return outcomes.Any(o => o.IsFailure) ? 1 : 0;
        });
        return command;
    }

    /// <summary>Shows what checks and tests came to.</summary>
    public static void Report(CommandContext context, IReadOnlyList<ChecksOutcome> outcomes)
    {
        var shell = context.Shell;
        var width = outcomes.Select(outcome => TextWidth.Of(outcome.Name)).DefaultIfEmpty().Max();
        foreach (var outcome in outcomes)
        {
            if (outcome.Error is { } error) Report(Style.Red, "FAILED", outcome.Name, context.Mask(error.Describe()));
            foreach (var check in outcome.Checks)
            {
                var (style, word) = check.Passed ? (Style.Green, "ok")
                    : check.IsFailure ? (Style.Red, "FAILED") : (Style.Yellow, "warning");
                Report(style, word, outcome.Name, context.Mask(TextOf(outcome, check)));
                if (check.Samples is [var sample, ..])
                    shell.Out.WriteLine(shell.Fit($"{Indent}such as {context.Mask(sample)}"));
                if (!check.Passed && outcome.Failures is { } failures)
                    shell.Out.WriteLine($"{Indent}all of them: select * from {failures}");
            }
        }
        var checks = outcomes.SelectMany(o => o.Checks).ToList();
        var errors = outcomes.Count(o => o.Error is not null);
        shell.Out.WriteLine(
            $"{RunText.Count(checks.Count + errors, "check", "checks")}: {checks.Count(c => c.Passed):N0} passed, "
            + $"{checks.Count(c => c is { Passed: false, IsFailure: false }):N0} warned, "
            + $"{checks.Count(c => c.IsFailure) + errors:N0} failed");

        void Report(Style style, string word, string name, string text)
        {
            var padding = new string(' ', width - TextWidth.Of(name));
            var line = $"{name}{padding}  {text.Replace("\n", $"\n{Indent}", StringComparison.Ordinal)}".TrimEnd();
            shell.Out.WriteLine($"{shell.Styled(style, $"{word,-7}")}  {line}");
        }
    }

    /// <summary>A test is named once; its check goes by the same name.</summary>
    static string TextOf(ChecksOutcome outcome, CheckResult check) =>
        check.Check.Title == outcome.Name ? check.Finding : check.Passed ? check.Check.Title : check.Describe();

    static IEnumerable<object?[]> RowsOf(CommandContext context, ChecksOutcome outcome)
    {
        if (outcome.Error is { } error)
            yield return [outcome.Name, null, false, null, null, null, null, context.Mask(error.Describe())];
        foreach (var check in outcome.Checks)
        {
            yield return
            [
                outcome.Name, check.Check.Title, check.Passed, check.Violations, check.RowsChecked,
                check.OnViolation.ToString().ToLowerInvariant(),
                check.Samples is [var sample, ..] ? context.Mask(sample) : null, null,
            ];
        }
    }
}

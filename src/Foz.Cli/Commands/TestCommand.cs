using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Runs;

namespace Foz.Cli.Commands;

/// <summary><c>foz test</c>: checks and SQL tests on the tables as they are.</summary>
static class TestCommand
{
    public const string Name = "test";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("name"), new("check"), new("passed"), new("violations", IsNumber: true),
        new("rows_checked", IsNumber: true), new("on_violation"), new("sample"), new("error"),
    ];

    public static Command Create(CommandContext context)
    {
        var names = new Argument<string[]>("names")
        {
            Description = "Tables, as foz run has them, and names of tests", Arity = ArgumentArity.ZeroOrMore,
        };
        var select = RunCommand.SelectOption();
        var command = new ExampleCommand(
            Name, "Run the checks of tables as they are, and the SQL tests in tests/",
            ["foz test", "foz test silver.orders", "foz test no_orders_in_the_future --output json"]) { names, select };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = workspace.LoadProject(context, cancellationToken);
            var outcomes = await new ProjectChecks(workspace.Lake).RunAsync(
                project, RunCommand.Selected(arguments, names, select), cancellationToken);
            if (context.IsTable(arguments)) Tell(context, outcomes);
            else context.WriteRows(arguments, Columns, outcomes.SelectMany(o => RowsOf(context, o)));
            return outcomes.Any(o => o.IsFailure) ? 1 : 0;
        });
        return command;
    }

    static void Tell(CommandContext context, IReadOnlyList<ChecksOutcome> outcomes)
    {
        var shell = context.Shell;
        foreach (var outcome in outcomes)
        {
            if (outcome.Error is { } error)
                shell.Out.WriteLine(
                    $"{shell.Styled(Style.Red, "FAILED ")}  {outcome.Name}  {context.Mask(error.Describe())}");
            foreach (var check in outcome.Checks)
            {
                var (style, word) = check.Passed ? (Style.Green, "ok     ")
                    : check.IsFailure ? (Style.Red, "FAILED ") : (Style.Yellow, "warning");
                shell.Out.WriteLine($"{shell.Styled(style, word)}  {outcome.Name}  {context.Mask(check.Describe())}");
                if (check.Samples is [var sample, ..]) shell.Out.WriteLine($"         such as {context.Mask(sample)}");
            }
        }
        var checks = outcomes.SelectMany(o => o.Checks).ToList();
        shell.Out.WriteLine(
            $"{RunText.Count(checks.Count, "check", "checks")}: {checks.Count(c => c.Passed):N0} passed, "
            + $"{checks.Count(c => c is { Passed: false, IsFailure: false }):N0} warned, "
            + $"{checks.Count(c => c.IsFailure) + outcomes.Count(o => o.Error is not null):N0} failed");
    }

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

using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Runs;

namespace Foz.Cli.Commands;

/// <summary><c>foz plan</c>: what a run would do.</summary>
static class PlanCommand
{
    public const string Name = "plan";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("step"), new("kind"), new("works"), new("reason"), new("warnings")];

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var fullRefresh = new Option<bool>("--full-refresh") { Description = "As if the run were a full refresh" };
        var command = new ExampleCommand(
            Name, "Show what a run would do and why, and do nothing",
            ["foz plan", "foz plan +gold.daily_sales", "foz plan --target prod --output json"])
        { fullRefresh };
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Ingestion, Workload.Models);
            var steps = await new RunPlanner(workspace.Lake).PlanAsync(
                new()
                {
                    Project = workspace.LoadProject(context, cancellationToken),
                    Selection = selection.Read(arguments),
                    IsFullRefresh = arguments.GetValue(fullRefresh),
                },
                cancellationToken);
            if (!context.IsTable(arguments))
            {
                context.WriteRows(
                    arguments, Columns,
                    steps.Select(s => RowOf(context, s)));
                return;
            }
            Tell(context, steps);
        });
        return command;
    }

    static object?[] RowOf(CommandContext context, PlannedStep step) =>
    [
        $"{step.Step}", step.IsStream ? "stream" : "model", step.Works, step.Reason,
        (object?[])[.. step.Warnings.Select(warning => context.Mask(warning.Describe()))],
    ];

    static void Tell(CommandContext context, IReadOnlyList<PlannedStep> steps)
    {
        var shell = context.Shell;
        var width = steps.Select(s => s.Step.ToString().Length).DefaultIfEmpty().Max();
        foreach (var step in steps)
        {
            var line = $"{(step.Works ? "→" : "·")} {step.Step.ToString().PadRight(width)}  {step.Reason}";
            shell.Out.WriteLine(step.Works ? line : shell.Styled(Style.Dim, line));
            foreach (var text in step.Warnings.SelectMany(w => context.Mask(w.Describe()).Split('\n')))
                shell.Out.WriteLine(shell.Styled(Style.Yellow, $"  {text}"));
        }
        var working = steps.Count(s => s.Works);
        shell.Out.WriteLine(working == 0
            ? $"nothing new: foz run would make no commit ({RunText.Count(steps.Count, "step", "steps")} looked at)"
            : $"{working} of {RunText.Count(steps.Count, "step", "steps")} would work");
    }
}

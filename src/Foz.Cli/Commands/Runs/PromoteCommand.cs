using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Pipelines.Promotions;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz promote</c>: lets tables of an environment take the place of its base's.</summary>
static class PromoteCommand
{
    public const string Name = "promote";

    const int RefusedExitCode = 1;

    static readonly IReadOnlyList<ResultColumn> Columns =
        [
            new("table"), new("from"), new("to"), new("kind"), new("location"), new("batch", IsNumber: true),
            new("replaced"),
        ];

    public static Command Create(CommandContext context)
    {
        var from = new Argument<string>("from") { Description = "The environment to promote from" };
        var to = new Argument<string>("to") { Description = "Its base" };
        var selection = new SelectionOptions();
        var yes = new Option<bool>("--yes", "-y", "--auto-apply", "--force")
        {
            Description = "Do not ask for confirmation",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the tables without promoting them" };
        var wait = RunOptions.WaitOption();
        var command = new ExampleCommand(
            Name, "Swap an environment's tables into its base, without copying",
            [
                "foz promote dev prod", "foz promote dev prod +gold.sales --yes",
                "foz promote dev prod --dry-run --output json",
            ])
        { from, to, yes, dryRun, wait };
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(
                context, arguments, EnvironmentOf(arguments, from), Workload.Ingestion, Workload.Models);
            using var target = Workspace.Open(
                context, arguments, EnvironmentOf(arguments, to), Workload.Ingestion, Workload.Models);
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            var promoter = new Promoter(
                workspace.Lake, await workspace.LoadProjectAsync(context, cancellationToken),
                await target.LoadProjectAsync(context, cancellationToken));
            var plan = await promoter.PlanAsync(request, cancellationToken);
            foreach (var warning in plan.Warnings) context.Warn(warning);
            var isWanted = plan.Promotion is not null && !arguments.GetValue(dryRun);
            if (isWanted && !arguments.GetValue(yes))
            {
                // Rows in another format than for people are of what was done, and the question is none of them.
                if (context.IsTable(arguments)) ShowTables(context.Shell.Out, plan, isDone: false);
                if (!IsAgreed(
                    context.IsTable(arguments) ? context.Shell.Out : context.Shell.Error, context.Shell, plan))
                    return RefusedExitCode;
            }
            if (isWanted)
                plan = await promoter.RunAsync(
                    request, RunOptions.WaitOf(arguments.GetValue(wait)!), cancellationToken);
            Show(context, arguments, plan, isWanted);
            return 0;
        });
        return command;
    }

    static string EnvironmentOf(ParseResult arguments, Argument<string> argument) =>
        arguments.GetRequiredValue(argument);

    static void Show(CommandContext context, ParseResult arguments, PromotionPlan plan, bool isDone)
    {
        if (!context.IsTable(arguments))
        {
            context.WriteRows(arguments, Columns, plan.Tables.Select(table => new object?[]
            {
                $"{table.Definition.TableName}", plan.Promotion!.From, plan.Promotion.To,
                table.Definition.Kind.ToString().ToLowerInvariant(), table.Definition.Location, table.Batch,
                table.Replaced,
            }));
            return;
        }
        ShowTables(context.Shell.Out, plan, isDone);
        var count = RunText.Count(plan.Tables.Count(), "table", "tables");
        context.Shell.Out.WriteLine(plan.Promotion is not { } promotion
            ? "nothing to promote: no selected table is the environment's own"
            : isDone
                ? $"{count} promoted from {promotion.From} to {promotion.To}"
                : $"{count} would be promoted from {promotion.From} to {promotion.To}");
    }

    static void ShowTables(TextWriter output, PromotionPlan plan, bool isDone)
    {
        var tables = plan.Tables.ToList();
        var width = tables.Select(table => $"{table.Definition.TableName}".Length).DefaultIfEmpty().Max();
        foreach (var table in tables)
            output.WriteLine(
                $"{(isDone ? "✓" : "→")} {$"{table.Definition.TableName}".PadRight(width)}  "
                    + $"{(table.Replaced is null && table.Definition.Location is not null ? "is new" : "is replaced")} "
                    + $"by {table.From}");
    }

    static bool IsAgreed(TextWriter output, Shell shell, PromotionPlan plan)
    {
        output.Write(
            $"{RunText.Count(plan.Tables.Count(), "table", "tables")} of {plan.Promotion!.To} will be those of "
                + $"{plan.Promotion.From}. Go on? [y/N] ");
        output.Flush();
        var answer = shell.In().ReadLine()?.Trim();
        output.WriteLine();
        return answer is { Length: > 0 } && "yes".StartsWith(answer, StringComparison.OrdinalIgnoreCase);
    }
}

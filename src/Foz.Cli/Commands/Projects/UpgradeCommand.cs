using System.CommandLine;
using Foz.Cli.Commands.Runs;
using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Pipelines.Upgrades;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz upgrade</c>: brings the lake to the newest format.</summary>
static class UpgradeCommand
{
    public const string Name = "upgrade";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("format", IsNumber: true), new("object"), new("change")];

    public static Command Create(CommandContext context)
    {
        var check = new Option<bool>("--check", "--dry-run") { Description = "Show the changes without making them" };
        var wait = RunOptions.WaitOption();
        var command = new ExampleCommand(
            Name, "Upgrade the lake to the newest format that this Foz knows",
            ["foz upgrade --check", "foz upgrade", "foz upgrade --target prod --wait 10m"])
        { check, wait };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var upgrade = new LakeUpgrade(workspace.Lake);
            var isCheck = arguments.GetValue(check);
            var result = isCheck
                ? await upgrade.CheckAsync(cancellationToken)
                : await upgrade.RunAsync(
                    RunOptions.WaitOf(arguments.GetValue(wait)!),
                    holder => context.Shell.Error.WriteLine(RunText.Waiting(holder, context.Shell.Clock.GetUtcNow())),
                    cancellationToken);
            if (!context.IsTable(arguments) || result.Changes.Length > 0)
                context.WriteRows(arguments, Columns, result.Changes.Select(RowOf));
            if (context.IsTable(arguments))
                context.Shell.Out.WriteLine(Summary(context.Shell, workspace.Lake, result, isCheck));
        });
        return command;
    }

    static object?[] RowOf(FormatChange change) => [change.Format, change.Object, change.Change];

    static string Summary(Shell shell, Lakehouse lake, UpgradeResult result, bool isCheck)
    {
        var name = lake.IsLocal ? shell.Shown(lake.Folder) : lake.Root;
        return result switch
        {
            { From: null } => $"there is no lake in {name} yet: the first run makes one of format {LakeFormat.Newest}",
            { Changes: [] } => $"the lake {name} has format {result.From}, the newest that this Foz knows",
            _ when isCheck =>
                $"the lake {name} has format {result.From}: foz upgrade brings it to format {LakeFormat.Newest}",
            _ => $"the lake {name} was upgraded from format {result.From} to {LakeFormat.Newest}",
        };
    }
}

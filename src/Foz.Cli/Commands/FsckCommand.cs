using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Core.Data;
using Foz.Core.Engine;
using Foz.Core.Tables.Maintenance;

namespace Foz.Cli.Commands;

/// <summary><c>foz fsck</c>: whether everything that tables consist of is there.</summary>
static class FsckCommand
{
    public const string Name = "fsck";

    const int LossExitCode = 1;

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("table"), new("path"), new("problem"), new("is_loss"), new("rows", IsNumber: true)];

    public static Command Create(CommandContext context)
    {
        var tables = TableSelection.Argument();
        var command = new ExampleCommand(
            Name, "Look whether every file of tables is there, and whether their logs are whole",
            ["foz fsck all", "foz fsck silver.orders --output json"]) { tables };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var selected = await TableSelection.ReadAsync(workspace, arguments.GetRequiredValue(tables), cancellationToken);
            var results = new List<(TableName Table, FsckResult Result)>();
            using (var progress = new ProgressRow(context.Shell))
                foreach (var (name, table) in selected)
                {
                    progress.Show($"{name}");
                    results.Add((name, await TableFsck.CheckAsync(table, cancellationToken)));
                }
            if (context.IsTable(arguments))
                foreach (var (name, result) in results) Tell(context.Shell, name, result);
            else
                context.WriteRows(arguments, Columns, results.SelectMany(r => r.Result.Findings.Select(finding => new object?[]
                    { r.Table.ToString(), finding.Path, finding.Problem, finding.IsLoss, finding.RowCount })));
            return results.Any(r => r.Result.Findings.Any(finding => finding.IsLoss)) ? LossExitCode : 0;
        });
        return command;
    }

    /// <summary>Tells what was found.</summary>
    public static void Tell(Shell shell, TableName table, FsckResult result)
    {
        if (result.Findings.Count == 0)
        {
            shell.Out.WriteLine(
                $"{shell.Styled(Style.Green, "✓")} {table} is in order at version {result.Version}: "
                + RunText.Count(result.FilesChecked, "file", "files"));
            return;
        }
        foreach (var finding in result.Findings)
        {
            var mark = finding.IsLoss ? shell.Styled(Style.Red, "✗") : shell.Styled(Style.Yellow, "!");
            var rows = finding.RowCount is { } count ? $" ({RunText.Count(count, "row", "rows")})" : "";
            shell.Out.WriteLine($"{mark} {table}  {finding.Path} {finding.Problem}{rows}");
        }
    }
}

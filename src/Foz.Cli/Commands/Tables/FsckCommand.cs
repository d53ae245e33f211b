using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Lake.Tables.Merging;

namespace Foz.Cli.Commands.Tables;

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
        var deep = DeepOption();
        var command = new ExampleCommand(
            Name, "Check that all data files exist and logs are complete",
            ["foz fsck all", "foz fsck all --deep", "foz fsck silver.orders --output json"]) { tables, deep };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var selected = await TableSelection.ReadAsync(
                workspace, arguments.GetRequiredValue(tables), cancellationToken);
            var keys = arguments.GetValue(deep)
                ? MergeKeys.Of(workspace, await workspace.LoadProjectAsync(context, cancellationToken))
                : null;
            var results = new List<(TableName Table, FsckResult Result, RepeatedKeys? Keys)>();
            int exitCode;
            using (var progress = new ProgressRow(context.Shell))
                exitCode = await context.ForEachAsync(arguments, selected, async one =>
                {
                    var (name, table) = one;
                    progress.Show($"{name}");
                    var result = await CheckAsync(
                        workspace, name, table, arguments.GetValue(deep), progress, cancellationToken);
                    results.Add(
                        (name, result, keys is null || HasLoss(result)
                            ? null
                            : await keys.FindAsync(name, table, cancellationToken)));
                });
            if (context.IsTable(arguments))
                foreach (var (name, result, repeated) in results) Report(context.Shell, name, result, repeated);
            else
                context.WriteRows(
                    arguments, Columns, results.SelectMany(r => r.Result.Findings.Select(finding => new object?[]
                    { r.Table.ToString(), finding.Path, finding.Problem, finding.IsLoss, finding.RowCount })
                    .Concat(
                        r.Keys is { } repeated
                            ? [[r.Table.ToString(), "", repeated.Report, false, repeated.Rows]]
                            : [])));
            return results.Any(r => HasLoss(r.Result) || r.Keys is not null) ? LossExitCode : exitCode;
        });
        return command;
    }

    static bool HasLoss(FsckResult result) => result.Findings.Any(finding => finding.IsLoss);

    /// <summary>The option that reads files whole.</summary>
    public static Option<bool> DeepOption() => new("--deep")
    {
        Description = "Read each file and verify its bytes; report keys with several rows",
    };

    /// <summary>Checks a table.</summary>
    public static async Task<FsckResult> CheckAsync(
        Workspace workspace, TableName name, LakeTable table, bool isDeep, ProgressRow progress,
        CancellationToken cancellationToken)
    {
        if (!isDeep) return await TableFsck.CheckAsync(table, cancellationToken);
        using var session = workspace.Engines.Open(Workload.Query);
        return await TableFsck.CheckDeepAsync(
            table, session, now => progress.Show($"{name}  {FileText.Of(now.Done, now.All)}"), cancellationToken);
    }

    /// <summary>Reports the findings.</summary>
    public static void Report(Shell shell, TableName table, FsckResult result, RepeatedKeys? keys)
    {
        if (keys is not null) shell.Out.WriteLine($"{shell.Styled(Style.Red, "✗")} {table}  {keys.Report}");
        else if (result.Findings.Count == 0)
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

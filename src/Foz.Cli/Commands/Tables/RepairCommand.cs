using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz repair</c>: makes a damaged table readable again.</summary>
static class RepairCommand
{
    public const string Name = "repair";

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table: silver.orders" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask for confirmation" };
        var deep = FsckCommand.DeepOption();
        var command = new ExampleCommand(
            Name, "Remove missing files from a table, and repair its log",
            ["foz repair silver.orders", "foz repair silver.orders --deep --yes"]) { name, yes, deep };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.ResolveOwnAsync(arguments.GetRequiredValue(name), cancellationToken);
            var opened = await workspace.Lake.OpenTableAsync(table, cancellationToken);
            FsckResult found;
            using (var progress = new ProgressRow(context.Shell))
                found = await FsckCommand.CheckAsync(
                    workspace, table, opened, arguments.GetValue(deep), progress, cancellationToken);
            var lost = found.Findings.Where(finding => finding.IsCommit || finding.IsTakenOut).ToList();
            var keys = await workspace.TryLoadProjectAsync(
                context, cancellationToken) is ProjectResult.Loaded { Project: var project }
                ? MergeKeys.Of(workspace, project)
                : null;
            var repeated = keys is null || lost.Count > 0
                ? null
                : await keys.FindAsync(table, opened, cancellationToken);
            FsckCommand.Report(context.Shell, table, found, repeated);
            if (repeated is not null)
                foreach (var remedy in keys!.Remedies(table)) context.Shell.Out.WriteLine($"  {remedy}");
            if (found.Findings.Count == 0) return;
            if (lost.Count > 0 && !arguments.GetValue(yes) && !IsAgreed(context.Shell, table.ToString(), lost))
            {
                context.Shell.Out.WriteLine("nothing was changed");
                return;
            }
            var result = await TableFsck.RepairAsync(opened, found, cancellationToken);
            context.Shell.Out.WriteLine($"{table} is repaired; this is version {result.Version}");
            if (result.PutAside is { } broken)
                context.Shell.Out.WriteLine(
                    $"  {PutAsideText(broken)}; foz fsck {table} shows whether all files are there");
            if (result.FilesRemoved > 0)
                context.Shell.Out.WriteLine(
                    $"  {RunText.Count(result.FilesRemoved, "file", "files")} taken out; foz history shows it as FSCK");
            if (result.HasCheckpoint) context.Shell.Out.WriteLine("  a new checkpoint is written");
        });
        return command;
    }

    /// <summary>What became of a broken commit, in words.</summary>
    public static string PutAsideText(CommitPutAside broken) =>
        $"version {broken.Version} was broken and is no longer part of the table; its commit is kept as {broken.Path}";

    static bool IsAgreed(Shell shell, string table, List<FsckFinding> lost)
    {
        var files = lost.Where(finding => finding.IsTakenOut).ToList();
        var unknown = files.Exists(finding => finding.RowCount is null) ? " or more" : "";
        var parts = new List<string>();
        if (lost.Count > files.Count) parts.Add("its newest version, whose commit is broken");
        if (files.Count > 0)
            parts.Add(
                $"{RunText.Count(files.Count, "file", "files")} and "
                    + $"{files.Sum(finding => finding.RowCount ?? 0):N0}{unknown} rows, which are lost");
        shell.Out.Write($"{table} will be without {string.Join(", and ", parts)}. Go on? [y/N] ");
        shell.Out.Flush();
        var answer = shell.In().ReadLine()?.Trim();
        shell.Out.WriteLine();
        return answer is { Length: > 0 } && "yes".StartsWith(answer, StringComparison.OrdinalIgnoreCase);
    }
}

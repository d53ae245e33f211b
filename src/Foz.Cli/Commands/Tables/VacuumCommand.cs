using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz vacuum</c>: deletes files that no version needs any more.</summary>
static class VacuumCommand
{
    public const string Name = "vacuum";

    const int FilesShownMax = 20;

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("version", IsNumber: true), new("files_deleted", IsNumber: true),
        new("bytes_deleted", IsNumber: true),
        new("folders_removed", IsNumber: true), new("older_than", IsTime: true),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
        [new("table"), new("files", IsNumber: true), new("size", IsNumber: true), new("older_than", IsTime: true)];

    public static Command Create(CommandContext context)
    {
        var tables = TableSelection.Argument();
        var retention = new Option<string?>("--retention")
        {
            Description =
                "Retention period of old versions (default: "
                    + "delta.deletedFileRetentionDuration of the table, else 7 days)",
            HelpName = "time",
        };
        var force = new Option<bool>("--no-retention-check")
        {
            Description = "Allow a shorter period than the table's own; running readers and writers may lose files",
        };
        var lite = new Option<bool>("--lite")
        {
            Description =
                "Find files in the log instead of by listing: faster, but files that were never in the log stay",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the files without deleting them" };
        var command = new ExampleCommand(
            Name, "Delete files that no version within the retention period uses",
            ["foz vacuum silver.orders --dry-run", "foz vacuum all", "foz vacuum bronze --retention '30 days'"])
        { tables, retention, force, lite, dryRun };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var selected = await TableSelection.ReadOwnAsync(
                workspace, arguments.GetRequiredValue(tables), cancellationToken);
            var how = new TableVacuumOptions
            {
                Retention = arguments.GetValue(retention) is { } text ? TimeOf(text) : null,
                ChecksRetention = !arguments.GetValue(force),
                IsLite = arguments.GetValue(lite),
                IsDryRun = arguments.GetValue(dryRun),
            };
            var results = new List<(string Table, TableVacuumResult Result)>();
            int exitCode;
            using (var progress = new ProgressRow(context.Shell))
                exitCode = await context.ForEachAsync(
                    arguments, selected, async one => results.Add((one.Name.ToString(),
                    await TableVacuum.RunAsync(
                        one.Table, how, (done, all) => progress.Show($"{one.Name}  {done:N0} of {all:N0} files"),
                        cancellationToken))));
            if (how.IsDryRun && context.IsTable(arguments)) ShowFiles(context.Shell, results);
            context.WriteRows(
                arguments, context.IsTable(arguments) ? ShownColumns : Columns,
                results.Select(r => RowOf(r.Table, r.Result, context.IsTable(arguments))));
            if (how.IsDryRun && context.IsTable(arguments))
                context.Shell.Out.WriteLine("nothing was deleted (--dry-run)");
            return exitCode;
        });
        return command;
    }

    static void ShowFiles(Shell shell, IEnumerable<(string Table, TableVacuumResult Result)> results)
    {
        foreach (var (table, result) in results)
        {
            foreach (var file in result.Files.Take(FilesShownMax)) shell.Out.WriteLine($"{table}  {file}");
            if (result.Files.Count > FilesShownMax)
                shell.Out.WriteLine(
                    $"{table}  and {RunText.Count(result.Files.Count - FilesShownMax, "file", "files")} more");
        }
    }

    static object?[] RowOf(string table, TableVacuumResult result, bool isForPeople) => isForPeople
        ? [table, $"{result.Files.Count:N0}", SizeText.Of(result.Bytes), TimeText.Of(result.OlderThan, isForPeople)]
        :
        [
            table, result.Version, result.Files.Count, result.Bytes, result.FoldersRemoved,
            TimeText.Of(result.OlderThan, isForPeople),
        ];

    static TimeSpan TimeOf(string text) => Duration.TryParseWords(text, out var time)
        ? time
        : throw CommandContext.Unreadable("--retention", text, "write '7 days', '168 hours' or 36h");
}

using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz clean</c>: deletes generated files, and files of the lake that are no longer needed.</summary>
static class CleanCommand
{
    public const string Name = "clean";

    const string Generated = "target";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("deleted"), new("files", IsNumber: true), new("bytes", IsNumber: true)];

    public static Command Create(CommandContext context)
    {
        var selection = new SelectionOptions();
        var tables = new Option<bool>("--tables")
        {
            Description =
                "Delete the environment's own tables, so that its names refer to its base again",
        };
        var replaced = new Option<bool>("--replaced")
        {
            Description =
                "Also delete tables that promotions replaced; shallow clones of them lose their files",
        };
        var retention = new Option<string>("--retention")
        {
            Description = "Minimum age of these promotions", HelpName = "time",
            DefaultValueFactory = _ => "7 days",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the files without deleting them" };
        var command = new ExampleCommand(
            Name, "Delete generated files, and tables on request",
            ["foz clean", "foz clean --tables --target dev", "foz clean --replaced --dry-run"])
        { tables, replaced, retention, dryRun };
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var isOfTables = arguments.GetValue(tables);
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            if (!isOfTables && !request.IsEmpty)
                throw new FozException(ErrorKind.Usage, "names are those of tables to delete")
                {
                    Hint = "add --tables",
                };
            var isDryRun = arguments.GetValue(dryRun);
            var cleaned = new List<CleanedTable>();
            if (!isOfTables && DeleteGenerated(workspace.File.Folder, isDryRun) is { } generated)
                cleaned.Add(generated);
            var cleaning = new LakeCleaning(workspace.Lake);
            if (isOfTables)
                cleaned.AddRange(
                    await cleaning.OwnAsync(
                        await workspace.LoadProjectAsync(context, cancellationToken), request, isDryRun,
                        cancellationToken));
            if (arguments.GetValue(replaced))
                cleaned.AddRange(
                    await cleaning.ReplacedAsync(
                        RetentionOf(arguments.GetValue(retention)!), isDryRun, cancellationToken));
            if (!context.IsTable(arguments))
                context.WriteRows(
                    arguments, Columns,
                    cleaned.Select(table => new object?[] { table.What, table.Files, table.Bytes }));
            else Report(context.Shell, cleaned, isDryRun);
        });
        return command;
    }

    static void Report(Shell shell, List<CleanedTable> cleaned, bool isDryRun)
    {
        foreach (var table in cleaned)
            shell.Out.WriteLine(
                $"{table.What}  {RunText.Count(table.Files, "file", "files")}, {SizeText.Of(table.Bytes)}");
        if (cleaned.Count == 0) shell.Out.WriteLine("nothing to delete");
        else if (isDryRun) shell.Out.WriteLine("nothing was deleted: --dry-run");
    }

    static CleanedTable? DeleteGenerated(string project, bool isDryRun)
    {
        var folder = new DirectoryInfo(Path.Combine(project, Generated));
        if (!folder.Exists) return null;
        var files = folder.GetFiles("*", SearchOption.AllDirectories);
        var cleaned = new CleanedTable(Generated, files.Length, files.Sum(file => file.Length));
        if (!isDryRun) folder.Delete(recursive: true);
        return cleaned;
    }

    static TimeSpan RetentionOf(string text) => Duration.TryParseWords(text, out var retention)
        ? retention
        : throw CommandContext.Unreadable("--retention", text, "write 7 days or 36h");
}

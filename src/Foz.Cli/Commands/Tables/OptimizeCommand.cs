using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz optimize</c>: merges small files.</summary>
static class OptimizeCommand
{
    public const string Name = "optimize";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("version", IsNumber: true), new("commits", IsNumber: true),
        new("files_removed", IsNumber: true),
        new("files_added", IsNumber: true), new("bytes_removed", IsNumber: true), new("bytes_added", IsNumber: true),
        new("deletion_vectors_removed", IsNumber: true), new("files_given_up", IsNumber: true),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("table"), new("version", IsNumber: true), new("files", IsNumber: true), new("size", IsNumber: true),
        new("deletion vectors", IsNumber: true),
    ];

    public static Command Create(CommandContext context)
    {
        var tables = TableSelection.Argument();
        var options = new Options();
        var command = new ExampleCommand(
            Name, "Compact small files, and files with many deleted rows",
            [
                "foz optimize silver.orders",
                "foz optimize silver gold --dry-run",
                "foz optimize bronze.events --where \"day >= '2026-01-01'\" --zorder customer,product",
            ])
        { tables };
        foreach (var option in options.All) command.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var selected = await TableSelection.ReadOwnAsync(
                workspace, arguments.GetRequiredValue(tables), cancellationToken);
            var how = options.Of(arguments);
            var rows = new List<object?[]>();
            int exitCode;
            using (var progress = new ProgressRow(context.Shell))
                exitCode = await context.ForEachAsync(arguments, selected, async one =>
                {
                    var (name, table) = one;
                    using var session = workspace.Engines.Open(Workload.Models);
                    var result = await new TableOptimizer(session).OptimizeAsync(
                        table, how, now => progress.Show($"{name}  {FileText.Of(now.Done, now.All)}"),
                        cancellationToken);
                    foreach (var warning in result.Warnings) context.Warn(warning);
                    if (result.FilesGivenUp > 0) context.Warn(GivenUp(name.ToString(), result));
                    rows.Add(
                        context.IsTable(arguments) ? Shown(name.ToString(), result) : Row(name.ToString(), result));
                });
            context.WriteRows(arguments, context.IsTable(arguments) ? ShownColumns : Columns, rows);
            if (how.IsDryRun && context.IsTable(arguments))
                context.Shell.Out.WriteLine("nothing was changed (--dry-run)");
            return exitCode;
        });
        return command;
    }

    static Warning GivenUp(string table, OptimizeResult result) => new(
        $"{RunText.Count(result.FilesGivenUp, "file", "files")} of {table} stay unchanged: others "
            + "changed them at the same time",
        "run it again when there is less going on");

    static object?[] Row(string table, OptimizeResult result) =>
    [
        table, result.Version, result.Commits, result.Removed.Files, result.Added.Files, result.Removed.Bytes,
        result.Added.Bytes, result.VectorsRemoved, result.FilesGivenUp,
    ];

    static object?[] Shown(string table, OptimizeResult result) => result.Removed.Files == 0
        ? [table, result.Version, "in order", null, null]
        :
        [
            table, result.Version, $"{result.Removed.Files:N0} → {result.Added.Files:N0}",
            $"{SizeText.Of(result.Removed.Bytes)} → {SizeText.Of(result.Added.Bytes)}",
            result.VectorsRemoved == 0 ? null : $"{result.VectorsRemoved:N0} → 0",
        ];

    /// <summary>The options of the command.</summary>
    sealed class Options
    {
        readonly Option<string?> where = new("--where")
        {
            Description = "Only partitions that match a SQL condition on partition columns",
            HelpName = "condition",
        };

        readonly Option<string?> order = new("--zorder")
        {
            Description = "Order rows by these columns along a Hilbert curve, separated by commas",
            HelpName = "columns",
        };

        readonly Option<bool> full = new("--full")
        {
            Description = "Cluster all rows again, not only new ones",
        };

        readonly Option<bool> purge = new("--purge")
        {
            Description = "Rewrite every file with deleted rows",
        };

        readonly Option<string?> fileSize = new("--file-size")
        {
            Description = "Target size of files (default: delta.targetFileSize of the table, else 128 MiB)",
            HelpName = "size",
        };

        readonly Option<bool> dryRun = new("--dry-run") { Description = "Show the changes without making them" };

        public IEnumerable<Option> All => [where, order, full, purge, fileSize, dryRun];

        public OptimizeOptions Of(ParseResult arguments) => new()
        {
            Where = arguments.GetValue(where),
            ZOrderBy = arguments.GetValue(order)?.Split(
                ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            IsFull = arguments.GetValue(full),
            DeletedShareMax = arguments.GetValue(purge) ? 0 : OptimizeOptions.DeletedShareDefault,
            FileBytes = arguments.GetValue(fileSize) is { } text ? SizeOf(text) : null,
            IsDryRun = arguments.GetValue(dryRun),
        };

        static long SizeOf(string text) => MemorySize.TryParse(text, out var size) && size.Bytes > 0
            ? size.Bytes
            : throw CommandContext.Unreadable("--file-size", text, "write 64MB or 1GiB");
    }
}

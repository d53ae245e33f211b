using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz analyze</c>: reads the statistics of files again.</summary>
static class AnalyzeCommand
{
    public const string Name = "analyze";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("table"), new("version", IsNumber: true), new("files", IsNumber: true)];

    public static Command Create(CommandContext context)
    {
        var tables = TableSelection.Argument();
        var command = new ExampleCommand(
            Name, "Recompute the statistics of files, by which queries skip them",
            ["foz analyze silver.orders", "foz analyze bronze --output json"]) { tables };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var selected = await TableSelection.ReadOwnAsync(
                workspace, arguments.GetRequiredValue(tables), cancellationToken);
            var rows = new List<object?[]>();
            int exitCode;
            using (var progress = new ProgressRow(context.Shell))
                exitCode = await context.ForEachAsync(arguments, selected, async one =>
                {
                    var (name, table) = one;
                    progress.Show($"{name}");
                    using var session = workspace.Engines.Open(Workload.Query);
                    var result = await new TableAnalyzer(session).AnalyzeAsync(table, cancellationToken);
                    rows.Add([name.ToString(), result.Version, result.Files]);
                });
            context.WriteRows(arguments, Columns, rows);
            return exitCode;
        });
        return command;
    }
}

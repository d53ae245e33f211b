using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz convert</c>: makes a Delta table of a folder of Parquet files.</summary>
static class ConvertCommand
{
    public const string Name = "convert";

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("folder")
        {
            Description = "The folder, or its address in an object store",
        };
        var partitionedBy = new Option<string?>("--partitioned-by")
        {
            Description = "The columns of folders such as day=2026-01-31, with types: \"day date\"",
            HelpName = "columns",
        };
        var command = new ExampleCommand(
            Name, "Convert a folder of Parquet files into a Delta table, in place",
            [
                "foz convert lake/bronze/events",
                "foz convert exports/events --partitioned-by \"day date, country string\"",
            ])
        { folder, partitionedBy };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var named = arguments.GetRequiredValue(folder);
            var place = named.Contains("://", StringComparison.Ordinal) ? named : context.Shell.PathOf(named);
            using var session = workspace.Engines.Open(Workload.Query);
            var result = await new ParquetConversion(session).ConvertAsync(
                workspace.Lake.Tables.OpenFolder(place), arguments.GetValue(partitionedBy), cancellationToken);
            context.Shell.Out.WriteLine(
                $"{named} is a Delta table: {RunText.Count(result.Snapshot.RowCount ?? 0, "row", "rows")} in "
                + $"{RunText.Count(result.Files.Files, "file", "files")}, {SizeText.Of(result.Files.Bytes)}");
        });
        return command;
    }
}

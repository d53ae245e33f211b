using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz manifest</c>: lists a table's files for programs that do not read its log.</summary>
static class ManifestCommand
{
    public const string Name = "manifest";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("table"), new("version", IsNumber: true), new("manifests", IsNumber: true)];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table: silver.orders" };
        var command = new ExampleCommand(
            Name, "List a table's files for Hive, Athena and Presto: the folder _symlink_format_manifest",
            [
                "foz manifest silver.orders",
                "foz alter silver.orders set delta.compatibility.symlinkFormatManifest.enabled=true",
            ])
        { name };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.ResolveOwnAsync(arguments.GetRequiredValue(name), cancellationToken);
            var opened = await workspace.Lake.OpenTableAsync(table, cancellationToken);
            var (version, count) = await opened.WriteManifestsAsync(cancellationToken);
            if (context.IsTable(arguments))
                context.Shell.Out.WriteLine($"{table} has {count} manifests of version {version} in {opened.Root}");
            else context.WriteRows(arguments, Columns, [[table.ToString(), version, (long)count]]);
        });
        return command;
    }
}

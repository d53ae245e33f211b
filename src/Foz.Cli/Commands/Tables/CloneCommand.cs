using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz clone</c>: makes a table that is another one.</summary>
static class CloneCommand
{
    public const string Name = "clone";

    public static Command Create(CommandContext context)
    {
        var source = new Argument<string>("source") { Description = "The table: silver.orders" };
        var target = new Argument<string>("target") { Description = "The name of the clone: dev.orders" };
        var shallow = new Option<bool>("--shallow")
        {
            Description =
                "Share the files instead of copying them, in lakes on this machine only; a vacuum "
                    + "of the source may delete them",
        };
        var deep = new Option<bool>("--deep") { Description = "Copy the files (the default)" };
        var version = new Option<long?>("--version")
        {
            Description = "The version to clone (default: the newest)", HelpName = "version",
        };
        var at = new Option<string?>("--at")
        {
            Description = "The instant whose version to clone, in UTC unless it has an offset", HelpName = "instant",
        };
        var command = new ExampleCommand(
            Name, "Clone a table at a version, deep or shallow",
            [
                "foz clone silver.orders dev.orders --shallow",
                "foz clone silver.orders archive.orders_2025 --at '2026-01-01'",
            ])
        { source, target, shallow, deep, version, at };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(shallow) && arguments.GetValue(deep))
                throw new FozException(ErrorKind.Usage, "a clone is --shallow or --deep, not both");
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var from = await workspace.ResolveAsync(arguments.GetRequiredValue(source), cancellationToken);
            var opened = await workspace.Lake.OpenTableAsync(from, cancellationToken);
            var snapshot = await VersionAsync(
                opened, arguments.GetValue(version), arguments.GetValue(at), cancellationToken);
            var to = workspace.Names.Prefixed(TableName.Parse(arguments.GetRequiredValue(target)));
            var table = await workspace.Lake.OpenTableAsync(to, cancellationToken);
            CloneResult result;
            using (var progress = new ProgressRow(context.Shell))
                result = await new TableClone(opened, snapshot).MakeAsync(
                    table, arguments.GetValue(shallow),
                    (done, all) => progress.Show($"{to}  {done:N0} of {all:N0} files"),
                    cancellationToken);
            await workspace.Lake.DefineTableAsync(to, description: null, owner: null, cancellationToken);
            var what = $"{RunText.Count(result.Files.Files, "file", "files")}, {SizeText.Of(result.Files.Bytes)}";
            context.Shell.Out.WriteLine(result.Copied.Files == result.Files.Files
                ? $"{to} is {from} as of version {snapshot.Version}: {what}"
                : $"{to} is {from} as of version {snapshot.Version}, and shares its {what}");
        });
        return command;
    }

    static async Task<TableSnapshot> VersionAsync(
        LakeTable table, long? version, string? at, CancellationToken cancellationToken) => (version, at) switch
        {
            (null, null) => await table.LatestAsync(cancellationToken),
            ({ } number, null) => await table.VersionAsync(number, cancellationToken),
            (null, { } instant) =>
                await table.VersionAtAsync(CommandContext.InstantOf("--at", instant), cancellationToken),
            _ => throw new FozException(ErrorKind.Usage, "say --version or --at, not both"),
        };
}

using System.CommandLine;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz restore</c>: brings an older version of a table back.</summary>
static class RestoreCommand
{
    public const string Name = "restore";

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table: silver.orders" };
        var version = new Option<long?>("--to-version")
        {
            Description = "The version to restore", HelpName = "version",
        };
        var timestamp = new Option<string?>("--to-timestamp")
        {
            Description = "The instant whose version to restore, in UTC unless it has an offset",
            HelpName = "instant",
        };
        var command = new ExampleCommand(
            Name, "Restore an older version of a table as a new version",
            [
                "foz restore silver.orders --to-version 3",
                "foz restore silver.orders --to-timestamp '2026-01-31 08:30:00'",
            ])
        { name, version, timestamp };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.ResolveOwnAsync(arguments.GetRequiredValue(name), cancellationToken);
            var opened = await workspace.Lake.OpenTableAsync(table, cancellationToken);
            var target = (arguments.GetValue(version), arguments.GetValue(timestamp)) switch
            {
                ({ } number, null) => await opened.VersionAsync(number, cancellationToken),
                (null, { } instant) =>
                    await AtAsync(
                        context, opened, CommandContext.InstantOf("--to-timestamp", instant), cancellationToken),
                _ => throw new FozException(ErrorKind.Usage, "say which version: --to-version or --to-timestamp")
                {
                    Hint = $"foz history {table} lists them",
                },
            };
            await PutBrokenAsideAsync(context, opened, cancellationToken);
            var restored = await opened.RestoreAsync(target, cancellationToken);
            context.Shell.Out.WriteLine(
                $"{table} is restored to version {target.Version}, as version {restored.Version}");
            if (restored.Warning is { } warning) context.Warn(warning);
            context.Shell.Out.WriteLine(
                "  input read since then is not reloaded: foz run --full-refresh rebuilds the table");
        });
        return command;
    }

    // Times of versions are known from the newest on.
    static async Task<TableSnapshot> AtAsync(
        CommandContext context, LakeTable table, DateTimeOffset instant, CancellationToken cancellationToken)
    {
        await PutBrokenAsideAsync(context, table, cancellationToken);
        return await table.VersionAtAsync(instant, cancellationToken);
    }

    static async Task PutBrokenAsideAsync(CommandContext context, LakeTable table, CancellationToken cancellationToken)
    {
        if (await TableFsck.PutBrokenAsideAsync(table, cancellationToken) is { } broken)
            context.Warn(new(RepairCommand.PutAsideText(broken), "delete that file when you do not need it any more"));
    }
}

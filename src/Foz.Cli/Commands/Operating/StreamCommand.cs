using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Streams;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz stream</c>: streams that read a log of changes.</summary>
static class StreamCommand
{
    public const string Name = "stream";

    static readonly IReadOnlyList<ResultColumn> columns =
    [
        new("source"), new("stream"), new("state"), new("rows"), new("changed", IsTime: true), new("unread_bytes"),
        new("kept_bytes"), new("held"), new("position"), new("reason"),
    ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "List streams of changes, compare them with their sources, stop and start them",
        ["foz stream ls", "foz stream compare orders", "foz stream resume bronze.orders", "foz stream reset shop"])
    {
        List(context), StreamCompareCommand.Create(context), Stop(context), Start(context), Resume(context),
        Snapshot(context), Reset(context),
    };

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List streams of mode cdc: how far they are, and what their sources keep for them",
            ["foz stream ls", "foz stream ls -o json"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            var streams = await new StreamService(workspace.Lake, project).ListAsync(cancellationToken);
            context.WriteRows(arguments, columns, streams.Select(stream => (object?[])
            [
                stream.Source.Name, stream.Stream.Definition.Name, stream.State, stream.Rows,
                FiringText.Of(stream.ChangedAt), stream.Lag?.UnreadBytes, stream.Lag?.RetainedBytes, stream.RowsHeld,
                stream.Position, context.Mask(stream.Reason ?? ""),
            ]));
        });
        return command;
    }

    static ExampleCommand Resume(CommandContext context)
    {
        var table = new Argument<string>("table") { Description = "The bronze table, as schema.table" };
        var command = new ExampleCommand(
            "resume", "Bring the held changes of a table that stands still into it, after you mended it",
            ["foz stream resume bronze.orders"]) { table };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            var name = TableName.Parse(arguments.GetRequiredValue(table));
            await new StreamService(workspace.Lake, project).ResumeAsync(name, cancellationToken);
            context.Shell.Out.WriteLine(
                $"{name} goes on: by the next run, or within a minute by the host that follows its source");
        });
        return command;
    }

    static ExampleCommand Snapshot(CommandContext context)
    {
        var table = new Argument<string>("table") { Description = "The bronze table, as schema.table" };
        var command = new ExampleCommand(
            "snapshot", "Copy a table again while its changes, and those of all other tables, are read on",
            ["foz stream snapshot bronze.orders"]) { table };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            var name = TableName.Parse(arguments.GetRequiredValue(table));
            await new StreamService(workspace.Lake, project).SnapshotAsync(name, cancellationToken);
            context.Shell.Out.WriteLine(
                $"{name} is copied again: by the next run, or within a minute by the host that follows its source");
        });
        return command;
    }

    static ExampleCommand Stop(CommandContext context) => OfSource(
        context, "stop", "Stop reading a source, also by hosts, until it is started; its log is kept meanwhile",
        async (streams, source, cancellationToken) => await streams.StopAsync(source, cancellationToken)
            ? $"{source} is stopped: a host that follows it ends within a minute. The source keeps its log meanwhile"
            : $"{source} was stopped before");

    static ExampleCommand Start(CommandContext context) => OfSource(
        context, "start", "Read a source again from where it was stopped",
        async (streams, source, cancellationToken) => await streams.StartAsync(source, cancellationToken)
            ? $"{source} goes on: by the next run, or within a minute by the host that follows it"
            : $"{source} was not stopped");

    static ExampleCommand Reset(CommandContext context) => OfSource(
        context, "reset",
        "Read a source from the beginning: the next run copies all of its tables, and changes follow from then on",
        async (streams, source, cancellationToken) =>
        {
            await streams.ResetAsync(source, cancellationToken);
            return $"{source} is read from the beginning: by the next run, or within a minute by the host that "
                + "follows it";
        });

    static ExampleCommand OfSource(
        CommandContext context, string name, string description,
        Func<StreamService, string, CancellationToken, Task<string>> run)
    {
        var source = new Argument<string>("source") { Description = "The source" };
        var command = new ExampleCommand(name, description, [$"foz stream {name} shop"]) { source };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            context.Shell.Out.WriteLine(
                await run(
                    new(workspace.Lake, project), arguments.GetRequiredValue(source), cancellationToken));
        });
        return command;
    }
}

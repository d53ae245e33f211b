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

    const string SourceOrModel = "The source, or the model as schema.table";

    static readonly IReadOnlyList<ResultColumn> columns =
    [
        new("source"), new("stream"), new("state"), new("trigger"), new("rows"), new("changed", IsTime: true),
        new("unread_bytes"), new("kept_bytes"), new("held"), new("position"), new("reason"),
    ];

    public static Command Create(CommandContext context) => new ExampleCommand(
        Name, "List streams of changes, compare them with their sources, stop and start them",
        ["foz stream ls", "foz stream compare orders", "foz stream resume bronze.orders", "foz stream reset shop"])
    {
        List(context), StreamCompareCommand.Create(context), Stop(context), Start(context), Resume(context),
        Snapshot(context), Reset(context), Forget(context),
    };

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List streams of mode cdc, what their sources keep, and models that follow them",
            ["foz stream ls", "foz stream ls -o json"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            await SourceWarnings.WriteAsync(context, workspace, project, cancellationToken);
            var service = new StreamService(workspace.Lake, project);
            var streams = await service.ListAsync(cancellationToken);
            var models = await service.ListModelsAsync(cancellationToken);
            var hasHost = await HostNote.FindAsync(workspace, cancellationToken) is not null;
            context.WriteRows(
                arguments, columns, streams.Select(stream => RowOf(context, stream))
                    .Concat(models.Select(model => RowOf(model, hasHost))));
        });
        return command;
    }

    static object?[] RowOf(CommandContext context, StreamStatus stream) =>
    [
        stream.Source.Name, stream.Stream.Definition.Name, stream.State, null, stream.Rows,
        FiringText.Of(stream.ChangedAt), stream.Lag?.UnreadBytes, stream.Lag?.RetainedBytes, stream.RowsHeld,
        stream.Position, context.Mask(stream.Reason ?? ""),
    ];

    static object?[] RowOf(FollowedModel model, bool hasHost) =>
    [
        null, $"{model.Model.Name}", model.IsStopped ? "stopped" : hasHost ? "followed" : "idle",
        model.Model.Trigger?.ToString(), model.Rows, FiringText.Of(model.ChangedAt), null, null, null, null,
        model.IsStopped ? $"foz stream start {model.Model.Name} goes on; runs make it meanwhile" : "",
    ];

    static ExampleCommand Forget(CommandContext context)
    {
        var source = new Argument<string>("source") { Description = "The source" };
        var command = new ExampleCommand(
            "forget", "Forget how far a source was read that has no streams of mode cdc any more; its tables stay",
            ["foz stream forget shop"]) { source };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var (project, _) = await workspace.LoadKnownProjectAsync(context, cancellationToken);
            var name = arguments.GetRequiredValue(source);
            await new LeftSources(workspace.Lake, project).ForgetAsync(name, cancellationToken);
            context.Shell.Out.WriteLine($"{name} is forgotten; its tables stay");
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

    static ExampleCommand Stop(CommandContext context) => Of(
        context, "stop", SourceOrModel, "Stop reading a source, or making a model after changes, until it is started",
        async (streams, name, cancellationToken) => (
            await streams.StopAsync(name, cancellationToken), streams.FindModel(name) is not null) switch
        {
            (false, _) => $"{name} was stopped before",
            (true, true) => $"{name} is stopped: only runs and schedules make it, on a host within 15 seconds",
            _ => $"{name} is stopped: a host that follows it ends within a minute. The source keeps its log meanwhile",
        });

    static ExampleCommand Start(CommandContext context) => Of(
        context, "start", SourceOrModel, "Read a source again from where it was stopped, or let a model follow again",
        async (streams, name, cancellationToken) => (
            await streams.StartAsync(name, cancellationToken), streams.FindModel(name) is not null) switch
        {
            (false, _) => $"{name} was not stopped",
            (true, true) => $"{name} is started: a host makes it after changes of its input, within 15 seconds",
            _ => $"{name} goes on: by the next run, or within a minute by the host that follows it",
        });

    static ExampleCommand Reset(CommandContext context) => Of(
        context, "reset", "The source",
        "Read a source from the beginning: the next run copies all of its tables, and changes follow from then on",
        async (streams, source, cancellationToken) =>
        {
            await streams.ResetAsync(source, cancellationToken);
            return $"{source} is read from the beginning: by the next run, or within a minute by the host that "
                + "follows it";
        });

    static ExampleCommand Of(
        CommandContext context, string name, string argument, string description,
        Func<StreamService, string, CancellationToken, Task<string>> run)
    {
        var source = new Argument<string>("name") { Description = argument };
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

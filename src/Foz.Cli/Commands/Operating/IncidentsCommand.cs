using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations.Incidents;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz incidents</c>: what is broken, and who takes care of it.</summary>
static class IncidentsCommand
{
    public const string Name = "incidents";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("incident"), new("severity"), new("what"), new("since", IsTime: true), new("blocks", IsNumber: true),
        new("state"),
    ];

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "List incidents, and take care of them",
            ["foz incidents", "foz incidents show 3f2a1", "foz incidents ack 3f2a1"])
        {
            List(context), Show(context),
            Change(
                context, "ack", "Take care of an incident: its messages are not repeated", text: null,
                static (service, change) => service.AcknowledgeAsync(change.Id, change.User, change.Cancel)),
            Change(
                context, "assign", "Give an incident to a user", "user",
                static (service, change) => service.AssignAsync(change.Id, change.User, change.Text, change.Cancel)),
            Change(
                context, "comment", "Write a comment on an incident", "comment",
                static (service, change) => service.CommentAsync(change.Id, change.User, change.Text, change.Cancel)),
            Change(
                context, "resolve", "Close an incident by hand", text: null,
                static (service, change) => service.ResolveAsync(
                    change.Id, change.User, comment: null, change.Cancel)),
        };
        command.SetAction((arguments, cancellationToken) => ListAsync(context, arguments, false, cancellationToken));
        return command;
    }

    static ExampleCommand List(CommandContext context)
    {
        var all = new Option<bool>("--all") { Description = "Those that were resolved lately too" };
        var command = new ExampleCommand(
            "ls", "List open incidents", ["foz incidents ls", "foz incidents ls --all --output json"]) { all };
        command.SetAction((arguments, cancellationToken) =>
            ListAsync(context, arguments, arguments.GetValue(all), cancellationToken));
        return command;
    }

    static async Task ListAsync(
        CommandContext context, ParseResult arguments, bool isAll, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        var incidents = (await new IncidentService(workspace.Lake, workspace.File).ListAsync(cancellationToken))
            .Where(incident => isAll || incident.IsOpen).ToList();
        if (incidents.Count == 0 && context.IsTable(arguments))
        {
            context.Shell.Out.WriteLine("no incident is open");
            return;
        }
        context.WriteRows(arguments, Columns, incidents.Select(incident => (object?[])
        [
            incident.Id, incident.Severity.ToString().ToLowerInvariant(), context.Mask(IncidentText.What(incident)),
            FiringText.Of(incident.Since), incident.BlocksCount, IncidentText.Who(incident),
        ]));
    }

    static ExampleCommand Show(CommandContext context)
    {
        var id = Id();
        var command = new ExampleCommand(
            "show", "Show an incident: what broke, what it blocks, who did what",
            ["foz incidents show 3f2a1"]) { id };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var incident = await new IncidentService(workspace.Lake, workspace.File)
                .FindAsync(arguments.GetValue(id)!, cancellationToken);
            var now = context.Shell.Clock.GetUtcNow();
            var output = context.Shell.Out;
            output.WriteLine(context.Mask(IncidentText.Line(incident, now)));
            Write("opened", FiringText.Of(incident.OpenedAt));
            Write("resolved", FiringText.Of(incident.ResolvedAt));
            Write("owners", string.Join(", ", incident.Owners));
            Write("run", incident.RunId);
            Write("acknowledged", incident.AcknowledgedBy);
            Write("assigned", incident.AssignedTo);
            Write("messages to", string.Join(", ", incident.Notes.Keys.Order(StringComparer.Ordinal)));
            foreach (var member in incident.Members) Write("broken", $"{member.Subject}: {member.Text}");
            Write(
                "blocks", incident.BlocksCount == 0 ? null
                    : string.Join(", ", incident.Blocks)
                        + (incident.BlocksCount > incident.Blocks.Count
                            ? $" and {incident.BlocksCount - incident.Blocks.Count} more" : ""));
            foreach (var comment in incident.Comments)
                Write("comment", $"{comment.By}, {Duration.Describe(now - comment.At)} ago: {comment.Text}");
            Write("command", incident.Command);

            void Write(string name, string? value)
            {
                if (!string.IsNullOrEmpty(value)) output.WriteLine($"  {name}: {context.Mask(value)}");
            }
        });
        return command;
    }

    static ExampleCommand Change(
        CommandContext context, string name, string description, string? text,
        Func<IncidentService, IncidentChange, Task<Incident>> change)
    {
        var id = Id();
        var value = text is null ? null : new Argument<string>(text) { Description = $"The {text}" };
        var example = text switch
        {
            null => "",
            "user" => " ana",
            _ => " 'the source was down'",
        };
        var command = new ExampleCommand(name, description, [$"foz incidents {name} 3f2a1{example}"])
        {
            id,
        };
        if (value is not null) command.Add(value);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var incident = await change(
                new(workspace.Lake, workspace.File),
                new(arguments.GetValue(id)!, Environment.UserName, value is null ? "" : arguments.GetValue(value)!,
                    cancellationToken));
            context.Shell.Out.WriteLine(
                context.Mask(IncidentText.Line(incident, context.Shell.Clock.GetUtcNow())));
        });
        return command;
    }

    static Argument<string> Id() => new("incident")
    {
        Description = "The incident's id, or the beginning or end of it",
    };

    /// <summary>What a user wants of an incident.</summary>
    readonly record struct IncidentChange(string Id, string User, string Text, CancellationToken Cancel);
}

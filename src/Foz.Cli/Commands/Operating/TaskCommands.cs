using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Connectors.Processes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Hosting;
using Foz.Operations.Tasks;

namespace Foz.Cli.Commands.Operating;

/// <summary>The commands of <c>foz schedule</c> for the tasks of a run.</summary>
static class TaskCommands
{
    const int FailedExitCode = 1;

    static readonly IReadOnlyList<ResultColumn> columns =
    [
        new("task"), new("kind"), new("state"), new("attempts", IsNumber: true), new("started", IsTime: true),
        new("ended", IsTime: true), new("remark"), new("after"), new("outputs", IsJson: true),
    ];

    static Argument<string> Run(string description) => new("run") { Description = description };

    /// <summary>Creates all of them.</summary>
    public static IEnumerable<Command> Create(CommandContext context) =>
    [
        Show(context),
        Decide(
            context, "approve", "Approve a task that waits for a person", TaskVerdict.Approved,
            "foz schedule approve nightly check --comment 'as in the report'"),
        Decide(
            context, "reject", "Reject a task that waits for a person: it fails", TaskVerdict.Rejected,
            "foz schedule reject nightly check --comment 'rows are missing'"),
        Resolve(context),
        Link(context),
    ];

    static ExampleCommand Show(CommandContext context)
    {
        var run = Run("A run of a schedule (foz status shows them), or a schedule: its newest run");
        var command = new ExampleCommand(
            "show", "Show the tasks of a run: exits with 1 where one failed, or is unknown",
            ["foz schedule show nightly", "foz schedule show nightly@20261124T060000 --output json"]) { run };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var firing = await FindAsync(workspace, arguments.GetRequiredValue(run), cancellationToken);
            var tasks = await TasksOfAsync(workspace, firing, cancellationToken);
            if (context.IsTable(arguments))
            {
                var now = context.Shell.Clock.GetUtcNow();
                var host = await HostNote.FindAsync(workspace, cancellationToken);
                context.Shell.Out.WriteLine(
                    $"{context.Shell.Styled(Style.Bold, firing.Id)}  {FiringText.Of(firing, host is not null)}  "
                        + FiringText.Length(firing, now));
                new TaskDisplay(context.Shell, now).Write(tasks);
                foreach (var hint in HintsOf(firing, tasks))
                    context.Shell.Out.WriteLine(context.Shell.Styled(Style.Dim, hint));
            }
            else context.WriteRows(arguments, columns, tasks.Tasks.Select(RowOf));
            return tasks.Tasks.Any(task => task.HasFailed || task.State is TaskState.Unknown) ? FailedExitCode : 0;
        });
        return command;
    }

    static ExampleCommand Decide(
        CommandContext context, string name, string description, TaskVerdict verdict, string example)
    {
        var (run, task, comment) = (
            Run("The run, or its schedule: the newest run"), Task(), Comment());
        var command = new ExampleCommand(name, description, [example]) { run, task, comment };
        command.SetAction((arguments, cancellationToken) => DecideAsync(
            context, arguments,
            (arguments.GetRequiredValue(run), arguments.GetRequiredValue(task), verdict, arguments.GetValue(comment)),
            cancellationToken));
        return command;
    }

    static ExampleCommand Resolve(CommandContext context)
    {
        var (run, task, comment) = (
            Run("The run, or its schedule: the newest run"), Task(), Comment());
        var (succeeded, failed, again) = (
            new Option<bool>("--succeeded") { Description = "It had succeeded: what is after it goes on" },
            new Option<bool>("--failed") { Description = "It had failed" },
            new Option<bool>("--again") { Description = "Run it again" });
        var command = new ExampleCommand(
            "resolve", "Say how a task ended whose host ended while it ran",
            ["foz schedule resolve nightly upload --succeeded", "foz schedule resolve nightly upload --again"])
        {
            run, task, succeeded, failed, again, comment,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            TaskVerdict[] verdicts =
            [
                .. arguments.GetValue(succeeded) ? [TaskVerdict.Succeeded] : Array.Empty<TaskVerdict>(),
                .. arguments.GetValue(failed) ? [TaskVerdict.Failed] : Array.Empty<TaskVerdict>(),
                .. arguments.GetValue(again) ? [TaskVerdict.Again] : Array.Empty<TaskVerdict>(),
            ];
            if (verdicts is not [var verdict])
                throw new FozException(
                    ErrorKind.Usage, "foz schedule resolve needs one of --succeeded, --failed and --again");
            return DecideAsync(
                context, arguments,
                (arguments.GetRequiredValue(run), arguments.GetRequiredValue(task), verdict,
                    arguments.GetValue(comment)),
                cancellationToken);
        });
        return command;
    }

    static ExampleCommand Link(CommandContext context)
    {
        var (run, task) = (Run("The run, or its schedule: the newest run"), Task());
        var person = new Option<string>("--to")
        {
            Description = "The user who decides, or group:name: who has the link acts as that", HelpName = "user",
            Required = true,
        };
        var within = new Option<string>("--within")
        {
            Description = "How long the link holds", HelpName = "time", DefaultValueFactory = _ => "1d",
        };
        var url = new Option<string>("--url")
        {
            Description = "Where people reach the HTTP port of the host", HelpName = "address",
            DefaultValueFactory = _ => "http://localhost:8080",
        };
        var command = new ExampleCommand(
            "link", "Create a link by which a person approves or rejects a task",
            ["foz schedule link nightly check --to ana --url https://foz.example.com"])
        {
            run, task, person, within, url,
        };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            if (!Duration.TryParse(arguments.GetValue(within)!, out var length))
                throw CommandContext.Unreadable("--within", arguments.GetValue(within)!, "write 12h or 2d");
            if (!Uri.TryCreate(arguments.GetValue(url), UriKind.Absolute, out var host)
                || host.Scheme is not ("http" or "https"))
                throw CommandContext.Unreadable("--url", arguments.GetValue(url)!, "write https://foz.example.com");
            var firing = await FindAsync(workspace, arguments.GetRequiredValue(run), cancellationToken);
            var name = arguments.GetRequiredValue(task);
            await new TaskService(workspace.Lake, workspace.File).GetAsync(firing.Id, name, cancellationToken);
            var links = await SignedLinks.OpenAsync(
                workspace.Lake, workspace.File.Variables[SignedLinks.Variable], cancellationToken);
            context.Shell.Out.WriteLine(links.AddressOf(host, new()
            {
                Purpose = LinkPurposes.Approval, About = [firing.Id, name], To = arguments.GetRequiredValue(person),
                Expires = context.Shell.Clock.GetUtcNow() + length,
            }));
        });
        return command;
    }

    static Argument<string> Task() => new("task") { Description = "The task" };

    static Option<string?> Comment() => new("--comment")
    {
        Description = "What is noted with the decision", HelpName = "text",
    };

    static async Task DecideAsync(
        CommandContext context, ParseResult arguments,
        (string Run, string Task, TaskVerdict Verdict, string? Comment) what, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Open(context, arguments, Workload.Query);
        var firing = await FindAsync(workspace, what.Run, cancellationToken);
        await TasksOfAsync(workspace, firing, cancellationToken);
        await new TaskService(workspace.Lake, workspace.File).DecideAsync(
            (firing.Id, what.Task), what.Verdict,
            (Environment.UserName, await GroupsAsync(context, cancellationToken)), what.Comment, cancellationToken);
        context.Shell.Out.WriteLine($"{what.Task} of {firing.Id}: {what.Verdict.ToString().ToLowerInvariant()}");
        if (await HostNote.FindAsync(workspace, cancellationToken) is null)
            context.Warn(new(HostNote.Missing, "the next one goes on"));
    }

    /// <summary>Returns the groups of the user in the operating system; none where it does not say them.</summary>
    static async Task<IReadOnlyList<string>> GroupsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) return [];
        await using var process = ChildProcess.Start(
            new()
            {
                Program = "id", Arguments = ["-Gn"], Folder = context.Shell.Folder, OutputIsData = true,
                Timeout = TimeSpan.FromSeconds(10),
            },
            context.Shell.Clock);
        var lines = await process.ReadLinesAsync(cancellationToken).ToListAsync(cancellationToken);
        return [.. lines.SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    /// <summary>Finds a run by its name, or the newest of a schedule that began.</summary>
    public static async Task<Firing> FindAsync(
        Workspace workspace, string asked, CancellationToken cancellationToken)
    {
        var found = await new ScheduleService(workspace.Lake, workspace.File).FindFiringsAsync(
            firing => firing.Id == asked || firing.Schedule == asked, int.MaxValue, cancellationToken);
        return found.FirstOrDefault(firing => firing.Attempts > 0) ?? (found is [var newest, ..] ? newest : null)
            ?? throw new FozException(ErrorKind.NotFound, $"there is no run '{asked}'")
            {
                Hint = "foz status shows the runs of schedules",
            };
    }

    static async Task<FiringTasks> TasksOfAsync(
        Workspace workspace, Firing firing, CancellationToken cancellationToken) =>
        await new TaskService(workspace.Lake, workspace.File).FindAsync(firing.Id, cancellationToken)
        ?? throw new FozException(
            ErrorKind.NotFound, firing.Attempts > 0 && !firing.HasTasks
                ? $"{firing.Id} has no tasks: its schedule runs a command"
                : $"{firing.Id} has not begun yet")
        {
            Hint = firing.Attempts > 0 ? $"foz logs {firing.Id}" : null,
        };

    static IEnumerable<string> HintsOf(Firing firing, FiringTasks tasks)
    {
        foreach (var task in tasks.Tasks)
            if (task.State is TaskState.Unknown)
                yield return $"foz schedule resolve {firing.Id} {task.Name} --succeeded | --failed | --again";
            else if (task.State is TaskState.Approval)
                yield return $"foz schedule approve {firing.Id} {task.Name}";
            else if (task is { State: TaskState.Failed or TaskState.TimedOut, IsReused: false }
                && task.Kind is not ("approval" or "wait_for"))
                yield return $"foz logs {firing.Id} {task.Name}";
        if (firing.HasFailed && tasks.Tasks.FirstOrDefault(task => task.HasFailed) is { } first)
            yield return $"foz schedule run {firing.Id} --from {first.Name}";
    }

    static object?[] RowOf(TaskRecord task) =>
    [
        task.Name, task.Kind, TaskService.Words(task.State), task.Attempts, FiringText.Of(task.StartedAt),
        FiringText.Of(task.EndedAt), task.Reason ?? "", string.Join(", ", task.After),
        System.Text.Json.JsonSerializer.Serialize(task.Outputs),
    ];
}

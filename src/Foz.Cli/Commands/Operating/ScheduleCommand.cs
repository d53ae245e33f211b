using System.CommandLine;
using System.Globalization;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz schedule</c>: what runs when, and running it now.</summary>
static class ScheduleCommand
{
    public const string Name = "schedule";

    const int NextMax = 10_000;

    static readonly IReadOnlyList<ResultColumn> ListColumns =
    [
        new("schedule"), new("due"), new("runs"), new("next", IsTime: true), new("last"), new("state"),
    ];

    static readonly IReadOnlyList<ResultColumn> NextColumns = [new("due", IsTime: true), new("local"), new("schedule")];

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "List schedules, and pause, resume or run them",
            ["foz schedule ls", "foz schedule next nightly --count 5", "foz schedule run nightly"])
        {
            List(context), Next(context), Pause(context, isPaused: true), Pause(context, isPaused: false),
            Run(context), ScheduleBackfillCommand.Create(context),
        };
        foreach (var own in TaskCommands.Create(context)) command.Add(own);
        return command;
    }

    static ExampleCommand List(CommandContext context)
    {
        var command = new ExampleCommand(
            "ls", "List schedules: when they are due next, and how they ended", ["foz schedule ls"]);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var service = new ScheduleService(workspace.Lake, workspace.File);
            var errors = new ErrorList();
            var statuses = await service.ListAsync(
                await KnownSchedules.ReadAsync(context, workspace, errors, cancellationToken), cancellationToken);
            var hasHost = await HostNote.FindAsync(workspace, cancellationToken) is not null;
            context.WriteRows(arguments, ListColumns, statuses.Select(status => (object?[])
            [
                status.Schedule.Name, status.Schedule.Trigger.Text, FiringText.Of(status.Schedule),
                FiringText.Of(status.Next), FiringText.LastOf(status, hasHost, context.Shell.Clock.GetUtcNow()),
                FiringText.StateOf(status, hasHost),
            ]));
            errors.ThrowIfAny();
        });
        return command;
    }

    static ExampleCommand Next(CommandContext context)
    {
        var names = Names("The schedules (default: all)", ArgumentArity.ZeroOrMore);
        var count = new Option<int>("--count")
        {
            Description = "How many times of each", HelpName = "number", DefaultValueFactory = _ => 5,
        };
        var command = new ExampleCommand(
            "next", "Show when schedules are due next",
            ["foz schedule next", "foz schedule next nightly --count 20"]) { names, count };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var service = new ScheduleService(workspace.Lake, workspace.File);
            if (arguments.GetValue(count) is not (> 0 and <= NextMax and var times))
                throw CommandContext.Unreadable(
                    "--count", $"{arguments.GetValue(count)}", $"1 to {NextMax}");
            var rows = from schedule in await KnownSchedules.FindAsync(
                           context, workspace, arguments.GetValue(names), cancellationToken)
                       from due in service.NextTimes(schedule, times)
                       orderby due
                       select (object?[])[FiringText.Of(due), Local(due, schedule), schedule.Name];
            context.WriteRows(arguments, NextColumns, rows);
        });
        return command;
    }

    static ExampleCommand Pause(CommandContext context, bool isPaused)
    {
        var names = Names("The schedules, or backfills", ArgumentArity.ZeroOrMore);
        var all = new Option<bool>("--all") { Description = "All schedules" };
        var word = isPaused ? "pause" : "resume";
        var command = new ExampleCommand(
            word,
            isPaused
                ? "Keep schedules from starting; times that pass meanwhile are not run"
                : "Let paused schedules start again, from their next time on",
            [$"foz schedule {word} nightly", $"foz schedule {word} --all"]) { names, all };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var asked = arguments.GetValue(names) ?? [];
            if (asked.Length == 0 != arguments.GetValue(all))
                throw new FozException(ErrorKind.Usage, $"foz schedule {word} needs schedules, or --all");
            var service = new ScheduleService(workspace.Lake, workspace.File);
            var change = isPaused ? BackfillChange.Pause : BackfillChange.Resume;
            var schedules = new List<string>();
            foreach (var name in asked)
                if (await service.ChangeBackfillAsync(name, change, cancellationToken))
                    context.Shell.Out.WriteLine($"{name} is {word}d");
                else schedules.Add(name);
            if (schedules.Count == 0 && asked.Length > 0) return;
            var chosen = await KnownSchedules.FindAsync(context, workspace, schedules, cancellationToken);
            await service.PauseAsync(chosen, isPaused, cancellationToken);
            foreach (var schedule in chosen) context.Shell.Out.WriteLine($"{schedule.Name} is {word}d");
        });
        return command;
    }

    static ExampleCommand Run(CommandContext context)
    {
        var names = Names(
            "The schedules; with --from one schedule (its newest run), or one of its runs", ArgumentArity.OneOrMore);
        var from = new Option<string[]>("--from")
        {
            Description = "Run an ended run again from these tasks on", HelpName = "task",
            AllowMultipleArgumentsPerToken = true,
        };
        var wait = new Option<bool>("--wait")
        {
            Description = "Wait for the end: exits with 1 where a run failed, or the end of a task is unknown",
        };
        var command = new ExampleCommand(
            "run", "Have schedules run now by the host of the project (foz serve)",
            [
                "foz schedule run nightly", "foz logs nightly --follow", "foz schedule run nightly --from load",
                "foz schedule run nightly@20261124T060000 --from load", "foz schedule run nightly --wait",
            ]) { names, from, wait };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var service = new ScheduleService(workspace.Lake, workspace.File);
            var made = arguments.GetValue(from) is { Length: > 0 } tasks
                ? await AgainAsync(context, workspace, arguments.GetValue(names) ?? [], tasks, cancellationToken)
                : await service.FireAsync(
                    await KnownSchedules.FindAsync(context, workspace, arguments.GetValue(names), cancellationToken),
                    again: null, from: [], cancellationToken);
            foreach (var firing in made) context.Shell.Out.WriteLine(firing.Id);
            if (await HostNote.FindAsync(workspace, cancellationToken) is null)
                context.Warn(new(HostNote.Missing, "foz serve starts what waits"));
            return arguments.GetValue(wait) ? await WaitAsync(context, service, made, cancellationToken) : 0;
        });
        return command;
    }

    /// <summary>Waits until runs have ended, or one waits for a person to say how a task ended.</summary>
    /// <returns>The exit code.</returns>
    static async Task<int> WaitAsync(
        CommandContext context, ScheduleService service, IReadOnlyList<Firing> made,
        CancellationToken cancellationToken)
    {
        var names = made.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
        while (true)
        {
            var now = await service.FindFiringsAsync(
                firing => names.Contains(firing.Id), int.MaxValue, cancellationToken);
            if (now.Count == names.Count && now.All(firing => firing.HasEnded || firing.Unknown is not null))
            {
                foreach (var firing in now)
                    context.Shell.Out.WriteLine(
                        $"{firing.Id} {FiringText.Of(firing, hasHost: true)}"
                            + (firing.Reason is { } reason ? $": {context.Mask(reason)}" : ""));
                return now.All(firing => firing.State is FiringState.Succeeded) ? 0 : 1;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(500), context.Shell.Clock, cancellationToken);
        }
    }

    static async Task<IReadOnlyList<Firing>> AgainAsync(
        CommandContext context, Workspace workspace, string[] names, string[] from,
        CancellationToken cancellationToken)
    {
        if (names is not [var name])
            throw new FozException(ErrorKind.Usage, "--from is for one schedule, or one of its runs");
        var origin = await TaskCommands.FindAsync(workspace, name, cancellationToken);
        var chosen = await KnownSchedules.FindAsync(context, workspace, [origin.Schedule], cancellationToken);
        if (chosen is not [{ Tasks: { } graph }])
            throw new FozException(ErrorKind.Usage, $"{origin.Schedule} has no tasks: --from names one");
        await new TaskService(workspace.Lake, workspace.File)
            .CheckAgainAsync(origin, graph, from, cancellationToken);
        return await new ScheduleService(workspace.Lake, workspace.File)
            .FireAsync(chosen, origin, from, cancellationToken);
    }

    static Argument<string[]> Names(string description, ArgumentArity arity) =>
        new("schedules") { Description = description, Arity = arity };

    static string Local(DateTimeOffset due, ScheduleDefinition schedule) =>
        schedule.Trigger is ScheduleTrigger.Cron { TimeZone: var zone }
            ? TimeZoneInfo.ConvertTime(due, zone).ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)
            : "";
}

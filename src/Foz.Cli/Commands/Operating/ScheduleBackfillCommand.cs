using System.CommandLine;
using System.Globalization;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Schedules;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz schedule backfill</c>: runs a schedule for each interval of a time, beside its own times.</summary>
static class ScheduleBackfillCommand
{
    const int PerRunMax = 100_000;

    static readonly Dictionary<string, BatchSize> sizes = new(StringComparer.Ordinal)
    {
        ["hour"] = BatchSize.Hour, ["day"] = BatchSize.Day, ["month"] = BatchSize.Month, ["year"] = BatchSize.Year,
    };

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("schedule") { Description = "The schedule" };
        var from = new Option<string>("--from", "--start")
        {
            Description = "Start of the intervals, in UTC: 2026-01-31", HelpName = "time", Required = true,
        };
        var to = new Option<string?>("--to", "--end")
        {
            Description = "End of the intervals, exclusive (default: now)", HelpName = "time",
        };
        var interval = new Option<string?>("--interval")
        {
            Description = "Length of an interval: hour, day, month or year (default: the models' longest, else day)",
            HelpName = "length",
        };
        interval.AcceptOnlyFromAmong([.. sizes.Keys]);
        var perRun = Number("--per-run", "How many intervals a run is of");
        var parallel = Number("--parallel", "How many of its runs work at once");
        var command = new ExampleCommand(
            "backfill", "Run a schedule for each interval of a time, below all others in priority",
            [
                "foz schedule backfill nightly --from 2025-01-01 --to 2026-01-01",
                "foz schedule backfill nightly --from 2020-01-01 --per-run 30 --parallel 2",
            ])
        { name, from, to, interval, perRun, parallel };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var schedule = (await KnownSchedules.FindAsync(
                context, workspace, [arguments.GetRequiredValue(name)], cancellationToken))[0];
            var request = new BackfillRequest(
                CommandContext.InstantOf(from.Name, arguments.GetRequiredValue(from)),
                arguments.GetValue(to) is { } end
                    ? CommandContext.InstantOf(to.Name, end)
                    : context.Shell.Clock.GetUtcNow(),
                arguments.GetValue(interval) is { } size
                    ? sizes[size]
                    : SizeOf((await workspace.TryLoadProjectAsync(context, cancellationToken) as ProjectResult.Loaded)
                        ?.Project))
            {
                PerRun = Checked(arguments, perRun, PerRunMax),
                RunsMax = Checked(arguments, parallel, ProjectSchedules.BackfillRunsMax),
            };
            CheckIntervals(context, schedule);
            var made = await new ScheduleService(workspace.Lake, workspace.File)
                .BackfillAsync(schedule, request, cancellationToken);
            context.Shell.Out.WriteLine(made.Id);
            context.Shell.Error.WriteLine(
                $"{RunText.Count(made.Count, "run", "runs")} for {made.Time}; foz status shows how far it is");
            if (await HostNote.FindAsync(workspace, cancellationToken) is null)
                context.Warn(new(HostNote.Missing, "foz serve starts what waits"));
        });
        return command;
    }

    /// <exception cref="FozException">Thrown when the schedule's command takes no intervals.</exception>
    static void CheckIntervals(CommandContext context, ScheduleDefinition schedule)
    {
        var reason = schedule.Tasks is not null
            ? "it has tasks"
            : context.Check([.. schedule.Command, "--start", "2026-01-01", "--end", "2026-01-02"])?.Message;
        if (reason is not null)
            throw new FozException(ErrorKind.Usage, $"schedule '{schedule.Name}' takes no intervals: {reason}")
            {
                Hint = "a schedule whose command is run or build does",
            };
    }

    static BatchSize SizeOf(Project? project) => project?.Models
        .Select(model => model.Materialization.Strategy).OfType<IncrementalStrategy.Microbatch>()
        .Select(strategy => (BatchSize?)strategy.BatchSize).Max() ?? BatchSize.Day;

    static Option<int> Number(string name, string description) => new(name)
    {
        Description = description, HelpName = "number", DefaultValueFactory = _ => 1,
    };

    static int Checked(ParseResult arguments, Option<int> option, int max) =>
        arguments.GetValue(option) is var number && number >= 1 && number <= max
            ? number
            : throw CommandContext.Unreadable(
                option.Name, number.ToString(CultureInfo.InvariantCulture), $"1 to {max}");
}

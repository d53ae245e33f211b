using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Operations;
using Foz.Operations.Alerts;
using Foz.Operations.Firings;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;
using Foz.Streams;

namespace Foz.Cli.Commands.Operating;

/// <summary><c>foz status</c>: what runs, what is late and what is broken, in one screen.</summary>
static class StatusCommand
{
    public const string Name = "status";

    const int FiringsShown = 12;
    const int BatchesRead = 2000;
    const int IncidentsShown = 20;

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("run"), new("state"), new("took"), new("attempts", IsNumber: true), new("remark"),
        new("due", IsTime: true), new("revision"),
    ];

    static readonly TimeSpan backfillsShown = TimeSpan.FromDays(1);
    static readonly TimeSpan diskShown = TimeSpan.FromDays(60);

    // A run's name tells its due time, and must not be cut.
    static readonly IReadOnlyList<ResultColumn> shown = [.. Columns.SkipLast(2)];

    public static Command Create(CommandContext context)
    {
        var count = new Option<int>("--count")
        {
            Description = "How many ended runs to show", HelpName = "number",
            DefaultValueFactory = _ => FiringsShown,
        };
        var command = new ExampleCommand(
            Name, "Show what the host of the project runs, what is late, and what is broken",
            ["foz status", "foz status --count 50", "foz status --output json"]) { count };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var service = new ScheduleService(workspace.Lake, workspace.File);
            var errors = new ErrorList();
            var schedules = await KnownSchedules.ReadAsync(context, workspace, errors, cancellationToken);
            var firings = await service.FindFiringsAsync(static _ => true, BatchesRead, cancellationToken);
            var now = context.Shell.Clock.GetUtcNow();
            var broken = (await service.ListAsync(schedules, cancellationToken))
                .Where(status =>
                    status.Last is { HasFailed: true } or { State: FiringState.Missed }
                        or { Unknown: not null, HasEnded: false })
                .ToList();
            var host = await HostNote.FindAsync(workspace, cancellationToken);
            if (await workspace.Lake.Format.FindAsync(cancellationToken) is null)
                context.Warn(
                    new($"there is no lake in {workspace.Lake.Root}: it is gone, or no run has made it yet"));
            if (await workspace.TryLoadProjectAsync(context, cancellationToken) is ProjectResult.Loaded loaded)
                await SourceWarnings.WriteAsync(context, workspace, loaded.Project, cancellationToken);
            if (context.IsTable(arguments))
            {
                context.Shell.Out.WriteLine(host is null
                    ? context.Shell.Styled(Style.Yellow, $"{HostNote.Missing}: nothing is started (foz serve)")
                    : $"{host.User}@{host.Host} (process {host.ProcessId}) runs {workspace.File.Name} in "
                        + $"{workspace.File.Environment}, since {Duration.Describe(now - host.Since)}");
                if (host is not null) await ShowDiskAsync(context, workspace, now, cancellationToken);
                await ShowIncidentsAsync(context, workspace, now, cancellationToken);
                if (host is not null && await service.FindRevisionAsync(cancellationToken) is { } revision)
                    ShowRevision(context, revision, now);
                await ShowStoppedAsync(context, workspace, cancellationToken);
                foreach (var status in broken)
                    context.Shell.Out.WriteLine(
                        context.Shell.Styled(
                            Style.Red,
                            $"{status.Schedule.Name} {FiringText.LastOf(status, host is not null, now)}"
                                + (status.Last!.HasTasks ? $": foz schedule show {status.Last.Id}"
                                    : status.Last.Attempts > 0 ? $": foz logs {status.Last.Id}" : "")));
            }
            var (open, ended) = (firings.Where(firing => !firing.HasEnded), firings.Where(firing => firing.HasEnded));
            var backfills = (await service.ListBackfillsAsync(cancellationToken))
                .Where(backfill => backfill.EndedAt is not { } end || now - end < backfillsShown);
            var columns = context.IsTable(arguments) ? shown : Columns;
            var rows = backfills.Select(backfill => RowOf(backfill, now))
                .Concat(open.Concat(ended.Take(arguments.GetValue(count)))
                    .Select(firing => RowOf(firing, host is not null, now)))
                .Select(row => row[..columns.Count]).ToList();
            // For people an empty table says less than the lines above.
            if (rows.Count > 0 || !context.IsTable(arguments)) context.WriteRows(arguments, columns, rows);
            errors.ThrowIfAny();
        });
        return command;
    }

    /// <summary>How much room the disk of the lake has, and when it is full if it fills.</summary>
    static async Task ShowDiskAsync(
        CommandContext context, Workspace workspace, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await DiskForecast.ReadAsync(workspace.Lake, cancellationToken) is not { } forecast
            || forecast.FullAt - now > diskShown) return;
        context.Shell.Out.WriteLine(
            context.Shell.Styled(
                forecast.FullAt - now < AlertRule.Filling.Default.Within ? Style.Red : Style.Yellow,
                forecast.Describe(now)));
    }

    /// <summary>The models that no host makes after changes, as a user stopped them.</summary>
    static async Task ShowStoppedAsync(
        CommandContext context, Workspace workspace, CancellationToken cancellationToken)
    {
        foreach (var model in await new StoppedModels(workspace.Lake.Store, workspace.File.Environment)
            .FindAsync(cancellationToken))
            context.Shell.Out.WriteLine(
                context.Shell.Styled(Style.Yellow, $"{model} is stopped: foz stream start {model}"));
    }

    /// <summary>What is broken, since when, who has it; and messages that channels do not take.</summary>
    static async Task ShowIncidentsAsync(
        CommandContext context, Workspace workspace, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var service = new IncidentService(workspace.Lake, workspace.File);
        var open = (await service.ListAsync(cancellationToken)).Where(incident => incident.IsOpen)
            .OrderByDescending(incident => incident.Severity).ThenBy(incident => incident.Since).ToList();
        foreach (var incident in open.Take(IncidentsShown))
            context.Shell.Out.WriteLine(
                context.Shell.Styled(
                    incident.AcknowledgedBy is null ? Style.Red : Style.Yellow,
                    context.Mask(IncidentText.Line(incident, now))));
        if (open.Count > IncidentsShown)
            context.Shell.Out.WriteLine($"and {open.Count - IncidentsShown} more: foz incidents");
        foreach (var channel in (await service.ListWaitingAsync(cancellationToken))
            .Where(message => message.Attempts > 0).GroupBy(message => message.Channel))
            context.Shell.Out.WriteLine(
                context.Shell.Styled(
                    Style.Red,
                    context.Mask(
                        $"channel {channel.Key}: {RunText.Count(channel.Count(), "message waits", "messages wait")} "
                        + $"since {Duration.Describe(now - channel.First().Since)}: {channel.First().Error}")));
    }

    static void ShowRevision(CommandContext context, RevisionNote revision, DateTimeOffset now)
    {
        if (revision.Id is { } id)
            context.Shell.Out.WriteLine($"revision {id[..8]}, since {Duration.Describe(now - revision.TakenAt)}");
        if (revision.Problem is { } problem)
            context.Shell.Out.WriteLine(
                context.Shell.Styled(Style.Red, $"the changed project is not taken: {problem.Split('\n')[0]}"));
    }

    static object?[] RowOf(BackfillStatus backfill, DateTimeOffset now) =>
    [
        backfill.Id, FiringText.StateOf(backfill),
        backfill.EndedAt is { } end ? $"{Duration.Describe(now - end)} ago" : "", null, FiringText.ShareOf(backfill),
        null, null,
    ];

    static object?[] RowOf(Firing firing, bool hasHost, DateTimeOffset now) =>
    [
        firing.Id, FiringText.Of(firing, hasHost), FiringText.Length(firing, now), firing.Attempts,
        firing.Reason ?? firing.Cause ?? "", FiringText.Of(firing.Due),
        firing.Revision,
    ];
}

using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Catalog;
using Foz.Lake.Journal;
using Foz.Operations.Firings;
using Foz.Operations.Hosting;
using Foz.Operations.Schedules;
using Foz.Operations.Scheduling;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Running;
using Foz.Operations.Tasks.Work;
using Foz.Operations.Triggers;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Operations;

/// <summary>The schedules of a project in an environment, for the command line and hosts.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
public sealed class ScheduleService(Lakehouse lake, ProjectFile file)
{
    // What is listed of the past is read from the newest batches.
    const int BatchesReadMax = 2000;

    const int YearsMax = 100;

    /// <summary>How many runs a backfill has at most.</summary>
    public const int BackfillFiringsMax = 100_000;

    readonly ScheduleStateStore states = new(lake.Store, file.Name, file.Environment);
    readonly FiringStore firings = new(lake.Store, file.Name, file.Environment);
    ScheduleLoad lastLoad = ScheduleLoad.None;

    /// <summary>Reads the schedules of a project.</summary>
    /// <param name="file">What <c>foz.yml</c> says.</param>
    /// <param name="errors">Takes what is wrong; the schedules that are right are returned all the same.</param>
    /// <param name="project">The project, whose models may have schedules; null for those of the file alone.</param>
    public static ProjectSchedules Read(ProjectFile file, ErrorList errors, Project? project = null)
    {
        var read = new ScheduleReader(errors)
        {
            Variables = file.Variables, Secrets = file.Secrets, Models = project?.Models ?? [],
        }.Read(file.Scheduler, file.Schedules, file.Environments);
        return project is null
            ? read
            : read with { All = [.. read.All.Where(schedule => CheckStreams(schedule, project, errors))] };
    }

    /// <summary>Creates the job that fires the schedules, for the host that leads.</summary>
    /// <param name="current">Gives the schedules as they are now: the same object while nothing changed.</param>
    /// <param name="project">Gives the current project, for its sources; null where it was not read.</param>
    /// <param name="services">What tasks need of the host.</param>
    /// <param name="report">Takes what an operator should see.</param>
    public IHostJob CreateJob(
        Func<ProjectSchedules> current, Func<Project?> project, TaskServices services, Action<string> report)
    {
        var store = new TaskStore(lake.Store, file.Name, file.Environment);
        var work = new MachineWork(lake, file, store, services);
        var tasks = new TaskRunHost(
            new LakeRunHost(lake, file, new(lake, project, report)),
            new()
            {
                Host = JournalWriter.NewRunId(lake.Clock), Store = store, Work = work, Clock = lake.Clock,
                Project = file.Name, Environment = file.Environment, Report = report,
                Ended = new TaskHistory(lake).AddAsync,
            },
            current, services.Leads);
        return new ScheduleJob(
            lake,
            new(states, firings, tasks, lake.Clock)
            {
                Ended = firing =>
                {
                    report(
                        $"{firing.Id} {firing.State.ToString().ToLowerInvariant()}"
                            + (firing.Reason is { } reason ? $": {reason}" : ""));
                    services.FiringEnded();
                },
            },
            current, tasks)
        {
            Loaded = load => Volatile.Write(ref lastLoad, load),
        };
    }

    /// <summary>Gets how many firings wait and work, as its job last saw it.</summary>
    public ScheduleLoad Load => Volatile.Read(ref lastLoad);

    /// <summary>Returns how each schedule stands, in the order of the file.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<ScheduleStatus>> ListAsync(
        ProjectSchedules schedules, CancellationToken cancellationToken)
    {
        var known = await states.ReadAsync(cancellationToken);
        var newest = new Dictionary<string, Firing>(StringComparer.Ordinal);
        var waiting = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var firing in await FindFiringsAsync(_ => true, BatchesReadMax, cancellationToken))
        {
            if (firing.State is not FiringState.Queued) newest.TryAdd(firing.Schedule, firing);
            else waiting[firing.Schedule] = waiting.GetValueOrDefault(firing.Schedule) + 1;
        }
        return
        [
            .. schedules.All.Select(schedule => new ScheduleStatus(
                schedule, known.Find(schedule.Name)?.PausedBy, NextOf(schedule, known.Find(schedule.Name)),
                newest.GetValueOrDefault(schedule.Name), waiting.GetValueOrDefault(schedule.Name))),
        ];
    }

    /// <summary>Returns the next times of a schedule; empty of one that is not made due by time.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many at most.</param>
    public IEnumerable<DateTimeOffset> NextTimes(ScheduleDefinition schedule, int count)
    {
        var after = lake.Clock.GetUtcNow();
        for (; count > 0 && DueTimes.Next(schedule.Trigger, after) is { } due; count--, after = due) yield return due;
    }

    /// <summary>Keeps the own times of schedules from starting; those that pass meanwhile are not run.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="isPaused">Whether they are paused from now on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is no lake.</exception>
    public async Task PauseAsync(
        IReadOnlyList<ScheduleDefinition> schedules, bool isPaused, CancellationToken cancellationToken)
    {
        await EnsureLakeAsync(cancellationToken);
        var now = lake.Clock.GetUtcNow();
        await states.ChangeAsync(
            known => schedules.Aggregate(known, (all, schedule) => all.With(
                schedule.Name, Change(all.Find(schedule.Name) ?? new(now, schedule.Trigger.Text)))),
            cancellationToken);

        ScheduleState Change(ScheduleState known) => isPaused == known.IsPaused
            ? known
            : isPaused
                ? known with { PausedAt = now, PausedBy = Environment.UserName }
                : known with { PausedAt = null, PausedBy = null, Decided = known.Decided > now ? known.Decided : now };
    }

    /// <summary>Has schedules run by the host that leads, as if they were due.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="again">A firing of them that is run again from some of its tasks; null for none.</param>
    /// <param name="from">Those tasks.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The firings.</returns>
    /// <exception cref="FozException">There is no lake.</exception>
    public async Task<IReadOnlyList<Firing>> FireAsync(
        IReadOnlyList<ScheduleDefinition> schedules, Firing? again, IReadOnlyList<string> from,
        CancellationToken cancellationToken)
    {
        await EnsureLakeAsync(cancellationToken);
        var now = lake.Clock.GetUtcNow();
        var made = schedules.Select(schedule => new Firing
        {
            Schedule = schedule.Name, Due = new(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero),
            Command = schedule.Command, Cause = $"by hand of {Environment.UserName}", Origin = again?.Id, From = from,
        }).ToList();
        await states.ChangeAsync(known => known with { Pending = [.. known.Pending, .. made] }, cancellationToken);
        return made;
    }

    /// <summary>Wants firings to end; the host that leads ends them.</summary>
    public Task CancelAsync(IEnumerable<Firing> ended, CancellationToken cancellationToken) => states.ChangeAsync(
        known => known with { Cancels = [.. known.Cancels.Union(ended.Select(firing => firing.Id))] },
        cancellationToken);

    /// <summary>Returns the revision of the project that the host works with; null where no host noted one.</summary>
    public async Task<RevisionNote?> FindRevisionAsync(CancellationToken cancellationToken) =>
        (await states.ReadAsync(cancellationToken)).Revision;

    /// <summary>Notes the revision that this host works with.</summary>
    public Task NoteRevisionAsync(RevisionNote revision, CancellationToken cancellationToken) => states.ChangeAsync(
        known => known.Revision is { } before && before with { TakenAt = revision.TakenAt } == revision
            ? known
            : known with { Revision = revision },
        cancellationToken);

    /// <summary>
    /// Asks for a backfill: the host that leads runs the schedule's command for each interval of a time.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="request">The time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The backfill.</returns>
    /// <exception cref="FozException">The time has no interval, or too many.</exception>
    public async Task<BackfillStatus> BackfillAsync(
        ScheduleDefinition schedule, BackfillRequest request, CancellationToken cancellationToken)
    {
        var (from, to) = (request.Size.Floor(request.From), request.Size.Ceiling(request.To));
        if (from >= to || to > from.AddYears(YearsMax))
            throw new FozException(
                ErrorKind.Usage, $"a backfill is of a time of at most {YearsMax} years, whose end is after its start")
            {
                Hint = "the end is not part of the time: one day is --from 2026-01-31 --to 2026-02-01",
            };
        var count = Backfill.CountOf(from, to, request.Size, request.PerRun);
        if (count > BackfillFiringsMax)
            throw new FozException(
                ErrorKind.Usage, $"a backfill has at most {BackfillFiringsMax:N0} runs, and this one has {count:N0}")
            {
                Hint = "--per-run puts several intervals into a run",
            };
        var now = lake.Clock.GetUtcNow();
        var made = new Backfill
        {
            Schedule = schedule.Name, User = Environment.UserName, From = from, To = to, Size = request.Size,
            PerFiring = request.PerRun, RunsMax = request.RunsMax, Count = count,
            Key = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss", System.Globalization.CultureInfo.InvariantCulture),
        };
        await states.ChangeAsync(
            known => known.Backfills.Any(other => other.Id == made.Id)
                ? throw new FozException(ErrorKind.Usage, $"there is a backfill '{made.Id}' already")
                {
                    Hint = "ask again in a second",
                }
                : known with { Backfills = [.. known.Backfills, made] },
            cancellationToken);
        return new(made, working: 0);
    }

    /// <summary>Returns the backfills that work, and those that ended in the last 30 days.</summary>
    public async Task<IReadOnlyList<BackfillStatus>> ListBackfillsAsync(CancellationToken cancellationToken)
    {
        var known = await states.ReadAsync(cancellationToken);
        if (known.Backfills.Count == 0) return [];
        var working = await FindFiringsAsync(
            firing => firing is { Number: not null, State: FiringState.Running }, BatchesReadMax, cancellationToken);
        return [.. known.Backfills.Select(backfill => new BackfillStatus(backfill, working.Count(backfill.Has)))];
    }

    /// <summary>
    /// Pauses a backfill, lets it go on, or ends it; one that goes on runs again what failed or was canceled.
    /// </summary>
    /// <param name="id">The backfill.</param>
    /// <param name="change">What becomes of it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether there is such a backfill.</returns>
    public async Task<bool> ChangeBackfillAsync(string id, BackfillChange change, CancellationToken cancellationToken)
    {
        var (user, now) = (Environment.UserName, lake.Clock.GetUtcNow());
        Backfill? found = null;
        await states.ChangeAsync(
            known =>
            {
                found = known.Backfills.FirstOrDefault(backfill => backfill.Id == id);
                return found is null
                    ? known
                    : known with { Backfills = [.. known.Backfills.Select(one => one.Id == id ? Changed(one) : one)] };
            },
            cancellationToken);
        if (found is not null && change is BackfillChange.Cancel)
            await CancelAsync(
                await FindFiringsAsync(
                    firing => !firing.HasEnded && found.Has(firing), BatchesReadMax, cancellationToken),
                cancellationToken);
        return found is not null;

        Backfill Changed(Backfill backfill) => change switch
        {
            BackfillChange.Pause => backfill with { PausedBy = backfill.PausedBy ?? user },
            BackfillChange.Cancel => backfill with { CanceledBy = user, EndedAt = backfill.EndedAt ?? now },
            _ when backfill.EndedAt is not null || backfill.Failed.Count > 0 => backfill with
            {
                PausedBy = null,
                CanceledBy = null,
                EndedAt = null,
                Failed = IndexSet.Empty,
                Round = backfill.Round + 1,
            },
            _ => backfill with { PausedBy = null },
        };
    }

    /// <summary>Finds firings, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="batchesMax">In how many minutes in which something was due.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<Firing>> FindFiringsAsync(
        Func<Firing, bool> filter, int batchesMax, CancellationToken cancellationToken)
    {
        var found = (await states.ReadAsync(cancellationToken)).Pending.ToList();
        foreach (var batch in (await firings.ListAsync(from: null, cancellationToken)).TakeLast(batchesMax))
            found.AddRange(await firings.ReadAsync(batch, cancellationToken));
        return [.. found.Where(filter).DistinctBy(firing => firing.Id).OrderByDescending(firing => firing.Due)];
    }

    /// <summary>The request by which a firing's last attempt was run, whose output the lake has.</summary>
    public string RequestOf(Firing firing) => LakeRunHost.RequestOf(file, firing);

    /// <summary>Makes sure that there is a lake: what is asked of one that is gone makes no other.</summary>
    async Task EnsureLakeAsync(CancellationToken cancellationToken)
    {
        if (await lake.Format.FindAsync(cancellationToken) is not null) return;
        throw new FozException(ErrorKind.Usage, $"there is no lake in {lake.Root}")
        {
            Hint = "put it back if it is gone; foz run or foz serve makes a new one",
        };
    }

    static bool CheckStreams(ScheduleDefinition schedule, Project project, ErrorList errors)
    {
        var streams = schedule.Trigger switch
        {
            ScheduleTrigger.NewFiles files => files.Streams,
            ScheduleTrigger.Stale stale => stale.Streams,
            _ => [],
        };
        if (streams.Select(name => WatchedStreams.Find(project, name)).FirstOrDefault(error => error is not null)
            is not { } error)
            return true;
        errors.Add(schedule.Place, error.Message, error.Hint);
        return false;
    }

    DateTimeOffset? NextOf(ScheduleDefinition schedule, ScheduleState? known)
    {
        if (schedule.IsOff || known is { IsPaused: true }) return null;
        var now = lake.Clock.GetUtcNow();
        var decided = known?.Trigger == schedule.Trigger.Text && known.Decided > now ? known.Decided : now;
        return DueTimes.Next(schedule.Trigger, decided);
    }
}

/// <summary>How a schedule stands.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="PausedBy">Who paused it; null where it is not paused.</param>
/// <param name="Next">When it is due next; null where no time makes it due.</param>
/// <param name="Last">The newest firing that began, or was missed; null where there is none.</param>
/// <param name="Waiting">How many firings wait for their turn.</param>
public sealed record ScheduleStatus(
    ScheduleDefinition Schedule, string? PausedBy, DateTimeOffset? Next, Firing? Last, int Waiting);

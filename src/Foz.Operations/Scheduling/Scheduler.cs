using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Operations.Triggers;

namespace Foz.Operations.Scheduling;

/// <summary>
/// Fires schedules, and has their runs made: what is due is decided in one write to the lake, then its firings are
/// added to their batches, then they wait for their turn. Each step can be done twice without harm, so that a process
/// may die after any of them, and two may work at once for a while. For one thread.
/// </summary>
/// <param name="states">What is known of the schedules.</param>
/// <param name="store">The firings.</param>
/// <param name="host">Where runs work.</param>
/// <param name="clock">The time.</param>
sealed class Scheduler(ScheduleStateStore states, FiringStore store, IRunHost host, TimeProvider clock)
{
    static readonly TimeSpan retryDelayMax = TimeSpan.FromHours(1);
    static readonly TimeSpan openInterval = TimeSpan.FromHours(1);

    readonly RunQueue queue = new();
    readonly Dictionary<string, Firing> changed = new(StringComparer.Ordinal);
    readonly HashSet<string> canceled = new(StringComparer.Ordinal);
    readonly Dictionary<string, (string Trigger, DateTimeOffset Decided, DateTimeOffset? At)> next =
        new(StringComparer.Ordinal);

    ProjectSchedules schedules = ProjectSchedules.None;
    Dictionary<string, ScheduleDefinition> definitions = [];
    // Those that are noted to have begun, and may not be asked for yet: asking twice does nothing.
    readonly HashSet<string> unasked = new(StringComparer.Ordinal);

    DateTimeOffset openedAt;

    /// <summary>Called with each firing that ended, once the lake has its end.</summary>
    public Action<Firing> Ended { get; init; } = static _ => { };

    /// <summary>Gets how many firings wait and work.</summary>
    public ScheduleLoad Load => new(
        queue.Open.Count(firing => firing.State is not FiringState.Running),
        queue.Open.Count(firing => firing.State is FiringState.Running),
        queue.Open.Where(firing => firing.State is FiringState.Queued)
            .GroupBy(firing => firing.Schedule, StringComparer.Ordinal)
            .ToDictionary(own => own.Key, own => own.Min(firing => firing.Due), StringComparer.Ordinal));

    /// <summary>Takes up the firings that other hosts left open, and notes their oldest batch.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        openedAt = clock.GetUtcNow();
        var known = await states.ReadAsync(cancellationToken);
        var batches = await store.ListAsync(known.OpenFrom, cancellationToken);
        foreach (var batch in batches)
            foreach (var firing in await store.ReadAsync(batch, cancellationToken)) queue.Put(firing);
        // A host that died may have noted them only.
        unasked.UnionWith(
            from firing in queue.Open
            where firing.State is FiringState.Running or FiringState.Waiting
            select firing.Id);
        // Where all have ended, those that were read are not read again: there may be thousands.
        if ((queue.OldestBatch ?? batches.LastOrDefault()) is not { } oldest || oldest == known.OpenFrom) return;
        // Another host may have added to a batch since it was read: then the note stays as it is.
        await states.ChangeAsync(
            before => before.Changes == known.Changes ? before with { OpenFrom = oldest } : before, cancellationToken);
    }

    /// <summary>Does what is due now.</summary>
    /// <param name="current">The schedules as they are now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task StepAsync(ProjectSchedules current, CancellationToken cancellationToken)
    {
        // What waits when the project can be used again waited because it could not.
        var isHeld = current.RunsMax == 0 || schedules.RunsMax == 0;
        if (!ReferenceEquals(current, schedules))
        {
            schedules = current;
            definitions = current.All.ToDictionary(schedule => schedule.Name, StringComparer.Ordinal);
            next.Clear();
        }
        await AskAsync(cancellationToken);
        await SettleAsync(cancellationToken);
        var known = await DecideAsync(cancellationToken);
        await DecideAsync(known, cancellationToken);
        await CancelAsync(known, cancellationToken);
        foreach (var replaced in queue.FindReplaced(definitions))
            Change(replaced with
            {
                State = FiringState.Missed,
                EndedAt = clock.GetUtcNow(),
                Reason = isHeld
                    ? "foz.yml could not be used, and a later time took its place"
                    : "the run before it took so long that a later time took its place",
            });
        foreach (var firing in queue.FindStarts(
            schedules, known.Backfills, name => known.Find(name) is { IsPaused: true } || definitions[name].IsOff,
            clock.GetUtcNow()))
            Start(firing);
        // Noted before they are asked for: in the other order the next host would not know of runs that work.
        await WriteAsync(cancellationToken);
        await AskAsync(cancellationToken);
        if ((clock.GetUtcNow() - openedAt).Duration() > openInterval)
        {
            await OpenAsync(cancellationToken);
            await SweepAsync(cancellationToken);
        }
    }

    /// <summary>Decides what is due, and adds it to its batches.</summary>
    async Task<ScheduleStates> DecideAsync(CancellationToken cancellationToken)
    {
        var versions = await FindVersionsAsync(cancellationToken);
        var marks = FindMarks();
        var known = await states.ChangeAsync(
            before => BackfillFeed.Feed(
                Decide(before, versions, marks, clock.GetUtcNow()), queue.Open,
                name => definitions.GetValueOrDefault(name) is { IsOff: false, Tasks: null } schedule
                    ? schedule.Command
                    : null,
                clock.GetUtcNow()),
            cancellationToken);
        if (known.Pending.Count == 0) return known;
        foreach (var batch in known.Pending.GroupBy(firing => firing.Batch, StringComparer.Ordinal))
        {
            var ids = batch.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var firing in await store.AddAsync(batch.Key, [.. batch], cancellationToken))
                if (ids.Contains(firing.Id)) queue.Put(firing);
        }
        var added = known.Pending.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
        return await states.ChangeAsync(
            before => before with
            {
                Pending = [.. before.Pending.Where(firing => !added.Contains(firing.Id))],
                OpenFrom = Earlier(before.OpenFrom, known.Pending.Min(firing => firing.Batch)!),
            },
            cancellationToken);
    }

    ScheduleStates Decide(
        ScheduleStates known, Dictionary<string, long> versions, Dictionary<string, TriggerMark> marks,
        DateTimeOffset now)
    {
        var changes = new Dictionary<string, ScheduleState>(StringComparer.Ordinal);
        var pending = new List<Firing>();
        foreach (var schedule in schedules.All)
        {
            var before = known.Find(schedule.Name);
            var mark = marks.GetValueOrDefault(schedule.Name);
            if (before is not null && mark is null && IsLater(schedule, before, now)) continue;
            var (firings, after) = DueDecision.Of(schedule, before, now);
            if (mark is not null) (firings, after) = MarkDecision.Of(schedule, after, mark, now);
            if (schedule.Trigger is ScheduleTrigger.NewVersions { Tables: var tables })
                (firings, after) = VersionDecision.Of(schedule, tables, after, versions, now);
            pending.AddRange(firings);
            if (!ReferenceEquals(before, after)) changes[schedule.Name] = after;
        }
        if (changes.Count == 0) return known;
        var ids = known.Pending.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
        return known with
        {
            Schedules = new Dictionary<string, ScheduleState>(
                known.Schedules.Where(entry => !changes.ContainsKey(entry.Key)).Concat(changes)),
            Pending = [.. known.Pending, .. pending.Where(firing => ids.Add(firing.Id))],
        };
    }

    /// <summary>Whether the next time of a schedule is known, and later: there can be thousands of schedules.</summary>
    bool IsLater(ScheduleDefinition schedule, ScheduleState known, DateTimeOffset now)
    {
        if (schedule.Trigger is ScheduleTrigger.NewVersions || known.Trigger != schedule.Trigger.Text) return false;
        if (!next.TryGetValue(schedule.Name, out var found)
            || (found.Trigger, found.Decided) != (known.Trigger, known.Decided))
            next[schedule.Name] = found =
                (known.Trigger, known.Decided, DueTimes.Next(schedule.Trigger, known.Decided));
        return (found.At is not { } at || at > now) && known.Decided <= now + TimeSpan.FromMinutes(1);
    }

    /// <summary>
    /// What conditions were found to be, by their schedules; a schedule at work is asked for after it.
    /// </summary>
    Dictionary<string, TriggerMark> FindMarks()
    {
        var marks = new Dictionary<string, TriggerMark>(StringComparer.Ordinal);
        foreach (var schedule in schedules.All)
            if (schedule is { IsOff: false, Trigger: ScheduleTrigger.Condition condition }
                && host.FindMark(condition, queue.Open.Any(open => open.Schedule == schedule.Name)) is { } mark)
                marks[schedule.Name] = mark;
        return marks;
    }

    async Task<Dictionary<string, long>> FindVersionsAsync(CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in schedules.All.Select(schedule => schedule.Trigger).OfType<ScheduleTrigger.NewVersions>()
            .SelectMany(trigger => trigger.Tables).Distinct(StringComparer.Ordinal))
            if (await host.FindVersionAsync(table, cancellationToken) is { } version) versions[table] = version;
        return versions;
    }

    /// <summary>Asks for the runs of those that have begun.</summary>
    async Task AskAsync(CancellationToken cancellationToken)
    {
        foreach (var id in unasked.ToList())
        {
            if (queue.Find(id) is { } firing) await host.AskAsync(firing, cancellationToken);
            unasked.Remove(id);
        }
    }

    void Start(Firing firing)
    {
        var now = clock.GetUtcNow();
        var hasTasks = definitions[firing.Schedule].Tasks is not null;
        var started = firing.State is FiringState.Waiting ? firing with { State = FiringState.Running } : firing with
        {
            State = hasTasks ? FiringState.Waiting : FiringState.Running,
            HasTasks = hasTasks,
            Attempts = firing.Attempts + 1,
            StartedAt = firing.StartedAt ?? now,
            AttemptedAt = now,
            RetryAt = null,
            Revision = schedules.Revision,
        };
        Change(started);
        unasked.Add(started.Id);
    }

    /// <summary>Notes which runs have ended, and what follows from that.</summary>
    async Task SettleAsync(CancellationToken cancellationToken)
    {
        var followers = new List<Firing>();
        foreach (var firing in queue.Open
            .Where(firing => firing.State is FiringState.Running or FiringState.Waiting).ToList())
        {
            var run = await host.FindAsync(firing, cancellationToken);
            var schedule = definitions.GetValueOrDefault(firing.Schedule);
            if (run.EndedAt is { } endedAt)
            {
                var ended = End(firing, run, schedule, endedAt);
                Change(ended);
                if (ended is { HasEnded: true, Number: null }) followers.AddRange(Followers(ended));
            }
            else if (schedule?.Timeout is { } timeout && clock.GetUtcNow() - firing.AttemptedAt > timeout)
                await host.CancelAsync(firing, cancellationToken);
            else if (run.Of(firing) is var next && next != firing) Change(next);
        }
        // They are noted before the end of what they follow: in the other order a crash would lose them.
        if (followers.Count > 0) await PendAsync(followers, cancellationToken);
        await WriteAsync(cancellationToken);
    }

    Firing End(Firing firing, RunProgress run, ScheduleDefinition? schedule, DateTimeOffset endedAt)
    {
        var isLate = schedule?.Timeout is { } timeout && endedAt - firing.AttemptedAt > timeout && run.ExitCode != 0;
        var ended = firing with
        {
            State = run.ExitCode == 0 ? FiringState.Succeeded
                : canceled.Contains(firing.Id) ? FiringState.Canceled
                : isLate ? FiringState.TimedOut
                : FiringState.Failed,
            EndedAt = endedAt,
            ExitCode = run.ExitCode,
            WantsPlace = false,
            Unknown = null,
            Reason = isLate ? $"it took longer than {schedule!.Timeout}" : run.Reason,
        };
        // One that passed its budget would pass it again.
        if (ended.State is FiringState.Succeeded or FiringState.Canceled || schedule is null
            || run is { ExitCode: not null, Reason: not null }
            || firing.Attempts > schedule.Retries)
            return ended;
        var wait = schedule.RetryDelay * Math.Pow(2, Math.Min(firing.Attempts - 1, 20));
        return ended with
        {
            State = FiringState.Retrying,
            EndedAt = null,
            RetryAt = endedAt + (wait < retryDelayMax ? wait : retryDelayMax),
        };
    }

    IEnumerable<Firing> Followers(Firing ended)
    {
        foreach (var schedule in schedules.All)
            if (schedule is { IsOff: false, Trigger: ScheduleTrigger.After { Schedules: var others, When: var when } }
                && others.Contains(ended.Schedule, StringComparer.Ordinal)
                && when switch
                {
                    RunEnd.Success => ended.State is FiringState.Succeeded,
                    // A person who cancels a run knows of it.
                    RunEnd.Failure => ended is { HasFailed: true, State: not FiringState.Canceled },
                    _ => true,
                })
                yield return new()
                {
                    Schedule = schedule.Name, Due = InMilliseconds(ended.EndedAt!.Value), Command = schedule.Command,
                    Cause = $"after {ended.Id}",
                };
    }

    async Task PendAsync(List<Firing> firings, CancellationToken cancellationToken) => await states.ChangeAsync(
        before =>
        {
            var ids = before.Pending.Select(firing => firing.Id).ToHashSet(StringComparer.Ordinal);
            var added = firings.Where(
                firing => before.Find(firing.Schedule) is not { IsPaused: true } && ids.Add(firing.Id)).ToList();
            return added.Count == 0 ? before : before with { Pending = [.. before.Pending, .. added] };
        },
        cancellationToken);

    /// <summary>Has what people decided about tasks applied, once.</summary>
    async Task DecideAsync(ScheduleStates known, CancellationToken cancellationToken)
    {
        if (known.Decisions.Count == 0) return;
        var done = new HashSet<TaskDecision>();
        foreach (var decision in known.Decisions)
            if (queue.Open.FirstOrDefault(firing => firing.Id == decision.Firing) is { } firing
                ? await host.DecideAsync(firing, decision, cancellationToken)
                : await HasEndedAsync(decision.Firing, cancellationToken))
                done.Add(decision);
        await states.ChangeAsync(
            before => before with { Decisions = [.. before.Decisions.Where(decision => !done.Contains(decision))] },
            cancellationToken);
    }

    /// <summary>
    /// Whether a firing that is not open here is over: a host that leads no more knows only the old ones.
    /// </summary>
    async Task<bool> HasEndedAsync(string id, CancellationToken cancellationToken) =>
        Firing.BatchOf(id) is not { } batch
        || (await store.ReadAsync(batch, cancellationToken)).All(firing => firing.Id != id || firing.HasEnded);

    async Task CancelAsync(ScheduleStates known, CancellationToken cancellationToken)
    {
        foreach (var firing in queue.Open.Where(firing => !definitions.ContainsKey(firing.Schedule)
            && firing.State is FiringState.Queued or FiringState.Retrying).ToList())
            Change(Canceled(firing, "the schedule is not in foz.yml any more"));
        if (known.Cancels.Count == 0) return;
        foreach (var firing in queue.Open.Where(firing => known.Cancels.Contains(firing.Id)).ToList())
            if (firing.State is FiringState.Running or FiringState.Waiting)
            {
                canceled.Add(firing.Id);
                await host.CancelAsync(firing, cancellationToken);
            }
            else
            {
                var ended = Canceled(firing, "a user canceled it");
                // One that waits for its next attempt has run; one that never began has no end that others follow.
                if (firing.Attempts > 0) await PendAsync([.. Followers(ended)], cancellationToken);
                Change(ended);
            }
        await states.ChangeAsync(
            before => before with { Cancels = [.. before.Cancels.Except(known.Cancels, StringComparer.Ordinal)] },
            cancellationToken);
    }

    Firing Canceled(Firing firing, string reason) =>
        firing with { State = FiringState.Canceled, EndedAt = clock.GetUtcNow(), Reason = reason };

    void Change(Firing firing)
    {
        queue.Put(firing);
        changed[firing.Id] = firing;
        if (firing.HasEnded) canceled.Remove(firing.Id);
    }

    async Task WriteAsync(CancellationToken cancellationToken)
    {
        // Before their own end is written: in the other order a crash would lose what is done of a backfill.
        if (changed.Values.Where(firing => firing is { HasEnded: true, Number: not null }).ToList() is [_, ..] ended)
            await states.ChangeAsync(known => BackfillFeed.Note(known, ended), cancellationToken);
        foreach (var batch in changed.Values.GroupBy(firing => firing.Batch, StringComparer.Ordinal).ToList())
        {
            await store.UpdateAsync(batch.Key, [.. batch], cancellationToken);
            foreach (var firing in batch)
            {
                changed.Remove(firing.Id);
                if (firing.HasEnded) Ended(firing);
            }
        }
    }

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        await host.SweepAsync(clock.GetUtcNow() - schedules.Kept, cancellationToken);
        var limit = Firing.BatchOf(clock.GetUtcNow() - schedules.Kept);
        await store.RemoveBeforeAsync(
            queue.OldestBatch is { } oldest ? Earlier(oldest, limit) : limit, cancellationToken);
    }

    static string Earlier(string? one, string other) =>
        one is null || string.CompareOrdinal(one, other) < 0 ? one ?? other : other;

    static DateTimeOffset InMilliseconds(DateTimeOffset time) =>
        new(time.Ticks - time.Ticks % TimeSpan.TicksPerMillisecond, time.Offset);
}

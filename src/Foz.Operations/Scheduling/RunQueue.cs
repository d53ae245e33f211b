using Foz.Operations.Firings;
using Foz.Operations.Schedules;

namespace Foz.Operations.Scheduling;

/// <summary>The firings that have not ended, and which of them may start next. For one thread.</summary>
sealed class RunQueue
{
    readonly Dictionary<string, Firing> open = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Firing> Open => open.Values;

    /// <summary>Finds the one with an id; null where it has ended, or is not known.</summary>
    public Firing? Find(string id) => open.GetValueOrDefault(id);

    /// <summary>The oldest batch of those that have not ended; null where all have.</summary>
    public string? OldestBatch => open.Count == 0 ? null : open.Values.Min(firing => firing.Batch);

    /// <summary>Adds a firing, or replaces the one of its id; one that has ended is taken out.</summary>
    public void Put(Firing firing)
    {
        if (firing.HasEnded) open.Remove(firing.Id);
        else open[firing.Id] = firing;
    }

    /// <summary>
    /// Finds those that waited until later times came: of the times of a schedule the last one waits, or as many as it
    /// catches up.
    /// </summary>
    /// <param name="definitions">The schedules, by name.</param>
    public IReadOnlyList<Firing> FindReplaced(IReadOnlyDictionary<string, ScheduleDefinition> definitions) =>
    [
        .. from firing in open.Values
           where firing is { State: FiringState.Queued, Cause: null }
           group firing by firing.Schedule into waiting
           let schedule = definitions.GetValueOrDefault(waiting.Key)
           where schedule is not null
           from replaced in waiting.OrderByDescending(firing => firing.Due)
               .Skip(schedule.CatchUp is CatchUp.All ? schedule.CatchUpMax : 1)
           select replaced,
    ];

    /// <summary>Finds those that may start now, in their order.</summary>
    /// <param name="schedules">The schedules.</param>
    /// <param name="backfills">The backfills; their firings take places of their own, and none of others.</param>
    /// <param name="isPaused">Whether a schedule's own times do not start.</param>
    /// <param name="now">The moment.</param>
    public IReadOnlyList<Firing> FindStarts(
        ProjectSchedules schedules, IReadOnlyList<Backfill> backfills, Func<string, bool> isPaused, DateTimeOffset now)
    {
        var places = schedules.RunsMax - open.Values.Count(firing => firing is
        {
            State: FiringState.Running, Number: null,
        });
        var backfillPlaces = new BackfillPlaces(backfills, open.Values);
        var working = open.Values.Where(firing => firing is
        {
            State: FiringState.Running or FiringState.Waiting, Number: null,
        })
            .CountBy(firing => firing.Schedule, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        var definitions = schedules.All.ToDictionary(schedule => schedule.Name, StringComparer.Ordinal);
        var pools = open.Values.Where(firing => firing.State is FiringState.Running)
            .Select(firing => definitions.GetValueOrDefault(firing.Schedule)?.Pool).OfType<string>()
            .CountBy(pool => pool, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var starts = new List<Firing>();
        foreach (var (firing, schedule) in Waiting(definitions, isPaused, now))
        {
            var isOfBackfill = firing.Number is not null;
            // Of one that has tasks the wait begins without a place, and goes on with one when a task works.
            var begins = firing.State is not FiringState.Waiting;
            if (isOfBackfill ? !backfillPlaces.Has(firing)
                : begins && working.GetValueOrDefault(schedule.Name) >= schedule.ConcurrencyMax) continue;
            if (schedule.Tasks is null || !begins)
            {
                if (!isOfBackfill && places <= 0) continue;
                if (schedule.Pool is { } pool)
                {
                    if (pools.GetValueOrDefault(pool) >= schedules.Pools.GetValueOrDefault(pool)) continue;
                    pools[pool] = pools.GetValueOrDefault(pool) + 1;
                }
                if (!isOfBackfill) places--;
            }
            if (isOfBackfill) backfillPlaces.Take(firing);
            else if (begins) working[schedule.Name] = working.GetValueOrDefault(schedule.Name) + 1;
            starts.Add(firing);
        }
        return starts;
    }

    /// <summary>
    /// Those that wait, by priority and due time; of a schedule that begins with its newest, that one goes first.
    /// </summary>
    IEnumerable<(Firing Firing, ScheduleDefinition Schedule)> Waiting(
        Dictionary<string, ScheduleDefinition> definitions, Func<string, bool> isPaused, DateTimeOffset now) =>
        from firing in open.Values
        where firing.State is FiringState.Queued || (firing.State is FiringState.Retrying && firing.RetryAt <= now)
            || firing is { State: FiringState.Waiting, WantsPlace: true }
        let schedule = definitions.GetValueOrDefault(firing.Schedule)
        where schedule is not null && (
            firing.Cause is not null || firing.State is FiringState.Waiting || !isPaused(firing.Schedule))
        group firing by schedule into own
        from entry in own.Key.NewestFirst
            ? own.OrderByDescending(firing => firing.Due).Zip(own.Select(firing => firing.Due).Order())
            : own.Select(firing => (First: firing, Second: firing.Due))
        orderby entry.First.Number is not null, own.Key.Priority descending, entry.Second, own.Key.Name
        select (entry.First, own.Key);

    /// <summary>The places of the backfills that work.</summary>
    sealed class BackfillPlaces(IReadOnlyList<Backfill> backfills, IEnumerable<Firing> open)
    {
        readonly Dictionary<string, int> taken = open
            .Where(firing => firing is { State: FiringState.Running, Number: not null })
            .CountBy(KeyOf, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

        public bool Has(Firing firing) => backfills.FirstOrDefault(backfill => backfill.Has(firing)) is
        {
            IsActive: true, RunsMax: var runsMax,
        } && taken.GetValueOrDefault(KeyOf(firing)) < runsMax;

        public void Take(Firing firing) => taken[KeyOf(firing)] = taken.GetValueOrDefault(KeyOf(firing)) + 1;

        static string KeyOf(Firing firing) => $"{firing.Schedule} {firing.Key}";
    }
}

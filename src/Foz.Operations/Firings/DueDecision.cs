using Foz.Operations.Schedules;

namespace Foz.Operations.Firings;

/// <summary>Which firings a schedule has: a function of the definition, what is known, and the time.</summary>
static class DueDecision
{
    static readonly TimeSpan clockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>Decides all times of a schedule up to a moment.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="known">What is known of it; null where it was not seen yet: it counts from now.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The firings that are new, and what is known then: the same object where nothing is.</returns>
    public static (IReadOnlyList<Firing> Firings, ScheduleState State) Of(
        ScheduleDefinition schedule, ScheduleState? known, DateTimeOffset now)
    {
        if (known is null) return ([], new(now, schedule.Trigger.Text));
        // What was due before the change was due by the trigger that was there before.
        if (known.Trigger != schedule.Trigger.Text)
            return ([], known with
            {
                Trigger = schedule.Trigger.Text,
                Decided = Later(known.Decided, now),
                Versions = null
            });
        // The clock was set back, or the host before this one had another: firings that are there are not made again.
        if (known.Decided > now + clockTolerance) return ([], known with { Decided = now });
        if (known.IsPaused || schedule.IsOff)
            return DueTimes.Between(schedule.Trigger, known.Decided, now).Any()
                ? ([], known with { Decided = now })
                : ([], known);
        var window = new Window(schedule.CatchUp is CatchUp.All ? schedule.CatchUpMax : 1);
        foreach (var due in DueTimes.Between(schedule.Trigger, known.Decided, now)) window.Add(due);
        if (window.Last is not { } last) return ([], known);
        var run = window.Kept.ToList();
        if (schedule.CatchUp is CatchUp.Skip && now - last > schedule.StartWithin)
        {
            window.MissAll();
            run = [];
        }
        if (schedule.NewestFirst) run.Reverse();
        var firings = run.Select(due => new Firing
        {
            Schedule = schedule.Name, Due = due, Command = schedule.Command,
        }).ToList();
        if (window.LastMissed is { } missed)
            firings.Add(new()
            {
                Schedule = schedule.Name, Due = missed, State = FiringState.Missed, Count = window.MissedCount,
                EndedAt = now,
                Reason = window.MissedCount == 1
                    ? "no host ran in its time"
                    : $"no host ran in the time of {window.MissedCount} firings, from {window.FirstMissed:u} on",
            });
        return (firings, known with { Decided = last });
    }

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>The last of many times, and how many went before.</summary>
    sealed class Window(int countMax)
    {
        readonly Queue<DateTimeOffset> kept = new();

        public IEnumerable<DateTimeOffset> Kept => kept;

        public DateTimeOffset? Last { get; private set; }

        public DateTimeOffset? FirstMissed { get; private set; }

        public DateTimeOffset? LastMissed { get; private set; }

        public long MissedCount { get; private set; }

        public void Add(DateTimeOffset due)
        {
            Last = due;
            kept.Enqueue(due);
            if (kept.Count > countMax) Miss();
        }

        public void MissAll()
        {
            while (kept.Count > 0) Miss();
        }

        void Miss()
        {
            LastMissed = kept.Dequeue();
            FirstMissed ??= LastMissed;
            MissedCount++;
        }
    }
}

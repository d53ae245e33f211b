using Foz.Operations.Schedules;

namespace Foz.Operations.Firings;

/// <summary>Which firing a schedule has by the versions of tables.</summary>
static class VersionDecision
{
    /// <summary>Decides by the newest versions.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="tables">The tables that it waits for.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="versions">The newest versions; none of a table that there is not.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The firing, if it is due, and what is known then: the same object where nothing is new.</returns>
    public static (IReadOnlyList<Firing> Firings, ScheduleState State) Of(
        ScheduleDefinition schedule, IReadOnlyList<string> tables, ScheduleState known,
        IReadOnlyDictionary<string, long> versions, DateTimeOffset now)
    {
        var present = tables.Where(versions.ContainsKey).ToDictionary(table => table, table => versions[table]);
        var changed = present.Where(entry => known.Versions?.GetValueOrDefault(entry.Key, -1) != entry.Value)
            .Select(entry => $"{entry.Key} version {entry.Value}").ToList();
        if (known.Versions is not null && changed.Count == 0) return ([], known);
        var after = known with { Versions = present, Decided = now };
        // Versions that were there before the schedule was are not new.
        return known.Versions is null || known.IsPaused || schedule.IsOff
            ? ([], after)
            : ([
                new Firing
                {
                    Schedule = schedule.Name,
                    Due = new(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, now.Offset),
                    Command = schedule.Command, Cause = string.Join(", ", changed),
                },
            ], after);
    }
}

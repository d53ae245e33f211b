using Foz.Operations.Firings;
using Foz.Operations.Schedules;

namespace Foz.Operations.Triggers;

/// <summary>Which firing a schedule has by what its condition was found to be.</summary>
static class MarkDecision
{
    /// <summary>Decides.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="known">What is known of it.</param>
    /// <param name="mark">What its condition was found to be.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The firing, if it is due, and what is known then: the same object where nothing is new.</returns>
    public static (IReadOnlyList<Firing> Firings, ScheduleState State) Of(
        ScheduleDefinition schedule, ScheduleState known, TriggerMark mark, DateTimeOffset now) =>
        // What comes while a schedule is paused is not marked: it is there yet when the schedule goes on.
        known.Mark == mark.Mark || known.IsPaused || schedule.IsOff
            ? ([], known)
            : ([
                new Firing
                {
                    Schedule = schedule.Name,
                    Due = new(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, now.Offset),
                    Command = schedule.Command, Cause = mark.Cause,
                },
            ], known with { Mark = mark.Mark, Decided = now });
}

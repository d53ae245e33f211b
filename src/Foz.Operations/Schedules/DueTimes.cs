namespace Foz.Operations.Schedules;

/// <summary>When a trigger of time is due.</summary>
static class DueTimes
{
    // Moving to a business day goes over weekends and the longest run of holidays.
    static readonly TimeSpan moveMax = TimeSpan.FromDays(400);

    // A rule that lets no day count is asked for so many years.
    const int YearsMax = 12;

    /// <summary>The times after one moment, up to and with another, in their order.</summary>
    /// <param name="trigger">The trigger; others than those of time are never due by it.</param>
    /// <param name="after">The moment before.</param>
    /// <param name="upTo">The last moment.</param>
    public static IEnumerable<DateTimeOffset> Between(
        ScheduleTrigger trigger, DateTimeOffset after, DateTimeOffset upTo) => trigger switch
        {
            ScheduleTrigger.Every every => OfLength(every, after, upTo),
            ScheduleTrigger.Cron { Days: { Number: null, OtherDays: not OtherDays.Skip } days } cron =>
                Moved(cron, days, after, upTo),
            ScheduleTrigger.Cron { Days: { } days } cron =>
                OfCron(cron, after, upTo).Where(due => days.Of(DayOf(due, cron.TimeZone)) is not null),
            ScheduleTrigger.Cron cron => OfCron(cron, after, upTo),
            _ => [],
        };

    /// <summary>The next time after a moment; null where there is none in twelve years.</summary>
    public static DateTimeOffset? Next(ScheduleTrigger trigger, DateTimeOffset after)
    {
        // Most are due within a day; a moved one is found only in the whole of its range.
        foreach (var days in (int[])[2, 70, 400, YearsMax * 366])
            foreach (var due in Between(trigger, after, after.AddDays(days))) return due;
        return null;
    }

    static IEnumerable<DateTimeOffset> OfLength(
        ScheduleTrigger.Every every, DateTimeOffset after, DateTimeOffset upTo)
    {
        var passed = (after - every.From).Ticks;
        var count = passed < 0 ? 0 : passed / every.Length.Ticks + 1;
        for (var due = every.From + count * every.Length; due <= upTo; due += every.Length)
            yield return due.ToUniversalTime();
    }

    static IEnumerable<DateTimeOffset> OfCron(
        ScheduleTrigger.Cron cron, DateTimeOffset after, DateTimeOffset upTo) =>
        after >= upTo
            ? []
            : cron.Expression
                .GetOccurrences(after.UtcDateTime, upTo.UtcDateTime, cron.TimeZone, fromInclusive: false,
                    toInclusive: true)
                .Select(due => new DateTimeOffset(due, TimeSpan.Zero));

    /// <summary>Times that move to other days: two that move to one moment are one.</summary>
    static SortedSet<DateTimeOffset> Moved(
        ScheduleTrigger.Cron cron, DayRule days, DateTimeOffset after, DateTimeOffset upTo)
    {
        var found = new SortedSet<DateTimeOffset>();
        var range = Range(days, after, upTo);
        foreach (var due in OfCron(cron, range.From, range.To))
            if (DayOf(due, cron.TimeZone) is var day && days.Of(day) == day) Add(due);
        // The clocks of the day that a time moves to count, and not those of the day that it leaves.
        foreach (var wall in WallTimes(cron, range.From, range.To))
            if (DateOnly.FromDateTime(wall) is var day && days.Of(day) is { } moved && moved != day)
                Add(AtWall(wall.AddDays(moved.DayNumber - day.DayNumber), cron.TimeZone));
        return found;

        void Add(DateTimeOffset at)
        {
            if (at > after && at <= upTo) found.Add(at);
        }
    }

    /// <summary>The times that can move into a range: those of the free days beside it.</summary>
    static (DateTimeOffset From, DateTimeOffset To) Range(DayRule days, DateTimeOffset after, DateTimeOffset upTo)
    {
        var isForward = days.OtherDays is OtherDays.Next;
        var edge = DateOnly.FromDateTime((isForward ? after : upTo).UtcDateTime);
        // A day more on each side, as days begin at other moments in other time zones.
        var beside = days.Calendar.Nearest(edge.AddDays(isForward ? -2 : 2), isForward: !isForward) ?? edge;
        var length = TimeSpan.FromDays(Math.Abs(beside.DayNumber - edge.DayNumber) + 1);
        if (length > moveMax) length = moveMax;
        return isForward ? (after - length, upTo) : (after, upTo + length);
    }

    static DateOnly DayOf(DateTimeOffset due, TimeZoneInfo zone) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(due, zone).DateTime);

    /// <summary>The times of a cron expression as a clock on the wall shows them that is never changed.</summary>
    static IEnumerable<DateTime> WallTimes(ScheduleTrigger.Cron cron, DateTimeOffset from, DateTimeOffset to)
    {
        var (first, last) = (Local(from), Local(to));
        return first >= last
            ? []
            : cron.Expression.GetOccurrences(first, last, TimeZoneInfo.Utc, fromInclusive: true, toInclusive: true)
                .Select(wall => DateTime.SpecifyKind(wall, DateTimeKind.Unspecified));

        DateTime Local(DateTimeOffset time) =>
            DateTime.SpecifyKind(TimeZoneInfo.ConvertTime(time, cron.TimeZone).DateTime, DateTimeKind.Utc);
    }

    static DateTimeOffset AtWall(DateTime local, TimeZoneInfo zone)
    {
        // As cron has it: a time that the clocks pass over is due when they have moved.
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}

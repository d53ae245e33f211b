namespace Foz.Tests.Operations.Schedules;

/// <summary>
/// A cron expression that is told by looking at every minute. What the clocks pass over comes when they have moved; what
/// comes twice counts once, unless the expression has intervals.
/// </summary>
sealed class SlowCron
{
    SlowCron(string text, bool isInterval, Func<DateTime, bool> matches) =>
        (Text, IsInterval, Matches) = (text, isInterval, matches);

    public string Text { get; }

    bool IsInterval { get; }

    Func<DateTime, bool> Matches { get; }

    public static SlowCron Random(Random random)
    {
        var (minute, hour, day, month, weekday) =
            (random.Next(60), random.Next(24), random.Next(1, 32), random.Next(1, 13), random.Next(7));
        var (step, last) = (random.Next(2, 31), random.Next(hour, 24));
        return random.Next(7) switch
        {
            0 => new($"{minute} {hour} * * *", false, at => At(at, hour, minute)),
            1 => new($"{minute} {hour % 4} * * *", false, at => At(at, hour % 4, minute)),
            2 => new($"*/{step} * * * *", true, at => at.Minute % step == 0),
            3 => new($"{minute} {hour}-{last} * * *", true,
                at => at.Minute == minute && at.Hour >= hour && at.Hour <= last),
            4 => new($"{minute} {hour} {day} * *", false, at => At(at, hour, minute) && at.Day == day),
            5 => new($"{minute} {hour} * {month} {weekday}", false,
                at => At(at, hour, minute) && at.Month == month && (int)at.DayOfWeek == weekday),
            _ => new($"{minute},{(minute + 7) % 60} {hour} * * 1-5", false,
                at => (At(at, hour, minute) || At(at, hour, (minute + 7) % 60))
                    && at.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)),
        };
    }

    /// <summary>An expression that is due on few days: leap days, last days of months, the nth weekday.</summary>
    public static SlowCron RandomRare(Random random)
    {
        var (minute, hour, weekday, week) = (random.Next(60), random.Next(24), random.Next(7), random.Next(1, 6));
        return random.Next(4) switch
        {
            0 => new($"{minute} {hour} 29 2 *", false, at => At(at, hour, minute) && at is { Month: 2, Day: 29 }),
            1 => new($"{minute} {hour} L * *", false, at => At(at, hour, minute) && at.AddDays(1).Day == 1),
            2 => new($"{minute} {hour} 28-31 2,3,10 *", false,
                at => At(at, hour, minute) && at is { Day: >= 28, Month: 2 or 3 or 10 }),
            _ => new($"{minute} {hour} * * {weekday}#{week}", false,
                at => At(at, hour, minute) && (int)at.DayOfWeek == weekday && (at.Day - 1) / 7 + 1 == week),
        };
    }

    public IEnumerable<DateTimeOffset> Between(WallClock zone, DateTimeOffset after, DateTimeOffset upTo)
    {
        var before = zone.At(after);
        var seen = new HashSet<DateTime>();
        for (var at = after.AddMinutes(1); at <= upTo; at = at.AddMinutes(1))
        {
            var local = zone.At(at);
            var isDue = false;
            for (var passed = before.AddMinutes(1); passed < local; passed = passed.AddMinutes(1))
                isDue |= Matches(passed);
            isDue |= Matches(local);
            // The second time of a day on which clocks go back.
            if (local <= before || seen.Count > 0)
            {
                if (local <= before)
                    for (var again = local; again <= before; again = again.AddMinutes(1)) seen.Add(again);
                if (seen.Remove(local) && !IsInterval) isDue = false;
            }
            if (isDue) yield return at;
            before = local;
        }
    }

    static bool At(DateTime local, int hour, int minute) => local.Hour == hour && local.Minute == minute;
}

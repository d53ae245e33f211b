namespace Foz.Operations.Calendars;

/// <summary>Which days are business days: those that are neither of the weekend nor holidays.</summary>
/// <param name="Name">The name in <c>foz.yml</c>.</param>
/// <param name="Weekend">The days of the week that are free.</param>
/// <param name="HolidaysOf">Gives the holidays of a year; days of the weekend may be among them.</param>
public sealed record Calendar(
    string Name, IReadOnlySet<DayOfWeek> Weekend, Func<int, IReadOnlySet<DateOnly>> HolidaysOf)
{
    // A calendar without a business day in so many days has none.
    const int DaysMax = 366;

    /// <summary>Saturday and Sunday.</summary>
    public static readonly IReadOnlySet<DayOfWeek> SaturdayAndSunday =
        new HashSet<DayOfWeek> { DayOfWeek.Saturday, DayOfWeek.Sunday };

    readonly Dictionary<int, IReadOnlySet<DateOnly>> known = [];

    /// <summary>Whether a day is a business day.</summary>
    public bool IsBusinessDay(DateOnly day) => !Weekend.Contains(day.DayOfWeek) && !Holidays(day.Year).Contains(day);

    /// <summary>The first business day from a day on, forward or back; null where there is none in a year.</summary>
    public DateOnly? Nearest(DateOnly day, bool isForward)
    {
        for (var i = 0; i < DaysMax; i++, day = day.AddDays(isForward ? 1 : -1))
            if (IsBusinessDay(day)) return day;
        return null;
    }

    /// <summary>
    /// Which business day of its month a day is: 1 for the first, and -1 for the last when counted from its end.
    /// </summary>
    /// <returns>Both counts; null of a day that is no business day.</returns>
    public (int FromStart, int FromEnd)? PlaceInMonth(DateOnly day)
    {
        if (!IsBusinessDay(day)) return null;
        var (fromStart, fromEnd) = (0, 0);
        var last = DateTime.DaysInMonth(day.Year, day.Month);
        for (var i = 1; i <= last; i++)
        {
            var other = new DateOnly(day.Year, day.Month, i);
            if (!IsBusinessDay(other)) continue;
            if (other <= day) fromStart++;
            if (other >= day) fromEnd--;
        }
        return (fromStart, fromEnd);
    }

    IReadOnlySet<DateOnly> Holidays(int year)
    {
        lock (known) return known.TryGetValue(year, out var holidays) ? holidays : known[year] = HolidaysOf(year);
    }
}

using System.Globalization;

namespace Foz.Pipelines.Intervals;

/// <summary>Hours of each day, also over midnight.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The moment after the last; before <paramref name="From"/> for one of the next day.</param>
/// <param name="TimeZone">The time zone.</param>
public sealed record DailyHours(TimeOnly From, TimeOnly To, TimeZoneInfo TimeZone)
{
    /// <summary>Reads hours such as <c>22:00-06:00</c>; null where they are none.</summary>
    public static DailyHours? TryParse(string text, TimeZoneInfo timeZone) =>
        text.Split('-') is [var from, var to] && ParseTime(from.Trim()) is { } first
            && (to.Trim() == "24:00" ? TimeOnly.MinValue : ParseTime(to.Trim())) is { } last && first != last
            ? new(first, last, timeZone)
            : null;

    /// <summary>Reads a time of day such as <c>7:30</c>; null where it is none.</summary>
    public static TimeOnly? ParseTime(string text) => TimeOnly.TryParseExact(
        text, ["H:mm", "HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        ? time
        : null;

    /// <summary>Returns the day on which the hours began that a moment is in; null where it is in none.</summary>
    public DateOnly? DayOf(DateTimeOffset moment)
    {
        var local = TimeZoneInfo.ConvertTime(moment, TimeZone);
        var (day, time) = (DateOnly.FromDateTime(local.DateTime), TimeOnly.FromDateTime(local.DateTime));
        if (From < To) return time >= From && time < To ? day : null;
        return time >= From ? day : time < To ? day.AddDays(-1) : null;
    }
}

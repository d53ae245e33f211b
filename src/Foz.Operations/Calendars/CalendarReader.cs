using System.Globalization;
using Foz.Lake.Configuration;

namespace Foz.Operations.Calendars;

/// <summary>Reads <c>calendars:</c> of <c>foz.yml</c>.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class CalendarReader(ErrorList errors)
{
    static readonly Dictionary<string, DayOfWeek> days = Enum.GetValues<DayOfWeek>().ToDictionary(
        day => day.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>The keys of a calendar.</summary>
    public static IReadOnlyList<SettingSpec> Keys { get; } =
    [
        new(
            "base",
            "the calendar whose holidays it has too, and its weekend: `br`, `br_bank`, `br_sp` and the other states, "
                + "or one above it"),
        new("holidays", "a list of days: `2026-12-24`, or `12-24` for every year"),
        new("weekend", "a list of days of the week: `[friday, saturday]`; `[]` for none") { Default =
            "that of `base`, otherwise `[saturday, sunday]`" },
    ];

    /// <summary>Reads the calendars, beside those that Foz knows.</summary>
    public IReadOnlyDictionary<string, Calendar> Read(MappingReader scheduler)
    {
        var calendars = BrazilianHolidays.Calendars.ToDictionary(known => known.Name, StringComparer.Ordinal);
        foreach (var (name, place, value) in scheduler.Entries("calendars"))
        {
            var reader = MappingReader.Of(value, place, "a calendar", errors, Keys);
            if (calendars.ContainsKey(name))
            {
                errors.Add(place, $"there is a calendar '{name}' already");
                continue;
            }
            calendars[name] = Read(name, reader, calendars);
            reader.Finish();
        }
        return calendars;
    }

    Calendar Read(string name, MappingReader reader, Dictionary<string, Calendar> known)
    {
        Calendar? below = null;
        if (reader.Text("base") is { } stated && !known.TryGetValue(stated, out below))
            errors.Add(
                reader.PlaceOf("base"), $"unknown calendar '{stated}'", NearestName.Hint(stated, known.Keys));
        var weekend = reader.Has("weekend")
            ? reader.Scalars("weekend").Select(Weekday).OfType<DayOfWeek>().ToHashSet()
            : below?.Weekend ?? Calendar.SaturdayAndSunday;
        var own = reader.Scalars("holidays").Select(Holiday).OfType<(int? Year, int Month, int Day)>().ToList();
        return new(
            name, weekend,
            year => new HashSet<DateOnly>(
            [
                .. below?.HolidaysOf(year) ?? new HashSet<DateOnly>(),
                .. own.Where(day => (day.Year ?? year) == year
                        && day.Day <= DateTime.DaysInMonth(year, day.Month))
                    .Select(day => new DateOnly(year, day.Month, day.Day)),
            ]));
    }

    DayOfWeek? Weekday(YamlNode.Scalar scalar)
    {
        if (days.TryGetValue(scalar.Text.ToLowerInvariant(), out var day)) return day;
        errors.Add(
            scalar.Place, $"'{scalar.Text}' is not a day of the week", NearestName.Hint(scalar.Text, days.Keys));
        return null;
    }

    (int? Year, int Month, int Day)? Holiday(YamlNode.Scalar scalar)
    {
        var invariant = CultureInfo.InvariantCulture;
        if (DateOnly.TryParseExact(scalar.Text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out var day))
            return (day.Year, day.Month, day.Day);
        // A leap year, so that 29 February is a day.
        if (DateOnly.TryParseExact("2024-" + scalar.Text, "yyyy-MM-dd", invariant, DateTimeStyles.None, out day))
            return (null, day.Month, day.Day);
        errors.Add(scalar.Place, $"'{scalar.Text}' is not a day", "write '2026-12-24', or '12-24' for every year");
        return null;
    }
}

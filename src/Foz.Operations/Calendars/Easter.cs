namespace Foz.Operations.Calendars;

/// <summary>The date of Easter in the Gregorian calendar.</summary>
static class Easter
{
    /// <summary>
    /// Returns Easter Sunday of a year, by the anonymous algorithm that Meeus gives (Astronomical Algorithms,
    /// chapter 8).
    /// </summary>
    public static DateOnly Of(int year)
    {
        var (golden, century, ofCentury) = (year % 19, year / 100, year % 100);
        var moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
        var weekday = (32 + 2 * (century % 4) + 2 * (ofCentury / 4) - moon - ofCentury % 4) % 7;
        var correction = (golden + 11 * moon + 22 * weekday) / 451;
        var days = moon + weekday - 7 * correction + 114;
        return new(year, days / 31, days % 31 + 1);
    }
}

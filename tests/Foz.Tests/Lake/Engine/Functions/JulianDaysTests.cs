using System.Globalization;
using Foz.Lake.Engine.Functions;

namespace Foz.Tests.Lake.Engine.Functions;

/// <summary>Days of the Julian calendar, against .NET's.</summary>
public sealed class JulianDaysTests
{
    const long Day = 86_400_000_000, Hour = Day / 24;

    static readonly JulianCalendar julian = new();
    static readonly DateTime epoch = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Every_day_before_1582_10_15_keeps_its_name()
    {
        // The first that .NET's calendar has is 0001-01-03, two days after the Julian 0001-01-01.
        for (var day = new DateTime(1, 1, 3, 0, 0, 0, DateTimeKind.Utc); day
            < new DateTime(1582, 10, 15, 0, 0, 0, DateTimeKind.Utc); day = day.AddDays(1))
        {
            var name = new DateTime(julian.GetYear(day), julian.GetMonth(day), 1, 0, 0, 0, DateTimeKind.Utc)
                .AddDays(julian.GetDayOfMonth(day) - 1);
            var read = JulianDays.ToGregorian((day - epoch).Days);
            if (read != (name - epoch).Days) Assert.Fail($"{day:O} is read as day {read}, not as {name:O}");
        }
    }

    [Theory]
    [InlineData(-141_427, -141_427)] // 1582-10-15, the first day of the Gregorian calendar
    [InlineData(-141_428, -141_438)] // the day before, 1582-10-04
    [InlineData(-719_164, -719_162)] // 0001-01-01
    [InlineData(-719_165, -719_163)] // the day before, 31 December of the year 1 BC
    [InlineData(
        -719_165 - 365, -719_163 - 365)] // of the year 2 BC, since 1 BC was a leap year in both but for its last day
    [InlineData(0, 0)]
    [InlineData(20_000, 20_000)]
    public void Days_at_the_borders(int day, int expected) => Assert.Equal(expected, JulianDays.ToGregorian(day));

    [Fact]
    public void Times_keep_what_clocks_of_their_offset_showed()
    {
        const int FirstGregorian = JulianDays.FirstGregorianDay;
        // 23:30 UTC of the last Julian day is the first Gregorian one an hour to the east.
        var late = FirstGregorian * Day - Hour / 2;
        Assert.Equal(late - 10 * Day, JulianDays.ToGregorian(late, offset: 0));
        Assert.Equal(late, JulianDays.ToGregorian(late, offset: Hour));
        Assert.Equal(late + Hour - 10 * Day, JulianDays.ToGregorian(late + Hour, offset: -Hour));
    }
}

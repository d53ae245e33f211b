using Cronos;
using Foz.Operations.Calendars;
using Foz.Operations.Schedules;

namespace Foz.Tests.Operations.Schedules;

/// <summary>Due times against a slow computation that looks at every minute of a year.</summary>
public sealed class DueTimesTests
{
    static readonly DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8 * Soak.Factor)];

    /// <summary>A time zone of its own for each seed, and expressions of all kinds.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Times_of_a_year_are_those_of_the_slow_computation(int seed)
    {
        var random = new Random(seed);
        var zones = TimeZoneInfo.GetSystemTimeZones();
        string[] common = ["America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe",
            "Africa/Cairo"];
        var zone = seed <= common.Length
            ? TimeZoneInfo.FindSystemTimeZoneById(common[seed - 1])
            : zones[random.Next(zones.Count)];
        for (var i = 0; i < 4; i++)
        {
            var cron = SlowCron.Random(random);
            var trigger = new ScheduleTrigger.Cron(CronExpression.Parse(cron.Text), zone, cron.Text);
            var expected = cron.Between(WallClock.Of(zone.Id), start, start.AddYears(1)).ToList();
            Assert.Equal(expected, DueTimes.Between(trigger, start, start.AddYears(1)));

            // Parts of the year, as a scheduler asks for them, give the same.
            var parts = new List<DateTimeOffset>();
            for (var at = start; at < start.AddYears(1);)
            {
                var next = at.AddMinutes(random.Next(1, 60 * 24 * 40));
                if (next > start.AddYears(1)) next = start.AddYears(1);
                parts.AddRange(DueTimes.Between(trigger, at, next));
                at = next;
            }
            Assert.Equal(expected, parts);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Times_move_to_business_days_whatever_part_is_asked_for(int seed)
    {
        var random = new Random(seed);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(
            random.Next(2) == 0 ? "America/Sao_Paulo" : "Pacific/Auckland");
        var holidays = Enumerable.Range(0, 40).Select(_ => start.AddDays(random.Next(400)))
            .Select(day => DateOnly.FromDateTime(day.UtcDateTime)).ToHashSet();
        var calendar = new Calendar("c", Calendar.SaturdayAndSunday, _ => holidays);
        var other = (OtherDays)random.Next(3);
        var cron = SlowCron.Random(random);
        var trigger = new ScheduleTrigger.Cron(CronExpression.Parse(cron.Text), zone, cron.Text)
        {
            Days = new(calendar, other, Number: null),
        };
        var expected = new SortedSet<DateTimeOffset>();
        foreach (var due in cron.Between(WallClock.Of(zone.Id), start.AddDays(-40), start.AddDays(400)))
            if (calendar.IsBusinessDay(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(due, zone).DateTime)))
                Expect(due);
        // A moved time is that of the day it moves to, whatever the clocks do on its own.
        foreach (var wall in cron.Between(WallClock.Of("UTC"), start.AddDays(-40), start.AddDays(400)))
        {
            var day = wall.DateTime;
            if (other is OtherDays.Skip || calendar.IsBusinessDay(DateOnly.FromDateTime(day))) continue;
            while (!calendar.IsBusinessDay(DateOnly.FromDateTime(day)))
                day = day.AddDays(other is OtherDays.Next ? 1 : -1);
            while (zone.IsInvalidTime(day)) day = day.AddMinutes(1);
            Expect(new(day, zone.GetUtcOffset(day)));
        }
        var parts = new List<DateTimeOffset>();
        for (var at = start; at < start.AddDays(360);)
        {
            var next = at.AddHours(random.Next(1, 24 * 20));
            if (next > start.AddDays(360)) next = start.AddDays(360);
            parts.AddRange(DueTimes.Between(trigger, at, next));
            at = next;
        }
        Assert.Equal(expected, parts);

        void Expect(DateTimeOffset at)
        {
            if (at > start && at <= start.AddDays(360)) expected.Add(at);
        }
    }

    [Fact]
    public void A_time_that_moves_from_a_day_of_changed_clocks_keeps_its_hour()
    {
        var trigger = new ScheduleTrigger.Cron(
            CronExpression.Parse("30 2 8-14 3 SUN"), TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), "")
        {
            Days = new(
                new("c", Calendar.SaturdayAndSunday, _ => new HashSet<DateOnly>()), OtherDays.Next, Number: null),
        };
        Assert.Equal(
            new DateTimeOffset(2027, 3, 15, 2, 30, 0, TimeSpan.FromHours(-4)),
            DueTimes.Next(trigger, new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void The_fifth_and_the_last_business_day_of_each_month_are_found()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");
        var bank = BrazilianHolidays.Calendars.Single(calendar => calendar.Name == "br_bank");
        var cron = new ScheduleTrigger.Cron(CronExpression.Parse("0 7 * * *"), zone, "0 7 * * *");
        Assert.Equal(
            "01-08 02-06 03-06 04-08 05-08 06-08 07-07 08-07 09-08 10-07 11-09 12-07",
            Days(cron with { Days = new(bank, OtherDays.Skip, 5) }));
        Assert.Equal(
            "01-30 02-27 03-31 04-30 05-29 06-30 07-31 08-31 09-30 10-30 11-30 12-31",
            Days(cron with { Days = new(bank, OtherDays.Skip, -1) }));

        static string Days(ScheduleTrigger trigger) => string.Join(
            ' ', DueTimes.Between(trigger, start, start.AddYears(1)).Select(due => $"{due:MM-dd}"));
    }

    [Fact]
    public void Lengths_are_counted_from_their_start()
    {
        var trigger = new ScheduleTrigger.Every(TimeSpan.FromMinutes(40), start.AddMinutes(5));
        Assert.Equal(
            [5, 45, 85], DueTimes.Between(trigger, start, start.AddMinutes(85)).Select(due =>
                (due - start).TotalMinutes));
        Assert.Equal(start.AddMinutes(45), DueTimes.Next(trigger, start.AddMinutes(5)));
        Assert.Equal(start.AddMinutes(5), DueTimes.Next(trigger, start.AddDays(-3)));
    }

    [Fact]
    public void A_leap_day_is_found_and_a_day_that_never_comes_is_none()
    {
        Assert.Equal(new DateTimeOffset(2028, 2, 29, 6, 0, 0, TimeSpan.Zero), Next("0 6 29 2 *"));
        Assert.Null(Next("0 6 30 2 *"));

        static DateTimeOffset? Next(string text) =>
            DueTimes.Next(new ScheduleTrigger.Cron(CronExpression.Parse(text), TimeZoneInfo.Utc, text), start);
    }
}

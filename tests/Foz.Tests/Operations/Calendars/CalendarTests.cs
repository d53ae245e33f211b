using Foz.Lake.Configuration;
using Foz.Operations.Calendars;

namespace Foz.Tests.Operations.Calendars;

public sealed class CalendarTests
{
    static IReadOnlyDictionary<string, Calendar> Known => Read("");

    /// <summary>Easter Sundays of the almanacs.</summary>
    [Theory]
    [InlineData("1818-03-22")]
    [InlineData("1943-04-25")]
    [InlineData("2000-04-23")]
    [InlineData("2024-03-31")]
    [InlineData("2026-04-05")]
    [InlineData("2038-04-25")]
    [InlineData("2285-03-22")]
    public void Easter_is_when_it_is(string day)
    {
        var date = Day(day);
        Assert.Equal(date, Easter.Of(date.Year));
    }

    [Theory]
    [InlineData("br", "2026-01-01 2026-04-03 2026-04-21 2026-05-01 2026-09-07 2026-10-12 2026-11-02 2026-11-20 2026-12-25")]
    [InlineData("br_bank",
        "2026-01-01 2026-02-16 2026-02-17 2026-04-03 2026-04-21 2026-05-01 2026-06-04 2026-09-07 2026-10-12 2026-11-02 "
        + "2026-11-20 2026-12-25")]
    [InlineData("br_sp",
        "2026-01-01 2026-04-03 2026-04-21 2026-05-01 2026-07-09 2026-09-07 2026-10-12 2026-11-02 2026-11-20 2026-12-25")]
    [InlineData("br_rj",
        "2026-01-01 2026-02-17 2026-04-03 2026-04-21 2026-04-23 2026-05-01 2026-09-07 2026-10-12 2026-11-02 2026-11-20 "
        + "2026-12-25")]
    [InlineData("br_ac",
        "2026-01-01 2026-01-23 2026-04-03 2026-04-21 2026-05-01 2026-06-15 2026-09-07 2026-10-12 2026-11-02 2026-11-20 "
        + "2026-12-25")]
    [InlineData("br_es",
        "2026-01-01 2026-04-03 2026-04-13 2026-04-21 2026-05-01 2026-09-07 2026-10-12 2026-11-02 2026-11-20 2026-12-25")]
    public void Holidays_of_2026_on_working_days_are_known(string calendar, string days)
    {
        var found = Enumerable.Range(0, 365).Select(i => new DateOnly(2026, 1, 1).AddDays(i))
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))
            .Where(day => !Known[calendar].IsBusinessDay(day));
        Assert.Equal(days, string.Join(' ', found.Select(day => $"{day:yyyy-MM-dd}")));
    }

    [Fact]
    public void Every_state_has_its_calendar() => Assert.Equal(
        "ac al am ap ba ce df es go ma mg ms mt pa pb pe pi pr rj rn ro rr rs sc se sp to",
        string.Join(' ', Known.Keys.Where(name => name.Length == 5).Select(name => name[3..]).Order()));

    [Fact]
    public void Twenty_November_is_a_holiday_since_2024()
    {
        Assert.True(Known["br"].IsBusinessDay(new(2023, 11, 20)));
        Assert.False(Known["br"].IsBusinessDay(new(2024, 11, 20)));
    }

    [Fact]
    public void Business_days_are_counted_from_both_ends()
    {
        var bank = Known["br_bank"];
        Assert.Equal((5, -14), bank.PlaceInMonth(new(2026, 2, 6)));
        Assert.Equal((18, -1), bank.PlaceInMonth(new(2026, 2, 27)));
        Assert.Null(bank.PlaceInMonth(new(2026, 2, 17)));
        Assert.Equal(new(2026, 2, 18), bank.Nearest(new(2026, 2, 14), isForward: true));
        Assert.Equal(new(2026, 2, 13), bank.Nearest(new(2026, 2, 17), isForward: false));
    }

    [Fact]
    public void Own_calendars_stand_on_others()
    {
        var ours = Read("{calendars: {ours: {base: br, holidays: [12-24, 2026-06-05, 02-29], weekend: [sunday]}}}")["ours"];
        Assert.False(ours.IsBusinessDay(new(2026, 12, 24)));
        Assert.False(ours.IsBusinessDay(new(2031, 12, 24)));
        Assert.False(ours.IsBusinessDay(new(2026, 6, 5)));
        Assert.True(ours.IsBusinessDay(new(2027, 6, 5)));
        Assert.False(ours.IsBusinessDay(new(2028, 2, 29)));
        Assert.False(ours.IsBusinessDay(new(2026, 12, 25)));
        Assert.True(ours.IsBusinessDay(new(2026, 11, 21)));
    }

    [Theory]
    [InlineData("{calendars: {a: {base: br_sq}}}", "unknown calendar 'br_sq'", "did you mean 'br_")]
    [InlineData("{calendars: {a: {holidays: [2026-13-01]}}}", "'2026-13-01' is not a day", "write '2026-12-24'")]
    [InlineData("{calendars: {a: {weekend: [satturday]}}}", "'satturday' is not a day of the week", "saturday")]
    [InlineData("{calendars: {br: {}}}", "there is a calendar 'br' already", "")]
    [InlineData("{calendars: {a: {holiday: []}}}", "unknown key 'holiday'", "holidays")]
    public void Mistakes_are_named(string yaml, string message, string hint)
    {
        var errors = new ErrorList();
        Read(yaml, errors);
        var error = Assert.Single(errors.Items);
        Assert.Equal(message, error.Message);
        Assert.Contains(hint, error.Hint ?? "", StringComparison.Ordinal);
    }

    static IReadOnlyDictionary<string, Calendar> Read(string yaml, ErrorList? errors = null)
    {
        var found = errors ?? new();
        var reader = MappingReader.Of(YamlReader.Read(yaml, "foz.yml", found), new("foz.yml", 1, 1), "x", found);
        var calendars = new CalendarReader(found).Read(reader);
        if (errors is null) found.ThrowIfAny();
        return calendars;
    }

    static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", null);
}

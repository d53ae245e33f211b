namespace Foz.Operations.Calendars;

/// <summary>
/// Brazil's holidays by the laws of 2024: national ones (Lei 662/1949, 6.802/1980, 10.607/2002, 14.759/2023), those of
/// the states (Lei 9.093/1995), and the days on which banks are closed (Resolução CMN 4.880/2020). In earlier years
/// some were not holidays yet; of these only 20 November has its year here.
/// </summary>
static class BrazilianHolidays
{
    const int ZumbiSince = 2024;

    /// <summary>The calendars: <c>br</c>, <c>br_bank</c>, and one for each state, such as <c>br_sp</c>.</summary>
    public static IReadOnlyList<Calendar> Calendars { get; } =
    [
        Make("br", National),
        Make("br_bank", year => [.. National(year), .. OfBanks(year)]),
        .. States.Select(state => Make(
            $"br_{state.Key}", year => [.. National(year), .. state.Value(year)])),
    ];

    // By the two letters of the state; movable ones are computed.
    static Dictionary<string, Func<int, DateOnly[]>> States => new(StringComparer.Ordinal)
    {
        ["ac"] = year =>
        [
            OrNextFriday(year, 1, 23), OrNextFriday(year, 3, 8), new(year, 6, 15), OrNextFriday(year, 9, 5),
            OrNextFriday(year, 11, 17),
        ],
        ["al"] = Fixed((6, 24), (6, 29), (9, 16), (11, 30)),
        ["am"] = Fixed((9, 5)),
        ["ap"] = Fixed((3, 19), (7, 25), (9, 13)),
        ["ba"] = Fixed((7, 2)),
        ["ce"] = Fixed((3, 19), (3, 25), (8, 15)),
        ["df"] = Fixed((4, 21), (11, 30)),
        ["es"] = year => [Easter.Of(year).AddDays(8)],
        ["go"] = Fixed((7, 26), (10, 24)),
        ["ma"] = Fixed((7, 28)),
        ["mg"] = Fixed((4, 21)),
        ["ms"] = Fixed((10, 11)),
        ["mt"] = Fixed(),
        ["pa"] = Fixed((8, 15)),
        ["pb"] = Fixed((8, 5)),
        ["pe"] = Fixed((3, 6)),
        ["pi"] = Fixed((10, 19)),
        ["pr"] = Fixed((11, 15)),
        ["rj"] = year => [Carnival(year), new(year, 4, 23)],
        ["rn"] = Fixed((8, 7), (10, 3)),
        ["ro"] = Fixed((1, 4), (6, 18)),
        ["rr"] = Fixed((10, 5)),
        ["rs"] = Fixed((9, 20)),
        ["sc"] = year => [SundayFrom(year, 8, 11), SundayFrom(year, 11, 25)],
        ["se"] = Fixed((7, 8)),
        ["sp"] = Fixed((7, 9)),
        ["to"] = Fixed((3, 18), (9, 8), (10, 5)),
    };

    static DateOnly[] National(int year) =>
    [
        new(year, 1, 1), Easter.Of(year).AddDays(-2), new(year, 4, 21), new(year, 5, 1), new(year, 9, 7),
        new(year, 10, 12), new(year, 11, 2), new(year, 11, 15), new(year, 12, 25),
        .. year >= ZumbiSince ? (DateOnly[])[new(year, 11, 20)] : [],
    ];

    /// <summary>Carnival's Monday and Tuesday, and Corpus Christi.</summary>
    static DateOnly[] OfBanks(int year) =>
        [Carnival(year).AddDays(-1), Carnival(year), Easter.Of(year).AddDays(60)];

    static DateOnly Carnival(int year) => Easter.Of(year).AddDays(-47);

    static Func<int, DateOnly[]> Fixed(params (int Month, int Day)[] days) =>
        year => [.. days.Select(day => new DateOnly(year, day.Month, day.Day))];

    /// <summary>In Acre, a holiday on Tuesday to Thursday is kept on the next Friday.</summary>
    static DateOnly OrNextFriday(int year, int month, int day)
    {
        var date = new DateOnly(year, month, day);
        return date.DayOfWeek is DayOfWeek.Tuesday or DayOfWeek.Wednesday or DayOfWeek.Thursday
            ? date.AddDays(DayOfWeek.Friday - date.DayOfWeek)
            : date;
    }

    static DateOnly SundayFrom(int year, int month, int day)
    {
        var date = new DateOnly(year, month, day);
        return date.AddDays((7 - (int)date.DayOfWeek) % 7);
    }

    static Calendar Make(string name, Func<int, DateOnly[]> days) =>
        new(name, Calendar.SaturdayAndSunday, year => new HashSet<DateOnly>(days(year)));
}

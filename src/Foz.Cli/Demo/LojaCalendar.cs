namespace Foz.Cli.Demo;

/// <summary>The months that the shop has exported, and how the business of two years spreads over them.</summary>
static class LojaCalendar
{
    public const int MonthCount = 24;

    /// <summary>The first day of a month.</summary>
    /// <param name="month">Counted from 0 for January 2024.</param>
    public static DateOnly First(int month) => new DateOnly(2024, 1, 1).AddMonths(month);

    /// <summary>A month as it stands in file names, such as <c>2024-01</c>.</summary>
    public static string Name(int month) => First(month).ToString("yyyy-MM");

    /// <summary>A quarter as it stands in file names, such as <c>2024-Q1</c>.</summary>
    public static string Quarter(int month) => $"{First(month).Year}-Q{(First(month).Month + 2) / 3}";

    /// <summary>When the month was exported: the night of the first day after it, in Brasília.</summary>
    public static DateTime ExportedAtUtc(int month) =>
        First(month + 1).ToDateTime(new TimeOnly(5, 0), DateTimeKind.Utc);

    /// <summary>A total spread over the months: growing, with Black Friday and Christmas.</summary>
    /// <returns>Where each month starts in the total, and as last the total.</returns>
    public static int[] Spread(int total)
    {
        var weights = Enumerable.Range(0, MonthCount).Select(Weight).ToArray();
        var sum = weights.Sum();
        var starts = new int[MonthCount + 1];
        var soFar = 0.0;
        for (var month = 0; month < MonthCount; month++)
        {
            soFar += weights[month];
            starts[month + 1] = (int)Math.Round(total * soFar / sum);
        }
        return starts;
    }

    /// <summary>A moment of a month, more often in the evening.</summary>
    public static DateTime Moment(int month, ref SplitMix random)
    {
        var first = First(month);
        var day = random.Below(DateTime.DaysInMonth(first.Year, first.Month));
        var second = (int)((random.Fraction() + random.Fraction() + 1) / 3 * 86_400);
        return first.ToDateTime(TimeOnly.MinValue).AddDays(day).AddSeconds(second);
    }

    static double Weight(int month) => (1 + month * 0.025) * (First(month).Month switch
    {
        1 => 0.85,
        2 => 0.9,
        5 => 1.15,
        11 => 1.8,
        12 => 1.4,
        _ => 1.0,
    });
}

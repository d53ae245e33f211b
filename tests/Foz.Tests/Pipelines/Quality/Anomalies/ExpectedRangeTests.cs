using Foz.Pipelines.Quality.Anomalies;

namespace Foz.Tests.Pipelines.Quality.Anomalies;

public sealed class ExpectedRangeTests
{
    const int HistoryMin = 7;
    const double Deviations = 4;

    static readonly DateTimeOffset start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero); // A Monday.

    static Random Seeded() => new(Soak.Seed());

    static ExpectedRange? Learn(IEnumerable<double> values, double floor = 1e-9)
    {
        var past = values.Select((value, day) => new PastValue(start.AddDays(day), value)).ToList();
        return ExpectedRange.Learn(past, start.AddDays(past.Count), Deviations, HistoryMin, floor);
    }

    [Fact]
    public void A_past_that_never_changed_never_alarms_on_the_same()
    {
        var random = Seeded();
        for (var trial = 0; trial < 1_000; trial++)
        {
            var value = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 9));
            var range = Learn(Enumerable.Repeat(value, random.Next(HistoryMin, 60)), floor: 0)!.Value;
            Assert.True(range.Contains(value), $"{value} in {range}");
            Assert.True(range.Contains(value * 1.1), $"{value} and a tenth in {range}");
            Assert.False(range.Contains(value * 2), $"{value} twice in {range}");
        }
    }

    [Fact]
    public void What_is_drawn_as_the_past_was_seldom_alarms_and_what_is_far_off_always()
    {
        var random = Seeded();
        var alarms = 0;
        for (var trial = 0; trial < 1_000; trial++)
        {
            var past = Enumerable.Range(0, 40).Select(_ => Normal()).ToList();
            var range = Learn(past)!.Value;
            if (!range.Contains(Normal())) alarms++;
            Assert.False(range.Contains(1_000 + (100 * 30)));
        }
        Assert.InRange(alarms, 0, 20);

        double Normal() =>
            1_000 + (100 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    [Fact]
    public void A_few_outliers_of_the_past_move_nothing()
    {
        var range = Learn([100, 101, 99, 100, 1_000_000, 102, 98, 100, 0, 101])!.Value;
        Assert.True(range.Contains(103));
        Assert.False(range.Contains(200));
        Assert.False(range.Contains(0));
    }

    [Fact]
    public void A_weekday_is_asked_by_itself_where_it_was_seen_often_enough()
    {
        double[] week = [1_000, 1_010, 990, 1_005, 995, 10, 12];
        var past = Enumerable.Range(0, 42).Select(day => week[day % 7] + (day % 3)).ToList();
        var monday = Learn(past)!.Value;
        Assert.True(monday.Contains(1_003));
        Assert.False(monday.Contains(11));
        var saturday = Learn(past.Take(40))!.Value;
        Assert.True(saturday.Contains(11));
        Assert.False(saturday.Contains(1_000));
    }

    [Fact]
    public void A_short_past_says_nothing()
    {
        Assert.Null(Learn(Enumerable.Repeat(1.0, HistoryMin - 1)));
        Assert.NotNull(Learn(Enumerable.Repeat(1.0, HistoryMin)));
        Assert.Null(Learn(Enumerable.Repeat(double.NaN, 20)));
    }
}

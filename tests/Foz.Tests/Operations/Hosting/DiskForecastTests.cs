using Foz.Operations.Hosting;

namespace Foz.Tests.Operations.Hosting;

public sealed class DiskForecastTests
{
    const long GB = 1_000_000_000;

    static readonly DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_disk_that_fills_evenly_is_full_when_nothing_is_left()
    {
        // 100 GB, of which 2.4 GB a day go: after two days 95.2 GB are left for 39.67 days.
        var forecast = DiskForecast.Of(Hours(49, hour => 100 * GB - hour * GB / 10))!;
        Assert.Equal((24 * GB / 10, 952 * GB / 10), (forecast.BytesOfDay, forecast.FreeBytes));
        Assert.Equal(start.AddHours(1000), forecast.FullAt, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void It_says_when_how_fast_and_what_is_left()
    {
        var forecast = new DiskForecast(start.AddDays(6.5), 31 * GB / 10, 20 * GB);
        Assert.Equal(
            "the disk of the lake is full in 6 days: it fills by 3.1 GB a day, and 20 GB are left",
            forecast.Describe(start));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(10)]
    public void Work_that_takes_the_disk_for_an_hour_does_not_sway_it(int every)
    {
        var forecast = DiskForecast.Of(Hours(161, hour =>
            100 * GB - hour * GB / 10 - (hour % every == 7 ? 60 * GB : 0)))!;
        Assert.InRange(forecast.BytesOfDay, 23 * GB / 10, 25 * GB / 10);
    }

    [Fact]
    public void A_nightly_vacuum_does_not_hide_that_the_disk_fills()
    {
        // It takes 5 GB a day and gives 4 GB back at midnight.
        var forecast = DiskForecast.Of(Hours(168, hour =>
            100 * GB - hour / 24 * GB - hour % 24 * (5 * GB / 24)))!;
        Assert.InRange(forecast.BytesOfDay, GB * 8 / 10, GB * 15 / 10);
    }

    [Fact]
    public void Nothing_is_told_of_a_disk_that_does_not_fill_or_of_which_too_little_is_known()
    {
        Assert.Null(DiskForecast.Of([]));
        Assert.Null(DiskForecast.Of(Hours(6, hour => 100 * GB - hour * GB)));
        Assert.NotNull(DiskForecast.Of(Hours(7, hour => 100 * GB - hour * GB)));
        Assert.Null(DiskForecast.Of(Hours(100, _ => 100 * GB)));
        Assert.Null(DiskForecast.Of(Hours(100, hour => 100 * GB + hour * GB)));
        Assert.Null(DiskForecast.Of(Hours(100, hour => 100 * GB - hour)));
    }

    static List<(DateTimeOffset At, long Bytes)> Hours(int count, Func<int, long> free) =>
        [.. Enumerable.Range(0, count).Select(hour => (start.AddHours(hour), free(hour)))];
}

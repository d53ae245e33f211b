namespace Foz.Pipelines.Intervals;

/// <summary>How long the intervals of a model are; they begin at full hours, days, months or years of UTC.</summary>
public enum BatchSize
{
    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A month.</summary>
    Month,

    /// <summary>A year.</summary>
    Year,
}

/// <summary>Where intervals begin and end.</summary>
public static class BatchSizes
{
    /// <summary>The beginning of the interval that an instant is in.</summary>
    public static DateTimeOffset Floor(this BatchSize size, DateTimeOffset instant)
    {
        var utc = instant.UtcDateTime;
        return size switch
        {
            BatchSize.Hour => new(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, TimeSpan.Zero),
            BatchSize.Day => new(utc.Year, utc.Month, utc.Day, 0, 0, 0, TimeSpan.Zero),
            BatchSize.Month => new(utc.Year, utc.Month, 1, 0, 0, 0, TimeSpan.Zero),
            _ => new(utc.Year, 1, 1, 0, 0, 0, TimeSpan.Zero),
        };
    }

    /// <summary>Returns the first beginning of an interval at or after an instant.</summary>
    public static DateTimeOffset Ceiling(this BatchSize size, DateTimeOffset instant) =>
        size.Floor(instant) is var floor && floor == instant ? floor : size.Add(floor, 1);

    /// <summary>A beginning moved by some intervals.</summary>
    public static DateTimeOffset Add(this BatchSize size, DateTimeOffset start, int count) => size switch
    {
        BatchSize.Hour => start.AddHours(count),
        BatchSize.Day => start.AddDays(count),
        BatchSize.Month => start.AddMonths(count),
        _ => start.AddYears(count),
    };
}

namespace Foz.DuckDB;

/// <summary>A DATE. Its memory is the vector's.</summary>
/// <param name="Days">Days since 1970-01-01.</param>
public readonly record struct Date(int Days)
{
    /// <summary>Later than every other.</summary>
    public static Date PositiveInfinity { get; } = new(int.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static Date NegativeInfinity { get; } = new(-int.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Days is not (int.MaxValue or -int.MaxValue);

    /// <summary>The same date in .NET.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateOnly ToDateOnly()
    {
        var number = Days + (long)DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)number)
            : throw new OverflowException($"{this} is outside the years 1 to 9999");
    }

    /// <summary>The same date.</summary>
    public static Date From(DateOnly value) =>
        new(value.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);

    /// <summary>The date as DuckDB writes it: <c>2024-02-29</c>.</summary>
    public override string ToString() => IsFinite ? TimeText.Date(Days) : TimeText.Infinity(Days);
}

/// <summary>A TIME: 00:00:00 to 24:00:00. Its memory is the vector's.</summary>
/// <param name="Micros">Microseconds since midnight.</param>
public readonly record struct Time(long Micros)
{
    /// <summary>The same time in .NET.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is 24:00:00, which .NET does not have.</exception>
    public TimeOnly ToTimeOnly() => new(Micros * TimeSpan.TicksPerMicrosecond);

    /// <summary>The time; what lies below a microsecond is dropped.</summary>
    public static Time From(TimeOnly value) => new(value.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>The time as DuckDB writes it: <c>12:34:56.789</c>.</summary>
    public override string ToString() => TimeText.Time(Micros, 1_000_000);
}

/// <summary>A TIME_NS. Its memory is the vector's.</summary>
/// <param name="Nanos">Nanoseconds since midnight.</param>
public readonly record struct TimeNs(long Nanos)
{
    /// <summary>The time as DuckDB writes it: <c>12:34:56.789012345</c>.</summary>
    public override string ToString() => TimeText.Time(Nanos, 1_000_000_000);
}

/// <summary>A TIME WITH TIME ZONE. Its memory is the vector's.</summary>
/// <param name="Bits">The upper 40 bits are the microseconds, the lower 24 the inverted offset.</param>
public readonly record struct TimeTz(ulong Bits)
{
    const int OffsetBits = 24, OffsetSecondsMax = (16 * 3600) - 1;

    /// <summary>A local time and its offset from UTC in seconds, at most 15:59:59 either way.</summary>
    public TimeTz(long micros, int offsetSeconds)
        : this(((ulong)micros << OffsetBits) | (uint)(OffsetSecondsMax - offsetSeconds))
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(offsetSeconds), OffsetSecondsMax);
    }

    /// <summary>Microseconds since local midnight.</summary>
    public long Micros => (long)(Bits >> OffsetBits);

    /// <summary>Seconds that the local time is ahead of UTC.</summary>
    public int OffsetSeconds => OffsetSecondsMax - (int)(Bits & ((1 << OffsetBits) - 1));

    /// <summary>The time as DuckDB writes it: <c>12:34:56+02:30</c>.</summary>
    public override string ToString()
    {
        var seconds = Math.Abs(OffsetSeconds);
        var text = $"{TimeText.Time(Micros, 1_000_000)}{(OffsetSeconds < 0 ? '-' : '+')}{seconds / 3600:00}";
        if (seconds % 3600 != 0) text += $":{seconds / 60 % 60:00}";
        return seconds % 60 == 0 ? text : $"{text}:{seconds % 60:00}";
    }
}

/// <summary>An INTERVAL: its parts are not converted into each other. Its memory is the vector's.</summary>
/// <param name="Months">Months.</param>
/// <param name="Days">Days.</param>
/// <param name="Micros">Microseconds.</param>
public readonly record struct Interval(int Months, int Days, long Micros)
{
    /// <summary>Days and microseconds; what lies below a microsecond is dropped.</summary>
    public static Interval From(TimeSpan value) =>
        new(0, value.Days, (value.Ticks - (value.Days * TimeSpan.TicksPerDay)) / TimeSpan.TicksPerMicrosecond);

    /// <summary>The interval as DuckDB writes it: <c>1 year 2 months 3 days 04:05:06.789</c>.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        Add(Months / 12, "year");
        Add(Months % 12, "month");
        Add(Days, "day");
        if (Micros != 0 || parts.Count == 0)
        {
            var sign = Micros < 0 ? "-" : "";
            parts.Add(sign + TimeText.Time((long)Int128.Abs(Micros), 1_000_000));
        }
        return string.Join(' ', parts);

        void Add(int count, string unit)
        {
            if (count != 0) parts.Add($"{count} {unit}{(count is 1 or -1 ? "" : "s")}");
        }
    }
}

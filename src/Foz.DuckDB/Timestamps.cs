namespace Foz.DuckDB;

/// <summary>A TIMESTAMP, without time zone: microseconds since 1970-01-01. Its memory is the vector's.</summary>
/// <param name="Micros">Microseconds since 1970-01-01 00:00:00.</param>
public readonly record struct Timestamp(long Micros)
{
    /// <summary>Later than every other.</summary>
    public static Timestamp PositiveInfinity { get; } = new(long.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static Timestamp NegativeInfinity { get; } = new(-long.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Micros is not (long.MaxValue or -long.MaxValue);

    /// <summary>The timestamp, of unspecified kind; what lies below 100 ns is dropped.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateTime ToDateTime() => TimeText.ToDateTime(Micros, 1_000_000);

    /// <summary>The clock's reading, whatever its kind; what lies below a microsecond is dropped.</summary>
    public static Timestamp From(DateTime value) => new(TimeText.ToMicros(value.Ticks));

    /// <summary>The timestamp as DuckDB writes it: <c>2024-02-29 12:34:56.789</c>.</summary>
    public override string ToString() => IsFinite ? TimeText.Timestamp(Micros, 1_000_000) : TimeText.Infinity(Micros);
}

/// <summary>
/// A TIMESTAMP WITH TIME ZONE, an instant: microseconds since 1970-01-01. Its memory is the vector's.
/// </summary>
/// <param name="Micros">Microseconds since 1970-01-01 00:00:00 UTC.</param>
public readonly record struct TimestampTz(long Micros)
{
    /// <summary>Later than every other.</summary>
    public static TimestampTz PositiveInfinity { get; } = new(long.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static TimestampTz NegativeInfinity { get; } = new(-long.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Micros is not (long.MaxValue or -long.MaxValue);

    /// <summary>The instant in UTC.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateTimeOffset ToDateTimeOffset() => new(TimeText.ToDateTime(Micros, 1_000_000), TimeSpan.Zero);

    /// <summary>The instant; what lies below a microsecond is dropped.</summary>
    public static TimestampTz From(DateTimeOffset value) => new(TimeText.ToMicros(value.UtcTicks));

    /// <summary>The timestamp as DuckDB writes it in UTC: <c>2024-02-29 12:34:56.789+00</c>.</summary>
    public override string ToString() =>
        IsFinite ? TimeText.Timestamp(Micros, 1_000_000) + "+00" : TimeText.Infinity(Micros);
}

/// <summary>A TIMESTAMP_S, without time zone: seconds since 1970-01-01. Its memory is the vector's.</summary>
/// <param name="Seconds">Seconds since 1970-01-01 00:00:00.</param>
public readonly record struct TimestampS(long Seconds)
{
    /// <summary>Later than every other.</summary>
    public static TimestampS PositiveInfinity { get; } = new(long.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static TimestampS NegativeInfinity { get; } = new(-long.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Seconds is not (long.MaxValue or -long.MaxValue);

    /// <summary>The timestamp, of unspecified kind; what lies below 100 ns is dropped.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateTime ToDateTime() => TimeText.ToDateTime(Seconds, 1);

    /// <summary>The timestamp as DuckDB writes it: <c>2024-02-29 12:34:56.789</c>.</summary>
    public override string ToString() => IsFinite ? TimeText.Timestamp(Seconds, 1) : TimeText.Infinity(Seconds);
}

/// <summary>A TIMESTAMP_MS, without time zone: milliseconds since 1970-01-01. Its memory is the vector's.</summary>
/// <param name="Millis">Milliseconds since 1970-01-01 00:00:00.</param>
public readonly record struct TimestampMs(long Millis)
{
    /// <summary>Later than every other.</summary>
    public static TimestampMs PositiveInfinity { get; } = new(long.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static TimestampMs NegativeInfinity { get; } = new(-long.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Millis is not (long.MaxValue or -long.MaxValue);

    /// <summary>The timestamp, of unspecified kind; what lies below 100 ns is dropped.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateTime ToDateTime() => TimeText.ToDateTime(Millis, 1_000);

    /// <summary>The timestamp as DuckDB writes it: <c>2024-02-29 12:34:56.789</c>.</summary>
    public override string ToString() => IsFinite ? TimeText.Timestamp(Millis, 1_000) : TimeText.Infinity(Millis);
}

/// <summary>A TIMESTAMP_NS, without time zone: nanoseconds since 1970-01-01. Its memory is the vector's.</summary>
/// <param name="Nanos">Nanoseconds since 1970-01-01 00:00:00.</param>
public readonly record struct TimestampNs(long Nanos)
{
    /// <summary>Later than every other.</summary>
    public static TimestampNs PositiveInfinity { get; } = new(long.MaxValue);

    /// <summary>Earlier than every other.</summary>
    public static TimestampNs NegativeInfinity { get; } = new(-long.MaxValue);

    /// <summary>Whether it is no infinity.</summary>
    public bool IsFinite => Nanos is not (long.MaxValue or -long.MaxValue);

    /// <summary>The timestamp, of unspecified kind; what lies below 100 ns is dropped.</summary>
    /// <exception cref="OverflowException">It is infinite or outside .NET's years 1 to 9999.</exception>
    public DateTime ToDateTime() => TimeText.ToDateTime(Nanos, 1_000_000_000);

    /// <summary>The timestamp as DuckDB writes it: <c>2024-02-29 12:34:56.789</c>.</summary>
    public override string ToString() => IsFinite ? TimeText.Timestamp(Nanos, 1_000_000_000) : TimeText.Infinity(Nanos);
}

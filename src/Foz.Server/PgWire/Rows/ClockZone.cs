namespace Foz.Server.PgWire.Rows;

/// <summary>How far a time zone's clock is ahead of UTC. Of one session: not for several threads.</summary>
sealed class ClockZone
{
    // No zone changes its clock more often than every quarter of an hour of UTC.
    const long SpanMicros = 900_000_000;

    const long FirstMicros = -62_135_000_000_000_000;
    const long LastMicros = 253_402_000_000_000_000;

    readonly TimeZoneInfo? zone;
    long span = long.MinValue;
    int offsetSeconds;

    ClockZone(TimeZoneInfo? zone) => this.zone = zone;

    /// <summary>UTC.</summary>
    public static ClockZone Utc { get; } = new(zone: null);

    /// <summary>The zone of a name, as the session has it; UTC for one that is not known here.</summary>
    public static ClockZone Of(string name) =>
        name is not ("UTC" or "Etc/UTC" or "GMT") && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? new(zone)
            : Utc;

    /// <summary>Seconds that the clock is ahead of UTC at an instant.</summary>
    /// <param name="micros">Microseconds since 1970-01-01 in UTC.</param>
    public int OffsetSeconds(long micros)
    {
        if (zone is null) return 0;
        var spanOfInstant = micros / SpanMicros;
        if (spanOfInstant == span) return offsetSeconds;
        // .NET knows the years 1 to 9999; clocks before and after use the offsets at these ends.
        var known = DateTime.UnixEpoch.AddMicroseconds(Math.Clamp(micros, FirstMicros, LastMicros));
        offsetSeconds = (int)zone.GetUtcOffset(known).TotalSeconds;
        span = spanOfInstant;
        return offsetSeconds;
    }
}

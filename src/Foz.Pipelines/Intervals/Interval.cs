using System.Globalization;
using System.Text.Json.Serialization;

namespace Foz.Pipelines.Intervals;

/// <summary>A time from an instant to another, the second not part of it; in UTC.</summary>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it is over.</param>
public readonly record struct Interval(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>Whether it has no time.</summary>
    [JsonIgnore]
    public bool IsEmpty => Start >= End;

    /// <summary>What is in both; may be empty.</summary>
    public Interval Intersect(Interval other) => new(
        Start > other.Start ? Start : other.Start, End < other.End ? End : other.End);

    /// <summary>Such as <c>[2026-01-01, 2026-01-02)</c>; with the time where it is not midnight.</summary>
    public override string ToString() => $"[{Text(Start)}, {Text(End)})";

    static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(
        instant.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFF",
        CultureInfo.InvariantCulture);
}

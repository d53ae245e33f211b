using System.Globalization;

namespace Foz.Operations.Tasks;

/// <summary>Reads moments as tasks write them.</summary>
static class MomentText
{
    static readonly string[] times = ["HH:mm", "HH:mm:ss"];

    static readonly string[] moments =
        ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>Returns a moment; null where the text is none.</summary>
    /// <param name="text">A time of the due day, a day and a time in the zone, or one with an offset.</param>
    /// <param name="due">When the firing was due, in the schedule's time zone.</param>
    /// <param name="zone">That time zone; null for UTC.</param>
    public static DateTimeOffset? Parse(string text, DateTimeOffset due, TimeZoneInfo? zone = null)
    {
        zone ??= TimeZoneInfo.Utc;
        var culture = CultureInfo.InvariantCulture;
        if (TimeOnly.TryParseExact(text, times, culture, DateTimeStyles.None, out var time))
            return Local(DateOnly.FromDateTime(due.DateTime).ToDateTime(time), zone);
        if (DateTime.TryParseExact(text, moments, culture, DateTimeStyles.None, out var local))
            return Local(local, zone);
        return text.Length > 16 && DateTimeOffset.TryParse(
            text, culture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
    }

    /// <summary>A local time; one that the clocks pass over counts from when they have moved.</summary>
    static DateTimeOffset Local(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        return new(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), zone.GetUtcOffset(local));
    }
}

using Foz.Lake.Configuration;

namespace Foz.Pipelines.Intervals;

/// <summary>Reads the setting <c>time_zone</c>.</summary>
public static class TimeZones
{
    const string Key = "time_zone";

    /// <summary>Reads the time zone that is stated; null where none is, or none that is known.</summary>
    /// <param name="reader">What may state one.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static TimeZoneInfo? Read(MappingReader reader, ErrorList errors)
    {
        if (reader.Text(Key) is not { } name) return null;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found)) return found;
        errors.Add(
            reader.PlaceOf(Key), $"unknown time zone '{name}'",
            NearestName.Hint(name, TimeZoneInfo.GetSystemTimeZones().Select(known => known.Id))
                ?? "names such as America/Sao_Paulo; the machine must have the package tzdata");
        return null;
    }

    /// <summary>Returns the time zone of <c>scheduler</c>, which others have that state none; else UTC.</summary>
    /// <param name="scheduler">What <c>foz.yml</c> says of it; what is wrong there is noted where it is read.</param>
    public static TimeZoneInfo OfScheduler(YamlNode? scheduler) =>
        (scheduler as YamlNode.Mapping)?[Key] is YamlNode.Scalar name
            && TimeZoneInfo.TryFindSystemTimeZoneById(name.Text, out var found)
            ? found
            : TimeZoneInfo.Utc;
}

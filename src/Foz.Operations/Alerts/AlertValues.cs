using Foz.Lake.Configuration;
using Foz.Operations.Calendars;
using Foz.Operations.Channels;
using Foz.Operations.Schedules;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;
using Calendar = Foz.Operations.Calendars.Calendar;

namespace Foz.Operations.Alerts;

/// <summary>Reads values that several parts of files in <c>alerts/</c> have; a wrong one reads as not set.</summary>
sealed class AlertValues
{
    /// <summary>The words of severities.</summary>
    public static readonly IReadOnlyDictionary<string, AlertSeverity> Severities =
        Enum.GetValues<AlertSeverity>().ToDictionary(value => value.ToString().ToLowerInvariant());

    readonly ErrorList errors;
    readonly IReadOnlyDictionary<string, Calendar> calendars;
    readonly TimeZoneInfo zone;

    /// <param name="file">What <c>foz.yml</c> says: its calendars and time zone hold.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public AlertValues(ProjectFile file, ErrorList errors)
    {
        this.errors = errors;
        // What is wrong with these is noted where schedules are read.
        var ignored = new ErrorList();
        var scheduler = MappingReader.Of(
            file.Scheduler, new(ProjectFile.FileName, 1, 1), "'scheduler'", ignored, ScheduleKeys.Scheduler);
        calendars = new CalendarReader(ignored).Read(scheduler);
        zone = TimeZones.OfScheduler(file.Scheduler);
    }

    /// <summary>A length of time; null where it is not set.</summary>
    public TimeSpan? Length(MappingReader reader, string key, TimeSpan shortest)
    {
        if (reader.Node(key) is not { } node) return null;
        if (node is YamlNode.Scalar scalar && Duration.TryParseWords(scalar.Text, out var length) && length >= shortest
            && length <= TimeSpan.FromDays(3660))
            return length;
        var least = shortest > TimeSpan.Zero ? $" of {Duration.Describe(shortest)} or more" : "";
        errors.Add(
            node.Place,
            $"'{key}' must be a length of time{least}, such as 30m or '2 hours', not "
                + (node is YamlNode.Scalar written ? $"'{written.Text}'" : node.Kind));
        return null;
    }

    /// <summary>A severity.</summary>
    public static AlertSeverity? Severity(MappingReader reader) => reader.Word("severity", Severities);

    /// <summary>The time zone that is stated, or that of schedules.</summary>
    public TimeZoneInfo Zone(MappingReader reader) => TimeZones.Read(reader, errors) ?? zone;

    /// <summary>A calendar; null where none is stated.</summary>
    public Calendar? Calendar(MappingReader reader)
    {
        if (reader.Text("calendar") is not { } name) return null;
        if (calendars.TryGetValue(name, out var calendar)) return calendar;
        errors.Add(
            reader.PlaceOf("calendar"), $"unknown calendar '{name}'", NearestName.Hint(name, calendars.Keys));
        return null;
    }

    /// <summary>A time of day; null where it is not set.</summary>
    public TimeOnly? Time(MappingReader reader, string key)
    {
        if (reader.Text(key) is not { } text) return null;
        if (DailyHours.ParseTime(text) is { } time) return time;
        errors.Add(reader.PlaceOf(key), $"'{text}' is no time of day", "write '07:30', with quotes");
        return null;
    }

    /// <summary>Hours of the day; null where they are not set.</summary>
    public AlertHours? Hours(MappingReader reader)
    {
        var (at, calendar) = (Zone(reader), Calendar(reader));
        if (reader.Text("hours") is not { } text) return null;
        if (DailyHours.TryParse(text, at) is { } hours) return new(hours, calendar);
        errors.Add(reader.PlaceOf("hours"), $"'{text}' are no hours", "write '08:00-18:00'");
        return null;
    }
}

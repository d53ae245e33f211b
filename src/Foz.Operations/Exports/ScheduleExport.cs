using Foz.Lake;
using Foz.Operations.Schedules;

namespace Foz.Operations.Exports;

/// <summary>What of a schedule another scheduler can do.</summary>
static class ScheduleExport
{
    /// <summary>Returns the times of a schedule in the form of other schedulers.</summary>
    /// <returns>Null of a schedule that is run by hand.</returns>
    /// <exception cref="FozException">Thrown when others would run it at other times.</exception>
    public static ExportedTimes? TimesOf(ScheduleDefinition schedule)
    {
        switch (schedule.Trigger)
        {
            case ScheduleTrigger.Manual:
                return null;
            case ScheduleTrigger.Every every:
                return new ExportedTimes.Every(every.Length);
            case ScheduleTrigger.Cron { Days: not null }:
                throw Refused(schedule, "calendars of Foz are unknown to it");
            case ScheduleTrigger.Cron cron:
                var (portable, reason) = PortableCron.Of(cron.Written);
                return portable is null
                    ? throw Refused(schedule, reason)
                    : new ExportedTimes.Cron(portable, ZoneOf(cron.TimeZone));
            default:
                throw Refused(schedule, $"it is due {schedule.Trigger.Text}");
        }
    }

    static FozException Refused(ScheduleDefinition schedule, string reason) =>
        new(
            ErrorKind.Configuration,
            $"schedule '{schedule.Name}' would run at other times in another scheduler: {reason}")
        {
            Place = schedule.Place,
            Hint = "leave --schedule out to export the tasks alone, and choose the times there",
        };

    // Windows has its own names.
    static string ZoneOf(TimeZoneInfo zone) =>
        !zone.HasIanaId && TimeZoneInfo.TryConvertWindowsIdToIanaId(zone.Id, out var name) ? name : zone.Id;
}

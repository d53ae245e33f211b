using Cronos;
using Foz.Lake.Configuration;
using Foz.Operations.Calendars;

namespace Foz.Operations.Schedules;

/// <summary>What makes a schedule due.</summary>
public abstract record ScheduleTrigger
{
    /// <summary>The trigger as it is written, to show it and to find whether it was changed.</summary>
    public abstract string Text { get; }

    /// <summary>
    /// Times of a cron expression in a time zone. A time that the clocks pass over in spring is due when they have
    /// moved; one that comes twice in autumn is due once, or twice if minutes or hours are intervals (<c>*/10</c>).
    /// </summary>
    /// <param name="Expression">The expression, as vixie cron has it.</param>
    /// <param name="TimeZone">The time zone.</param>
    /// <param name="Written">As it is written.</param>
    public sealed record Cron(CronExpression Expression, TimeZoneInfo TimeZone, string Written) : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text => $"{Written} {TimeZone.Id}{(Days is { } days ? $" {days.Text}" : "")}";

        /// <summary>Which of the days count; null for all.</summary>
        public DayRule? Days { get; init; }
    }

    /// <summary>Equal lengths of time, counted from a moment.</summary>
    /// <param name="Length">The length.</param>
    /// <param name="From">The moment.</param>
    public sealed record Every(TimeSpan Length, DateTimeOffset From) : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text => From == DateTimeOffset.UnixEpoch
            ? $"every {Duration.Describe(Length)}"
            : $"every {Duration.Describe(Length)} from {From:yyyy-MM-dd HH:mm:ss zzz}";
    }

    /// <summary>The end of runs of other schedules.</summary>
    /// <param name="Schedules">Their names: the run of any of them counts.</param>
    /// <param name="When">How their runs must have ended.</param>
    public sealed record After(IReadOnlyList<string> Schedules, RunEnd When) : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text =>
            $"after {string.Join(", ", Schedules)}{(When is RunEnd.Success ? "" : $" ({When})".ToLowerInvariant())}";
    }

    /// <summary>New versions of tables.</summary>
    /// <param name="Tables">The tables: a new version of any of them counts.</param>
    public sealed record NewVersions(IReadOnlyList<string> Tables) : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text => $"on new versions of {string.Join(", ", Tables)}";
    }

    /// <summary>Something that is looked for again and again, without a time of its own.</summary>
    public abstract record Condition : ScheduleTrigger;

    /// <summary>Files of streams that the lake does not have yet.</summary>
    /// <param name="Streams">Sources, or streams as <c>source.stream</c>: a file of any of them counts.</param>
    public sealed record NewFiles(IReadOnlyList<string> Streams) : Condition
    {
        /// <inheritdoc/>
        public override string Text => $"on new files of {string.Join(", ", Streams)}";
    }

    /// <summary>Streams whose tables are older than they may be.</summary>
    /// <param name="Streams">Sources, or streams as <c>source.stream</c>: any of them counts.</param>
    /// <param name="AgeMax">The age; null for what the <c>freshness</c> of each stream says.</param>
    public sealed record Stale(IReadOnlyList<string> Streams, TimeSpan? AgeMax) : Condition
    {
        /// <inheritdoc/>
        public override string Text => $"when {string.Join(", ", Streams)} is older than "
            + (AgeMax is { } age ? Duration.Describe(age) : "its freshness allows");
    }

    /// <summary>Calls over HTTP.</summary>
    public sealed record Webhook : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text => "by a call of its webhook";
    }

    /// <summary>Nothing: the schedule is run by hand.</summary>
    public sealed record Manual : ScheduleTrigger
    {
        /// <inheritdoc/>
        public override string Text => "by hand";
    }
}

/// <summary>How a run has ended.</summary>
public enum RunEnd
{
    /// <summary>All of it succeeded.</summary>
    Success,

    /// <summary>Something failed.</summary>
    Failure,

    /// <summary>Either.</summary>
    Any,
}

/// <summary>Which days of a calendar count.</summary>
/// <param name="Calendar">The calendar.</param>
/// <param name="OtherDays">What becomes of times on other days.</param>
/// <param name="Number">The number of the business day in its month, from its end if negative; null for all.</param>
public sealed record DayRule(Calendar Calendar, OtherDays OtherDays, int? Number)
{
    /// <summary>The rule in words.</summary>
    public string Text => Number is { } number
        ? $"business day {number} of {Calendar.Name}"
        : OtherDays switch
        {
            OtherDays.Next => $"business days of {Calendar.Name}, else the next",
            OtherDays.Previous => $"business days of {Calendar.Name}, else the one before",
            _ => $"business days of {Calendar.Name}",
        };

    /// <summary>The day on which a time of a day is due; null where it is not.</summary>
    public DateOnly? Of(DateOnly day)
    {
        if (Number is { } number)
            return Calendar.PlaceInMonth(day) is { } place && (place.FromStart == number || place.FromEnd == number)
                ? day
                : null;
        if (Calendar.IsBusinessDay(day)) return day;
        return OtherDays is OtherDays.Skip ? null : Calendar.Nearest(day, OtherDays is OtherDays.Next);
    }
}

/// <summary>What becomes of times that are on no business day.</summary>
public enum OtherDays
{
    /// <summary>Such times are not due.</summary>
    Skip,

    /// <summary>Such times are due at the same time of the next business day.</summary>
    Next,

    /// <summary>Such times are due at the same time of the previous business day.</summary>
    Previous,
}

using Foz.Lake;
using Foz.Operations.Calendars;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Operations.Schedules;
using Foz.Pipelines.Intervals;

namespace Foz.Operations.Alerts;

/// <summary>What the files of <c>alerts/</c> say, as it holds in one environment. It holds the channels.</summary>
public sealed record AlertSettings : IDisposable
{
    /// <summary>The channel that a host has without any file: what it reports to its operator.</summary>
    public const string HostChannel = "host";

    /// <summary>No files: incidents are reported by the host.</summary>
    public static AlertSettings None { get; } = new();

    /// <summary>Gets the channels, by name.</summary>
    public IReadOnlyDictionary<string, RoutedChannel> Channels { get; init; } =
        new Dictionary<string, RoutedChannel>();

    /// <summary>Gets the rules.</summary>
    public IReadOnlyList<AlertRule> Rules { get; init; } = [AlertRule.Filling.Default];

    /// <summary>Gets the routes, in the order in which they are looked at.</summary>
    public IReadOnlyList<AlertRoute> Routes { get; init; } = [];

    /// <summary>Gets how long a message waits for more of the same root.</summary>
    public TimeSpan GroupWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets for how long a message is tried again that a channel does not take.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Gets how links in messages are made; null for none.</summary>
    public LinkSettings? Links { get; init; }

    /// <summary>Closes the channels; one that sends is closed once its message has an answer.</summary>
    public void Dispose()
    {
        foreach (var channel in Channels.Values) channel.Channel.Dispose();
    }
}

/// <summary>A channel, and how its messages are written.</summary>
/// <param name="Channel">The channel.</param>
public sealed record RoutedChannel(IAlertChannel Channel)
{
    /// <summary>Gets the user or role whose masks hold for rows in messages; null where no rows are sent.</summary>
    public string? Role { get; init; }

    /// <summary>Gets how many messages it takes in a minute.</summary>
    public int PerMinuteMax { get; init; } = 30;

    /// <summary>Gets its own texts; null for those of Foz.</summary>
    public IncidentTexts? Texts { get; init; }
}

/// <summary>How links in messages are made.</summary>
/// <param name="Url">Where the HTTP port of the hosts is reached.</param>
/// <param name="Lifetime">How long a link holds.</param>
public sealed record LinkSettings(Uri Url, TimeSpan Lifetime);

/// <summary>Which incidents go to which channels.</summary>
public sealed record AlertRoute
{
    /// <summary>Gets the channels.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Gets the owners; empty for all.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>Gets the tags; empty for all.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Gets patterns of the schemas; empty for all.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    /// <summary>Gets patterns of the subjects; empty for all.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Gets the kinds; empty for all.</summary>
    public IReadOnlyList<IncidentKind> Kinds { get; init; } = [];

    /// <summary>Gets the least severity.</summary>
    public AlertSeverity Severity { get; init; } = AlertSeverity.Warning;

    /// <summary>Gets when messages are sent; null for always.</summary>
    public AlertHours? Hours { get; init; }

    /// <summary>Gets how often a message is repeated until a user takes care of it; null for never.</summary>
    public TimeSpan? Repeat { get; init; }

    /// <summary>Gets who else is asked, and after how long without acknowledgment, in order.</summary>
    public IReadOnlyList<AlertEscalation> Escalations { get; init; } = [];

    /// <summary>Gets whether the routes after it are looked at too.</summary>
    public bool Continues { get; init; }

    /// <summary>Gets whether its channels are sent that an incident is over.</summary>
    public bool SendsResolved { get; init; } = true;

    /// <summary>Whether an incident is one of the route's, whatever the hour.</summary>
    public bool Takes(Incident incident) => incident.Severity >= Severity
        && (Kinds.Count == 0 || Kinds.Contains(incident.Kind))
        && Meets(Owners, incident.Owners) && Meets(Tags, incident.Tags)
        && (Schemas.Count == 0
            || Schemas.Any(pattern => incident.Schemas.Any(schema => Wildcards.Match(pattern, schema))))
        && (Subjects.Count == 0 || Subjects.Any(pattern => Wildcards.Match(pattern, incident.Subject)
            || incident.Members.Any(member => Wildcards.Match(pattern, member.Subject))));

    static bool Meets(IReadOnlyList<string> wanted, IReadOnlyList<string> present) =>
        wanted.Count == 0 || wanted.Intersect(present, StringComparer.OrdinalIgnoreCase).Any();
}

/// <summary>Who else is asked about an incident of which no user takes care.</summary>
/// <param name="After">How long after the first message.</param>
/// <param name="To">The channels.</param>
public sealed record AlertEscalation(TimeSpan After, IReadOnlyList<string> To);

/// <summary>Hours of days.</summary>
/// <param name="Daily">The hours.</param>
/// <param name="Calendar">The calendar whose business days count; null for all days.</param>
public sealed record AlertHours(DailyHours Daily, Calendar? Calendar)
{
    /// <summary>Whether a moment is in them.</summary>
    public bool Contains(DateTimeOffset now) =>
        Daily.DayOf(now) is { } day && (Calendar?.IsBusinessDay(day) ?? true);
}

/// <summary>Something that is looked at by itself, whatever runs.</summary>
public abstract record AlertRule
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets where it is written.</summary>
    public required Place Place { get; init; }

    /// <summary>Gets how bad it is where it does not hold.</summary>
    public AlertSeverity Severity { get; init; } = AlertSeverity.Critical;

    /// <summary>Gets what it means, for people; null where it is not stated.</summary>
    public string? Description { get; init; }

    /// <summary>Gets the command that fixes it; null where it is not stated.</summary>
    public string? Command { get; init; }

    /// <summary>Gets when it is looked at.</summary>
    public ScheduleTrigger Trigger { get; init; } =
        new ScheduleTrigger.Every(TimeSpan.FromMinutes(1), DateTimeOffset.UnixEpoch);

    /// <summary>Tables that must be made again and again.</summary>
    /// <param name="Tables">Patterns of their names, or <c>tag:…</c>, <c>owner:…</c>, <c>source:…</c>.</param>
    /// <param name="LateAfter">How old they may be.</param>
    public sealed record Freshness(IReadOnlyList<string> Tables, TimeSpan LateAfter) : AlertRule;

    /// <summary>Tables that must be made by a time of day.</summary>
    /// <param name="Tables">Patterns of their names, or <c>tag:…</c>, <c>owner:…</c>, <c>source:…</c>.</param>
    /// <param name="By">The time.</param>
    /// <param name="From">What is made before this time of the day does not count.</param>
    /// <param name="TimeZone">The time zone.</param>
    /// <param name="Calendar">The calendar whose business days count; null for all days.</param>
    public sealed record FinishedBy(
        IReadOnlyList<string> Tables, TimeOnly By, TimeOnly From, TimeZoneInfo TimeZone, Calendar? Calendar)
        : AlertRule;

    /// <summary>A SELECT that must find no rows.</summary>
    /// <param name="Query">The SELECT.</param>
    /// <param name="User">The user or role with whose rights it runs; null where there are no users.</param>
    public sealed record Sql(string Query, string? User) : AlertRule;

    /// <summary>Room that the host must have.</summary>
    /// <param name="Of">Of what.</param>
    /// <param name="BytesMin">The least bytes; null where a share is stated.</param>
    /// <param name="ShareMin">The least share of all, from 0 to 1; null where bytes are stated.</param>
    public sealed record Room(HostRoom Of, long? BytesMin, double? ShareMin) : AlertRule;

    /// <summary>How far off the moment must be at which the disk of the lake is full.</summary>
    /// <param name="Within">The time.</param>
    public sealed record Filling(TimeSpan Within) : AlertRule
    {
        /// <summary>Gets when it is looked at.</summary>
        public static ScheduleTrigger Often { get; } =
            new ScheduleTrigger.Every(TimeSpan.FromMinutes(15), DateTimeOffset.UnixEpoch);

        /// <summary>Gets the rule that holds where none is stated.</summary>
        public static Filling Default { get; } = new(TimeSpan.FromDays(7))
        {
            Name = "disk_full_in", Place = new("foz"), Severity = AlertSeverity.Warning, Trigger = Often,
        };
    }

    /// <summary>How long the certificate of <c>serve.tls</c> must hold still.</summary>
    /// <param name="DaysMin">Days.</param>
    public sealed record Certificate(int DaysMin) : AlertRule;
}

/// <summary>What a host has room of.</summary>
public enum HostRoom
{
    /// <summary>The disk of the lake.</summary>
    Disk,

    /// <summary>Memory.</summary>
    Memory,
}

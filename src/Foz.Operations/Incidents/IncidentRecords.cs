using Foz.Lake.Journal;

namespace Foz.Operations.Incidents;

/// <summary>What happened to an incident.</summary>
enum IncidentEvent
{
    /// <summary>It began.</summary>
    Opened,

    /// <summary>More broke because of it.</summary>
    Grew,

    /// <summary>A user takes care of it.</summary>
    Acknowledged,

    /// <summary>A user gave it to another.</summary>
    Assigned,

    /// <summary>A user wrote a comment.</summary>
    Commented,

    /// <summary>It is over.</summary>
    Resolved,
}

/// <summary>Makes rows of <c>foz.incidents</c>.</summary>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed class IncidentRecords(string project, string environment)
{
    /// <summary>The row of a change, with the incident after it.</summary>
    /// <param name="incident">The incident, with the number of the change.</param>
    /// <param name="what">What happened.</param>
    /// <param name="at">When.</param>
    /// <param name="user">The user who did it; null where Foz did.</param>
    /// <param name="comment">The comment; null for none.</param>
    public IncidentRecord Of(
        Incident incident, IncidentEvent what, DateTimeOffset at, string? user = null, string? comment = null) => new()
        {
            RunId = "", IncidentId = incident.Id, Change = incident.Changes, Event = Name(what), Project = project,
            Environment = environment, Kind = Name(incident.Kind), Subject = incident.Subject, Root = incident.Root,
            Severity = Name(incident.Severity), Text = incident.Text, Owners = incident.Owners,
            Members = incident.MembersCount, User = user, Comment = comment, FailedRunId = incident.RunId,
            Since = incident.Since.ToUniversalTime(), OpenedAt = incident.OpenedAt.ToUniversalTime(),
            RecordedAt = at.ToUniversalTime(),
        };

    /// <summary>What tells a change from all others.</summary>
    public static (string Id, int Change, string Event, DateTimeOffset At) KeyOf(IncidentRecord record) =>
        (record.IncidentId, record.Change, record.Event, record.RecordedAt);

    /// <summary>A value of an enum as the tables of the schema <c>foz</c> have it.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

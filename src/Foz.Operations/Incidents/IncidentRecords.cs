using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
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
    /// <summary>The row of a change, with the incident as it is then.</summary>
    /// <param name="incident">The incident, with the number of the change.</param>
    /// <param name="what">What happened.</param>
    /// <param name="at">When.</param>
    /// <param name="user">The user who did it; null where Foz did.</param>
    /// <param name="comment">The comment; null for none.</param>
    public IncidentRecord Of(
        Incident incident, IncidentEvent what, DateTimeOffset at, string? user = null, string? comment = null) => new()
        {
            RunId = "",
            Columns = new()
            {
                ["incident_id"] = Text(incident.Id), ["change"] = Number(incident.Changes),
                ["event"] = Text(Name(what)),
                ["project"] = Text(project), ["environment"] = Text(environment), ["kind"] = Text(Name(incident.Kind)),
                ["subject"] = Text(incident.Subject), ["root"] = Text(incident.Root),
                ["severity"] = Text(Name(incident.Severity)), ["text"] = Text(incident.Text),
                ["owners"] = Of([.. incident.Owners], RecordJson.Default.StringArray),
                ["members"] = Number(incident.MembersCount), ["user"] = Text(user), ["comment"] = Text(comment),
                ["failed_run_id"] = Text(incident.RunId), ["since"] = Time(incident.Since),
                ["opened_at"] = Time(incident.OpenedAt), ["recorded_at"] = Time(at),
            },
        };

    /// <summary>What tells a change from all others.</summary>
    public static (string Id, int Change, string Event, string At) KeyOf(IncidentRecord record) => (
        record.Columns["incident_id"].GetString()!, record.Columns["change"].GetInt32(),
        record.Columns["event"].GetString()!, record.Columns["recorded_at"].GetString()!);

    /// <summary>A value of an enum as the tables of the schema <c>foz</c> have it.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    static JsonElement Text(string? value) => Of(value, RecordJson.Default.String!);

    static JsonElement Number(int value) => Of(value, RecordJson.Default.Int32);

    static JsonElement Time(DateTimeOffset value) => Of(value.ToUniversalTime(), RecordJson.Default.DateTimeOffset);

    static JsonElement Of<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(value, type);
}

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(DateTimeOffset))]
sealed partial class RecordJson : JsonSerializerContext;

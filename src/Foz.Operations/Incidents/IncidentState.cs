using System.Text.Json.Serialization;
using Foz.Lake.Journal;
using Foz.Operations.Channels;

namespace Foz.Operations.Incidents;

/// <summary>
/// What is known of the incidents of a project in an environment, of what was read for them, and of messages on their
/// way: <c>_foz/incidents/&lt;project&gt;.&lt;environment&gt;.json</c>. Each change replaces what was read.
/// </summary>
sealed record IncidentState
{
    /// <summary>How many resolved incidents are kept here at most; all are in <c>foz.incidents</c>.</summary>
    public const int ResolvedMax = 200;

    /// <summary>How many things are remembered that hold again.</summary>
    public const int SettledMax = 10_000;

    /// <summary>The incidents, by when they were opened; those that were resolved lately too.</summary>
    public IReadOnlyList<Incident> Incidents { get; init; } = [];

    /// <summary>
    /// Until when it is known that a thing which was broken holds: what is read late does not open it again.
    /// </summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Settled { get; init; } =
        new Dictionary<string, DateTimeOffset>();

    /// <summary>The versions of the tables of the schema <c>foz</c> that were read; null before the first.</summary>
    public IReadOnlyDictionary<string, long>? Versions { get; init; }

    /// <summary>The oldest batch of firings that may not have ended when it was read; null for none.</summary>
    public string? FiringsFrom { get; init; }

    /// <summary>Messages that are to be sent.</summary>
    public IReadOnlyList<Notice> Outbox { get; init; } = [];

    /// <summary>Changes of incidents that are not in the journal yet.</summary>
    public IReadOnlyList<IncidentRecord> History { get; init; } = [];

    /// <summary>Which incidents make no messages.</summary>
    public IReadOnlyList<Silence> Silences { get; init; } = [];

    /// <summary>How often the state was changed.</summary>
    public long Changes { get; init; }

    /// <summary>The open incidents.</summary>
    [JsonIgnore]
    public IEnumerable<Incident> Open => Incidents.Where(incident => incident.IsOpen);
}

/// <summary>A message that is to be sent, by what it is about: its text is made when it is sent.</summary>
sealed record Notice
{
    /// <summary>The message's key, the same each time that it is sent.</summary>
    public required string Key { get; init; }

    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>The incidents; several where many began at once.</summary>
    public required IReadOnlyList<string> Incidents { get; init; }

    /// <summary>What it reports.</summary>
    public required MessageKind Kind { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When it may be tried again; null for now.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Why the last try failed; null where there was none.</summary>
    public string? Error { get; init; }
}

/// <summary>That incidents make no messages for a time.</summary>
public sealed record Silence
{
    /// <summary>Gets its number.</summary>
    public required int Number { get; init; }

    /// <summary>Gets the pattern of the subjects, with <c>*</c>; null for all.</summary>
    public string? Subject { get; init; }

    /// <summary>Gets the owner; null for all.</summary>
    public string? Owner { get; init; }

    /// <summary>Gets the tag; null for all.</summary>
    public string? Tag { get; init; }

    /// <summary>Gets the kind; null for all.</summary>
    public IncidentKind? Kind { get; init; }

    /// <summary>Gets when it ends.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Gets who made it.</summary>
    public required string By { get; init; }

    /// <summary>Gets why.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether it keeps an incident silent at a moment.</summary>
    public bool Covers(Incident incident, DateTimeOffset now) => now < Until
        && (Kind is not { } kind || incident.Kind == kind)
        && (Owner is null || incident.Owners.Contains(Owner, StringComparer.OrdinalIgnoreCase))
        && (Tag is null || incident.Tags.Contains(Tag, StringComparer.OrdinalIgnoreCase))
        && (Subject is null || Wildcards.Match(Subject, incident.Subject)
            || incident.Members.Any(member => Wildcards.Match(Subject, member.Subject)));
}

[JsonSerializable(typeof(IncidentState))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class IncidentJson : JsonSerializerContext;

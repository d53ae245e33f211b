using System.Text.Json.Serialization;
using Foz.Operations.Channels;

namespace Foz.Operations.Incidents;

/// <summary>What kind of thing is broken.</summary>
public enum IncidentKind
{
    /// <summary>A step of a run failed.</summary>
    Step,

    /// <summary>A check of a table does not hold.</summary>
    Check,

    /// <summary>A table is older than it may be, or was not finished in time.</summary>
    Late,

    /// <summary>A run of a schedule failed or was missed.</summary>
    Schedule,

    /// <summary>A run failed, and none of its steps did.</summary>
    Run,

    /// <summary>A task failed, or its end is not known.</summary>
    Task,

    /// <summary>A stream that should work all the time stopped.</summary>
    Stream,

    /// <summary>A condition in SQL holds that should not.</summary>
    Condition,

    /// <summary>The host lacks disk or memory, or its certificate ends.</summary>
    Host,

    /// <summary>A table could not be maintained.</summary>
    Maintenance,

    /// <summary>A channel does not take messages.</summary>
    Channel,

    /// <summary>More is broken than incidents are kept for.</summary>
    Overflow,
}

/// <summary>Something that is broken, with all that broke because of it: open until all of it holds again.</summary>
public sealed record Incident
{
    /// <summary>Gets its id, which no other incident of any lake has.</summary>
    public required string Id { get; init; }

    /// <summary>Gets what caused it, as far as the lineage shows it: the key of a member, or a source.</summary>
    public required string Root { get; init; }

    /// <summary>Gets the kind of its first member.</summary>
    public required IncidentKind Kind { get; init; }

    /// <summary>Gets what its first member is about: a table, a source, a schedule, a rule.</summary>
    public required string Subject { get; init; }

    /// <summary>Gets what happened first, in one line.</summary>
    public required string Text { get; init; }

    /// <summary>Gets how bad it is: as its worst member was.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>Gets since when it is broken.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Gets when it was noticed.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Gets when it was last seen broken.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Gets when it held again, or a user closed it; null while it is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Gets the user who closed it; null where it closed by itself, or is open.</summary>
    public string? ResolvedBy { get; init; }

    /// <summary>Gets the user who takes care of it; null for none.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>Gets since when a user takes care of it.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>Gets who it is assigned to; null for none.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>Gets the newest comments.</summary>
    public IReadOnlyList<IncidentComment> Comments { get; init; } = [];

    /// <summary>Gets the owners of its tables.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>Gets the tags of its tables.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Gets the schemas of its tables, as the project's SQL has them.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    /// <summary>Gets the first tables and exposures that need its tables.</summary>
    public IReadOnlyList<string> Blocks { get; init; } = [];

    /// <summary>Gets how many tables and exposures need its tables.</summary>
    public int BlocksCount { get; init; }

    /// <summary>Gets what is broken now; empty once it is resolved.</summary>
    public IReadOnlyList<IncidentMember> Members { get; init; } = [];

    /// <summary>Gets how many things have been broken in it, those that are not kept as members too.</summary>
    public int MembersCount { get; init; }

    /// <summary>Gets the run that failed first; null where none did.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the command that fixes it or shows more; null where there is none.</summary>
    public string? Command { get; init; }

    /// <summary>Gets where the first bad rows are: a table, or a condition in SQL; null where there are none.</summary>
    public BadRows? BadRows { get; init; }

    /// <summary>Gets how often its state was changed.</summary>
    public int Changes { get; init; }

    /// <summary>Gets what the channels were sent, by their names.</summary>
    public IReadOnlyDictionary<string, ChannelNote> Notes { get; init; } = new Dictionary<string, ChannelNote>();

    /// <summary>Gets whether it is open.</summary>
    [JsonIgnore]
    public bool IsOpen => ResolvedAt is null;
}

/// <summary>A thing that is broken in an incident.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Subject">What it is: a table, a check of a table, a schedule.</param>
/// <param name="Text">What happened, in one line.</param>
/// <param name="Since">Since when it is broken.</param>
/// <param name="LastSeen">When it was last seen broken.</param>
public sealed record IncidentMember(
    IncidentKind Kind, string Subject, string Text, DateTimeOffset Since, DateTimeOffset LastSeen)
{
    /// <summary>Gets what it is known by.</summary>
    [JsonIgnore]
    public string Key => Evidence.KeyOf(Kind, Subject);
}

/// <summary>A user's comment on an incident.</summary>
/// <param name="By">The user.</param>
/// <param name="At">When.</param>
/// <param name="Text">The comment.</param>
public sealed record IncidentComment(string By, DateTimeOffset At, string Text);

/// <summary>Where the bad rows of an incident are.</summary>
/// <param name="Table">The table that keeps them; null where a condition finds them.</param>
/// <param name="Sql">The SELECT that finds them; null where a table keeps them.</param>
public sealed record BadRows(string? Table, string? Sql)
{
    /// <summary>
    /// Gets what must be read unmasked for the SELECT to find those rows and no others; null for nothing.
    /// </summary>
    public IReadOnlyList<DecidingColumns>? Decides { get; init; }
}

/// <summary>The columns of a table whose values decide which rows are bad.</summary>
/// <param name="Table">The table, by its name in the lake, or as the project's SQL has it.</param>
/// <param name="Columns">The columns; null for all.</param>
/// <param name="NeedsAllRows">Whether a row that is not seen would make others look bad.</param>
public sealed record DecidingColumns(string Table, IReadOnlyList<string>? Columns, bool NeedsAllRows);

/// <summary>What a channel was sent about an incident.</summary>
/// <param name="FirstAt">When the first message was written for it.</param>
/// <param name="LastAt">When the last one that tells that it lasts was.</param>
/// <param name="Repeats">How often it was repeated.</param>
public sealed record ChannelNote(DateTimeOffset FirstAt, DateTimeOffset LastAt, int Repeats)
{
    /// <summary>Gets whether the channel was sent that a user takes care of it.</summary>
    public bool IsAcknowledged { get; init; }

    /// <summary>Gets whether the channel was sent that it is over.</summary>
    public bool IsResolved { get; init; }

    /// <summary>Gets what the channel returned for the first message.</summary>
    public string? Thread { get; init; }

    /// <summary>Gets the key of a message about many incidents that it was part of; null for its own.</summary>
    public string? Digest { get; init; }
}

namespace Foz.Lake.Journal;

/// <summary>A change of an incident, and the incident after it, in <c>foz.incidents</c>.</summary>
public sealed record IncidentRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "incidents";

    /// <summary>The incident.</summary>
    public required string IncidentId { get; init; }

    /// <summary>The number of the change, from 1.</summary>
    public required int Change { get; init; }

    /// <summary>What happened: <c>opened</c>, <c>grew</c>, <c>acknowledged</c> and so on.</summary>
    public required string Event { get; init; }

    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The environment.</summary>
    public required string Environment { get; init; }

    /// <summary>What broke first: its kind.</summary>
    public required string Kind { get; init; }

    /// <summary>What broke first: a table, a check of a table, a schedule.</summary>
    public required string Subject { get; init; }

    /// <summary>The table or source that others broke because of.</summary>
    public required string Root { get; init; }

    /// <summary>The severity.</summary>
    public required string Severity { get; init; }

    /// <summary>What happened, in one line.</summary>
    public required string Text { get; init; }

    /// <summary>The owners of its tables.</summary>
    public required IReadOnlyList<string> Owners { get; init; }

    /// <summary>How many things have been broken in it.</summary>
    public required int Members { get; init; }

    /// <summary>The user who made the change; null where Foz did.</summary>
    public string? User { get; init; }

    /// <summary>The comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>The run that failed first; null where none did.</summary>
    public string? FailedRunId { get; init; }

    /// <summary>Since when it is broken.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the incident was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the change was made.</summary>
    public required DateTimeOffset RecordedAt { get; init; }
}

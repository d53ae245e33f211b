namespace Foz.Lake.Journal;

/// <summary>The kind of event that an audit record is about.</summary>
public enum AuditEvent
{
    /// <summary>A user logged in, or tried to.</summary>
    Login,

    /// <summary>A statement read tables, or tried to.</summary>
    Read,

    /// <summary>A statement changed a table or definition, or tried to.</summary>
    Change,

    /// <summary>The files of users and permissions changed.</summary>
    Policy,
}

/// <summary>What was decided about the event of an audit record.</summary>
public enum AuditDecision
{
    /// <summary>The action was allowed, or a right was granted.</summary>
    Granted,

    /// <summary>The action was refused.</summary>
    Denied,

    /// <summary>A right is not there any more.</summary>
    Revoked,
}

/// <summary>
/// Who did what to the lake, and whether it was let through, in <c>foz.audit</c>; never holds a value or secret.
/// </summary>
public sealed record AuditRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "audit";

    /// <summary>When.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>What of.</summary>
    public required AuditEvent Event { get; init; }

    /// <summary>What was decided.</summary>
    public required AuditDecision Decision { get; init; }

    /// <summary>The user; the name that was given, where no login proved it. Null for files that changed.</summary>
    public string? User { get; init; }

    /// <summary><c>postgresql</c>, <c>trino</c> or <c>http</c>; null where no protocol is concerned.</summary>
    public string? Protocol { get; init; }

    /// <summary>Where the client is.</summary>
    public string? Address { get; init; }

    /// <summary>How who it is was proven; null where it is no log-in.</summary>
    public string? Method { get; init; }

    /// <summary>The number of the session; null where there was none.</summary>
    public long? Session { get; init; }

    /// <summary>The tables and views that the statement named and that are there for the user.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>
    /// Their columns that the statement names, as <c>schema.table.column</c>; all of a table where it takes them all.
    /// </summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Why it was decided so, or what right it is about.</summary>
    public string? Reason { get; init; }

    /// <summary>The statement with a question mark for each literal and without comments.</summary>
    public string? Statement { get; init; }

    /// <summary>The SHA-256 of <see cref="Statement"/>, whole.</summary>
    public string? StatementHash { get; init; }
}

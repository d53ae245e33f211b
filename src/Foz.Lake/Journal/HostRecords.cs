namespace Foz.Lake.Journal;

/// <summary>What was done with a backup, in <c>foz.backups</c>.</summary>
public sealed record BackupRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "backups";

    /// <summary><c>backup</c>, <c>verify</c>, <c>restore</c> or <c>rehearse</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The backup; null where none was made.</summary>
    public string? Backup { get; init; }

    /// <summary>How it ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>The tables of the backup.</summary>
    public int Tables { get; init; }

    /// <summary>Their files.</summary>
    public long Files { get; init; }

    /// <summary>The size of all files.</summary>
    public long Bytes { get; init; }

    /// <summary>The size of the files that were copied.</summary>
    public long BytesCopied { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Error { get; init; }
}

/// <summary>What a host that leads took of its machine in a minute, in <c>foz.host</c>.</summary>
public sealed record HostRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "host";

    /// <summary>When the minute ended.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The machine.</summary>
    public required string Host { get; init; }

    /// <summary>How long the minute was, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Processor time that the process took in it, in seconds.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Bytes of memory that the process has.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes that the engine has spilled.</summary>
    public required long SpillBytes { get; init; }

    /// <summary>Bytes of files that commits of the process added in it.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Bytes that are free on the disk of the lake's folder; null where that is not known.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Bytes of that disk; null where that is not known.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Sessions of clients that are open.</summary>
    public required int Sessions { get; init; }

    /// <summary>Statements that wait for a slot.</summary>
    public required int StatementsWaiting { get; init; }

    /// <summary>Runs that work.</summary>
    public required int Runs { get; init; }

    /// <summary>Firings of schedules that wait for their turn.</summary>
    public required int FiringsWaiting { get; init; }
}

/// <summary>How a stream of changes stood at a moment, in <c>foz.streams</c>.</summary>
public sealed record StreamRecord : JournalRecord
{
    /// <summary>The table's name.</summary>
    public const string Table = "streams";

    /// <summary>The moment.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>The stream.</summary>
    public required string Stream { get; init; }

    /// <summary>Its table.</summary>
    public required string TableName { get; init; }

    /// <summary>How it stands, in a word or two, as <c>foz stream ls</c> says it.</summary>
    public required string State { get; init; }

    /// <summary>The position at which all tables of the source stand; null where reading was not begun.</summary>
    public string? Position { get; init; }

    /// <summary>When its table was last changed; null where it never was.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Rows of its table: copies and changes; null where that is not known.</summary>
    public long? Rows { get; init; }

    /// <summary>Changes that wait beside its table, which cannot take them.</summary>
    public long RowsHeld { get; init; }

    /// <summary>
    /// How long after its commit the newest change of the source was read, in seconds; null where none was.
    /// </summary>
    public double? LagSeconds { get; init; }

    /// <summary>Bytes of log after what was read; null where the source does not answer, or keeps none.</summary>
    public long? UnreadBytes { get; init; }

    /// <summary>Bytes of log that the source keeps for this lake; null as for <see cref="UnreadBytes"/>.</summary>
    public long? RetainedBytes { get; init; }
}

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

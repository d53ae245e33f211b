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

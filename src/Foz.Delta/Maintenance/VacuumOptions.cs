namespace Foz.Delta.Maintenance;

/// <summary>How a table is vacuumed.</summary>
public sealed record VacuumOptions
{
    /// <summary>How long files stay that no version needs any more; null for the table's own time.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Whether a shorter time than the table's own is refused.</summary>
    public bool ChecksRetention { get; init; } = true;

    /// <summary>Whether nothing is deleted, and the result reports what would be.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>
    /// Whether the files to delete are taken from the log instead of a listing of the table's folder: faster, but what
    /// never got into the log, or left it, stays.
    /// </summary>
    public bool IsLite { get; init; }

    /// <summary>The program that history shows.</summary>
    public string EngineInfo { get; init; } = "Foz";
}

/// <summary>What a vacuum came to, or would come to.</summary>
public sealed record VacuumResult
{
    /// <summary>The table's version then.</summary>
    public required long Version { get; init; }

    /// <summary>Files older than this were deleted.</summary>
    public required DateTimeOffset OlderThan { get; init; }

    /// <summary>The files that were deleted, or would be, below the table's folder.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Their size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Empty folders that were removed.</summary>
    public int FoldersRemoved { get; init; }
}

namespace Foz.Lake.Tables.Maintenance;

/// <summary>How a table is optimized.</summary>
public sealed record OptimizeOptions
{
    /// <summary>The share of deleted rows from which on a file is rewritten.</summary>
    public const double DeletedShareDefault = 0.05;

    /// <summary>A SQL condition on partition columns; null for all partitions.</summary>
    public string? Where { get; init; }

    /// <summary>
    /// The columns whose near values are put together; empty for the table's clustering columns, or none.
    /// </summary>
    public IReadOnlyList<string> ZOrderBy { get; init; } = [];

    /// <summary>Whether files that are clustered already are clustered again.</summary>
    public bool IsFull { get; init; }

    /// <summary>Whether nothing is written, and the result reports what would be.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>
    /// Whether it happens again and again by a policy. Then a file is put together with smaller ones only where these
    /// are half of it together at least: so each row is written a few times only, however often the table grows.
    /// </summary>
    public bool IsAuto { get; init; }

    /// <summary>Fewer files than this are left unchanged.</summary>
    public int FilesMin { get; init; }

    /// <summary>A file of which a greater share of rows is deleted is rewritten.</summary>
    public double DeletedShareMax { get; init; } = DeletedShareDefault;

    /// <summary>
    /// The size that files get, in bytes; null for the property <c>delta.targetFileSize</c>, without it
    /// <see cref="WriteOptions.FileBytesDefault"/>.
    /// </summary>
    public long? FileBytes { get; init; }

    /// <summary>Files below this size are put together, in bytes; null for <see cref="FileBytes"/>.</summary>
    public long? SmallFileBytes { get; init; }

    /// <summary>How much one commit moves about, in bytes.</summary>
    public long CommitBytesMax { get; init; } = 4L << 30;

    /// <summary>How many commits are made at most; files that are left then are for another call.</summary>
    public int CommitsMax { get; init; } = int.MaxValue;

    /// <summary>How often a commit is tried that others come before, each time with half of the files.</summary>
    public int AttemptsMax { get; init; } = 10;
}

/// <summary>What an optimization came to, or would come to.</summary>
public sealed record OptimizeResult
{
    /// <summary>The table's version then.</summary>
    public required long Version { get; init; }

    /// <summary>How many commits were made.</summary>
    public int Commits { get; init; }

    /// <summary>Files that were rewritten, and their size in bytes.</summary>
    public FileTotal Removed { get; init; }

    /// <summary>Files in their place, and their size in bytes; of a dry run what is expected.</summary>
    public FileTotal Added { get; init; }

    /// <summary>Deletion vectors that are gone.</summary>
    public int VectorsRemoved { get; init; }

    /// <summary>Files that were left unchanged since others changed them at the same time.</summary>
    public int FilesGivenUp { get; init; }

    /// <summary>What did not go well although it is committed.</summary>
    public IReadOnlyList<Warning> Warnings { get; init; } = [];
}

/// <summary>How many files, and of what size together.</summary>
/// <param name="Files">The files.</param>
/// <param name="Bytes">Their size in bytes.</param>
public readonly record struct FileTotal(int Files, long Bytes)
{
    /// <summary>Both together.</summary>
    public static FileTotal operator +(FileTotal left, FileTotal right) =>
        new(left.Files + right.Files, left.Bytes + right.Bytes);

    /// <summary>Both together.</summary>
    public static FileTotal Add(FileTotal left, FileTotal right) => left + right;
}

/// <summary>How far a work on data files is.</summary>
/// <param name="Done">The files that are done, and their size.</param>
/// <param name="All">All files that the work is about, and their size.</param>
public readonly record struct FileProgress(FileTotal Done, FileTotal All);

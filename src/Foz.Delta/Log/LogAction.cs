using Foz.Delta.DeletionVectors;

namespace Foz.Delta.Log;

/// <summary>
/// One action of a commit or checkpoint (PROTOCOL.md, "Actions"). The hierarchy is closed:
/// <see cref="AddFile"/>, <see cref="RemoveFile"/>, <see cref="AddCdcFile"/>, <see cref="Metadata"/>,
/// <see cref="Protocol"/>, <see cref="SetTransaction"/>, <see cref="CommitInfo"/>, <see cref="DomainMetadata"/> and,
/// in checkpoints only, <see cref="CheckpointMetadata"/> and <see cref="SidecarFile"/>.
/// </summary>
public abstract record LogAction
{
    private protected LogAction() { }
}

/// <summary>An action on a logical file: a data file's path together with its deletion vector.</summary>
public abstract record FileAction : LogAction
{
    private protected FileAction() { }

    /// <summary>The data file.</summary>
    public required FilePath Path { get; init; }

    /// <summary>The rows of the data file that are deleted; null if all are there.</summary>
    public DeletionVectorDescriptor? DeletionVector
    {
        get => Rare?.DeletionVector;
        init
        {
            if (value is not null || Rare is not null) Rare = (Rare ?? RareFields.None) with { DeletionVector = value };
        }
    }

    /// <summary>False if the action, with others of its commit, only rearranges rows.</summary>
    public bool DataChange { get; init; } = true;

    /// <summary>Statistics as the log has them; <see cref="JsonText.None"/> if there are none.</summary>
    public JsonText Stats { get; init; }

    /// <summary>Labels of the file; null if absent.</summary>
    public StringMap? Tags
    {
        get => Rare?.Tags;
        init
        {
            if (value is not null || Rare is not null) Rare = (Rare ?? RareFields.None) with { Tags = value };
        }
    }

    /// <summary>The row id of the file's first row (row tracking); null if absent.</summary>
    public long? BaseRowId
    {
        get => Rare?.BaseRowId;
        init
        {
            if (value is not null || Rare is not null) Rare = (Rare ?? RareFields.None) with { BaseRowId = value };
        }
    }

    /// <summary>The version that first added the path (row tracking); null if absent.</summary>
    public long? DefaultRowCommitVersion
    {
        get => Rare?.DefaultRowCommitVersion;
        init
        {
            if (value is not null || Rare is not null)
                Rare = (Rare ?? RareFields.None) with { DefaultRowCommitVersion = value };
        }
    }

    private protected RareFields? Rare
    {
        get;
        init => field = value == RareFields.None ? null : value;
    }

    /// <summary>What identifies the logical file in replay.</summary>
    public FileKey Key => new(Path.Value, DeletionVector?.UniqueId);
}

/// <summary>A logical file joins the table, or replaces what was known of it (action <c>add</c>).</summary>
public sealed record AddFile : FileAction
{
    /// <summary>The value of each partition column (by physical name), null or empty for SQL NULL.</summary>
    public required StringMap PartitionValues { get; init; }

    /// <summary>The size of the data file in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When the data file was made, in milliseconds since 1970 UTC.</summary>
    public required long ModificationTimeMs { get; init; }

    /// <summary>The name of the clustering implementation; null if absent.</summary>
    public string? ClusteringProvider
    {
        get => Rare?.ClusteringProvider;
        init
        {
            if (value is not null || Rare is not null)
                Rare = (Rare ?? RareFields.None) with { ClusteringProvider = value };
        }
    }

    /// <summary>The action that takes this logical file out of the table again.</summary>
    /// <param name="deletionTimestampMs">The time of the removal, in milliseconds since 1970 UTC.</param>
    /// <param name="dataChange">False if the rows are in other files of the same commit.</param>
    public RemoveFile ToRemove(long deletionTimestampMs, bool dataChange = true) => new()
    {
        Path = Path,
        DeletionTimestampMs = deletionTimestampMs,
        DataChange = dataChange,
        ExtendedFileMetadata = true,
        PartitionValues = PartitionValues,
        SizeBytes = SizeBytes,
        Tags = Tags,
        DeletionVector = DeletionVector,
        BaseRowId = BaseRowId,
        DefaultRowCommitVersion = DefaultRowCommitVersion,
    };
}

/// <summary>A logical file leaves the table; until it expires it is a tombstone (action <c>remove</c>).</summary>
public sealed record RemoveFile : FileAction
{
    /// <summary>The time of the removal, in milliseconds since 1970 UTC; null in logs of old writers.</summary>
    public long? DeletionTimestampMs { get; init; }

    /// <summary>Whether <see cref="PartitionValues"/>, <see cref="SizeBytes"/> and tags are present; null if
    /// absent.</summary>
    public bool? ExtendedFileMetadata { get; init; }

    /// <summary>The value of each partition column; null if absent.</summary>
    public StringMap? PartitionValues { get; init; }

    /// <summary>The size of the data file in bytes; null if absent.</summary>
    public long? SizeBytes { get; init; }
}

/// <summary>A file that holds the row changes of its commit (action <c>cdc</c>).</summary>
public sealed record AddCdcFile : LogAction
{
    /// <summary>The change data file.</summary>
    public required FilePath Path { get; init; }

    /// <summary>The value of each partition column (by physical name).</summary>
    public required StringMap PartitionValues { get; init; }

    /// <summary>The size of the file in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Labels of the file; null if absent.</summary>
    public StringMap? Tags { get; init; }

    /// <summary>Returns the file as files are scanned; when it was written is not known.</summary>
    public AddFile AsData() =>
        new() { Path = Path, PartitionValues = PartitionValues, SizeBytes = SizeBytes, ModificationTimeMs = 0 };
}

/// <summary>How far an application has come in writing to the table (action <c>txn</c>).</summary>
public sealed record SetTransaction : LogAction
{
    /// <summary>The application's identifier.</summary>
    public required string AppId { get; init; }

    /// <summary>The application's own version number.</summary>
    public required long Version { get; init; }

    /// <summary>When the action was made, in milliseconds since 1970 UTC; null if absent.</summary>
    public long? LastUpdatedMs { get; init; }
}

/// <summary>The configuration of a named domain (action <c>domainMetadata</c>).</summary>
public sealed record DomainMetadata : LogAction
{
    /// <summary>The domain; names that begin with <c>delta.</c> are the protocol's own.</summary>
    public required string Domain { get; init; }

    /// <summary>The domain's configuration, opaque to the log.</summary>
    public required string Configuration { get; init; }

    /// <summary>True if the action deletes the domain.</summary>
    public bool IsRemoved { get; init; }
}

/// <summary>The head of a V2 checkpoint (action <c>checkpointMetadata</c>).</summary>
public sealed record CheckpointMetadata : LogAction
{
    /// <summary>The version of the checkpoint.</summary>
    public required long Version { get; init; }

    /// <summary>Labels of the checkpoint; null if absent.</summary>
    public StringMap? Tags { get; init; }
}

/// <summary>A file next to a V2 checkpoint that holds file actions (action <c>sidecar</c>).</summary>
public sealed record SidecarFile : LogAction
{
    /// <summary>The file, by name in <c>_delta_log/_sidecars</c> or by a full path.</summary>
    public required FilePath Path { get; init; }

    /// <summary>The size of the file in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When the file was made, in milliseconds since 1970 UTC.</summary>
    public required long ModificationTimeMs { get; init; }

    /// <summary>Labels of the file; null if absent.</summary>
    public StringMap? Tags { get; init; }
}

/// <summary>What most files do not have: a table of many files keeps one reference for all of it.</summary>
sealed record RareFields
{
    public static RareFields None { get; } = new();

    public DeletionVectorDescriptor? DeletionVector { get; init; }

    public StringMap? Tags { get; init; }

    public long? BaseRowId { get; init; }

    public long? DefaultRowCommitVersion { get; init; }

    public string? ClusteringProvider { get; init; }
}

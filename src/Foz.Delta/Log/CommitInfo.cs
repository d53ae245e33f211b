namespace Foz.Delta.Log;

/// <summary>Who made a commit, how and when (action <c>commitInfo</c>). Every field is optional, and writers are
/// free to add more, which are not kept.</summary>
public sealed record CommitInfo : LogAction
{
    /// <summary>When the commit was made by its writer's clock, in milliseconds since 1970 UTC.</summary>
    public long? TimestampMs { get; init; }

    /// <summary>The commit's time under the feature <c>inCommitTimestamp</c>, in milliseconds since 1970 UTC.</summary>
    public long? InCommitTimestampMs { get; init; }

    /// <summary>The operation, such as <c>WRITE</c> or <c>MERGE</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>Parameters of the operation; values that are no JSON strings are kept as their JSON text.</summary>
    public StringMap OperationParameters { get; init; } = StringMap.Empty;

    /// <summary>Counts that the operation reports, as texts.</summary>
    public StringMap OperationMetrics { get; init; } = StringMap.Empty;

    /// <summary>The version that the transaction read.</summary>
    public long? ReadVersion { get; init; }

    /// <summary>The isolation level, such as <c>WriteSerializable</c>.</summary>
    public string? IsolationLevel { get; init; }

    /// <summary>True if the transaction added files without reading any.</summary>
    public bool? IsBlindAppend { get; init; }

    /// <summary>The program that made the commit.</summary>
    public string? EngineInfo { get; init; }

    /// <summary>A text of the user's own.</summary>
    public string? UserMetadata { get; init; }

    /// <summary>The user's name.</summary>
    public string? UserName { get; init; }

    /// <summary>Labels of the commit; null if there are none.</summary>
    public StringMap? Tags { get; init; }

    /// <summary>A unique identifier of the transaction.</summary>
    public string? TransactionId { get; init; }
}

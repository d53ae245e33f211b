namespace Foz.Connectors.Changes;

/// <summary>Why changes cannot be read on from a position without a gap.</summary>
public enum ChangeGapKind
{
    /// <summary>The position is of another server.</summary>
    OtherServer,

    /// <summary>The server's history left the position's: it was promoted or restored at a point before it.</summary>
    HistoryParted,

    /// <summary>The server's log ends before the position: it was restored from an older state.</summary>
    ServerBehind,

    /// <summary>The source keeps no changes for this reader: its slot is missing.</summary>
    SlotMissing,

    /// <summary>The source no longer has the changes that the reader needs.</summary>
    SlotLost,

    /// <summary>The source does not say of which tables it sends changes: its publication is missing.</summary>
    PublicationMissing,

    /// <summary>The source keeps changes only from a later position on: its slot was made again, or moved.</summary>
    SlotAhead,
}

/// <summary>A gap between a position and what a source can still send. Only a new snapshot closes it.</summary>
/// <param name="Kind">What kind of gap it is.</param>
/// <param name="Message">What is missing, in one sentence without a full stop.</param>
public sealed record ChangeGap(ChangeGapKind Kind, string Message);

/// <summary>How opening a stream of changes ended.</summary>
public abstract record ChangeOpening
{
    ChangeOpening()
    {
    }

    /// <summary>It is open.</summary>
    /// <param name="Stream">The stream; owned by the caller.</param>
    public sealed record Opened(IChangeStream Stream) : ChangeOpening;

    /// <summary>It cannot continue.</summary>
    /// <param name="Gap">What is missing.</param>
    public sealed record Refused(ChangeGap Gap) : ChangeOpening;
}

/// <summary>What a source keeps for a reader of its changes.</summary>
/// <param name="RetainedBytes">The bytes of log that it keeps for this reader.</param>
/// <param name="UnreadBytes">The bytes of log after what the reader confirmed last.</param>
public sealed record ChangeLag(long RetainedBytes, long UnreadBytes)
{
    /// <summary>Gets the bytes from which on the source gives the reader up; null where it never does.</summary>
    public long? RetainedBytesMax { get; init; }

    /// <summary>Gets whether the source has given the reader up.</summary>
    public bool IsLost { get; init; }

    /// <summary>Gets whether the source sends no changes, as its publication is missing.</summary>
    public bool IsUnpublished { get; init; }

    /// <summary>Gets whether a reader is connected.</summary>
    public bool IsActive { get; init; }
}

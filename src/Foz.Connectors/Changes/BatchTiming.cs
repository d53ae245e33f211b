namespace Foz.Connectors.Changes;

/// <summary>How far the batch is that is read.</summary>
interface IBatchProgress
{
    /// <summary>Whether no transaction is in the middle, so that a batch may end.</summary>
    bool IsAtEnd { get; }

    /// <summary>Whether the batch has something.</summary>
    bool HasChanges { get; }

    /// <summary>How far all changes have been read.</summary>
    ChangePosition Position { get; }

    /// <summary>How many transactions have ended since the last batch.</summary>
    long TransactionCount { get; }

    /// <summary>How many changes there are since the last batch.</summary>
    long ChangeCount { get; }

    /// <summary>How many bytes the source sent for them.</summary>
    long Bytes { get; }
}

/// <summary>When a batch ends.</summary>
sealed class BatchTiming(ChangeLimits limits, TimeProvider time)
{
    readonly long beganAt = time.GetTimestamp();
    long transactionCount;
    long? firstAt;

    /// <summary>Whether the batch has enough.</summary>
    public bool IsFull(IBatchProgress progress)
    {
        if (!progress.HasChanges) return false;
        if (progress.ChangeCount >= limits.RowsMax || progress.Bytes >= limits.BytesMax) return true;
        if (firstAt is not null && progress.TransactionCount == transactionCount) return false;
        transactionCount = progress.TransactionCount;
        firstAt ??= time.GetTimestamp();
        return limits.WaitMax > TimeSpan.Zero && time.GetElapsedTime(firstAt.Value) >= limits.WaitMax;
    }

    /// <summary>Whether the batch ends where nothing more has arrived.</summary>
    public bool IsOver(IBatchProgress progress) => Left(progress) <= TimeSpan.Zero
        || limits.Until is { } end && progress.Position.CompareWith(end) is PositionOrder.Ordered { Sign: >= 0 };

    /// <summary>How long to wait for more.</summary>
    public TimeSpan Wait(IBatchProgress progress) =>
        progress.IsAtEnd && Left(progress) is var left && left > TimeSpan.Zero ? left : limits.IdleMax;

    TimeSpan Left(IBatchProgress progress) => progress.HasChanges
        ? limits.WaitMax - (firstAt is { } first ? time.GetElapsedTime(first) : TimeSpan.Zero)
        : limits.IdleMax - time.GetElapsedTime(beganAt);
}

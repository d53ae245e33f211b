using System.Globalization;
using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>The properties of a table that say how its log is kept (PROTOCOL.md, "Table Properties").</summary>
static class TableProperties
{
    const string RetentionKey = "delta.deletedFileRetentionDuration";
    const string CheckpointIntervalKey = "delta.checkpointInterval";
    const string InCommitTimestampsKey = "delta.enableInCommitTimestamps";
    const string LogRetentionKey = "delta.logRetentionDuration";
    const string LogCleanupKey = "delta.enableExpiredLogCleanup";
    const string TransactionRetentionKey = "delta.setTransactionRetentionDuration";
    const string CheckpointPolicyKey = "delta.checkpointPolicy";
    /// <summary>The version before which the log is cleaned up as a whole or not at all.</summary>
    public const string ProtectionKey = "delta.requireCheckpointProtectionBeforeVersion";

    /// <summary>The version from which on commits carry their own time.</summary>
    public const string EnablementVersionKey = "delta.inCommitTimestampEnablementVersion";

    /// <summary>The time of that version.</summary>
    public const string EnablementTimestampKey = "delta.inCommitTimestampEnablementTimestamp";

    static readonly TimeSpan retentionDefault = TimeSpan.FromDays(7);
    static readonly TimeSpan logRetentionDefault = TimeSpan.FromDays(30);

    /// <summary>How long removed files stay readable for older snapshots.</summary>
    public static TimeSpan DeletedFileRetention(Snapshot snapshot) =>
        Interval(snapshot, RetentionKey) ?? retentionDefault;

    /// <summary>How long versions stay readable.</summary>
    public static TimeSpan LogRetention(Snapshot snapshot) =>
        Interval(snapshot, LogRetentionKey) ?? logRetentionDefault;

    /// <summary>How long it is kept what applications recorded; null for ever.</summary>
    public static TimeSpan? TransactionRetention(Snapshot snapshot) => Interval(snapshot, TransactionRetentionKey);

    /// <summary>Whether writers clean up the log.</summary>
    public static bool CleansUpLog(Metadata metadata) =>
        !string.Equals(metadata.Configuration.Find(LogCleanupKey), "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether checkpoints are V2 ones.</summary>
    public static bool HasV2Checkpoints(Snapshot snapshot) =>
        snapshot.Protocol.Supports(TableFeature.V2Checkpoint)
        && string.Equals(
            snapshot.Metadata.Configuration.Find(CheckpointPolicyKey), "v2", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The version before which the log is cleaned up as a whole or not at all; 0 where any part may be.
    /// </summary>
    public static long ProtectedBefore(Snapshot snapshot) =>
        snapshot.Protocol.Supports(TableFeature.CheckpointProtection)
            ? Number(snapshot.Metadata, ProtectionKey) ?? 0
            : 0;

    /// <summary>The number of commits between checkpoints, if the table states one that makes sense.</summary>
    public static long? CheckpointInterval(Metadata metadata) =>
        Number(metadata, CheckpointIntervalKey) is > 0 and var n
            ? n
            : null;

    /// <summary>Whether commits carry their own time.</summary>
    public static bool HasInCommitTimestamps(Metadata metadata) =>
        string.Equals(metadata.Configuration.Find(InCommitTimestampsKey), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>From which version and time on commits carry their own time; null if from the first.</summary>
    public static (long Version, DateTimeOffset Time)? InCommitTimestampStart(Metadata metadata) =>
        Number(metadata, EnablementVersionKey) is { } version && Number(metadata, EnablementTimestampKey) is { } ms
            ? (version, DateTimeOffset.FromUnixTimeMilliseconds(ms))
            : null;

    /// <summary>The version from which on commits carry their own time; the largest number if none does.</summary>
    public static long InCommitTimestampsFrom(Metadata metadata) =>
        HasInCommitTimestamps(metadata) ? InCommitTimestampStart(metadata)?.Version ?? 0 : long.MaxValue;

    static TimeSpan? Interval(Snapshot snapshot, string key)
    {
        if (snapshot.Metadata.Configuration.Find(key) is not { } text) return null;
        return Interval(text) ?? throw new DeltaException(DeltaErrorKind.InvalidArgument,
            $"property {key} of {snapshot.Table} is '{text}', not an interval such as 'interval 7 days'");
    }

    /// <summary>An interval in Spark's spelling, such as <c>interval 1 week</c> or <c>2 days 12 hours</c>; null if the
    /// text is none.</summary>
    internal static TimeSpan? Interval(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).AsSpan();
        if (words.Length > 0 && words[0].Equals("interval", StringComparison.OrdinalIgnoreCase)) words = words[1..];
        if (words.Length == 0 || words.Length % 2 != 0) return null;
        var totalTicks = 0d;
        for (var i = 0; i < words.Length; i += 2)
        {
            if (!long.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
                || Unit(words[i + 1]) is not { } unit) return null;
            totalTicks += (double)unit.Ticks * count;
        }
        return Math.Abs(totalTicks) < TimeSpan.MaxValue.Ticks ? TimeSpan.FromTicks((long)totalTicks) : null;
    }

    static TimeSpan? Unit(string word) => word.ToLowerInvariant().TrimEnd('s') switch
    {
        "microsecond" => TimeSpan.FromMicroseconds(1),
        "millisecond" => TimeSpan.FromMilliseconds(1),
        "second" => TimeSpan.FromSeconds(1),
        "minute" => TimeSpan.FromMinutes(1),
        "hour" => TimeSpan.FromHours(1),
        "day" => TimeSpan.FromDays(1),
        "week" => TimeSpan.FromDays(7),
        _ => null,
    };

    static long? Number(Metadata metadata, string key) =>
        long.TryParse(metadata.Configuration.Find(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

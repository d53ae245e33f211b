using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>Makes the actions of a transaction for the version that it tries to become.</summary>
sealed class CommitBuilder(StagedChanges staged)
{
    readonly bool isBlindAppend = staged is { Removes.Count: 0, Adds.Count: > 0, Reads.IsEmpty: true };

    /// <summary>Identifies the commit, whichever version it becomes.</summary>
    public string TransactionId { get; } = Guid.NewGuid().ToString("D");

    /// <summary>The actions, the commit's own description first.</summary>
    /// <param name="before">The version before; null for a table's first.</param>
    public List<LogAction> Build(Snapshot? before)
    {
        var nowMs = staged.Table.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var metadata = staged.Metadata ?? before!.Metadata;
        var commitTimeMs = TableProperties.HasInCommitTimestamps(metadata)
            ? CommitTimeAfter(before, nowMs)
            : (long?)null;
        var tracksRows = RowTracking.IsSupported(staged.Protocol ?? before!.Protocol, metadata);
        var actions = new List<LogAction> { Info(nowMs, commitTimeMs, tracksRows) };
        if (staged.Protocol is { } protocol) actions.Add(protocol);
        if (staged.Metadata is not null)
            actions.Add(WithProtection(WithEnablement(metadata, before, commitTimeMs), before));
        actions.AddRange(staged.Applications.Values);
        actions.AddRange(staged.Domains.Values);
        foreach (var (file, dataChange) in staged.Removes.Values) actions.Add(file.ToRemove(nowMs, dataChange));
        AddFiles(actions, before, metadata);
        actions.AddRange(staged.Changes);
        return actions;
    }

    /// <summary>
    /// Adds the files, with ids of their rows after those of the version before where the table tracks rows.
    /// </summary>
    void AddFiles(List<LogAction> actions, Snapshot? before, Metadata metadata)
    {
        var protocol = staged.Protocol ?? before!.Protocol;
        if (!RowTracking.IsSupported(protocol, metadata))
        {
            actions.AddRange(staged.Adds.Values);
            return;
        }
        var ids = new RowIds(before, staged.Table.Name);
        // Files with row ids come first: the others get later ids.
        foreach (var file in staged.Adds.Values.OrderBy(file => file.BaseRowId is null)) actions.Add(ids.Assign(file));
        if (RowTracking.IsOn(protocol, metadata) && before is not null
            && !RowTracking.IsOn(before.Protocol, before.Metadata))
            actions.AddRange(ids.Backfill(staged.Touches));
        if (ids.Domain is { } domain) actions.Add(domain);
    }

    CommitInfo Info(long nowMs, long? commitTimeMs, bool tracksRows) => new()
    {
        TimestampMs = commitTimeMs ?? nowMs,
        InCommitTimestampMs = commitTimeMs,
        Operation = staged.Options.Operation,
        OperationParameters = staged.Notes.Aggregate(
            staged.Options.Parameters, static (all, note) => all.With(note.Key, note.Value)),
        OperationMetrics = staged.Metrics,
        ReadVersion = staged.ReadSnapshot?.Version,
        IsolationLevel = ConflictChecker.IsolationOf(staged) switch
        {
            IsolationLevel.Snapshot => "SnapshotIsolation",
            var level => level.ToString(),
        },
        IsBlindAppend = isBlindAppend,
        EngineInfo = staged.Options.EngineInfo,
        UserMetadata = staged.Options.UserMetadata,
        UserName = staged.Options.UserName,
        Tags = tracksRows
            ? StringMap.Empty.With(RowTracking.PreservedTag, staged.PreservesRows ? "true" : "false")
            : null,
        TransactionId = TransactionId,
    };

    // In-commit timestamps rise from version to version, whatever the clock does.
    static long CommitTimeAfter(Snapshot? before, long nowMs) =>
        before is null ? nowMs : Math.Max(nowMs, before.Timestamp.ToUnixTimeMilliseconds() + 1);

    // A table that gets in-commit timestamps later notes since when it has them; metadata of an older version, which a
    // restore brings back, do not know.
    static Metadata WithEnablement(Metadata metadata, Snapshot? before, long? commitTimeMs)
    {
        if (commitTimeMs is not { } timeMs || before is null) return metadata;
        var (version, time) = TableProperties.HasInCommitTimestamps(before.Metadata)
            ? (before.Metadata.Configuration.Find(TableProperties.EnablementVersionKey),
                before.Metadata.Configuration.Find(TableProperties.EnablementTimestampKey))
            : (Text(before.Version + 1), Text(timeMs));
        return metadata with
        {
            Configuration = With(
                With(metadata.Configuration, TableProperties.EnablementVersionKey, version),
                TableProperties.EnablementTimestampKey, time),
        };
    }

    // Protection that is asked for begins at the version that drops the feature.
    static Metadata WithProtection(Metadata metadata, Snapshot? before) =>
        before is null || metadata.Configuration.Find(TableProperties.ProtectionKey) is not { } asked
        || asked == before.Metadata.Configuration.Find(TableProperties.ProtectionKey)
            ? metadata
            : metadata with
            {
                Configuration = metadata.Configuration.With(TableProperties.ProtectionKey, Text(before.Version + 1)),
            };

    static StringMap With(StringMap properties, string key, string? value) =>
        properties.Find(key) == value ? properties
        : value is null ? properties.Without(key)
        : properties.With(key, value);

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

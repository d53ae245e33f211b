using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Delta;
using Foz.Delta.Checkpoints;
using Foz.Delta.Manifests;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Tables.Keys;
using Foz.Storage;

namespace Foz.Lake.Tables;

/// <summary>
/// A Delta table that the engine reads and changes; it need not exist yet. Safe for use by many threads.
/// </summary>
public sealed class LakeTable
{
    /// <summary>A table.</summary>
    /// <param name="delta">The table as its log has it.</param>
    /// <param name="keys">Where indexes of its keys are kept; null for nowhere.</param>
    public LakeTable(DeltaTable delta, KeyIndexCache? keys) => (Delta, Keys) = (delta, keys);

    /// <summary>The table as its log has it.</summary>
    public DeltaTable Delta { get; }

    /// <summary>Where indexes of its keys are kept; null for nowhere.</summary>
    internal KeyIndexCache? Keys { get; }

    /// <inheritdoc cref="DeltaTable.LookingEach"/>
    public LakeTable LookingEach(TimeSpan interval) => new(Delta.LookingEach(interval), Keys);

    /// <summary>Where it is, as people write it.</summary>
    public string Root => Delta.Store.Root;

    /// <summary>What it is called in messages: <c>silver.orders</c>, or its folder where it has no name.</summary>
    public string Name => Delta.Name;

    /// <summary>
    /// Makes sure that a session may read and write the table's own files, best before anything else is done in it;
    /// those of a table of an object store it always may.
    /// </summary>
    /// <returns>This table.</returns>
    /// <exception cref="FozException">The folder is no table's, or the session cannot be moved any more.</exception>
    public LakeTable ReachedBy(EngineSession session)
    {
        if (Delta.Store.IsLocal) session.Reach(Delta.Store.Root);
        return this;
    }

    /// <summary>Whether it is the table as a transaction changes it, seen by that transaction alone.</summary>
    internal bool IsPrivate { get; init; }

    /// <summary>The newest version; null if there is no table.</summary>
    public async ValueTask<TableSnapshot?> FindLatestAsync(CancellationToken cancellationToken) =>
        await Delta.FindLatestSnapshotAsync(cancellationToken) is { } state ? new(Delta.Store, state) : null;

    /// <summary>The newest version.</summary>
    /// <exception cref="DeltaException">There is no table, or it cannot be read.</exception>
    public async ValueTask<TableSnapshot> LatestAsync(CancellationToken cancellationToken) =>
        new(Delta.Store, await Delta.LatestSnapshotAsync(cancellationToken));

    /// <summary>A version.</summary>
    /// <exception cref="DeltaException">It is not there, or cannot be read.</exception>
    public async ValueTask<TableSnapshot> VersionAsync(long version, CancellationToken cancellationToken) =>
        new(Delta.Store, await Delta.SnapshotAsync(version, cancellationToken));

    /// <summary>The last version at or before an instant.</summary>
    /// <exception cref="DeltaException">There is none, or it cannot be read.</exception>
    public async ValueTask<TableSnapshot> VersionAtAsync(DateTimeOffset instant, CancellationToken cancellationToken) =>
        new(Delta.Store, await Delta.SnapshotAtAsync(instant, cancellationToken));

    /// <summary>
    /// Makes the rows, schema and properties of an older version the table's next version. The batches that steps
    /// recorded in it stay: they do not read again what they have read. So do the tags of columns.
    /// </summary>
    /// <param name="version">The older version, of this table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">
    /// Files of the version are gone, or another commit came first; nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">The storage failed; nothing was changed.</exception>
    public async Task<CommittedChange> RestoreAsync(TableSnapshot version, CancellationToken cancellationToken)
    {
        var operation = TableOperation.Restore(version.Version);
        var latest = await LatestAsync(cancellationToken);
        var transaction = new Transaction(Delta, latest.State, new()
        {
            Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
        });
        await Restore.StageAsync(transaction, version.State, cancellationToken);
        var columns = PresentTags.Of(version, latest);
        if (transaction.Metadata is { } metadata && !columns.Equals(version.Schema.Columns))
            transaction.SetMetadata(metadata with { SchemaString = columns.ToString() });
        return CommittedChange.Of(this, (await transaction.CommitAsync(cancellationToken)).OrThrow());
    }

    /// <summary>
    /// Lets the table carry batches of steps, in a commit that changes no rows; none where it carries them.
    /// </summary>
    /// <param name="batches">The batches, by step.</param>
    /// <param name="operation">What the table's history calls it.</param>
    /// <param name="parameters">What it was done with.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="mayCarry">Whether the table may carry them in its present state; null where it always may.</param>
    /// <returns>Whether it carries them; false where it may not.</returns>
    /// <exception cref="DeltaException">There is no table, or other commits came first.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<bool> CarryAsync(
        IReadOnlyDictionary<string, long> batches, string operation, (string Name, string Value)[] parameters,
        CancellationToken cancellationToken, Func<TableSnapshot, bool>? mayCarry = null)
    {
        var named = TableOperation.Of(operation, parameters);
        for (var race = 1; ; race++)
        {
            var latest = await LatestAsync(cancellationToken);
            if (mayCarry?.Invoke(latest) is false) return false;
            if (batches.All(batch => latest.BatchOf(batch.Key) >= batch.Value)) return true;
            var transaction = new Transaction(Delta, latest.State, new()
            {
                Operation = named.Name, Parameters = named.Parameters, EngineInfo = TableOperation.EngineInfo,
            });
            foreach (var (step, batch) in batches) transaction.SetApplicationVersion(step, batch);
            var result = await transaction.CommitAsync(cancellationToken);
            if (result is CommitResult.Conflicted && race < CarryRacesMax) continue;
            result.OrThrow();
            return true;
        }
    }

    const int CarryRacesMax = 3;

    /// <summary>
    /// Writes the manifests by which Hive, Athena and Presto find the table's files, and deletes those of partitions
    /// that have none any more.
    /// </summary>
    /// <returns>The version that they show, and how many they are.</returns>
    /// <exception cref="DeltaException">There is no table, or it has what such readers cannot see.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<(long Version, int Count)> WriteManifestsAsync(CancellationToken cancellationToken) =>
        await new SymlinkManifests(Delta).WriteAsync(
            await Delta.LatestSnapshotAsync(cancellationToken), cancellationToken);

    /// <summary>
    /// Writes a checkpoint of the newest version, unless it has one, and deletes the part of the log that no version
    /// within <c>delta.logRetentionDuration</c> needs. Commits do both as they become due.
    /// </summary>
    /// <exception cref="DeltaException">There is no table, it cannot be read, or it demands of writers what is not
    /// supported.</exception>
    public async Task<LogMaintenance> MaintainLogAsync(CancellationToken cancellationToken)
    {
        var state = await Delta.LatestSnapshotAsync(cancellationToken);
        state.CheckWritable();
        var checkpoint = state.Tail.CommitCount > 0
            ? await Delta.WriteCheckpointAsync(state, cancellationToken)
            : null;
        var cleanup = await Delta.CleanUpLogAsync(cancellationToken) ?? default;
        var error = (checkpoint as CheckpointResult.Failed)?.Error ?? cleanup.Error;
        return new(
            checkpoint is CheckpointResult.Written, cleanup.FilesDeleted, cleanup.BytesDeleted,
            error is null ? null : new($"the log of {Name} is not all tidied up: {error.Message}", "try again later"));
    }

    static Dictionary<string, string?> FaultOf(string? fault) => fault is null ? [] : new() { ["error"] = fault };

    /// <summary>Who committed what and when, newest first; of a commit that cannot be read, why.</summary>
    public async IAsyncEnumerable<TableCommit> HistoryAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in Delta.HistoryAsync(cancellationToken))
            yield return new(
                entry.Version, entry.Timestamp, entry.Fault is null ? entry.Info?.Operation : TableCommit.Unreadable,
                entry.Info?.EngineInfo,
                entry.Info?.OperationParameters.ToDictionary(p => p.Key, p => p.Value) ?? FaultOf(entry.Fault),
                entry.Info?.OperationMetrics.ToDictionary(p => p.Key, p => p.Value) ?? []);
    }
}

/// <summary>What became of a table's log.</summary>
/// <param name="HasNewCheckpoint">Whether a checkpoint was written.</param>
/// <param name="FilesDeleted">How many files were deleted.</param>
/// <param name="BytesDeleted">Their size.</param>
/// <param name="Warning">What did not go well; the table is as good as before. Null where all did.</param>
public sealed record LogMaintenance(bool HasNewCheckpoint, int FilesDeleted, long BytesDeleted, Warning? Warning);

/// <summary>A commit in a table's history.</summary>
/// <param name="Version">The version.</param>
/// <param name="Timestamp">When it was committed.</param>
/// <param name="Operation">What was done, such as <c>MERGE</c>; null if the commit does not say.</param>
/// <param name="Engine">The program that did it; null if the commit does not say.</param>
/// <param name="Parameters">What it was done with.</param>
/// <param name="Metrics">What came of it.</param>
public sealed record TableCommit(
    long Version, DateTimeOffset Timestamp, string? Operation, string? Engine,
    IReadOnlyDictionary<string, string?> Parameters, IReadOnlyDictionary<string, string?> Metrics)
{
    /// <summary>What <see cref="Operation"/> says of a commit that cannot be read.</summary>
    public const string Unreadable = "(cannot be read)";

    /// <summary>Rows that were added, those in the place of others included; null if the commit does not say.</summary>
    public long? RowsAdded => Operation switch
    {
        "MERGE" => Metric("numOutputRows") - (Metric("numTargetRowsCopied") ?? 0),
        "UPDATE" => Metric("numUpdatedRows"),
        "DELETE" => Metric("numDeletedRows") is null ? null : 0,
        _ => Metric("numOutputRows"),
    };

    /// <summary>Rows that were deleted, replaced ones included; null if the commit does not say.</summary>
    public long? RowsDeleted => Operation switch
    {
        "MERGE" => Metric("numTargetRowsUpdated") + Metric("numTargetRowsDeleted"),
        "UPDATE" => Metric("numUpdatedRows"),
        _ => Metric("numDeletedRows"),
    };

    /// <summary>Data files that were added; null if the commit does not say.</summary>
    public long? FilesAdded => Metric("numFiles") ?? Metric("numTargetFilesAdded") ?? Metric("numAddedFiles");

    /// <summary>A count by the name that Spark has for it in this operation; null if the commit does not say.</summary>
    long? Metric(string name) =>
        long.TryParse(Metrics.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var count) ? count : null;
}

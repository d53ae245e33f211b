using System.Collections.Immutable;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// Reconciles actions to the state of a table (PROTOCOL.md, "Action Reconciliation"): from nothing, a checkpoint or a
/// snapshot on, one commit after the other. Within a commit the order of actions does not count; a logical file
/// that one commit both removes and adds is there.
/// </summary>
sealed class Replay
{
    readonly string table;
    long version = -1;
    DateTimeOffset timestamp;
    Protocol? protocol;
    Metadata? metadata;
    Lazy<StructType>? schema;
    FileSet<AddFile> files = FileSet<AddFile>.Empty;
    FileSet<RemoveFile> tombstones = FileSet<RemoveFile>.Empty;
    ImmutableDictionary<string, SetTransaction> transactions = ImmutableDictionary<string, SetTransaction>.Empty;
    ImmutableDictionary<string, DomainMetadata> domains = ImmutableDictionary<string, DomainMetadata>.Empty;
    long totalBytes;
    LogTail tail = new(-1, 0, 0, 0);
    ObjectInfo? commitFile;

    /// <summary>Starts before version 0.</summary>
    public Replay(string table) => this.table = table;

    /// <summary>Starts at a snapshot.</summary>
    public Replay(Snapshot snapshot)
    {
        table = snapshot.Table;
        version = snapshot.Version;
        timestamp = snapshot.Timestamp;
        protocol = snapshot.Protocol;
        metadata = snapshot.Metadata;
        schema = snapshot.SchemaSource;
        files = snapshot.Files;
        tombstones = snapshot.Tombstones;
        transactions = snapshot.Transactions;
        domains = snapshot.Domains;
        totalBytes = snapshot.TotalBytes;
        tail = snapshot.Tail;
        commitFile = snapshot.CommitFile;
    }

    /// <summary>Takes the state of a checkpoint as the start.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="actions">All its actions.</param>
    /// <param name="commit">The commit file of its version, which may be gone.</param>
    public void Apply(Checkpoint checkpoint, IReadOnlyList<LogAction> actions, ObjectInfo? commit)
    {
        Apply(actions);
        version = checkpoint.Version;
        commitFile = commit;
        timestamp = commit?.LastModified ?? checkpoint.LastModified;
        tail = new LogTail(checkpoint.Version, checkpoint.SizeBytes, 0, 0);
    }

    /// <summary>Applies the next commit.</summary>
    public void Apply(Commit commit)
    {
        Apply(commit.Actions);
        version = commit.Version;
        commitFile = commit.File;
        timestamp = TimeOf(commit);
        tail = tail with { CommitCount = tail.CommitCount + 1, CommitBytes = tail.CommitBytes + commit.File.SizeBytes };
    }

    /// <summary>Applies a compaction of the next commits, of which more follow.</summary>
    /// <param name="actions">Its actions. They tell one thing once; where a writer only strung commits together, it put
    /// the newest first.</param>
    /// <param name="commits">The commit files that it stands for.</param>
    public void Apply(IReadOnlyList<LogAction> actions, IEnumerable<LogFile> commits)
    {
        Apply([.. actions.DistinctBy(SubjectOf)]);
        foreach (var commit in commits)
        {
            version = commit.Version;
            commitFile = commit.Info;
            timestamp = CommitTimes.After(timestamp, commit.Info.LastModified);
            tail = tail with { CommitCount = tail.CommitCount + 1, CommitBytes = tail.CommitBytes + commit.Info.SizeBytes };
        }
    }

    /// <summary>Sets the time of the present version where the log does not carry it with the actions.</summary>
    public void SetTimestamp(DateTimeOffset time) => timestamp = time;

    /// <summary>Notes a newer checkpoint; the size of the commits behind it is estimated by their number.</summary>
    public void SetCheckpoint(long checkpointVersion, long sizeBytes)
    {
        var behind = version - checkpointVersion;
        var bytes = tail.CommitCount > 0 ? tail.CommitBytes * behind / tail.CommitCount : 0;
        tail = new LogTail(checkpointVersion, sizeBytes, behind, bytes);
    }

    /// <summary>Whether commits of the present state carry their own time.</summary>
    public bool HasInCommitTimestamps => metadata is not null && TableProperties.HasInCommitTimestamps(metadata);

    /// <summary>The state reached.</summary>
    /// <exception cref="DeltaException">No commit brought a protocol or metadata, or readers must support what is not
    /// supported.</exception>
    public Snapshot ToSnapshot()
    {
        if (protocol is null) throw Incomplete("protocol");
        ProtocolSupport.CheckReadable(protocol, table);
        if (metadata is null || schema is null) throw Incomplete("metaData");
        return new Snapshot(schema)
        {
            Table = table,
            Version = version,
            Timestamp = timestamp,
            Protocol = protocol,
            Metadata = metadata,
            Files = files,
            Tombstones = tombstones,
            Transactions = transactions,
            Domains = domains,
            TotalBytes = totalBytes,
            Tail = tail,
            CommitFile = commitFile,
        };
    }

    void Apply(IReadOnlyList<LogAction> actions)
    {
        var adds = new List<AddFile>();
        var removes = new List<RemoveFile>();
        foreach (var action in actions)
            switch (action)
            {
                case AddFile add: adds.Add(add); break;
                case RemoveFile remove: removes.Add(remove); break;
                case Metadata newMetadata:
                    metadata = newMetadata;
                    schema = new Lazy<StructType>(() => StructType.ParseSchema(newMetadata.SchemaString));
                    break;
                case Protocol newProtocol: protocol = newProtocol; break;
                case SetTransaction transaction:
                    transactions = transactions.SetItem(transaction.AppId, transaction);
                    break;
                case DomainMetadata { IsRemoved: true } domain: domains = domains.Remove(domain.Domain); break;
                case DomainMetadata domain: domains = domains.SetItem(domain.Domain, domain); break;
            }
        Apply(adds, removes);
    }

    void Apply(List<AddFile> adds, List<RemoveFile> removes)
    {
        if (adds.Count > 0 && removes.Count > 0)
        {
            var added = adds.Select(file => file.Key).ToHashSet();
            removes.RemoveAll(file => added.Contains(file.Key));
        }
        files = files.Change(removes.ConvertAll(file => file.Key), adds, file => totalBytes -= file.SizeBytes);
        foreach (var file in adds) totalBytes += file.SizeBytes;
        if (tombstones.Count > 0 || removes.Count > 0)
            tombstones = tombstones.Change(adds.ConvertAll(file => file.Key), removes);
    }

    /// <summary>What an action is about: later actions about the same replace it.</summary>
    static object SubjectOf(LogAction action) => action switch
    {
        FileAction file => file.Key,
        SetTransaction transaction => (nameof(SetTransaction), transaction.AppId),
        DomainMetadata domain => (nameof(DomainMetadata), domain.Domain),
        _ => action.GetType(),
    };

    DateTimeOffset TimeOf(Commit commit)
    {
        if (HasInCommitTimestamps && commit.Info?.InCommitTimestampMs is { } ms)
            return DateTimeOffset.FromUnixTimeMilliseconds(ms);
        return CommitTimes.After(timestamp, commit.File.LastModified);
    }

    DeltaException Incomplete(string action) =>
        new(DeltaErrorKind.Corrupt, $"the log of {table} has no action '{action}' up to version {version}")
        {
            Version = version,
        };
}

using System.Collections.Immutable;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Storage;

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
    readonly FileSet<AddFile>.Edit files;
    readonly FileSet<RemoveFile>.Edit tombstones;
    readonly List<RemoveFile> checkpointRemoves = [];
    ImmutableDictionary<string, SetTransaction> transactions = ImmutableDictionary<string, SetTransaction>.Empty;
    ImmutableDictionary<string, DomainMetadata> domains = ImmutableDictionary<string, DomainMetadata>.Empty;
    ImmutableArray<AddFile> halfRemoved = [];
    long totalBytes;
    LogTail tail = new(-1, 0, 0, 0);
    ObjectInfo? commitFile;

    /// <summary>Starts before version 0.</summary>
    public Replay(string table)
        : this(table, FileSet<AddFile>.Empty, FileSet<RemoveFile>.Empty)
    {
    }

    /// <summary>Starts at a snapshot.</summary>
    public Replay(Snapshot snapshot)
        : this(snapshot.Table, snapshot.Files, snapshot.Tombstones)
    {
        version = snapshot.Version;
        timestamp = snapshot.Timestamp;
        protocol = snapshot.Protocol;
        metadata = snapshot.Metadata;
        schema = snapshot.SchemaSource;
        transactions = snapshot.Transactions;
        domains = snapshot.Domains;
        halfRemoved = snapshot.HalfRemoved;
        totalBytes = snapshot.TotalBytes;
        tail = snapshot.Tail;
        commitFile = snapshot.CommitFile;
    }

    Replay(string table, FileSet<AddFile> files, FileSet<RemoveFile> tombstones)
    {
        this.table = table;
        this.files = files.Begin(file => totalBytes -= file.SizeBytes);
        this.tombstones = tombstones.Begin();
    }

    /// <summary>Adds a part of a checkpoint; parts may come in any order.</summary>
    public void ApplyPart(IReadOnlyList<LogAction> actions)
    {
        if (actions is AddFile[] adds)
        {
            files.Append(adds);
            foreach (var add in adds) totalBytes += add.SizeBytes;
            return;
        }
        foreach (var action in actions)
            if (action is AddFile add) Add(add);
            else if (action is RemoveFile remove) checkpointRemoves.Add(remove);
            else Apply(action);
    }

    /// <summary>Uses the parts given to <see cref="ApplyPart"/> as the start.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="sizeBytes">Its size, sidecars included.</param>
    /// <param name="commit">The commit file of its version, which may be gone.</param>
    public void EndCheckpoint(Checkpoint checkpoint, long sizeBytes, ObjectInfo? commit)
    {
        files.EndStep();
        foreach (var remove in checkpointRemoves)
            if (!files.Contains(remove.Key)) tombstones.Add(remove);
        checkpointRemoves.Clear();
        version = checkpoint.Version;
        commitFile = commit;
        timestamp = commit?.LastModified ?? checkpoint.LastModified;
        tail = new LogTail(checkpoint.Version, sizeBytes, 0, 0);
    }

    /// <summary>Compares the state reached with the noted checksum of its version.</summary>
    /// <exception cref="DeltaException">They differ (<see cref="DeltaErrorKind.Corrupt"/>).</exception>
    public void Check(VersionChecksum noted)
    {
        if (noted.FileCount == files.Count && noted.TableSizeBytes == totalBytes) return;
        throw new DeltaException(DeltaErrorKind.Corrupt,
            $"the checkpoint of version {version} of {table} has {files.Count} files of {totalBytes} bytes, "
            + $"{LogFiles.ChecksumPath(version)} says {noted.FileCount} of {noted.TableSizeBytes}")
        { Version = version };
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
    /// <param name="actions">
    /// Its actions. They name each thing once; where a writer only strung commits together, it put the newest first.
    /// </param>
    /// <param name="commits">The commit files that it replaces.</param>
    public void Apply(IReadOnlyList<LogAction> actions, IEnumerable<LogFile> commits)
    {
        Apply([.. actions.DistinctBy(SubjectOf)]);
        foreach (var commit in commits)
        {
            version = commit.Version;
            commitFile = commit.Info;
            timestamp = CommitTimes.After(timestamp, commit.Info.LastModified);
            tail = tail with
            {
                CommitCount = tail.CommitCount + 1,
                CommitBytes = tail.CommitBytes + commit.Info.SizeBytes,
            };
        }
    }

    /// <summary>Sets the time of the present version where the log does not carry it with the actions.</summary>
    public void SetTimestamp(DateTimeOffset time) => timestamp = time;

    /// <summary>Notes a newer checkpoint; the size of the commits after it is estimated by their number.</summary>
    public void SetCheckpoint(long checkpointVersion, long sizeBytes)
    {
        var following = version - checkpointVersion;
        var bytes = tail.CommitCount > 0 ? tail.CommitBytes * following / tail.CommitCount : 0;
        tail = new LogTail(checkpointVersion, sizeBytes, following, bytes);
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
            Files = files.ToSet(),
            Tombstones = tombstones.ToSet(),
            HalfRemoved = halfRemoved,
            Transactions = transactions,
            Domains = domains,
            TotalBytes = totalBytes,
            Tail = tail,
            CommitFile = commitFile,
        };
    }

    void Apply(IReadOnlyList<LogAction> actions)
    {
        List<RemoveFile>? removes = null;
        HashSet<FileKey>? added = null;
        foreach (var action in actions)
            if (action is RemoveFile remove) (removes ??= []).Add(remove);
            else if (action is not AddFile) Apply(action);
        if (removes is not null)
        {
            added = [.. actions.OfType<AddFile>().Select(file => file.Key)];
            removes.RemoveAll(file => added.Contains(file.Key));
            foreach (var remove in removes) Remove(remove, added);
        }
        foreach (var action in actions)
            if (action is AddFile add) Add(add);
        foreach (var remove in removes ?? []) tombstones.Add(remove);
        files.EndStep();
        tombstones.EndStep();
        if (!halfRemoved.IsEmpty) halfRemoved = halfRemoved.RemoveAll(file => !files.Contains(file.Key));
    }

    void Remove(RemoveFile remove, HashSet<FileKey> added)
    {
        // What has no deletion vector and is not there may have got one since, which the writer did not name.
        if (remove.DeletionVector is null && !files.Contains(remove.Key))
            halfRemoved = halfRemoved.AddRange(
                files.FindAll(remove.Path.Value).Where(file => !added.Contains(file.Key)));
        files.Remove(remove.Key);
    }

    void Add(AddFile file)
    {
        files.Add(file);
        totalBytes += file.SizeBytes;
        if (tombstones.Count > 0) tombstones.Remove(file.Key);
    }

    void Apply(LogAction action)
    {
        switch (action)
        {
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

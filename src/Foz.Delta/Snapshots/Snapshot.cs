using System.Collections.Immutable;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>The state of a table at one version. It never changes; the next version's snapshot shares what is the
/// same.</summary>
public sealed class Snapshot
{
    internal Snapshot(Lazy<StructType> schema) => SchemaSource = schema;

    /// <summary>The table as people know it, for messages: the root of its store.</summary>
    public required string Table { get; init; }

    /// <summary>The version.</summary>
    public required long Version { get; init; }

    /// <summary>
    /// When the version was committed, UTC: its in-commit timestamp where the table has them, otherwise the time of the
    /// commit file, moved after that of the version before where clocks disagree.
    /// </summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>What clients must support.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>Schema, partition columns, properties.</summary>
    public required Metadata Metadata { get; init; }

    /// <summary>The schema of <see cref="Metadata"/>, parsed once for all snapshots that have it.</summary>
    /// <exception cref="DeltaException">It is malformed (<see cref="DeltaErrorKind.InvalidSchema"/>).</exception>
    public StructType Schema => SchemaSource.Value;

    /// <summary>The files of the table.</summary>
    public required FileSet<AddFile> Files { get; init; }

    /// <summary>Files that were removed and that a vacuum must keep until they expire.</summary>
    public required FileSet<RemoveFile> Tombstones { get; init; }

    /// <summary>
    /// Files that a commit removed without naming their deletion vectors, and which by the protocol are still there: as
    /// a rule the rows of each are in another file too. Trino's OPTIMIZE writes such commits. Known only until the next
    /// checkpoint.
    /// </summary>
    public ImmutableArray<AddFile> HalfRemoved { get; init; } = [];

    /// <summary>The last transaction of each application, by <see cref="SetTransaction.AppId"/>.</summary>
    public required ImmutableDictionary<string, SetTransaction> Transactions { get; init; }

    /// <summary>The domains that are not removed, by <see cref="Log.DomainMetadata.Domain"/>.</summary>
    public required ImmutableDictionary<string, DomainMetadata> Domains { get; init; }

    /// <summary>The number of files.</summary>
    public int FileCount => Files.Count;

    /// <summary>Whether files are in partition folders whose names are written with <c>%</c> in the log.</summary>
    internal bool HasEscapedFolders =>
        Metadata.PartitionColumns.Count > 0
            && Files.Any(file => file.Path.Logged.Contains('%', StringComparison.Ordinal));

    /// <summary>The size of all files in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>How long the log after the last checkpoint is.</summary>
    public required LogTail Tail { get; init; }

    /// <summary>The commit file of this version as the store had it; null where only a checkpoint is left.</summary>
    internal ObjectInfo? CommitFile { get; init; }

    internal Lazy<StructType> SchemaSource { get; }

    /// <summary>
    /// Returns Parquet files that are in no log, such as those of a table in another format, as a table.
    /// </summary>
    /// <param name="table">What messages call it.</param>
    /// <param name="version">The number of its version.</param>
    /// <param name="timestamp">When the version was made.</param>
    /// <param name="metadata">Its schema and properties; columns may be mapped.</param>
    /// <param name="files">The files.</param>
    /// <exception cref="DeltaException">The schema is invalid.</exception>
    public static Snapshot OfFiles(
        string table, long version, DateTimeOffset timestamp, Metadata metadata, IEnumerable<AddFile> files)
    {
        var replay = new Replay(table);
        var protocol = new Protocol
        {
            MinReaderVersion = Protocol.ReaderVersionWithFeatures,
            MinWriterVersion = Protocol.WriterVersionWithFeatures,
            ReaderFeatures = StringList.From([TableFeature.ColumnMapping]),
            WriterFeatures = StringList.From([TableFeature.ColumnMapping]),
        };
        replay.Apply(new Commit
        {
            Version = version, Actions = [protocol, metadata, .. files], File = new(table, 0, timestamp),
        });
        return replay.ToSnapshot();
    }

    /// <summary>The last version that an application recorded; null if it recorded none.</summary>
    public long? TransactionVersion(string appId) => Transactions.GetValueOrDefault(appId)?.Version;

    /// <summary>The snapshot of the next version, at the cost of its actions.</summary>
    /// <param name="commit">The commit of <see cref="Version"/> + 1.</param>
    /// <exception cref="DeltaException">The commit is not that of the next version, or demands of readers what is not
    /// supported.</exception>
    public Snapshot Advance(Commit commit)
    {
        if (commit.Version != Version + 1)
            throw new DeltaException(DeltaErrorKind.InvalidArgument,
                $"version {commit.Version} of {Table} does not follow version {Version}");
        var replay = new Replay(this);
        replay.Apply(commit);
        return replay.ToSnapshot();
    }

    /// <summary>Refuses the table, naming the features, if this library cannot write it.</summary>
    /// <exception cref="DeltaException">A version or feature of the protocol is not supported for writing
    /// (<see cref="DeltaErrorKind.Unsupported"/>).</exception>
    public void CheckWritable() => ProtocolSupport.CheckWritable(Protocol, Metadata, Table);

    /// <summary>The same state that knows of a newer checkpoint.</summary>
    internal Snapshot WithCheckpoint(long version, long sizeBytes)
    {
        if (version <= Tail.CheckpointVersion || version > Version) return this;
        var copy = new Replay(this);
        copy.SetCheckpoint(version, sizeBytes);
        return copy.ToSnapshot();
    }

    /// <summary>The state as a checkpoint holds it, without tombstones that have expired.</summary>
    internal CheckpointContent ToCheckpoint(DateTimeOffset now)
    {
        // A checkpoint does not say that they were to go: its readers would take the rows for good ones.
        if (!HalfRemoved.IsEmpty)
            throw new DeltaException(
                DeltaErrorKind.Refused,
                $"{Table} has no checkpoint before it is repaired: {HalfRemoved[0].Path.Value} is half removed");
        var nowMs = now.ToUnixTimeMilliseconds();
        var keptAfterMs = nowMs - TableProperties.DeletedFileRetention(this).TotalMilliseconds;
        var recordedAfterMs = nowMs - TableProperties.TransactionRetention(this)?.TotalMilliseconds;
        return new CheckpointContent
        {
            Version = Version,
            Protocol = Protocol,
            Metadata = Metadata,
            Transactions = [.. Transactions.Values.Where(txn => !(txn.LastUpdatedMs <= recordedAfterMs))],
            Domains = [.. Domains.Values],
            Files = Files,
            Tombstones = [.. Tombstones.Where(file => file.DeletionTimestampMs > keptAfterMs)],
        };
    }
}

/// <summary>The part of the log that a reader replays after the last checkpoint it used or knows of.</summary>
/// <param name="CheckpointVersion">The version of that checkpoint; -1 without one.</param>
/// <param name="CheckpointBytes">Its size; 0 without one.</param>
/// <param name="CommitCount">The number of commits after it.</param>
/// <param name="CommitBytes">The size of these commits.</param>
public readonly record struct LogTail(
    long CheckpointVersion, long CheckpointBytes, long CommitCount, long CommitBytes);

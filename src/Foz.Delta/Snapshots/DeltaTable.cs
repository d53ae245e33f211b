using System.Runtime.CompilerServices;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// A Delta table: its versions, its history, its checkpoints. Remembers the newest versions it saw, so that looking
/// for a newer one costs the new commits, and a reader that is a few commits late finds where it was. Safe for any
/// number of threads.
/// </summary>
public sealed class DeltaTable
{
    const int CheckpointCommitsMin = 10;
    const int CheckpointCommitsMax = 100;

    readonly ICheckpointParquet? parquet;
    readonly TimeProvider time;
    readonly SnapshotLoader loader;
    readonly CommitTimes times;
    readonly Snapshot? floor;
    readonly KnownVersions known;
    readonly TimeSpan lookInterval;
    long lookedAt;

    /// <summary>A table, which need not exist yet.</summary>
    /// <param name="store">The store whose root is the table's folder.</param>
    /// <param name="parquet">Reads and writes checkpoints in Parquet; null if there is nothing that can.</param>
    /// <param name="time">The clock that expires tombstones.</param>
    /// <param name="name">What messages call the table; null for the root of its store.</param>
    public DeltaTable(IObjectStore store, ICheckpointParquet? parquet, TimeProvider time, string? name = null)
    {
        Store = store;
        Name = name ?? store.Root;
        this.parquet = parquet;
        this.time = time;
        loader = new SnapshotLoader(store, parquet, Name);
        times = new CommitTimes(store);
        known = new();
    }

    DeltaTable(DeltaTable table, TimeSpan lookInterval)
    {
        (Store, Name, parquet, time, this.lookInterval) =
            (table.Store, table.Name, table.parquet, table.time, lookInterval);
        (loader, times, floor, known) = (table.loader, table.times, table.floor, table.known);
    }

    DeltaTable(DeltaTable table, IObjectStore log, Snapshot floor)
        : this(log, parquet: null, table.time, table.Name) => this.floor = floor;

    /// <summary>Returns a table whose log after a version is private to the caller.</summary>
    internal static DeltaTable PrivateOf(DeltaTable table, IObjectStore log, Snapshot floor) => new(table, log, floor);

    /// <summary>
    /// Returns the same table for a piece of work that asks for its newest version again and again: one that another
    /// process commits meanwhile may be seen that much later. What it commits itself conflicts with that all the same,
    /// and then it looks at once.
    /// </summary>
    /// <param name="interval">For how long the newest version that was seen counts as the newest.</param>
    public DeltaTable LookingEach(TimeSpan interval) => new(this, interval);

    /// <summary>What is known of the versions, by all objects of the table.</summary>
    internal KnownVersions Known => known;

    /// <summary>
    /// Whether its newest versions are seen by their creator only: nothing is made of them for others.
    /// </summary>
    internal bool IsPrivate => floor is not null;

    /// <summary>The table's files.</summary>
    public IObjectStore Store { get; }

    /// <summary>Reads and writes checkpoints in Parquet; null if there is nothing that can.</summary>
    internal ICheckpointParquet? Parquet => parquet;
    /// <summary>What messages call the table.</summary>
    public string Name { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>The newest version; null if there is no table.</summary>
    /// <exception cref="DeltaException">The log is corrupt, or readers must support what is not supported.</exception>
    public async ValueTask<Snapshot?> FindLatestSnapshotAsync(CancellationToken cancellationToken)
    {
        if (HasLooked && known.Newest is { } there) return there;
        var startedAt = time.GetTimestamp();
        if (await LookAsync(cancellationToken) is not { } latest) return null;
        lookedAt = startedAt;
        return known.Remember(latest);
    }

    async ValueTask<Snapshot?> LookAsync(CancellationToken cancellationToken)
    {
        if (floor is not null) return await AdvanceAsync(known.Newest ?? floor, long.MaxValue, cancellationToken);
        if (known.Newest is { } newest)
        {
            // In an object store each of the two is a round trip, and neither waits for the other. What is read, or
            // fails, is of another log where the known one is gone.
            var next = loader.ReadCommitAsync(newest.Version + 1, cancellationToken).AsTask();
            if (await IsCurrentLogAsync(newest, cancellationToken))
                return await next is { } commit
                    ? await AdvanceAsync(Advance(newest, commit), long.MaxValue, cancellationToken)
                    : newest;
        }
        known.Forget();
        return await loader.LoadAsync(null, cancellationToken);
    }

    /// <summary>Whether the table was looked at just now.</summary>
    bool HasLooked => lookedAt != 0 && time.GetElapsedTime(lookedAt) < lookInterval;

    /// <summary>Makes the next read look for newer versions.</summary>
    internal void LookAgain() => lookedAt = 0;

    /// <summary>The number of the newest version, by the names in the log alone; null if there is no table.</summary>
    /// <param name="atLeast">A version that is known to be there or to have been.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask<long?> FindLatestVersionAsync(long atLeast, CancellationToken cancellationToken)
    {
        var log = await LogListing.ReadAsync(Store, Name, atLeast, cancellationToken);
        if (log.IsEmpty && atLeast > 0) log = await LogListing.ReadAsync(Store, Name, 0, cancellationToken);
        if (log.IsEmpty) return null;
        return Math.Max(
            log.Commits.Count > 0 ? log.Commits[^1].Version : -1,
            log.Checkpoints.Count > 0 ? log.Checkpoints[^1].Version : -1);
    }

    /// <summary>The newest version.</summary>
    /// <exception cref="DeltaException">There is no table, the log is corrupt, or readers must support what is not
    /// supported.</exception>
    public async ValueTask<Snapshot> LatestSnapshotAsync(CancellationToken cancellationToken) =>
        await FindLatestSnapshotAsync(cancellationToken) ?? throw NoTable();

    /// <summary>A version.</summary>
    /// <exception cref="DeltaException">There is no table or version, the log is corrupt, or readers must support what
    /// is not supported.</exception>
    public async ValueTask<Snapshot> SnapshotAsync(long version, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        var (near, newest) = known.Near(version);
        if (near is not null && (HasLooked || await IsCurrentLogAsync(newest!, cancellationToken)))
        {
            var reached = await AdvanceAsync(near, version, cancellationToken);
            if (reached.Version == version) return known.Remember(reached);
        }
        return await loader.LoadAsync(version, cancellationToken) ?? throw NoTable();
    }

    /// <summary>The last version at or before an instant.</summary>
    /// <exception cref="DeltaException">There is no table, the instant lies before its first version
    /// (<see cref="DeltaErrorKind.VersionNotFound"/>), the log is corrupt, or readers must support what is not
    /// supported.</exception>
    public async ValueTask<Snapshot> SnapshotAtAsync(DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var latest = await LatestSnapshotAsync(cancellationToken);
        if (instant >= latest.Timestamp) return latest;
        var commits = await CommitsUpToAsync(latest.Version, cancellationToken);
        if (await times.VersionAtAsync(commits, latest.Metadata, instant, cancellationToken) is { } version)
            return version == latest.Version ? latest : await SnapshotAsync(version, cancellationToken);
        var earliest = commits.Count > 0 ? commits[0].Version : latest.Version;
        throw new DeltaException(DeltaErrorKind.VersionNotFound,
            $"{Name} has no version as early as {instant:O}; the earliest available is version {earliest}");
    }

    /// <summary>Returns the first version at or after an instant; null if all are earlier.</summary>
    /// <exception cref="DeltaException">There is no table, the log is corrupt, or readers must support what is not
    /// supported.</exception>
    public async ValueTask<long?> FirstVersionAtAsync(DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var latest = await LatestSnapshotAsync(cancellationToken);
        if (instant > latest.Timestamp) return null;
        var commits = await CommitsUpToAsync(latest.Version, cancellationToken);
        if (commits.Count == 0) return latest.Version;
        // Times are of milliseconds at least, and those of versions differ.
        var earlier = await times.VersionAtAsync(commits, latest.Metadata, instant.AddTicks(-1), cancellationToken);
        return earlier is { } version ? version + 1 : commits[0].Version;
    }

    /// <summary>Who committed what and when, the newest version first, as far as commit files are left, those that
    /// cannot be read included.</summary>
    /// <exception cref="DeltaException">There is no table.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async IAsyncEnumerable<HistoryEntry> HistoryAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (newest, start) = await HistoryBoundsAsync(cancellationToken);
        var commits = await CommitsUpToAsync(newest, cancellationToken);
        var fileTimes = CommitTimes.ByFiles(commits);
        for (var i = commits.Count - 1; i >= 0; i--)
        {
            var version = commits[i].Version;
            var (info, fault) = await InfoAsync(version, cancellationToken);
            var timestamp = version >= start && info?.InCommitTimestampMs is { } ms
                ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
                : fileTimes[i];
            yield return new HistoryEntry(version, timestamp, info, fault);
        }
    }

    /// <summary>
    /// The newest version, and the first whose commit carries its own time: where it cannot be built, all that do.
    /// </summary>
    async ValueTask<(long Newest, long TimesFrom)> HistoryBoundsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var latest = await LatestSnapshotAsync(cancellationToken);
            return (latest.Version, TableProperties.InCommitTimestampsFrom(latest.Metadata));
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            return (long.MaxValue, 0);
        }
    }

    async ValueTask<(CommitInfo? Info, string? Fault)> InfoAsync(long version, CancellationToken cancellationToken)
    {
        try
        {
            return (await times.InfoAsync(version, cancellationToken), null);
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            return (null, error.Message);
        }
    }

    /// <summary>The actions of one version; null if its commit file is not there.</summary>
    /// <exception cref="DeltaException">The commit is corrupt.</exception>
    public ValueTask<Commit?> ReadCommitAsync(long version, CancellationToken cancellationToken) =>
        HasLooked && known.FindCommit(version) is { } commit
            ? ValueTask.FromResult<Commit?>(commit)
            : loader.ReadCommitAsync(version, cancellationToken);

    /// <summary>The snapshot after a commit of one's own, made from the one before without reading the log.</summary>
    /// <exception cref="DeltaException">The commit does not follow the snapshot.</exception>
    public Snapshot Advance(Snapshot snapshot, Commit commit)
    {
        var next = known.Remember(snapshot.Advance(commit));
        known.Remember(commit);
        return next;
    }

    /// <summary>
    /// Writes a checkpoint if the log after the last one has become long: as many commits as the property
    /// <c>delta.checkpointInterval</c> says; without it 10 that weigh half of the last checkpoint, or 100. Meant for
    /// after each commit of one's own; costs nothing while none is due.
    /// </summary>
    /// <returns>How it ended; null if none was due.</returns>
    public async ValueTask<CheckpointResult?> WriteCheckpointIfDueAsync(
        Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (parquet is null || !IsCheckpointDue(snapshot)) return null;
        // Another writer may have been faster.
        if (await LastCheckpoint.ReadAsync(Store, cancellationToken) is { } other
            && other.Version > snapshot.Tail.CheckpointVersion)
        {
            snapshot = snapshot.WithCheckpoint(other.Version, other.SizeBytes ?? 0);
            known.RememberCheckpoint(other.Version, other.SizeBytes ?? 0);
            if (other.Version >= snapshot.Version || !IsCheckpointDue(snapshot)) return null;
        }
        return await WriteCheckpointAsync(snapshot, cancellationToken);
    }

    /// <summary>
    /// Writes a checkpoint of a snapshot, a V2 one where the property <c>delta.checkpointPolicy</c> says so, and once a
    /// day cleans up the log. Faults are results: the table needs neither.
    /// </summary>
    public async ValueTask<CheckpointResult> WriteCheckpointAsync(
        Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (parquet is null)
            return new CheckpointResult.Failed(new DeltaException(DeltaErrorKind.Unsupported,
                $"{Name} was opened without a Parquet writer for checkpoints"));
        CheckpointContent content;
        try
        {
            content = snapshot.ToCheckpoint(time.GetUtcNow());
        }
        catch (DeltaException error)
        {
            return new CheckpointResult.Failed(error);
        }
        var result = await new CheckpointWriter(Store, parquet)
            .WriteAsync(content, TableProperties.HasV2Checkpoints(snapshot), cancellationToken);
        if (result is not CheckpointResult.Written written) return result;
        known.RememberCheckpoint(snapshot.Version, written.SizeBytes);
        await WriteChecksumAsync(snapshot, commit: null, cancellationToken);
        return written with { Cleanup = await CleanUpLogAsync(isOncePerDay: true, cancellationToken) };
    }

    /// <summary>
    /// Deletes the part of the log that no version within <c>delta.logRetentionDuration</c> (without it 30 days) needs:
    /// what was committed before the last checkpoint that is older, at a day's precision. Faults are results.
    /// </summary>
    /// <returns>What was deleted; null where the property <c>delta.enableExpiredLogCleanup</c> is false.</returns>
    /// <exception cref="DeltaException">There is no table, or it cannot be read.</exception>
    public Task<LogCleanup?> CleanUpLogAsync(CancellationToken cancellationToken) =>
        CleanUpLogAsync(isOncePerDay: false, cancellationToken);

    async Task<LogCleanup?> CleanUpLogAsync(bool isOncePerDay, CancellationToken cancellationToken)
    {
        try
        {
            var now = time.GetUtcNow();
            var day = now.UtcDateTime.Date.Ticks;
            if (isOncePerDay && !known.TryBeginCleanup(day)) return null;
            // The newest properties count, not those of a snapshot that is checkpointed.
            var latest = await LatestSnapshotAsync(cancellationToken);
            if (!TableProperties.CleansUpLog(latest.Metadata)) return null;
            latest.CheckWritable();
            var cutoff = LogCleaner.CutoffAt(now, TableProperties.LogRetention(latest));
            return await new LogCleaner(Store, parquet, Name).RunAsync(latest, cutoff, now, cancellationToken);
        }
        catch (Exception error) when (isOncePerDay && error is DeltaException or StorageException)
        {
            return new LogCleanup(0, 0, error);
        }
    }

    /// <summary>
    /// Notes what a version holds, and what its commit is, in a checksum file next to the commit, unless there is one.
    /// It is not made durable: that would cost as much as the commit did.
    /// </summary>
    internal async ValueTask WriteChecksumAsync(
        Snapshot snapshot, CommitChecksum? commit, CancellationToken cancellationToken)
    {
        try
        {
            await VersionChecksum.WriteAsync(Store, snapshot, commit, cancellationToken);
        }
        catch (Exception error) when (error is DeltaException or StorageException)
        {
            // The table does not need it: who compares finds none.
        }
    }

    /// <summary>Commits newer than the snapshot, up to a version, one by one.</summary>
    async ValueTask<Snapshot> AdvanceAsync(Snapshot snapshot, long lastVersion, CancellationToken cancellationToken)
    {
        while (snapshot.Version < lastVersion
            && await loader.ReadCommitAsync(snapshot.Version + 1, cancellationToken) is { } commit)
            snapshot = Advance(snapshot, commit);
        return snapshot;
    }

    /// <summary>
    /// Whether the snapshot's own commit file is still there. False if it is gone or another one: the log was cleaned
    /// up or made again, and the absence of the next commit would prove nothing.
    /// </summary>
    async ValueTask<bool> IsCurrentLogAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        snapshot.CommitFile is { } file
        && await Store.GetInfoAsync(file.Path, cancellationToken) is { } now
        && now.SizeBytes == file.SizeBytes && now.LastModified == file.LastModified;

    async ValueTask<IReadOnlyList<LogFile>> CommitsUpToAsync(long version, CancellationToken cancellationToken) =>
        (await LogListing.ReadAsync(Store, Name, 0, cancellationToken)).CommitsUpTo(version);

    /// <summary>Makes the next read load the log again: a part of it that was read is gone or another one.</summary>
    internal void Forget()
    {
        LookAgain();
        known.Forget();
    }

    static bool IsCheckpointDue(Snapshot snapshot)
    {
        var tail = snapshot.Tail;
        if (TableProperties.CheckpointInterval(snapshot.Metadata) is { } interval) return tail.CommitCount >= interval;
        return tail.CommitCount >= CheckpointCommitsMax
            || (tail.CommitCount >= CheckpointCommitsMin && 2 * tail.CommitBytes >= tail.CheckpointBytes);
    }

    DeltaException NoTable() =>
        new(DeltaErrorKind.TableNotFound,
            $"there is no Delta table at {Store.Root}: no commit or checkpoint in {LogFiles.Folder}");
}

/// <summary>One commit in a table's history.</summary>
/// <param name="Version">The version.</param>
/// <param name="Timestamp">When it was committed, UTC.</param>
/// <param name="Info">Who committed what; null if the commit does not say.</param>
/// <param name="Fault">Why the commit cannot be read; null if it can.</param>
public readonly record struct HistoryEntry(long Version, DateTimeOffset Timestamp, CommitInfo? Info, string? Fault);

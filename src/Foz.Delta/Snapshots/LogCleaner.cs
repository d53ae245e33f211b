using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// Deletes what no version within the retention needs (PROTOCOL.md, "Metadata Cleanup"): commits, checkpoints, checksum
/// files and compactions before the last checkpoint that is old enough, checkpoints that later ones have superseded,
/// and sidecars that no checkpoint names.
/// </summary>
sealed class LogCleaner(IObjectStore store, ICheckpointParquet? parquet, string table)
{
    const int DeletesAtOnce = 16;

    static readonly TimeSpan sidecarAgeMin = TimeSpan.FromDays(1);

    /// <summary>
    /// Younger versions stay, whatever the retention: who begins a transaction on one need not fear that it is gone.
    /// </summary>
    public static TimeSpan AgeMin { get; } = TimeSpan.FromHours(1);

    readonly CheckpointReader checkpoints = new(store, parquet);
    int files;
    long bytes;

    /// <summary>What was committed up to this instant has expired: the midnight before, as it pays to clean up many
    /// commits at once.</summary>
    public static DateTimeOffset CutoffAt(DateTimeOffset now, TimeSpan retention)
    {
        var age = retention > AgeMin ? retention : AgeMin;
        return age < now - DateTimeOffset.UnixEpoch ? MidnightOf(now - age) : DateTimeOffset.UnixEpoch;
    }

    /// <summary>Cleans up; a fault ends it and is in the result.</summary>
    /// <param name="snapshot">The newest version.</param>
    /// <param name="cutoff">Commits up to here may be deleted.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends it; what is deleted is deleted.</param>
    public async Task<LogCleanup> RunAsync(
        Snapshot snapshot, DateTimeOffset cutoff, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var listing = await LogListing.ReadAsync(store, table, 0, cancellationToken);
            if (await FirstKeptAsync(listing, snapshot, cutoff, cancellationToken) is { } first)
                await DeleteBeforeAsync(listing, first, cancellationToken);
            await DeleteSupersededAsync(snapshot, now - AgeMin, cancellationToken);
            await DeleteSidecarsAsync(MidnightOf(now - sidecarAgeMin), cancellationToken);
            return new(files, bytes);
        }
        // Whatever the store throws, the table is as good as before.
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return new(files, bytes, error);
        }
    }

    /// <summary>
    /// The version of the checkpoint from which on the log is kept; null if all of it is.
    /// </summary>
    async Task<long?> FirstKeptAsync(
        LogListing listing, Snapshot snapshot, DateTimeOffset cutoff, CancellationToken cancellationToken)
    {
        var commits = listing.CommitsUpTo(snapshot.Version);
        if (commits.Count == 0
            || await new CommitTimes(store).VersionAtAsync(commits, snapshot.Metadata, cutoff, cancellationToken)
                is not { } expired) return null;
        var times = CommitTimes.ByFiles(commits);
        var inCommitFrom = TableProperties.InCommitTimestampsFrom(snapshot.Metadata);
        var protectedBefore = TableProperties.ProtectedBefore(snapshot);
        var oldest = listing.Files.Min(file => file.Version);
        foreach (var checkpoint in listing.Checkpoints.Reverse())
        {
            var index = checkpoint.Version - commits[0].Version;
            if (checkpoint.Version > expired || index < 0) continue;
            if (checkpoint.Version < protectedBefore || checkpoint.Version <= oldest) return null;
            // Without the commits before it, this one would fall back to an earlier time.
            if (checkpoint.Version < inCommitFrom && times[(int)index] != commits[(int)index].Info.LastModified)
                continue;
            if (await IsReadableAsync(checkpoint, cancellationToken)) return checkpoint.Version;
        }
        return null;
    }

    // The commits are what is left where a checkpoint is torn.
    async Task<bool> IsReadableAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        try
        {
            await new SnapshotLoader(store, parquet, table).LoadCheckpointAsync(checkpoint, cancellationToken);
            return true;
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            return false;
        }
    }

    /// <summary>
    /// Deletes in an order that leaves each earlier version whole or reported as cleaned up at each moment: first the
    /// files from which the oldest version is built, then checkpoints, then the rest.
    /// </summary>
    async Task DeleteBeforeAsync(LogListing listing, long first, CancellationToken cancellationToken)
    {
        var expired = listing.Files
            .Where(file => file.Version < first || (file.Kind == LogFileKind.Compaction && file.Version == first))
            .ToList();
        var oldest = expired[0].Version;
        bool IsFirst(LogFile file) => file.Version == oldest || file.Kind is LogFileKind.ClassicCheckpoint
            or LogFileKind.MultiPartCheckpoint or LogFileKind.V2Checkpoint;
        foreach (var file in expired.Where(IsFirst)) await DeleteAsync(file.Info, cancellationToken);
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = DeletesAtOnce,
        };
        await Parallel.ForEachAsync(
            expired.Where(file => !IsFirst(file)), options, async (file, token) => await DeleteAsync(file.Info, token));
    }

    /// <summary>
    /// Deletes checkpoints that an earlier one and the commits after it can replace: all but the first, the last and
    /// those before which twice their own weight of commits lies. So they never outweigh half of the commits.
    /// </summary>
    async Task DeleteSupersededAsync(Snapshot snapshot, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var listing = await LogListing.ReadAsync(store, table, 0, cancellationToken);
        var commits = listing.CommitsUpTo(snapshot.Version);
        if (commits.Count == 0) return;
        var candidates = listing.Checkpoints.SkipLast(1).Where(c => c.Version >= commits[0].Version).ToList();
        // With it and the commits, every version can be built, whatever becomes of the others.
        if (candidates is not [var first, _, ..]
            || (commits[0].Version > 0 && !await IsReadableAsync(first, cancellationToken))) return;
        var (next, weight) = (0, 0L);
        foreach (var checkpoint in candidates)
        {
            for (; next < commits.Count && commits[next].Version <= checkpoint.Version; next++)
                weight += commits[next].Info.SizeBytes;
            var stays = checkpoint == first || checkpoint.LastModified > before
                || checkpoint.Version <= TableProperties.ProtectedBefore(snapshot)
                || weight >= 2 * await SizeOfAsync(checkpoint, cancellationToken);
            if (stays) weight = 0;
            else
                foreach (var file in checkpoint.Files) await DeleteAsync(file, cancellationToken);
        }
    }

    async Task<long> SizeOfAsync(Checkpoint checkpoint, CancellationToken cancellationToken) =>
        checkpoint.SizeBytes
            + (checkpoint.Files is [{ Path: var path }] && path.EndsWith(".json", StringComparison.Ordinal)
            ? (await checkpoints.SidecarsAsync(checkpoint, cancellationToken)).Sum(file => file.SizeBytes)
            : 0);

    /// <summary>Deletes sidecars that no checkpoint names and that are too old for one that is being written.</summary>
    async Task DeleteSidecarsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var old = new List<ObjectInfo>();
        await foreach (var info in store.ListAsync(LogFiles.SidecarFolder, null, cancellationToken))
            if (info.LastModified < before) old.Add(info);
        if (old.Count == 0) return;
        // Listed after the sidecars: a checkpoint that came since names none of the old ones that are in no other.
        var listing = await LogListing.ReadAsync(store, table, 0, cancellationToken);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var checkpoint in listing.Checkpoints)
            foreach (var sidecar in await checkpoints.SidecarsAsync(checkpoint, cancellationToken))
                named.Add(CheckpointReader.PathOf(sidecar));
        foreach (var info in old.Where(info => !named.Contains(info.Path))) await DeleteAsync(info, cancellationToken);
    }

    async ValueTask DeleteAsync(ObjectInfo file, CancellationToken cancellationToken)
    {
        await store.DeleteAsync(file.Path, cancellationToken);
        Interlocked.Increment(ref files);
        Interlocked.Add(ref bytes, file.SizeBytes);
    }

    static DateTimeOffset MidnightOf(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);
}

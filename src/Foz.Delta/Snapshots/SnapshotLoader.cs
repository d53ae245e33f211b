using System.Runtime.CompilerServices;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>Builds snapshots from the log.</summary>
sealed class SnapshotLoader(IObjectStore store, ICheckpointParquet? parquet, string table)
{
    // Commits are read and parsed ahead of their turn in blocks, so that many small ones do not cost a task each.
    const int BlockCommitsMax = 64;
    const long BlockBytesMax = 256 * 1024;
    static readonly int readAheadBlocks = Math.Max(2, Environment.ProcessorCount);

    readonly CheckpointReader checkpoints = new(store, parquet);

    /// <summary>Builds a version, or the newest; null if there is no log.</summary>
    public async Task<Snapshot?> LoadAsync(long? version, CancellationToken cancellationToken)
    {
        var hint = await LastCheckpoint.ReadAsync(store, cancellationToken);
        if (hint is { Version: var start } && (version is null || start <= version))
        {
            var recent = await LogListing.ReadAsync(store, table, start, cancellationToken);
            if (recent.Checkpoints.Any(c => c.Version <= (version ?? long.MaxValue))
                && await TryBuildAsync(recent, version, cancellationToken) is { } snapshot)
                return snapshot;
        }
        var whole = await LogListing.ReadAsync(store, table, 0, cancellationToken);
        return await BuildAsync(whole, version, isLastTry: true, cancellationToken);
    }

    /// <summary>Builds the version of a checkpoint from it alone.</summary>
    /// <exception cref="DeltaException">A file of it is missing or malformed, or what it holds is no table.</exception>
    public async Task<Snapshot> LoadCheckpointAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var replay = new Replay(table);
        await ApplyAsync(replay, checkpoint, commit: null, cancellationToken);
        return replay.ToSnapshot();
    }

    /// <summary>Reads one commit; null if there is none.</summary>
    public ValueTask<Commit?> ReadCommitAsync(long version, CancellationToken cancellationToken) =>
        ReadAsync(LogFiles.CommitPath(version), version, cancellationToken);

    async ValueTask<Commit?> ReadAsync(string path, long version, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(path, cancellationToken) is not { } file) return null;
        return new Commit
        {
            Version = version,
            Actions = ActionReader.Read(file.Content, $"{store.Root}/{path}"),
            File = file.Info,
        };
    }

    /// <summary>Builds from a listing that begins at the hint; null if the rest of the log is needed.</summary>
    async Task<Snapshot?> TryBuildAsync(LogListing listing, long? version, CancellationToken cancellationToken)
    {
        try
        {
            return await BuildAsync(listing, version, isLastTry: false, cancellationToken);
        }
        // Older checkpoints and commits may make up for the fault; if not, the second try reports it.
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt or DeltaErrorKind.VersionNotFound)
        {
            return null;
        }
    }

    async Task<Snapshot?> BuildAsync(
        LogListing listing, long? version, bool isLastTry, CancellationToken cancellationToken)
    {
        var unusable = new HashSet<Checkpoint>();
        var useCompactions = true;
        var useChecksums = true;
        DeltaException? firstFault = null;
        while (true)
        {
            LogSegment? segment;
            try
            {
                segment = listing.Segment(version, unusable, useCompactions);
            }
            // A checksum may be the fault, where nothing else shows more.
            catch (DeltaException) when (firstFault is not null && useChecksums && isLastTry)
            {
                useChecksums = false;
                unusable.Clear();
                continue;
            }
            catch (DeltaException) when (firstFault is not null)
            {
                throw firstFault;
            }
            if (segment is null) return null;
            try
            {
                return await BuildAsync(segment, useChecksums, cancellationToken);
            }
            // What only repeats commits costs time when it is torn, not the table: first compactions, then checkpoints.
            catch (DeltaException error) when (error.Kind == DeltaErrorKind.Corrupt && segment.HasCompactions)
            {
                firstFault ??= error;
                useCompactions = false;
            }
            catch (DeltaException error) when (error.Kind == DeltaErrorKind.Corrupt && segment.Checkpoint is not null)
            {
                firstFault ??= error;
                unusable.Add(segment.Checkpoint);
            }
        }
    }

    async Task<Snapshot> BuildAsync(LogSegment segment, bool useChecksums, CancellationToken cancellationToken)
    {
        var replay = new Replay(table);
        if (segment.Checkpoint is { } checkpoint)
        {
            var noted = useChecksums && segment.HasCheckpointChecksum
                ? VersionChecksum.ReadAsync(store, checkpoint.Version, cancellationToken).AsTask()
                : Task.FromResult<VersionChecksum?>(null);
            await ApplyAsync(replay, checkpoint, segment.CheckpointCommit, cancellationToken);
            if (await noted is { } checksum) replay.Check(checksum);
            if (replay.HasInCommitTimestamps && segment.Commits.Count == 0
                && await new CommitTimes(store).InCommitTimeAsync(checkpoint.Version, cancellationToken) is { } time)
                replay.SetTimestamp(time);
        }
        var next = 0;
        await foreach (var commit in ReadCommitsAsync(segment.Files, cancellationToken))
        {
            var length = (int)(commit.Version - segment.Commits[next].Version) + 1;
            if (length == 1) replay.Apply(commit);
            else replay.Apply(commit.Actions, segment.Commits.Skip(next).Take(length));
            next += length;
        }
        return replay.ToSnapshot();
    }

    async Task ApplyAsync(
        Replay replay, Checkpoint checkpoint, ObjectInfo? commit, CancellationToken cancellationToken)
    {
        var sidecarBytes = 0L;
        await foreach (var part in checkpoints.ReadAsync(
            checkpoint, sidecars => sidecarBytes = sidecars.Sum(file => file.SizeBytes), cancellationToken))
            replay.ApplyPart(part);
        replay.EndCheckpoint(checkpoint, checkpoint.SizeBytes + sidecarBytes, commit);
    }

    /// <summary>Reads commits in order, the next ones ahead on other threads.</summary>
    async IAsyncEnumerable<Commit> ReadCommitsAsync(
        IReadOnlyList<LogFile> commits, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A short log is read here and now: to hand it to another thread costs more.
        if (BlockAt(commits, 0) is var all && all.Length == commits.Count)
        {
            foreach (var commit in await ReadBlockAsync(all, cancellationToken)) yield return commit;
            yield break;
        }
        var ahead = new Queue<Task<Commit[]>>();
        var next = 0;
        while (next < commits.Count || ahead.Count > 0)
        {
            while (next < commits.Count && ahead.Count < readAheadBlocks)
            {
                var block = BlockAt(commits, next);
                next += block.Length;
                ahead.Enqueue(Task.Run(() => ReadBlockAsync(block, cancellationToken), cancellationToken));
            }
            foreach (var commit in await ahead.Dequeue()) yield return commit;
        }
    }

    static LogFile[] BlockAt(IReadOnlyList<LogFile> commits, int first)
    {
        var bytes = 0L;
        return [.. commits.Skip(first).Take(BlockCommitsMax).TakeWhile((file, i) =>
        {
            bytes += file.Info.SizeBytes;
            return i == 0 || bytes <= BlockBytesMax;
        })];
    }

    async Task<Commit[]> ReadBlockAsync(LogFile[] block, CancellationToken cancellationToken)
    {
        var commits = new Commit[block.Length];
        for (var i = 0; i < block.Length; i++)
            commits[i] = await ReadAsync(
                block[i].Info.Path, Math.Max(block[i].Version, block[i].LastVersion), cancellationToken)
                ?? throw new DeltaException(DeltaErrorKind.Corrupt,
                    $"the commit of version {block[i].Version} of {table} was deleted while it was read")
                { Version = block[i].Version };
        return commits;
    }
}

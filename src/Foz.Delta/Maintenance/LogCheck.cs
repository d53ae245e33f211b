using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Maintenance;

/// <summary>Checks whether all files of a table's log agree.</summary>
/// <param name="table">The table.</param>
sealed class LogCheck(DeltaTable table)
{
    readonly List<TableFault> faults = [];

    /// <summary>The faults of the log.</summary>
    public async Task<IReadOnlyList<TableFault>> RunAsync(CancellationToken cancellationToken)
    {
        var listing = await LogListing.ReadAsync(table.Store, table.Name, 0, cancellationToken);
        CheckGaps(listing);
        var snapshot = await StartAsync(listing, cancellationToken);
        var checksums = await ChecksumsAsync(cancellationToken);
        while (snapshot is not null)
        {
            await CheckCheckpointsAsync(listing, snapshot, cancellationToken);
            if (checksums.Contains(snapshot.Version) && !await IsAsNotedAsync(snapshot, cancellationToken)) break;
            snapshot = await NextAsync(snapshot, cancellationToken);
        }
        await CheckHintAsync(listing, cancellationToken);
        return faults;
    }

    /// <summary>Checks that the commits after the first checkpoint, or after the first commit, have no gaps.</summary>
    void CheckGaps(LogListing listing)
    {
        var commits = listing.Commits;
        for (var i = 1; i < commits.Count; i++)
            if (commits[i].Version != commits[i - 1].Version + 1
                && !listing.Checkpoints.Any(checkpoint => checkpoint.Version >= commits[i].Version - 1))
                faults.Add(new(FaultKind.Log, LogFiles.CommitPath(commits[i - 1].Version + 1),
                    $"versions {commits[i - 1].Version + 1} to {commits[i].Version - 1} are missing"));
    }

    /// <summary>
    /// The first version from which all commits are there: the table's first, or that of a checkpoint.
    /// </summary>
    async Task<Snapshot?> StartAsync(LogListing listing, CancellationToken cancellationToken)
    {
        if (listing.Commits is [{ Version: 0 }, ..])
            return await TryAsync(new Replay(table.Name), 0, cancellationToken);
        foreach (var checkpoint in listing.Checkpoints)
            if (await ReadAsync(checkpoint, cancellationToken) is { } snapshot) return snapshot;
        return null;
    }

    async Task<Snapshot?> NextAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        await TryAsync(new Replay(snapshot), snapshot.Version + 1, cancellationToken);

    async Task<Snapshot?> TryAsync(Replay replay, long version, CancellationToken cancellationToken)
    {
        try
        {
            if (await table.ReadCommitAsync(version, cancellationToken) is not { } commit) return null;
            replay.Apply(commit);
            return replay.ToSnapshot();
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt)
        {
            faults.Add(new(FaultKind.Log, LogFiles.CommitPath(version), error.Message));
            return null;
        }
    }

    async Task CheckCheckpointsAsync(LogListing listing, Snapshot snapshot, CancellationToken cancellationToken)
    {
        foreach (var checkpoint in listing.Checkpoints.Where(checkpoint => checkpoint.Version == snapshot.Version))
            if (await ReadAsync(checkpoint, cancellationToken) is { } held
                && Difference(snapshot, held) is { } difference)
                faults.Add(new(FaultKind.Checkpoint, checkpoint.Files[0].Path, difference));
    }

    async Task<Snapshot?> ReadAsync(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await new SnapshotLoader(table.Store, table.Parquet, table.Name)
                .LoadCheckpointAsync(checkpoint, cancellationToken);
        }
        catch (DeltaException error) when (error.Kind is DeltaErrorKind.Corrupt or DeltaErrorKind.InvalidSchema)
        {
            faults.Add(new(FaultKind.Checkpoint, checkpoint.Files[0].Path, $"cannot be read: {error.Message}"));
            return null;
        }
    }

    /// <summary>
    /// In what a checkpoint differs from the commits; tombstones may have expired, and the rest must be the same.
    /// </summary>
    static string? Difference(Snapshot replayed, Snapshot held)
    {
        var missing = replayed.Files.Count(file => held.Files.Find(file.Key) is null);
        var surplus = held.Files.Count(file => replayed.Files.Find(file.Key) is null);
        if (missing + surplus > 0)
            return $"lacks {missing} files of the commits, and has {surplus} that they have not";
        if (!replayed.Metadata.Equals(held.Metadata)) return "has other metadata than the commits";
        if (!replayed.Protocol.DemandsAs(held.Protocol)) return "has another protocol than the commits";
        var applications = replayed.Transactions.Values.Where(t =>
            held.Transactions.GetValueOrDefault(t.AppId)?.Version is { } version && version != t.Version).ToList();
        return applications.Count > 0 ? $"has another version of the application {applications[0].AppId}" : null;
    }

    async Task<HashSet<long>> ChecksumsAsync(CancellationToken cancellationToken)
    {
        var versions = new HashSet<long>();
        await foreach (var file in table.Store.ListAsync(LogFiles.Folder, startAfter: null, cancellationToken))
            if (LogFile.Parse(file) is { Kind: LogFileKind.Checksum, Version: var version }) versions.Add(version);
        return versions;
    }

    /// <summary>
    /// Compares a version with its note; false where its commit is not what was committed, so that later versions
    /// differ too.
    /// </summary>
    async Task<bool> IsAsNotedAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        if (await VersionChecksum.ReadAsync(table.Store, snapshot.Version, cancellationToken) is not { } checksum)
            return true;
        var path = LogFiles.CommitPath(snapshot.Version);
        if (checksum.Commit is { } committed && await table.Store.GetAsync(path, cancellationToken) is { } file
            && CommitChecksum.Of(file.Content.Span) is var found && found != committed)
        {
            faults.Add(new(FaultKind.Log, path, found.SizeBytes == committed.SizeBytes
                ? "has other bytes than were committed"
                : $"has {found.SizeBytes} bytes, {committed.SizeBytes} were committed"));
            return false;
        }
        if (checksum.Differences(snapshot) is { Count: > 0 } differences)
            faults.Add(new(FaultKind.Checksum, LogFiles.ChecksumPath(snapshot.Version),
                $"differs from the log, which has {string.Join(", ", differences)}"));
        return true;
    }

    async Task CheckHintAsync(LogListing listing, CancellationToken cancellationToken)
    {
        if (await table.Store.GetInfoAsync(LogFiles.LastCheckpointPath, cancellationToken) is null) return;
        var version = await LastCheckpoint.FindVersionAsync(table.Store, cancellationToken);
        if (version is null)
            faults.Add(new(FaultKind.LastCheckpoint, LogFiles.LastCheckpointPath, "cannot be read"));
        else if (!listing.Checkpoints.Any(checkpoint => checkpoint.Version == version))
            faults.Add(
                new(FaultKind.LastCheckpoint, LogFiles.LastCheckpointPath,
                    $"names the checkpoint of version {version}, which is not there"));
    }
}

using Foz.Delta.Checkpoints;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// The files of the log that a version is built from: at most one checkpoint, then every commit after it.
/// </summary>
sealed record LogSegment
{
    /// <summary>The version that the segment builds.</summary>
    public required long Version { get; init; }

    /// <summary>The start; null if the commits start at version 0.</summary>
    public required Checkpoint? Checkpoint { get; init; }

    /// <summary>The commit file of the checkpoint's version; null without checkpoint, or if the file is gone.</summary>
    public required ObjectInfo? CheckpointCommit { get; init; }

    /// <summary>Whether a checksum file next to the commit notes the contents of the checkpoint's version.</summary>
    public required bool HasCheckpointChecksum { get; init; }

    /// <summary>The commits after the checkpoint in order, without gaps.</summary>
    public required IReadOnlyList<LogFile> Commits { get; init; }

    /// <summary>
    /// The files that are read instead of <see cref="Commits"/>, in order: commits, and compactions that are smaller
    /// than the commits they replace. The commit of <see cref="Version"/> itself is always among them.
    /// </summary>
    public required IReadOnlyList<LogFile> Files { get; init; }

    /// <summary>Whether compactions are among <see cref="Files"/>.</summary>
    public bool HasCompactions => Files.Count < Commits.Count;
}

/// <summary>The files of a table's log, by version.</summary>
sealed class LogListing
{
    readonly string table;
    readonly List<LogFile> files = [];
    readonly List<LogFile> commits = [];
    readonly List<LogFile> compactions = [];
    List<Checkpoint> checkpoints = [];

    LogListing(string table) => this.table = table;

    /// <summary>Every file whose name the protocol defines, by version.</summary>
    public IReadOnlyList<LogFile> Files => files;

    /// <summary>The commits in order; there may be gaps.</summary>
    public IReadOnlyList<LogFile> Commits => commits;

    /// <summary>The complete checkpoints in order of versions.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints => checkpoints;

    /// <summary>True if there is neither commit nor checkpoint.</summary>
    public bool IsEmpty => commits.Count == 0 && checkpoints.Count == 0;

    /// <summary>Lists the log from a version on.</summary>
    public static async ValueTask<LogListing> ReadAsync(
        IObjectStore store, string table, long firstVersion, CancellationToken cancellationToken)
    {
        var listing = new LogListing(table);
        var parts = new List<LogFile>();
        var start = firstVersion > 0 ? LogFiles.VersionPath(firstVersion) : null;
        await foreach (var info in store.ListAsync(LogFiles.Folder, start, cancellationToken))
        {
            // Names with a version sort before those of the sidecars' folder and the like.
            if (info.Path[LogFiles.Folder.Length + 1] > '9') break;
            if (LogFile.Parse(info) is { } file) listing.Add(file, parts);
        }
        listing.AddMultiPart(parts);
        listing.SortCheckpoints();
        return listing;
    }

    /// <summary>Returns the segment of a version, or of the newest; null if the listing has nothing.</summary>
    /// <param name="version">The version; null for the newest.</param>
    /// <param name="unusable">Checkpoints that turned out not to be readable.</param>
    /// <param name="useCompactions">Whether compactions may replace commits.</param>
    /// <exception cref="DeltaException">The version was never there or cannot be built any more
    /// (<see cref="DeltaErrorKind.VersionNotFound"/>), or a commit is missing between others
    /// (<see cref="DeltaErrorKind.Corrupt"/>).</exception>
    public LogSegment? Segment(long? version, IReadOnlySet<Checkpoint> unusable, bool useCompactions)
    {
        if (IsEmpty) return null;
        var last = Math.Max(
            commits.Count > 0 ? commits[^1].Version : -1,
            checkpoints.Count > 0 ? checkpoints[^1].Version : -1);
        var target = version ?? last;
        if (target > last)
            throw NotFound(target, $"its newest version is {last}");
        var checkpoint = checkpoints.LastOrDefault(c => c.Version <= target && !unusable.Contains(c));
        var first = checkpoint is null ? 0 : checkpoint.Version + 1;
        var following = commits.FindAll(file => file.Version >= first && file.Version <= target);
        CheckGaps(following, first, target, version is not null);
        return new LogSegment
        {
            Version = target,
            Checkpoint = checkpoint,
            CheckpointCommit = commits.FindIndex(file => file.Version == checkpoint?.Version) is >= 0 and var i
                ? commits[i].Info
                : null,
            HasCheckpointChecksum = files.Exists(
                file => file.Kind == LogFileKind.Checksum && file.Version == checkpoint?.Version),
            Commits = following,
            Files = useCompactions ? Compact(following) : following,
        };
    }

    /// <summary>The first version that can be built; null if none can.</summary>
    public long? EarliestVersion =>
        commits.Count > 0 && commits[0].Version == 0 ? 0 : checkpoints.Count > 0 ? checkpoints[0].Version : null;

    /// <summary>The commits up to a version, without those before a gap.</summary>
    public IReadOnlyList<LogFile> CommitsUpTo(long version)
    {
        var end = commits.FindLastIndex(file => file.Version <= version) + 1;
        var first = end - 1;
        while (first > 0 && commits[first - 1].Version == commits[first].Version - 1) first--;
        return end == 0 ? [] : commits[first..end];
    }

    void Add(LogFile file, List<LogFile> parts)
    {
        files.Add(file);
        switch (file.Kind)
        {
            case LogFileKind.Commit: commits.Add(file); break;
            case LogFileKind.MultiPartCheckpoint: parts.Add(file); break;
            case LogFileKind.Compaction when file.Info.SizeBytes > 0: compactions.Add(file); break;
            // An empty file is what a crash leaves where creation is not atomic.
            case LogFileKind.ClassicCheckpoint or LogFileKind.V2Checkpoint when file.Info.SizeBytes > 0:
                checkpoints.Add(new Checkpoint(file.Version, [file.Info]));
                break;
        }
    }

    void AddMultiPart(List<LogFile> parts)
    {
        foreach (var group in parts.GroupBy(part => (part.Version, part.Parts)))
            if (group.Count() == group.Key.Parts)
                checkpoints.Add(new Checkpoint(
                    group.Key.Version, [.. group.OrderBy(part => part.Part).Select(part => part.Info)]));
    }

    /// <summary>
    /// By version; of one version the last is the simplest to read: classic, then V2, then multi-part.
    /// </summary>
    void SortCheckpoints() => checkpoints =
    [
        .. checkpoints.OrderBy(checkpoint => checkpoint.Version)
            .ThenByDescending(checkpoint => checkpoint.Files.Count)
            .ThenByDescending(checkpoint => checkpoint.Files[0].Path.Length),
    ];

    /// <summary>
    /// Puts in compactions from the first commit on, each time the one that reaches farthest, where they are smaller
    /// than the commits they replace. The last commit stays: it alone says who made the version, and when.
    /// </summary>
    List<LogFile> Compact(List<LogFile> following)
    {
        if (compactions.Count == 0 || following.Count < 3) return following;
        var chosen = new List<LogFile>(following.Count);
        for (var i = 0; i < following.Count;)
        {
            var first = following[i].Version;
            var count = 1;
            var file = following[i];
            foreach (var compaction in compactions)
            {
                var length = compaction.LastVersion - first + 1;
                if (compaction.Version != first || length <= count || i + length >= following.Count) continue;
                if (compaction.Info.SizeBytes
                    >= following.Skip(i).Take((int)length).Sum(commit => commit.Info.SizeBytes))
                    continue;
                (file, count) = (compaction, (int)length);
            }
            chosen.Add(file);
            i += count;
        }
        return chosen;
    }

    void CheckGaps(List<LogFile> following, long first, long target, bool isAsked)
    {
        for (var i = 0; i < following.Count; i++)
            if (following[i].Version != first + i) throw Gap(first + i, following[i].Version, isAsked, target);
        if (first + following.Count <= target) throw Gap(first + following.Count, null, isAsked, target);
    }

    /// <summary>
    /// A missing commit below the first version that can be built was cleaned up; elsewhere it is lost.
    /// </summary>
    DeltaException Gap(long missing, long? next, bool isAsked, long target)
    {
        if (isAsked && EarliestVersion is { } earliest && target < earliest)
            return NotFound(target, $"its log was cleaned up, and the earliest version available is {earliest}");
        var where = next is { } version ? $"although version {version} is there" : "and no checkpoint replaces it";
        return new DeltaException(DeltaErrorKind.Corrupt,
            $"the log of {table} has a gap: the commit of version {missing} is missing, {where}")
        { Version = missing, Path = LogFiles.CommitPath(missing) };
    }

    DeltaException NotFound(long version, string reason) =>
        new(DeltaErrorKind.VersionNotFound, $"{table} has no version {version}: {reason}") { Version = version };
}

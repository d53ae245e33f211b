using System.Collections.Immutable;
using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>The newest versions of a table that were seen. Safe for use by many threads.</summary>
sealed class KnownVersions
{
    // Snapshots share what did not change between them. Commits are small, but for those of large loads.
    const int SnapshotsMax = 8, CommitsMax = 8, ActionsMax = 256;

    ImmutableArray<Snapshot> snapshots = [];
    ImmutableArray<Commit> commits = [];
    long cleanedDayTicks;

    /// <summary>Gets the newest of them; null for none.</summary>
    public Snapshot? Newest => snapshots is [.., var newest] ? newest : null;

    /// <summary>Returns the last one at or before a version, and the newest one; null for none.</summary>
    public (Snapshot? Near, Snapshot? Newest) Near(long version)
    {
        var all = snapshots;
        return (all.LastOrDefault(snapshot => snapshot.Version <= version), all.LastOrDefault());
    }

    /// <summary>Returns the commit of a version; null where it is not known.</summary>
    public Commit? FindCommit(long version) => commits.FirstOrDefault(commit => commit.Version == version);

    /// <summary>Remembers a snapshot, unless a newer one is known.</summary>
    public Snapshot Remember(Snapshot snapshot)
    {
        ImmutableInterlocked.Update(
            ref snapshots,
            static (all, snapshot) => all is [.., var last] && last.Version >= snapshot.Version
                ? all
                : [.. all.TakeLast(SnapshotsMax - 1), snapshot],
            snapshot);
        return snapshot;
    }

    /// <summary>Remembers a commit.</summary>
    public void Remember(Commit commit)
    {
        if (commit.Actions.Count <= ActionsMax)
            ImmutableInterlocked.Update(
                ref commits,
                static (all, commit) => all.Any(known => known.Version == commit.Version)
                    ? all
                    : [.. all.TakeLast(CommitsMax - 1), commit],
                commit);
    }

    /// <summary>Notes that the version of a checkpoint has one.</summary>
    public void RememberCheckpoint(long version, long sizeBytes) => ImmutableInterlocked.Update(
        ref snapshots,
        static (all, checkpoint) => all is [.. var before, var last] && last.Version >= checkpoint.Version
            ? [.. before, last.WithCheckpoint(checkpoint.Version, checkpoint.SizeBytes)]
            : all,
        (Version: version, SizeBytes: sizeBytes));

    /// <summary>Whether the log was not cleaned up on a day yet; notes that it is.</summary>
    public bool TryBeginCleanup(long dayTicks) => Interlocked.Exchange(ref cleanedDayTicks, dayTicks) != dayTicks;

    /// <summary>Forgets all.</summary>
    public void Forget()
    {
        ImmutableInterlocked.InterlockedExchange(ref snapshots, []);
        ImmutableInterlocked.InterlockedExchange(ref commits, []);
    }
}

using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Delta.Transactions;

/// <summary>
/// Lets the transactions of one process on one table commit one after the other, so that none of them pays for a write
/// that loses, and keeps the last commits for their conflict checks.
/// </summary>
sealed class CommitQueue
{
    const int RecentMax = 16;
    const int ActionsMax = 1000;

    static readonly ConditionalWeakTable<KnownVersions, CommitQueue> Queues = [];

    readonly Dictionary<long, Entry> recent = [];

    /// <summary>Held while a transaction commits.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Held while a checkpoint is written.</summary>
    public SemaphoreSlim CheckpointGate { get; } = new(1, 1);

    /// <summary>Held while other formats are brought up to date.</summary>
    public SemaphoreSlim FormatsGate { get; } = new(1, 1);

    /// <summary>The queue of a table.</summary>
    public static CommitQueue Of(DeltaTable table) => Queues.GetValue(table.Known, static _ => new());

    /// <summary>The newest version that this process saw; -1 if none. Needs the gate.</summary>
    public long NewestVersion { get; private set; } = -1;

    /// <summary>
    /// The commit that follows a version; null if this process did not see it lately. Never one of a table that was at
    /// this place before. Needs the gate.
    /// </summary>
    public Commit? FindNext(Snapshot before) =>
        recent.TryGetValue(before.Version + 1, out var next) && next.Before is { } file && file == before.CommitFile
            ? next.Commit
            : null;

    /// <summary>Keeps a commit for a while. Needs the gate.</summary>
    public void Remember(Snapshot? before, Commit commit)
    {
        if (before is null)
        {
            NewestVersion = -1;
            recent.Clear();
        }
        NewestVersion = Math.Max(NewestVersion, commit.Version);
        foreach (var version in recent.Keys)
            if (version <= commit.Version - RecentMax) recent.Remove(version);
        if (commit.Actions.Count <= ActionsMax) recent[commit.Version] = new(commit, before?.CommitFile);
    }

    // A commit, and the file of the one before, which shows what table it belongs to.
    readonly record struct Entry(Commit Commit, ObjectInfo? Before);
}

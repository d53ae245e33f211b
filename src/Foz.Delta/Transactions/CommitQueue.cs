using System.Runtime.CompilerServices;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>
/// Lets the transactions of one process on one table commit one after the other, so that none of them pays for a write
/// that loses, and keeps the last commits for their conflict checks.
/// </summary>
sealed class CommitQueue
{
    const int RecentMax = 16;
    const int ActionsMax = 1000;

    static readonly ConditionalWeakTable<DeltaTable, CommitQueue> Queues = [];

    readonly Dictionary<long, Commit> recent = [];

    /// <summary>Held while a transaction commits.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Held while a checkpoint is written.</summary>
    public SemaphoreSlim CheckpointGate { get; } = new(1, 1);

    /// <summary>The queue of a table.</summary>
    public static CommitQueue Of(DeltaTable table) => Queues.GetValue(table, static _ => new());

    /// <summary>The newest version that this process saw; -1 if none. Needs the gate.</summary>
    public long NewestVersion { get; private set; } = -1;

    /// <summary>A commit that this process saw lately; null if it has none of that version. Needs the gate.</summary>
    public Commit? Find(long version) => recent.GetValueOrDefault(version);

    /// <summary>Keeps a commit for a while. Needs the gate.</summary>
    public void Remember(Commit commit)
    {
        NewestVersion = Math.Max(NewestVersion, commit.Version);
        foreach (var version in recent.Keys)
            if (version <= commit.Version - RecentMax) recent.Remove(version);
        if (commit.Actions.Count <= ActionsMax) recent[commit.Version] = commit;
    }
}

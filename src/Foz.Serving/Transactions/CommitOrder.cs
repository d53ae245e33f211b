using System.Collections.Immutable;
using Foz.Lake.Catalog;
using Foz.Lake.Tables;

namespace Foz.Serving.Transactions;

/// <summary>A version that a session has committed.</summary>
/// <param name="Id">The id of the table, which one that took its place does not have.</param>
/// <param name="Version">The version.</param>
readonly record struct CommittedVersion(string Id, long Version);

/// <summary>
/// The order of commits of sessions. A transaction sees each commit that had ended when it began, and none of a
/// statement that began later. Times of files do not decide this: they are some milliseconds behind the clock or ahead
/// of it. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake, whose clock orders the commits of others.</param>
sealed class CommitOrder(Lakehouse lake)
{
    const int TablesMax = 100_000;

    readonly Lock gate = new();
    readonly HashSet<TransactionVersions> open = [];
    ImmutableDictionary<string, CommittedVersion> committed = ImmutableDictionary.Create<string, CommittedVersion>(
        StringComparer.Ordinal);

    /// <summary>Begins to read for a transaction; it is to be ended.</summary>
    public TransactionVersions Begin()
    {
        lock (gate)
        {
            var versions = new TransactionVersions(lake, lake.Clock.GetUtcNow(), committed);
            open.Add(versions);
            return versions;
        }
    }

    /// <summary>Ends what was begun for a transaction.</summary>
    public void End(TransactionVersions versions)
    {
        lock (gate) open.Remove(versions);
    }

    /// <summary>
    /// Notes that a statement is about to change or make a table: transactions that are open do not see that.
    /// </summary>
    public async ValueTask BeginChangeAsync(LakeTable table, CancellationToken cancellationToken)
    {
        TransactionVersions[] begun;
        lock (gate) begun = [.. open];
        if (begun.Length == 0) return;
        var last = (await table.FindLatestAsync(cancellationToken))?.Version ?? TransactionVersions.None;
        foreach (var transaction in begun) transaction.Limit(table, last);
    }

    /// <summary>Notes that a session has committed a version: transactions that begin from here on see it.</summary>
    public void Note(TableSnapshot version)
    {
        lock (gate)
        {
            if (committed.TryGetValue(version.Root, out var known) && known.Id == version.Id
                && known.Version >= version.Version)
                return;
            // The times of files do where so many tables were changed.
            if (committed.Count >= TablesMax) committed = committed.Clear();
            committed = committed.SetItem(version.Root, new(version.Id, version.Version));
        }
    }
}

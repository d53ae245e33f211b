using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>
/// Lets two commits delete different rows of one file: the later one deletes the rows of both. It takes that both mark
/// the rows in deletion vectors; where either rewrites or compacts the file, rows cannot be followed, and they
/// conflict.
/// </summary>
sealed class RowRebase(StagedChanges staged)
{
    readonly Dictionary<string, (AddFile File, RowSet Deleted)> pending = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the files from which a commit deleted rows, but none that the transaction deletes or depends on.
    /// </summary>
    /// <param name="winner">A commit after the version that the transaction read.</param>
    /// <param name="before">The table as it was before the commit.</param>
    /// <param name="cancellationToken">Stops the reading of deletion vectors.</param>
    public async ValueTask<IReadOnlySet<string>> FindAsync(
        Commit winner, Snapshot before, CancellationToken cancellationToken)
    {
        var apart = new HashSet<string>(StringComparer.Ordinal);
        foreach (var removed in winner.Actions.OfType<RemoveFile>())
        {
            if (staged.Reads.RowsOf(removed) is not { } rows) continue;
            var path = removed.Path.Value;
            var left = winner.Actions.OfType<AddFile>().FirstOrDefault(add => add.Path == removed.Path);
            if (staged.Removes.ContainsKey(path) && !staged.DeletedRows.ContainsKey(path)) continue;
            if (left is null)
            {
                if (rows.IsEmpty) apart.Add(path);
                continue;
            }
            if (before.Files.Find(removed.Key) is not { } known) continue;
            var old = await ReadAsync(known, cancellationToken);
            var deleted = await ReadAsync(left, cancellationToken);
            if (!deleted.Includes(old) || deleted.Intersects(rows)) continue;
            apart.Add(path);
            if (staged.DeletedRows.TryGetValue(path, out var own)) pending[path] = (left, deleted.Union(own));
        }
        return apart;
    }

    /// <summary>Brings the transaction's deletion vectors to the rows of both.</summary>
    public async ValueTask ApplyAsync(CancellationToken cancellationToken)
    {
        if (pending.Count == 0) return;
        var marked = new List<(AddFile File, RowSet Deleted)>();
        foreach (var file in pending.Values)
        {
            if (FileStatistics.RecordCount(file.File) == file.Deleted.Cardinality)
                staged.Rebase(file.File, vector: null);
            else marked.Add(file);
        }
        var vectors = await DeletionVectorFile.WriteAsync(
            staged.Table.Store, [.. marked.Select(file => file.Deleted)], cancellationToken);
        foreach (var ((file, _), vector) in marked.Zip(vectors)) staged.Rebase(file, vector);
        pending.Clear();
    }

    ValueTask<RowSet> ReadAsync(AddFile file, CancellationToken cancellationToken) => file.DeletionVector is { } vector
        ? DeletionVectorFile.ReadAsync(staged.Table.Store, vector, cancellationToken)
        : ValueTask.FromResult(RowSet.Empty);
}

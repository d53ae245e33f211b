using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables.Writing;

/// <content>How files lose rows.</content>
public sealed partial class TableChange
{
    /// <summary>Deletes rows of the table.</summary>
    /// <returns>The files that are to be written again without them.</returns>
    async Task<List<ThinnedFile>> DeleteAsync(RowAddresses rows, CancellationToken cancellationToken)
    {
        metrics.RowsDeleted += rows.Count;
        var present = Present!.State;
        var marked = new List<ThinnedFile>();
        var rewritten = new List<ThinnedFile>();
        var hasVectors = DeletionVectorRules.AreOn(present.Protocol, present.Metadata)
            || DeletionVectorRules.MayBeTaken(Metadata);
        foreach (var file in rows.Files)
        {
            var before = await TableFiles.DeletedRowsAsync(Present!, file, cancellationToken);
            var thinned = new ThinnedFile(file, rows.RowsOf(file), before.Union(rows.RowsOf(file)));
            // A deletion vector needs to know how many rows its file has, which some writers do not say.
            var count = FileStatistics.RecordCount(file);
            if (count == thinned.Deleted.Cardinality) Remove(thinned);
            else if (hasVectors && count is { } all
                && (options.Retention is not null || !FileRewrite.IsCheaper(all, thinned.Deleted.Cardinality)))
                marked.Add(thinned);
            else rewritten.Add(thinned);
        }
        if (marked.Count > 0) await MarkAsync(marked, cancellationToken);
        foreach (var file in rewritten) Remove(file);
        return rewritten;
    }

    /// <summary>
    /// Merge-on-read: the files stay, with deletion vectors, which the table takes the feature for where it lacks it.
    /// </summary>
    async Task MarkAsync(List<ThinnedFile> files, CancellationToken cancellationToken)
    {
        TakesVectors = !DeletionVectorRules.AreOn(Present!.State.Protocol, Present.State.Metadata);
        if (TakesVectors) transaction.TakeDeletionVectors();
        var vectors = await transaction.WriteVectorsAsync([.. files.Select(file => file.Deleted)], cancellationToken);
        written.AddRange(vectors.Select(DeletionVectorFile.PathOf).OfType<string>().Distinct());
        foreach (var (file, vector) in files.Zip(vectors))
        {
            TableFiles.Keep(vector, file.Deleted);
            transaction.SetDeletionVector(file.File, vector, file.Own);
            if (file.File.DeletionVector is null) metrics.VectorsAdded++;
            else metrics.VectorsUpdated++;
        }
    }

    /// <summary>Opens what is left of files, with the columns that the table has after the change.</summary>
    async Task<LeftRows> OpenLeftAsync(
        EngineSession session, List<ThinnedFile> files, CancellationToken cancellationToken)
    {
        var deleted = files.ToDictionary(file => file.File, file => file.Deleted);
        var rows = await TableScan.OpenAsync(
            session, Present!, [.. files.Select(file => file.File)], withAddresses: false, cancellationToken,
            new() { FilterOf = file => ScanOptions.Without(deleted[file]), Tracked = Tracked });
        return new(
            rows,
            $"SELECT {Target.Projection("t", Present!.Schema, assignments: null)}{Tracked?.Moved} FROM {rows.Sql} AS t",
            files.All(file => FileStatistics.RecordCount(file.File) is not null)
                ? files.Sum(file => FileStatistics.RecordCount(file.File)!.Value - file.Deleted.Cardinality)
                : null);
    }

    /// <summary>Copy-on-write: what is left of files goes to new ones.</summary>
    async Task CopyAsync(EngineSession session, LeftRows left, CancellationToken cancellationToken)
    {
        var copies = await WriteAsync(session, left.Select, Tracked, cancellationToken);
        metrics.RowsCopied += copies.Sum(file => FileStatistics.RecordCount(file) ?? 0);
    }

    // A file, the rows that it loses by this change, and all that it lost.
    readonly record struct ThinnedFile(AddFile File, RowSet Own, RowSet Deleted);

    // The rows that are left of files which lost others; their number is null where a file does not tell its own.
    sealed class LeftRows(TableRelation relation, string select, long? count) : IDisposable
    {
        public string Select => select;

        public long? Count => count;

        public void Dispose() => relation.Dispose();
    }
}

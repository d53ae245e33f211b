using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables.Writing;

/// <content>How files lose rows.</content>
public sealed partial class TableChange
{
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
            transaction.SetDeletionVector(file.File, vector, file.Own);
            if (file.File.DeletionVector is null) metrics.VectorsAdded++;
            else metrics.VectorsUpdated++;
        }
    }

    /// <summary>Copy-on-write: what is left of the files goes to new ones.</summary>
    async Task RewriteAsync(EngineSession session, List<ThinnedFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files) Remove(file);
        var deleted = files.ToDictionary(file => file.File, file => file.Deleted);
        using var rows = await TableScan.OpenAsync(
            session, Present!, [.. files.Select(file => file.File)], withAddresses: false, cancellationToken,
            new() { FilterOf = file => ScanOptions.Without(deleted[file]), Tracked = Tracked });
        var select =
            $"SELECT {Target.Projection("t", Present!.Schema, assignments: null)}{Tracked?.Moved} FROM {rows.Sql} AS t";
        var copies = await WriteAsync(session, select, Tracked, cancellationToken);
        metrics.RowsCopied += copies.Sum(file => FileStatistics.RecordCount(file) ?? 0);
    }

    // A file, the rows that it loses by this change, and all that it lost.
    readonly record struct ThinnedFile(AddFile File, RowSet Own, RowSet Deleted);
}

using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Transactions;

/// <summary>Brings back the files, schema and properties of an older version as a new one.</summary>
public static class Restore
{
    /// <summary>
    /// Stages what turns the version that a transaction reads into <paramref name="target"/>. The protocol stays, with
    /// the features that the older metadata need; applications and domains stay too.
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.VersionNotFound"/>: data files of that version are gone, vacuumed as a rule.
    /// </exception>
    /// <exception cref="ArgumentException">The transaction creates a table.</exception>
    public static async Task StageAsync(Transaction transaction, Snapshot target, CancellationToken cancellationToken)
    {
        var current = transaction.ReadSnapshot
            ?? throw new ArgumentException("a table that is created has no older version", nameof(transaction));
        transaction.ReadWholeTable();
        var missing = target.Files.Where(file => current.Files.Find(file.Key) is null).ToList();
        await CheckFilesAsync(transaction.Table, target, missing, cancellationToken);
        var metadata = RowTracking.KeepColumns(
            WithMaxColumnId(target.Metadata, current.Metadata), current.Metadata);
        if (!metadata.Equals(current.Metadata)) transaction.SetMetadata(metadata);
        foreach (var file in current.Files)
            if (target.Files.Find(file.Key) is null) transaction.Remove(file);
        foreach (var file in missing) transaction.Add(file with { DataChange = true });
    }

    // Ids that were given out since must not be given out again.
    static Metadata WithMaxColumnId(Metadata target, Metadata current) =>
        current.Configuration.Find(ColumnMapping.MaxColumnIdProperty) is { } max
        && ColumnMapping.MaxColumnId(current.Configuration) > ColumnMapping.MaxColumnId(target.Configuration)
            ? target with { Configuration = target.Configuration.With(ColumnMapping.MaxColumnIdProperty, max) }
            : target;

    static async Task CheckFilesAsync(
        DeltaTable table, Snapshot target, List<AddFile> files, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = 16 };
        await Parallel.ForEachAsync(files.Where(file => !file.Path.IsAbsolute), options, async (file, token) =>
        {
            if (await table.Store.GetInfoAsync(file.Path.Value, token) is null)
                throw new DeltaException(DeltaErrorKind.VersionNotFound,
                    $"version {target.Version} of {target.Table} cannot be restored: its file {file.Path} is gone")
                { Path = file.Path.Value, Version = target.Version };
        });
    }
}

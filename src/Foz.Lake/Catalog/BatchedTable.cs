using Foz.Delta;
using Foz.Lake.Data;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>
/// A version of a table of changes. A batch of its source is one commit of each table that it changes, with the number
/// of the batch.
/// </summary>
/// <param name="Source">The batches of sources.</param>
/// <param name="Name">The name of the table in the lake.</param>
/// <param name="Table">The table.</param>
/// <param name="Snapshot">The version.</param>
/// <param name="Folder">The folder of the batches of its source.</param>
public sealed record BatchedTable(
    SourceBatches Source, TableName Name, LakeTable Table, TableSnapshot Snapshot, string Folder)
{
    /// <summary>The property of a table that has the folder of the batches of its source.</summary>
    public const string FolderProperty = "foz.streams.batches";

    // Between two batches there are commits that only rearrange files, and a reader is a few batches late at most.
    const int VersionsBackMax = 32;

    /// <summary>Gets the last batch that it has; -1 for none.</summary>
    public long Batch => Snapshot.BatchOf(SourceBatches.StepOf(Folder)) ?? -1;

    /// <summary>Returns a version of a table as one of a source's batches; null where it is none.</summary>
    public static BatchedTable? Of(Lakehouse lake, TableName name, LakeTable table, TableSnapshot snapshot) =>
        FolderOf(snapshot) is { } folder ? new(lake.Batches, name, table, snapshot, folder) : null;

    /// <summary>Returns a version of a table of a name as one of a source's batches; null where it is none.</summary>
    /// <exception cref="FozException">The name is a view's.</exception>
    public static async ValueTask<BatchedTable?> OfAsync(
        Lakehouse lake, TableName name, TableSnapshot snapshot, CancellationToken cancellationToken) =>
        FolderOf(snapshot) is null
            ? null
            : Of(lake, name, await lake.OpenTableAsync(name, cancellationToken), snapshot);

    /// <summary>Returns the newest version; this one where the table is gone.</summary>
    /// <exception cref="DeltaException">It cannot be read.</exception>
    internal async Task<BatchedTable> LatestAsync(CancellationToken cancellationToken) =>
        await Table.FindLatestAsync(cancellationToken) is { } latest ? this with { Snapshot = latest } : this;

    /// <summary>
    /// Returns the newest version up to this one that has no later batch; this one where the table keeps none.
    /// </summary>
    /// <exception cref="DeltaException">It cannot be read.</exception>
    public async Task<BatchedTable> UpToAsync(long batch, CancellationToken cancellationToken)
    {
        var found = this;
        try
        {
            for (var back = 1; found.Batch > batch; back++)
            {
                if (back > VersionsBackMax || back > Snapshot.Version) return this;
                found = this with { Snapshot = await Table.VersionAsync(Snapshot.Version - back, cancellationToken) };
            }
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.VersionNotFound)
        {
            return this;
        }
        return found;
    }

    static string? FolderOf(TableSnapshot snapshot) =>
        snapshot.State.Metadata.Configuration.Find(FolderProperty) is { } folder && SourceBatches.IsFolder(folder)
            ? folder
            : null;
}

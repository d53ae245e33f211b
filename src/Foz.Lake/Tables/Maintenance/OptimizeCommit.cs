using System.Globalization;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>
/// One commit of an optimization: writes the rows of some bins to new files, and puts these in their place.
/// </summary>
sealed class OptimizeCommit
{
    // A row group is the unit in which files are cut.
    const int RowGroupRows = 122_880;
    const int RowGroupRowsMin = 2_048;
    const int RowGroupsOfFile = 8;

    const int SortPartsStep = 4;
    const int SortPartsMax = 64;

    readonly EngineSession session;
    readonly LakeTable table;
    readonly TableSnapshot snapshot;
    readonly DataFiles dataFiles;
    readonly RowOrder? order;
    readonly TrackedRows? tracked;
    readonly long fileBytes;
    readonly Transaction transaction;
    readonly List<AddFile> added = [];

    /// <summary>A commit on a version of a table.</summary>
    public OptimizeCommit(EngineSession session, LakeTable table, TableSnapshot snapshot, OptimizeOptions options)
    {
        (this.session, this.table, this.snapshot) = (session, table, snapshot);
        fileBytes = options.FileBytes ?? TargetSize.Of(snapshot);
        dataFiles = new(
            table, TargetSchema.Keep(snapshot), snapshot.State.Metadata, snapshot.State.Protocol, fileBytes);
        order = RowOrder.Of(snapshot, options);
        tracked = TrackedRows.Of(snapshot.State.Protocol, snapshot.State.Metadata);
        var operation = OperationOf(options, order);
        transaction = new(table.Delta, snapshot.State, new()
        {
            Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
        })
        {
            PreservesRows = tracked is not null,
        };
    }

    /// <summary>The files that it took out.</summary>
    public FileTotal Removed { get; private set; }

    /// <summary>The files that it put in.</summary>
    public FileTotal Added => new(added.Count, added.Sum(file => file.SizeBytes));

    /// <summary>The deletion vectors of the files that it took out.</summary>
    public int VectorsRemoved { get; private set; }

    /// <summary>Writes and commits; null where another commit was in the way, which leaves nothing.</summary>
    public async Task<CommittedChange?> TryAsync(IReadOnlyList<FileBin> bins, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var bin in bins) await MoveAsync(bin, cancellationToken);
        }
        catch
        {
            await DiscardAsync(added);
            throw;
        }
        transaction.Metrics = Metrics();
        // Where the storage fails now, the commit may be there all the same: its files must stay.
        if (await transaction.CommitAsync(cancellationToken) is CommitResult.Committed committed)
            return CommittedChange.Of(table, committed);
        await DiscardAsync(added);
        return null;
    }

    async Task MoveAsync(FileBin bin, CancellationToken cancellationToken)
    {
        using var rows = await TableScan.OpenAsync(
            session, snapshot, bin.Files, withAddresses: false, cancellationToken, new() { Tracked = tracked });
        IReadOnlyList<AddFile> files = order is null
            ? await WriteAsync(bin, [$"SELECT {Projection()} FROM {rows.Sql} AS r"], cancellationToken)
            : order.Mark(await WriteInOrderAsync(bin, order, rows.Sql, cancellationToken));
        added.AddRange(files);
        CheckRows(bin, files);
        foreach (var file in bin.Files) transaction.Remove(file, dataChange: false);
        foreach (var file in files) transaction.Add(file);
        Removed += bin.Total;
        VectorsRemoved += bin.Files.Count(file => file.DeletionVector is not null);
    }

    /// <summary>
    /// Writes rows in their order. Sorts spill, but what their threads hold besides may still be more than the memory:
    /// rows are then sorted in parts, each of which reads all of them.
    /// </summary>
    async Task<IReadOnlyList<AddFile>> WriteInOrderAsync(
        FileBin bin, RowOrder by, string relation, CancellationToken cancellationToken)
    {
        for (var parts = 1; ; parts *= SortPartsStep)
            try
            {
                var selects = await Task.Run(
                    () => by.Select(session, Projection(), relation, parts, cancellationToken), cancellationToken);
                return await WriteAsync(bin, selects, cancellationToken);
            }
            catch (FozException e) when (e.IsOutOfMemory && parts < SortPartsMax)
            {
                // The next attempt takes less at a time.
            }
    }

    /// <summary>Writes the rows of some SELECTs; all of them, or none.</summary>
    async Task<IReadOnlyList<AddFile>> WriteAsync(
        FileBin bin, IReadOnlyList<string> selects, CancellationToken cancellationToken)
    {
        var first = bin.Files[0];
        List<AddFile> files = [];
        try
        {
            foreach (var select in selects)
                files.AddRange(await dataFiles.MoveAsync(
                    session, select, FolderOf(first), first.PartitionValues, HowToWrite(bin), cancellationToken));
            return files;
        }
        catch
        {
            await DiscardAsync(files);
            throw;
        }
    }

    ParquetWriteOptions HowToWrite(FileBin bin)
    {
        // One file, unless there is clearly more than one.
        if (bin.LiveBytes <= fileBytes + fileBytes / 4) return new();
        var rows = bin.Files.Sum(file => FileStatistics.RecordCount(file) ?? 0);
        var rowsOfFile = bin.Total.Bytes == 0 ? rows : (long)((double)rows / bin.Total.Bytes * fileBytes);
        return new()
        {
            FileSizeBytes = fileBytes,
            RowGroupRows = (int)Math.Clamp(rowsOfFile / RowGroupsOfFile, RowGroupRowsMin, RowGroupRows),
        };
    }

    /// <summary>The columns as data files hold them.</summary>
    string Projection()
    {
        var schema = snapshot.Schema;
        var columns = dataFiles.HoldsPartitionColumns ? schema.Columns.Fields : schema.DataColumns;
        return string.Join(", ", columns.Where(PhysicalColumns.IsInFiles).Select(field =>
            $"{WrittenColumns.ToPhysical($"r.{SqlText.Identifier(field.Name)}", field.Type, schema.Mapping)} AS "
            + SqlText.Identifier(field.PhysicalName(schema.Mapping)))) + tracked?.Moved;
    }

    /// <summary>The folder that files of the partition are in.</summary>
    static string FolderOf(AddFile file) =>
        file.Path.IsAbsolute || file.Path.Value.LastIndexOf('/') is not (> 0 and var slash)
            ? ""
            : file.Path.Value[..slash];

    /// <summary>Rows must not be lost, whatever is wrong with this program or with files.</summary>
    void CheckRows(FileBin bin, IReadOnlyList<AddFile> files)
    {
        var before = 0L;
        foreach (var file in bin.Files)
        {
            if (FileStatistics.RecordCount(file) is not { } count) return;
            before += count - (file.DeletionVector?.Cardinality ?? 0);
        }
        var after = files.Sum(file => FileStatistics.RecordCount(file) ?? 0);
        if (before != after)
            throw new FozException(
                ErrorKind.Table,
                $"{table.Name} has {after} rows in {bin.Files.Count} files of which the "
                    + $"log says that they hold {before}")
            {
                Hint = "nothing was changed; foz fsck looks at every file",
            };
    }

    async Task DiscardAsync(IEnumerable<AddFile> files)
    {
        try
        {
            foreach (var file in files) await table.Delta.Store.DeleteAsync(file.Path.Value, CancellationToken.None);
        }
        catch (StorageException)
        {
            // No version names the files: VACUUM deletes them.
        }
    }

    /// <summary>What history shows, by Spark's names.</summary>
    StringMap Metrics()
    {
        var sizes = added.Select(file => file.SizeBytes).Order().ToArray();
        return new(new (string Name, long Value)[]
        {
            ("numRemovedFiles", Removed.Files), ("numRemovedBytes", Removed.Bytes), ("numAddedFiles", sizes.Length),
            ("numAddedBytes", sizes.Sum()), ("numDeletionVectorsRemoved", VectorsRemoved),
            ("minFileSize", Quantile(sizes, 0)),
            ("p25FileSize", Quantile(sizes, 0.25)), ("p50FileSize", Quantile(sizes, 0.5)),
            ("p75FileSize", Quantile(sizes, 0.75)),
            ("maxFileSize", Quantile(sizes, 1)),
        }.Select(metric =>
            KeyValuePair.Create(metric.Name, (string?)metric.Value.ToString(CultureInfo.InvariantCulture))));
    }

    static long Quantile(long[] sizes, double share) =>
        sizes.Length == 0 ? 0 : sizes[Math.Min(sizes.Length - 1, (int)(sizes.Length * share))];

    static TableOperation OperationOf(OptimizeOptions options, RowOrder? order)
    {
        string[] predicate = options.Where is { } where ? [where] : [];
        var columns = order?.Columns.ToArray() ?? [];
        return TableOperation.Of(
            "OPTIMIZE",
            ("predicate", JsonSerializer.Serialize(predicate)),
            ("auto", options.IsAuto ? "true" : "false"),
            ("zOrderBy", JsonSerializer.Serialize(order is { IsClustering: false } ? columns : [])),
            ("clusterBy", JsonSerializer.Serialize(order is { IsClustering: true } ? columns : [])),
            ("isFull", options.IsFull ? "true" : "false"));
    }
}

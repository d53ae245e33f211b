using Foz.Core.Engine;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Storage;
using Foz.Delta.Transactions;

namespace Foz.Core.Tables;

/// <summary>Writes data files into a table's folder; a commit makes them part of it.</summary>
/// <param name="table">The table.</param>
/// <param name="target">Its schema, and what the rows give of it.</param>
/// <param name="metadata">Its metadata, as the commit sets or leaves them.</param>
sealed class DataFiles(LakeTable table, TargetSchema target, Metadata metadata)
{
    readonly IObjectStore store = table.Delta.Store;
    readonly TableSchema schema = target.Schema;
    // Rules that cannot be translated are no obstacle to changes that write no rows.
    readonly Lazy<RowWriter> rows = new(() => new(table.Name, target, metadata));
    readonly StatisticsWriter statistics = new(target.Schema, metadata.Configuration);
    Dictionary<ColumnPath, ColumnPath>? logicalPaths;

    /// <summary>
    /// Writes the rows of a SELECT, which has the table's columns by physical names, those inside structs by their own.
    /// Generated and identity columns are filled, and every rule of the table is checked.
    /// </summary>
    /// <returns>The files, durable and not committed; none where there are no rows.</returns>
    /// <exception cref="FozException">A row breaks a rule; nothing was written.</exception>
    public async Task<IReadOnlyList<AddFile>> WriteAsync(
        EngineSession session, string select, long fileBytes, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(store.StagingPath("data"))!;
        var options = new ParquetWriteOptions
        {
            // DuckDB cannot limit the size of files and partition them at once.
            FileSizeBytes = schema.PartitionColumns.IsEmpty ? fileBytes : null,
            PartitionBy = [.. schema.PartitionColumns.Select(column => column.PhysicalName(schema.Mapping))],
            FieldIds = WrittenColumns.FieldIds(schema),
        };
        var written = await WriteAsync(
            session, rows.Value.Select(session, select, cancellationToken), folder, options, cancellationToken);
        rows.Value.NoteIdentities(session, cancellationToken);
        var files = written.Select(file => ToAdd(file, folder, PartitionValues(file))).ToList();
        await store.PublishAsync([.. files.Select(file => file.Path.Value)], cancellationToken);
        return files;
    }

    /// <summary>
    /// Writes rows of the table that only move: every value stays, and no rule is asked of them. All are of one partition.
    /// </summary>
    /// <param name="session">The session that has what the SELECT reads.</param>
    /// <param name="select">The rows, as data files hold them.</param>
    /// <param name="folder">The folder below the table's own; empty for that.</param>
    /// <param name="partition">The values of the partition columns, by physical names.</param>
    /// <param name="options">How files are written; field ids are added.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The files, durable and not committed; their <c>dataChange</c> is false.</returns>
    public async Task<IReadOnlyList<AddFile>> MoveAsync(
        EngineSession session, string select, string folder, StringMap partition, ParquetWriteOptions options,
        CancellationToken cancellationToken)
    {
        var root = Path.GetDirectoryName(store.StagingPath("data"))!;
        var place = Path.GetDirectoryName(store.StagingPath(folder.Length == 0 ? "data" : $"{folder}/data"))!;
        var written = await WriteAsync(
            session, select, place, options with { FieldIds = WrittenColumns.FieldIds(schema) }, cancellationToken);
        var files = written.Select(file => ToAdd(file, root, partition) with { DataChange = false }).ToList();
        await store.PublishAsync([.. files.Select(file => file.Path.Value)], cancellationToken);
        return files;
    }

    /// <summary>Stages what the rows change of the table's metadata: how far its identity columns have counted.</summary>
    public void Stage(Transaction transaction) => rows.Value.Stage(transaction);

    async Task<IReadOnlyList<ParquetFile>> WriteAsync(
        EngineSession session, string select, string folder, ParquetWriteOptions options,
        CancellationToken cancellationToken)
    {
        try
        {
            return await ParquetWriter.WriteAsync(session, select, folder, options, cancellationToken);
        }
        catch (FozException e) when (RowWriter.IsRefusal(e))
        {
            throw rows.Value.Explain(e);
        }
        catch (FozException e)
            when (e.Kind is ErrorKind.Storage && e.Message.Contains(folder, StringComparison.Ordinal))
        {
            throw new FozException(e.Kind, $"{table.Name} cannot be written: {e.Message}", e)
            {
                Hint = "nothing was committed; make room, or let this user write there, and run again",
            };
        }
    }

    AddFile ToAdd(ParquetFile file, string folder, StringMap partition) => new()
    {
        Path = FilePath.Relative(Path.GetRelativePath(folder, file.Path).Replace('\\', '/')),
        PartitionValues = partition,
        SizeBytes = file.SizeBytes,
        ModificationTimeMs = table.Delta.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        Stats = statistics.Write(file.RowCount, file.Columns.Select(StatisticsOf).OfType<ColumnStatistics>()),
    };

    /// <summary>A column's statistics by the name that people see; null where the log keeps none.</summary>
    ColumnStatistics? StatisticsOf(ParquetColumnStatistics column)
    {
        logicalPaths ??= statistics.Columns.ToDictionary(path => schema.PhysicalPath(path)!, path => path);
        return logicalPaths.TryGetValue(ColumnPath.Of([.. column.Path]), out var path)
            ? new()
            {
                Column = path,
                Min = column.Min,
                Max = column.Max,
                NullCount = column.NullCount,
                HasNan = column.HasNaN,
            }
            : null;
    }

    StringMap PartitionValues(ParquetFile file)
    {
        if (schema.PartitionColumns.IsEmpty) return StringMap.Empty;
        var keys = file.PartitionKeys.ToDictionary(key => key.Key, key => key.Value, StringComparer.OrdinalIgnoreCase);
        return new(schema.PartitionColumns.Select(column =>
        {
            var name = column.PhysicalName(schema.Mapping);
            return KeyValuePair.Create(name, PartitionValue.FormatText(keys[name], column.Type));
        }));
    }
}

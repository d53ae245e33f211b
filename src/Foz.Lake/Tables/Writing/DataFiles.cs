using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Readers;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Storage;

namespace Foz.Lake.Tables.Writing;

/// <summary>Writes data files into a table's folder; a commit makes them part of it.</summary>
/// <param name="table">The table.</param>
/// <param name="target">Its schema, and what the rows give of it.</param>
/// <param name="metadata">Its metadata, as the commit sets or leaves them.</param>
/// <param name="protocol">What clients must support, as the commit sets or leaves it.</param>
/// <param name="fileBytes">The size from which on a next file is begun, in bytes.</param>
sealed class DataFiles(LakeTable table, TargetSchema target, Metadata metadata, Protocol protocol, long fileBytes)
{
    readonly IObjectStore store = table.Delta.Store;
    readonly TableSchema schema = target.Schema;
    // Rules that cannot be translated are no obstacle to changes that write no rows.
    readonly Lazy<RowWriter> rows = new(() => new(table.Name, target, metadata));
    readonly StatisticsWriter statistics = new(target.Schema, metadata.Configuration);
    readonly bool isForIceberg = IcebergCompat.IsRequired(metadata.Configuration);
    readonly List<string> unpublished = [];
    readonly List<ParquetFile> rowFiles = [];
    readonly SortedDictionary<string, long> emptyPartitions = new(StringComparer.Ordinal);
    Dictionary<ColumnPath, ColumnPath>? logicalPaths;

    /// <summary>
    /// What the user should know of partition columns: an empty text is no value of theirs to Delta (PROTOCOL.md,
    /// "Partition Value Serialization"), and reads as NULL; null where no row had one.
    /// </summary>
    public Warning? EmptyPartitions => emptyPartitions.Count == 0 ? null : new(
        $"{table.Name} is partitioned by columns with empty texts, which Delta keeps as NULL: "
        + string.Join(
            ", ",
            emptyPartitions.Select(column =>
                $"{column.Key} ({column.Value:N0} {(column.Value == 1 ? "row" : "rows")})")),
        $"give them another value: coalesce(nullif({emptyPartitions.First().Key}, ''), 'none')");

    /// <summary>
    /// Writes the rows of a SELECT, which has the table's columns by physical names, those inside structs by their own.
    /// Generated and identity columns are filled, and every rule of the table is checked.
    /// </summary>
    /// <param name="session">The session that runs it.</param>
    /// <param name="select">The SELECT.</param>
    /// <param name="hidden">Columns that data files hold besides the table's; the rows have them after those.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="keptIn">
    /// Where not null, a table of the session that is made of the rows as they are written; they have the column
    /// <see cref="ChangeDataFeed.ChangeTypeColumn"/> too, which stays out of data files.
    /// </param>
    /// <returns>
    /// The files, not committed and durable with <see cref="Stage"/>'s commit; none where there are no rows.
    /// </returns>
    /// <exception cref="FozException">A row breaks a rule; nothing was written.</exception>
    public async Task<IReadOnlyList<AddFile>> WriteAsync(
        EngineSession session, string select, IReadOnlyList<string> hidden, CancellationToken cancellationToken,
        string? keptIn = null)
    {
        var copied = await CopyAsync(session, select, hidden, keptIn, cancellationToken);
        CheckFolders(copied);
        rows.Value.NoteIdentities(session, cancellationToken);
        rowFiles.AddRange(copied);
        CountEmptyPartitions(copied);
        var files = await ToAddsAsync(copied, PartitionValues, cancellationToken);
        await PublishAsync([.. files.Select(file => file.Path.Value)], cancellationToken);
        return files;
    }

    /// <summary>
    /// Returns how many of the rows that <see cref="WriteAsync"/> has written have NULL in a column; null where the
    /// files do not say.
    /// </summary>
    /// <param name="column">The column, whatever the case of its name.</param>
    public long? NullsIn(string column)
    {
        if (schema.Columns.Find(column) is not { } field || !PhysicalColumns.IsInFiles(field)) return null;
        var name = field.PhysicalName(schema.Mapping);
        long nulls = 0;
        foreach (var file in rowFiles)
        {
            if (file.Columns.FirstOrDefault(known =>
                known.Path is [var only] && only == name)?.NullCount is not { } count)
                return null;
            nulls += count;
        }
        return nulls;
    }

    /// <summary>
    /// Returns between which numbers the values of a column lie in the rows that <see cref="WriteAsync"/> has written,
    /// and how many they are without NULLs; null where the files do not say, or hold no whole numbers.
    /// </summary>
    /// <param name="field">A column of the table.</param>
    public NumberRange? RangeIn(StructField field)
    {
        if (NullsIn(field.Name) is not { } nulls) return null;
        var name = field.PhysicalName(schema.Mapping);
        var range = new NumberRange(rowFiles.Sum(file => file.RowCount) - nulls, long.MaxValue, long.MinValue);
        foreach (var column in rowFiles.SelectMany(file =>
            file.Columns.Where(column => column.Path is [var only] && only == name)))
        {
            if (!long.TryParse(column.Min, CultureInfo.InvariantCulture, out var least)
                || !long.TryParse(column.Max, CultureInfo.InvariantCulture, out var greatest)) return null;
            range = range with { Least = Math.Min(range.Least, least), Greatest = Math.Max(range.Greatest, greatest) };
        }
        return range;
    }

    /// <summary>
    /// Writes rows of the table that only move: every value stays, and no rule is asked of them. All are of one
    /// partition.
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
        var place = Path.GetDirectoryName(store.StagingPath(folder.Length == 0 ? "data" : $"{folder}/data"))!;
        session.Reach(place);
        var written = await ParquetWriter.WriteAsync(
            session, select, place, options with { FieldIds = WrittenColumns.FieldIds(schema, HoldsPartitionColumns) },
            cancellationToken);
        var files = (await ToAddsAsync(written, _ => partition, cancellationToken))
            .Select(file => file with { DataChange = false }).ToList();
        await store.PublishAsync([.. files.Select(file => file.Path.Value)], cancellationToken);
        return files;
    }

    /// <summary>
    /// Writes change data files (PROTOCOL.md, "Change Data Files"): partitioned as the table is, below a folder of
    /// their own.
    /// </summary>
    /// <param name="session">The session that runs it.</param>
    /// <param name="select">
    /// A SELECT of the table's columns as data files have them, and <see cref="ChangeDataFeed.ChangeTypeColumn"/>.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The files, not committed and durable with <see cref="Stage"/>'s commit.</returns>
    public async Task<IReadOnlyList<AddCdcFile>> WriteChangesAsync(
        EngineSession session, string select, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(store.StagingPath($"{ChangeDataFeed.Folder}/data"))!;
        session.Reach(folder);
        var written = await ParquetWriter.WriteAsync(
            session, select, folder, Options(withPartitionColumns: false) with { NamePrefix = "cdc" },
            cancellationToken);
        var files = written.Select(file => new AddCdcFile
        {
            Path = PathOf(file), PartitionValues = PartitionValues(file), SizeBytes = file.SizeBytes,
        }).ToList();
        await PublishAsync([.. files.Select(file => file.Path.Value)], cancellationToken);
        return files;
    }

    /// <summary>
    /// Stages what the commit has to do for the files: to make them durable, and to note how far identity columns have
    /// counted.
    /// </summary>
    public void Stage(Transaction transaction)
    {
        if (rows.IsValueCreated) rows.Value.Stage(transaction);
        transaction.PublishWithCommit(unpublished);
        unpublished.Clear();
    }

    /// <summary>Whether data files hold the partition columns too.</summary>
    public bool HoldsPartitionColumns =>
        !schema.PartitionColumns.IsEmpty && FilePartitions.AreWritten(protocol, metadata);

    /// <summary>Refuses partition folders that a reader of the table does not find.</summary>
    void CheckFolders(IReadOnlyList<ParquetFile> files)
    {
        if (schema.PartitionColumns.IsEmpty
            || HeldReaders.FindMissing(metadata.Configuration, TableReader.EscapedFolders) is not { } reader
            || files.FirstOrDefault(file =>
                PathOf(file).Logged.Contains('%', StringComparison.Ordinal)) is not { } stray)
            return;
        foreach (var file in files) File.Delete(file.Path);
        var folder = Path.GetDirectoryName(PathOf(stray).Value);
        throw new FozException(
            ErrorKind.Data,
            $"{table.Name} stays readable for {reader}, which does not find files in a "
                + $"partition folder such as {folder}")
        {
            Hint = $"partition by values of letters a to z, digits, '-', '_' and '.', or "
                + $"take {reader} out of its readers",
        };
    }

    ParquetWriteOptions Options(bool withPartitionColumns) => new()
    {
        // DuckDB cannot limit the size of files and partition them at once.
        FileSizeBytes = schema.PartitionColumns.IsEmpty ? fileBytes : null,
        PartitionBy = [.. schema.PartitionColumns.Select(column => column.PhysicalName(schema.Mapping))],
        WritesPartitionColumns = withPartitionColumns,
        FieldIds = WrittenColumns.FieldIds(schema, withPartitionColumns),
    };

    // An empty text is NULL as a partition value: the file must hold the same.
    string WithLoggedPartitions(string select)
    {
        var texts = schema.PartitionColumns
            .Where(column => column.Type == DeltaType.String || column.Type == DeltaType.Binary)
            .Select(column => SqlText.Identifier(column.PhysicalName(schema.Mapping))).ToList();
        if (texts.Count == 0) return select;
        var replaced = string.Join(", ", texts.Select(name => $"nullif({name}, '') AS {name}"));
        return $"SELECT * REPLACE ({replaced}) FROM ({select}\n)";
    }

    // A local file can be read before it is durable; others are there once they are published.
    async ValueTask PublishAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        if (store.IsLocal) unpublished.AddRange(paths);
        else await store.PublishAsync(paths, cancellationToken);
    }

    async Task<IReadOnlyList<ParquetFile>> CopyAsync(
        EngineSession session, string select, IReadOnlyList<string> hidden, string? keptIn,
        CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(store.StagingPath("data"))!;
        session.Reach(folder);
        var carried = keptIn is null ? hidden : [.. hidden, ChangeDataFeed.ChangeTypeColumn];
        try
        {
            select = rows.Value.Select(session, select, carried, cancellationToken);
            if (keptIn is not null)
            {
                session.Execute($"CREATE OR REPLACE TEMP TABLE {keptIn} AS {select}", cancellationToken);
                select = $"SELECT * EXCLUDE ({ChangeDataFeed.ChangeTypeColumn}) FROM {keptIn}";
            }
            if (HoldsPartitionColumns) select = WithLoggedPartitions(select);
            return await ParquetWriter.WriteAsync(
                session, select, folder, Options(HoldsPartitionColumns), cancellationToken);
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

    FilePath PathOf(ParquetFile file) => FilePath.Relative(
        Path.GetRelativePath(Path.GetDirectoryName(store.StagingPath("data"))!, file.Path).Replace('\\', '/'));

    // The engine writes files itself: their bytes are hashed while the system still holds them in memory.
    async Task<List<AddFile>> ToAddsAsync(
        IReadOnlyList<ParquetFile> files, Func<ParquetFile, StringMap> partitionOf, CancellationToken cancellationToken)
    {
        try
        {
            var hashes = await FileHash.OfAsync([.. files.Select(file => file.Path)], cancellationToken);
            return [.. files.Select((file, i) => ToAdd(file, partitionOf(file), hashes[i]))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(
                ErrorKind.Storage, $"{table.Name} cannot be written: its new files cannot be read: {e.Message}", e)
            {
                Hint = "nothing was committed; run again",
            };
        }
    }

    AddFile ToAdd(ParquetFile file, StringMap partition, string hash) => new()
    {
        Path = PathOf(file),
        PartitionValues = partition,
        SizeBytes = file.SizeBytes,
        ModificationTimeMs = table.Delta.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        Stats = statistics.Write(file.RowCount, file.Columns.Select(StatisticsOf).OfType<ColumnStatistics>()),
        Tags = isForIceberg ? FileTags.Of(hash).With(IcebergCompat.FileTag, "2") : FileTags.Of(hash),
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

    void CountEmptyPartitions(IReadOnlyList<ParquetFile> files)
    {
        foreach (var column in schema.PartitionColumns)
        {
            var name = column.PhysicalName(schema.Mapping);
            var count = files.Where(file =>
                file.PartitionKeys.Any(key =>
                    key.Value is "" && key.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
                .Sum(file => file.RowCount);
            if (count > 0) emptyPartitions[column.Name] = emptyPartitions.GetValueOrDefault(column.Name) + count;
        }
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

/// <summary>Whole numbers.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Least">None is less.</param>
/// <param name="Greatest">None is greater.</param>
readonly record struct NumberRange(long Count, long Least, long Greatest);

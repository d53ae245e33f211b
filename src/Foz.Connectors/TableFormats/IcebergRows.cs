using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Storage;

namespace Foz.Connectors.TableFormats;

/// <summary>
/// Reads rows of an Iceberg table's files, in the same way as files of a Delta table with column mapping.
/// </summary>
/// <param name="store">The table's files.</param>
/// <param name="metadata">The table's metadata.</param>
/// <param name="snapshot">The snapshot.</param>
/// <param name="session">Reads the files.</param>
sealed class IcebergRows(IObjectStore store, IcebergMetadata metadata, IcebergSnapshot snapshot, EngineSession session)
{
    /// <summary>The columns.</summary>
    /// <exception cref="FozException">One has a type that is not supported.</exception>
    public IReadOnlyList<Field> Fields => Table([], ColumnMappingMode.Id).Fields;

    /// <summary>Rows of files, without those that others of them say are gone; to be disposed.</summary>
    /// <param name="files">The files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<TableRelation> OpenAsync(
        IReadOnlyCollection<IcebergFile> files, CancellationToken cancellationToken)
    {
        var held = new List<IDisposable>
        {
            await store.FetchAsync([.. files.Select(f => new ObjectRef(f.Path, f.SizeBytes))], cancellationToken),
        };
        try
        {
            var gone = ReadPositions([.. files.Where(f => f.HoldsDeletes)], cancellationToken);
            var choice = new ScanOptions
            {
                FilterOf = gone.Count == 0
                    ? null
                    : file => gone.TryGetValue(file.Path.Value, out var rows) ? ScanOptions.Without(rows) : null,
            };
            var selects = new List<string>();
            foreach (var group in files.Where(f => !f.HoldsDeletes).GroupBy(f => MappingOf(f, cancellationToken))
                .DefaultIfEmpty())
            {
                var table = Table(group ?? Enumerable.Empty<IcebergFile>(), group?.Key ?? ColumnMappingMode.Id);
                var rows = TableRows.Of(table, [new([.. table.State.Files], choice)], own: []);
                var relation = await rows.OpenAsync(session, filter: null, cancellationToken, isForAnySession: true);
                held.Add(relation);
                selects.Add($"SELECT * FROM {relation.Sql}");
            }
            return new($"({string.Join(" UNION ALL ", selects)})", held);
        }
        catch
        {
            foreach (var need in held) need.Dispose();
            throw;
        }
    }

    /// <summary>The rows that files of deletes name, by the path of their file below the table's folder.</summary>
    Dictionary<string, RowSet> ReadPositions(
        IReadOnlyCollection<IcebergFile> deletes, CancellationToken cancellationToken)
    {
        if (deletes.Count == 0) return [];
        var files = new IcebergFiles(store, metadata.Location);
        var positions = new Dictionary<string, List<long>>(StringComparer.Ordinal);
        var list = string.Join(", ", deletes.Select(file => SqlText.Literal(LocalPath(file))));
        using var rows = session.Query(
            $"SELECT file_path, pos FROM read_parquet([{list}], union_by_name = true)", cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
        {
            var path = (string)row[0]!;
            if (!positions.TryGetValue(path, out var known)) positions[path] = known = [];
            known.Add((long)row[1]!);
        }
        return positions.GroupBy(p => files.PathOf(p.Key), StringComparer.Ordinal).ToDictionary(
            group => group.Key, group => RowSet.Of([.. group.SelectMany(p => p.Value).Distinct().Order()]),
            StringComparer.Ordinal);
    }

    /// <summary>How columns are found in a file: by their ids, or by names where it has none.</summary>
    ColumnMappingMode MappingOf(IcebergFile file, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<int, string>();
        ParquetField.ReadAll(session, LocalPath(file), cancellationToken).AddNames(ids);
        return metadata.IdentityColumns.All(ids.ContainsKey)
            ? ids.Count > 0 ? ColumnMappingMode.Id : ColumnMappingMode.Name
            : throw new FozException(
                ErrorKind.Table,
                $"{store.Root}/{file.Path} lacks a column by which the table is partitioned, as files that were taken "
                    + "over from Hive do, which is not supported")
            {
                Hint = "let its writer rewrite the table's files",
            };
    }

    string LocalPath(IcebergFile file) => store.LocalPath(file.Path)
        ?? throw new FozException(ErrorKind.Storage, $"{store.Root}/{file.Path} is not on a local disk");

    TableSnapshot Table(IEnumerable<IcebergFile> files, ColumnMappingMode mapping)
    {
        var names = mapping == ColumnMappingMode.Name ? metadata.NameMapping : new Dictionary<int, string>();
        var state = Snapshot.OfFiles(
            store.Root, snapshot.SequenceNumber, snapshot.Timestamp,
            new()
            {
                Id = metadata.Uuid,
                SchemaString = IcebergSchema.ToDelta(metadata.Schema, (id, name) => names.GetValueOrDefault(id, name)),
                Configuration = new(
                    [
                        KeyValuePair.Create(
                            ColumnMapping.ModeProperty, (string?)(mapping == ColumnMappingMode.Id ? "id" : "name")),
                    ]),
            },
            files.Select(file => new AddFile
            {
                Path = FilePath.Relative(file.Path), PartitionValues = StringMap.Empty, SizeBytes = file.SizeBytes,
                ModificationTimeMs = snapshot.Timestamp.ToUnixTimeMilliseconds(),
                Stats = JsonText.FromString($$"""{"numRecords":{{file.RowCount}}}"""),
            }));
        return new(store, state);
    }
}

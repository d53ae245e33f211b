using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>Reads the statistics of data files from their rows, deleted ones included.</summary>
static class StatisticsCollector
{
    const int FilesAtOnce = 1_000;
    const int ColumnsOfLeaf = 4;

    /// <summary>Files with statistics of all their rows; those that hold no row have a count only.</summary>
    /// <param name="session">The session that reads them.</param>
    /// <param name="table">The table that they are of.</param>
    /// <param name="files">The files.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<AddFile>> ReadAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files,
        CancellationToken cancellationToken)
    {
        var writer = new StatisticsWriter(table.Schema, table.State.Metadata.Configuration);
        var read = new List<AddFile>(files.Count);
        foreach (var some in files.Chunk(FilesAtOnce))
            read.AddRange(some.Zip(await ReadAsync(session, table, some, writer, cancellationToken), (file, found) =>
                file with { Stats = Of(file, found, writer) }));
        return read;
    }

    /// <summary>What the rows of files come to, in the order of the files.</summary>
    /// <param name="session">The session that reads them.</param>
    /// <param name="table">The table that they are of.</param>
    /// <param name="files">The files.</param>
    /// <param name="writer">What chooses the columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<RowStatistics>> ReadAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, StatisticsWriter writer,
        CancellationToken cancellationToken)
    {
        var leaves = writer.Columns.Select(path => (Path: path, Type: table.Schema.Columns.FindAll(path)[^1].Type))
            .ToList();
        using var rows = await TableScan.OpenAsync(
            session, table, files, withAddresses: true, cancellationToken, new() { FilterOf = static _ => null });
        var sql = Sql(rows.Sql, leaves);
        var found = await Task.Run(() => Query(session, sql, leaves, cancellationToken), cancellationToken);
        return [.. files.Select(file => found.GetValueOrDefault(TableFiles.LocalPath(table, file), new(0, [])))];
    }

    /// <summary>Bounds of a file with deleted rows need not exist as values.</summary>
    static JsonText Of(AddFile file, RowStatistics found, StatisticsWriter writer)
    {
        var statistics = writer.Write(found.Rows, found.Columns);
        return file.DeletionVector is null ? statistics : FileStatistics.WithWideBounds(statistics, found.Rows);
    }

    static string Sql(string relation, List<(ColumnPath Path, DeltaType Type)> leaves)
    {
        var columns = leaves.SelectMany(leaf =>
        {
            var value = RowOrder.Value(leaf.Path);
            var isFloating = leaf.Type is PrimitiveType { Kind: PrimitiveKind.Float or PrimitiveKind.Double };
            var hasBounds = leaf.Type is DecimalType or PrimitiveType
            {
                Kind: not (PrimitiveKind.Boolean or PrimitiveKind.Binary or PrimitiveKind.Variant)
            };
            return (string[])
            [
                hasBounds ? $"CAST(min({value}) AS VARCHAR)" : "NULL",
                hasBounds ? $"CAST(max({value}) AS VARCHAR)" : "NULL",
                $"count(*) - count({value})", isFloating ? $"coalesce(bool_or(isnan({value})), false)" : "false",
            ];
        });
        return $"SELECT {TableScan.FileColumn}, count(*), {string.Join(", ", columns.DefaultIfEmpty("NULL"))} "
            + $"FROM {relation} AS r GROUP BY {TableScan.FileColumn}";
    }

    static Dictionary<string, RowStatistics> Query(
        EngineSession session, string sql, List<(ColumnPath Path, DeltaType Type)> leaves,
        CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, RowStatistics>(StringComparer.Ordinal);
        using var result = session.Query(sql, cancellationToken);
        foreach (var row in result.Rows(cancellationToken))
            found[(string)row[0]!] = new((long)row[1]!, [.. leaves.Select((leaf, i) => new ColumnStatistics
            {
                Column = leaf.Path,
                Min = (string?)row[2 + (i * ColumnsOfLeaf)],
                Max = (string?)row[3 + (i * ColumnsOfLeaf)],
                NullCount = (long)row[4 + (i * ColumnsOfLeaf)]!,
                HasNan = (bool)row[5 + (i * ColumnsOfLeaf)]!,
            })]);
        return found;
    }
}

/// <summary>What the rows of a file come to, deleted ones included.</summary>
/// <param name="Rows">How many there are.</param>
/// <param name="Columns">Their columns.</param>
readonly record struct RowStatistics(long Rows, IReadOnlyList<ColumnStatistics> Columns);

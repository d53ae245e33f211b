using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Storage;

namespace Foz.Core.Tables;

/// <summary>The rows of a table's files as text that stands where SQL expects a relation.</summary>
/// <param name="sql">A SELECT in parentheses.</param>
/// <param name="token">What it needs of its files; null where it needs nothing.</param>
/// <param name="files">Its files, as far as they are only lent; null where they are not.</param>
public sealed class TableRelation(string sql, ScanToken? token, LocalObjects? files = null) : IDisposable
{
    /// <summary>A SELECT in parentheses, with the table's columns by their own names.</summary>
    public string Sql { get; } = sql;

    /// <summary>Takes what the engine knows of the files away, and lets them go.</summary>
    public void Dispose()
    {
        token?.Dispose();
        files?.Dispose();
    }
}

/// <summary>
/// Makes relations of tables: the engine reads the data files of one version, columns by their physical names (PROTOCOL.md,
/// "Column Mapping"), partition values from the log, without the rows that deletion vectors delete.
/// </summary>
static class TableScan
{
    /// <summary>The column that holds a row's file, where row addresses are asked for.</summary>
    public const string FileColumn = "foz_file";

    /// <summary>The column that holds a row's number in its file, where row addresses are asked for.</summary>
    public const string RowColumn = "foz_row";

    // Longer lists are bound as a variable: parsing them costs more than that.
    const int FilesInTextMax = 200;

    static readonly ConditionalWeakTable<DeletionVectorDescriptor, RowSet> deletedRows = [];
    static long lastVariable;

    /// <summary>The rows of some of a version's files.</summary>
    /// <param name="session">The session that will read them.</param>
    /// <param name="table">The table at a version.</param>
    /// <param name="files">The files; all of the version, or those that pruning left.</param>
    /// <param name="withAddresses">
    /// Whether <see cref="FileColumn"/> and <see cref="RowColumn"/> stand behind the table's columns.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="deleted">The deleted rows of files where they are not those of the log; null for the log's.</param>
    public static async Task<TableRelation> OpenAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, bool withAddresses,
        CancellationToken cancellationToken, IReadOnlyDictionary<AddFile, RowSet>? deleted = null)
    {
        if (files.Count == 0) return new(Empty(table, withAddresses), token: null);
        var local = await TableFiles.FetchAsync(table, files, cancellationToken);
        try
        {
            return await OpenAsync(session, table, files, withAddresses, deleted, local, cancellationToken);
        }
        catch
        {
            local.Dispose();
            throw;
        }
    }

    static async Task<TableRelation> OpenAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, bool withAddresses,
        IReadOnlyDictionary<AddFile, RowSet>? deleted, LocalObjects local, CancellationToken cancellationToken)
    {
        session.Name(TableFiles.FolderOf(table), $"{table.State.Table} at version {table.Version}");
        var groups = FileLayout.Group(session, table, files, cancellationToken);
        var partitions = PartitionColumns.Of(table, files);
        var hasVectors = deleted is not null || files.Any(file => file.DeletionVector is not null);
        ScanToken? token = null;
        if (hasVectors || partitions.VaryByFile)
            token = session.Register(await DescribeAsync(table, files, partitions, deleted, cancellationToken));
        var relation = new Relation(session, table, partitions, token, hasVectors, withAddresses);
        var parts = groups.Select(group => relation.Sql(group.Files, group.Layout, cancellationToken));
        return new($"({string.Join(" UNION ALL ", parts)})", token, local);
    }

    /// <summary>The rows that a file's deletion vector deletes; empty where it has none.</summary>
    public static async ValueTask<RowSet> DeletedRowsAsync(
        TableSnapshot table, AddFile file, CancellationToken cancellationToken)
    {
        if (file.DeletionVector is not { } vector) return RowSet.Empty;
        if (deletedRows.TryGetValue(vector, out var rows)) return rows;
        try
        {
            rows = await DeletionVectorFile.ReadAsync(table.Store, vector, cancellationToken);
        }
        catch (DeltaException fault)
        {
            throw new DeltaException(
                fault.Kind, $"{table.State.Table} at version {table.Version}: {file.Path.Value}: {fault.Message}", fault)
            { Path = fault.Path, Version = table.Version };
        }
        deletedRows.AddOrUpdate(vector, rows);
        return rows;
    }

    /// <summary>The path from which the engine reads a file.</summary>
    /// <exception cref="FozException">The file is not on a local disk.</exception>
    public static string LocalPath(TableSnapshot table, AddFile file) => TableFiles.LocalPath(table, file);

    static async Task<ScanFiles> DescribeAsync(
        TableSnapshot table, IReadOnlyCollection<AddFile> files, PartitionColumns partitions,
        IReadOnlyDictionary<AddFile, RowSet>? deleted, CancellationToken cancellationToken)
    {
        var scan = new ScanFiles();
        if (deleted is null) await TableFiles.ReadVectorsAsync(table, files, cancellationToken);
        foreach (var file in files)
        {
            var rows = deleted?.GetValueOrDefault(file) ?? await DeletedRowsAsync(table, file, cancellationToken);
            scan.Add(LocalPath(table, file), new(rows.IsEmpty ? null : rows.Filter, partitions.ValuesOf(file)));
        }
        return scan;
    }

    /// <summary>How files of one scan are read.</summary>
    sealed record Relation(
        EngineSession Session, TableSnapshot Table, PartitionColumns Partitions, ScanToken? Token, bool HasVectors,
        bool WithAddresses)
    {
        public string Sql(IReadOnlyCollection<AddFile> files, FileLayout layout, CancellationToken cancellationToken)
        {
            var schema = Table.Schema;
            var physical = new PhysicalColumns(schema.Mapping, layout);
            var columns = schema.Columns.Fields.Select(field => Partitions.Find(field.Name) is { } partition
                ? $"{partition.Sql(Token)} AS {SqlText.Identifier(field.Name)}"
                : $"{physical.Value(field)} AS {SqlText.Identifier(field.Name)}");
            if (WithAddresses) columns = [.. columns, $"filename AS {FileColumn}", $"file_row_number AS {RowColumn}"];
            var sql = $"""
                (SELECT {string.Join(", ", columns)}
                FROM read_parquet({FileList(Session, Table, files, cancellationToken)}, hive_partitioning = false,
                schema = {physical.Schema(schema)}{Cardinality(files)})
                """;
            return HasVectors ? $"{sql} WHERE foz_live({Token!.Value}, filename, file_row_number))" : sql + ")";
        }
    }

    static string FileList(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files,
        CancellationToken cancellationToken)
    {
        var paths = files.Select(file => LocalPath(table, file)).ToArray();
        if (paths.Length <= FilesInTextMax) return $"[{string.Join(", ", paths.Select(SqlText.Literal))}]";
        var variable = string.Create(
            CultureInfo.InvariantCulture, $"foz_files_{Interlocked.Increment(ref lastVariable)}");
        session.Query($"SET VARIABLE {variable} = $1", cancellationToken, [paths]).Dispose();
        return $"getvariable('{variable}')";
    }

    static string Cardinality(IReadOnlyCollection<AddFile> files)
    {
        long rows = 0;
        foreach (var file in files)
        {
            if (FileStatistics.RecordCount(file) is not { } count) return "";
            rows += count;
        }
        return string.Create(CultureInfo.InvariantCulture, $", explicit_cardinality = {rows}");
    }

    static string Empty(TableSnapshot table, bool withAddresses)
    {
        var columns = table.Schema.Columns.Fields.Select(field =>
            $"CAST(NULL AS {PhysicalColumns.LogicalTypeName(field.Type)}) AS {SqlText.Identifier(field.Name)}");
        if (withAddresses)
            columns = [.. columns, $"CAST(NULL AS VARCHAR) AS {FileColumn}", $"CAST(NULL AS BIGINT) AS {RowColumn}"];
        return $"(SELECT {string.Join(", ", columns)} WHERE false)";
    }
}

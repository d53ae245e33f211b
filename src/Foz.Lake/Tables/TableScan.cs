using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Storage;
using Foz.Storage.Usage;

namespace Foz.Lake.Tables;

/// <summary>The rows of a table's files as text that SQL accepts as a relation.</summary>
/// <param name="sql">A SELECT in parentheses.</param>
/// <param name="held">What it needs: what the engine knows of its files, and files that are only lent.</param>
public sealed class TableRelation(string sql, params IReadOnlyList<IDisposable> held) : IDisposable
{
    /// <summary>A SELECT in parentheses, with the table's columns by their own names.</summary>
    public string Sql { get; } = sql;

    /// <summary>Unregisters the files from the engine, and releases them.</summary>
    public void Dispose()
    {
        foreach (var need in held) need.Dispose();
    }
}

/// <summary>
/// Makes relations of tables: the engine reads the data files of one version, columns by their physical names
/// (PROTOCOL.md, "Column Mapping"), partition values from the log, without the rows that deletion vectors delete.
/// </summary>
public static class TableScan
{
    /// <summary>
    /// The column that holds a row's file, where row addresses are asked for; in SQL, where its quotes are around a
    /// name that no table has.
    /// </summary>
    public const string FileColumn = "\"foz file\u0001\"";

    /// <summary>
    /// The column that holds a row's number in its file, where row addresses are asked for; as
    /// <see cref="FileColumn"/>.
    /// </summary>
    public const string RowColumn = "\"foz row\u0001\"";

    // Longer lists are bound as a variable: parsing them costs more than that.
    const int FilesInTextMax = 200;

    static long lastVariable;

    /// <summary>
    /// All rows of a version, as a relation for one session; disposed after the statement that reads it.
    /// </summary>
    /// <param name="table">The table at a version.</param>
    /// <param name="session">The session that will read them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">A deletion vector cannot be read.</exception>
    public static Task<TableRelation> OpenAsync(
        this TableSnapshot table, EngineSession session, CancellationToken cancellationToken) =>
        OpenAsync(session, table, table.State.Files, withAddresses: false, cancellationToken);

    /// <summary>The rows of some of a version's files.</summary>
    /// <param name="session">The session that will read them.</param>
    /// <param name="table">The table at a version.</param>
    /// <param name="files">The files; all of the version, or those that pruning left.</param>
    /// <param name="withAddresses">
    /// Whether <see cref="FileColumn"/> and <see cref="RowColumn"/> follow the table's columns.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="choice">What else is read, after these columns; null for nothing.</param>
    public static async Task<TableRelation> OpenAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, bool withAddresses,
        CancellationToken cancellationToken, ScanOptions? choice = null)
    {
        choice ??= new();
        CheckHalfRemoved(table, files);
        if (files.Count == 0) return new(Empty(table, withAddresses, choice));
        TableFiles.Reach(session, table, files);
        var local = await TableFiles.FetchAsync(table, files, cancellationToken);
        try
        {
            return await OpenAsync(session, table, files, withAddresses, choice, local, cancellationToken);
        }
        catch
        {
            local.Dispose();
            throw;
        }
    }

    static async Task<TableRelation> OpenAsync(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, bool withAddresses,
        ScanOptions choice, LocalObjects local, CancellationToken cancellationToken)
    {
        session.Name(TableFiles.FolderOf(table), $"{table.State.Table} at version {table.Version}");
        var bytes = files.Sum(file => file.SizeBytes);
        ResourceUse.AddRead(bytes);
        session.Meter?.Add(
            new(bytes, [.. table.Schema.Columns.Fields.Select(field => field.Name)]));
        // Columns that have no id are found by name, and so are the others then, by the names that each file has for
        // their ids.
        var isByNames = choice.ColumnsOfFiles.Count > 0 && table.Schema.Mapping == ColumnMappingMode.Id;
        var groups = FileLayout.Group(session, table, files, isByNames, cancellationToken);
        var partitions = PartitionColumns.Of(table, files);
        var isFiltered = choice.FilterOf is not null || files.Any(file => file.DeletionVector is not null);
        ScanToken? token = null;
        if (isFiltered || partitions.VaryByFile || choice.Constants.Count > 0 || choice.Tracked is not null)
            token = session.Register(await DescribeAsync(table, files, partitions, choice, cancellationToken));
        var relation = new Relation(session, table, partitions, choice, token, isFiltered, withAddresses);
        var parts = groups.Select(group => relation.Sql(group.Files, group.Layout, cancellationToken));
        return new($"({string.Join(" UNION ALL ", parts)})", token is null ? [local] : [token, local]);
    }

    static void CheckHalfRemoved(TableSnapshot table, IReadOnlyCollection<AddFile> files)
    {
        foreach (var file in table.State.HalfRemoved)
            if (files.Any(read => ReferenceEquals(read, file) || read.Key == file.Key))
                throw new FozException(
                    ErrorKind.Table,
                    $"{table.State.Table} at version {table.Version}: {file.Path.Value} was removed "
                        + "without its deletion vector, as "
                    + "Trino's OPTIMIZE does, so that its rows are there twice")
                {
                    Hint = "take it out: foz repair <table>",
                };
    }

    static async Task<ScanFiles> DescribeAsync(
        TableSnapshot table, IReadOnlyCollection<AddFile> files, PartitionColumns partitions,
        ScanOptions choice, CancellationToken cancellationToken)
    {
        var scan = new ScanFiles();
        if (choice.FilterOf is null) await TableFiles.ReadVectorsAsync(table, files, cancellationToken);
        foreach (var file in files)
        {
            var filter = choice.FilterOf is { } filterOf
                ? filterOf(file)
                : ScanOptions.Without(await TableFiles.DeletedRowsAsync(table, file, cancellationToken));
            scan.Add(
                TableFiles.LocalPath(table, file),
                new(filter, [.. partitions.ValuesOf(file), .. choice.ValuesOf(file)])
                {
                    RowValues = choice.RowValuesOf?.Invoke(file) is { } valueOf
                        ? (ordinal, row) => valueOf(ordinal - partitions.Count, row)
                        : null,
                });
        }
        return scan;
    }

    /// <summary>How files of one scan are read.</summary>
    sealed record Relation(
        EngineSession Session, TableSnapshot Table, PartitionColumns Partitions, ScanOptions Choice, ScanToken? Token,
        bool IsFiltered, bool WithAddresses)
    {
        public string Sql(IReadOnlyCollection<AddFile> files, FileLayout layout, CancellationToken cancellationToken)
        {
            var schema = Table.Schema;
            var physical = new PhysicalColumns(schema.Mapping, layout);
            var columns = schema.Columns.Fields.Select(field => Partitions.Find(field.Name) is { } partition
                ? $"{partition.Sql(Token)} AS {SqlText.Identifier(field.Name)}"
                : $"{physical.Value(field)} AS {SqlText.Identifier(field.Name)}").ToList();
            if (WithAddresses) columns.AddRange([$"filename AS {FileColumn}", $"file_row_number AS {RowColumn}"]);
            columns.AddRange(Choice.ExtraColumns.Select(column => SqlText.Identifier(column.Name)));
            columns.AddRange(Choice.Constants.Select((constant, i) =>
                $"{Constant(i, constant.Type)} AS {SqlText.Identifier(constant.Name)}"));
            if (Choice.Tracked is { } tracked)
                columns.AddRange(
                [
                    $"coalesce({SqlText.Identifier(tracked.IdColumn)}, {Constant(Choice.Constants.Count, "BIGINT")} "
                        + $"+ file_row_number) AS {TrackedRows.RowId}",
                    $"coalesce({SqlText.Identifier(tracked.VersionColumn)}, "
                        + $"{Constant(Choice.Constants.Count + 1, "BIGINT")}) "
                        + $"AS {TrackedRows.RowVersion}",
                ]);
            var sql = $"""
                (SELECT {string.Join(", ", columns)}
                FROM read_parquet({FileList(files, cancellationToken)}, hive_partitioning = false,
                schema = {physical.Schema(schema, Choice.ColumnsOfFiles)}{Cardinality(files)})
                """;
            return IsFiltered
                ? $"{sql} WHERE {ScanFunctions.Live}({Token!.Value}, filename, file_row_number))"
                : sql + ")";
        }

        string FileList(IReadOnlyCollection<AddFile> files, CancellationToken cancellationToken)
        {
            var paths = files.Select(file => TableFiles.LocalPath(Table, file)).ToArray();
            if (paths.Length <= FilesInTextMax || Choice.IsForAnySession)
                return $"[{string.Join(", ", paths.Select(SqlText.Literal))}]";
            var variable = string.Create(
                CultureInfo.InvariantCulture, $"{OwnNames.Of("files")}_{Interlocked.Increment(ref lastVariable)}");
            Session.Query($"SET VARIABLE {variable} = $1", cancellationToken, [paths]).Dispose();
            return $"getvariable('{variable}')";
        }

        string Constant(int number, string type) => Choice.RowValuesOf is not null && number < Choice.Constants.Count
            ? $"CAST({ScanFunctions.RowValue}({Token!.Value}, {Partitions.Count + number}, "
                + $"filename, file_row_number) AS {type})"
            : $"CAST({ScanFunctions.Partition}({Token!.Value}, {Partitions.Count + number}, filename) AS {type})";
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

    static string Empty(TableSnapshot table, bool withAddresses, ScanOptions choice)
    {
        var columns = table.Schema.Columns.Fields.Select(
            field => (Name: SqlText.Identifier(field.Name), Type: PhysicalColumns.LogicalTypeName(field.Type)))
            .ToList();
        if (withAddresses) columns.AddRange([(FileColumn, "VARCHAR"), (RowColumn, "BIGINT")]);
        columns.AddRange(choice.ExtraColumns.Select(column => (SqlText.Identifier(column.Name), column.Type)));
        columns.AddRange(choice.Constants.Select(constant => (SqlText.Identifier(constant.Name), constant.Type)));
        if (choice.Tracked is not null)
            columns.AddRange([(TrackedRows.RowId, "BIGINT"), (TrackedRows.RowVersion, "BIGINT")]);
        var nulls = columns.Select(column => $"CAST(NULL AS {column.Type}) AS {column.Name}");
        return $"(SELECT {string.Join(", ", nulls)} WHERE false)";
    }
}

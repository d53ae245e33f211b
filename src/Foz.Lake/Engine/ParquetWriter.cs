using System.Globalization;
using System.Text;
using Foz.DuckDB;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>Writes the rows of queries into Parquet files by DuckDB's COPY.</summary>
static class ParquetWriter
{
    // DuckDB's own level, 3, takes half as long again for files 4 % smaller.
    const string Compression = "COMPRESSION zstd, COMPRESSION_LEVEL 1";

    const string FieldIdKey = "__duckdb_field_id";

    /// <summary>
    /// Writes the rows of a query into new files of a folder, which is made if need be. Nothing is
    /// forced to the disk. On failure, what was written is deleted.
    /// </summary>
    /// <param name="session">The session that has what the query reads.</param>
    /// <param name="selectSql">The query. What no table can hold must be cast in it.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How to write.</param>
    /// <param name="cancellationToken">Interrupts the writing.</param>
    /// <returns>The files with at least one row; none if the query gives none.</returns>
    /// <exception cref="FozException">The query failed, or the files could not be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<IReadOnlyList<ParquetFile>> WriteAsync(
        EngineSession session, string selectSql, string folder, ParquetWriteOptions options,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var prefix = $"{options.NamePrefix}-{Guid.NewGuid():N}"[..(options.NamePrefix.Length + 13)];
        var sql = CopySql(selectSql, folder, prefix, options);
        var written = await Task.Run(() => Copy(session, sql, folder, prefix, cancellationToken), cancellationToken);
        // COPY makes a file for an empty result too.
        foreach (var file in written.Where(f => f.RowCount == 0)) File.Delete(file.Path);
        return [.. written.Where(f => f.RowCount > 0)];
    }

    static List<ParquetFile> Copy(
        EngineSession session, string sql, string folder, string prefix, CancellationToken cancellationToken)
    {
        try
        {
            using var rows = session.Query(sql, cancellationToken);
            return [.. rows.Rows(cancellationToken).Select(ReadFile)];
        }
        catch
        {
            foreach (var file in Directory.EnumerateFiles(folder, prefix + "*", SearchOption.AllDirectories))
                File.Delete(file);
            throw;
        }
    }

    static string CopySql(string selectSql, string folder, string prefix, ParquetWriteOptions options)
    {
        var isOneFile = options is { FileSizeBytes: null, PerThreadOutput: false, PartitionBy.Count: 0 };
        var target = isOneFile ? Path.Combine(folder, $"{prefix}-{Guid.NewGuid()}.parquet") : folder;
        var sql = new StringBuilder("COPY (");
        if (options.PartitionBy.Count > 0 && options.SortsPartitions)
            sql.Append($"SELECT * FROM ({selectSql}\n) ORDER BY {SqlText.Identifiers(options.PartitionBy)}");
        else
            sql.Append(selectSql).Append('\n');
        sql.Append($") TO {SqlText.Literal(target)} (FORMAT parquet, RETURN_STATS, {Compression}");
        // The log decides which files count, so a half-written one under its name does no harm.
        sql.Append(isOneFile ? ", USE_TMP_FILE false" : $", APPEND, FILENAME_PATTERN '{prefix}-{{uuid}}'");
        if (options.RowGroupRows is { } rowGroupRows) sql.Append($", ROW_GROUP_SIZE {rowGroupRows}");
        if (options.FileSizeBytes is { } fileSize) sql.Append($", FILE_SIZE_BYTES '{fileSize}B'");
        if (options.PerThreadOutput) sql.Append(", PER_THREAD_OUTPUT");
        if (options.PartitionBy.Count > 0)
            sql.Append($", PARTITION_BY ({SqlText.Identifiers(options.PartitionBy)})");
        if (options.WritesPartitionColumns) sql.Append(", WRITE_PARTITION_COLUMNS");
        if (options.FieldIds.Count > 0) sql.Append($", FIELD_IDS {{{FieldIds(options.FieldIds)}}}");
        return sql.Append(')').ToString();
    }

    static string FieldIds(IEnumerable<ParquetFieldId> fields) =>
        string.Join(", ", fields.Where(HasId).Select(FieldId));

    static bool HasId(ParquetFieldId field) => field.Id is not null || field.Fields.Any(HasId);

    static string FieldId(ParquetFieldId field)
    {
        var name = SqlText.Identifier(field.Name);
        if (!field.Fields.Any(HasId)) return $"{name}: {field.Id}";
        var own = field.Id is { } id ? $"{FieldIdKey}: {id}, " : "";
        return $"{name}: {{{own}{FieldIds(field.Fields)}}}";
    }

    /// <summary>A row of RETURN_STATS: file name, rows, size, size of the footer, statistics, partition keys.</summary>
    static ParquetFile ReadFile(object?[] row)
    {
        var statistics = (MapValue)row[4]!;
        return new(
            (string)row[0]!,
            (long)(ulong)row[1]!,
            (long)(ulong)row[2]!,
            [.. statistics.Select(s => ReadColumn((string)s.Key, (MapValue)s.Value!))],
            [.. row[5] is MapValue keys ? keys.Select(k => KeyValuePair.Create((string)k.Key, (string?)k.Value)) : []]);
    }

    static ParquetColumnStatistics ReadColumn(string path, MapValue statistics)
    {
        var byName = statistics.ToDictionary(s => (string)s.Key, s => (string?)s.Value, StringComparer.Ordinal);
        return new(
            ReadPath(path),
            byName.GetValueOrDefault("min"),
            byName.GetValueOrDefault("max"),
            byName.GetValueOrDefault("null_count") is { } nulls
                ? long.Parse(nulls, CultureInfo.InvariantCulture)
                : null,
            byName.GetValueOrDefault("has_nan") == "true");
    }

    /// <summary>A path as <c>"st"."x"</c>.</summary>
    static List<string> ReadPath(string text)
    {
        List<string> parts = [];
        for (var i = 0; i < text.Length; i++)
        {
            var part = new StringBuilder();
            for (i++; i < text.Length; i++)
            {
                if (text[i] != '"') part.Append(text[i]);
                else if (i + 1 < text.Length && text[i + 1] == '"') part.Append(text[i++]);
                else break;
            }
            parts.Add(part.ToString());
            i++;
        }
        return parts;
    }
}

using System.Globalization;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>What a conversion came to.</summary>
/// <param name="Snapshot">The table.</param>
/// <param name="Files">Its files, and their size.</param>
public sealed record ConvertResult(TableSnapshot Snapshot, FileTotal Files);

/// <summary>
/// Makes a Delta table of a folder of Parquet files (Delta's CONVERT TO DELTA): the files stay unchanged, and are
/// read once for their statistics.
/// </summary>
/// <param name="session">The session that reads the files.</param>
public sealed class ParquetConversion(EngineSession session)
{
    const string Suffix = ".parquet";

    /// <summary>Makes the table.</summary>
    /// <param name="table">The folder; there must be no table yet.</param>
    /// <param name="partitionedBy">The columns that its folders <c>name=value</c> are of, with types: <c>day date, n
    /// int</c>; null for none.</param>
    /// <param name="cancellationToken">Stops it; nothing is made then.</param>
    /// <exception cref="FozException">
    /// There is a table already, there are no files, their columns do not fit together, or their folders are other
    /// ones.
    /// </exception>
    public async Task<ConvertResult> ConvertAsync(
        LakeTable table, string? partitionedBy, CancellationToken cancellationToken)
    {
        if (await table.FindLatestAsync(cancellationToken) is not null)
            throw new FozException(ErrorKind.Usage, $"{table.Name} is a Delta table already");
        var columns = ColumnsOf(partitionedBy);
        var found = await ListAsync(table, cancellationToken);
        using var local = await FetchAsync(table.Delta.Store, found, cancellationToken);
        var schema = SchemaOf(table, found, columns, cancellationToken);
        var files = found.Select(file => new AddFile
        {
            Path = FilePath.Relative(file.Path),
            PartitionValues = ValuesOf(table, file.Path, columns),
            SizeBytes = file.SizeBytes,
            ModificationTimeMs = file.LastModified.ToUnixTimeMilliseconds(),
        }).ToList();
        // The metadata of the future table determines how its files are read.
        var draft = new TableSnapshot(table.Delta.Store, Create(table, schema, columns, files).Preview());
        var read = await StatisticsCollector.ReadAsync(session, draft, files, cancellationToken);
        var hashes = await FileHash.OfAsync(
            [.. found.Select(file => table.Delta.Store.LocalPath(file.Path)!)], cancellationToken);
        var transaction = Create(
            table, schema, columns, [.. read.Select((file, i) => file with { Tags = FileTags.Of(hashes[i]) })]);
        transaction.Metrics = new(
            [KeyValuePair.Create("numConvertedFiles", (string?)files.Count.ToString(CultureInfo.InvariantCulture))]);
        var committed = (await transaction.CommitAsync(cancellationToken)).OrThrow();
        return new(new(table.Delta.Store, committed.Snapshot), new(files.Count, files.Sum(file => file.SizeBytes)));
    }

    static Transaction Create(
        LakeTable table, StructType schema, IReadOnlyList<StructField> columns, List<AddFile> files)
    {
        var names = columns.Select(column => column.Name).ToArray();
        var operation = TableOperation.Of(
            "CONVERT", ("numFiles", files.Count.ToString(CultureInfo.InvariantCulture)),
            ("partitionedBy", System.Text.Json.JsonSerializer.Serialize(names)), ("collectStats", "true"),
            ("sourceFormat", "parquet"));
        var transaction = Transaction.Create(
            table.Delta, new() { Schema = schema, PartitionColumns = names },
            new()
            {
                Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
            });
        foreach (var file in files) transaction.Add(file);
        return transaction;
    }

    static async Task<List<ObjectInfo>> ListAsync(LakeTable table, CancellationToken cancellationToken)
    {
        var files = new List<ObjectInfo>();
        await foreach (var file in table.Delta.Store.ListAsync("", startAfter: null, cancellationToken))
            if (file.Path.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase)
                && !file.Path.Split('/').Any(name => name[0] is '_' or '.')) files.Add(file);
        return files.Count > 0
            ? files
            : throw new FozException(ErrorKind.NotFound, $"there are no Parquet files in {table.Root}")
            {
                Hint = "name the folder that they are in",
            };
    }

    static ValueTask<LocalObjects> FetchAsync(
        IObjectStore store, List<ObjectInfo> files, CancellationToken cancellationToken) =>
        store.FetchAsync([.. files.Select(file => new ObjectRef(file.Path, file.SizeBytes))], cancellationToken);

    StructType SchemaOf(
        LakeTable table, List<ObjectInfo> files, IReadOnlyList<StructField> partition,
        CancellationToken cancellationToken)
    {
        session.Reach(Path.GetDirectoryName(table.Delta.Store.LocalPath("data"))!);
        var paths = files.Select(file => SqlText.Literal(table.Delta.Store.LocalPath(file.Path)!));
        var columns = session.Describe(
            $"SELECT * FROM read_parquet([{string.Join(", ", paths)}], union_by_name = "
                + "true, hive_partitioning = false)",
            cancellationToken);
        try
        {
            var schema = DeltaTypes.ToSchema(columns
                .Where(column => !partition.Any(p => p.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase)))
                .Select(column => column.ToField()));
            var all = new StructType([.. schema.Fields, .. partition]);
            all.Validate();
            return all;
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e, table.Name);
        }
    }

    /// <summary>The values that a file's folders say.</summary>
    static StringMap ValuesOf(LakeTable table, string path, IReadOnlyList<StructField> columns)
    {
        var folders = path.Split('/')[..^1].Select(folder => folder.Split('=', 2)).Where(parts => parts.Length == 2)
            .ToList();
        if (!folders.Select(parts => parts[0]).SequenceEqual(
            columns.Select(column => column.Name), StringComparer.OrdinalIgnoreCase))
            throw new FozException(
                ErrorKind.Data,
                $"{path} of {table.Name} is in folders of ({string.Join(", ", folders.Select(parts => parts[0]))}), "
                + $"not of ({string.Join(", ", columns.Select(column => column.Name))})")
            {
                Hint = folders.Count == 0
                    ? "take --partitioned-by away, or name the folder above"
                    : $"--partitioned-by "
                        + $"\"{string.Join(", ", folders.Select(parts => $"{parts[0]} string"))}\" with the right "
                        + "types",
            };
        return new(
            columns.Zip(folders, (column, parts) => KeyValuePair.Create(column.Name, ValueOf(path, column, parts[1]))));
    }

    static string? ValueOf(string path, StructField column, string folder)
    {
        const string Null = "__HIVE_DEFAULT_PARTITION__";
        if (folder == Null) return null;
        var text = Uri.UnescapeDataString(folder);
        return DeltaValue.TryParse(text, column.Type, out _)
            ? text
            : throw new FozException(
                ErrorKind.Data,
                $"'{text}' in {path} is no {column.Type.ToString().Trim('"')}, as {column.Name} is to be");
    }

    /// <summary>Columns as <c>a int, b decimal(10,2)</c> names them.</summary>
    static List<StructField> ColumnsOf(string? text)
    {
        var columns = new List<StructField>();
        var (start, depth) = (0, 0);
        for (var i = 0; text is not null && i <= text.Length; i++)
        {
            if (i < text.Length) depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (i < text.Length && (text[i] != ',' || depth > 0)) continue;
            var part = text[start..i].Trim();
            start = i + 1;
            if (part.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries) is not [var name, var type])
                throw new FozException(ErrorKind.Usage, $"'{part}' is no column with its type")
                {
                    Hint = "write --partitioned-by \"day date, country string\"",
                };
            columns.Add(Column(name.Trim('`'), type));
        }
        return columns;
    }

    static StructField Column(string name, string type)
    {
        try
        {
            return TypeText.ParseColumn(name, type);
        }
        catch (DeltaException e)
        {
            throw DeltaErrors.Translate(e);
        }
    }
}

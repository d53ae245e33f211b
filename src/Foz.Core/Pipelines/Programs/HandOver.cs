using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Pipelines.Programs;

/// <summary>
/// The folder through which Foz and a program hand tables to each other: <c>handover.json</c> says what there is, tables lie in
/// <c>in/</c>, and the program writes <c>*.parquet</c>, <c>*.jsonl</c> or <c>*.csv</c> to <c>out/</c>.
/// </summary>
sealed class HandOver : IDisposable
{
    /// <summary>The variable that holds the path of <c>handover.json</c>.</summary>
    public const string Variable = "FOZ_HANDOVER";

    const string ColumnsFile = "columns.json";

    readonly DirectoryInfo folder;
    readonly EngineSession session;

    public HandOver(EnginePool engines, EngineSession session)
    {
        folder = engines.CreateTempFolder();
        this.session = session;
        Directory.CreateDirectory(In);
        Directory.CreateDirectory(Output);
    }

    /// <summary>What says what there is.</summary>
    public string File => Path.Combine(folder.FullName, "handover.json");

    /// <summary>Where a program in Python says how it ended.</summary>
    public string Status => Path.Combine(folder.FullName, "status.json");

    /// <summary>The folder of a program's own files.</summary>
    public string Library => Path.Combine(folder.FullName, "lib");

    string In => Path.Combine(folder.FullName, "in");

    string Output => Path.Combine(folder.FullName, "out");

    /// <summary>Writes the tables that a program reads, and what there is.</summary>
    /// <param name="run">The run.</param>
    /// <param name="asParquet">Whether tables are Parquet; else JSON lines, whose kinds of columns are stated.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task WriteAsync(ProgramRun run, bool asParquet, CancellationToken cancellationToken)
    {
        var tables = new Dictionary<string, HandedTable>(StringComparer.Ordinal);
        foreach (var table in run.Tables)
        {
            var ending = asParquet ? "parquet" : "jsonl";
            var path = Path.Combine(In, $"{tables.Count}.{ending}");
            var columns = asParquet ? "*" : string.Join(", ", table.Fields.Select(AsJson));
            var options = asParquet ? "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1" : "FORMAT json";
            session.Execute($"COPY (SELECT {columns} FROM {table.Sql}) TO {SqlText.Literal(path)} ({options})", cancellationToken);
            tables[table.Name.ToString().ToLowerInvariant()] = new(
                path, asParquet ? "parquet" : "json",
                [.. table.Fields.Select(field => new HandedColumn(field.Name, ColumnTypes.NameOf(field.Type), KindOf(field.Type)))]);
        }
        var content = new HandOverFile(
            run.Model.ToString(), run.RunId, run.IsIncremental,
            run.Interval is var (start, end) ? new(start.ToString("O", CultureInfo.InvariantCulture), end.ToString("O", CultureInfo.InvariantCulture)) : null,
            tables, Output);
        await using var file = System.IO.File.Create(File);
        await JsonSerializer.SerializeAsync(file, content, HandOverJson.Default.HandOverFile, cancellationToken);
    }

    /// <summary>A SELECT of the rows that the program gave.</summary>
    /// <param name="run">The run.</param>
    /// <exception cref="FozException">It gave none, or in several formats.</exception>
    public string ReadSql(ProgramRun run)
    {
        var byEnding = Directory.EnumerateFiles(Output)
            .Where(file => Path.GetFileName(file) != ColumnsFile)
            .GroupBy(file => Path.GetExtension(file).ToLowerInvariant(), StringComparer.Ordinal).ToList();
        if (byEnding is not [{ Key: var ending } files])
            throw Wrong(run, byEnding.Count == 0 ? "gave no rows" : $"gave files of several formats: {string.Join(", ", byEnding.Select(g => g.Key))}");
        var list = string.Join(", ", files.Order(StringComparer.Ordinal).Select(SqlText.Literal));
        return ending switch
        {
            ".parquet" => Cast(run, $"read_parquet([{list}], union_by_name := true)"),
            ".csv" => Cast(run, $"read_csv([{list}], header := true, all_varchar := {(run.ColumnTypes.Count > 0 ? "true" : "false")}, union_by_name := true)"),
            ".json" or ".jsonl" or ".ndjson" when Columns() is { } columns => ReadRows(run, list, columns),
            ".json" or ".jsonl" or ".ndjson" => Cast(run,
                $"read_json([{list}], format := 'auto', union_by_name := true)"),
            _ => throw Wrong(run, $"gave files '{ending}', which are no table"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>The rows that the helper wrote: every value as text, with the kind that each column turned out to be.</summary>
    static string ReadRows(ProgramRun run, string files, IReadOnlyList<WrittenColumn> columns)
    {
        var read = string.Join(", ", columns.Select(c => $"{SqlText.Literal(c.Name)}: 'VARCHAR'"));
        var select = string.Join(", ", columns.Select(c =>
        {
            var name = SqlText.Identifier(c.Name);
            var value = c.Kind == "binary" ? $"from_base64({name})" : name;
            var type = run.ColumnTypes.GetValueOrDefault(c.Name) ?? TypeOf(c);
            // A list or struct is cast from JSON, which its text is.
            return type == "VARCHAR" ? $"{value} AS {name}"
                : c.Kind == "json" && type != "JSON" ? $"CAST(CAST({value} AS JSON) AS {type}) AS {name}"
                : $"CAST({value} AS {type}) AS {name}";
        }));
        return $"SELECT {select} FROM read_json([{files}], format := 'newline_delimited', columns := {{{read}}})";
    }

    static string Cast(ProgramRun run, string relation) => run.ColumnTypes.Count == 0
        ? $"SELECT * FROM {relation}"
        : $"SELECT * REPLACE ({string.Join(", ", run.ColumnTypes.Select(c =>
            $"CAST({SqlText.Identifier(c.Key)} AS {c.Value}) AS {SqlText.Identifier(c.Key)}"))}) FROM {relation}";

    List<WrittenColumn>? Columns()
    {
        var path = Path.Combine(Output, ColumnsFile);
        return System.IO.File.Exists(path)
            ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(path), HandOverJson.Default.ListWrittenColumn)
            : null;
    }

    static string TypeOf(WrittenColumn column) => column.Kind switch
    {
        "boolean" => "BOOLEAN",
        "bigint" => "BIGINT",
        "double" => "DOUBLE",
        "decimal" => $"DECIMAL(38, {Math.Clamp(column.Scale, 0, 38)})",
        "date" => "DATE",
        "timestamp" => "TIMESTAMP",
        "timestamp_tz" => "TIMESTAMPTZ",
        "binary" => "BLOB",
        "json" => "JSON",
        _ => "VARCHAR",
    };

    static string AsJson(Field field)
    {
        var name = SqlText.Identifier(field.Name);
        var value = KindOf(field.Type) switch
        {
            "decimal" or "double" or "date" => $"CAST({name} AS VARCHAR)",
            "timestamp" => $"strftime({name}, '%Y-%m-%dT%H:%M:%S.%f')",
            "timestamp_tz" => $"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')",
            "binary" => $"to_base64({name})",
            _ => name,
        };
        return value == name ? name : $"{value} AS {name}";
    }

    static string KindOf(DataType type) => type switch
    {
        DataType.Decimal => "decimal",
        _ when type == DataType.Float || type == DataType.Double => "double",
        _ when type == DataType.Date => "date",
        _ when type == DataType.Timestamp => "timestamp_tz",
        _ when type == DataType.TimestampNtz => "timestamp",
        _ when type == DataType.Binary => "binary",
        _ => "other",
    };

    static FozException Wrong(ProgramRun run, string what) => new(ErrorKind.Data, $"the program of {run.Model} {what}")
    {
        Hint = "a model() in Python returns rows or calls foz.write(rows); another program writes *.parquet, *.jsonl or *.csv to the "
            + $"folder 'output' of ${Variable}",
    };
}

/// <summary>What <c>handover.json</c> says.</summary>
sealed record HandOverFile(
    string Model, string RunId, bool IsIncremental, HandedInterval? Interval, Dictionary<string, HandedTable> Tables, string Output);

/// <summary>An interval, in ISO 8601, end not included.</summary>
sealed record HandedInterval(string Start, string End);

/// <summary>A table that is handed over.</summary>
sealed record HandedTable(string Path, string Format, IReadOnlyList<HandedColumn> Columns);

/// <summary>A column of it: its type in DuckDB's words, and how JSON holds it.</summary>
sealed record HandedColumn(string Name, string Type, string Kind);

/// <summary>A column of rows that came back.</summary>
sealed record WrittenColumn(string Name, string Kind, int Scale);

[JsonSerializable(typeof(HandOverFile))]
[JsonSerializable(typeof(List<WrittenColumn>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
sealed partial class HandOverJson : JsonSerializerContext;

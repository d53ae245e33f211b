using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Programs;

/// <summary>
/// The folder through which Foz and a program hand tables to each other: <c>handover.json</c> says what there is,
/// tables lie in <c>in/</c>, and the program writes <c>*.parquet</c>, <c>*.jsonl</c> or <c>*.csv</c> to <c>out/</c>.
/// </summary>
sealed class HandOver : IDisposable
{
    /// <summary>The variable that holds the path of <c>handover.json</c>.</summary>
    public const string Variable = "FOZ_HANDOVER";

    /// <summary>
    /// The file of <see cref="Output"/> by which the helper in Python says that all is written: the columns of rows.
    /// </summary>
    public const string MarkFile = "columns.json";

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

    /// <summary>Where the program writes.</summary>
    public string Output => Path.Combine(folder.FullName, "out");

    /// <summary>Whether the helper in Python says that all is written.</summary>
    public bool IsMarked => System.IO.File.Exists(Path.Combine(Output, MarkFile));

    /// <summary>The columns that the helper in Python states when all is written; null of another program.</summary>
    public IReadOnlyList<WrittenColumn>? ReadColumns() => IsMarked
        ? JsonSerializer.Deserialize(
            System.IO.File.ReadAllBytes(Path.Combine(Output, MarkFile)), HandOverJson.Default.ListWrittenColumn)
        : null;

    string In => Path.Combine(folder.FullName, "in");

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
            session.Execute(
                $"COPY (SELECT {columns} FROM {table.Sql}) TO {SqlText.Literal(path)} ({options})", cancellationToken);
            tables[table.Name.ToString().ToLowerInvariant()] = new(
                path, asParquet ? "parquet" : "json",
                [
                    .. table.Fields.Select(field =>
                        new HandedColumn(field.Name, ColumnTypes.NameOf(field.Type), KindOf(field.Type))),
                ]);
        }
        var content = new HandOverFile(
            run.Model.ToString(), run.RunId, run.IsIncremental,
            run.Interval is var (start, end)
                ? new(start.ToString("O", CultureInfo.InvariantCulture),
                    end.ToString("O", CultureInfo.InvariantCulture))
                : null,
            tables, Output, (run.Program as ModelProgram.Python)?.Dbt is { } dbt ? Handed(run, dbt) : null);
        await using var file = System.IO.File.Create(File);
        await JsonSerializer.SerializeAsync(file, content, HandOverJson.Default.HandOverFile, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    static HandedDbt Handed(ProgramRun run, DbtNamesOfProgram dbt) => new(
        TableName.Catalog, run.Model.Schema, run.Model.Name,
        dbt.References.ToDictionary(name => name.Key, name => name.Value.ToString(), StringComparer.Ordinal),
        dbt.Sources.ToDictionary(name => name.Key, name => name.Value.ToString(), StringComparer.Ordinal),
        JsonNode.Parse(dbt.Config));

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
}

/// <summary>What <c>handover.json</c> says.</summary>
sealed record HandOverFile(
    string Model, string RunId, bool IsIncremental, HandedInterval? Interval, Dictionary<string, HandedTable> Tables,
    string Output, HandedDbt? Dbt);

/// <summary>The tables that dbt's names resolve to, by their names, and what is configured.</summary>
sealed record HandedDbt(
    string Database, string Schema, string Identifier, Dictionary<string, string> Refs,
    Dictionary<string, string> Sources, JsonNode? Config);

/// <summary>An interval, in ISO 8601, end not included.</summary>
sealed record HandedInterval(string Start, string End);

/// <summary>A table that is handed over.</summary>
sealed record HandedTable(string Path, string Format, IReadOnlyList<HandedColumn> Columns);

/// <summary>A column of it: its type in DuckDB's words, and how JSON holds it.</summary>
sealed record HandedColumn(string Name, string Type, string Kind);

[JsonSerializable(typeof(HandOverFile))]
[JsonSerializable(typeof(List<WrittenColumn>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
sealed partial class HandOverJson : JsonSerializerContext;

namespace Foz.Connectors.Files.Contents;

/// <summary>How the rows of a file are written.</summary>
public enum FileFormat
{
    /// <summary>Fields between commas (RFC 4180).</summary>
    Csv,

    /// <summary>Fields between tabs.</summary>
    Tsv,

    /// <summary>A JSON array of objects, or objects one after the other.</summary>
    Json,

    /// <summary>A JSON object a line.</summary>
    JsonLines,

    /// <summary>Apache Parquet.</summary>
    Parquet,

    /// <summary>Apache Avro's container files.</summary>
    Avro,

    /// <summary>A sheet of a workbook of Excel.</summary>
    Excel,

    /// <summary>XML.</summary>
    Xml,

    /// <summary>Lines whose fields have fixed places.</summary>
    Fixed,

    /// <summary>Each file is a row.</summary>
    Binary,
}

/// <summary>How a file is compressed.</summary>
enum Compression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>Zstandard (RFC 8878).</summary>
    Zstandard,
}

/// <summary>What the name of a file says about it.</summary>
static class FileNames
{
    static readonly Dictionary<string, FileFormat> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = FileFormat.Csv,
        [".tsv"] = FileFormat.Tsv,
        [".json"] = FileFormat.Json,
        [".jsonl"] = FileFormat.JsonLines,
        [".ndjson"] = FileFormat.JsonLines,
        [".parquet"] = FileFormat.Parquet,
        [".xml"] = FileFormat.Xml,
        [".avro"] = FileFormat.Avro,
        [".xlsx"] = FileFormat.Excel,
        [".xlsb"] = FileFormat.Excel,
        [".xls"] = FileFormat.Excel,
    };

    /// <summary>The compression that the extension names.</summary>
    public static Compression CompressionOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".gz" => Compression.Gzip,
        ".zst" => Compression.Zstandard,
        _ => Compression.None,
    };

    /// <summary>The format that the extension names, below that of the compression; null where it names none.</summary>
    public static FileFormat? FormatOf(string path)
    {
        var name = CompressionOf(path) == Compression.None ? path : Path.GetFileNameWithoutExtension(path);
        return Formats.TryGetValue(Path.GetExtension(name), out var format) ? format : null;
    }
}

using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Connectors.Files.Formats;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files;

/// <summary>Which files a stream is of.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Pattern">The pattern of their paths.</param>
/// <param name="Format">How their rows are written; null where the extension says it.</param>
sealed record FileStreamSettings(StreamDefinition Stream, string Pattern, FileFormat? Format)
{
    /// <summary>Settings that say which files are read and when, not how.</summary>
    static readonly string[] NotOfReader = ["path", "changed_files", "settle", "settle_max"];

    /// <summary>What happens to files that change after they were read.</summary>
    public ChangedFiles Changed { get; private init; }

    /// <summary>How long a file must have been unchanged before it is read.</summary>
    public TimeSpan Settle { get; private init; }

    /// <summary>How long a file whose last line has no end must have been unchanged before it is read.</summary>
    public TimeSpan SettleMax { get; private init; }

    /// <summary>A hash of all that says how rows are read, so that files which were read otherwise are known.</summary>
    public string Reader { get; } = HashOf(Stream);

    /// <summary>Whether a file consists of lines, as far as its name and the settings show.</summary>
    public bool HasLines(string path) =>
        (Format ?? FileNames.FormatOf(path)) is FileFormat.Csv or FileFormat.Tsv or FileFormat.JsonLines
            or FileFormat.Fixed && FileNames.CompressionOf(path) is Compression.None;

    /// <summary>What a stream is set to.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static FileStreamSettings Read(StreamDefinition stream)
    {
        var settings = stream.Settings;
        var pattern = Local(settings, "path", settings.RequiredText("path"));
        FileFormat? format = settings.Text("format") switch
        {
            null => null,
            "csv" => FileFormat.Csv,
            "tsv" => FileFormat.Tsv,
            "json" => FileFormat.Json,
            "jsonl" or "ndjson" => FileFormat.JsonLines,
            "parquet" => FileFormat.Parquet,
            "avro" => FileFormat.Avro,
            "excel" => FileFormat.Excel,
            "xml" => FileFormat.Xml,
            "fixed" => FileFormat.Fixed,
            "binary" => FileFormat.Binary,
            var text =>
                throw settings.Wrong(
                    "format", $"csv, tsv, json, jsonl, parquet, avro, excel, xml, fixed or binary, not '{text}'"),
        };
        if (format is FileFormat.Fixed) FixedField.Read(settings);
        CsvDialect.Read(settings, format ?? FileFormat.Csv);
        SheetRange.Read(settings);
        return new(stream, pattern, format)
        {
            Changed = settings.Text("changed_files") switch
            {
                null or "replace" => ChangedFiles.Replace,
                "fail" => ChangedFiles.Fail,
                "warn" => ChangedFiles.Warn,
                var text => throw settings.Wrong("changed_files", $"replace, fail or warn, not '{text}'"),
            },
            Settle = WaitOf(settings, "settle", FileSettling.SettleDefault),
            SettleMax = WaitOf(settings, "settle_max", FileSettling.SettleMaxDefault),
        };
    }

    /// <summary>The one format of all files.</summary>
    /// <exception cref="FozException">A file's extension says none, or another than the others.</exception>
    public FileFormat FormatOf(IEnumerable<SourceFile> files)
    {
        if (Format is { } stated) return stated;
        FileFormat? format = null;
        foreach (var file in files)
        {
            var own = FileNames.FormatOf(file.FullPath)
                ?? throw Unclear($"the format of file {file.Input.Path} does not follow from its name");
            if (format is not null && format != own)
                throw Unclear(
                    $"stream '{Stream.Name}' has files of several formats: {file.Input.Path} is {NameOf(own)}, and "
                        + $"others are {NameOf(format.Value)}");
            format = own;
        }
        return format ?? FileFormat.Csv;
    }

    static string HashOf(StreamDefinition stream)
    {
        var text = new StringBuilder();
        var names = stream.Settings.Names.Except(NotOfReader, StringComparer.Ordinal);
        foreach (var name in names.Order(StringComparer.Ordinal))
            text.Append(name).Append('\0').AppendJoin('\0', stream.Settings.Words(name)).Append('\n');
        foreach (var (name, type) in stream.Columns.OrderBy(column => column.Key, StringComparer.Ordinal))
            text.Append(name).Append('\0').Append(type).Append('\n');
        text.AppendJoin('\0', stream.ColumnNames);
        var hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString()));
        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>A path that is no address of something elsewhere.</summary>
    public static string Local(Settings settings, string name, string path) =>
        path.Contains("://", StringComparison.Ordinal)
            ? throw settings.Wrong(name, $"a path below that of the connection, not '{path}'")
            : path;

    static TimeSpan WaitOf(Settings settings, string name, TimeSpan otherwise) =>
        settings.Text(name) is "0" ? TimeSpan.Zero : settings.Duration(name, otherwise);

    static string NameOf(FileFormat format) => format switch
    {
        FileFormat.Csv => "CSV",
        FileFormat.Tsv => "TSV",
        FileFormat.Json => "JSON",
        FileFormat.JsonLines => "JSON lines",
        FileFormat.Xml => "XML",
        _ => $"{format}",
    };

    FozException Unclear(string message) => new(ErrorKind.Configuration, message)
    {
        Place = Stream.Settings.PlaceOf("path"),
        Hint = "set `format`, or narrow `path` to files of one format",
    };
}

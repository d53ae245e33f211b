using Foz.Core.Configuration;

namespace Foz.Core.Connectors.Files;

/// <summary>Files of the local file system: CSV, TSV, JSON, JSON lines and Parquet.</summary>
public sealed class FilesConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "files";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } =
    [
        new("path", "The folder that the paths of streams start from, relative to the project; by default the project"),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("path", "The files: a path with *, ?, ** and {a,b}, relative to the connection's folder") { IsRequired = true },
        new("format", "How rows are written; by default as the extension says")
        {
            Values = ["csv", "tsv", "json", "jsonl", "parquet"],
        },
        new("delimiter", "CSV: the character between fields; by default a comma, or a tabulator in TSV"),
        new("header", "CSV: whether the first row names the columns; by default true") { Values = ["true", "false"] },
        new("quote", "CSV: the character around fields; empty for none; by default \""),
        new("escape", "CSV: the character in front of a quote inside of quotes; by default the quote itself"),
        new("null_values", "CSV: texts without quotes that are null, besides the empty one"),
        new("skip_rows", "CSV: lines to pass over at the start of each file; by default 0"),
        new("encoding", "CSV and JSON: such as latin1 or windows-1252; by default utf-8, or utf-16 with a byte-order mark"),
    ];

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Incremental;

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) => new FilesSource(source, projectFolder);
}

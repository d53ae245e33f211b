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
        new("path", "the folder that paths of streams start from, relative to the project") { Default = "the project" },
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("path", "the files: `*` any characters of a name, `?` one, `**` any folders, `{a,b}` either") { IsRequired = true },
        new("format", "how rows are written")
        {
            Values = ["csv", "tsv", "json", "jsonl", "parquet"], Default = "as the extension says",
        },
        new("delimiter", "CSV: the character between fields; `tab` stands for a tabulator")
        {
            Default = "a comma; in TSV a tabulator",
        },
        new("header", "CSV: whether the first row names the columns") { Values = ["true", "false"], Default = "`true`" },
        new("quote", "CSV: the character around fields; `''` for none") { Default = "`\"`" },
        new("escape", "CSV: the character in front of a quote inside of quotes") { Default = "the quote itself" },
        new("null_values", "CSV: texts without quotes that are null, besides the empty one"),
        new("skip_rows", "CSV: lines to pass over at the start of each file") { Default = "0" },
        new("encoding", "CSV and JSON: such as `latin1` or `windows-1252`")
        {
            Default = "UTF-8; with a byte-order mark, UTF-16",
        },
    ];

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Incremental;

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) => new FilesSource(source, projectFolder);
}

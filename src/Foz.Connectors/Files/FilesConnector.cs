using Foz.Connectors.Files.Sftp;
using Foz.Lake.Configuration;
using Foz.Storage.Addresses;

namespace Foz.Connectors.Files;

/// <summary>
/// Files of the local file system, of an SFTP server or of an object store: CSV, TSV, JSON, JSON lines, Parquet, Avro,
/// Excel, XML, fixed width, and any as bytes.
/// </summary>
/// <param name="clock">Times tries again.</param>
sealed class FilesConnector(TimeProvider clock) : IConnector
{
    /// <inheritdoc/>
    public string Type => "files";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } =
    [
        new("path",
            "the folder that paths of streams start from, relative to the project, or an address: `s3://…`, `gs://…`, "
                + "`abfss://…`, `sftp://user@host:port/path`")
        {
            Default = "the project",
        },
        .. ObjectStores.Settings.Select(s =>
            new SettingSpec(s.Name, $"of an address: {s.Description}") { IsSecret = s.IsSecret }),
        .. SftpOptions.Settings,
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("path", "the files: `*` any characters of a name, `?` one, `**` any folders, `{a,b}` either")
        {
            IsRequired = true,
        },
        new("format", "how rows are written")
        {
            Values = ["csv", "tsv", "json", "jsonl", "parquet", "avro", "excel", "xml", "fixed", "binary"],
            Default = "as the extension says",
        },
        new("delimiter", "CSV: the character between fields; `tab` for a tabulator")
        {
            Default = "a comma; in TSV a tabulator",
        },
        new("header", "CSV and Excel: whether the first row names the columns")
        {
            Values = ["true", "false"], Default = "`true`",
        },
        new("quote", "CSV: the character around fields; `''` for none") { Default = "`\"`" },
        new("escape",
            "CSV: the character in front of a quote inside of quotes; another than the quote counts outside too")
        {
            Default = "the quote itself",
        },
        new("null_values", "CSV: texts without quotes that are null, besides the empty one"),
        new("skip_rows", "CSV and Excel: lines to pass over at the start of each file, or rows of the range")
        {
            Default = "0",
        },
        new("sheet", "Excel: the sheet, by its name or its number from 1") { Default = "the first" },
        new("range", "Excel: the cells, such as `B3:F`, `A4:H100` or `C5`") { Default = "all of the sheet" },
        new("records", "XML: the elements that are rows, below the root: `orders.order`")
        {
            Default = "all directly below it",
        },
        new("widths", "fixed width: columns with their characters, from 1: `{id: 1-10, name: 11-40}`"),
        new("encoding", "CSV, JSON and fixed width: such as `latin1` or `windows-1252`")
        {
            Default = "UTF-8; with a byte-order mark, UTF-16",
        },
        new("changed_files", "incremental: what happens to a file that changed after it was read")
        {
            Values = ["replace", "fail", "warn"], Default = "`replace`",
        },
        new("settle",
            "how long a file must have been as it is before `foz run` reads it; `0` in an environment with a `base`")
        {
            Default = "`5s`",
        },
        new("settle_max", "the same for a file whose last line has no line end; `0` in an environment with a `base`")
        {
            Default = "`1m`",
        },
    ];

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Incremental;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream) => FileStreamSettings.Read(stream);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) => new FilesSource(source, projectFolder, clock);
}

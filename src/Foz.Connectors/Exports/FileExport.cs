using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Connectors.Exports;

/// <summary>Writes rows to a file of the project's machine, which is there whole or as it was.</summary>
public sealed class FileExport : IExportTarget
{
    const string FormatSetting = "format";

    /// <inheritdoc/>
    public SettingSpec Address { get; } =
        new("file",
            "a file, below the project or with its whole path: replaced whole by all rows, and no other model's");

    /// <inheritdoc/>
    public string? ConnectionType => null;

    /// <inheritdoc/>
    public IReadOnlyList<ExportMode> Modes { get; } = [ExportMode.Replace];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new(FormatSetting, "how a file is written")
        {
            Values = ["csv", "jsonl", "parquet"], Default = "as its name says",
        },
    ];

    /// <inheritdoc/>
    public void Validate(ExportDefinition export, string projectFolder)
    {
        if (FormatOf(export) is null)
            throw new FozException(ErrorKind.Configuration, "the format of the file cannot be told by its name")
            {
                Place = export.Settings.PlaceOf(export.Key), Hint = "set format to csv, jsonl or parquet",
            };
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(projectFolder)) + Path.DirectorySeparatorChar;
        if (!Path.IsPathRooted(export.Address)
            && !PathOf(export, projectFolder).StartsWith(folder, StringComparison.Ordinal))
            throw new FozException(ErrorKind.Configuration, $"the file '{export.Address}' is outside of the project")
            {
                Place = export.Place, Hint = "write a path below it, or all of the path from the root on",
            };
    }

    /// <inheritdoc/>
    public string? FindOwned(ExportDefinition export, string projectFolder) => PathOf(export, projectFolder);

    /// <inheritdoc/>
    public Task<long> WriteAsync(OpenExport export, ExportRows rows, CancellationToken cancellationToken) =>
        Task.FromResult(Write(export.Definition, rows, export.ProjectFolder, cancellationToken));

    static long Write(
        ExportDefinition export, ExportRows rows, string projectFolder, CancellationToken cancellationToken)
    {
        var path = PathOf(export, projectFolder);
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var (sql, options) = FormatOf(export) switch
            {
                "csv" => (rows.Sql, "FORMAT csv, HEADER true"),
                "jsonl" => (rows.ForJson(rows.Sql), "FORMAT json, ARRAY false"),
                _ => (rows.Sql, "FORMAT parquet"),
            };
            var count = rows.Session.Execute(
                $"COPY ({sql}) TO {SqlText.Literal(temporary)} ({options})", cancellationToken);
            File.Move(temporary, path, overwrite: true);
            return count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"{export.Address} cannot be written: {e.Message}", e)
            {
                Place = export.Place,
            };
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    static string PathOf(ExportDefinition export, string projectFolder) =>
        Path.GetFullPath(export.Address, projectFolder);

    /// <summary>The format that is stated, or that the name says; null where neither is.</summary>
    static string? FormatOf(ExportDefinition export) =>
        export.Settings.Text(FormatSetting) ?? Path.GetExtension(export.Address).ToLowerInvariant() switch
        {
            ".csv" => "csv",
            ".jsonl" or ".ndjson" => "jsonl",
            ".parquet" => "parquet",
            _ => null,
        };
}

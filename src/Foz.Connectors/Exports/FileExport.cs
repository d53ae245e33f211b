using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;
using Foz.Storage;

namespace Foz.Connectors.Exports;

/// <summary>
/// Writes rows to a file of the project's machine, which is replaced whole or stays unchanged. They are written next to
/// it under a name with the epoch, and the new file then replaces the old one. A run that took over deletes such names
/// of earlier epochs after it has recorded its own epoch in the lake. The run that wrote them checks the lake before it
/// renames: one of the two always stops it.
/// </summary>
sealed class FileExport : IExportTarget
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
            throw new FozException(ErrorKind.Configuration, "the format of the file does not follow from its name")
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
    public async Task<ExportOutcome> WriteAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        var definition = export.Definition;
        var path = PathOf(definition, export.ProjectFolder);
        var temporary = string.Create(
            CultureInfo.InvariantCulture,
            $"{path}.{rows.Fence.Epoch}.{Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal)}.tmp");
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            DeleteEarlier(folder, Path.GetFileName(path), rows.Fence.Epoch);
            var (sql, options) = FormatOf(definition) switch
            {
                "csv" => (rows.Sql, "FORMAT csv, HEADER true"),
                "jsonl" => (rows.ForJson(rows.Sql), "FORMAT json, ARRAY false"),
                _ => (rows.Sql, "FORMAT parquet"),
            };
            var count = rows.Session.Execute(
                $"COPY ({sql}) TO {SqlText.Literal(temporary)} ({options})", cancellationToken);
            Failpoint.Hit("export.file-written");
            if (!await rows.Fence.IsHeldAsync(cancellationToken)) return new ExportOutcome.Overtaken(Epoch: null);
            Failpoint.Hit("export.file-checked");
            File.Move(temporary, path, overwrite: true);
            return new ExportOutcome.Written(count);
        }
        catch (FileNotFoundException)
        {
            // The run that took over deleted it.
            return new ExportOutcome.Overtaken(Epoch: null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"{definition.Address} cannot be written: {e.Message}", e)
            {
                Place = definition.Place,
            };
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Deletes what runs with earlier epochs wrote and did not rename.</summary>
    static void DeleteEarlier(string folder, string file, long epoch)
    {
        foreach (var name in Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>())
            if (name.StartsWith(file + ".", StringComparison.Ordinal)
                && name[(file.Length + 1)..].Split('.') is [var earlier, _, "tmp"]
                && long.TryParse(earlier, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number < epoch)
                File.Delete(Path.Combine(folder, name));
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

using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.Connectors.Exports;

/// <summary>Writes rows to a file, which is there whole or as it was.</summary>
public static class FileExport
{
    /// <summary>Writes them.</summary>
    public static long Run(ExportDefinition.ToFile target, ExportRows rows, string projectFolder, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(target.Path, projectFolder);
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var (sql, options) = target.Format switch
            {
                ExportFormat.Csv => (rows.Sql, "FORMAT csv, HEADER true"),
                ExportFormat.JsonLines => (rows.ForJson(rows.Sql), "FORMAT json, ARRAY false"),
                _ => (rows.Sql, "FORMAT parquet"),
            };
            var count = rows.Session.Execute($"COPY ({sql}) TO {SqlText.Literal(temporary)} ({options})", cancellationToken);
            File.Move(temporary, path, overwrite: true);
            return count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FozException(ErrorKind.Storage, $"{target.Path} cannot be written: {e.Message}", e) { Place = target.Place };
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

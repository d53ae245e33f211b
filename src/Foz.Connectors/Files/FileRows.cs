using System.Diagnostics;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Connectors.Files.Formats;
using Foz.Connectors.Files.Json;
using Foz.Lake.Engine;

namespace Foz.Connectors.Files;

/// <summary>Reads a batch of local files, whatever their format.</summary>
static class FileRows
{
    /// <summary>Starts reading.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="files">The files.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static StreamRows Read(
        StreamDefinition stream, IReadOnlyList<SourceFile> files, ReadContext context,
        CancellationToken cancellationToken)
    {
        var settings = FileStreamSettings.Read(stream);
        using var session = context.Engine.Open(Workload.Ingestion);
        var columns = new FileColumns(
            context.TableFields, FileColumns.ReadDeclared(stream, session), context.Widen);
        var format = settings.FormatOf(files);
        StreamRows rows = format switch
        {
            FileFormat.Csv or FileFormat.Tsv => CsvBatch.Read(
                files, CsvDialect.Read(stream.Settings, format) with { Names = stream.ColumnNames }, columns, context,
                cancellationToken),
            FileFormat.Json or FileFormat.JsonLines =>
                JsonBatch.Read(files, stream, format, columns, context, cancellationToken),
            FileFormat.Parquet => ParquetBatch.Read(files, columns, context, session, cancellationToken),
            FileFormat.Binary => BinaryBatch.Read(files),
            FileFormat.Avro => ParquetBatch.Read(
                AvroRows.ToParquet(files, context, cancellationToken), columns, context, session, cancellationToken,
                "avro"),
            FileFormat.Xml or FileFormat.Fixed or FileFormat.Excel => Converted(),
            _ => throw new UnreachableException(),
        };
        rows.MissingColumns = columns.Missing;
        return rows;

        StreamRows Converted()
        {
            var (converted, warnings) = ConvertedFiles.ToJsonLines(files, format, stream, context, cancellationToken);
            return JsonBatch.Read(
                converted, stream, FileFormat.JsonLines, columns, context, cancellationToken, warnings,
                format is FileFormat.Xml);
        }
    }
}

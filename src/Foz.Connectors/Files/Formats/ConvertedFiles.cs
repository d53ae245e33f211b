using System.Text;
using System.Text.Json;
using System.Xml;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files.Formats;

/// <summary>Writes files of other formats as JSON lines into the batch's work folder, to be read as such.</summary>
static class ConvertedFiles
{
    /// <summary>The files, each in the place of the original, and what the user should know of them.</summary>
    /// <exception cref="FozException">A file is not of its format, or a setting is wrong.</exception>
    public static (IReadOnlyList<SourceFile> Files, IReadOnlyList<Warning> Warnings) ToJsonLines(
        IReadOnlyList<SourceFile> files, FileFormat format, StreamDefinition stream, ReadContext context,
        CancellationToken cancellationToken)
    {
        var warnings = new System.Collections.Concurrent.ConcurrentDictionary<string, Warning>(StringComparer.Ordinal);
        var widths = format is FileFormat.Fixed ? FixedField.Read(stream.Settings) : [];
        var sheet = format is FileFormat.Excel ? SheetRange.Read(stream.Settings) : null;
        var converted = files.Select((file, i) => file with
        {
            FullPath = Path.Combine(context.WorkFolder, $"converted-{i}.jsonl"),
            Meter = null,
        }).ToList();
        FileWork.ForEach(files.Zip(converted), context, pair =>
        {
            using var target = new FileStream(pair.Second.FullPath, FileMode.CreateNew, FileAccess.Write);
            using var source = FileStreams.OpenText(
                pair.First, format is FileFormat.Fixed ? CsvDialect.ReadEncoding(stream.Settings) : null);
            try
            {
                if (sheet is not null)
                {
                    if (ExcelRows.Write(pair.First, source, sheet, target, cancellationToken) is { } warning)
                        warnings[pair.First.Input.Path] = warning;
                }
                else if (format is FileFormat.Xml)
                    WriteXml(source, stream.Settings.Text("records") ?? "", target, cancellationToken);
                else WriteFixed(source, widths, target, cancellationToken);
            }
            catch (XmlException e)
            {
                throw new FozException(ErrorKind.Source, $"file {pair.First.Input.Path} is not XML: {e.Message}", e);
            }
            catch (Exception e) when (FileStreams.IsReadError(e))
            {
                throw FileStreams.Error(pair.First, e);
            }
        }, cancellationToken);
        return (converted, [.. warnings.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => w.Value)]);
    }

    static void WriteXml(Stream source, string path, FileStream target, CancellationToken cancellationToken)
    {
        foreach (var row in XmlRows.Read(source, path))
        {
            cancellationToken.ThrowIfCancellationRequested();
            target.Write(Encoding.UTF8.GetBytes(row.ToJsonString()));
            target.Write("\n"u8);
        }
    }

    static void WriteFixed(
        Stream source, IReadOnlyList<FixedField> fields, FileStream target, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(source, Encoding.UTF8);
        using var json = new Utf8JsonWriter(target);
        while (reader.ReadLine() is { } line)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (line.Trim().Length == 0) continue;
            json.WriteStartObject();
            foreach (var field in fields)
            {
                var value = line.Length < field.Start
                    ? ""
                    : line.Substring(field.Start - 1, Math.Min(field.Length, line.Length - field.Start + 1)).Trim();
                if (value.Length == 0) json.WriteNull(field.Name);
                else json.WriteString(field.Name, value);
            }
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            target.Write("\n"u8);
        }
    }
}

/// <summary>A field of lines whose fields have fixed places.</summary>
/// <param name="Name">Its column.</param>
/// <param name="Start">Its first character, from 1.</param>
/// <param name="Length">How many characters it has.</param>
readonly record struct FixedField(string Name, int Start, int Length)
{
    const string Setting = "widths";

    /// <summary>Reads <c>widths</c>: names with places such as <c>1-10</c>.</summary>
    /// <exception cref="FozException">It is not set, or a place is none.</exception>
    public static IReadOnlyList<FixedField> Read(Settings settings)
    {
        var places = settings.Map(Setting);
        if (places.Count == 0)
            throw settings.Wrong(
                Setting, "set for fixed width: columns with their characters, such as {id: 1-10, name: 11-40}");
        return
        [
            .. places.Select(place =>
                place.Value.Split('-') is [var first, var last] && int.TryParse(first, out var start)
                    && int.TryParse(last, out var end) && start >= 1 && end >= start
                        ? new FixedField(place.Key, start, end - start + 1)
                        : throw settings.Wrong(Setting, $"places such as 1-10, not '{place.Value}' of {place.Key}")),
        ];
    }
}

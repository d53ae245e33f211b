using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Foz.Core.Connectors.Files;

/// <summary>
/// Finds the cells of a sheet that are errors, such as <c>#N/A</c>, which the library gives as cells without a value. It looks into
/// workbooks of Office Open XML (ECMA-376, part 1, 18.3.1.4); the binary ones, <c>.xls</c> and <c>.xlsb</c>, are passed over.
/// </summary>
static class ExcelErrors
{
    const int ShownMax = 5;
    const string Workbook = "xl/workbook.xml", Relations = "xl/_rels/workbook.xml.rels";
    const string OfRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    static readonly XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, IgnoreWhitespace = true };

    /// <summary>Says which cells are errors; null where none is.</summary>
    /// <param name="file">The workbook.</param>
    /// <param name="workbook">It, open; it can seek.</param>
    /// <param name="sheet">The sheet's name.</param>
    /// <param name="range">The cells that are read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static Warning? Find(SourceFile file, Stream workbook, string sheet, SheetRange range, CancellationToken cancellationToken)
    {
        Span<byte> mark = stackalloc byte[2];
        workbook.Position = 0;
        if (workbook.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length || !mark.SequenceEqual("PK"u8)) return null;
        workbook.Position = 0;
        using var archive = new ZipArchive(workbook, ZipArchiveMode.Read, leaveOpen: true);
        if (PartOf(archive, sheet) is not { } part) return null;
        var (count, shown) = (0L, new List<string>());
        using var stream = part.Open();
        using var reader = XmlReader.Create(stream, settings);
        foreach (var (cell, text) in Errors(reader, range, cancellationToken))
            if (++count <= ShownMax) shown.Add($"{cell} ({text})");
        return count == 0 ? null : new(
            $"file {file.Input.Path}, sheet '{sheet}': {count:N0} {(count == 1 ? "cell is an error and arrives" : "cells are errors and arrive")} as null: "
            + string.Join(", ", shown) + (count > ShownMax ? ", …" : ""),
            "correct the workbook, or narrow 'range'");
    }

    static ZipArchiveEntry? PartOf(ZipArchive archive, string sheet)
    {
        if (archive.GetEntry(Workbook) is not { } workbook || archive.GetEntry(Relations) is not { } relations) return null;
        var id = Elements(workbook, "sheet").FirstOrDefault(e => e.GetValueOrDefault("name") == sheet)?.GetValueOrDefault("id");
        var target = Elements(relations, "Relationship").FirstOrDefault(e => e.GetValueOrDefault("Id") == id)?.GetValueOrDefault("Target");
        return target is null ? null : archive.GetEntry(target.StartsWith('/') ? target[1..] : $"xl/{target}");
    }

    /// <summary>The attributes of all elements of a name; of namespaces only the one of relations counts.</summary>
    static List<Dictionary<string, string>> Elements(ZipArchiveEntry part, string name)
    {
        var found = new List<Dictionary<string, string>>();
        using var stream = part.Open();
        using var reader = XmlReader.Create(stream, settings);
        while (reader.Read())
        {
            if (reader.NodeType is not XmlNodeType.Element || reader.LocalName != name) continue;
            var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
            while (reader.MoveToNextAttribute())
                if (reader.NamespaceURI is "" or OfRelations) attributes[reader.LocalName] = reader.Value;
            found.Add(attributes);
        }
        return found;
    }

    static IEnumerable<(string Cell, string Text)> Errors(XmlReader reader, SheetRange range, CancellationToken cancellationToken)
    {
        // Rows and cells may leave out where they are: then they follow the one before.
        var (row, column) = (-1, -1);
        string? cell = null;
        var first = range.FirstRow + (range.HasHeader ? 1 : 0);
        while (reader.Read())
        {
            if (reader.NodeType is not XmlNodeType.Element) continue;
            switch (reader.LocalName)
            {
                case "row":
                    cancellationToken.ThrowIfCancellationRequested();
                    row = int.TryParse(reader.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number - 1 : row + 1;
                    column = -1;
                    break;
                case "c":
                    var stated = reader.GetAttribute("r");
                    column = stated is not null && SheetRange.Cell(stated)?.Column is { } at ? at : column + 1;
                    var isMeant = reader.GetAttribute("t") == "e" && row >= first && row <= (range.LastRow ?? int.MaxValue)
                        && column >= range.FirstColumn && column <= (range.LastColumn ?? int.MaxValue);
                    cell = isMeant ? stated ?? FormattableString.Invariant($"row {row + 1}, column {column + 1}") : null;
                    break;
                case "v" when cell is not null && reader.Read() && reader.NodeType is XmlNodeType.Text:
                    yield return (cell, reader.Value);
                    cell = null;
                    break;
            }
        }
    }
}

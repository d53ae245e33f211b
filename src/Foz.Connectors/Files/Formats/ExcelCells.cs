using System.Globalization;
using System.IO.Compression;
using System.Xml;
using Foz.Connectors.Files.Contents;
using Foz.Lake;

namespace Foz.Connectors.Files.Formats;

/// <summary>
/// What the library does not give of a sheet's cells: which are errors, such as <c>#N/A</c>, and the digits of numbers
/// that have more than a double holds. Read from workbooks of Office Open XML (ECMA-376, part 1, 18.3.1.4); the binary
/// ones, <c>.xls</c> and <c>.xlsb</c>, hold doubles themselves, and are passed over.
/// </summary>
/// <param name="Errors">Says which cells are errors; null where none is.</param>
/// <param name="Digits">The texts of such numbers by row and column, from 0.</param>
sealed record ExcelCells(Warning? Errors, IReadOnlyDictionary<(int Row, int Column), string> Digits)
{
    const int ShownMax = 5;
    // So many digits distinguish every whole number, and every other number as Excel writes it.
    const int WholeDigitsMax = 15, DigitsMax = 17;
    const string Error = "e", Number = "n";
    static readonly ExcelCells none = new(null, new Dictionary<(int, int), string>());
    const string Workbook = "xl/workbook.xml", Relations = "xl/_rels/workbook.xml.rels";
    const string OfRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    static readonly XmlReaderSettings settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, IgnoreWhitespace = true,
    };

    /// <summary>Examines the cells of a sheet.</summary>
    /// <param name="file">The workbook.</param>
    /// <param name="workbook">The open workbook; it can seek.</param>
    /// <param name="sheet">The sheet's name.</param>
    /// <param name="range">The cells that are read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static ExcelCells Read(
        SourceFile file, Stream workbook, string sheet, SheetRange range, CancellationToken cancellationToken)
    {
        Span<byte> mark = stackalloc byte[2];
        workbook.Position = 0;
        if (workbook.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length
            || !mark.SequenceEqual("PK"u8))
            return none;
        workbook.Position = 0;
        using var archive = new ZipArchive(workbook, ZipArchiveMode.Read, leaveOpen: true);
        if (PartOf(archive, sheet) is not { } part) return none;
        var (count, shown, digits) = (0L, new List<string>(), new Dictionary<(int, int), string>());
        using var stream = part.Open();
        using var reader = XmlReader.Create(stream, settings);
        foreach (var cell in Cells(reader, range, cancellationToken))
            if (cell.Type is Number)
            {
                if (IsCut(cell.Text)) digits[(cell.Row, cell.Column)] = cell.Text;
            }
            else if (++count <= ShownMax) shown.Add($"{cell.Name} ({cell.Text})");
        var errors = count == 0 ? null : new Warning(
            $"file {file.Input.Path}, sheet '{sheet}': {count:N0} "
                + $"{(count == 1 ? "cell is an error and arrives" : "cells are errors and arrive")} as null: "
            + string.Join(", ", shown) + (count > ShownMax ? ", …" : ""),
            "correct the workbook, or narrow 'range'");
        return new(errors, digits);
    }

    /// <summary>Whether a number has more digits than a double is sure to hold.</summary>
    static bool IsCut(ReadOnlySpan<char> text)
    {
        var mantissa = text.IndexOfAny('e', 'E') is >= 0 and var exponent ? text[..exponent] : text;
        var isWhole = mantissa.Length == text.Length && !text.Contains('.');
        var count = 0;
        foreach (var c in mantissa.TrimStart("+-0."))
            if (char.IsAsciiDigit(c)) count++;
        return count > (isWhole ? WholeDigitsMax : DigitsMax);
    }

    static ZipArchiveEntry? PartOf(ZipArchive archive, string sheet)
    {
        if (archive.GetEntry(Workbook) is not { } workbook || archive.GetEntry(Relations) is not { } relations)
            return null;
        var id = Elements(
            workbook, "sheet").FirstOrDefault(e => e.GetValueOrDefault("name") == sheet)?.GetValueOrDefault("id");
        var target = Elements(
            relations,
            "Relationship").FirstOrDefault(e => e.GetValueOrDefault("Id") == id)?.GetValueOrDefault("Target");
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

    /// <summary>The cells that are errors or numbers.</summary>
    static IEnumerable<Cell> Cells(XmlReader reader, SheetRange range, CancellationToken cancellationToken)
    {
        // Rows and cells may leave out where they are: then they follow the one before.
        var (row, column) = (-1, -1);
        (string? Type, string? Stated) cell = default;
        var first = range.FirstRow + (range.HasHeader ? 1 : 0);
        while (reader.Read())
        {
            if (reader.NodeType is not XmlNodeType.Element) continue;
            switch (reader.LocalName)
            {
                case "row":
                    cancellationToken.ThrowIfCancellationRequested();
                    row = int.TryParse(
                        reader.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture,
                        out var number) ? number - 1 : row + 1;
                    column = -1;
                    break;
                case "c":
                    var stated = reader.GetAttribute("r");
                    column = stated is not null && SheetRange.Cell(stated)?.Column is { } at ? at : column + 1;
                    var type = reader.GetAttribute("t") ?? Number;
                    var isMeant = type is Error or Number && row >= first && row <= (range.LastRow ?? int.MaxValue)
                        && column >= range.FirstColumn && column <= (range.LastColumn ?? int.MaxValue);
                    cell = isMeant ? (type, stated) : default;
                    break;
                case "v" when cell.Type is not null && reader.Read() && reader.NodeType is XmlNodeType.Text:
                    yield return new(row, column, cell.Stated, cell.Type, reader.Value);
                    cell = default;
                    break;
            }
        }
    }

    /// <summary>A cell with a value.</summary>
    readonly record struct Cell(int Row, int Column, string? Stated, string Type, string Text)
    {
        public string Name => Stated ?? FormattableString.Invariant($"row {Row + 1}, column {Column + 1}");
    }
}

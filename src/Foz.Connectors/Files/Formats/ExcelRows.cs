using System.Globalization;
using System.Text;
using System.Text.Json;
using ExcelDataReader;
using ExcelDataReader.Exceptions;
using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Files.Formats;

/// <summary>The cells of a workbook that are rows.</summary>
/// <param name="Sheet">The sheet's name, or its number from 1; null for the first.</param>
/// <param name="FirstRow">The first row, from 0.</param>
/// <param name="LastRow">The last row; null for the last of the sheet.</param>
/// <param name="FirstColumn">The first column, from 0.</param>
/// <param name="LastColumn">The last column; null for the last of the sheet.</param>
/// <param name="HasHeader">Whether the first row names the columns.</param>
sealed record SheetRange(string? Sheet, int FirstRow, int? LastRow, int FirstColumn, int? LastColumn, bool HasHeader)
{
    const string Setting = "range";
    const int RowsMax = 1 << 20;
    const int ColumnsMax = 1 << 14;

    /// <summary>What a stream is set to.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static SheetRange Read(Settings settings)
    {
        var stated = settings.Text(Setting);
        var parts = stated?.Split(':') ?? [];
        var (first, last) =
            (parts.Length > 0 ? Cell(parts[0]) : (0, 0), parts.Length > 1 ? Cell(parts[1]) : (null, null));
        if (parts.Length > 2 || first is null || last is null || first.Value.Column is null
            || last.Value.Row < (first.Value.Row ?? 0) || last.Value.Column < first.Value.Column)
            throw settings.Wrong(Setting, $"cells such as B3:F, A4:H100 or C5, not '{stated}'");
        var skipped = (int)Math.Min(settings.Integer("skip_rows") ?? 0, RowsMax);
        return new(
            settings.Text("sheet"), (first.Value.Row ?? 0) + skipped, last.Value.Row, first.Value.Column.Value,
            last.Value.Column,
            settings.Flag("header", otherwise: true));
    }

    /// <summary>A cell such as <c>B3</c>, or a column without a row; null where it is none.</summary>
    public static (int? Row, int? Column)? Cell(string text)
    {
        var letters = text.TakeWhile(char.IsAsciiLetter).Take(4).ToList();
        var column = letters.Aggregate(0, (sum, c) => sum * 26 + char.ToUpperInvariant(c) - 'A' + 1);
        var digits = text[letters.Count..];
        if (letters.Count == 0 || column > ColumnsMax) return null;
        if (digits.Length == 0) return (null, column - 1);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            && row is >= 1 and <= RowsMax
            ? (row - 1, column - 1) : null;
    }
}

/// <summary>
/// Rows of Excel as JSON lines, each value a text: numbers with all their digits, dates and times in ISO form,
/// <c>true</c> and <c>false</c>. An error such as <c>#N/A</c> is no value, and is reported. Rows without any value are
/// skipped.
/// </summary>
static class ExcelRows
{
    /// <summary>Writes the rows of a workbook.</summary>
    /// <param name="file">The workbook.</param>
    /// <param name="source">It, open.</param>
    /// <param name="range">Which cells.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>That cells are errors; null where none is.</returns>
    /// <exception cref="FozException">It is no workbook, or does not have the sheet.</exception>
    public static Warning? Write(
        SourceFile file, Stream source, SheetRange range, FileStream target, CancellationToken cancellationToken)
    {
        Warning? warning = null;
        Guard(file, source, (reader, workbook) =>
        {
            var names = Start(file, reader, range);
            var cells = ExcelCells.Read(file, workbook, reader.Name, range, cancellationToken);
            warning = cells.Errors;
            if (names is not null) WriteRows(names, cells, reader, range, target, cancellationToken);
        });
        return warning;
    }

    static void WriteRows(
        List<string> names, ExcelCells cells, IExcelDataReader reader, SheetRange range, FileStream target,
        CancellationToken cancellationToken)
    {
        using var json = new Utf8JsonWriter(target);
        for (var row = range.FirstRow + (range.HasHeader ? 1 : 0); row <= (range.LastRow ?? int.MaxValue); row++)
        {
            if (!reader.Read()) return;
            cancellationToken.ThrowIfCancellationRequested();
            var values = names.Select((_, i) => range.FirstColumn + i)
                .Select(column => Text(reader, column, cells.Digits.GetValueOrDefault((row, column)))).ToList();
            if (values.TrueForAll(value => value is null)) continue;
            json.WriteStartObject();
            foreach (var (name, value) in names.Zip(values)) json.WriteString(name, value);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            target.Write("\n"u8);
        }
    }

    /// <summary>The columns of the first sheet.</summary>
    /// <exception cref="FozException">It is no workbook.</exception>
    public static IReadOnlyList<string> Names(SourceFile file)
    {
        IReadOnlyList<string> names = [];
        using var source = FileStreams.Open(file);
        Guard(file, source, (reader, _) => names = Start(file, reader, SheetRange.Read(Settings.Empty)) ?? []);
        return names;
    }

    /// <summary>Moves to the range, after its header.</summary>
    /// <returns>The names of its columns; null if the range is empty.</returns>
    static List<string>? Start(SourceFile file, IExcelDataReader reader, SheetRange range)
    {
        GoTo(file, reader, range.Sheet);
        for (var row = 0; row < range.FirstRow; row++)
            if (!reader.Read()) return null;
        var count = Math.Min(reader.FieldCount, range.LastColumn + 1 ?? int.MaxValue) - range.FirstColumn;
        if (count <= 0) return null;
        if (!range.HasHeader) return [.. Enumerable.Range(1, count).Select(i => $"column{i}")];
        if (!reader.Read()) return null;
        var names = new List<string>();
        foreach (var i in Enumerable.Range(0, count))
        {
            var stated = Text(reader, range.FirstColumn + i)?.Trim() is { Length: > 0 } text ? text : $"column{i + 1}";
            var name = stated;
            for (var number = 1; names.Contains(name, StringComparer.OrdinalIgnoreCase); number++)
                name = $"{stated}_{number}";
            names.Add(name);
        }
        return names;
    }

    static void GoTo(SourceFile file, IExcelDataReader reader, string? sheet)
    {
        if (sheet is null) return;
        var names = new List<string>();
        do
        {
            names.Add(reader.Name);
            if (string.Equals(reader.Name, sheet, StringComparison.OrdinalIgnoreCase)) return;
        }
        while (reader.NextResult());
        reader.Reset();
        if (int.TryParse(sheet, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            && number <= names.Count)
        {
            for (var at = 1; at < number; at++) reader.NextResult();
            return;
        }
        throw new FozException(ErrorKind.NotFound, $"file {file.Input.Path} has no sheet '{sheet}'")
        {
            Hint = NearestName.Hint(sheet, names),
        };
    }

    /// <summary>The text of a cell.</summary>
    /// <param name="reader">The row.</param>
    /// <param name="column">The column, from 0.</param>
    /// <param name="digits">What the file has of a number with more digits than a double; null for none.</param>
    static string? Text(IExcelDataReader reader, int column, string? digits = null)
    {
        if (column >= reader.FieldCount) return null;
        return reader.GetValue(column) switch
        {
            null => null,
            string text => text.Length == 0 ? null : text,
            bool flag => flag ? "true" : "false",
            double or int when digits is not null => digits,
            // The digits that Excel keeps: fifteen, and more only where they distinguish two numbers.
            double number =>
                number.ToString(
                    Math.Abs(number) < 1e15 && Math.Floor(number) == number ? "F0" : "R", CultureInfo.InvariantCulture),
            // A time alone is a part of a day to Excel, whose first day is 1900-01-01.
            DateTime { Year: < 1900 } time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            DateTime { TimeOfDay.Ticks: 0 } day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }

    static void Guard(SourceFile file, Stream source, Action<IExcelDataReader, Stream> read)
    {
        // The library looks for parts of the file, so that a compressed one is unpacked first.
        using var seekable = source.CanSeek ? null : new MemoryStream();
        if (seekable is not null) source.CopyTo(seekable);
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            using var reader = ExcelReaderFactory.CreateReader(seekable ?? source, new() { LeaveOpen = true });
            read(reader, seekable ?? source);
        }
        catch (InvalidPasswordException e)
        {
            throw new FozException(ErrorKind.Source, $"file {file.Input.Path} is protected by a password", e)
            {
                Hint = "save it without one",
            };
        }
        catch (Exception e)
            when (e is ExcelReaderException or InvalidDataException or System.Xml.XmlException
                or InvalidOperationException
                or ArgumentException or IndexOutOfRangeException or FormatException or KeyNotFoundException
                or NullReferenceException)
        {
            throw new FozException(
                ErrorKind.Source, $"file {file.Input.Path} is no workbook of Excel, or damaged: {e.Message}", e);
        }
    }
}

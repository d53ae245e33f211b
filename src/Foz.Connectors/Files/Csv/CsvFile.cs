using System.Globalization;
using System.Numerics;
using System.Text;
using Foz.Connectors.Files.Contents;
using Foz.Lake;

namespace Foz.Connectors.Files.Csv;

/// <summary>A CSV file whose header has been read.</summary>
/// <param name="Source">The file.</param>
/// <param name="Names">The names of its columns, unique regardless of case.</param>
/// <param name="Dialect">How its fields are separated.</param>
/// <param name="SkipLines">Lines before the header, or before the first row.</param>
/// <param name="CanEngineRead">
/// Whether the engine can read it unchanged: in UTF-8, with a first row of one line.
/// </param>
public sealed record CsvFile(
    SourceFile Source, IReadOnlyList<string> Names, CsvDialect Dialect, int SkipLines, bool CanEngineRead)
{
    /// <summary>What in the header looks as if the file were read with wrong settings.</summary>
    public IReadOnlyList<Warning> Doubts { get; private init; } = [];

    /// <summary>Reads a file's header.</summary>
    /// <returns>Null if the file is empty.</returns>
    /// <exception cref="FozException">Thrown when the file, or its header, cannot be read.</exception>
    public static CsvFile? Open(SourceFile source, CsvDialect dialect)
    {
        using var stream = FileStreams.OpenText(source, dialect.Encoding);
        var reader = new CsvRowReader(stream, dialect);
        try
        {
            reader.SkipLines(dialect.SkipRows);
            if (!reader.Read()) return null;
        }
        catch (Exception e) when (FileStreams.IsReadError(e))
        {
            throw FileStreams.Error(source, e);
        }
        if (reader.Fault is { } fault)
        {
            if (dialect.Encoding is null && FileStreams.Utf16Of(source) is { } encoding)
                return Open(source, dialect with { Encoding = encoding });
            throw new FozException(
                ErrorKind.Data,
                $"line {reader.Line} of file {source.Input.Path} should hold the header and cannot be read: {fault}")
            {
                Hint = "state how the file is written: delimiter, quote, encoding, skip_rows, or header: false",
            };
        }
        var names = dialect.HasHeader
            ? reader.Fields.Select(f => Text(reader, f, dialect)).ToList()
            : [.. reader.Fields.Select((_, i) => dialect.Names.ElementAtOrDefault(i) ?? "")];
        // The engine takes the end of lines from the first one, and fails or finds nothing where that misleads it.
        var isFirstLineTelling = reader.NextLine == reader.Line + 1
            && BitOperations.PopCount((uint)reader.LineEnds) <= 1;
        return new(
            source, Unique(names, Foz.Lake.Data.ChangeColumns.Fields.Select(f => f.Name)), dialect,
            (int)reader.Line - 1,
            dialect.Encoding is null && isFirstLineTelling)
        {
            Doubts = dialect.HasHeader ? CsvHeader.Doubts(source.Input.Path, names, dialect) : [],
        };
    }

    /// <summary>The text of a field without what escapes in it.</summary>
    public static string Text(CsvRowReader reader, CsvField field, CsvDialect dialect) =>
        Encoding.UTF8.GetString(Field(reader, field, dialect));

    /// <summary>The text of a field without what escapes in it, in UTF-8.</summary>
    public static ReadOnlySpan<byte> Field(CsvRowReader reader, CsvField field, CsvDialect dialect)
    {
        var raw = reader.Text.Slice(field.Start, field.Length);
        if (!field.HasEscapes) return raw;
        var text = new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == dialect.Escape && i + 1 < raw.Length) i++;
            text[length++] = raw[i];
        }
        return text.AsSpan(0, length);
    }

    /// <summary>
    /// Returns names that are unique regardless of case: a name that is taken gets a number after it, and a missing one
    /// is named by its position, as the engine does.
    /// </summary>
    /// <param name="names">The original names.</param>
    /// <param name="reserved">Names that are taken already.</param>
    public static List<string> Unique(IEnumerable<string> names, IEnumerable<string> reserved)
    {
        var taken = reserved.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var unique = new List<string>();
        foreach (var name in names)
        {
            var start = name.Trim() is { Length: > 0 } text
                ? text : string.Create(CultureInfo.InvariantCulture, $"column{unique.Count}");
            var candidate = start;
            for (var number = 1; !taken.Add(candidate); number++)
                candidate = string.Create(CultureInfo.InvariantCulture, $"{start}_{number}");
            unique.Add(candidate);
        }
        return unique;
    }
}

using System.Text.Unicode;
using Foz.Connectors.Files.Contents;

namespace Foz.Connectors.Files.Csv;

/// <summary>Where a field is in the text of its row.</summary>
/// <param name="Start">Its first byte, after the quote.</param>
/// <param name="Length">Its length in bytes, without quotes.</param>
/// <param name="IsQuoted">Whether it is in quotes.</param>
/// <param name="HasEscapes">Whether it has escaped characters.</param>
public readonly record struct CsvField(int Start, int Length, bool IsQuoted, bool HasEscapes);

/// <summary>
/// Splits a stream of UTF-8 into rows of fields as RFC 4180 and the engine's strict reader do, and continues after rows
/// that they refuse. Lines may end with LF, CRLF and CR in one file. The longest row allowed bounds memory.
/// </summary>
/// <param name="stream">The bytes; stays the caller's.</param>
/// <param name="dialect">How fields are separated.</param>
/// <param name="rowBytesMax">The most bytes that a row may have.</param>
public sealed class CsvRowReader(Stream stream, CsvDialect dialect, int rowBytesMax = CsvDialect.RowBytesMax)
{
    const byte LineFeed = (byte)'\n';
    const byte CarriageReturn = (byte)'\r';
    readonly List<CsvField> fields = [];
    readonly Utf8Buffer buffer = new(stream, rowBytesMax);
    int rowLength;
    int rowEnd;

    /// <summary>How many fields a row must have; 0 where that is not known yet.</summary>
    public int ColumnCount { get; set; }

    /// <summary>The line on which the row starts, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>The line after the row.</summary>
    public long NextLine { get; private set; } = 1;

    /// <summary>The bytes of the row as they stand in the file, without the end of the line.</summary>
    public ReadOnlySpan<byte> Text => buffer.Unread[..rowLength];

    /// <summary>Why the row cannot be read; null where it can.</summary>
    public string? Fault { get; private set; }

    /// <summary>The fields of a row without fault, as many as there are columns.</summary>
    public IReadOnlyList<CsvField> Fields => fields;

    /// <summary>Which ends of lines were met so far, outside of quotes.</summary>
    public LineEnds LineEnds { get; private set; }

    /// <summary>Passes over whole lines, whatever is in them.</summary>
    public void SkipLines(int count)
    {
        for (; count > 0 && !AtEnd(); count--)
        {
            Advance();
            TakeLine();
            rowLength = 0;
        }
        Advance();
    }

    /// <summary>Reads the next row that is not blank; one of a single column may be.</summary>
    /// <returns>False at the end.</returns>
    public bool Read()
    {
        while (true)
        {
            Advance();
            if (AtEnd()) return false;
            (Line, Fault) = (NextLine, null);
            fields.Clear();
            if (!Split()) TakeLine();
            if (rowLength == 0 && rowEnd > 0 && ColumnCount != 1 && Fault is null)
            {
                NextLine++;
                continue;
            }
            CountLines();
            Check();
            return true;
        }
    }

    bool AtEnd() => buffer.Unread.IsEmpty && !buffer.Fill();

    /// <summary>Moves to after the last row that was read.</summary>
    void Advance()
    {
        buffer.Skip(rowEnd);
        (rowLength, rowEnd) = (0, 0);
    }

    /// <summary>Splits one row, reading more where it is not in the buffer as a whole.</summary>
    /// <returns>False where its first line has to be passed over, with <see cref="Fault"/> set.</returns>
    bool Split()
    {
        var at = 0;
        while (true)
        {
            switch (SplitField(buffer.Unread, ref at))
            {
                case Step.Field: continue;
                case Step.Row: return true;
                case Step.Fault: return false;
                case Step.More:
                    if (!buffer.IsEnded && buffer.Unread.Length >= rowBytesMax)
                    {
                        Fault ??= $"longer than {rowBytesMax:N0} bytes";
                        return false;
                    }
                    buffer.Fill();
                    // The field is read again from its start; the fields before it are kept.
                    continue;
            }
        }
    }

    enum Step
    {
        Field,
        Row,
        Fault,
        More,
    }

    Step SplitField(ReadOnlySpan<byte> text, ref int at)
    {
        // A single space before a quote does not count, as in the engine.
        var quoteAt = at < text.Length && text[at] == ' ' ? at + 1 : at;
        if (dialect.Quote is { } quote)
        {
            if (quoteAt >= text.Length && !buffer.IsEnded) return Step.More;
            if (quoteAt < text.Length && text[quoteAt] == quote) return SplitQuoted(text, quoteAt + 1, quote, ref at);
        }
        if (!FindEnd(text, at, out var end, out var hasEscapes)) return Step.More;
        return Finish(text, new CsvField(at, end - at, IsQuoted: false, hasEscapes), end, ref at);
    }

    /// <summary>Where a field without quotes ends; false where that is not in the buffer.</summary>
    bool FindEnd(ReadOnlySpan<byte> text, int start, out int end, out bool hasEscapes)
    {
        (end, hasEscapes) = (start, false);
        while (true)
        {
            var found = dialect.LooseEscape is { } escape
                ? text[end..].IndexOfAny([dialect.Delimiter, LineFeed, CarriageReturn, escape])
                : text[end..].IndexOfAny(dialect.Delimiter, LineFeed, CarriageReturn);
            if (found < 0)
            {
                end = text.Length;
                return buffer.IsEnded;
            }
            end += found;
            if (dialect.LooseEscape is null || text[end] != dialect.LooseEscape) return true;
            if (end + 2 >= text.Length && !buffer.IsEnded) return false;
            if (end + 1 < text.Length) hasEscapes = true;
            end += text[(end + 1)..] is [CarriageReturn, LineFeed, ..] ? 3 : Math.Min(2, text.Length - end);
        }
    }

    Step SplitQuoted(ReadOnlySpan<byte> text, int start, byte quote, ref int at)
    {
        var hasEscapes = false;
        var escape = dialect.Escape ?? quote;
        var end = start;
        while (true)
        {
            var found = text[end..].IndexOfAny(quote, escape);
            if (found < 0)
            {
                if (!buffer.IsEnded && text.Length < rowBytesMax) return Step.More;
                Fault = "a quote is not closed";
                return Step.Fault;
            }
            end += found;
            if (text[end] != quote || escape == quote)
            {
                if (end + 1 >= text.Length && !buffer.IsEnded) return Step.More;
                if (end + 1 < text.Length && (escape != quote || text[end + 1] == quote))
                {
                    hasEscapes = true;
                    end += 2;
                    continue;
                }
                if (escape != quote)
                {
                    Fault = "a quote is not closed";
                    return Step.Fault;
                }
            }
            var next = end + 1;
            while (next < text.Length && text[next] == ' ') next++;
            if (next >= text.Length && !buffer.IsEnded) return Step.More;
            if (next < text.Length && text[next] != dialect.Delimiter
                && text[next] is not (LineFeed or CarriageReturn))
            {
                Fault = "text follows a closing quote";
                return Step.Fault;
            }
            return Finish(text, new CsvField(start, end - start, IsQuoted: true, hasEscapes), next, ref at);
        }
    }

    Step Finish(ReadOnlySpan<byte> text, CsvField field, int next, ref int at)
    {
        if (next == text.Length)
        {
            fields.Add(field);
            (rowLength, rowEnd) = (next, next);
            return Step.Row;
        }
        if (text[next] == dialect.Delimiter)
        {
            fields.Add(field);
            at = next + 1;
            return Step.Field;
        }
        if (text[next] == CarriageReturn && next + 1 == text.Length && !buffer.IsEnded) return Step.More;
        fields.Add(field);
        (rowLength, rowEnd) = (next, next + EndOfLine(text, next));
        return Step.Row;
    }

    /// <summary>How long the end of a line is, noting its kind.</summary>
    int EndOfLine(ReadOnlySpan<byte> text, int at)
    {
        if (text[at] == LineFeed)
        {
            LineEnds |= LineEnds.LineFeed;
            return 1;
        }
        var isPair = at + 1 < text.Length && text[at + 1] == LineFeed;
        LineEnds |= isPair ? LineEnds.Pair : LineEnds.CarriageReturn;
        return isPair ? 2 : 1;
    }

    /// <summary>Makes the first line the row, whatever is in it, so that the next is read on its own.</summary>
    void TakeLine()
    {
        while (true)
        {
            var text = buffer.Unread;
            var end = text.IndexOfAny(LineFeed, CarriageReturn);
            if (end >= 0 && (text[end] == LineFeed || end + 1 < text.Length || buffer.IsEnded))
            {
                (rowLength, rowEnd) = (end, end + EndOfLine(text, end));
                NextLine++;
                return;
            }
            if (buffer.IsEnded || (end < 0 && text.Length >= rowBytesMax))
            {
                rowLength = Math.Min(text.Length, RejectedRows.TextBytesMax);
                rowEnd = buffer.IsEnded ? text.Length : rowLength + buffer.DropToEndOfLine(rowLength);
                NextLine++;
                return;
            }
            buffer.Fill();
        }
    }

    void CountLines()
    {
        if (Fault is not null) return;
        NextLine++;
        foreach (var field in fields)
        {
            if (!field.IsQuoted && !field.HasEscapes) continue;
            var text = Text.Slice(field.Start, field.Length);
            var lines = text.Count(LineFeed);
            NextLine += lines > 0 ? lines : text.Count(CarriageReturn);
        }
    }

    void Check()
    {
        if (Fault is not null) return;
        if (ColumnCount > 0) Fault = CheckFields();
        if (Fault is null && !Utf8.IsValid(Text)) Fault = TextEncoding.Fault(Text);
        if (Fault is null && rowLength > rowBytesMax) Fault = $"longer than {rowBytesMax:N0} bytes";
    }

    string? CheckFields()
    {
        // Empty fields after the last column hold nothing that could be lost; the engine skips them, too.
        while (fields.Count > ColumnCount && fields[^1] is { Length: 0, IsQuoted: false })
            fields.RemoveAt(fields.Count - 1);
        return fields.Count == ColumnCount
            ? null
            : $"{fields.Count} field{(fields.Count == 1 ? "" : "s")} where the header has {ColumnCount}";
    }
}

/// <summary>Ends of lines.</summary>
[Flags]
public enum LineEnds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>LF.</summary>
    LineFeed = 1,

    /// <summary>CRLF.</summary>
    Pair = 2,

    /// <summary>CR alone.</summary>
    CarriageReturn = 4,
}

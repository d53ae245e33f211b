using System.Buffers;
using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;

namespace Foz.Connectors.Files.Json;

/// <summary>
/// Splits a stream of UTF-8 into JSON values: the lines of a file of JSON lines; or the elements of an array, or values
/// one after the other. Whether a value is well formed is for the reader of the value to say. Memory is bounded by the
/// longest value allowed.
/// </summary>
/// <param name="stream">The bytes; stays the caller's.</param>
/// <param name="isLines">Whether each line is a value.</param>
sealed class JsonRowReader(Stream stream, bool isLines)
{
    const int RowBytesMax = CsvDialect.RowBytesMax;
    const byte LineFeed = (byte)'\n';
    static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    static readonly SearchValues<byte> InString = SearchValues.Create("\"\\\n"u8);
    static readonly SearchValues<byte> AfterScalar = SearchValues.Create(",]} \t\r\n"u8);
    readonly Utf8Buffer buffer = new(stream, RowBytesMax);
    int rowLength;
    int rowEnd;
    long nextLine = 1;
    // How far in the line the reader is, if only white space came before; −1 otherwise.
    int indent;
    bool isArray;
    bool hasStarted;

    /// <summary>The line on which the value starts, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>How many values were before this one.</summary>
    public long Index { get; private set; } = -1;

    /// <summary>The bytes of the value.</summary>
    public ReadOnlySpan<byte> Text => buffer.Unread[..rowLength];

    /// <summary>Why the value has no end; null where it has one.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads the next value.</summary>
    /// <returns>False at the end.</returns>
    public bool Read()
    {
        Advance(rowEnd, isBlank: false);
        (rowLength, rowEnd, Fault) = (0, 0, null);
        if (isLines ? !ReadLine() : !ReadValue()) return false;
        Index++;
        return true;
    }

    /// <summary>Passes over bytes, counting their lines.</summary>
    /// <param name="count">How many.</param>
    /// <param name="isBlank">Whether they are white space.</param>
    void Advance(int count, bool isBlank)
    {
        var passed = buffer.Unread[..count];
        var end = passed.LastIndexOf(LineFeed);
        if (end >= 0) indent = isBlank || end == count - 1 ? count - end - 1 : -1;
        else if (count > 0) indent = isBlank && indent >= 0 ? indent + count : -1;
        nextLine += passed.Count(LineFeed);
        buffer.Skip(count);
    }

    bool ReadLine()
    {
        while (SkipSpace(" \t\r\n"u8))
        {
            Line = nextLine;
            while (true)
            {
                var end = buffer.Unread.IndexOf(LineFeed);
                if (end >= 0 || buffer.IsEnded)
                {
                    rowEnd = end >= 0 ? end : buffer.Unread.Length;
                    rowLength = buffer.Unread[..rowEnd].TrimEnd(" \t\r"u8).Length;
                    return true;
                }
                if (buffer.Unread.Length >= RowBytesMax) return TakeTooLong();
                buffer.Fill();
            }
        }
        return false;
    }

    bool TakeTooLong()
    {
        Fault = $"longer than {RowBytesMax:N0} bytes";
        rowLength = RejectedRows.TextBytesMax;
        buffer.DropToEndOfLine(rowLength);
        rowEnd = rowLength;
        return true;
    }

    bool ReadValue()
    {
        if (!SkipSpace(hasStarted && isArray ? " \t\r\n,"u8 : " \t\r\n"u8)) return false;
        if (!hasStarted)
        {
            hasStarted = true;
            isArray = buffer.Unread[0] == '[';
            if (isArray)
            {
                Advance(1, isBlank: false);
                return ReadValue();
            }
        }
        if (isArray && buffer.Unread[0] == ']')
        {
            // What follows the array is no element of it: nothing should.
            Advance(1, isBlank: false);
            isArray = false;
            return ReadValue();
        }
        Line = nextLine;
        var at = 0;
        var depth = 0;
        while (!FindEnd(buffer.Unread, ref at, ref depth))
        {
            if (Fault is null && !buffer.IsEnded && buffer.Unread.Length < RowBytesMax)
            {
                buffer.Fill();
                continue;
            }
            Fault ??= buffer.IsEnded ? "it has no end" : $"longer than {RowBytesMax:N0} bytes";
            at = NextStart();
            break;
        }
        (rowLength, rowEnd) = (buffer.Unread[..at].TrimEnd(" \t\r\n,"u8).Length, at);
        return true;
    }

    bool SkipSpace(ReadOnlySpan<byte> space)
    {
        while (true)
        {
            var at = buffer.Unread.IndexOfAnyExcept(space);
            Advance(at >= 0 ? at : buffer.Unread.Length, isBlank: true);
            if (at >= 0) return true;
            if (!buffer.Fill()) return false;
        }
    }

    /// <summary>Continues to the end of the value.</summary>
    /// <param name="text">The bytes of it so far.</param>
    /// <param name="at">How far it was scanned; its end if that was found.</param>
    /// <param name="depth">How many objects and arrays are open.</param>
    bool FindEnd(ReadOnlySpan<byte> text, ref int at, ref int depth)
    {
        if (depth == 0 && text[0] is not ((byte)'{' or (byte)'[' or (byte)'"'))
        {
            var end = text.IndexOfAny(AfterScalar);
            // A stray bracket is a value of its own, so that there is always something to pass over.
            at = end < 0 ? text.Length : Math.Max(end, 1);
            return end >= 0 || buffer.IsEnded;
        }
        while (true)
        {
            var found = text[at..].IndexOfAny(Structure);
            if (found < 0)
            {
                at = text.Length;
                return false;
            }
            var next = at + found;
            if (text[next] == '"')
            {
                if (!FindEndOfString(text, ref next))
                {
                    at = next;
                    return false;
                }
            }
            else
            {
                depth += text[next] is (byte)'{' or (byte)'[' ? 1 : -1;
            }
            at = next + 1;
            if (depth == 0) return true;
        }
    }

    /// <summary>Goes from the opening quote of a string to its closing one.</summary>
    bool FindEndOfString(ReadOnlySpan<byte> text, ref int at)
    {
        var next = at + 1;
        while (true)
        {
            var found = next > text.Length ? -1 : text[next..].IndexOfAny(InString);
            if (found < 0) return false;
            next += found;
            switch (text[next])
            {
                case (byte)'"':
                    at = next;
                    return true;
                case LineFeed:
                    Fault = "a string is not closed on its line";
                    return false;
                default:
                    next += 2;
                    break;
            }
        }
    }

    /// <summary>
    /// Returns where the next value may start after one that has no end: at an object on a line of its own, indented as
    /// far as this one, or at the end of the bytes that may be searched.
    /// </summary>
    int NextStart()
    {
        var line = 0;
        while (true)
        {
            var end = buffer.Unread[line..].IndexOf(LineFeed);
            var start = line + end + 1;
            var from = start + Math.Max(indent, 0);
            if (end >= 0 && from < buffer.Unread.Length)
            {
                if (buffer.Unread[from] == '{' && buffer.Unread[start..from].Trim(" \t"u8).IsEmpty) return start;
                line = start;
                continue;
            }
            if (buffer.IsEnded || buffer.Unread.Length >= RowBytesMax) return buffer.Unread.Length;
            buffer.Fill();
        }
    }
}

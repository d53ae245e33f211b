using System.Buffers;
using System.Text.Unicode;
using Foz.Lake;

namespace Foz.Serving.Copying;

/// <summary>
/// Finds the rows of a COPY in text or CSV format: where each ends, whatever pieces they arrive in (PostgreSQL's
/// documentation, COPY, "File Formats").
/// </summary>
sealed class CopyLines
{
    const int BytesMax = 64 << 20;

    readonly ByteQueue bytes = new(BytesMax);
    readonly CopyOptions options;
    readonly bool isCsv;
    readonly SearchValues<byte> stops;
    byte[] lineEnd = [];
    int scanned;
    bool isQuoted;
    bool isEscaped;

    public CopyLines(CopyOptions options)
    {
        (this.options, isCsv) = (options, options.Format is CopyFormat.Csv);
        stops = SearchValues.Create(
            isCsv ? [(byte)options.Quote, (byte)options.Escape, (byte)'\n', (byte)'\r'] : [
                (byte)'\\', (byte)'\n', (byte)'\r',
            ]);
    }

    /// <summary>The number of the last line that was read.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the mark of the end, <c>\.</c>, was read: what follows is no row.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Takes what has arrived.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (!HasEnded) bytes.Append(data);
    }

    /// <summary>Reads the next line.</summary>
    /// <param name="isLast">Whether nothing more arrives.</param>
    /// <param name="line">The line, without its end; valid until the next one is read or something arrives.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="FozException">The lines end differently, or are no text.</exception>
    public bool TryRead(bool isLast, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (HasEnded) return false;
        var unread = bytes.Unread;
        if (FindEnd(unread, isLast) is not var (length, endBytes)) return false;
        line = unread[..length];
        bytes.Skip(length + endBytes);
        (scanned, isQuoted, isEscaped) = (0, false, false);
        Number++;
        if (!Utf8.IsValid(line) || line.Contains((byte)0)) throw CopyFaults.Encoding(line);
        if (!line.SequenceEqual("\\."u8)) return true;
        HasEnded = true;
        return false;
    }

    (int Length, int EndBytes)? FindEnd(ReadOnlySpan<byte> unread, bool isLast)
    {
        while (true)
        {
            var next = unread[scanned..].IndexOfAny(stops);
            if (next > 0 || (next < 0 && scanned < unread.Length)) isEscaped = false;
            scanned = next < 0 ? unread.Length : scanned + next;
            if (next < 0) break;
            var found = unread[scanned];
            if (found is (byte)'\n' or (byte)'\r')
            {
                // Whether a newline follows is still on its way.
                var isOpen = found == '\r' && lineEnd.Length != 1 && scanned + 1 == unread.Length && !isLast;
                if (!isQuoted) return isOpen ? null : (scanned, EndAt(unread[scanned..]));
                if (found == (lineEnd is [(byte)'\n'] ? '\n' : '\r')) Number++;
                (scanned, isEscaped) = (scanned + 1, false);
            }
            else if (isCsv)
            {
                NoteQuote(found);
                scanned++;
            }
            else
            {
                // A character after a backslash belongs to the row, even the end of a line.
                if (scanned + 1 == unread.Length) break;
                scanned += 2;
            }
        }
        return isLast && unread.Length > 0 ? (unread.Length, 0) : null;
    }

    void NoteQuote(byte found)
    {
        if (options.Escape != options.Quote && isQuoted && found == options.Escape)
        {
            isEscaped = !isEscaped;
            return;
        }
        if (found == options.Quote && !isEscaped) isQuoted = !isQuoted;
        isEscaped = false;
    }

    /// <summary>How long the end of the line here is; all lines end as the first one does.</summary>
    int EndAt(ReadOnlySpan<byte> here)
    {
        if (lineEnd.Length == 0) lineEnd = here.StartsWith("\r\n"u8) ? [.. "\r\n"u8] : [here[0]];
        if (here.StartsWith(lineEnd)) return lineEnd.Length;
        Number++;
        var (what, name) = here[0] == '\n' ? ("newline", "\\n") : ("carriage return", "\\r");
        throw new FozException(ErrorKind.Data, $"{(isCsv ? "unquoted" : "literal")} {what} found in data")
        {
            SqlState = "22P04",
            Hint = isCsv ? $"Use quoted CSV field to represent {what}." : $"Use \"{name}\" to represent {what}.",
        };
    }
}

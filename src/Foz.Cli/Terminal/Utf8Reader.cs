using System.Buffers;
using System.Text.Unicode;
using Foz.Lake;

namespace Foz.Cli.Terminal;

/// <summary>
/// Reads text that must be UTF-8, with or without a mark: other bytes are an error, which names the line.
/// </summary>
/// <param name="stream">The bytes; disposed with the reader.</param>
/// <param name="name">The name of the text in errors.</param>
sealed class Utf8Reader(Stream stream, string name) : TextReader
{
    const int BufferBytes = 1 << 14;

    readonly byte[] bytes = new byte[BufferBytes];
    readonly char[] chars = new char[BufferBytes];
    int length, at, end, line = 1, column = 1;
    bool isAtEnd, hasBegun;

    /// <inheritdoc/>
    public override int Peek() => Fill() ? chars[at] : -1;

    /// <inheritdoc/>
    public override int Read() => Fill() ? chars[at++] : -1;

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || !Fill()) return 0;
        var count = Math.Min(buffer.Length, end - at);
        chars.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) stream.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Decodes bytes until there is a character; false at the end.</summary>
    bool Fill()
    {
        while (at == end)
        {
            if (!isAtEnd)
            {
                var more = stream.Read(bytes, length, bytes.Length - length);
                (isAtEnd, length) = (more == 0, length + more);
            }
            if (isAtEnd && length == 0) return false;
            Decode();
        }
        return true;
    }

    void Decode()
    {
        if (!hasBegun && length < 3 && !isAtEnd) return;
        var skipped = !hasBegun && bytes.AsSpan(0, length) is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        hasBegun = true;
        var status = Utf8.ToUtf16(
            bytes.AsSpan(skipped, length - skipped), chars, out var read, out end, replaceInvalidSequences: false,
            isAtEnd);
        if (status is OperationStatus.InvalidData && end == 0)
            throw new FozException(ErrorKind.Usage, "the text is not UTF-8")
            {
                Place = new(name, line, column), Hint = "save it as UTF-8",
            };
        at = 0;
        foreach (var c in chars.AsSpan(0, end)) (line, column) = c == '\n' ? (line + 1, 1) : (line, column + 1);
        bytes.AsSpan(skipped + read, length - skipped - read).CopyTo(bytes);
        length -= skipped + read;
    }
}

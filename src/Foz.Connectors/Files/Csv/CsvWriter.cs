using System.Buffers.Text;

namespace Foz.Connectors.Files.Csv;

/// <summary>Writes rows in <see cref="CsvDialect.Canonical"/>: fields in quotes, null as nothing.</summary>
sealed class CsvWriter : IDisposable
{
    const int BufferBytes = 1 << 16;
    readonly Stream stream;
    readonly byte[] buffer = new byte[BufferBytes];
    int length;
    bool isInRow;

    /// <summary>Starts a file with its header.</summary>
    /// <param name="stream">Where it goes; closed with the writer.</param>
    /// <param name="columnCount">How many columns it has; they have no names.</param>
    public CsvWriter(Stream stream, int columnCount)
    {
        this.stream = stream;
        for (var i = 0; i < columnCount; i++) WriteNumber(i);
        EndRow();
    }

    /// <summary>Writes a text.</summary>
    /// <param name="bytes">The text in UTF-8.</param>
    /// <param name="escape">
    /// The character before escaped ones, which is left out; null where nothing is escaped.
    /// </param>
    public void WriteText(ReadOnlySpan<byte> bytes, byte? escape = null)
    {
        WriteDelimiter();
        WriteByte((byte)'"');
        if (escape is { } character) WriteUnescaped(bytes, character);
        else WriteDoubled(bytes);
        WriteByte((byte)'"');
    }

    /// <summary>Writes a number.</summary>
    public void WriteNumber(long number)
    {
        WriteDelimiter();
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var count);
        WriteBytes(digits[..count]);
    }

    /// <summary>Writes a null.</summary>
    public void WriteNull() => WriteDelimiter();

    /// <summary>Ends the row.</summary>
    public void EndRow()
    {
        WriteByte((byte)'\n');
        isInRow = false;
    }

    /// <summary>Hands all rows so far on to the file.</summary>
    public void Flush()
    {
        stream.Write(buffer, 0, length);
        stream.Flush();
        length = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        stream.Dispose();
    }

    void WriteDelimiter()
    {
        if (isInRow) WriteByte((byte)',');
        isInRow = true;
    }

    void WriteDoubled(ReadOnlySpan<byte> bytes)
    {
        for (var at = bytes.IndexOf((byte)'"'); at >= 0; at = bytes.IndexOf((byte)'"'))
        {
            WriteBytes(bytes[..(at + 1)]);
            WriteByte((byte)'"');
            bytes = bytes[(at + 1)..];
        }
        WriteBytes(bytes);
    }

    void WriteUnescaped(ReadOnlySpan<byte> bytes, byte escape)
    {
        for (var at = bytes.IndexOf(escape); at >= 0 && at + 1 < bytes.Length; at = bytes.IndexOf(escape))
        {
            WriteDoubled(bytes[..at]);
            WriteDoubled(bytes.Slice(at + 1, 1));
            bytes = bytes[(at + 2)..];
        }
        WriteDoubled(bytes);
    }

    void WriteByte(byte value)
    {
        if (length == buffer.Length) Flush();
        buffer[length++] = value;
    }

    void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > buffer.Length - length) Flush();
        if (bytes.Length > buffer.Length)
        {
            stream.Write(bytes);
            return;
        }
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }
}

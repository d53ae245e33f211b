namespace Foz.Connectors.Files.Contents;

/// <summary>A window of a stream: bytes that have been read and not yet been skipped.</summary>
/// <param name="stream">The bytes; the caller owns it. A UTF-8 byte-order mark at the start is skipped.</param>
/// <param name="bytesMax">The maximum size of the window.</param>
sealed class Utf8Buffer(Stream stream, int bytesMax)
{
    const int StartBytes = 1 << 18;
    static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;
    byte[] bytes = new byte[StartBytes];
    int start;
    int end;
    bool hasStarted;

    /// <summary>What has been read and not been passed over.</summary>
    public ReadOnlySpan<byte> Unread => bytes.AsSpan(start, end - start);

    /// <summary>Whether nothing follows <see cref="Unread"/>.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Passes over bytes of <see cref="Unread"/>.</summary>
    public void Skip(int count) => start += count;

    /// <summary>Appends more bytes to <see cref="Unread"/>, whose start stays.</summary>
    /// <returns>False if no bytes came: the stream has ended.</returns>
    public bool Fill()
    {
        if (IsEnded) return false;
        bytes.AsSpan(start, end - start).CopyTo(bytes);
        (start, end) = (0, end - start);
        // One more than is allowed at most, so that too much is seen to be.
        if (end == bytes.Length)
            Array.Resize(ref bytes, Math.Min(bytes.Length * 2, Math.Max(bytesMax, end) + StartBytes));
        var count = stream.ReadAtLeast(bytes.AsSpan(end), bytes.Length - end, throwOnEndOfStream: false);
        end += count;
        IsEnded = end < bytes.Length;
        if (!hasStarted && bytes.AsSpan(0, end).StartsWith(ByteOrderMark)) start = ByteOrderMark.Length;
        hasStarted = true;
        return end > start && count > 0;
    }

    /// <summary>Drops the bytes between the first ones and the end of their line.</summary>
    /// <param name="keep">How many of the first bytes to keep.</param>
    /// <returns>The length of the end of line that now follows them; 0 if the stream ends before one.</returns>
    public int DropToEndOfLine(int keep)
    {
        while (true)
        {
            var rest = Unread[keep..];
            var found = rest.IndexOfAny((byte)'\n', (byte)'\r');
            if (found >= 0 && (rest[found] == '\n' || found + 1 < rest.Length || IsEnded))
            {
                Drop(found);
                return rest[found] == '\r' && found + 1 < rest.Length && rest[found + 1] == '\n' ? 2 : 1;
            }
            Drop(found >= 0 ? found : rest.Length);
            if (!Fill() && Unread.Length == keep) return 0;
        }

        void Drop(int count)
        {
            bytes.AsSpan(start, keep).CopyTo(bytes.AsSpan(start + count));
            start += count;
        }
    }
}

using Foz.Lake;

namespace Foz.Serving.Copying;

/// <summary>Bytes that have arrived and were not taken yet.</summary>
/// <param name="bytesMax">The most that may wait: what is longer has no end in sight.</param>
sealed class ByteQueue(int bytesMax)
{
    byte[] bytes = [];
    int start;
    int end;

    /// <summary>What has arrived and was not taken.</summary>
    public ReadOnlySpan<byte> Unread => bytes.AsSpan(start, end - start);

    /// <summary>Appends bytes.</summary>
    /// <exception cref="FozException">There are too many.</exception>
    public void Append(ReadOnlySpan<byte> more)
    {
        var held = end - start;
        if (more.Length > bytesMax - held)
            throw new FozException(ErrorKind.Resource, $"a row of COPY is longer than {bytesMax >> 20} MiB")
            {
                SqlState = "54000",
            };
        if (bytes.Length - end < more.Length)
        {
            var room = bytes.Length >= held + more.Length && start > bytes.Length / 2
                ? bytes
                : new byte[Math.Max(held + more.Length, Math.Min(2L * bytes.Length, bytesMax))];
            bytes.AsSpan(start, held).CopyTo(room);
            (bytes, start, end) = (room, 0, held);
        }
        more.CopyTo(bytes.AsSpan(end));
        end += more.Length;
    }

    /// <summary>Takes the first bytes.</summary>
    public void Skip(int count) => start += count;
}

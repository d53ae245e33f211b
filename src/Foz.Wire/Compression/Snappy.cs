namespace Foz.Wire.Compression;

/// <summary>Decodes Snappy's raw format, within a limit.</summary>
static class Snappy
{
    /// <summary>What a block holds.</summary>
    /// <param name="packed">The block.</param>
    /// <param name="bytesMax">How much it may hold.</param>
    /// <exception cref="WireException">It is none, or holds more.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> packed, int bytesMax)
    {
        try
        {
            var length = Snappier.Snappy.GetUncompressedLength(packed);
            if (length > bytesMax) throw WireException.Malformed("a block is too large");
            var plain = new byte[length];
            if (Snappier.Snappy.TryDecompress(packed, plain, out var written) && written == length) return plain;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or ArgumentException)
        {
        }
        throw WireException.Malformed("a block of Snappy is damaged");
    }
}

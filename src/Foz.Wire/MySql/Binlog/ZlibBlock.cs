using System.IO.Compression;

namespace Foz.Wire.MySql.Binlog;

/// <summary>Decompresses a block of MariaDB's compressed events: its length, then a stream of zlib.</summary>
static class ZlibBlock
{
    const byte CompressedFlag = 0x80, AlgorithmMask = 0x70, LengthMask = 0x07;
    const int LengthBytesMax = 4;

    /// <summary>The bytes that a byte of zlib can become, at most; a length beyond is a lie.</summary>
    const int RatioMax = 1032;

    /// <exception cref="WireException">The block is malformed.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> block, string what)
    {
        var fields = new ByteReader(block, what);
        var head = fields.ReadByte();
        var lengthBytes = head & LengthMask;
        if ((head & CompressedFlag) == 0 || (head & AlgorithmMask) != 0 || lengthBytes is 0 or > LengthBytesMax)
            throw fields.Fault($"has the byte 0x{head:X2} in place of a compression");
        var length = LittleEndian.UnsignedBigEndian(fields.ReadBytes(lengthBytes));
        if (length > (ulong)fields.BytesLeft * RatioMax)
            throw fields.Fault($"states {length} bytes, compressed in {fields.BytesLeft}");
        return Inflate(fields.ReadRest(), (int)Math.Min(length, (ulong)Array.MaxLength), hasHeader: true, what);
    }

    /// <summary>Decompresses a stream of a known length.</summary>
    /// <exception cref="WireException">It is damaged, or has another length.</exception>
    public static byte[] Inflate(ReadOnlySpan<byte> compressed, int length, bool hasHeader, string what)
    {
        var bytes = new byte[length];
        try
        {
            using var source = new MemoryStream(compressed.ToArray());
            using Stream stream = hasHeader
                ? new ZLibStream(source, CompressionMode.Decompress)
                : new DeflateStream(source, CompressionMode.Decompress);
            stream.ReadExactly(bytes);
            if (stream.ReadByte() < 0) return bytes;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw WireException.Malformed($"{what}: its compressed bytes are damaged");
        }

        throw WireException.Malformed($"{what}: it has more bytes than it states");
    }
}

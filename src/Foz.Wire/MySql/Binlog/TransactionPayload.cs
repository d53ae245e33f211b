using System.Buffers.Binary;
using Foz.Wire.Compression;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// The events of a <see cref="BinlogEventType.TransactionPayload"/>, decompressed one after the other. They have no
/// checksums.
/// </summary>
public sealed class TransactionPayload : IDisposable
{
    const ulong EndMark = 0, CompressionField = 2;
    const ulong Zstandard = 0, NoCompression = 255;
    const int SizeAt = 9, SizeBytesMin = 4 << 10;

    readonly Stream stream;
    byte[] data = new byte[SizeBytesMin];
    int length;

    TransactionPayload(Stream stream) => this.stream = stream;

    /// <summary>Opens the payload of an event.</summary>
    /// <exception cref="WireException">Thrown when it is malformed, or its compression is not known.</exception>
    public static TransactionPayload Open(BinlogEvent data)
    {
        var fields = data.Fields();
        var compression = NoCompression;
        while (fields.ReadLengthEncoded() is not EndMark and var field)
        {
            var value = new ByteReader(fields.ReadSized(), nameof(TransactionPayload));
            if (field == CompressionField) compression = value.ReadLengthEncoded();
        }

        var payload = new MemoryStream(fields.ReadRest().ToArray());
        return compression switch
        {
            Zstandard => new(new ZstandardStream(payload)),
            NoCompression => new(payload),
            _ => throw new WireException(
                WireErrorKind.Unsupported, $"TransactionPayload: the compression {compression} is not supported"),
        };
    }

    /// <summary>Gets the bytes of the event that was read last.</summary>
    public ReadOnlySpan<byte> Data => data.AsSpan(0, length);

    /// <summary>Reads the next event.</summary>
    /// <param name="read">The event, up to the next call.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="WireException">Thrown when it is malformed.</exception>
    public bool TryRead(out BinlogEvent read)
    {
        read = default;
        var header = data.AsSpan(0, BinlogEvent.HeaderBytes);
        var count = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (count == 0) return false;
        if (count < header.Length) throw EndsEarly();
        var size = BinaryPrimitives.ReadUInt32LittleEndian(header[SizeAt..]);
        if (size is < BinlogEvent.HeaderBytes or > BinlogPacket.EventBytesMax)
            throw WireException.Malformed($"TransactionPayload: an event states {size} bytes");
        ReadBody((int)size);
        read = BinlogEvent.Read(Data, hasChecksum: false);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    /// <summary>Reads as much as there is, so that a size that is a lie takes no memory.</summary>
    void ReadBody(int size)
    {
        for (length = BinlogEvent.HeaderBytes; length < size;)
        {
            if (length == data.Length) Array.Resize(ref data, (int)Math.Min(2L * length, size));
            var count = stream.Read(data.AsSpan(length, Math.Min(size, data.Length) - length));
            if (count == 0) throw EndsEarly();
            length += count;
        }
    }

    static WireException EndsEarly() => WireException.Malformed("TransactionPayload: it ends in an event");
}

/// <summary>Limits of what a server sends as one event.</summary>
public static class BinlogPacket
{
    /// <summary>
    /// The bytes of an event at most: more than the largest <c>max_allowed_packet</c>, with its header.
    /// </summary>
    public const int EventBytesMax = (1 << 30) + (1 << 20);
}

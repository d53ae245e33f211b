using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Foz.Wire.Compression;

namespace Foz.Wire.Avro;

/// <summary>A file of Avro values (Apache Avro specification, "Object Container Files"), read block by block.</summary>
public sealed class AvroContainer
{
    /// <summary>The largest block that is read, in bytes, as stored in the file and unpacked.</summary>
    public const int BlockBytesMax = 256 << 20;

    const int HeaderBytesMax = 16 << 20;
    const int SyncLength = 16;

    readonly Stream stream;
    readonly byte[] sync;
    readonly string codec;

    AvroContainer(Stream stream, IReadOnlyDictionary<string, byte[]> metadata, byte[] sync)
    {
        (this.stream, Metadata, this.sync) = (stream, metadata, sync);
        codec = metadata.TryGetValue("avro.codec", out var name) ? Encoding.UTF8.GetString(name) : "null";
        if (codec is not ("null" or "deflate" or "snappy" or "zstandard"))
            throw new WireException(
                WireErrorKind.Unsupported,
                $"its codec is '{codec}', which is not supported; known: null, deflate, snappy, zstandard");
        Schema = metadata.TryGetValue("avro.schema", out var schema)
            ? AvroSchema.Parse(schema) : throw WireException.Malformed("it has no schema");
    }

    /// <summary>What the file says of itself.</summary>
    public IReadOnlyDictionary<string, byte[]> Metadata { get; }

    /// <summary>The schema of its values.</summary>
    public AvroSchema Schema { get; }

    /// <summary>Reads the header.</summary>
    /// <param name="stream">The file, from its start.</param>
    /// <exception cref="WireException">It is no such file, or its codec is not supported.</exception>
    public static AvroContainer Open(Stream stream)
    {
        if (!Read(stream, 4).AsSpan().SequenceEqual("Obj\x01"u8))
            throw WireException.Malformed("it does not begin as an Avro file does");
        var metadata = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var bytes = 0L;
        for (var count = ReadLong(stream); count != 0; count = ReadLong(stream))
        {
            if (count < 0) ReadLong(stream);
            for (count = Math.Abs(count); count > 0; count--)
            {
                var key = Encoding.UTF8.GetString(ReadSized(stream, ref bytes));
                metadata[key] = ReadSized(stream, ref bytes);
            }
        }
        return new(stream, metadata, Read(stream, SyncLength));
    }

    /// <summary>The blocks: how many values each has, and they.</summary>
    /// <exception cref="WireException">A block is damaged, or too large.</exception>
    public IEnumerable<(long Count, ReadOnlyMemory<byte> Values)> ReadBlocks()
    {
        while (stream.ReadByte() is >= 0 and var first)
        {
            var count = ReadLong(stream, first);
            var length = ReadLong(stream);
            if (count < 0 || length is < 0 or > BlockBytesMax)
                throw WireException.Malformed($"a block has {length:N0} bytes");
            var packed = Read(stream, (int)length);
            if (!Read(stream, SyncLength).AsSpan().SequenceEqual(sync))
                throw WireException.Malformed("a block does not end with the file's mark");
            var values = Unpack(packed);
            if (count > Math.Max(values.Length, AvroValueReader.EmptyItemsMax))
                throw WireException.Malformed($"a block claims to have {count:N0} values");
            yield return (count, values);
        }
    }

    ReadOnlyMemory<byte> Unpack(byte[] packed)
    {
        switch (codec)
        {
            case "deflate":
                using (var inflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress))
                    return ReadAll(inflate);
            case "zstandard":
                using (var zstandard = new ZstandardStream(new MemoryStream(packed))) return ReadAll(zstandard);
            case "snappy":
                // Snappy's own format, and after it the checksum of the unpacked bytes.
                if (packed.Length < sizeof(uint)) throw WireException.Malformed("a block is cut short");
                var plain = Snappy.Decompress(packed.AsSpan(0, packed.Length - sizeof(uint)), BlockBytesMax);
                return Crc32.HashToUInt32(plain)
                    == BinaryPrimitives.ReadUInt32BigEndian(packed.AsSpan(packed.Length - sizeof(uint)))
                    ? plain
                    : throw WireException.Malformed("a block does not have its checksum");
            default:
                return packed;
        }
    }

    static ReadOnlyMemory<byte> ReadAll(Stream compressed)
    {
        try
        {
            using var plain = new MemoryStream();
            var buffer = new byte[1 << 16];
            while (compressed.Read(buffer) is > 0 and var read)
            {
                if (plain.Length + read > BlockBytesMax) throw WireException.Malformed("a block is too large");
                plain.Write(buffer.AsSpan(0, read));
            }
            return plain.GetBuffer().AsMemory(0, (int)plain.Length);
        }
        catch (InvalidDataException e)
        {
            throw WireException.Malformed($"a block cannot be decompressed: {e.Message}");
        }
    }

    static byte[] ReadSized(Stream stream, ref long bytes)
    {
        var length = ReadLong(stream);
        bytes += length;
        return length < 0 || bytes > HeaderBytesMax
            ? throw WireException.Malformed("its header is too large") : Read(stream, (int)length);
    }

    static byte[] Read(Stream stream, int length)
    {
        try
        {
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (EndOfStreamException)
        {
            throw WireException.Malformed("it is cut short");
        }
    }

    static long ReadLong(Stream stream, int first = -1)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = shift == 0 && first >= 0 ? first : stream.ReadByte();
            if (next < 0) throw WireException.Malformed("it is cut short");
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw WireException.Malformed("a number has more than 64 bits");
    }
}

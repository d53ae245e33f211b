using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>
/// Reads the fields of one message's payload in network byte order; whatever lies outside of the payload is a
/// <see cref="WireException"/>.
/// </summary>
/// <param name="payload">The payload, without type and length.</param>
public ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    ReadOnlySpan<byte> rest = payload;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte() => ReadBytes(1)[0];

    /// <summary>Reads a signed 16-bit integer.</summary>
    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(ReadBytes(sizeof(short)));

    /// <summary>Reads a signed 32-bit integer.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(ReadBytes(sizeof(int)));

    /// <summary>Reads an object identifier.</summary>
    public uint ReadOid() => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(sizeof(uint)));

    /// <summary>Reads a count, up to 65,535, which may not be larger than what is left could hold.</summary>
    /// <param name="itemBytesMin">The least that one item takes.</param>
    public int ReadCount16(int itemBytesMin)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(ReadBytes(sizeof(ushort)));
        return count * itemBytesMin <= rest.Length
            ? count
            : throw WireException.Malformed($"a message counts {count} items in {rest.Length} bytes");
    }

    /// <summary>Reads so many bytes.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count > (uint)rest.Length)
            throw WireException.Malformed($"a message ends early: {count} bytes expected, {rest.Length} left");
        var bytes = rest[..count];
        rest = rest[count..];
        return bytes;
    }

    /// <summary>Reads a text up to its NUL byte; bytes that are not UTF-8 become U+FFFD.</summary>
    public string ReadString()
    {
        var length = rest.IndexOf((byte)0);
        if (length < 0) throw WireException.Malformed("a text in a message has no end");
        var text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[(length + 1)..];
        return text;
    }

    /// <summary>Reads a text up to its NUL byte, which must be UTF-8.</summary>
    /// <exception cref="WireException">It has no end, or is no UTF-8.</exception>
    public string ReadUtf8()
    {
        var length = rest.IndexOf((byte)0);
        if (length < 0) throw WireException.Malformed("a text in a message has no end");
        if (!System.Text.Unicode.Utf8.IsValid(rest[..length]))
            throw new WireException(WireErrorKind.Encoding, "a text holds bytes that are no UTF-8");
        return ReadString();
    }

    /// <summary>Reads all that is left.</summary>
    public ReadOnlySpan<byte> ReadRest()
    {
        var bytes = rest;
        rest = [];
        return bytes;
    }

    /// <summary>Makes sure that nothing is left.</summary>
    public readonly void End()
    {
        if (!rest.IsEmpty) throw WireException.Malformed($"a message has {rest.Length} bytes too many");
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>Writes messages into a buffer of its own, one behind the other, in network byte order.</summary>
public sealed class MessageWriter
{
    byte[] buffer = new byte[256];
    int length;
    int lengthFieldAt = -1;

    /// <summary>All messages so far; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, length);

    /// <summary>Forgets all messages, and overwrites them, since they may hold a password.</summary>
    public void Clear()
    {
        buffer.AsSpan(0, length).Clear();
        length = 0;
    }

    /// <summary>Begins a message of a type.</summary>
    public void Begin(byte type)
    {
        WriteByte(type);
        BeginUntyped();
    }

    /// <summary>Begins a message that has no type: the first of a connection.</summary>
    public void BeginUntyped()
    {
        lengthFieldAt = length;
        WriteInt32(0);
    }

    /// <summary>Ends the message, and fills in its length.</summary>
    public void End()
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(lengthFieldAt), length - lengthFieldAt);
        lengthFieldAt = -1;
    }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => Reserve(1)[0] = value;

    /// <summary>Writes a signed 16-bit integer.</summary>
    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(sizeof(short)), value);

    /// <summary>Writes a signed 32-bit integer.</summary>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(sizeof(int)), value);

    /// <summary>Writes an object identifier.</summary>
    public void WriteOid(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Writes a text in UTF-8 and a NUL byte.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL, which would end it early.</exception>
    public void WriteString(string text)
    {
        if (text.Contains('\0')) throw new ArgumentException("a text of the protocol holds no NUL", nameof(text));
        Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetByteCount(text)));
        WriteByte(0);
    }

    Span<byte> Reserve(int count)
    {
        if (buffer.Length - length < count)
            Array.Resize(ref buffer, Math.Max(checked(length + count), (int)Math.Min(2L * length, Array.MaxLength)));
        var span = buffer.AsSpan(length, count);
        length += count;
        return span;
    }
}

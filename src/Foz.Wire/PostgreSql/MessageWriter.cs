using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>Writes messages into a buffer of its own, one after the other, in network byte order.</summary>
public sealed class MessageWriter
{
    const int InitialBytes = 256;
    const int KeptBytesMax = 4096;

    byte[] buffer = new byte[InitialBytes];
    int length;
    int lengthFieldAt = -1;

    /// <summary>All messages so far; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, length);

    /// <summary>How many bytes have been written.</summary>
    public int Length => length;

    /// <summary>Forgets all messages, and keeps the room for the next ones; for what holds no password.</summary>
    public void Reset() => length = 0;

    /// <summary>Keeps only the first so many bytes.</summary>
    public void Truncate(int bytes) => length = Math.Min(bytes, length);

    /// <summary>Forgets all messages, and gives most of the room back.</summary>
    public void Shrink()
    {
        length = 0;
        if (buffer.Length <= KeptBytesMax) return;
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = new byte[InitialBytes];
    }

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

    /// <summary>Writes bytes unchanged.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Writes a text in UTF-8 and a NUL byte.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL, which would end it early.</exception>
    public void WriteString(string text)
    {
        if (text.Contains('\0')) throw new ArgumentException("a text of the protocol holds no NUL", nameof(text));
        Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetByteCount(text)));
        WriteByte(0);
    }

    /// <summary>Makes room for so many bytes, which the caller fills, all of them.</summary>
    /// <returns>The room; valid until the next call.</returns>
    public Span<byte> Reserve(int count)
    {
        if (buffer.Length - length < count) Grow(checked(length + count));
        var span = buffer.AsSpan(length, count);
        length += count;
        return span;
    }

    void Grow(int bytes)
    {
        bytes = Math.Max(bytes, (int)Math.Min(2L * length, Array.MaxLength));
        var larger = bytes > KeptBytesMax ? ArrayPool<byte>.Shared.Rent(bytes) : new byte[bytes];
        buffer.AsSpan(0, length).CopyTo(larger);
        if (buffer.Length > KeptBytesMax) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}

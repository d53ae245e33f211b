using System.Buffers;

namespace Foz.Server.PgWire.Rows;

/// <summary>Bytes that grow, for values whose length is known only once they are written.</summary>
sealed class ScratchBuffer : IBufferWriter<byte>
{
    const int InitialBytes = 1024;
    const int KeptBytesMax = 1 << 20;

    byte[] bytes = new byte[InitialBytes];

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes from one on.</summary>
    public Span<byte> From(int start) => bytes.AsSpan(start, Length - start);

    /// <summary>Some of the bytes.</summary>
    public ReadOnlySpan<byte> Slice(int start, int end) => bytes.AsSpan(start, end - start);

    /// <summary>Forgets all bytes.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > KeptBytesMax) bytes = new byte[InitialBytes];
    }

    /// <summary>Cuts bytes off the end.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Adds one byte.</summary>
    public void Add(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> values)
    {
        values.CopyTo(GetSpan(values.Length));
        Length += values.Length;
    }

    /// <summary>Adds so many bytes, for the caller to fill.</summary>
    public Span<byte> Reserve(int count)
    {
        var room = GetSpan(count)[..count];
        Length += count;
        return room;
    }

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        var needed = checked(Length + Math.Max(sizeHint, 1));
        if (needed > bytes.Length)
            Array.Resize(ref bytes, (int)Math.Min(Math.Max(needed, 2L * bytes.Length), Array.MaxLength));
        return bytes.AsSpan(Length);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        GetSpan(sizeHint);
        return bytes.AsMemory(Length);
    }
}

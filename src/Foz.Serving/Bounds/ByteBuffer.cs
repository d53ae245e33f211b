using System.Buffers;

namespace Foz.Serving.Bounds;

/// <summary>Room for the texts that a function makes, one after the other.</summary>
struct ByteBuffer : IDisposable
{
    byte[]? bytes;

    /// <summary>Room for so many bytes; what was in it before is lost.</summary>
    public Span<byte> Take(int length)
    {
        if (bytes is null || bytes.Length < length)
        {
            Dispose();
            bytes = ArrayPool<byte>.Shared.Rent(length);
        }
        return bytes.AsSpan(0, length);
    }

    /// <summary>Gives the room back.</summary>
    public void Dispose()
    {
        if (bytes is not null) ArrayPool<byte>.Shared.Return(bytes);
        bytes = null;
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// A hash that a text is known again by: half of the SHA-256 of its characters. Two numbers instead of one of 128 bits,
/// with which .NET compiles nothing ahead of time.
/// </summary>
/// <param name="Low">Its first eight bytes.</param>
/// <param name="High">Its last eight bytes.</param>
readonly record struct TextHash(ulong Low, ulong High)
{
    /// <summary>How many bytes it is.</summary>
    public const int Bytes = 2 * sizeof(ulong);

    /// <summary>The hash of a text.</summary>
    public static TextHash Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // The characters as they lie in memory: nothing else reads the hashes.
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return Read(hash);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static TextHash Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]));

    /// <summary>Writes it to the first bytes of some.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(ulong)..], High);
    }
}

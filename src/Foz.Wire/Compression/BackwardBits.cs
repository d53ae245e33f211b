using System.Buffers.Binary;
using System.Numerics;

namespace Foz.Wire.Compression;

/// <summary>
/// Reads a bit stream from its end to its start, as RFC 8878 §4.1 writes them: the last byte holds, below its highest
/// set bit, the first bits to be read.
/// </summary>
ref struct BackwardBits
{
    /// <summary>How many bytes behind the stream may be looked at, whatever they hold.</summary>
    public const int Slack = 8;

    readonly ReadOnlySpan<byte> bytes;

    /// <summary>Starts at the end of a stream.</summary>
    /// <param name="bytes">Bytes that hold it and at least <see cref="Slack"/> more behind it.</param>
    /// <param name="length">The length of the stream.</param>
    /// <exception cref="WireException">It is empty, or its last byte is zero.</exception>
    public BackwardBits(ReadOnlySpan<byte> bytes, int length)
    {
        if (length == 0 || bytes[length - 1] == 0)
            throw WireException.Malformed("a Zstandard bit stream has no end mark");
        this.bytes = bytes;
        Left = (length - 1) * 8L + BitOperations.Log2(bytes[length - 1]);
    }

    /// <summary>How many bits have not been read; below zero where more were read than there are.</summary>
    public long Left { get; private set; }

    /// <summary>
    /// Reads a number of at most 56 bits; where there are fewer, zeros stand for those that are missing.
    /// </summary>
    public ulong Read(int count)
    {
        Left -= count;
        return Bits(Left, count);
    }

    /// <summary>The next bits, without passing over them.</summary>
    public readonly ulong Peek(int count) => Bits(Left - count, count);

    /// <summary>Passes over bits.</summary>
    public void Skip(int count) => Left -= count;

    readonly ulong Bits(long position, int count)
    {
        var mask = (1UL << count) - 1;
        if (position >= 0)
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)(position >> 3)..]) >> (int)(position & 7) & mask;
        return position <= -count ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(bytes) << (int)-position & mask;
    }
}

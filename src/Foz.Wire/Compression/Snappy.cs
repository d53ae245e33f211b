using System.Buffers.Binary;

namespace Foz.Wire.Compression;

/// <summary>Decodes Snappy's raw format (google/snappy, format_description.txt), which .NET 10 lacks.</summary>
static class Snappy
{
    /// <summary>What a block holds.</summary>
    /// <param name="packed">The block.</param>
    /// <param name="bytesMax">How much it may hold.</param>
    /// <exception cref="WireException">It is none, or holds more.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> packed, int bytesMax)
    {
        var plain = new byte[ReadLength(ref packed, bytesMax)];
        var at = 0;
        while (!packed.IsEmpty)
        {
            var tag = packed[0];
            packed = packed[1..];
            if ((tag & 3) == 0)
            {
                var length = LiteralLength(tag >> 2, ref packed);
                if (length > packed.Length || length > plain.Length - at) throw Damaged();
                packed[..(int)length].CopyTo(plain.AsSpan(at));
                at += (int)length;
                packed = packed[(int)length..];
            }
            else
            {
                var (length, offset) = Copy(tag, ref packed);
                if (offset <= 0 || offset > at || length > plain.Length - at) throw Damaged();
                // What is copied may be what this copy writes.
                for (var end = at + length; at < end; at++) plain[at] = plain[at - offset];
            }
        }
        return at == plain.Length ? plain : throw Damaged();
    }

    static int ReadLength(ref ReadOnlySpan<byte> packed, int bytesMax)
    {
        ulong length = 0;
        for (var i = 0; i < 5 && i < packed.Length; i++)
        {
            length |= (ulong)(packed[i] & 0x7F) << (7 * i);
            if (packed[i] >= 0x80) continue;
            packed = packed[(i + 1)..];
            return length <= (ulong)bytesMax ? (int)length : throw WireException.Malformed("a block is too large");
        }
        throw Damaged();
    }

    static long LiteralLength(int stated, ref ReadOnlySpan<byte> packed)
    {
        if (stated < 60) return stated + 1;
        var count = stated - 59;
        if (count > packed.Length) throw Damaged();
        long length = 0;
        for (var i = 0; i < count; i++) length |= (long)packed[i] << (8 * i);
        packed = packed[count..];
        return length + 1;
    }

    static (int Length, int Offset) Copy(byte tag, ref ReadOnlySpan<byte> packed)
    {
        var size = (tag & 3) switch { 1 => 1, 2 => 2, _ => 4 };
        if (size > packed.Length) throw Damaged();
        var copy = size switch
        {
            1 => (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | packed[0]),
            2 => ((tag >> 2) + 1, BinaryPrimitives.ReadUInt16LittleEndian(packed)),
            _ => ((tag >> 2) + 1, BinaryPrimitives.ReadInt32LittleEndian(packed)),
        };
        packed = packed[size..];
        return copy;
    }

    static WireException Damaged() => WireException.Malformed("a block of Snappy is damaged");
}

/// <summary>The checksum of ISO 3309, as zlib has it.</summary>
static class Crc32
{
    static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var value = (uint)i;
        for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
        return value;
    })];

    /// <summary>That of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var value = uint.MaxValue;
        foreach (var b in bytes) value = (value >> 8) ^ table[(byte)(value ^ b)];
        return ~value;
    }
}

using System.Buffers.Binary;

namespace Foz.Lake.Tables.Keys;

/// <summary>Hashes of keys, the same in every process and version: they are kept in files.</summary>
static class KeyHash
{
    const ulong OddA = 0xBF58476D1CE4E5B9;
    const ulong OddB = 0x94D049BB133111EB;
    const ulong Start = 0x9E3779B97F4A7C15;

    /// <summary>The hash of a number; no two numbers have one hash.</summary>
    public static ulong Of(long number)
    {
        // Each step can be undone: the finishing steps of a well-known generator.
        var hash = (ulong)number + Start;
        hash = (hash ^ (hash >> 30)) * OddA;
        hash = (hash ^ (hash >> 27)) * OddB;
        return hash ^ (hash >> 31);
    }

    /// <summary>The hash of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Start ^ (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            hash = Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes), OddA);
        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        return Fold(hash ^ rest, OddB);
    }

    /// <summary>A sum over a file's content that any torn or changed part of it changes.</summary>
    public static ulong Checksum(ulong sum, ReadOnlySpan<ulong> words)
    {
        var (a, b, c, d) = (sum, Start, OddA, OddB);
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = (ulong.RotateLeft(a, 29) ^ words[i]) * OddA;
            b = (ulong.RotateLeft(b, 29) ^ words[i + 1]) * OddA;
            c = (ulong.RotateLeft(c, 29) ^ words[i + 2]) * OddA;
            d = (ulong.RotateLeft(d, 29) ^ words[i + 3]) * OddA;
        }
        for (; i < words.Length; i++) a = (ulong.RotateLeft(a, 29) ^ words[i]) * OddB;
        return Fold(Fold(a ^ b, OddB) ^ c, OddA) ^ d;
    }

    static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}

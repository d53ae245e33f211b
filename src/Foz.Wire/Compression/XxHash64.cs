using System.Buffers.Binary;
using System.Numerics;

namespace Foz.Wire.Compression;

/// <summary>The checksum XXH64, as Zstandard frames have it, with seed 0.</summary>
public struct XxHash64
{
    const ulong Prime1 = 0x9E3779B185EBCA87;
    const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    const ulong Prime3 = 0x165667B19E3779F9;
    const ulong Prime4 = 0x85EBCA77C2B2AE63;
    const ulong Prime5 = 0x27D4EB2F165667C5;
    const int StripeBytes = 32;
    readonly byte[] rest = new byte[StripeBytes];
    int restLength;
    ulong length;
    ulong a = unchecked(Prime1 + Prime2);
    ulong b = Prime2;
    ulong c;
    ulong d = unchecked(0 - Prime1);

    /// <summary>Starts a checksum.</summary>
    public XxHash64()
    {
    }

    /// <summary>Takes bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        length += (ulong)bytes.Length;
        if (restLength > 0)
        {
            var taken = Math.Min(StripeBytes - restLength, bytes.Length);
            bytes[..taken].CopyTo(rest.AsSpan(restLength));
            restLength += taken;
            bytes = bytes[taken..];
            if (restLength < StripeBytes) return;
            AddStripe(rest);
            restLength = 0;
        }
        for (; bytes.Length >= StripeBytes; bytes = bytes[StripeBytes..]) AddStripe(bytes);
        bytes.CopyTo(rest);
        restLength = bytes.Length;
    }

    /// <summary>The checksum of what was taken.</summary>
    public readonly ulong Value
    {
        get
        {
            var hash = length < StripeBytes
                ? Prime5
                : Merge(Merge(Merge(Merge(
                    BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12)
                        + BitOperations.RotateLeft(d, 18), a), b), c), d);
            hash += length;
            var left = rest.AsSpan(0, restLength);
            for (; left.Length >= 8; left = left[8..])
                hash = BitOperations.RotateLeft(
                    hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(left)), 27) * Prime1 + Prime4;
            if (left.Length >= 4)
            {
                hash = BitOperations.RotateLeft(
                    hash ^ BinaryPrimitives.ReadUInt32LittleEndian(left) * Prime1, 23) * Prime2 + Prime3;
                left = left[4..];
            }
            foreach (var value in left) hash = BitOperations.RotateLeft(hash ^ value * Prime5, 11) * Prime1;
            hash = (hash ^ hash >> 33) * Prime2;
            hash = (hash ^ hash >> 29) * Prime3;
            return hash ^ hash >> 32;
        }
    }

    void AddStripe(ReadOnlySpan<byte> bytes)
    {
        a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
        c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
        d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }

    static ulong Round(ulong sum, ulong value) => BitOperations.RotateLeft(sum + value * Prime2, 31) * Prime1;

    static ulong Merge(ulong hash, ulong sum) => (hash ^ Round(0, sum)) * Prime1 + Prime4;
}

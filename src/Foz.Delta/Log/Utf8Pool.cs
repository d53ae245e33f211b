using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Foz.Delta.Log;

/// <summary>
/// Makes texts and byte strings out of many small UTF-8 spans: short texts that come again are one string, copies
/// share blocks of up to 64 KB. For one reader of one log file or checkpoint; not thread-safe.
/// </summary>
public sealed class Utf8Pool
{
    const int BlockBytesMax = 64 * 1024;
    const int BlockBytesMin = 256;
    const int SlotCount = 1024;
    const int PooledBytesMax = 64;

    static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly int blockBytes;
    readonly List<string> scratchKeys = [];
    readonly List<string?> scratchValues = [];
    (byte[] Utf8, string Text)[]? slots;
    Memory<byte> free;
    string[] lastKeys = [];
    StringMap[]? maps;

    /// <summary>A pool for input of about this size.</summary>
    public Utf8Pool(long inputBytes = BlockBytesMax) =>
        blockBytes = (int)Math.Clamp(inputBytes, BlockBytesMin, BlockBytesMax);

    /// <summary>The text of UTF-8 bytes; one and the same string for bytes that came shortly before.</summary>
    /// <exception cref="DecoderFallbackException">The bytes are no UTF-8.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string GetString(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        if (utf8.Length > PooledBytesMax) return strict.GetString(utf8);
        slots ??= new (byte[], string)[SlotCount];
        ref var slot = ref slots[SlotOf(utf8)];
        if (slot.Utf8 is null || !utf8.SequenceEqual(slot.Utf8)) slot = (utf8.ToArray(), strict.GetString(utf8));
        return slot.Text;
    }

    /// <summary>A copy of bytes that stays valid.</summary>
    public ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes)
    {
        var copy = Reserve(bytes.Length);
        bytes.CopyTo(copy.Span);
        return Take(bytes.Length);
    }

    /// <summary>A map of keys to values: maps with the same keys in the same order share them, and one that came
    /// shortly before is the same map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public StringMap Map(ReadOnlySpan<string> keys, ReadOnlySpan<string?> values)
    {
        if (keys.IsEmpty) return StringMap.Empty;
        if (!keys.SequenceEqual(lastKeys)) (lastKeys, maps) = (keys.ToArray(), null);
        maps ??= new StringMap[SlotCount];
        ref var slot = ref maps[SlotOf(values)];
        if (slot is null || !slot.HasValues(values)) slot = new StringMap(lastKeys, values.ToArray());
        return slot;
    }

    /// <summary>Two empty lists for the pairs of one map, good until the next call.</summary>
    internal (List<string> Keys, List<string?> Values) ScratchLists()
    {
        scratchKeys.Clear();
        scratchValues.Clear();
        return (scratchKeys, scratchValues);
    }

    /// <summary>Room for up to this many bytes, of which <see cref="Take"/> keeps the first.</summary>
    internal Memory<byte> Reserve(int bytesMax)
    {
        if (free.Length < bytesMax) free = GC.AllocateUninitializedArray<byte>(Math.Max(bytesMax, blockBytes));
        return free[..bytesMax];
    }

    /// <summary>Keeps the first bytes of what was reserved.</summary>
    internal ReadOnlyMemory<byte> Take(int bytes)
    {
        var taken = free[..bytes];
        free = free[bytes..];
        return taken;
    }

    // Any spread will do: what lies in a slot is compared.
    static int SlotOf(ReadOnlySpan<byte> utf8)
    {
        var hash = (ulong)utf8.Length;
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(utf8)) * 0x9E3779B97F4A7C15;
        foreach (var octet in utf8) hash = (hash ^ octet) * 0x9E3779B97F4A7C15;
        return (int)((hash >> 32) % SlotCount);
    }

    // Repeated texts are the same strings: references distinguish them.
    static int SlotOf(ReadOnlySpan<string?> values)
    {
        var hash = 0;
        foreach (var value in values) hash = hash * 31 + (value is null ? 0 : RuntimeHelpers.GetHashCode(value));
        return (int)((uint)hash % SlotCount);
    }
}

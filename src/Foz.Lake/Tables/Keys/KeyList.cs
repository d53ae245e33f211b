using System.Buffers;
using System.Runtime.InteropServices;

namespace Foz.Lake.Tables.Keys;

/// <summary>Keys in memory: their hashes, what is noted of each, and where a hash is not enough their bytes.</summary>
public sealed class KeyList
{
    readonly List<ulong> hashes = [];
    readonly List<uint> rows = [];
    readonly List<int> starts = [];
    readonly ArrayBufferWriter<byte> bytes = new();
    int start;

    /// <summary>How many keys there are.</summary>
    public int Count => hashes.Count;

    /// <summary>The hashes, in the order of the keys.</summary>
    public Span<ulong> Hashes => CollectionsMarshal.AsSpan(hashes);

    /// <summary>What was noted of each key.</summary>
    public Span<uint> Rows => CollectionsMarshal.AsSpan(rows);

    /// <summary>Where each key begins among <see cref="Bytes"/>; empty where hashes are enough.</summary>
    public Span<int> Starts => CollectionsMarshal.AsSpan(starts);

    /// <summary>The bytes of all keys.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    /// <summary>The bytes of a key.</summary>
    public ReadOnlySpan<byte> BytesOf(int key) =>
        bytes.WrittenSpan[starts[key]..(key + 1 < starts.Count ? starts[key + 1] : bytes.WrittenCount)];

    /// <summary>Adds a key that is its hash.</summary>
    public void Add(ulong hash, uint row)
    {
        hashes.Add(hash);
        rows.Add(row);
    }

    /// <summary>Begins a key.</summary>
    public void Begin() => start = bytes.WrittenCount;

    /// <summary>Adds to the key.</summary>
    public void Append(ReadOnlySpan<byte> part) => bytes.Write(part);

    /// <summary>Ends the key.</summary>
    public void End(uint row)
    {
        starts.Add(start);
        Add(KeyHash.Of(bytes.WrittenSpan[start..]), row);
    }
}

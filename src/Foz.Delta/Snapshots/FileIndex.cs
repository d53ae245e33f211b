using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>
/// Where files may be in a <see cref="FileSet{TFile}"/>, by the hashes of their keys: immutable layers, newest last,
/// merged so that each is at least twice its successor. An entry counts only as long as the file at its place has the
/// key, so a file that leaves a set need not leave the index. A change costs its own size times the logarithm of the
/// whole.
/// </summary>
sealed class FileIndex
{
    readonly PlaceTable[] layers;

    FileIndex(PlaceTable[] layers) => this.layers = layers;

    public static FileIndex Empty { get; } = new([]);

    /// <summary>The place of a key; null if there is none.</summary>
    public int? Find(FileKey key, IFilePlaces places)
    {
        for (var i = layers.Length - 1; i >= 0; i--)
            if (layers[i].Find(key, places) is { } place) return place;
        return null;
    }

    /// <summary>The index after a change.</summary>
    /// <param name="change">The files that came, which must not change any more.</param>
    public FileIndex With(PlaceTable change)
    {
        var kept = layers.Length;
        var size = change.Count;
        while (kept > 0 && layers[kept - 1].Count < 2 * size) size += layers[--kept].Count;
        if (kept == layers.Length) return new FileIndex([.. layers, change]);
        var merged = new PlaceTable(size);
        for (var i = kept; i < layers.Length; i++) merged.AddAll(layers[i]);
        merged.AddAll(change);
        return new FileIndex([.. layers[..kept], merged]);
    }
}

/// <summary>What is at which place.</summary>
interface IFilePlaces
{
    /// <summary>Whether the file of a key is at a place.</summary>
    bool Has(int place, FileKey key);
}

/// <summary>Places by hash: open addressing with eight bytes an entry, the hash and the place plus one.</summary>
sealed class PlaceTable
{
    const int SlotsMin = 16;

    ulong[] slots;

    /// <summary>A table with room for so many entries.</summary>
    public PlaceTable(int capacity = 0) =>
        slots =
            new ulong[Math.Max(SlotsMin, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity * 3 / 2))];

    /// <summary>The number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>The place of a key; null if there is none.</summary>
    public int? Find(FileKey key, IFilePlaces places)
    {
        var hash = (uint)key.GetHashCode();
        for (var i = hash; ; i++)
        {
            var slot = slots[i & (uint)(slots.Length - 1)];
            if (slot == 0) return null;
            if ((uint)(slot >> 32) == hash && places.Has((int)(uint)slot - 1, key)) return (int)(uint)slot - 1;
        }
    }

    /// <summary>Notes that the file of a key is at a place.</summary>
    public void Add(FileKey key, int place) => Add((ulong)(uint)key.GetHashCode() << 32 | (uint)(place + 1));

    /// <summary>Takes over all entries of another table.</summary>
    public void AddAll(PlaceTable other)
    {
        foreach (var entry in other.slots)
            if (entry != 0) Add(entry);
    }

    void Add(ulong entry)
    {
        if (Count + 1 > slots.Length - slots.Length / 4)
        {
            var old = slots;
            slots = new ulong[2 * old.Length];
            foreach (var slot in old)
                if (slot != 0) Put(slot);
        }
        if (Put(entry)) Count++;
    }

    /// <summary>Puts an entry in, unless it is there: a file whose deletion vector changes keeps its place.</summary>
    bool Put(ulong entry)
    {
        for (var i = (uint)(entry >> 32); ; i++)
        {
            ref var slot = ref slots[i & (uint)(slots.Length - 1)];
            if (slot == entry) return false;
            if (slot != 0) continue;
            slot = entry;
            return true;
        }
    }
}

using Foz.Delta.Log;

namespace Foz.Delta.Snapshots;

/// <summary>
/// Where each key stands in a <see cref="FileSet{TFile}"/>: immutable layers, newest last, merged so that each is at
/// least twice its successor. A change costs its own size times the logarithm of the whole.
/// </summary>
sealed class FileIndex
{
    /// <summary>The place of a key that a layer takes out.</summary>
    public const int Absent = -1;

    readonly Dictionary<FileKey, int>[] layers;

    FileIndex(Dictionary<FileKey, int>[] layers) => this.layers = layers;

    public static FileIndex Empty { get; } = new([]);

    /// <summary>The place of a key; null if there is none.</summary>
    public int? Find(FileKey key)
    {
        for (var i = layers.Length - 1; i >= 0; i--)
            if (layers[i].TryGetValue(key, out var place))
                return place == Absent ? null : place;
        return null;
    }

    /// <summary>The index after a change, which must not change any more.</summary>
    public FileIndex With(Dictionary<FileKey, int> change)
    {
        var kept = layers.Length;
        var size = change.Count;
        while (kept > 0 && layers[kept - 1].Count < 2 * size) size += layers[--kept].Count;
        return new FileIndex([.. layers[..kept], kept == layers.Length ? change : Merge(kept, change, size)]);
    }

    Dictionary<FileKey, int> Merge(int first, Dictionary<FileKey, int> change, int size)
    {
        var merged = first == layers.Length - 1 && layers[first].Count > change.Count
            ? new Dictionary<FileKey, int>(layers[first])
            : new Dictionary<FileKey, int>(size);
        for (var i = first; i < layers.Length; i++) Put(merged, layers[i]);
        Put(merged, change);
        if (first == 0)
            foreach (var (key, place) in merged)
                if (place == Absent) merged.Remove(key);
        return merged;
    }

    static void Put(Dictionary<FileKey, int> into, Dictionary<FileKey, int> layer)
    {
        foreach (var (key, place) in layer) into[key] = place;
    }
}

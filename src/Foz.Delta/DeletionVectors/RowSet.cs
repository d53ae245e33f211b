using System.Numerics;
using System.Runtime.InteropServices;

namespace Foz.Delta.DeletionVectors;

/// <summary>
/// A set of row numbers of a data file, counted from 0: a compressed 64-bit bitmap (Roaring). Immutable, so that any
/// number of threads can read it.
/// </summary>
public sealed class RowSet : IEquatable<RowSet>
{
    // keys[i] holds the upper 48 bits of the rows in containers[i]; ascending.
    readonly long[] keys;
    readonly Container[] containers;

    internal RowSet(long[] keys, Container[] containers)
    {
        this.keys = keys;
        this.containers = containers;
        foreach (var container in containers) Cardinality += container.Cardinality;
    }

    /// <summary>The set without rows.</summary>
    public static RowSet Empty { get; } = new([], []);

    /// <summary>How many rows are in the set.</summary>
    public long Cardinality { get; }

    /// <summary>Whether no row is in the set.</summary>
    public bool IsEmpty => keys.Length == 0;

    internal ReadOnlySpan<long> Keys => keys;

    internal ReadOnlySpan<Container> Containers => containers;

    /// <summary>The set of <paramref name="rows"/>, which may be in any order and repeat.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row number is negative.</exception>
    public static RowSet Of(params ReadOnlySpan<long> rows)
    {
        if (rows.IsEmpty) return Empty;
        if (IsAscending(rows)) return OfSorted(rows);
        var sorted = rows.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted);
    }

    /// <summary>Whether a row is in the set.</summary>
    public bool Contains(long row)
    {
        var at = IndexOf(row >> 16);
        return at >= 0 && containers[at].Contains((ushort)row);
    }

    /// <summary>
    /// Determines for each row whether it is not in the set. Fastest, about a nanosecond a row, where rows are
    /// consecutive; ascending rows with gaps come next.
    /// </summary>
    /// <param name="rows">Row numbers.</param>
    /// <param name="live">Set to whether <paramref name="rows"/>[i] is absent; at least as long.</param>
    public void Filter(ReadOnlySpan<long> rows, Span<bool> live)
    {
        live = live[..rows.Length];
        live.Fill(true);
        if (IsEmpty || rows.IsEmpty) return;
        if (IsConsecutive(rows)) FilterRange(rows[0], live);
        else FilterScattered(rows, live);
    }

    /// <summary>
    /// As <see cref="Filter(ReadOnlySpan{long}, Span{bool})"/> for the rows from <paramref name="first"/> on.
    /// </summary>
    public void Filter(long first, Span<bool> live)
    {
        live.Fill(true);
        if (!IsEmpty) FilterRange(first, live);
    }

    /// <summary>The rows that are in this set, in <paramref name="other"/>, or in both.</summary>
    public RowSet Union(RowSet other)
    {
        if (IsEmpty) return other;
        if (other.IsEmpty) return this;
        var unionKeys = new List<long>(keys.Length + other.keys.Length);
        var union = new List<Container>(unionKeys.Capacity);
        for (int a = 0, b = 0; a < keys.Length || b < other.keys.Length;)
        {
            var keyA = a < keys.Length ? keys[a] : long.MaxValue;
            var keyB = b < other.keys.Length ? other.keys[b] : long.MaxValue;
            unionKeys.Add(Math.Min(keyA, keyB));
            union.Add(keyA == keyB ? Union(containers[a], other.containers[b])
                : keyA < keyB ? containers[a]
                : other.containers[b]);
            if (keyA <= keyB) a++;
            if (keyB <= keyA) b++;
        }
        return new([.. unionKeys], [.. union]);
    }

    /// <summary>The rows of this set that are not in <paramref name="other"/>.</summary>
    public RowSet Except(RowSet other)
    {
        if (IsEmpty || other.IsEmpty) return this;
        var leftKeys = new List<long>(keys.Length);
        var left = new List<Container>(keys.Length);
        for (int a = 0, b = 0; a < keys.Length; a++)
        {
            while (b < other.keys.Length && other.keys[b] < keys[a]) b++;
            var isShared = b < other.keys.Length && other.keys[b] == keys[a];
            if ((isShared ? Except(containers[a], other.containers[b]) : containers[a]) is not { } container) continue;
            leftKeys.Add(keys[a]);
            left.Add(container);
        }
        return left.Count == 0 ? Empty : new([.. leftKeys], [.. left]);
    }

    /// <summary>Whether a row is in both sets.</summary>
    public bool Intersects(RowSet other)
    {
        for (int a = 0, b = 0; a < keys.Length && b < other.keys.Length;)
        {
            if (keys[a] == other.keys[b] && Union(containers[a], other.containers[b]).Cardinality
                < containers[a].Cardinality + other.containers[b].Cardinality)
                return true;
            if (keys[a] <= other.keys[b]) a++;
            else b++;
        }
        return false;
    }

    /// <summary>Whether all rows of another set are in this one.</summary>
    public bool Includes(RowSet other) => Union(other).Cardinality == Cardinality;

    /// <summary>The rows, ascending.</summary>
    public long[] ToArray()
    {
        var rows = new long[Cardinality];
        Span<ushort> values = new ushort[containers.Length == 0 ? 0 : containers.Max(known => known.Cardinality)];
        var count = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            var n = containers[i].CopyTo(values);
            foreach (var value in values[..n]) rows[count++] = keys[i] << 16 | value;
        }
        return rows;
    }

    /// <summary>Whether both sets have the same rows.</summary>
    public bool Equals(RowSet? other)
    {
        if (other is null || Cardinality != other.Cardinality || !Keys.SequenceEqual(other.Keys)) return false;
        Span<ulong> a = stackalloc ulong[Container.Capacity / 64];
        Span<ulong> b = stackalloc ulong[Container.Capacity / 64];
        for (var i = 0; i < containers.Length; i++)
        {
            a.Clear();
            b.Clear();
            containers[i].AddTo(a);
            other.containers[i].AddTo(b);
            if (!a.SequenceEqual(b)) return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RowSet);

    /// <inheritdoc/>
    public override int GetHashCode() => Cardinality.GetHashCode();

    static RowSet OfSorted(ReadOnlySpan<long> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows[0], nameof(rows));
        var setKeys = new List<long>();
        var setContainers = new List<Container>();
        var values = new ushort[Math.Min(rows.Length, Container.Capacity)];
        for (var i = 0; i < rows.Length;)
        {
            var key = rows[i] >> 16;
            var count = 0;
            for (; i < rows.Length && rows[i] >> 16 == key; i++)
                if (i == 0 || rows[i] != rows[i - 1]) values[count++] = (ushort)rows[i];
            setKeys.Add(key);
            setContainers.Add(Container.OfSorted(values.AsSpan(0, count)));
        }
        return new([.. setKeys], [.. setContainers]);
    }

    static Container Union(Container a, Container b)
    {
        Span<ulong> words = stackalloc ulong[Container.Capacity / 64];
        words.Clear();
        a.AddTo(words);
        b.AddTo(words);
        return Container.OfBitmap(words);
    }

    // Null where nothing is left.
    static Container? Except(Container a, Container b)
    {
        Span<ulong> words = stackalloc ulong[Container.Capacity / 64];
        Span<ulong> without = stackalloc ulong[Container.Capacity / 64];
        words.Clear();
        without.Clear();
        a.AddTo(words);
        b.AddTo(without);
        for (var i = 0; i < words.Length; i++) words[i] &= ~without[i];
        return words.ContainsAnyExcept(0UL) ? Container.OfBitmap(words) : null;
    }

    static bool IsAscending(ReadOnlySpan<long> rows)
    {
        for (var i = 1; i < rows.Length; i++)
            if (rows[i] < rows[i - 1]) return false;
        return true;
    }

    static bool IsConsecutive(ReadOnlySpan<long> rows)
    {
        var first = rows[0];
        if (rows[^1] - first != rows.Length - 1) return false;
        var width = Vector<long>.Count;
        var expected = new Vector<long>(first) + Vector<long>.Indices;
        var step = new Vector<long>(width);
        var vectors = MemoryMarshal.Cast<long, Vector<long>>(rows);
        foreach (var vector in vectors)
        {
            if (vector != expected) return false;
            expected += step;
        }
        for (var i = vectors.Length * width; i < rows.Length; i++)
            if (rows[i] != first + i) return false;
        return true;
    }

    void FilterRange(long first, Span<bool> live)
    {
        var at = IndexOf(first >> 16);
        if (at < 0) at = ~at;
        for (; at < keys.Length; at++)
        {
            var start = (keys[at] << 16) - first;
            if (start >= live.Length) return;
            var length = (int)Math.Min(live.Length, start + Container.Capacity);
            if (start < 0) containers[at].ClearLive((int)-start, live[..length]);
            else containers[at].ClearLive(0, live[(int)start..length]);
        }
    }

    void FilterScattered(ReadOnlySpan<long> rows, Span<bool> live)
    {
        for (var i = 0; i < rows.Length;)
        {
            var key = rows[i] >> 16;
            var end = i + 1;
            while (end < rows.Length && rows[end] >> 16 == key) end++;
            var at = IndexOf(key);
            if (at >= 0) containers[at].ClearLive(rows[i..end], live[i..end]);
            i = end;
        }
    }

    // Keys mostly follow each other, so that the position can be computed.
    int IndexOf(long key)
    {
        if (keys.Length == 0) return ~0;
        var guess = key - keys[0];
        return guess >= 0 && guess < keys.Length && keys[guess] == key ? (int)guess : keys.AsSpan().BinarySearch(key);
    }
}

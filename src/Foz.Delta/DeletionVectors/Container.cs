using System.Numerics;
using System.Runtime.InteropServices;

namespace Foz.Delta.DeletionVectors;

/// <summary>
/// A set of 16-bit values: those rows of a <see cref="RowSet"/> that share their upper 48 bits. Held as the Roaring
/// format has it: sorted values, a bitmap, or runs, whichever is smallest. Immutable, never empty.
/// </summary>
abstract class Container
{
    /// <summary>Values that a container can hold.</summary>
    public const int Capacity = 1 << 16;

    /// <summary>The most values that are held as a sorted array: one more and a bitmap is as small.</summary>
    public const int ArrayMax = 4096;

    const int BitmapBytes = Capacity / 8;

    Container(int cardinality) => Cardinality = cardinality;

    /// <summary>How many values there are, 1–65,536.</summary>
    public int Cardinality { get; }

    /// <summary>Bytes of the serialized form.</summary>
    public abstract int SizeInBytes { get; }

    /// <summary>Makes the smallest container of a set given as a bitmap of 1,024 words.</summary>
    public static Container OfBitmap(ReadOnlySpan<ulong> words)
    {
        int cardinality = 0, runs = 0;
        var carry = 0UL;
        foreach (var word in words)
        {
            cardinality += BitOperations.PopCount(word);
            // A run begins at each set bit whose lower neighbour is not set.
            runs += BitOperations.PopCount(word & ~(word << 1 | carry));
            carry = word >> 63;
        }
        var runBytes = 2 + 4 * runs;
        if (runBytes < Math.Min(2 * cardinality, BitmapBytes)) return new Runs(RunsOf(words, runs), cardinality);
        return cardinality <= ArrayMax
            ? new Sorted(ValuesOf(words, cardinality))
            : new Bitmap(words.ToArray(), cardinality);
    }

    /// <summary>Makes the smallest container of sorted values without duplicates.</summary>
    public static Container OfSorted(ReadOnlySpan<ushort> values)
    {
        var runs = 1;
        for (var i = 1; i < values.Length; i++)
            if (values[i] != values[i - 1] + 1) runs++;
        if (values.Length <= ArrayMax && 2 + 4 * runs >= 2 * values.Length) return new Sorted(values.ToArray());
        Span<ulong> words = stackalloc ulong[Capacity / 64];
        words.Clear();
        foreach (var value in values) words[value >> 6] |= 1UL << value;
        return OfBitmap(words);
    }

    /// <summary>Whether a value is in the set.</summary>
    public abstract bool Contains(ushort value);

    /// <summary>Clears <paramref name="live"/>[value - first] of each value from <paramref name="first"/> on.</summary>
    public abstract void ClearLive(int first, Span<bool> live);

    /// <summary>
    /// Clears <paramref name="live"/>[i] of each <paramref name="rows"/>[i] whose low 16 bits are in the set.
    /// </summary>
    public abstract void ClearLive(ReadOnlySpan<long> rows, Span<bool> live);

    /// <summary>Sets the bit of each value.</summary>
    public abstract void AddTo(Span<ulong> words);

    /// <summary>Writes the values, in order, and returns how many they are.</summary>
    public abstract int CopyTo(Span<ushort> values);

    static ushort[] ValuesOf(ReadOnlySpan<ulong> words, int cardinality)
    {
        var values = new ushort[cardinality];
        CopyValues(words, values);
        return values;
    }

    static int CopyValues(ReadOnlySpan<ulong> words, Span<ushort> values)
    {
        var count = 0;
        for (var i = 0; i < words.Length; i++)
            for (var word = words[i]; word != 0; word &= word - 1)
                values[count++] = (ushort)(i << 6 | BitOperations.TrailingZeroCount(word));
        return count;
    }

    static Run[] RunsOf(ReadOnlySpan<ulong> words, int count)
    {
        var runs = new Run[count];
        var at = 0;
        for (var i = 0; i < runs.Length; i++)
        {
            var start = NextBit(words, at, isSet: true);
            at = NextBit(words, start, isSet: false);
            runs[i] = new((ushort)start, (ushort)(at - 1 - start));
        }
        return runs;
    }

    static int NextBit(ReadOnlySpan<ulong> words, int from, bool isSet)
    {
        var flip = isSet ? 0UL : ulong.MaxValue;
        for (var i = from >> 6; i < words.Length; i++)
        {
            var word = words[i] ^ flip;
            if (i == from >> 6) word &= ulong.MaxValue << from;
            if (word != 0) return i << 6 | BitOperations.TrailingZeroCount(word);
        }
        return Capacity;
    }

    /// <summary>Values in a row, as the format stores them.</summary>
    /// <param name="Start">The first value.</param>
    /// <param name="Length">How many follow it.</param>
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    internal readonly record struct Run(ushort Start, ushort Length)
    {
        public int End => Start + Length;
    }

    /// <summary>Few scattered values.</summary>
    internal sealed class Sorted(ushort[] values) : Container(values.Length)
    {
        public ReadOnlySpan<ushort> Values => values;

        public override int SizeInBytes => 2 * values.Length;

        public override bool Contains(ushort value) => values.AsSpan().BinarySearch(value) >= 0;

        public override void ClearLive(int first, Span<bool> live)
        {
            for (var i = LowerBound(first); i < values.Length && values[i] - first < live.Length; i++)
                live[values[i] - first] = false;
        }

        public override void ClearLive(ReadOnlySpan<long> rows, Span<bool> live)
        {
            // Rows mostly ascend, so that the next value is found near the last one.
            var at = 0;
            for (var i = 0; i < rows.Length; i++)
            {
                var value = (ushort)rows[i];
                if (at > 0 && values[at - 1] >= value) at = LowerBound(value);
                for (var steps = 0; at < values.Length && values[at] < value; at++)
                {
                    if (++steps <= 8) continue;
                    at = LowerBound(value);
                    break;
                }
                if (at < values.Length && values[at] == value) live[i] = false;
            }
        }

        public override void AddTo(Span<ulong> words)
        {
            foreach (var value in values) words[value >> 6] |= 1UL << value;
        }

        public override int CopyTo(Span<ushort> target)
        {
            values.CopyTo(target);
            return values.Length;
        }

        int LowerBound(int value)
        {
            if (value > ushort.MaxValue) return values.Length;
            var at = values.AsSpan().BinarySearch((ushort)value);
            return at < 0 ? ~at : at;
        }
    }

    /// <summary>Many scattered values: a bit for each possible one.</summary>
    internal sealed class Bitmap(ulong[] words, int cardinality) : Container(cardinality)
    {
        public ReadOnlySpan<ulong> Words => words;

        public override int SizeInBytes => BitmapBytes;

        public override bool Contains(ushort value) => (words[value >> 6] >> value & 1) != 0;

        public override void ClearLive(int first, Span<bool> live)
        {
            var end = Math.Min(Capacity, first + live.Length);
            for (var i = first >> 6; i << 6 < end; i++)
            {
                var word = words[i];
                if (i == first >> 6) word &= ulong.MaxValue << first;
                if (end - (i << 6) < 64) word &= (1UL << end) - 1;
                for (; word != 0; word &= word - 1)
                    live[(i << 6 | BitOperations.TrailingZeroCount(word)) - first] = false;
            }
        }

        public override void ClearLive(ReadOnlySpan<long> rows, Span<bool> live)
        {
            var bits = words;
            for (var i = 0; i < rows.Length; i++)
            {
                var value = (ushort)rows[i];
                live[i] = (bits[value >> 6] >> value & 1) == 0;
            }
        }

        public override void AddTo(Span<ulong> target)
        {
            for (var i = 0; i < words.Length; i++) target[i] |= words[i];
        }

        public override int CopyTo(Span<ushort> values) => CopyValues(words, values);
    }

    /// <summary>Values in few runs.</summary>
    internal sealed class Runs(Run[] runs, int cardinality) : Container(cardinality)
    {
        public ReadOnlySpan<Run> All => runs;

        public override int SizeInBytes => 2 + 4 * runs.Length;

        public override bool Contains(ushort value)
        {
            var at = IndexFor(value);
            return at >= 0 && value <= runs[at].End;
        }

        public override void ClearLive(int first, Span<bool> live)
        {
            for (var i = Math.Max(0, IndexFor(first)); i < runs.Length && runs[i].Start - first < live.Length; i++)
            {
                var from = Math.Max(0, runs[i].Start - first);
                var to = Math.Min(live.Length, runs[i].End + 1 - first);
                if (from < to) live[from..to].Clear();
            }
        }

        public override void ClearLive(ReadOnlySpan<long> rows, Span<bool> live)
        {
            var at = -1;
            for (var i = 0; i < rows.Length; i++)
            {
                var value = (ushort)rows[i];
                var isCurrent = (at < 0 || runs[at].Start <= value)
                    && (at + 1 == runs.Length || value < runs[at + 1].Start);
                if (!isCurrent) at = IndexFor(value);
                if (at >= 0 && value <= runs[at].End) live[i] = false;
            }
        }

        public override void AddTo(Span<ulong> words)
        {
            foreach (var run in runs)
                for (int value = run.Start; value <= run.End; value++) words[value >> 6] |= 1UL << value;
        }

        public override int CopyTo(Span<ushort> values)
        {
            var count = 0;
            foreach (var run in runs)
                for (int value = run.Start; value <= run.End; value++) values[count++] = (ushort)value;
            return count;
        }

        // The last run that starts at or before the value; -1 if all start after it.
        int IndexFor(int value)
        {
            int low = 0, high = runs.Length - 1;
            while (low <= high)
            {
                var middle = (low + high) / 2;
                if (runs[middle].Start <= value) low = middle + 1;
                else high = middle - 1;
            }
            return high;
        }
    }
}

using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Foz.Lake.Tables.Keys;

/// <summary>
/// The keys of one data file, as an immutable file of their hashes in order, mapped into memory. Layout, all in 64-bit
/// words of little-endian numbers: a header of eight words (magic, identity, keys, bits of the directory, bytes of
/// keys, checksum of all that follows, two of zero), the directory (where the hashes begin that share their first
/// bits), the hashes, the rows, and where hashes can be shared by keys the places of the keys' bytes and these bytes.
/// </summary>
sealed class KeyIndexFile : IDisposable
{
    const ulong Magic = 0x3158444959454B46; // "FKEYIDX1"
    const ulong NoBytes = ulong.MaxValue;
    const int HeaderWords = 8;
    const int KeysPerBucket = 8;
    const int BitsMax = 28;

    // What is summed at a time.
    const int BlockWords = 1 << 16;

    readonly MemoryMappedViewAccessor view;
    readonly int count;
    readonly int bits;
    readonly bool hasBytes;
    readonly Places places;

    KeyIndexFile(MemoryMappedViewAccessor view, ReadOnlySpan<ulong> header)
    {
        this.view = view;
        (count, bits) = ((int)header[2], (int)header[3]);
        hasBytes = header[4] != NoBytes;
        places = new(count, bits, hasBytes);
    }

    /// <summary>Opens an index, if it is there, whole, and of the data file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">What identifies the data file and the form of the key.</param>
    /// <returns>Null where the index must be built.</returns>
    public static KeyIndexFile? Open(string path, ulong identity)
    {
        MemoryMappedViewAccessor? seen = null;
        try
        {
            var size = new FileInfo(path) is { Exists: true } info ? info.Length : 0;
            if (size < HeaderWords * sizeof(ulong) || size % sizeof(ulong) != 0) return null;
            // The view outlives it, so that no file stays open for each index.
            using var opened = MemoryMappedFile.CreateFromFile(
                path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
            seen = opened.CreateViewAccessor(0, size, MemoryMappedFileAccess.Read);
            Span<ulong> header = stackalloc ulong[HeaderWords];
            seen.SafeMemoryMappedViewHandle.ReadSpan(0, header);
            if (header[0] != Magic || header[1] != identity || header[2] > int.MaxValue || header[3] > BitsMax)
                return null;
            if (Sum(seen, size, header) != header[5]) return null;
            var file = new KeyIndexFile(seen, header);
            seen = null;
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            seen?.Dispose();
        }
    }

    /// <summary>Writes the index of a data file: whole under its name, or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">What identifies the data file and the form of the key.</param>
    /// <param name="keys">The keys, with the number of each one's row.</param>
    public static void Write(string path, ulong identity, KeyList keys)
    {
        var order = new int[keys.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        var hashes = keys.Hashes.ToArray();
        Array.Sort(hashes, order);
        var first = Math.Min(BitsMax, BitOperations.Log2((uint)Math.Max(1, keys.Count / KeysPerBucket)));
        var withBytes = keys.Starts.Length > 0;
        var parts = new Places(keys.Count, first, withBytes);
        var words = new ulong[parts.Bytes + (keys.Bytes.Length + 7) / 8];
        FillDirectory(MemoryMarshal.Cast<ulong, uint>(words.AsSpan(parts.Directory)), hashes, first);
        hashes.CopyTo(words.AsSpan(parts.Hashes));
        var rows = MemoryMarshal.Cast<ulong, uint>(words.AsSpan(parts.Rows));
        for (var i = 0; i < order.Length; i++) rows[i] = keys.Rows[order[i]];
        if (withBytes)
        {
            var starts = MemoryMarshal.Cast<ulong, long>(words.AsSpan(parts.Starts));
            for (var i = 0; i < order.Length; i++)
                starts[i] = (long)keys.BytesOf(order[i]).Length << 32 | (uint)keys.Starts[order[i]];
            keys.Bytes.CopyTo(MemoryMarshal.AsBytes(words.AsSpan(parts.Bytes)));
        }
        ulong[] header =
        [
            Magic, identity, (ulong)keys.Count, (ulong)first, withBytes ? (ulong)keys.Bytes.Length : NoBytes, 0, 0, 0,
        ];
        header[5] = Sum(header, words.AsSpan(HeaderWords));
        header.CopyTo(words.AsSpan());
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = File.Create(temporary)) file.Write(MemoryMarshal.AsBytes(words.AsSpan()));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Finds keys.</summary>
    /// <param name="keys">The keys that are looked for.</param>
    /// <param name="hashes">Their hashes in order.</param>
    /// <param name="numbers">The numbers of the keys that have them.</param>
    /// <param name="rows">Gets the numbers of the rows that have one of the keys.</param>
    public void Find(KeyList keys, ReadOnlySpan<ulong> hashes, ReadOnlySpan<int> numbers, List<long> rows)
    {
        if (count == 0 || hashes.IsEmpty) return;
        // Looking at all of it costs as much as some of the keys one by one.
        if (hashes.Length > count / 64) FindMany(keys, hashes, numbers, rows);
        else FindFew(keys, hashes, numbers, rows);
    }

    /// <inheritdoc/>
    public void Dispose() => view.Dispose();

    void FindMany(KeyList keys, ReadOnlySpan<ulong> wanted, ReadOnlySpan<int> numbers, List<long> rows)
    {
        var directory = ArrayPool<uint>.Shared.Rent((1 << bits) + 1);
        var hashes = ArrayPool<ulong>.Shared.Rent(count);
        try
        {
            Read(places.Directory, directory.AsSpan(0, (1 << bits) + 1));
            Read(places.Hashes, hashes.AsSpan(0, count));
            for (var i = 0; i < wanted.Length; i++)
            {
                var hash = wanted[i];
                var bucket = Bucket(hash, bits);
                var end = directory[bucket + 1];
                for (var at = directory[bucket]; at < end; at++)
                    if (hashes[at] == hash) Add(keys, numbers[i], (int)at, rows);
            }
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(directory);
            ArrayPool<ulong>.Shared.Return(hashes);
        }
    }

    void FindFew(KeyList keys, ReadOnlySpan<ulong> wanted, ReadOnlySpan<int> numbers, List<long> rows)
    {
        Span<uint> ends = stackalloc uint[2];
        Span<ulong> buffer = stackalloc ulong[8 * KeysPerBucket];
        for (var key = 0; key < wanted.Length; key++)
        {
            var hash = wanted[key];
            Read(places.Directory, Bucket(hash, bits), ends);
            for (var at = ends[0]; at < ends[1]; at += (uint)buffer.Length)
            {
                var hashes = buffer[..(int)Math.Min(ends[1] - at, (uint)buffer.Length)];
                Read(places.Hashes, at, hashes);
                for (var i = 0; i < hashes.Length; i++)
                    if (hashes[i] == hash) Add(keys, numbers[key], (int)at + i, rows);
            }
        }
    }

    /// <summary>Adds the row of an entry, if it has the key itself and not only its hash.</summary>
    void Add(KeyList keys, int key, int entry, List<long> rows)
    {
        if (hasBytes && !HasKey(keys.BytesOf(key), entry)) return;
        Span<uint> row = stackalloc uint[1];
        Read(places.Rows, entry, row);
        rows.Add(row[0]);
    }

    bool HasKey(ReadOnlySpan<byte> key, int entry)
    {
        Span<long> place = stackalloc long[1];
        Read(places.Starts, entry, place);
        var (start, length) = ((int)(uint)place[0], (int)(place[0] >> 32));
        if (length != key.Length) return false;
        Span<byte> stored = length <= 256 ? stackalloc byte[length] : new byte[length];
        view.SafeMemoryMappedViewHandle.ReadSpan((ulong)places.Bytes * sizeof(ulong) + (ulong)start, stored);
        return stored.SequenceEqual(key);
    }

    void Read<T>(int word, Span<T> into) where T : unmanaged => Read(word, 0, into);

    void Read<T>(int word, long index, Span<T> into) where T : unmanaged => view.SafeMemoryMappedViewHandle.ReadSpan(
        (ulong)word * sizeof(ulong) + (ulong)index * (ulong)System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), into);

    static void FillDirectory(Span<uint> directory, ReadOnlySpan<ulong> sorted, int bits)
    {
        var at = 0;
        for (var bucket = 0; bucket <= 1 << bits; bucket++)
        {
            while (at < sorted.Length && Bucket(sorted[at], bits) < bucket) at++;
            directory[bucket] = (uint)at;
        }
    }

    static int Bucket(ulong hash, int bits) => bits == 0 ? 0 : (int)(hash >> (64 - bits));

    static ulong SumOf(ReadOnlySpan<ulong> header) => KeyHash.Checksum(header[1], header[2..5]);

    static ulong Sum(ReadOnlySpan<ulong> header, ReadOnlySpan<ulong> content)
    {
        var sum = SumOf(header);
        for (var at = 0; at < content.Length; at += BlockWords)
            sum = KeyHash.Checksum(sum, content.Slice(at, Math.Min(BlockWords, content.Length - at)));
        return sum;
    }

    static ulong Sum(MemoryMappedViewAccessor view, long size, ReadOnlySpan<ulong> header)
    {
        var sum = SumOf(header);
        var block = ArrayPool<ulong>.Shared.Rent(BlockWords);
        for (long at = HeaderWords; at < size / sizeof(ulong); at += BlockWords)
        {
            var content = block.AsSpan(0, (int)Math.Min(BlockWords, size / sizeof(ulong) - at));
            view.SafeMemoryMappedViewHandle.ReadSpan((ulong)at * sizeof(ulong), content);
            sum = KeyHash.Checksum(sum, content);
        }
        ArrayPool<ulong>.Shared.Return(block);
        return sum;
    }

    // Where the parts begin, in words.
    readonly record struct Places(int Directory, int Hashes, int Rows, int Starts, int Bytes)
    {
        public Places(int count, int bits, bool hasBytes)
            : this(
                HeaderWords, HeaderWords + DirectoryWords(bits), HeaderWords + DirectoryWords(bits) + count,
                HeaderWords + DirectoryWords(bits) + count + (count + 1) / 2,
                HeaderWords + DirectoryWords(bits) + count + (count + 1) / 2 + (hasBytes ? count : 0))
        {
        }

        static int DirectoryWords(int bits) => ((1 << bits) + 2) / 2;
    }
}

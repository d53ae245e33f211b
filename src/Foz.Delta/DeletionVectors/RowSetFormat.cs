using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Foz.Delta.DeletionVectors;

/// <summary>
/// The serialized form of a deletion vector (PROTOCOL.md, "Deletion Vector Format"): a magic number, then Roaring
/// bitmaps of 32 bits, one for each used value of the upper 32 bits. Two layouts exist: the portable one, and the
/// "native" one that the specification's inline example has, without keys and with the size before each bitmap.
/// </summary>
static class RowSetFormat
{
    const int PortableMagic = 1681511377;
    const int NativeMagic = 1681511376;

    // Roaring's own cookies, and the number of containers from which on offsets are stored next to run flags.
    const int CookieWithoutRuns = 12346;
    const int CookieWithRuns = 12347;
    const int OffsetsFrom = 4;

    public static byte[] Write(RowSet rows)
    {
        var buckets = BucketsOf(rows);
        var size = 12 + buckets.Sum(bucket => 4 + SizeOf(rows, bucket));
        var bytes = new byte[size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, PortableMagic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), buckets.Count);
        var target = bytes.AsSpan(12);
        foreach (var bucket in buckets)
        {
            var (from, _) = bucket.GetOffsetAndLength(rows.Keys.Length);
            BinaryPrimitives.WriteInt32LittleEndian(target, (int)(rows.Keys[from] >> 16));
            target = target[(4 + WriteBucket(rows, bucket, target[4..]))..];
        }
        return bytes;
    }

    /// <exception cref="FormatException">The bytes are no bitmap, or cut short.</exception>
    public static RowSet Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        var magic = reader.Take(4);
        var keys = new List<long>();
        var containers = new List<Container>();
        if (BinaryPrimitives.ReadInt32LittleEndian(magic) == PortableMagic)
        {
            var count = BinaryPrimitives.ReadInt64LittleEndian(reader.Take(8));
            for (long i = 0; i < count; i++)
            {
                var key = BinaryPrimitives.ReadInt32LittleEndian(reader.Take(4));
                if (key < 0) throw new FormatException($"bucket key {key} is negative");
                ReadBucket(ref reader, key, keys, containers);
            }
        }
        else
        {
            var isBigEndian = BinaryPrimitives.ReadInt32BigEndian(magic) == NativeMagic;
            if (!isBigEndian && BinaryPrimitives.ReadInt32LittleEndian(magic) != NativeMagic)
                throw new FormatException($"unknown magic number 0x{Convert.ToHexString(magic)}");
            var count = reader.TakeInt32(isBigEndian);
            for (var key = 0; key < count; key++)
            {
                var sized = new Reader(reader.Take(reader.TakeInt32(isBigEndian)));
                ReadBucket(ref sized, key, keys, containers);
            }
        }
        for (var i = 1; i < keys.Count; i++)
            if (keys[i] <= keys[i - 1]) throw new FormatException("keys are not in ascending order");
        return new([.. keys], [.. containers]);
    }

    // The containers that share the upper 32 bits, as ranges of the set's containers.
    static List<Range> BucketsOf(RowSet rows)
    {
        var buckets = new List<Range>();
        var from = 0;
        for (var i = 1; i <= rows.Keys.Length; i++)
        {
            if (i < rows.Keys.Length && rows.Keys[i] >> 16 == rows.Keys[from] >> 16) continue;
            buckets.Add(from..i);
            from = i;
        }
        return buckets;
    }

    static (bool HasRuns, int HeaderBytes) LayoutOf(ReadOnlySpan<Container> containers)
    {
        var hasRuns = false;
        foreach (var container in containers) hasRuns |= container is Container.Runs;
        var header = hasRuns ? 4 + (containers.Length + 7) / 8 : 8;
        var offsets = !hasRuns || containers.Length >= OffsetsFrom ? 4 * containers.Length : 0;
        return (hasRuns, header + 4 * containers.Length + offsets);
    }

    static int SizeOf(RowSet rows, Range bucket)
    {
        var containers = rows.Containers[bucket];
        var size = LayoutOf(containers).HeaderBytes;
        foreach (var container in containers) size += container.SizeInBytes;
        return size;
    }

    static int WriteBucket(RowSet rows, Range bucket, Span<byte> target)
    {
        var containers = rows.Containers[bucket];
        var keys = rows.Keys[bucket];
        var (hasRuns, headerBytes) = LayoutOf(containers);
        var header = target;
        if (hasRuns)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header, CookieWithRuns | (containers.Length - 1) << 16);
            for (var i = 0; i < containers.Length; i++)
                if (containers[i] is Container.Runs) header[4 + i / 8] |= (byte)(1 << i % 8);
            header = header[(4 + (containers.Length + 7) / 8)..];
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(header, CookieWithoutRuns);
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], containers.Length);
            header = header[8..];
        }
        for (var i = 0; i < containers.Length; i++, header = header[4..])
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)keys[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(containers[i].Cardinality - 1));
        }
        var position = headerBytes;
        for (var i = 0; i < containers.Length; i++)
        {
            if (!hasRuns || containers.Length >= OffsetsFrom)
                BinaryPrimitives.WriteInt32LittleEndian(header[(4 * i)..], position);
            WriteContainer(containers[i], target[position..]);
            position += containers[i].SizeInBytes;
        }
        return position;
    }

    static void WriteContainer(Container container, Span<byte> target)
    {
        switch (container)
        {
            case Container.Sorted sorted:
                WriteUInt16s(sorted.Values, target);
                break;
            case Container.Bitmap bitmap:
                for (var i = 0; i < bitmap.Words.Length; i++)
                    BinaryPrimitives.WriteUInt64LittleEndian(target[(8 * i)..], bitmap.Words[i]);
                break;
            case Container.Runs runs:
                BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)runs.All.Length);
                WriteUInt16s(MemoryMarshal.Cast<Container.Run, ushort>(runs.All), target[2..]);
                break;
        }
    }

    static void WriteUInt16s(ReadOnlySpan<ushort> values, Span<byte> target)
    {
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(target[(2 * i)..], values[i]);
    }

    static void ReadBucket(ref Reader reader, int upper, List<long> keys, List<Container> containers)
    {
        var cookie = reader.TakeInt32(isBigEndian: false);
        var hasRuns = (cookie & 0xFFFF) == CookieWithRuns;
        if (!hasRuns && cookie != CookieWithoutRuns) throw new FormatException($"unknown cookie {cookie}");
        var count = hasRuns ? (cookie >>> 16) + 1 : reader.TakeInt32(isBigEndian: false);
        if (count is < 0 or > Container.Capacity) throw new FormatException($"{count} containers in a bitmap");
        var runFlags = hasRuns ? reader.Take((count + 7) / 8) : [];
        var descriptors = reader.Take(4 * count);
        // Containers follow each other without gaps, so that their offsets are not needed.
        if (!hasRuns || count >= OffsetsFrom) reader.Take(4 * count);
        for (var i = 0; i < count; i++)
        {
            var key = BinaryPrimitives.ReadUInt16LittleEndian(descriptors[(4 * i)..]);
            var cardinality = BinaryPrimitives.ReadUInt16LittleEndian(descriptors[(4 * i + 2)..]) + 1;
            var isRuns = hasRuns && (runFlags[i / 8] >> i % 8 & 1) != 0;
            keys.Add((long)upper << 16 | key);
            containers.Add(isRuns ? ReadRuns(ref reader)
                : cardinality > Container.ArrayMax ? ReadBitmap(ref reader, cardinality)
                : ReadSorted(ref reader, cardinality));
        }
    }

    static Container.Sorted ReadSorted(ref Reader reader, int cardinality)
    {
        var values = reader.TakeUInt16s(cardinality);
        for (var i = 1; i < values.Length; i++)
            if (values[i] <= values[i - 1]) throw new FormatException("values are not in ascending order");
        return new(values);
    }

    static Container.Bitmap ReadBitmap(ref Reader reader, int cardinality)
    {
        var source = reader.Take(Container.Capacity / 8);
        var words = new ulong[Container.Capacity / 64];
        var count = 0;
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(source[(8 * i)..]);
            count += BitOperations.PopCount(words[i]);
        }
        return count == cardinality
            ? new(words, cardinality)
            : throw new FormatException($"a container of {cardinality} values holds {count}");
    }

    static Container.Runs ReadRuns(ref Reader reader)
    {
        var values = reader.TakeUInt16s(2 * reader.TakeUInt16s(1)[0]);
        var runs = MemoryMarshal.Cast<ushort, Container.Run>(values).ToArray();
        var cardinality = 0;
        var end = -1;
        foreach (var run in runs)
        {
            if (run.Start <= end || run.End >= Container.Capacity) throw new FormatException("runs overlap");
            cardinality += run.Length + 1;
            end = run.End;
        }
        return cardinality > 0 ? new(runs, cardinality) : throw new FormatException("a container without values");
    }

    ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes;

        public ReadOnlySpan<byte> Take(int count)
        {
            if (count < 0 || count > rest.Length) throw new FormatException("the bitmap is cut short");
            var taken = rest[..count];
            rest = rest[count..];
            return taken;
        }

        public int TakeInt32(bool isBigEndian) => isBigEndian
            ? BinaryPrimitives.ReadInt32BigEndian(Take(4))
            : BinaryPrimitives.ReadInt32LittleEndian(Take(4));

        public ushort[] TakeUInt16s(int count)
        {
            var source = Take(2 * count);
            var values = new ushort[count];
            for (var i = 0; i < count; i++) values[i] = BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]);
            return values;
        }
    }
}

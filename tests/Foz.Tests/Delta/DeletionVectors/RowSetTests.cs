using System.Buffers.Binary;
using Foz.Delta.DeletionVectors;

namespace Foz.Tests.Delta.DeletionVectors;

public sealed class RowSetTests
{
    // Each shape makes another kind of container the smallest.
    public static TheoryData<string, int> Shapes()
    {
        var data = new TheoryData<string, int>();
        for (var seed = 0; seed < 3; seed++)
            foreach (var shape in new[] { "sparse", "dense", "runs", "mixed", "far", "full", "edges" })
                data.Add(shape, seed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_is_the_set_of_its_rows(string shape, int seed)
    {
        var model = Model(shape, seed);
        var rows = RowSet.Of(Shuffled(model, seed));
        Assert.Equal(model.Count, rows.Cardinality);
        Assert.True(model.Order().SequenceEqual(rows.ToArray()));
        foreach (var probe in Probes(model, seed)) Assert.Equal(model.Contains(probe), rows.Contains(probe));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void It_survives_its_serialized_forms(string shape, int seed)
    {
        var model = Model(shape, seed);
        var rows = RowSet.Of([.. model]);
        var bytes = RowSetFormat.Write(rows);
        Assert.Equal(rows, RowSetFormat.Read(bytes));
        Assert.True(model.Order().SequenceEqual(RowSetFormat.Read(bytes).ToArray()));
        Assert.Equal(rows, RowSetFormat.Read(Z85.Decode(Z85.Encode(bytes)).AsSpan(0, bytes.Length)));
        if (shape == "far") return;
        Assert.Equal(rows, RowSetFormat.Read(ToNative(bytes, isBigEndian: true)));
        Assert.Equal(rows, RowSetFormat.Read(ToNative(bytes, isBigEndian: false)));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Filter_clears_exactly_the_rows_of_the_set(string shape, int seed)
    {
        var model = Model(shape, seed);
        var rows = RowSet.Of([.. model]);
        var random = new Random(seed);
        var anchors = Probes(model, seed).ToArray();
        for (var i = 0; i < 16; i++)
        {
            var anchor = anchors[random.Next(anchors.Length)];
            var count = random.Next(1, 3000);
            var probes = (i % 4) switch
            {
                0 => Range(anchor, count),
                1 => [.. Range(anchor, count).Where(_ => random.Next(3) > 0)],
                2 => [.. Range(anchor, count).Reverse()],
                _ => [.. Enumerable.Range(0, count).Select(_ => anchors[random.Next(anchors.Length)])],
            };
            var live = new bool[probes.Length + 3];
            rows.Filter(probes, live);
            Assert.True(
                probes.Select(row => !model.Contains(row)).SequenceEqual(live.Take(probes.Length)), $"from {anchor}");
            Assert.DoesNotContain(true, live.Skip(probes.Length));
            if (i % 4 > 0) continue;
            var ranged = new bool[probes.Length];
            rows.Filter(anchor, ranged);
            Assert.True(ranged.AsSpan().SequenceEqual(live.AsSpan(0, probes.Length)), $"from {anchor}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Union_has_the_rows_of_both(string shape, int seed)
    {
        var a = Model(shape, seed);
        foreach (var other in new[] { "sparse", "dense", "runs", "far" })
        {
            var b = Model(other, seed + 100);
            var union = RowSet.Of([.. a]).Union(RowSet.Of([.. b]));
            Assert.True(a.Union(b).Order().SequenceEqual(union.ToArray()));
            Assert.Equal(union, RowSetFormat.Read(RowSetFormat.Write(union)));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void What_is_left_without_other_rows_has_none_of_them(string shape, int seed)
    {
        var a = Model(shape, seed);
        foreach (var other in new[] { "sparse", "dense", "runs", "far" })
        {
            var b = Model(other, seed + 100);
            var left = RowSet.Of([.. a]).Except(RowSet.Of([.. b]));
            Assert.True(a.Except(b).Order().SequenceEqual(left.ToArray()));
            Assert.Equal(left, RowSetFormat.Read(RowSetFormat.Write(left)));
        }
        Assert.True(RowSet.Of([.. a]).Except(RowSet.Of([.. a])).IsEmpty);
    }

    [Fact]
    public void An_empty_set_is_empty_everywhere()
    {
        var live = new bool[3];
        RowSet.Empty.Filter([0, 1, 2], live);
        Assert.Equal([true, true, true], live);
        Assert.Empty(RowSet.Empty.ToArray());
        Assert.Equal(RowSet.Empty, RowSetFormat.Read(RowSetFormat.Write(RowSet.Empty)));
        Assert.Same(RowSet.Empty, RowSet.Of());
        Assert.Equal(RowSet.Of(5), RowSet.Empty.Union(RowSet.Of(5)));
    }

    [Fact]
    public void Repeated_rows_count_once() => Assert.Equal(2, RowSet.Of(7, 3, 7, 3, 3).Cardinality);

    [Fact]
    public void Negative_rows_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => RowSet.Of(1, -1));

    [Fact]
    public void The_smallest_container_is_written()
    {
        Assert.True(RowSetFormat.Write(RowSet.Of(Range(0, 1_000_000))).Length < 300);
        Assert.True(RowSetFormat.Write(RowSet.Of([.. Range(0, 1_000_000).Where(r => r % 2 == 0)])).Length < 140_000);
        Assert.True(RowSetFormat.Write(RowSet.Of([.. Range(0, 1_000_000).Where(r => r % 1000 == 0)])).Length < 2_400);
    }

    [Fact]
    public void Cut_or_twisted_bytes_are_refused_or_read_but_never_crash()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        foreach (var shape in new[] { "sparse", "dense", "runs", "mixed" })
        {
            var bytes = RowSetFormat.Write(RowSet.Of([.. Model(shape, 1)]));
            for (var i = 0; i < 100; i++)
            {
                var twisted = bytes.ToArray();
                for (var n = random.Next(1, 4); n > 0; n--)
                    twisted[random.Next(Math.Min(64, bytes.Length))] = (byte)random.Next(256);
                if (i % 3 == 0) twisted = twisted[..random.Next(twisted.Length)];
                try
                {
                    var rows = RowSetFormat.Read(twisted);
                    Assert.Equal(rows, RowSetFormat.Read(RowSetFormat.Write(rows)));
                    Assert.Equal(rows.Cardinality, rows.ToArray().LongLength);
                }
                catch (FormatException)
                {
                    // Said in the form that callers expect.
                }
            }
            for (var length = 0; length < bytes.Length; length += 1 + bytes.Length / 97)
                Assert.Throws<FormatException>(() => RowSetFormat.Read(bytes.AsSpan(0, length)));
        }
    }

    static HashSet<long> Model(string shape, int seed)
    {
        var random = new Random(seed);
        var rows = new HashSet<long>();
        switch (shape)
        {
            case "sparse":
                for (var i = 0; i < 500; i++) rows.Add(random.Next(400_000));
                break;
            case "dense":
                for (var i = 0; i < 90_000; i++) rows.Add(random.Next(200_000));
                break;
            case "runs":
                for (var i = 0; i < 20; i++) rows.UnionWith(Range(random.Next(500_000), random.Next(1, 30_000)));
                break;
            case "mixed":
                rows.UnionWith(Range(random.Next(60_000), 100_000));
                for (var i = 0; i < 300; i++) rows.Add(200_000 + random.Next(100_000));
                for (var i = 0; i < 30_000; i++) rows.Add(400_000 + random.Next(65_536));
                rows.Add(10_000_000 + random.Next(1_000));
                break;
            case "far":
                for (var i = 0; i < 200; i++) rows.Add(random.NextInt64(1L << 46) | 1L << (40 + i % 6));
                rows.UnionWith(Range((1L << 32) - 5_000, 10_000));
                break;
            case "full":
                rows.UnionWith(Range(0, 3 * 65_536));
                break;
            default:
                foreach (var edge in new long[] { 0, 63, 64, 65_535, 65_536, 131_071, 131_072, (1L << 32) - 1 })
                    rows.Add(edge);
                break;
        }
        return rows;
    }

    static IEnumerable<long> Probes(HashSet<long> model, int seed)
    {
        var random = new Random(seed);
        var some = model.Order().Where(_ => model.Count < 2_000 || random.Next(model.Count / 500) == 0);
        return some.SelectMany(row => new[] { row, row + 1, Math.Max(0, row - 1), row ^ 1 << random.Next(20) })
            .Append(0);
    }

    static long[] Shuffled(HashSet<long> model, int seed)
    {
        var rows = model.ToArray();
        new Random(seed).Shuffle(rows);
        return rows;
    }

    static long[] Range(long start, int count) => [.. Enumerable.Range(0, count).Select(i => start + i)];

    // The other layout has each bitmap's size instead of its key, and empty bitmaps where a key is unused.
    static byte[] ToNative(byte[] portable, bool isBigEndian)
    {
        var native = new List<byte>();
        Add(1681511376);
        var buckets = (int)BinaryPrimitives.ReadInt64LittleEndian(portable.AsSpan(4));
        Add(buckets == 0 ? 0 : 1);
        Assert.InRange(buckets, 0, 1);
        if (buckets == 1)
        {
            Add(portable.Length - 16);
            native.AddRange(portable.AsSpan(16));
        }
        return [.. native];

        void Add(int number)
        {
            var bytes = new byte[4];
            if (isBigEndian) BinaryPrimitives.WriteInt32BigEndian(bytes, number);
            else BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            native.AddRange(bytes);
        }
    }
}

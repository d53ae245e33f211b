using Foz.Wire;
using Foz.Wire.Compression;

namespace Foz.Tests.Wire.Compression;

public sealed class SnappyTests
{
    [Fact]
    public void Any_mix_of_literals_and_copies_is_what_it_stands_for()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var run = 0; run < 300; run++)
        {
            var (packed, plain) = Random(random);
            Assert.True(plain.AsSpan().SequenceEqual(Snappy.Decompress(packed, 1 << 20)), $"seed {seed}, run {run}");
            var cut = packed.AsSpan(0, random.Next(packed.Length)).ToArray();
            Assert.Throws<WireException>(() => Snappy.Decompress(cut, 1 << 20));
        }
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 4, 0x01, 0x00 })]
    [InlineData(new byte[] { 2, 0x00, (byte)'a', 0x01, 0x05 })]
    [InlineData(new byte[] { 9, 0x00, (byte)'a' })]
    public void What_is_damaged_is_an_error(byte[] packed) =>
        Assert.Throws<WireException>(() => Snappy.Decompress(packed, 1 << 20));

    static (byte[] Packed, byte[] Plain) Random(Random random)
    {
        var (plain, body) = (new List<byte>(), new List<byte>());
        for (var parts = random.Next(1, 12); parts > 0; parts--)
        {
            if (plain.Count == 0 || random.Next(2) == 0) AddLiteral(random, plain, body);
            else AddCopy(random, plain, body);
        }
        var header = new List<byte>();
        for (var rest = plain.Count; ; rest >>= 7)
        {
            header.Add((byte)(rest < 0x80 ? rest : rest | 0x80));
            if (rest < 0x80) break;
        }
        return ([.. header, .. body], [.. plain]);
    }

    static void AddLiteral(Random random, List<byte> plain, List<byte> body)
    {
        var bytes = new byte[random.Next(1, random.Next(2) == 0 ? 60 : 5_000)];
        random.NextBytes(bytes);
        var stated = bytes.Length - 1;
        if (stated < 60) body.Add((byte)(stated << 2));
        else if (stated < 256) body.AddRange([60 << 2, (byte)stated]);
        else body.AddRange([61 << 2, (byte)stated, (byte)(stated >> 8)]);
        body.AddRange(bytes);
        plain.AddRange(bytes);
    }

    static void AddCopy(Random random, List<byte> plain, List<byte> body)
    {
        var offset = random.Next(1, plain.Count + 1);
        int length;
        switch (random.Next(3))
        {
            case 0:
                (length, offset) = (random.Next(4, 12), Math.Min(offset, 2_047));
                body.AddRange([(byte)(1 | ((length - 4) << 2) | (offset >> 8 << 5)), (byte)offset]);
                break;
            case 1:
                (length, offset) = (random.Next(1, 65), Math.Min(offset, ushort.MaxValue));
                body.AddRange([(byte)(2 | ((length - 1) << 2)), (byte)offset, (byte)(offset >> 8)]);
                break;
            default:
                length = random.Next(1, 65);
                body.AddRange([(byte)(3 | ((length - 1) << 2)), .. BitConverter.GetBytes(offset)]);
                break;
        }
        for (; length > 0; length--) plain.Add(plain[^offset]);
    }
}

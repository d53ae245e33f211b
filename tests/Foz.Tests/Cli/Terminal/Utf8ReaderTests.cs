using System.Text;
using Foz.Cli.Terminal;
using Foz.Lake;

namespace Foz.Tests.Cli.Terminal;

public sealed class Utf8ReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Text_is_read_as_it_is_however_its_bytes_arrive(int step)
    {
        var text = string.Concat(Enumerable.Repeat("aé🦊\uFFFD\n", 5_000));
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)];
        using var reader = new Utf8Reader(new SlowStream(bytes, step), "t");
        Assert.Equal('a', reader.Peek());
        Assert.Equal(text, reader.ReadToEnd());
        Assert.Equal(-1, reader.Read());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Other_bytes_are_an_error_that_names_the_line(int step)
    {
        foreach (byte[] wrong in new byte[][] { [0xE9, 0x41], [0xC3], [0xF0, 0x9F], [0xED, 0xA0, 0x80] })
        {
            byte[] bytes = [.. Enumerable.Repeat("aé\n"u8.ToArray(), 9_000).SelectMany(b => b), .. "é"u8, .. wrong];
            using var reader = new Utf8Reader(new SlowStream(bytes, step), "t.sql");
            var error = Assert.Throws<FozException>(reader.ReadToEnd);
            Assert.Equal(new Place("t.sql", 9_001, 2), error.Place);
        }
    }

    /// <summary>Gives a few bytes at a time.</summary>
    sealed class SlowStream(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, step));
    }
}

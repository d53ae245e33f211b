using Foz.Lake.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Foz.Tests.Lake.Configuration;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("512MB", 512_000_000)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData("64kib", 65_536)]
    [InlineData("0B", 0)]
    [InlineData(" 7 b ", 7)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(MemorySize.TryParse(text, out var size));
        Assert.Equal(bytes, size.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("512")]
    [InlineData("MB")]
    [InlineData("-1MB")]
    [InlineData("1,5GB")]
    [InlineData("2GBs")]
    [InlineData("1e3MB")]
    [InlineData("99999999999TB")]
    [InlineData("half")]
    public void What_is_no_size_is_refused(string text) => Assert.False(MemorySize.TryParse(text, out _));

    [Fact]
    public void A_size_reads_back_from_its_text() =>
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).SelectMany(n => Gen.Choose(0, 30).Select(shift => (long)n << shift))
                .ToArbitrary(),
            bytes => MemorySize.TryParse(new MemorySize(bytes).ToString(), out var size) && size.Bytes == bytes)
            .QuickCheckThrowOnFailure();
}

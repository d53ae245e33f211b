using Foz.Wire;
using Foz.Wire.Parquet;

namespace Foz.Tests.Wire.Parquet;

public sealed class ParquetPageTests
{
    // What zlib gives for the text 123456789.
    const uint Checksum = 0xCBF43926;

    static ReadOnlySpan<byte> Data => "123456789"u8;

    [Theory]
    [InlineData("15 00 15 14 15 12 2C 15 02 15 00 00 00", null)]
    [InlineData("15 00 15 14 15 12 15 B3 9B DE C0 06 1C 15 02 15 00 00 00", Checksum)]
    // A header of version 2 with bounds: a struct in a struct, with texts, a boolean and a list.
    [InlineData(
        "15 06 15 14 15 12 15 B3 9B DE C0 06 4C 15 02 11 1C 18 02 61 62 28 01 63 19 25 02 04 00 00 00", Checksum)]
    // A field's number is written in full, not as the difference to the last one.
    [InlineData("15 00 15 14 15 12 05 08 B3 9B DE C0 06 00", Checksum)]
    public void A_header_says_its_length_the_pages_and_its_checksum(string hex, uint? checksum)
    {
        var header = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(new(header.Length, 9, checksum), ParquetPage.Read([.. header, .. Data]));
        for (var length = 0; length < header.Length; length++)
            Assert.Throws<WireException>(() => ParquetPage.Read(header.AsSpan(0, length)));
    }

    [Fact]
    public void A_page_is_whole_where_its_bytes_have_the_checksum_or_it_has_none()
    {
        var page = new ParquetPage(0, Data.Length, Checksum);
        Assert.True(page.IsWhole(Data));
        for (var bit = 0; bit < Data.Length * 8; bit++)
        {
            var flipped = Data.ToArray();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(page.IsWhole(flipped));
            Assert.True((page with { Checksum = null }).IsWhole(flipped));
        }
    }

    [Fact]
    public void Random_bytes_are_a_header_or_an_error()
    {
        var random = new Random(7);
        var bytes = new byte[64];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            var error = Record.Exception(() => ParquetPage.Read(bytes));
            Assert.True(error is null or WireException, $"{error}");
        }
    }
}
